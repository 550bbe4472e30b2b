import * as shapes from '@tierline/server/dialects/simpleapi/testing.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimpleApi, type Answer, type Client, type SimpleApi } from './setup.ts';

// Every answer of subscriptions, plans, products, validation and tokens against what is documented, for sellers on every level
// and for plans of every price and billing model.

let api: SimpleApi;
let clients: Record<'provider' | 'distributor' | 'reseller' | 'stranger', Client>;
let customerId: string;
let subscriptionIds: readonly string[];

const tiers = [
  ['0', '10'],
  ['5', '9.5'],
] as const;
const kinds = [
  { mpn: 'FLAT', priceModel: 'flat', prices: { recurring: '10', setup: '5', overuse: '1' } },
  { mpn: 'TIERED', priceModel: 'tiered', prices: { recurring: tiers } },
  { mpn: 'VOLUME', priceModel: 'volume', prices: { recurring: tiers } },
] as const;
const year = { unit: 'year', count: 1 } as const;
const day = { unit: 'day', count: 30 } as const;
const terms = [
  {},
  { subscriptionPeriod: year, billingModel: 'after_billing_period' },
  { subscriptionPeriod: year, billingModel: 'before_subscription_period' },
  { subscriptionPeriod: day, billingPeriod: day, autoRenewalMonths: null },
  { licenseVersion: 'trial', autoRenewalMonths: null, policies: { coterm: { allowed: false } } },
] as const;

beforeAll(async () => {
  api = await openSimpleApi();
  const { provider, distributor, reseller, customer, sibling } = await api.channel();
  customerId = customer.number;
  const mpns: string[] = [];
  for (const [index, one] of terms.entries()) {
    const rates = kinds.map((kind) => ({
      ...kind,
      mpn: `${kind.mpn}-${index}`,
      chargeTypes: Object.keys(kind.prices) as never,
    }));
    const plan = await api.plan(provider, { rates, terms: one });
    await api.delegate([provider, distributor, reseller], plan);
    mpns.push(...rates.map(({ mpn }) => mpn));
  }
  for (const account of [distributor, reseller]) await api.priceList(account, { markup: '10' });
  clients = {
    provider: await api.client(provider, '1.15'),
    distributor: await api.client(distributor, '1.15'),
    reseller: await api.client(reseller, '1.15'),
    stranger: await api.client(sibling.reseller, '1.15'),
  };
  const products = mpns.map((mpn) => ({
    mpn,
    quantity: 7,
    parameters: [{ name: 'domain', structured_value: { a: 1 } }],
  }));
  const order = await clients.reseller.post('/orders', { customerId, products });
  const { data } = shapes
    .listOf(shapes.subscription)
    .parse((await clients.reseller.get('/subscriptions?limit=500')).body);
  subscriptionIds = data.map(({ id }) => id);
  if (order.status !== 200 || data.length !== terms.length) throw new Error(order.text);
});
afterAll(() => api.close());

type Shape = { safeParse(value: unknown): { readonly error?: { readonly issues: readonly unknown[] } | undefined } };

/** What is not as documented: nothing. */
const misfits = (answer: Answer, shape: Shape): readonly unknown[] => {
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
  expect(answer.headers.get('x-correlation-id')).toMatch(/^a8n-[0-9a-f-]{36}$/);
  expect(answer.headers.get('content-type')).toBe('application/json');
  return shape.safeParse(answer.body).error?.issues ?? [];
};

const sellers = ['provider', 'distributor', 'reseller'] as const;

test.each(sellers)('every list as a %s sees it', async (seller) => {
  const client = clients[seller];
  for (const query of ['', '?limit=500', '?offset=3', '?offset=1000', '?limit=1&unknown=x']) {
    expect(misfits(await client.get(`/subscriptions${query}`), shapes.listOf(shapes.subscription))).toEqual([]);
    expect(misfits(await client.get(`/plans${query}`), shapes.listOf(shapes.servicePlan))).toEqual([]);
    expect(misfits(await client.get(`/products${query}`), shapes.listOf(shapes.product))).toEqual([]);
  }
});

test.each(sellers)('every subscription and plan as a %s sees it', async (seller) => {
  const client = clients[seller];
  for (const id of subscriptionIds)
    expect(misfits(await client.get(`/subscriptions/${id}`), shapes.subscriptionDetailed)).toEqual([]);
  const { data } = shapes.listOf(shapes.servicePlan).parse((await client.get('/plans?limit=500')).body);
  for (const { id } of data) expect(misfits(await client.get(`/plans/${id}`), shapes.servicePlanDetailed)).toEqual([]);
});

// Reference 3: what is on an edge is for the two of it and for those above; what the root pays its vendors is nobody's to see here.
test('nobody is told the costs of another', async () => {
  for (const seller of sellers) {
    const { body } = await clients[seller].get(`/subscriptions/${subscriptionIds.at(-1)}`);
    const { products } = shapes.subscriptionDetailed.parse(body);
    for (const product of products) {
      expect(product.unitProviderCost).toBeUndefined();
      expect(product.unitCost === undefined).toBe(seller === 'provider');
    }
  }
});

test('what is changed answers the whole subscription', async () => {
  for (const id of subscriptionIds) {
    const path = `/subscriptions/${id}`;
    expect(
      misfits(await clients.reseller.patch(path, { attributes: { a: 'b' } }), shapes.subscriptionDetailed),
    ).toEqual([]);
    const { products } = shapes.subscriptionDetailed.parse((await clients.reseller.get(path)).body);
    const prices = products.map(({ id: product }) => ({ id: product, unitPrice: { currency: 'USD', amount: '20' } }));
    expect(
      misfits(await clients.reseller.post(`${path}/specialPricing`, { products: prices }), shapes.subscriptionDetailed),
    ).toEqual([]);
  }
});

test('validation and tokens', async () => {
  const products = [
    {
      mpn: 'FLAT-0',
      parameters: [
        { name: 'a', value: 1 },
        { name: 'b', structured_value: { c: 2 } },
      ],
    },
  ];
  const validated = await clients.reseller.post('/validation/parameters', { customerId, products });
  expect(misfits(validated, shapes.listOf(shapes.parameterValidationResult))).toEqual([]);
  const { username, password, subscriptionKey } = clients.reseller.login;
  const headers = { authorization: api.basic(username, password), 'x-subscription-key': subscriptionKey };
  // With a body, with none, and with none of a length that is said (reference 8).
  for (const sent of [
    { body: {} },
    { headers: { 'content-type': 'application/json' } },
    { headers: { 'content-length': '0' } },
  ]) {
    const token = await api.send('POST', '/marketplace/token', {
      ...sent,
      headers: { ...headers, ...('headers' in sent ? sent.headers : {}) },
    });
    expect(misfits(token, shapes.tokenInfo)).toEqual([]);
  }
});

test('every refusal has the body of errors and a correlation id, on the whole surface', async () => {
  const path = `/subscriptions/${subscriptionIds[0]}`;
  const refusals = [
    api.send('GET', '/marketplace/products'),
    api.send('POST', '/marketplace/token'),
    clients.stranger.get(path),
    clients.stranger.patch(path, { renewalStatus: false }),
    clients.stranger.post(`${path}/specialPricing`, {
      products: [{ mpn: 'x', unitPrice: { currency: 'USD', amount: '1' } }],
    }),
    clients.stranger.get(`/plans/1`),
    clients.reseller.get('/products?limit=0'),
    clients.reseller.get('/subscriptions?status=active,pending'),
    clients.reseller.post('/validation/parameters', []),
    clients.reseller.patch(path, undefined, { raw: '{', headers: { 'content-type': 'application/json' } }),
    clients.reseller.patch(path, undefined, { raw: 'a=b', headers: { 'content-type': 'text/plain' } }),
    clients.reseller.post('/plans', {}),
  ];
  for (const answer of await Promise.all(refusals)) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    const { error, data } = shapes.errorBody.safeParse(answer.body);
    expect(error?.issues ?? []).toEqual([]);
    expect([data?.status, data?.correlationId]).toEqual([answer.status, answer.headers.get('x-correlation-id')]);
  }
});
