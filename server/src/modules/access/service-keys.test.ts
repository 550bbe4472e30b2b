import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessWorld, as, type AccessWorld } from '../../../../test/support/access.ts';
import { authorize, type Principal } from './index.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld();
});
afterAll(() => world.close());

describe('API keys', () => {
  test('act for their account in their role, until revoked', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const { apiKey, key } = await access.createApiKey(world.cause(), as(msp), msp, { name: 'CI', role: 'sales' });
    expect(authenticate.peekApiKey(key)).toBeUndefined();
    const principal = await authenticate.byApiKey(key);
    expect(principal).toMatchObject({
      accountId: msp,
      role: 'sales',
      actor: `api_key:${apiKey.id}`,
      surface: 'api',
      credentialId: apiKey.id,
    });
    expect(authenticate.peekApiKey(key)).toBe(principal);
    expect(await authenticate.byApiKey(key)).toBe(principal);
    const revoked = await access.revokeApiKey(world.cause(), as(msp), apiKey.id);
    expect(revoked.revokedAt).toBe(world.clock.now().toString());
    expect(authenticate.peekApiKey(key)).toBeUndefined();
    expect(await authenticate.byApiKey(key)).toBeUndefined();
    expect(await access.revokeApiKey(world.cause(), as(msp), apiKey.id)).toEqual(revoked);
  });

  test('another server stops believing a revoked key with its next look', async () => {
    const { access, msp } = await world.aChannel();
    const other = world.aServer();
    const { apiKey, key } = await access.createApiKey(world.cause(), as(msp), msp, { name: 'CI', role: 'sales' });
    expect(await other.authenticate.byApiKey(key)).toBeDefined();
    await other.noticed.refresh();
    expect(await other.authenticate.byApiKey(key)).toBeDefined();
    await access.revokeApiKey(world.cause(), as(msp), apiKey.id);
    expect(other.authenticate.peekApiKey(key)).toBeDefined();
    await other.noticed.refresh();
    expect(other.authenticate.peekApiKey(key)).toBeUndefined();
    expect(await other.authenticate.byApiKey(key)).toBeUndefined();
  });

  test('expire at their hour, also when remembered', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const expiresAt = world.clock.now().add({ hours: 1 });
    const { key } = await access.createApiKey(world.cause(), as(msp), msp, {
      name: 'short',
      role: 'sales',
      expiresAt: expiresAt.toString(),
    });
    expect(await authenticate.byApiKey(key)).toBeDefined();
    world.clock.set(expiresAt);
    expect(authenticate.peekApiKey(key)).toBeUndefined();
    expect(await authenticate.byApiKey(key)).toBeUndefined();
    const past = { name: 'past', role: 'sales', expiresAt: expiresAt.toString() } as const;
    await expect(access.createApiKey(world.cause(), as(msp), msp, past)).rejects.toMatchObject({
      code: 'api_keys.expired',
    });
  });

  test('of an account that is suspended only read, and of a closed one nobody knows', async () => {
    const { access, accounts, authenticate, provider, distributor, msp } = await world.aChannel();
    const { key } = await access.createApiKey(world.cause(), as(msp), msp, { name: 'k', role: 'admin' });
    authorize((await authenticate.byApiKey(key))!, 'orders.place');
    await accounts.change(world.cause(), provider, distributor, { status: 'suspended' });
    expect(authenticate.peekApiKey(key)).toBeUndefined();
    const suspended = (await authenticate.byApiKey(key))!;
    authorize(suspended, 'orders.read');
    expect(() => authorize(suspended, 'orders.place')).toThrow(
      expect.objectContaining({ code: 'access.account_suspended' }),
    );
    await accounts.change(world.cause(), provider, distributor, { status: 'closed' });
    expect(await authenticate.byApiKey(key)).toBeUndefined();
  });

  test('of another tenant do not exist, and no role is handed out above the own', async () => {
    const { access, distributor, msp, sibling, stranger } = await world.aChannel();
    const { apiKey } = await access.createApiKey(world.cause(), as(msp), msp, { name: 'k', role: 'owner' });
    for (const other of [sibling, stranger]) {
      await expect(
        access.createApiKey(world.cause(), as(other), msp, { name: 'x', role: 'sales' }),
      ).rejects.toMatchObject({
        kind: 'not_found',
      });
      await expect(access.revokeApiKey(world.cause(), as(other), apiKey.id)).rejects.toMatchObject({
        kind: 'not_found',
      });
      expect(await access.listApiKeys({ within: other, limit: 10 })).toEqual([]);
    }
    await expect(access.revokeApiKey(world.cause(), as(msp), 'nonsense')).rejects.toMatchObject({
      code: 'api_keys.not_found',
    });
    await expect(access.revokeApiKey(world.cause(), as(msp), newId())).rejects.toMatchObject({
      code: 'api_keys.not_found',
    });
    const refused = { code: 'access.role_not_grantable', kind: 'forbidden' };
    await expect(
      access.createApiKey(world.cause(), as(msp, 'admin'), msp, { name: 'x', role: 'owner' }),
    ).rejects.toMatchObject(refused);
    await expect(access.revokeApiKey(world.cause(), as(msp, 'admin'), apiKey.id)).rejects.toMatchObject(refused);
    await access.revokeApiKey(world.cause(), as(distributor, 'admin'), apiKey.id);
    expect(await access.listApiKeys({ within: distributor, limit: 10 })).toMatchObject([
      { id: apiKey.id, prefix: apiKey.prefix },
    ]);
  });

  test('unknown and malformed ones are nobody', async () => {
    const { authenticate } = await world.aChannel();
    for (const key of ['', 'tl_key_', `tl_key_${'x'.repeat(43)}`, '\u0000', 'x'.repeat(10_000)]) {
      expect(await authenticate.byApiKey(key)).toBeUndefined();
    }
  });
});

describe('what is remembered', () => {
  test('what was read before a change is not remembered after it', async () => {
    const { access, authenticate, noticed, msp } = await world.aChannel();
    const { apiKey, key } = await access.createApiKey(world.cause(), as(msp), msp, { name: 'k', role: 'sales' });
    const answers: (Principal | undefined)[] = [];
    for (let round = 0; round < 20; round += 1) {
      const reading = authenticate.byApiKey(key);
      if (round === 10) await access.revokeApiKey(world.cause(), as(msp), apiKey.id);
      answers.push(await reading);
      await noticed.refresh();
    }
    expect(answers.slice(0, 10).every((each) => each !== undefined)).toBe(true);
    expect(answers.slice(11)).toEqual(Array.from({ length: 9 }, () => undefined));
    expect(authenticate.peekApiKey(key)).toBeUndefined();
  });
});
