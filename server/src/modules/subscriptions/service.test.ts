import { newId, type SubscriptionId } from '@tierline/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plain } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
beforeAll(async () => {
  world = await openWorld({ at: '2028-01-31T20:00:00Z' });
  channel = await world.channel();
});
afterAll(() => world.close());

const place = async () =>
  (await world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '3' }])).subscriptions[0]!;

test('a subscription exists with its items and its license, dates as they were given', async () => {
  const placed = await place();
  const { subscriptions } = world.engine;
  for (const account of [channel.reseller, channel.distributor, channel.provider]) {
    expect(plain(await subscriptions.get(account.id, { id: placed.id }))).toEqual(plain(placed));
    expect((await subscriptions.get(account.id, { serial: placed.serial })).id).toBe(placed.id);
  }
  // The anchor stays the 31st, though the first period ends on the 29th.
  expect(placed).toMatchObject({
    status: 'active',
    anchorOn: '2028-01-31',
    startOn: '2028-01-31',
    endOn: '2028-02-29',
  });
  expect(placed.licenses[0]!.activationCode).toMatch(/^[A-Z2-9]{2}-[A-Z2-9]{4}(-[A-Z2-9]{5}){5}$/);
});

test('beside, below and elsewhere it does not exist, nor does one that never was', async () => {
  const placed = await place();
  const { subscriptions } = world.engine;
  const stranger = await world.account('provider', null);
  for (const account of [channel.sibling.reseller, stranger]) {
    for (const key of [{ id: placed.id }, { serial: placed.serial }]) {
      await expect(subscriptions.get(account.id, key)).rejects.toMatchObject({ code: 'subscriptions.not_found' });
    }
  }
  for (const key of [{ id: newId<'subscription'>() }, { serial: 'abc' }, { serial: '99999999999999999999' }]) {
    await expect(subscriptions.get(channel.provider.id, key)).rejects.toMatchObject({ kind: 'not_found' });
  }
});

test('pages are newest first, each once, and whole only when asked for', async () => {
  const customer = await world.customer(channel.reseller);
  const placed: SubscriptionId[] = [];
  for (let index = 0; index < 5; index += 1) {
    const order = await world.order(customer, [{ mpn: channel.base.mpn }]);
    placed.unshift(order.subscriptions[0]!.id);
  }
  const { subscriptions } = world.engine;
  const filter = { scope: { within: channel.distributor.id }, customerId: customer.id };
  const first = await subscriptions.page(filter, { limit: 2 });
  const rest = await subscriptions.page(filter, { limit: 10, after: first.at(-1)!.id }, true);
  expect([...first, ...rest].map(({ id }) => id)).toEqual(placed);
  expect(first.map(({ items }) => items.length)).toEqual([0, 0]);
  expect(rest.map(({ items, licenses }) => [items.length, licenses.length])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  expect(await subscriptions.count(filter)).toBe(5);
  expect(await subscriptions.count({ ...filter, status: 'pending' })).toBe(0);
  expect(await subscriptions.count({ ...filter, createdTo: '2028-01-31T20:00:00Z' })).toBe(0);
  expect(await subscriptions.count({ ...filter, createdFrom: '2028-01-31T20:00:00Z' })).toBe(5);
});
