import { randomUUID } from 'node:crypto';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type Answer, type Credential, type LmpiWorld } from './setup.ts';

// Partners :: Credentials :: Create and :: Query: LMPI reference, part 2, 3.4 and 3.5; the forms of part 1, 1.1.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi({ keyOverlapHours: 48 });
});
afterAll(() => lmpi.stop());

const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });
const plans = '/LMPI/v2/me/serviceplans';

type Pair = { accesstoken: string; secret_key: string };
const pairOf = ({ json }: Answer): Credential => {
  const { accesstoken: accessToken, secret_key: secretKey } = json as Pair;
  return { accessToken, secretKey };
};
type Role = keyof LmpiWorld['credentials'];
const create = (body: unknown, version: 'v2' | 'v3' = 'v3', role: Role = 'distributor') =>
  lmpi.post(lmpi.credentials[role], `/LMPI/${version}/partners/credentials`, body);
const query = (id: string, version: 'v2' | 'v3' = 'v3', as: Credential = lmpi.credentials.distributor) =>
  lmpi.get(as, `/LMPI/${version}/partners/credentials/${id}`);
const aPartner = (name: string): Promise<Account> => lmpi.msp(lmpi.partners.distributor, { name });
const signs = async (pair: Credential): Promise<boolean> => (await lmpi.get(pair, plans)).status === 200;

const token = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string;
const secret = expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string;

describe('200', () => {
  it('v2 names the partner by its tenant ID and tells it again, v3 by its GUID', async () => {
    const partner = await aPartner('Two versions');
    const v2 = await create({ tenant_id: partner.tenantId }, 'v2');
    expect(v2.status).toBe(200);
    expect(v2.json).toStrictEqual({ tenant_id: partner.tenantId, accesstoken: token, secret_key: secret });
    expect(Object.keys(v2.json as object).join()).toBe('tenant_id,accesstoken,secret_key');
    const v3 = await create({ partner_id: partner.id });
    expect(v3.json).toStrictEqual({ accesstoken: token, secret_key: secret });
    expect(Object.keys(v3.json as object).join()).toBe('accesstoken,secret_key');
  });

  it('takes ids in any letter case, and numbers of another version as unknown members', async () => {
    const { id, tenantId } = await aPartner('Any case');
    expect(await create({ partner_id: id.toUpperCase(), tenant_id: 1 })).toMatchObject({ status: 200 });
    expect(await create({ tenant_id: tenantId!.toLowerCase() }, 'v2')).toMatchObject({ status: 200 });
    expect(await query(id.toUpperCase())).toMatchObject({ status: 200 });
    expect(await query(tenantId!.toLowerCase(), 'v2')).toMatchObject({ status: 200 });
  });

  it('the query answers the newest that is valid, in the same members', async () => {
    const partner = await aPartner('Asked for');
    await create({ partner_id: partner.id });
    const newest = await create({ tenant_id: partner.tenantId }, 'v2');
    expect((await query(partner.tenantId!, 'v2')).text).toBe(newest.text);
    const { accesstoken, secret_key } = newest.json as Pair;
    expect((await query(partner.id)).json).toStrictEqual({ accesstoken, secret_key });
  });

  it('a partner makes nothing but reads its own, with the key it has', async () => {
    const { msp, reseller } = lmpi.partners;
    const own = await query(msp.id, 'v3', lmpi.credentials.msp);
    expect(pairOf(own)).toEqual({
      accessToken: lmpi.credentials.msp.accessToken,
      secretKey: lmpi.credentials.msp.secretKey,
    });
    expect(await query(reseller.tenantId!, 'v2', lmpi.credentials.reseller)).toMatchObject({ status: 200 });
    // Part 2, 1.2: a reseller has the query in v2 only.
    const v3 = await query(reseller.id, 'v3', lmpi.credentials.reseller);
    expect(refusal(v3)).toEqual({ status: 403, subject: 'AccessDenied' });
  });

  it('for a partner that is suspended too, who may still read', async () => {
    const held = await aPartner('Held');
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, held.id, { status: 'suspended' });
    expect(await signs(pairOf(await create({ partner_id: held.id })))).toBe(true);
  });
});

describe('rotation', () => {
  it('a new pair works at once, the older one through the overlap and no longer', async () => {
    const partner = await aPartner('Rotates');
    const older = pairOf(await create({ partner_id: partner.id }));
    const newer = pairOf(await create({ partner_id: partner.id }));
    expect([await signs(older), await signs(newer)]).toEqual([true, true]);
    const begun = lmpi.clock.now();
    lmpi.moveTo(begun.add({ hours: 47, minutes: 59, seconds: 59 }).toString());
    expect([await signs(older), await signs(newer)]).toEqual([true, true]);
    lmpi.moveTo(begun.add({ hours: 48 }).toString());
    const ended = await lmpi.get(older, plans);
    expect(refusal(ended)).toEqual({ status: 401, subject: 'AuthenticationFailureAccessToken' });
    expect(await signs(newer)).toBe(true);
    expect(pairOf(await query(partner.id))).toEqual(newer);
  });

  it('a third does not prolong the first, and our own API shows when each ends', async () => {
    const partner = await aPartner('Rotates twice');
    const begun = lmpi.clock.now();
    const pairs = [pairOf(await create({ partner_id: partner.id }))];
    pairs.push(pairOf(await create({ partner_id: partner.id })));
    lmpi.moveTo(begun.add({ hours: 24 }).toString());
    pairs.push(pairOf(await create({ partner_id: partner.id })));
    const listed = () => lmpi.engine.access.listLmpiCredentials({ within: partner.id, limit: 9 });
    const at = (hours: number) => begun.add({ hours }).toString();
    expect((await listed()).map(({ expiresAt }) => expiresAt)).toEqual([at(48), at(72), null]);
    lmpi.moveTo(at(48));
    expect(await Promise.all(pairs.map(signs))).toEqual([false, true, true]);
    // The secret of one that ended is told to nobody.
    expect((await listed()).map(({ secretKey }) => secretKey)).toEqual([
      null,
      pairs[1]!.secretKey,
      pairs[2]!.secretKey,
    ]);
  });

  it('one that is revoked ends at once, and the one before it is the newest valid', async () => {
    const partner = await aPartner('Revokes');
    const older = pairOf(await create({ partner_id: partner.id }));
    const newer = pairOf(await create({ partner_id: partner.id }));
    const listed = await lmpi.engine.access.listLmpiCredentials({ within: partner.id, limit: 9 });
    const { id } = listed.find(({ accessToken }) => accessToken === newer.accessToken)!;
    const acting = { accountId: lmpi.top.id, role: 'owner' as const };
    await lmpi.engine.access.revokeLmpiCredential(lmpi.cause(), acting, id);
    expect([await signs(older), await signs(newer)]).toEqual([true, false]);
    expect(pairOf(await query(partner.id))).toEqual(older);
  });

  it('a caller that makes new ones for itself goes on with the old ones meanwhile', async () => {
    const { isp } = lmpi.partners;
    const fresh = pairOf(await create({ partner_id: isp.id }, 'v3', 'isp'));
    expect([await signs(lmpi.credentials.isp), await signs(fresh)]).toEqual([true, true]);
  });

  it('eight at once are eight pairs, of which none ends the moment it is made', async () => {
    const partner = await aPartner('At once');
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ partner_id: partner.id })));
    const pairs = answers.map(pairOf);
    expect(new Set(pairs.map(({ accessToken }) => accessToken)).size).toBe(8);
    expect(await Promise.all(pairs.map(signs))).toEqual(pairs.map(() => true));
  });
});

describe('400', () => {
  it('v2: tenant_id', async () => {
    for (const id of [undefined, null, '', 'ABC', 'ABCDEFG', 'AB CD', 'ÄÖÜSS', 12345, true, {}, [], 'ZZZZZZ']) {
      expect({ id, ...refusal(await create({ tenant_id: id }, 'v2')) }).toEqual({ id, ...invalid('tenant_id') });
    }
    for (const id of ['ABC', 'ABCDEFG', 'AB%20CD', '%C3%84%C3%96%C3%9CSS', 'ZZZZZZ', '.....']) {
      expect({ id, ...refusal(await query(id, 'v2')) }).toEqual({ id, ...invalid('tenant_id') });
    }
  });

  it('v3: partner_id', async () => {
    for (const id of [undefined, null, '', 'x', 1, true, {}, [], randomUUID(), lmpi.partners.msp.tenantId]) {
      expect({ id, ...refusal(await create({ partner_id: id })) }).toEqual({ id, ...invalid('partner_id') });
    }
    for (const id of ['x', '%3C%3E', randomUUID(), lmpi.partners.msp.tenantId!]) {
      expect({ id, ...refusal(await query(id)) }).toEqual({ id, ...invalid('partner_id') });
    }
  });

  it("another tenant's partner is refused in the words for nobody at all", async () => {
    const { isp, distributor, msp } = lmpi.partners;
    const theirs = await lmpi.msp(isp, { name: 'Of another' });
    await create({ partner_id: theirs.id }, 'v3', 'isp');
    const strangers = [theirs, isp, lmpi.top];
    const nobody = {
      create: (await create({ partner_id: randomUUID() })).text,
      createV2: (await create({ tenant_id: 'ZZZZZZ' }, 'v2')).text,
      query: (await query(randomUUID())).text,
      queryV2: (await query('ZZZZZZ', 'v2')).text,
    };
    for (const { id, tenantId } of strangers) {
      expect((await create({ partner_id: id })).text).toBe(nobody.create);
      expect((await create({ tenant_id: tenantId }, 'v2')).text).toBe(nobody.createV2);
      expect((await query(id)).text).toBe(nobody.query);
      expect((await query(tenantId!, 'v2')).text).toBe(nobody.queryV2);
    }
    // Nobody reads the keys of who stands above or beside.
    expect((await query(distributor.id, 'v3', lmpi.credentials.msp)).text).toBe(nobody.query);
    expect((await query(msp.tenantId!, 'v2', lmpi.credentials.reseller)).text).toBe(nobody.queryV2);
  });

  it('a partner that is closed, and one that has no credentials', async () => {
    const gone = await aPartner('Gone');
    await create({ partner_id: gone.id });
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, gone.id, { status: 'closed' });
    expect(refusal(await create({ partner_id: gone.id }))).toEqual(invalid('partner_id'));
    expect(refusal(await query(gone.id))).toEqual(invalid('partner_id'));
    const bare = await aPartner('Bare');
    expect(refusal(await query(bare.id))).toEqual(invalid('partner_id'));
    expect(refusal(await query(bare.tenantId!, 'v2'))).toEqual(invalid('tenant_id'));
  });
});
