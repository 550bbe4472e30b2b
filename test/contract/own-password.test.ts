import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { openWorld, type World } from '../support/world.ts';
import { apiCalls } from './calls.ts';

let world: World;
let reseller: Account;
let calls: ReturnType<typeof apiCalls>;
beforeAll(async () => {
  world = await openWorld();
  reseller = (await world.channel()).reseller;
  calls = apiCalls(world.engine);
});
afterAll(() => world.close());

let count = 0;
async function person(password = 'the old password') {
  const email = `person${(count += 1)}@example.com`;
  const acting = { accountId: reseller.id, role: 'owner' as const };
  const memberships = [{ accountId: reseller.id, role: 'read_only' as const }];
  await world.engine.access.createUser(world.cause(), acting, { email, name: 'Somebody', password, memberships });
  return email;
}
const login = async (email: string, password = 'the old password') =>
  (await world.engine.authenticate.login(email, password)).token;
const change = (token: string, current: string, next: string) =>
  calls.call('PUT', '/me/password', { token, body: { current_password: current, new_password: next } });
const me = async (token: string) => (await calls.call('GET', '/me', { token })).status;

test('whoever is signed in changes the own password, in any role; other sessions end at once, this one stays', async () => {
  const email = await person();
  const [mine, elsewhere] = [await login(email), await login(email)];
  expect([await me(mine), await me(elsewhere)]).toEqual([200, 200]);
  expect((await change(mine, 'the old password', 'the new password')).status).toBe(204);
  expect([await me(mine), await me(elsewhere)]).toEqual([200, 401]);
  await expect(login(email)).rejects.toMatchObject({ kind: 'unauthenticated' });
  expect(await me(await login(email, 'the new password'))).toBe(200);
});

test('a suspended account keeps nobody from it', async () => {
  const email = await person();
  const token = await login(email);
  const set = (status: 'suspended' | 'active') =>
    world.engine.accounts.change(world.cause(), reseller.parentId!, reseller.id, { status });
  await set('suspended');
  expect((await change(token, 'the old password', 'the new password')).status).toBe(204);
  await set('active');
});

test('a wrong current password is refused, and slowed down', async () => {
  const token = await login(await person());
  for (let tries = 0; tries < 5; tries += 1) {
    expect(await change(token, 'a guess of it', 'the new password')).toMatchObject({
      status: 403,
      body: { code: 'access.wrong_password', field: 'current_password' },
    });
  }
  expect(await change(token, 'the old password', 'the new password')).toMatchObject({ status: 429 });
});

test('what is no password, and who is no person', async () => {
  const token = await login(await person());
  expect(await change(token, 'the old password', 'short')).toMatchObject({
    status: 400,
    body: { field: 'new_password' },
  });
  const { apiKey } = await world.credentials(reseller);
  expect(await change(apiKey, 'the old password', 'the new password')).toMatchObject({
    status: 409,
    body: { code: 'access.no_session' },
  });
  expect((await change('', 'the old password', 'the new password')).status).toBe(401);
});
