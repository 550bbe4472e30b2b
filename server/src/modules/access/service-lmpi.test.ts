import { createHmac } from 'node:crypto';
import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessWorld, as, retried, type AccessWorld } from '../../../../test/support/access.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld();
});
afterAll(() => world.close());

describe('LMPI credentials', () => {
  test('sign with the text of the secret, which is shown again until revoked', async () => {
    const { access, authenticate, provider, distributor, msp, sibling } = await world.aChannel();
    const created = await access.createLmpiCredential(world.cause(), as(distributor), msp);
    expect(created.secretKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    const caller = (await authenticate.lmpiCredential(created.accessToken))!;
    expect(caller.principal).toMatchObject({
      accountId: msp,
      role: 'admin',
      surface: 'lmpi',
      actor: `lmpi:${created.id}`,
    });
    const signature = createHmac('sha256', caller.hmacKey).update('x').digest('base64');
    expect(signature).toBe(createHmac('sha256', Buffer.from(created.secretKey, 'utf8')).update('x').digest('base64'));
    expect(authenticate.peekLmpiCredential(created.accessToken)).toBe(caller);
    expect(await authenticate.lmpiCredential(created.accessToken.toUpperCase())).toMatchObject({
      secretKey: created.secretKey,
    });
    expect(await access.listLmpiCredentials({ within: msp, limit: 10 })).toEqual([created]);
    expect(await access.listLmpiCredentials({ within: sibling, limit: 10 })).toEqual([]);
    await expect(access.revokeLmpiCredential(world.cause(), as(sibling), created.id)).rejects.toMatchObject({
      kind: 'not_found',
    });
    const revoked = await access.revokeLmpiCredential(world.cause(), as(msp), created.id);
    expect(revoked.secretKey).toBeNull();
    expect(authenticate.peekLmpiCredential(created.accessToken)).toBeUndefined();
    expect(await authenticate.lmpiCredential(created.accessToken)).toBeUndefined();
    expect(await access.listLmpiCredentials({ within: msp, limit: 10 })).toEqual([revoked]);
    for (const token of ['', 'nonsense', newId(), '\u0000'])
      expect(await authenticate.lmpiCredential(token)).toBeUndefined();
    await expect(access.createLmpiCredential(world.cause(), as(provider), provider)).rejects.toMatchObject({
      code: 'lmpi_credentials.kind_not_allowed',
    });
  });

  test('rotate: the older ones of the account, and of no other, end after the overlap, on every node', async () => {
    const { access, authenticate, distributor, msp, sibling } = await world.aChannel();
    const make = (of: typeof msp, overlapHours?: number) =>
      access.createLmpiCredential(world.cause(), as(distributor), of, { overlapHours });
    const theirs = await make(sibling);
    const [kept, older] = [await make(msp), await make(msp)];
    expect(kept.expiresAt).toBeNull();
    // Another node knows the pair before it is to end.
    const elsewhere = world.aServer();
    const knows = (token: string) => elsewhere.authenticate.lmpiCredential(token);
    expect(await knows(older.accessToken)).toBeDefined();
    const newer = await make(msp, 1);
    await elsewhere.noticed.refresh();
    expect(await knows(older.accessToken)).toBeDefined();
    world.clock.set(world.clock.now().add({ hours: 1 }));
    for (const { accessToken } of [kept, older]) {
      expect(elsewhere.authenticate.peekLmpiCredential(accessToken)).toBeUndefined();
      expect(await knows(accessToken)).toBeUndefined();
      expect(await authenticate.lmpiCredential(accessToken)).toBeUndefined();
    }
    for (const { accessToken } of [newer, theirs]) expect(await knows(accessToken)).toBeDefined();
    expect(await access.currentLmpiCredential(msp)).toEqual(newer);
    expect(await access.currentLmpiCredential(sibling)).toEqual(theirs);
    expect(await access.currentLmpiCredential(distributor)).toBeUndefined();
  });

  test('an overlap of nothing ends the older ones at once; a retry is told the same pair', async () => {
    const { access, authenticate, distributor, msp } = await world.aChannel();
    const older = await access.createLmpiCredential(world.cause(), as(distributor), msp);
    const again = () =>
      access.createLmpiCredential(world.cause(retried(distributor, 'rotate')), as(distributor), msp, {
        overlapHours: 0,
      });
    const newer = await again();
    expect(await again()).toEqual(newer);
    expect(await authenticate.lmpiCredential(older.accessToken)).toBeUndefined();
    expect(await authenticate.lmpiCredential(newer.accessToken)).toBeDefined();
  });

  test('can be brought along, once', async () => {
    const { access, authenticate, msp, sibling } = await world.aChannel();
    const given = {
      accessToken: newId<'access token'>().toUpperCase(),
      secretKey: 'a secret of their own'.replaceAll(' ', '-'),
    };
    await access.createLmpiCredential(world.cause(), as(msp), msp, given);
    expect(await authenticate.lmpiCredential(given.accessToken)).toMatchObject({ secretKey: given.secretKey });
    await expect(access.createLmpiCredential(world.cause(), as(sibling), sibling, given)).rejects.toMatchObject({
      code: 'access.credential_taken',
    });
    const bad = access.createLmpiCredential(world.cause(), as(msp), msp, { accessToken: 'x', secretKey: 'short' });
    await expect(bad).rejects.toMatchObject({ reasons: [{ field: 'access_token' }, { field: 'secret_key' }] });
  });
});
