import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOrders, usd, type Body, type OrderClient, type OrderWorld } from './order-world.ts';

// SimpleAPI reference 4.4: `placementType: MOVE` is a partial upgrade; the answer names `newSubscription` with the type `NEW` or `EXISTING`.

let world: OrderWorld;
let reseller: OrderClient;
beforeAll(async () => {
  world = await openOrders();
  reseller = await world.client();
});
afterAll(() => world.api.close());

const month = { type: 'month', duration: 1 };
const seats = (quantity: number) => ({ mpn: 'SEAT', quantity, subscriptionPeriod: month });
const views = (quantity: number) => ({ mpn: 'VIEW', quantity, subscriptionPeriod: month });
const move = (subscriptionId: string, products: readonly Body[], more: Body = {}): Body => ({
  type: 'change',
  placementType: 'MOVE',
  customerId: world.customerId,
  subscriptionId,
  products,
  ...more,
});
const sold = async (products: readonly Body[]) =>
  (await reseller.place(world.sale(products, { planId: world.plans.monthly.number }))).subscriptionId;
const held = async (id: string) => (await reseller.get(`/subscriptions/${id}`)).body;

test('a part moves into a new subscription of the same plan, and the estimate says so before', async () => {
  const from = await sold([seats(5)]);
  const body = move(from, [seats(2)], { poNumber: 'split-1' });
  const estimate = await reseller.estimate(body);
  expect(estimate.products).toMatchObject([{ mpn: 'SEAT', type: 'MOVE', newSubscription: { type: 'NEW' } }]);
  expect(estimate.products?.[0]?.newSubscription).not.toHaveProperty('id');
  const placed = await reseller.place(body);
  const [line] = placed.products ?? [];
  const to = line?.targetSubscriptionId ?? '';
  expect(line).toMatchObject({
    mpn: 'SEAT',
    quantity: -2,
    type: 'MOVE',
    subscriptionId: from,
    newSubscription: { id: Number(to), coterming: true, type: 'NEW' },
  });
  expect([placed.subscriptionId, placed.total, placed.details]).toEqual([from, estimate.total, estimate.details]);
  // Given back here and bought there on the first day of both terms: nothing is left to pay, and no setup is paid twice.
  expect(placed.total).toEqual(usd('0'));
  expect(await held(from)).toMatchObject({ status: 'active', products: [{ mpn: 'SEAT', quantity: 3 }] });
  expect(await held(to)).toMatchObject({
    id: to,
    status: 'active',
    customerId: world.customerId,
    planId: Number(world.plans.monthly.number),
    expirationDate: '2026-04-01',
    products: [{ mpn: 'SEAT', quantity: 2 }],
    fulfillmentParameters: [
      { name: 'activationCode', value: expect.stringMatching(/^.{2}-.{4}(-.{5}){5}$/) as unknown },
    ],
  });
  expect(await reseller.order(placed.id)).toEqual(placed);
  // A retry makes no second one.
  expect(await reseller.place(body)).toEqual(placed);
  expect(await held(from)).toMatchObject({ products: [{ quantity: 3 }] });
  const orders = await reseller.orders(`?subscriptionId=${to}`);
  expect(orders.map(({ id }) => id)).toContain(placed.id);
  // It is a subscription like any other: it can be changed, and it renews by itself.
  const more = await reseller.place({
    type: 'change',
    customerId: world.customerId,
    subscriptionId: to,
    products: [seats(4)],
  });
  expect(more.products).toMatchObject([{ quantity: 2, subscriptionId: to }]);
});

test('into another plan, with a term of its own or with the end of the one that it comes from', async () => {
  const own = await openOrders();
  const { subscriptionId: from } = await (
    await own.client()
  ).place(own.sale([seats(1), views(6)], { planId: own.plans.monthly.number }));
  own.api.moveTo('2026-03-12T09:00:00Z');
  const client = await own.client();
  const planId = own.plans.pro.number;
  const customerId = own.customerId;
  const upgrade = await client.place({ ...move(from, [views(2)], { planId }), customerId });
  const [line] = upgrade.products ?? [];
  expect(line?.newSubscription).toMatchObject({ coterming: false, type: 'NEW' });
  const made = (await client.get(`/subscriptions/${String(line?.targetSubscriptionId)}`)).body;
  expect(made).toMatchObject({
    planId: Number(planId),
    expirationDate: '2026-04-11',
    products: [{ mpn: 'VIEW', quantity: 2 }],
  });
  // 21 of 31 days of 2 units at 2.42 are given back, and a whole new period of them is paid: 4.84 - 3.28.
  expect(upgrade.total).toEqual(usd('1.56'));
  const align = { alignExpirationDate: { alignmentType: 'CO_TERM_PARTIAL_UPGRADE' } };
  const same = await client.place({ ...move(from, [views(2)], { planId, ...align }), customerId });
  expect(same.products?.[0]?.newSubscription).toMatchObject({ coterming: true, type: 'NEW' });
  expect(same.total).toEqual(usd('0'));
  own.api.moveTo('2026-04-03T09:00:00Z');
  const later = (await (await own.client()).get(`/subscriptions/${String(same.products?.[0]?.targetSubscriptionId)}`))
    .body;
  expect(later).toMatchObject({ status: 'active', products: [{ quantity: 2 }] });
  await own.api.close();
});

test.each<[string, number, (from: string) => Body]>([
  ['planId', 404, (from) => move(from, [views(1)], { planId: '999999' })],
  ['planId', 400, (from) => ({ ...move(from, [views(1)]), planId: 'x'.repeat(41) })],
  ['subscriptionPeriod', 400, (from) => move(from, [views(1)], { subscriptionPeriod: { type: 'year', duration: 1 } })],
  [
    'alignExpirationDate.alignmentType',
    400,
    (from) => move(from, [views(1)], { alignExpirationDate: { alignmentType: 'MATCH_END_OF_CALENDAR_MONTH' } }),
  ],
  ['products', 400, (from) => move(from, [])],
  ['products[0].quantity', 400, (from) => move(from, [views(7)])],
  ['products[0].mpn', 400, (from) => move(from, [seats(1)], { planId: world.plans.pro.number })],
])('%s is refused by name, and nothing is made (%i)', async (field, status, bodyOf) => {
  const from = await sold([seats(1), views(6)]);
  const before = await reseller.orders('?limit=1000');
  for (const path of ['/orders/estimate', '/orders']) {
    expect(await reseller.refusal(bodyOf(from), path)).toMatchObject({ status, field });
  }
  expect(await reseller.orders('?limit=1000')).toEqual(before);
  expect(await held(from)).toMatchObject({ products: [{ quantity: 1 }, { quantity: 6 }] });
});

test('an end that the plan does not allow is refused by the name of what asked for it', async () => {
  const { api, channel } = world;
  const terms = { policies: { coterm: { allowed: false } } };
  const plan = await api.plan(channel.provider, { rates: [{ mpn: 'OWN-TERM', prices: '3' }], terms });
  await api.delegate([channel.provider, channel.distributor, channel.reseller], plan);
  const from = (await reseller.place(world.sale([{ mpn: 'OWN-TERM', quantity: 5 }]))).subscriptionId;
  const align = { alignExpirationDate: { alignmentType: 'CO_TERM_PARTIAL_UPGRADE' } };
  expect(await reseller.refusal(move(from, [{ mpn: 'OWN-TERM', quantity: 1 }], align))).toMatchObject({
    status: 400,
    code: 'subscriptions.coterm_not_allowed',
    field: 'alignExpirationDate',
  });
});

test('of another reseller neither the subscription nor the plan can be named', async () => {
  const from = await sold([seats(5)]);
  const stranger = await world.client(world.channel.sibling.reseller);
  expect(await stranger.refusal(move(from, [seats(1)]))).toMatchObject({ status: 404, field: 'customerId' });
});
