import { routes, type Route } from '@tierline/contract';
import { newId } from '@tierline/kernel';
import { isOwnOperation, permissions, roles, type Role } from '@tierline/server/modules/access/index.ts';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { afterAll, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls } from './calls.ts';

const world = await openWorld();
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const channel = await world.channel();

const all = Object.values<Route>(routes);
const permitted = all.flatMap((route) => (route.permission === null ? [] : [{ route, permission: route.permission }]));

/** An address of the operation that names nothing. */
const addressOf = (route: Route): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'version' ? '1' : newId()));

const keyOf = async (account: Account, role: Role): Promise<string> => {
  const acting = { accountId: account.id, role: 'owner' as const };
  const wanted = { name: role, role };
  return (await world.engine.access.createApiKey(world.cause(), acting, account.id, wanted)).key;
};

/** Sends the operation with nothing in it: a refusal by the table comes before anything else is looked at. */
const knock = (route: Route, token?: string) => call(route.method.toUpperCase(), addressOf(route), { token });

test('nobody gets in without credentials, or with wrong ones', async () => {
  for (const route of all.filter(({ isPublic }) => isPublic !== true)) {
    for (const token of [undefined, 'nonsense', `tl_key_${'x'.repeat(43)}`, `tl_ses_${'x'.repeat(43)}.${newId()}`]) {
      const answered = await knock(route, token);
      expect(answered.status, `${route.operationId} ${token}`).toBe(401);
      expect(answered.headers.get('www-authenticate')).toBe('Bearer');
      expect(answered.headers.get('content-type')).toBe('application/problem+json');
    }
  }
});

// The provider has every operation that any kind of account has, so here only the role decides.
test.each(roles)('the role %s may do what the table says, and nothing else', async (role) => {
  const token = await keyOf(channel.provider, role);
  for (const { route, permission } of permitted) {
    if (!isOwnOperation(permission)) throw new Error(permission);
    const isDenied = !permissions[permission].roles.includes(role);
    const answered = await knock(route, token);
    const { operationId } = route;
    expect({ operationId, isRefused: answered.status === 403 }).toEqual({ operationId, isRefused: isDenied });
    if (isDenied) expect(answered.body).toMatchObject({ code: 'access.not_allowed', operation: permission, role });
    else expect(answered.status, `${operationId} ${answered.text}`).toBeLessThan(500);
  }
});

test('an owner of a reseller has only what resellers have', async () => {
  const token = await keyOf(channel.reseller, 'owner');
  for (const { route, permission } of permitted) {
    if (!isOwnOperation(permission)) throw new Error(permission);
    const { kinds } = permissions[permission];
    const answered = await knock(route, token);
    const isRefused = kinds !== undefined && !kinds.includes('reseller');
    expect({ permission, isRefused: answered.status === 403 }).toEqual({ permission, isRefused });
  }
});

test('a suspended account reads and writes nothing', async () => {
  const seller = await world.reseller(channel.distributor);
  const token = await keyOf(seller, 'owner');
  await world.engine.accounts.change(world.cause(), channel.distributor.id, seller.id, { status: 'suspended' });
  for (const { route, permission } of permitted) {
    if (!isOwnOperation(permission)) throw new Error(permission);
    const { kinds, effect } = permissions[permission];
    if (kinds !== undefined && !kinds.includes('reseller')) continue;
    const answered = await knock(route, token);
    expect({ permission, isRefused: answered.status === 403 }).toEqual({ permission, isRefused: effect === 'write' });
  }
});

test('a user with several accounts says for which one to act', async () => {
  const { engine, cause } = world;
  const acting = { accountId: channel.distributor.id, role: 'owner' as const };
  const memberships = [
    { accountId: channel.distributor.id, role: 'read_only' as const },
    { accountId: channel.reseller.id, role: 'sales' as const },
  ];
  const wanted = { email: 'two@example.com', name: 'Two', password: 'correct horse', memberships };
  await engine.access.createUser(cause(), acting, wanted);
  const login = await call('POST', '/sessions', {
    body: { email: 'two@example.com', password: 'correct horse', account_id: channel.distributor.id },
  });
  expect(login.status).toBe(201);
  const { token } = login.body as { token: string };
  const me = (account?: string) =>
    call('GET', '/me', { token, headers: account === undefined ? {} : { 'tierline-account': account } });
  expect((await me()).body).toMatchObject({ role: 'read_only', account: { id: channel.distributor.id } });
  expect((await me(channel.reseller.id)).body).toMatchObject({ role: 'sales', account: { id: channel.reseller.id } });
  for (const stranger of [channel.provider.id, channel.sibling.reseller.id, newId()]) {
    const answered = await me(stranger);
    expect(answered.status).toBe(404);
    expect(answered.body).toMatchObject({ code: 'accounts.not_found', field: 'Tierline-Account' });
  }
  expect((await me('nonsense')).status).toBe(400);
  expect((await call('DELETE', '/sessions/current', { token })).status).toBe(204);
  expect((await me()).status).toBe(401);
});

test('wrong passwords are slowed down', async () => {
  const attempt = () => call('POST', '/sessions', { body: { email: 'nobody@example.com', password: 'guess' } });
  for (let index = 0; index < 5; index += 1) expect((await attempt()).status).toBe(401);
  const slowed = await attempt();
  expect(slowed.status).toBe(429);
  expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
});
