import { createRoot } from '@tierline/server';
import { expect, onTestFinished, test } from 'vitest';
import { openWorld } from '../support/world.ts';

const wanted = {
  name: 'Northgate Cloud',
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
  country: 'DE',
  language: 'en',
  ownerEmail: 'owner@northgate.example',
  ownerName: 'Noor Haddad',
};

test('a new root can be signed in to by password and by key, and does not see the channel beside it', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const other = await world.provider();
  const { accountId, email, password, apiKey } = await createRoot(world.engine, world.cause(), wanted);

  const login = await world.engine.authenticate.login(email, password ?? '');
  expect(login.principal.node.account).toMatchObject({ id: accountId, kind: 'provider', parentId: null });
  expect(login.principal.role).toBe('owner');
  expect((await world.engine.authenticate.byApiKey(apiKey))?.accountId).toBe(accountId);
  await expect(world.engine.accounts.visible(login.principal.accountId, other.id)).rejects.toThrow(
    'There is no such account.',
  );
});

test('wrong facts are refused all at once, and nothing is made', async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const bad = { ...wanted, currency: 'EURO', timeZone: 'Mars', country: 'D' };
  await expect(createRoot(world.engine, world.cause(), bad)).rejects.toMatchObject({
    reasons: [{ field: 'currency' }, { field: 'time_zone' }, { field: 'country' }],
  });
  await expect(createRoot(world.engine, world.cause(), { ...wanted, ownerEmail: 'nobody' })).rejects.toMatchObject({
    reasons: [{ field: 'email' }],
  });
  expect(await world.engine.accounts.roots()).toEqual([]);
});
