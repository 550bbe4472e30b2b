import type { Order, OrderDetail, Sandbox } from '@tierline/contract';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { aVendorServer, isSigned, signedAt } from '@tierline/server/modules/provisioning/testing.ts';
import { jobRunner } from '@tierline/server/platform/jobs/index.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiCalls } from '../contract/calls.ts';
import { openSimpleApi, type Client, type SimpleApi } from '../dialects/simpleapi/setup.ts';

// The real world stands on Monday, March 2, 2026. In a sandbox it is what its owner wants it to be.

const realNow = '2026-03-02T09:00:00Z';
const secret = 'a secret of the vendor';

let api: SimpleApi;
let call: ReturnType<typeof apiCalls>['call'];
let vendorServer: Awaited<ReturnType<typeof aVendorServer>>;
let real: Shop;
let makerKey: string;
beforeAll(async () => {
  api = await openSimpleApi();
  ({ call } = apiCalls(api.engine));
  vendorServer = await aVendorServer();
  const provider = await api.provider();
  makerKey = (await api.credentials(provider)).apiKey;
  real = await aShop(provider);
});
afterAll(async () => {
  await vendorServer.close();
  await api.close();
});

type Shop = Awaited<ReturnType<typeof aShop>>;

/** A reseller below the root that sells seats: at 10 since 2020, at 12 since 2027, at 15 since 2028; and setups by webhook. */
async function aShop(root: Account) {
  const reseller = await api.reseller(root, { timeZone: 'UTC' });
  const plan = await api.plan(root, { name: 'Seats', rates: [{ mpn: 'SEAT' }] });
  const vendor = await api.vendor(root, {
    provisioning: 'webhook',
    webhookUrl: vendorServer.url,
    webhookSecret: secret,
  });
  const product = await api.product(root, { vendorId: vendor.id });
  const setup = await api.plan(root, { product, name: 'Setup', rates: [{ mpn: 'SETUP', prices: '1' }] });
  for (const each of [plan, setup]) await api.delegate([root, reseller], each);
  await api.priceList(root, { prices: { SEAT: '7' } });
  const { id: listId } = await api.priceList(reseller, { prices: { SEAT: '10', SETUP: '2' } });
  const node = await api.engine.directory.get(reseller.id);
  const later = [
    ['2027-01-01', '12'],
    ['2028-01-01', '15'],
  ] as const;
  await api.engine.pricing.setPrices(
    api.cause(),
    node,
    listId,
    later.map(([effectiveFrom, amount]) => ({
      targetId: plan.rates['SEAT']!,
      targetKind: 'rate',
      chargeType: 'recurring',
      effectiveFrom,
      tiers: [{ lowerLimit: '0', amount }],
    })),
  );
  const customer = await api.customer(reseller);
  const key = (await api.credentials(reseller)).apiKey;
  return { reseller, customer, key, client: await api.client(reseller) };
}

async function aSandbox(startsAt: string, name = 'Sandbox') {
  const made = await call('POST', '/sandboxes', {
    token: makerKey,
    body: { name, starts_at: startsAt, currency: 'USD', time_zone: 'UTC' },
  });
  expect(made.status, `${made.text}.`).toBe(201);
  const { sandbox, key } = made.body as { sandbox: Sandbox; key: string };
  const root = (await api.engine.directory.get(sandbox.id as Account['id'])).account;
  return { id: sandbox.id, rootKey: key, root, ...(await aShop(root)) };
}

async function advance(id: string, body: unknown, token = makerKey): Promise<Sandbox> {
  const advanced = await call('POST', `/sandboxes/${id}/clock`, { token, body });
  expect(advanced.status, `${advanced.text}.`).toBe(200);
  return advanced.body as Sandbox;
}

async function sell({ key, customer }: Pick<Shop, 'key' | 'customer'>, mpn = 'SEAT', more = ''): Promise<OrderDetail> {
  const placed = await call('POST', `/orders${more}`, {
    token: key,
    body: { customer_id: customer.id, lines: [{ mpn, quantity: 1 }] },
  });
  expect(placed.status, `${placed.text}.`).toBeLessThan(300);
  return placed.body as OrderDetail;
}

const ownCharge = ({ charges }: OrderDetail, { id }: { id: string }) => {
  const { period_start: from, period_end: to, unit_price: price } = charges.find((each) => each.seller_id === id)!;
  return { from, to, price };
};

const seatIn = async (client: Client) => {
  const { body } = await client.get('/products?mpn=SEAT');
  const [product] = body['data'] as { prices: { amount: string }[] }[];
  return product?.prices[0]?.amount;
};

describe('a sandbox of January 31, 2027', () => {
  let year: Awaited<ReturnType<typeof aSandbox>>;
  beforeAll(async () => {
    year = await aSandbox('2027-01-31T09:00:00Z');
  });

  test('sells at its own date over our own API: dates, prices, history', async () => {
    const preview = await sell(year, 'SEAT', '?preview=true');
    const order = await sell(year);
    const charge = { from: '2027-01-31', to: '2027-02-28', price: '12' };
    for (const each of [preview, order]) {
      expect(each.placed_at).toBe('2027-01-31T09:00:00Z');
      expect(ownCharge(each, year.reseller)).toEqual(charge);
    }
    const [subscription] = order.subscriptions;
    expect(subscription).toMatchObject({
      start_on: '2027-01-31',
      end_on: '2027-02-28',
      created_at: '2027-01-31T09:00:00Z',
    });
    const { body } = await call('GET', '/events', { token: year.key, query: { subject_id: order.id } });
    expect((body as { data: { at: string }[] }).data.map(({ at }) => at)).toEqual(['2027-01-31T09:00:00Z']);
    const why = await call('GET', `/catalog/rates/${order.lines[0]!.rate_id}/why`, { token: year.key });
    expect(JSON.stringify(why.body)).toContain('"date":"2027-01-31"');
  });

  test('and over SimpleAPI', async () => {
    expect(await seatIn(year.client)).toBe('12');
    const { status, body } = await year.client.post('/orders', {
      type: 'sales',
      customerId: year.customer.number,
      products: [{ mpn: 'SEAT', quantity: 2 }],
    });
    expect({ status, total: body['total'], at: body['creationDate'] }).toEqual({
      status: 200,
      total: { currency: 'USD', amount: '24' },
      at: '2027-01-31T09:00:00Z',
    });
    const detail = await year.client.get(`/subscriptions/${String(body['subscriptionId'])}`);
    expect(detail.body).toMatchObject({ creationDate: '2027-01-31', renewalDate: '2027-02-28' });
    expect(JSON.stringify(detail.body)).toContain('"amount":"12"');
  });

  test('has no part in the real world, nor that in it', async () => {
    expect(await seatIn(real.client)).toBe('10');
    const order = await sell(real);
    expect(order.placed_at).toBe(realNow);
    expect(ownCharge(order, real.reseller)).toEqual({ from: '2026-03-02', to: '2026-04-02', price: '10' });
    const orders = async (token: string) =>
      ((await call('GET', '/orders', { token })).body as { data: Order[] }).data.map(({ id }) => id);
    const ofSandbox = await orders(year.key);
    expect(ofSandbox).not.toContain(order.id);
    // The account that made the sandbox does not stand above it.
    for (const id of ofSandbox) expect(await orders(makerKey)).not.toContain(id);
    const asked = await call('GET', `/accounts/${year.id}`, { token: makerKey });
    expect(asked.status).toBe(404);
  });
});

test('two sandboxes have two clocks, and every page and price follows the one of its tree at once', async () => {
  const one = await aSandbox('2027-06-15T00:00:00Z');
  const two = await aSandbox('2026-12-31T23:59:59Z');
  expect([await seatIn(one.client), await seatIn(two.client)]).toEqual(['12', '10']);
  // By its own root this time.
  expect(await advance(two.id, { by: { unit: 'hour', count: 1 } }, two.rootKey)).toMatchObject({
    now_at: '2027-01-01T00:59:59Z',
    status: 'standing',
  });
  expect([await seatIn(one.client), await seatIn(two.client)]).toEqual(['12', '12']);
  await advance(one.id, { to: '2028-01-01T00:00:00Z' });
  expect([await seatIn(one.client), await seatIn(two.client), await seatIn(real.client)]).toEqual(['15', '12', '10']);
  const sold = [await sell(one), await sell(two), await sell(real)];
  expect(sold.map(({ placed_at }) => placed_at)).toEqual(['2028-01-01T00:00:00Z', '2027-01-01T00:59:59Z', realNow]);
  expect(sold.map((order) => ownCharge(order, [one, two, real][sold.indexOf(order)]!.reseller).price)).toEqual([
    '15',
    '12',
    '10',
  ]);
});

test('only who made it and its root may see or move the clock', async () => {
  const sandbox = await aSandbox('2027-01-31T09:00:00Z');
  const reader = (await api.credentials(sandbox.root, { role: 'sales' })).apiKey;
  const clock = `/sandboxes/${sandbox.id}/clock`;
  const body = { to: '2027-02-01T00:00:00Z' };
  expect((await call('POST', clock, { token: sandbox.reseller.id, body })).status).toBe(401);
  expect((await call('POST', clock, { token: reader, body })).status).toBe(403);
  expect((await call('POST', clock, { token: sandbox.rootKey, body })).status).toBe(200);
  const below = (await api.credentials(sandbox.reseller)).apiKey;
  for (const token of [real.key, below]) {
    const refused = await call('POST', clock, { token, body });
    expect([refused.status, refused.body]).toMatchObject([404, { code: 'sandboxes.not_found' }]);
    expect((await call('GET', `/sandboxes/${sandbox.id}`, { token })).status).toBe(404);
    expect((await call('GET', '/sandboxes', { token })).body).toEqual({ data: [], next_cursor: null });
  }
  const back = await call('POST', clock, { token: makerKey, body: { to: '2027-01-31T23:59:59Z' } });
  expect([back.status, back.body]).toMatchObject([400, { code: 'sandboxes.clock_goes_backwards', field: 'to' }]);
});

// Work is done, and webhooks are signed, in real time; what comes of it happened at the time of the tree.
test.each(['2021-06-01T00:00:00Z', '2027-01-31T09:00:00Z'])(
  'a vendor hears at once of an order of %s',
  async (startsAt) => {
    const shop = await aSandbox(startsAt);
    const failures: unknown[] = [];
    const { engine } = api;
    const runner = jobRunner({
      db: api.db,
      clock: api.clock,
      handlers: { provision: engine.provisioning.run },
      onError: (error) => void failures.push(error),
    });
    const placed = await call('POST', '/orders', {
      token: shop.key,
      headers: { 'idempotency-key': `webhook-${startsAt}` },
      body: { customer_id: shop.customer.id, lines: [{ mpn: 'SETUP', quantity: 1 }] },
    });
    const order = placed.body as OrderDetail;
    expect([placed.status, order.status, order.placed_at]).toEqual([201, 'processing', startsAt]);
    const keys = await api.db.kysely
      .selectFrom('idempotency_keys')
      .select('created_at')
      .where('subject_id', '=', order.id)
      .execute();
    expect(keys.map(({ created_at: at }) => at.toString())).toEqual([realNow]);
    const before = vendorServer.deliveries.length;
    expect(await runner.runDue()).toBe(1);
    expect(failures).toEqual([]);
    const delivery = vendorServer.deliveries[before]!;
    expect(isSigned(delivery, secret)).toBe(true);
    expect(signedAt(delivery)).toBe(api.clock.now().epochMilliseconds / 1000);
    const after = await call('GET', `/orders/${order.id}`, { token: shop.key });
    expect(after.body).toMatchObject({ status: 'completed', completed_at: startsAt });
  },
);

describe('years go by', () => {
  test('what is due happens in order, each at its own date with the price of its day, and only in this sandbox', async () => {
    const [one, other] = [
      await aSandbox('2027-11-30T09:00:00Z', 'One'),
      await aSandbox('2027-11-30T09:00:00Z', 'Other'),
    ];
    const sold = [await sell(one), await sell(other), await sell(real)];
    const [mine, others, reals] = sold.map(({ subscriptions }) => subscriptions[0]!);
    await advance(one.id, { to: '2028-03-15T00:00:00Z' });
    const { body } = await call('GET', `/orders?subscription_id=${mine!.id}`, { token: one.key });
    const orders = (body as { data: Order[] }).data.toReversed();
    expect(orders.map(({ type, placed_at: at, total }) => `${at} ${type} ${total.amount}`)).toEqual([
      '2027-11-30T09:00:00Z sales 12.00',
      '2027-12-30T00:00:00Z renewal 12.00',
      '2028-01-30T00:00:00Z renewal 15.00',
      '2028-02-29T00:00:00Z renewal 15.00',
    ]);
    for (const [shop, left] of [
      [other, others!],
      [real, reals!],
    ] as const) {
      const { body: same } = await call('GET', `/subscriptions/${left.id}`, { token: shop.key });
      expect(same).toMatchObject({ end_on: left.end_on, version: 1 });
    }
    // Worked off once: the same instant again brings nothing.
    await advance(one.id, { to: '2028-03-15T00:00:00Z' });
    const again = await call('GET', `/orders?subscription_id=${mine!.id}`, { token: one.key });
    expect((again.body as { data: Order[] }).data).toHaveLength(4);
  });
});
