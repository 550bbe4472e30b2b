import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessWorld, as, type AccessWorld } from '../../../../test/support/access.ts';
import { checkClient, checkSubscriptionKey } from './index.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld();
});
afterAll(() => world.close());

const simple = { marketplace: 'us', profile: '21.0' } as const;

describe('SimpleAPI users', () => {
  test('get a token for their password and act with it until it expires', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const other = world.aServer();
    const { user, login } = await access.createSimpleApiUser(world.cause(), as(msp), msp, simple);
    expect(login.subscriptionKey).toMatch(/^[0-9a-f]{32}$/);
    expect(login.username).toMatch(/\.api$/);
    expect(await authenticate.simpleApiPassword(login.username, 'wrong password')).toBeUndefined();
    expect(await authenticate.simpleApiPassword('nobody', login.password)).toBeUndefined();
    const found = (await authenticate.simpleApiPassword(login.username, login.password))!;
    expect(found.principal).toMatchObject({
      accountId: msp,
      role: 'admin',
      surface: 'simpleapi',
      actor: `simpleapi:${user.id}`,
    });
    expect([found.profile, found.marketplace]).toEqual(['21.0', 'us']);
    expect(checkClient(found, login.clientId, login.clientSecret)).toBe(true);
    expect([
      checkClient(found, 'x', login.clientSecret),
      checkClient(found, login.clientId, 'x'),
      checkClient(found, undefined, undefined),
    ]).toEqual([false, false, false]);
    const { token, expiresInSeconds } = await authenticate.simpleApiToken(found);
    expect(expiresInSeconds).toBe(1500);
    expect(authenticate.peekSimpleApiBearer(token)).toBeUndefined();
    for (const server of [authenticate, other.authenticate]) {
      const caller = (await server.simpleApiBearer(token))!;
      expect(caller).toMatchObject({
        principal: { accountId: msp, credentialId: user.id },
        profile: '21.0',
        marketplace: 'us',
      });
      expect(server.peekSimpleApiBearer(token)).toBe(caller);
      expect(checkSubscriptionKey(caller, login.subscriptionKey)).toBe(true);
      expect([
        checkSubscriptionKey(caller, `${login.subscriptionKey}0`),
        checkSubscriptionKey(caller, undefined),
      ]).toEqual([false, false]);
    }
    const tampered = `${token.slice(0, -10)}${token.at(-10) === 'A' ? 'B' : 'A'}${token.slice(-9)}`;
    for (const bad of [tampered, '', 'a.b.c', `${token}.x`, 'x'.repeat(5000)])
      expect(await authenticate.simpleApiBearer(bad)).toBeUndefined();
    world.clock.set(world.clock.now().add({ seconds: 1500 }));
    expect(authenticate.peekSimpleApiBearer(token)).toBeUndefined();
    expect(await authenticate.simpleApiBearer(token)).toBeUndefined();
  });

  test('are out at once when revoked, with their tokens', async () => {
    const { access, authenticate, msp, sibling } = await world.aChannel();
    const { user, login } = await access.createSimpleApiUser(world.cause(), as(msp), msp, simple);
    const { token } = await authenticate.simpleApiToken(
      (await authenticate.simpleApiPassword(login.username, login.password))!,
    );
    expect(await authenticate.simpleApiBearer(token)).toBeDefined();
    await expect(access.revokeSimpleApiUser(world.cause(), as(sibling), user.id)).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await access.listSimpleApiUsers({ within: sibling, limit: 10 })).toEqual([]);
    await access.revokeSimpleApiUser(world.cause(), as(msp), user.id);
    expect(authenticate.peekSimpleApiBearer(token)).toBeUndefined();
    expect(await authenticate.simpleApiBearer(token)).toBeUndefined();
    expect(await authenticate.simpleApiPassword(login.username, login.password)).toBeUndefined();
    expect(await access.listSimpleApiUsers({ within: msp, limit: 10 })).toMatchObject([
      { id: user.id, revokedAt: world.clock.now().toString() },
    ]);
  });

  test('are limited by who stands above their account, not by themselves, and nobody else knows of them', async () => {
    const { access, authenticate, msp, sibling, distributor } = await world.aChannel();
    const { user, login } = await access.createSimpleApiUser(world.cause(), as(msp), msp, simple);
    expect(user.limits).toEqual({ perMinute: null, perDay: null });
    const limit = (who: typeof msp, wanted: { perMinute?: number | null; perDay?: number | null }) =>
      access.limitSimpleApiUser(world.cause(), as(who), user.id, wanted);
    await expect(limit(msp, { perMinute: 0 })).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'simpleapi_users.own_limits',
    });
    await expect(limit(sibling, { perMinute: 1 })).rejects.toMatchObject({ kind: 'not_found' });
    await limit(distributor, { perMinute: 60, perDay: 5000 });
    expect(await limit(distributor, { perDay: null })).toMatchObject({ limits: { perMinute: 60, perDay: null } });
    const found = await authenticate.simpleApiPassword(login.username, login.password);
    expect(found?.limits).toEqual({ perMinute: 60, perDay: null });
  });

  test('can be given all they sign in with; guessing is slowed down', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const username = `demo-${randomBytes(3).toString('hex')}.api`;
    const given = {
      username,
      password: 'demo-password',
      clientId: 'demo',
      clientSecret: 'demo-secret',
      subscriptionKey: '0123456789abcdef0123456789abcdef',
    };
    expect(
      (await access.createSimpleApiUser(world.cause(), as(msp), msp, { ...given, ...simple, profile: '1.15' })).login,
    ).toEqual(given);
    await expect(
      access.createSimpleApiUser(world.cause(), as(msp), msp, { ...given, ...simple }),
    ).rejects.toMatchObject({
      code: 'access.credential_taken',
      field: 'username',
    });
    const bad = { ...simple, username: 'a:b', subscriptionKey: 'short' };
    await expect(access.createSimpleApiUser(world.cause(), as(msp), msp, bad)).rejects.toMatchObject({
      reasons: [{ field: 'username' }, { field: 'subscription_key' }],
    });
    for (let guess = 1; guess <= 5; guess += 1)
      expect(await authenticate.simpleApiPassword(username, 'guess')).toBeUndefined();
    await expect(authenticate.simpleApiPassword(username, given.password)).rejects.toMatchObject({ kind: 'limited' });
  });

  test('tokens of servers that start together are good on all of them', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    await world.db.kysely.deleteFrom('server_keys').execute();
    const { login } = await access.createSimpleApiUser(world.cause(), as(msp), msp, simple);
    const user = (await authenticate.simpleApiPassword(login.username, login.password))!;
    const servers = Array.from({ length: 4 }, () => world.aServer().authenticate);
    const tokens = await Promise.all(servers.map((server) => server.simpleApiToken(user)));
    for (const server of servers) {
      for (const { token } of tokens) expect(await server.simpleApiBearer(token)).toBeDefined();
    }
  });
});
