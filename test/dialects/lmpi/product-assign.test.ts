import { randomUUID } from 'node:crypto';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { Product } from '@tierline/server/modules/catalog/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type LmpiWorld } from './setup.ts';

// Partners :: Product :: Assign: LMPI reference, part 2, 3.7.

let lmpi: LmpiWorld;
let saas: Product;
let suite: Product;
let visionOne: Product;
let unseen: Product;
beforeAll(async () => {
  lmpi = await openLmpi();
  const { distributor, isp } = lmpi.partners;
  const both = [[distributor, 1000n] as const, [distributor, 20n, 'trial'] as const];
  saas = await lmpi.stocked({ code: 'NNZBXXE1X', name: 'Worry Free' }, both);
  suite = await lmpi.stocked({ code: 'STZBXXE1X', type: 'suite' }, [[distributor, 100n]]);
  visionOne = await lmpi.stocked({ code: 'VVZBXXE1X', family: 'vision_one' }, [[distributor, 100n]]);
  unseen = await lmpi.stocked({ code: 'UUZBXXE1X' }, [[isp, 100n]]);
});
afterAll(() => lmpi.stop());

const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });
const assign = (body: unknown, version: 'v2' | 'v3' = 'v3') =>
  lmpi.post(lmpi.credentials.distributor, `/LMPI/${version}/partners/product`, body);
const aMsp = (name: string): Promise<Account> => lmpi.msp(lmpi.partners.distributor, { name });
const units = (partner: Account, count: unknown, more: object = {}) => ({
  partner_id: partner.id,
  version: '1',
  product_id: saas.id,
  count,
  ...more,
});

async function available(account: Account, product = saas, licenseVersion = 'full'): Promise<number> {
  const pools = await lmpi.engine.pools.list(account.id);
  const pool = pools.find((each) => each.productId === product.id && each.licenseVersion === licenseVersion);
  return Number(pool?.available ?? 0);
}

const aPlan = async (name: string, of = saas, version = '1'): Promise<string> => {
  const { json, text } = await lmpi.post(lmpi.credentials.distributor, '/LMPI/v3/partners/serviceplan', {
    partner_id: lmpi.partners.distributor.id,
    product_id: of.id,
    service_plan_name: name,
    type: 'SaaS',
    version,
    period: '1',
    activation_type: '0',
    price_type: 'U',
  });
  const id = (json as { service_plan_id?: string }).service_plan_id;
  if (id === undefined) throw new Error(text);
  return id;
};
const plansOf = async (as: { accessToken: string; secretKey: string }): Promise<string[]> => {
  const { json } = await lmpi.get(as, '/LMPI/v3/me/serviceplans');
  return (json as { service_plan_id: string }[]).map(({ service_plan_id: id }) => id);
};

describe('200: an MSP gets units of a product', () => {
  it.each(['v2', 'v3'] as const)('%s: out of what the caller has, answered in strings', async (version) => {
    const { distributor } = lmpi.partners;
    const msp = await aMsp(`Gets units in ${version}`);
    const before = await available(distributor);
    const answer = await assign(units(msp, '30'), version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({ partner_id: msp.id, product_id: saas.id, version: 'Full', count: '30' });
    expect(Object.keys(answer.json as object).join()).toBe('partner_id,product_id,version,count');
    expect([await available(distributor), await available(msp)]).toEqual([before - 30, 30]);
    // Which is what the receiver sees in its product list, and can make a plan of.
    const as = await lmpi.credential(msp);
    const { json } = await lmpi.get(as, `/LMPI/${version}/partners/product`);
    expect(json).toMatchObject({
      products: [{ product_id: saas.id, version: 'full', available: 30, service_plans: [] }],
    });
    const plan = { product_id: saas.id, service_plan_name: 'Mine', type: 'SaaS', version: '1', period: '1' };
    const made = { partner_id: msp.id, ...plan, activation_type: '0', price_type: 'U' };
    expect(await lmpi.post(as, `/LMPI/${version}/partners/serviceplan`, made)).toMatchObject({ status: 200 });
  });

  it('trial units are another pool; the sample sends 0 and is told Trial', async () => {
    const msp = await aMsp('Tries');
    const before = [
      await available(lmpi.partners.distributor),
      await available(lmpi.partners.distributor, saas, 'trial'),
    ];
    const answer = await assign(units(msp, 5, { version: 0 }));
    expect(answer.json).toStrictEqual({ partner_id: msp.id, product_id: saas.id, version: 'Trial', count: '5' });
    const after = [
      await available(lmpi.partners.distributor),
      await available(lmpi.partners.distributor, saas, 'trial'),
    ];
    expect(after).toEqual([before[0], before[1]! - 5]);
    expect([await available(msp), await available(msp, saas, 'trial')]).toEqual([0, 5]);
  });

  it.each([undefined, null, ''])('without a count (%j) it is one unit', async (count) => {
    const msp = await aMsp(`Gets one ${JSON.stringify(count)}`);
    expect(await assign(units(msp, count))).toMatchObject({ status: 200, json: { count: '1' } });
    expect(await available(msp)).toBe(1);
  });

  it('each time adds to what is there', async () => {
    const msp = await aMsp('Gets more');
    await assign(units(msp, 2));
    await assign(units(msp, 2));
    expect(await available(msp)).toBe(4);
  });

  it('a suite too, and Trend Vision One in v3', async () => {
    const msp = await aMsp('Gets all');
    for (const { id } of [suite, visionOne]) {
      const answer = await assign(units(msp, 1, { product_id: id }));
      expect(answer).toMatchObject({ status: 200, json: { product_id: id } });
    }
    expect(refusal(await assign(units(msp, 1, { product_id: visionOne.id }), 'v2'))).toEqual(invalid('product_id'));
  });

  it('what it does not look at may be anything', async () => {
    const msp = await aMsp('Gets a product');
    const answer = await assign(units(msp, 1, { service_plan_id: 'x', more: {} }));
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json).not.toHaveProperty('service_plan_id');
  });

  it('forty at once never hand out more than there is', async () => {
    const { distributor } = lmpi.partners;
    const scarce = await lmpi.stocked({ code: 'SCARCE01X' }, [[distributor, 100n]]);
    const [one, two] = [await aMsp('Races one'), await aMsp('Races two')];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        assign(units(index % 2 === 0 ? one : two, 7, { product_id: scarce.id })),
      ),
    );
    const done = answers.filter(({ status }) => status === 200);
    expect(done).toHaveLength(14);
    for (const refused of answers.filter(({ status }) => status !== 200)) {
      expect(refusal(refused)).toEqual(invalid('count'));
    }
    const left = [await available(distributor, scarce), await available(one, scarce), await available(two, scarce)];
    expect([left[0], left[1]! + left[2]!]).toEqual([2, 98]);
  });
});

describe('200: a reseller gets a service plan', () => {
  it.each(['v2', 'v3'] as const)('%s: it is in its list from then on, and no units move', async (version) => {
    const { distributor, reseller } = lmpi.partners;
    const planId = await aPlan(`For resellers ${version}`);
    const before = await available(distributor);
    expect(await plansOf(lmpi.credentials.reseller)).not.toContain(planId);
    const body = { partner_id: reseller.id, version: '1', service_plan_id: planId.toUpperCase(), count: '10' };
    const answer = await assign(body, version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      partner_id: reseller.id,
      service_plan_id: planId,
      version: 'Full',
      count: '10',
    });
    expect(Object.keys(answer.json as object).join()).toBe('partner_id,service_plan_id,version,count');
    expect(await plansOf(lmpi.credentials.reseller)).toContain(planId);
    expect([await available(distributor), await available(reseller)]).toEqual([before, 0]);
    expect((await assign(body, version)).text).toBe(answer.text);
  });

  it('a trial plan as version 0, without a count', async () => {
    const planId = await aPlan('A trial', saas, '0');
    const body = { partner_id: lmpi.partners.reseller.id, version: '0', service_plan_id: planId };
    expect(await assign(body)).toMatchObject({ status: 200, json: { version: 'Trial', count: '1' } });
  });
});

describe('400, in the order of the page', () => {
  it('partner_id', async () => {
    const { distributor, isp, msp } = lmpi.partners;
    for (const id of [undefined, null, '', 'x', 1, true, {}, []]) {
      expect(refusal(await assign({ partner_id: id }))).toEqual(invalid('partner_id'));
    }
    const nobody = await assign(units({ ...msp, id: randomUUID() as typeof msp.id }, 1));
    expect(refusal(nobody)).toEqual(invalid('partner_id'));
    const theirs = await lmpi.msp(isp, { name: 'Of another' });
    const further = await lmpi.msp(msp, { name: 'Two levels down' });
    const held = await aMsp('Held');
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, held.id, { status: 'suspended' });
    for (const partner of [theirs, isp, lmpi.top, distributor, further, held]) {
      expect((await assign(units(partner, 1))).text).toBe(nobody.text);
    }
  });

  it('version', async () => {
    const { msp } = lmpi.partners;
    for (const version of [undefined, null, '', '2', 'full', 'Trial', 2, true, {}, []]) {
      expect(refusal(await assign(units(msp, 'x', { version, product_id: 'x' })))).toEqual(invalid('version'));
    }
  });

  it('product_id: needed for an MSP, and in the own list', async () => {
    const { msp } = lmpi.partners;
    const planId = await aPlan('Not for an MSP');
    for (const id of [undefined, null, '', 'x', 1, {}, []]) {
      const body = units(msp, 'x', { product_id: id, service_plan_id: planId });
      expect(refusal(await assign(body))).toEqual(invalid('product_id'));
    }
    const nothing = await assign(units(msp, 1, { product_id: randomUUID() }));
    expect(refusal(nothing)).toEqual(invalid('product_id'));
    expect((await assign(units(msp, 1, { product_id: unseen.id }))).text).toBe(nothing.text);
  });

  it('service_plan_id: needed for a reseller, one of the own plans, in this version, not of Trend Vision One', async () => {
    const { reseller, isp } = lmpi.partners;
    const give = (id: unknown, more: object = {}, version: 'v2' | 'v3' = 'v3') =>
      assign({ partner_id: reseller.id, version: '1', product_id: saas.id, service_plan_id: id, ...more }, version);
    for (const id of [undefined, null, '', 'x', 1, {}, []]) {
      expect(refusal(await give(id))).toEqual(invalid('service_plan_id'));
    }
    const nothing = await give(randomUUID());
    const theirs = await lmpi.plan(isp, { product: unseen, rates: [{ mpn: 'MPN-UUZBXXE1X' }] });
    expect((await give(theirs.id)).text).toBe(nothing.text);
    const planId = await aPlan('Full');
    expect(refusal(await give(planId, { version: '0' }))).toEqual(invalid('service_plan_id'));
    const notThis = await aPlan('Vision', visionOne);
    for (const version of ['v2', 'v3'] as const) {
      expect(refusal(await give(notThis, {}, version))).toEqual(invalid('service_plan_id'));
    }
    expect(await plansOf(lmpi.credentials.reseller)).not.toContain(notThis);
  });

  it('count: no positive integer, or more than is available', async () => {
    const { distributor, reseller } = lmpi.partners;
    const msp = await aMsp('Asks for too much');
    const planId = await aPlan('Counted');
    const before = await available(distributor);
    const bad = ['0', '-1', '1.5', 'x', 0, -1, 1.5, 1e300, '99999999999999999999', true, {}, []];
    for (const count of bad) {
      expect({ count, ...refusal(await assign(units(msp, count))) }).toEqual({ count, ...invalid('count') });
      const plan = { partner_id: reseller.id, version: '1', service_plan_id: planId, count };
      expect({ count, ...refusal(await assign(plan)) }).toEqual({ count, ...invalid('count') });
    }
    expect(refusal(await assign(units(msp, before + 1)))).toEqual(invalid('count'));
    expect(refusal(await assign(units(msp, 1, { product_id: suite.id, version: '0' })))).toEqual(invalid('count'));
    expect([await available(distributor), await available(msp)]).toEqual([before, 0]);
    expect(await plansOf(lmpi.credentials.reseller)).not.toContain(planId);
  });
});
