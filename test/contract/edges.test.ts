import { afterAll, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls, keysOf } from './calls.ts';

// What an account may see of the money in its channel: the edge on which it buys, and everything below. Never what its
// seller pays, nor how its seller came to a price.

const world = await openWorld();
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const channel = await world.channel();
const { provider, distributor, reseller, customer, base, addOn, sibling } = channel;

const keys = await keysOf(world, { provider, distributor, reseller, sibling: sibling.reseller });
type Who = keyof typeof keys;

type Step = {
  seller_id: string;
  buyer_id: string | null;
  tiers: { amount: string }[];
  source: { kind: string };
  below_cost: boolean | null;
};
type Order = {
  id: string;
  charges: { seller_id: string; amount: { amount: string }; source: { kind: string } }[];
  edges: { seller_id: string; buyer_id: string; total: { amount: string } }[];
};

const why = async (who: Who, query: Record<string, string> = {}) => {
  const answered = await call('GET', `/catalog/rates/${base.rateId}/why`, { token: keys[who], query });
  expect(answered.status, `${answered.text}.`).toBe(200);
  const { steps } = answered.body as { steps: Step[] };
  return steps.map((step) => [step.seller_id, step.tiers[0]?.amount, step.source.kind, step.below_cost]);
};

test('why a price is what it is', async () => {
  expect(await why('reseller')).toEqual([
    [distributor.id, '17.5', 'seller', null],
    [reseller.id, '19.8', 'explicit', false],
  ]);
  // The seller's markup would tell what the seller pays.
  expect(await why('sibling')).toEqual([
    [distributor.id, '17.5', 'seller', null],
    [sibling.reseller.id, '21', 'rule', false],
  ]);
  expect(await why('provider', { account_id: sibling.reseller.id })).toEqual([
    [provider.id, '15.2', 'explicit', false],
    [distributor.id, '17.5', 'explicit', false],
    [sibling.reseller.id, '21', 'rule', false],
  ]);
  expect(await why('distributor', { customer_id: customer.id })).toEqual([
    [provider.id, '15.2', 'seller', null],
    [distributor.id, '17.5', 'explicit', false],
    [reseller.id, '19.8', 'explicit', false],
  ]);
  expect(await why('provider')).toEqual([[provider.id, '15.2', 'explicit', false]]);
});

test('a customer of another account needs no account, and may not contradict it', async () => {
  const query = { customer_id: customer.id, account_id: sibling.reseller.id };
  const answered = await call('GET', `/catalog/rates/${base.rateId}/why`, { token: keys.distributor, query });
  expect(answered.status).toBe(400);
  expect(answered.body).toMatchObject({ field: 'account_id' });
});

test('charges of an order, by who looks', async () => {
  const body = {
    customer_id: customer.id,
    lines: [
      { mpn: base.mpn, quantity: '3' },
      { rate_id: addOn.rateId, quantity: 2 },
    ],
  };
  const placed = await call('POST', '/orders', { token: keys.reseller, body });
  expect(placed.status, `${placed.text}.`).toBe(201);
  const { id } = placed.body as Order;
  const totals = async (who: Who) => {
    const { body: order } = await call('GET', `/orders/${id}`, { token: keys[who] });
    const { edges, charges } = order as Order;
    const sellers = new Set(
      charges.filter(({ source }) => source.kind === 'seller').map(({ seller_id: seller }) => seller),
    );
    return { edges: edges.map((edge) => [edge.seller_id, edge.buyer_id, edge.total.amount]), hidden: [...sellers] };
  };
  // 3 x 15.2 + 2 x 0.95; 3 x 17.5 + 2 x 1.05; 3 x 19.8 + 2 x 1.15
  const top = [provider.id, distributor.id, '47.50'];
  const middle = [distributor.id, reseller.id, '54.60'];
  const last = [reseller.id, customer.id, '61.70'];
  expect(await totals('provider')).toEqual({ edges: [top, middle, last], hidden: [] });
  expect(await totals('distributor')).toEqual({ edges: [top, middle, last], hidden: [provider.id] });
  expect(await totals('reseller')).toEqual({ edges: [middle, last], hidden: [distributor.id] });
  expect((await call('GET', `/orders/${id}`, { token: keys.sibling })).status).toBe(404);
  expect((await call('GET', `/orders/${id}`, { token: keys.reseller })).body).toEqual(placed.body);
});

test('a preview is the order without its ids, and stores nothing', async () => {
  const count = async () => (await world.db.kysely.selectFrom('events').select('id').execute()).length;
  const body = { customer_id: customer.id, lines: [{ mpn: base.mpn, quantity: 7 }], po_number: 'PO-1' };
  const before = await count();
  const preview = await call('POST', '/orders', { token: keys.reseller, body, query: { preview: 'true' } });
  expect(preview.status, `${preview.text}.`).toBe(200);
  expect(await count()).toBe(before);
  const placed = await call('POST', '/orders', { token: keys.reseller, body });
  const { warnings, ...previewed } = preview.body as Record<string, unknown>;
  expect(warnings).toEqual([]);
  expect(placed.body).toMatchObject(previewed);
  expect(preview.text).not.toContain('00000000-0000-0000-0000-000000000000');
});

test.each([
  ['an add-on alone', { lines: [{ mpn: addOn.mpn, quantity: 1 }] }, 'orders.base_missing', 'lines.0'],
  [
    'too many',
    { lines: [{ mpn: base.mpn, quantity: '999999999999999' }] },
    'orders.quantity_out_of_bounds',
    'lines.0.quantity',
  ],
  ['none', { lines: [{ mpn: base.mpn, quantity: 0 }] }, 'orders.quantity_out_of_bounds', 'lines.0.quantity'],
  ['something unknown', { lines: [{ mpn: 'no such part', quantity: 1 }] }, 'orders.unknown_product', 'lines.0'],
  [
    'twice the same',
    {
      lines: [
        { mpn: base.mpn, quantity: 1 },
        { rate_id: base.rateId, quantity: 1 },
      ],
    },
    'orders.product_repeated',
    'lines.1',
  ],
])('an order of %s is refused, by its preview in the same words', async (_, wanted, code, field) => {
  const body = { customer_id: customer.id, ...wanted };
  const placed = await call('POST', '/orders', { token: keys.reseller, body });
  expect(placed.status, `${placed.text}.`).toBe(400);
  expect(placed.body).toMatchObject({ code, field });
  const preview = await call('POST', '/orders', { token: keys.reseller, body, query: { preview: 'true' } });
  const words = (answered: unknown) => ({ ...(answered as object), request_id: '' });
  expect(words(preview.body)).toEqual(words(placed.body));
});

test('a group among buyers is chosen by the seller only', async () => {
  const change = (token: string) => call('PATCH', `/accounts/${reseller.id}`, { token, body: { buyer_group: 'gold' } });
  const own = await change(keys.reseller);
  expect(own.status).toBe(403);
  expect(own.body).toMatchObject({ code: 'accounts.buyer_group_set_above' });
  expect((await change(keys.distributor)).status).toBe(200);
});

test('closing an account needs more than changing it', async () => {
  const seller = await world.reseller(distributor);
  const acting = { accountId: distributor.id, role: 'owner' as const };
  const admin = await world.engine.access.createApiKey(world.cause(), acting, distributor.id, {
    name: 'a',
    role: 'admin',
  });
  const close = (token: string) => call('PATCH', `/accounts/${seller.id}`, { token, body: { status: 'closed' } });
  expect((await close(admin.key)).body).toMatchObject({ status: 403, operation: 'accounts.close' });
  expect((await close(keys.distributor)).body).toMatchObject({ status: 'closed' });
});

test('where a vendor is told of what was sold is shown to the provider only', async () => {
  const webhook = 'https://vendor.example/orders/hidden-path';
  const body = { code: 'by-webhook', name: 'x', provisioning: 'webhook', webhook_url: webhook };
  const made = await call('POST', '/vendors', { token: keys.provider, body });
  const { id } = made.body as { id: string };
  expect(made.body).toMatchObject({ webhook_url: webhook });
  for (const path of [`/vendors/${id}`, '/vendors']) {
    expect((await call('GET', path, { token: keys.provider })).text).toContain(webhook);
    const { status, text } = await call('GET', path, { token: keys.reseller });
    expect(status).toBe(200);
    expect(text).toContain('by-webhook');
    expect(text).not.toContain('hidden-path');
  }
});

test('changes at once that name no version are all made, one after the other', async () => {
  const list = await world.priceList(reseller);
  const writes: [method: string, path: string, body: (index: number) => unknown][] = [
    [
      'POST',
      `/price-lists/${list.id}/rules`,
      (index) => ({ scope: 'all', percent: `${index}`, effective_from: '2031-01-01' }),
    ],
    ['PATCH', `/customers/${customer.id}`, (index) => ({ name: `Name ${index}` })],
    ['PATCH', `/accounts/${reseller.id}`, (index) => ({ name: `Name ${index}` })],
  ];
  for (const [method, path, body] of writes) {
    const answered = await Promise.all(
      [1, 2, 3, 4].map((index) => call(method, path, { token: keys.reseller, body: body(index) })),
    );
    for (const { status, text } of answered) expect(status, `${method} ${path} ${text}`).toBeLessThan(300);
  }
});

test('events name things as the rest of the API does', async () => {
  const { body } = await call('GET', '/events', { token: keys.reseller, query: { limit: '100' } });
  const { data } = body as { data: { type: string; data: unknown }[] };
  expect(data.length).toBeGreaterThan(5);
  for (const event of data) {
    expect(JSON.stringify(event.data)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  }
});
