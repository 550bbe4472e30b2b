import { anOrderAnswer, type OrderAnswer } from '@tierline/server/dialects/simpleapi/testing-orders.ts';
import { accepted, answering, aVendorServer, provisioned } from '@tierline/server/modules/provisioning/testing.ts';
import { jobRunner, type JobRunner } from '@tierline/server/platform/jobs/index.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

// A subscription being provisioned refuses a change (SimpleAPI reference 4.4), here with a vendor that is told by webhook: the
// refusal names the order that it waits for, from the placement until the vendor has answered.

let api: SimpleApi;
let vendor: Awaited<ReturnType<typeof aVendorServer>>;
let world: Awaited<ReturnType<typeof aWorld>>;
let runner: JobRunner;
const failures: unknown[] = [];
beforeAll(async () => {
  api = await openSimpleApi();
  vendor = await aVendorServer();
  world = await aWorld();
  const { provisioning } = api.engine;
  const handlers = { provision: provisioning.run, order: provisioning.runOrder };
  runner = jobRunner({ db: api.db, clock: api.clock, handlers, onError: (error) => void failures.push(error) });
});
afterAll(async () => {
  await vendor.close();
  await api.close();
});
beforeEach(() => {
  vendor.react(provisioned);
  failures.length = 0;
});

async function aWorld() {
  const provider = await api.provider();
  const distributor = await api.distributor(provider);
  const reseller = await api.reseller(distributor);
  const webhook = {
    provisioning: 'webhook',
    webhookUrl: vendor.url,
    webhookSecret: 'a secret of some length',
  } as const;
  const { id: vendorId } = await api.vendor(provider, webhook);
  const product = await api.product(provider, { vendorId });
  const plan = await api.plan(provider, { product, rates: [{ mpn: 'HOOK', prices: '10' }] });
  await api.delegate([provider, distributor, reseller], plan);
  for (const seller of [distributor, reseller]) await api.priceList(seller, { markup: '10' });
  return { reseller, on: await api.client(reseller), customerId: (await api.customer(reseller)).number };
}

async function place(body: Record<string, unknown>): Promise<OrderAnswer> {
  const { status, body: answer } = await world.on.post('/orders', { customerId: world.customerId, ...body });
  expect([status, answer]).toEqual([200, answer]);
  return anOrderAnswer.parse(answer);
}

const hook = (quantity: number) => ({ products: [{ mpn: 'HOOK', quantity }] });
const change = (subscriptionId: string, quantity: number) => ({ type: 'change', subscriptionId, ...hook(quantity) });
const read = async ({ id }: OrderAnswer) => anOrderAnswer.parse((await world.on.get(`/orders/${id}`)).body);
/** The vendor is told of what waits; its server answers as it was told to. */
const tell = (): Promise<number> => runner.runDue();

/** Every order about the subscription is refused with the number and the status of the one under way. */
async function expectBlocked(on: Client, subscriptionId: string, { orderNumber }: OrderAnswer): Promise<void> {
  const asked = [
    change(subscriptionId, 7),
    { type: 'renewal', subscriptionId },
    { type: 'cancellation', subscriptionId },
  ];
  for (const body of asked) {
    for (const path of ['/orders', '/orders/estimate']) {
      const refusal = await on.post(path, { customerId: world.customerId, ...body });
      expect([body.type, refusal.status, refusal.body['code']]).toEqual([body.type, 409, 'lifecycle.order_in_work']);
      expect(refusal.body['message']).toContain(orderNumber);
      expect(refusal.body['message']).toContain('processing');
    }
  }
}

test('a sale blocks until the webhook is answered, also while the vendor has only taken it in', async () => {
  const order = await place({ type: 'sales', ...hook(2) });
  expect(order).toMatchObject({ status: 'processing', statusCode: 'AS' });
  await expectBlocked(world.on, order.subscriptionId, order);
  vendor.react(accepted);
  expect(await tell()).toBe(1);
  await expectBlocked(world.on, order.subscriptionId, order);
  const { provisioning, orders } = api.engine;
  const found = await orders.get(world.reseller.id, { serial: String(Number(order.id) - 1_000_000) });
  await provisioning.acknowledge(api.cause(), found.ownerId, found.subscriptions[0]!.id, 'active', null, found.id);
  expect(await read(order)).toMatchObject({ status: 'completed', statusCode: 'CP' });
  expect(await place(change(order.subscriptionId, 3))).toMatchObject({ status: 'processing' });
  await tell();
});

test('a change blocks the next one; done, or refused by the vendor, it blocks no more', async () => {
  const sale = await place({ type: 'sales', ...hook(2) });
  await tell();
  expect(await read(sale)).toMatchObject({ status: 'completed' });
  const first = await place(change(sale.subscriptionId, 5));
  expect(first).toMatchObject({ status: 'processing', statusCode: 'AS' });
  await expectBlocked(world.on, sale.subscriptionId, first);
  await tell();
  expect(await read(first)).toMatchObject({ status: 'completed' });
  const second = await place(change(sale.subscriptionId, 6));
  vendor.react(answering(200, { status: 'failed', reason: 'No such tenant.' }));
  await tell();
  expect(await read(second)).toMatchObject({ status: 'error', statusCode: 'PF' });
  vendor.react(provisioned);
  const third = await place(change(sale.subscriptionId, 4));
  await tell();
  expect(await read(third)).toMatchObject({ status: 'completed' });
  expect(failures).toEqual([]);
});

test('a vendor that can not be reached blocks as long as it is tried', async () => {
  const sale = await place({ type: 'sales', ...hook(2) });
  vendor.react(answering(503));
  await tell();
  expect(vendor.deliveries).toHaveLength(1);
  expect(await read(sale)).toMatchObject({ status: 'processing' });
  await expectBlocked(world.on, sale.subscriptionId, sale);
});
