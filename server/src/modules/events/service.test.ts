import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Event } from './event.ts';

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
beforeAll(async () => {
  world = await openWorld();
  channel = await world.channel();
});
afterAll(() => world.close());

/** All events that an account sees, read in pages. */
async function all(within: Event['ownerId'], limit = 7, descending = false): Promise<Event[]> {
  const events: Event[] = [];
  for (let after: Event['id'] | undefined; ;) {
    const page = await world.engine.events.page({ within }, { after, limit, descending });
    events.push(...page);
    after = page.at(-1)?.id;
    if (page.length < limit) return events;
  }
}

test('each change is one event, in the order in which things happened', async () => {
  const before = await all(channel.reseller.id);
  const order = await world.order(channel.customer, [{ mpn: channel.base.mpn }], {
    cause: world.cause({ actor: 'user:7', at: '2026-03-05T08:00:00Z' }),
  });
  await world.engine.customers.change(
    world.cause(),
    channel.reseller.id,
    { id: channel.customer.id },
    { name: 'New name' },
  );
  const after = await all(channel.reseller.id);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length).map(({ type, subjectId }) => [type, subjectId])).toEqual([
    ['order.placed', order.id],
    ['subscription.created', order.subscriptions[0]!.id],
    ['customer.changed', channel.customer.id],
  ]);
  expect(after[before.length]).toMatchObject({
    ownerId: channel.reseller.id,
    actor: 'user:7',
    at: '2026-03-05T08:00:00Z',
    data: { total: order.total, currency: 'USD', serial: order.serial },
  });
});

test('what is refused is no event', async () => {
  const before = await all(channel.provider.id);
  await expect(world.order(channel.customer, [{ mpn: 'NOPE' }])).rejects.toThrow('has no product');
  await expect(world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '0' }])).rejects.toThrow(
    'The quantity',
  );
  await world.engine.orders.preview(world.cause(), channel.reseller.id, {
    customer: { id: channel.customer.id },
    lines: [{ name: { mpn: channel.base.mpn }, quantity: { coefficient: 1n, scale: 0 } }],
    poNumber: null,
    attributes: null,
    surface: 'api',
    addMissingBases: false,
  });
  expect(await all(channel.provider.id)).toEqual(before);
});

test('pages of any size are everything once, forth and back', async () => {
  const whole = await all(channel.provider.id, 1000);
  expect(whole.length).toBeGreaterThan(20);
  for (const limit of [1, 3, 10]) {
    expect(await all(channel.provider.id, limit)).toEqual(whole);
    expect(await all(channel.provider.id, limit, true)).toEqual(whole.toReversed());
  }
  expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
});

test('an account sees its own events and those below it, not those of a sibling or from above', async () => {
  const own = await all(channel.reseller.id);
  expect(own.every(({ ownerId }) => ownerId === channel.reseller.id)).toBe(true);
  const beside = await all(channel.sibling.reseller.id);
  expect(beside.some(({ subjectId }) => subjectId === channel.customer.id)).toBe(false);
  const above = new Set((await all(channel.provider.id, 1000)).map(({ id }) => id));
  for (const { id } of [...own, ...beside]) expect(above.has(id)).toBe(true);
});

test('filters by subject and by type', async () => {
  const { events } = world.engine;
  const order = await world.order(channel.customer, [{ mpn: channel.base.mpn }]);
  const page = { limit: 50, descending: false };
  const ofOrder = await events.page({ within: channel.provider.id, subjectId: order.id }, page);
  expect(ofOrder.map(({ type }) => type)).toEqual(['order.placed']);
  const created = await events.page({ within: channel.provider.id, type: 'subscription.created' }, page);
  expect(created.at(-1)!.data).toMatchObject({ order_id: order.id, status: 'active' });
  expect(await events.page({ within: channel.sibling.reseller.id, subjectId: order.id }, page)).toEqual([]);
});
