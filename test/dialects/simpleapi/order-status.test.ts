import { Temporal, type OrderId, type SubscriptionId } from '@tierline/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anOrderAnswer, anOrderList, type OrderAnswer } from '@tierline/server/dialects/simpleapi/testing-orders.ts';
import { subscriptionDetailed } from '@tierline/server/dialects/simpleapi/testing.ts';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

// SimpleAPI reference 4.4 (statuses of orders), 10.1 (internal status codes), 11 (409 for a subscription with an order under way): each status as
// it is on the wire, with a vendor that is provisioned by hand.

let api: SimpleApi;
let world: Awaited<ReturnType<typeof aWorld>>;
beforeAll(async () => {
  api = await openSimpleApi();
  world = await aWorld();
});
afterAll(() => api.close());

async function aWorld() {
  const provider = await api.provider();
  const distributor = await api.distributor(provider);
  const reseller = await api.reseller(distributor);
  const { id: vendorId } = await api.vendor(provider, { provisioning: 'manual' });
  const product = await api.product(provider, { vendorId });
  const rates = [{ mpn: 'HAND', prices: '10' }];
  const plan = await api.plan(provider, { product, rates, terms: { autoRenewalMonths: 1 } });
  await api.delegate([provider, distributor, reseller], plan);
  await api.priceList(distributor, { markup: '10' });
  await api.priceList(reseller, { markup: '10' });
  return { reseller, customerId: (await api.customer(reseller)).number };
}

const client = (): Promise<Client> => api.client(world.reseller);
const hand = (quantity: number) => ({ mpn: 'HAND', quantity });

async function place(on: Client, body: Record<string, unknown>): Promise<OrderAnswer> {
  const { status, body: answer } = await on.post('/orders', { customerId: world.customerId, ...body });
  expect([status, answer]).toEqual([200, answer]);
  return anOrderAnswer.parse(answer);
}
const sale = (on: Client) => place(on, { type: 'sales', products: [hand(2)] });
const change = (on: Client, subscriptionId: string, quantity: number) =>
  place(on, { type: 'change', subscriptionId, products: [hand(quantity)] });
const read = async (on: Client, id: string) => anOrderAnswer.parse((await on.get(`/orders/${id}`)).body);
const stateOf = ({ status, statusCode, provisioningDate }: OrderAnswer) => [
  status,
  statusCode,
  provisioningDate !== undefined,
];

async function idsOf(order: OrderAnswer): Promise<{ subscription: SubscriptionId; order: OrderId }> {
  const { engine } = api;
  const found = await engine.orders.get(world.reseller.id, { serial: String(Number(order.id) - 1_000_000) });
  return { subscription: found.subscriptions[0]!.id, order: found.id };
}

async function settle(order: OrderAnswer, outcome: 'active' | 'removed', vendorId?: string): Promise<void> {
  const ids = await idsOf(order);
  const { provisioning } = api.engine;
  await provisioning.acknowledge(api.cause(), world.reseller.id, ids.subscription, outcome, 'No.', ids.order, vendorId);
}

const subscriptionOf = async (on: Client, id: string) =>
  subscriptionDetailed.parse((await on.get(`/subscriptions/${id}`)).body);

test('while a sale is provisioned its order is processing, and a change is a 409 that names it', async () => {
  const on = await client();
  const order = await sale(on);
  expect(stateOf(order)).toEqual(['processing', 'AS', false]);
  expect(await subscriptionOf(on, order.subscriptionId)).toMatchObject({
    status: 'pending',
    fulfillmentParameters: [],
  });
  const body = {
    type: 'change',
    customerId: world.customerId,
    subscriptionId: order.subscriptionId,
    products: [hand(3)],
  };
  for (const path of ['/orders', '/orders/estimate']) {
    const refused = await on.post(path, body);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'lifecycle.order_in_work' });
    expect(refused.body['message']).toContain(order.orderNumber);
    expect(refused.body['message']).toContain('processing');
  }
  for (const type of ['renewal', 'cancellation']) {
    const refused = await on.post('/orders', { ...body, type, products: undefined });
    expect([refused.status, String(refused.body['message']).includes(order.orderNumber)]).toEqual([409, true]);
  }
  await settle(order, 'active', '10294983919204');
  expect(stateOf(await read(on, order.id))).toEqual(['completed', 'CP', true]);
  // The example of the schema: a vendor's own number of the subscription (SimpleAPI reference 4.7).
  expect(await subscriptionOf(on, order.subscriptionId)).toMatchObject({
    status: 'active',
    products: [{ mpn: 'HAND', vendorSubscriptionId: '10294983919204' }],
  });
  expect((await on.post('/orders', body)).status).toBe(200);
});

test('a change in work refuses the next one by name; done, it is completed', async () => {
  const on = await client();
  const sold = await sale(on);
  await settle(sold, 'active');
  const first = await change(on, sold.subscriptionId, 5);
  expect(stateOf(first)).toEqual(['processing', 'AS', false]);
  const { status, body } = await on.post('/orders', {
    type: 'change',
    customerId: world.customerId,
    subscriptionId: sold.subscriptionId,
    products: [hand(6)],
  });
  expect([status, String(body['message']).includes(first.orderNumber)]).toEqual([409, true]);
  await settle(first, 'active', 'told-later');
  expect(stateOf(await read(on, first.id))).toEqual(['completed', 'CP', true]);
  const [product] = (await subscriptionOf(on, sold.subscriptionId)).products;
  expect(product).toMatchObject({ quantity: 5, vendorSubscriptionId: 'told-later' });
});

test('error: what the vendor refuses, a sale or a change', async () => {
  const on = await client();
  const refused = await sale(on);
  await settle(refused, 'removed');
  expect(stateOf(await read(on, refused.id)).slice(0, 2)).toEqual(['error', 'PF']);
  expect(await subscriptionOf(on, refused.subscriptionId)).toMatchObject({ status: 'removed' });
  const sold = await sale(on);
  await settle(sold, 'active');
  const failed = await change(on, sold.subscriptionId, 9);
  await settle(failed, 'removed');
  expect(stateOf(await read(on, failed.id)).slice(0, 2)).toEqual(['error', 'PF']);
  expect(await subscriptionOf(on, sold.subscriptionId)).toMatchObject({
    status: 'active',
    products: [{ quantity: 2 }],
  });
});

test('cancelled: statusCode CL takes an order back that its vendor has not done; one that has ended is a 409', async () => {
  const on = await client();
  const sold = await sale(on);
  const cancelled = await on.patch(`/orders/${sold.id}`, { statusCode: 'CL' });
  expect([cancelled.status, ...stateOf(anOrderAnswer.parse(cancelled.body)).slice(0, 2)]).toEqual([
    200,
    'cancelled',
    'CL',
  ]);
  expect((await on.patch(`/orders/${sold.id}`, { statusCode: 'CL' })).status).toBe(200);
  const done = await sale(on);
  await settle(done, 'active');
  expect((await on.patch(`/orders/${done.id}`, { statusCode: 'CL' })).status).toBe(409);
});

test('submitted: what waits for another order of the subscription; every status is a filter, by word and by code', async () => {
  const on = await client();
  const sold = await sale(on);
  await settle(sold, 'active');
  const inWork = await change(on, sold.subscriptionId, 4);
  api.moveTo('2026-04-03T09:00:00Z');
  await api.engine.worker.runDue({ sandboxId: null }, Temporal.Instant.from('2026-04-03T09:00:00Z'));
  const later = await client();
  const list = async (query: string) => anOrderList.parse((await later.get(`/orders?limit=1000&${query}`)).body).data;
  const [renewal] = await list(`subscriptionId=${sold.subscriptionId}`);
  expect(renewal).toMatchObject({ type: 'renewal', status: 'submitted', statusCode: 'WP' });
  // Seen live: renewals carry the number of the order that they renew; the schema says nothing of it.
  expect((await read(later, renewal!.id)).poNumber).toBe(sold.orderNumber);
  expect((await read(await api.client(world.reseller, '1.15'), renewal!.id)).poNumber).toBeUndefined();
  const all = await list('');
  const states = [
    ['submitted', 'WP'],
    ['processing', 'AS'],
    ['completed', 'CP'],
    ['error', 'PF'],
    ['cancelled', 'CL'],
  ];
  for (const [status = '', code = ''] of states) {
    const found = await list(`status=${status}`);
    expect(found).not.toEqual([]);
    expect(found).toEqual(all.filter((order) => order.status === status));
    expect(await list(`statusCode=${code}`)).toEqual(found);
  }
  await settle(inWork, 'active');
});
