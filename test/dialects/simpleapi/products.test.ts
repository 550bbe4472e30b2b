import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matching, openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
});
afterAll(() => api.close());

// The two sample products of the how-to page "products" (21.0), byte by byte.
const storage = {
  mpn: '53fc25f7-6639-4f78-bb44-3c2dfec3ed40',
  name: 'Office 365 Extra File Storage',
  serviceName: 'O365',
  minimumQuantity: '0.0',
  maximumQuantity: '5000.0',
  costs: [{ currency: 'USD', amount: '1.05', type: 'recurring' }],
  prices: [{ currency: 'USD', amount: '1.15', type: 'recurring' }],
  billingPeriod: { type: 'month', duration: 1 },
  subscriptionPeriod: { type: 'month', duration: 1 },
  dependsOn: ['91fd106f-4b2c-4938-95ac-f54f74e9a239'],
};
const officeE1 = {
  mpn: '91fd106f-4b2c-4938-95ac-f54f74e9a239',
  name: 'Office 365 Enterprise E1',
  serviceName: 'O365',
  minimumQuantity: '1.0',
  maximumQuantity: '5000.0',
  costs: [{ currency: 'USD', amount: '17.5', type: 'recurring' }],
  prices: [{ currency: 'USD', amount: '19.8', type: 'recurring' }],
  billingPeriod: { type: 'month', duration: 1 },
  subscriptionPeriod: { type: 'month', duration: 1 },
  dependsOn: [],
};

const productsOf = (body: Record<string, unknown>) => body['data'] as Record<string, unknown>[];
const mpnsOf = (body: Record<string, unknown>) => productsOf(body).map(({ mpn }) => mpn);

describe('profile 21.0', () => {
  test('is the page "products", member by member', async () => {
    const { status, text, headers } = await reseller.get('/products');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(text).toBe(JSON.stringify({ data: [storage, officeE1], pagination: { offset: 0, limit: 10, total: 2 } }));
  });

  test('shows each seller its own costs and prices', async () => {
    const amounts = async (of: Parameters<SimpleApi['client']>[0]) =>
      productsOf((await (await api.client(of)).get('/products')).body).map(({ costs, prices }) => ({ costs, prices }));
    const usd = (amount: string) => [{ currency: 'USD', amount, type: 'recurring' }];
    expect((await amounts(channel.distributor))[1]).toEqual({ costs: usd('15.2'), prices: usd('17.5') });
    // Nobody sells to the root, so it has no costs here.
    expect((await amounts(channel.provider))[1]).toEqual({ costs: [], prices: usd('15.2') });
    expect((await amounts(channel.sibling.reseller))[1]).toEqual({ costs: usd('17.5'), prices: usd('21') });
  });
});

// SimpleAPI reference 4.3: the schema of 1.15
test('profile 1.15 has the members of the schema', async () => {
  const { body } = await (await api.client(channel.reseller, '1.15')).get('/products/');
  const [addOn, base] = productsOf(body);
  const { mpn, name, serviceName, minimumQuantity, maximumQuantity, billingPeriod, subscriptionPeriod } = officeE1;
  const whole = { model: 'FLAT', lowerLimit: 0 };
  expect(base).toEqual({
    mpn,
    vendor: matching(/^vendor-/),
    id: matching(/^PRD\d+$/),
    serviceName,
    name,
    minimumQuantity,
    maximumQuantity,
    prices: [{ ...officeE1.prices[0], ...whole }],
    costs: [{ ...officeE1.costs[0], ...whole }],
    billingPeriod,
    subscriptionPeriod,
    billingModel: 'chargeBeforeBillingPeriod',
    dependsOn: [],
    coterming: { required: 'ALLOWED', type: 'SUBSCRIPTION' },
  });
  expect(addOn?.['dependsOn']).toEqual([{ mpn, id: base?.['id'] }]);
});

// The policies of a plan say whether a term may be aligned, and to what; `MANDATORY` is none of them.
test.each([
  [{ coterm: { allowed: false } }, { required: 'RESTRICTED' }],
  [{ coterm: { to_subscription: false } }, { required: 'ALLOWED', type: 'END_OF_MONTH' }],
  [{ coterm: { to_subscription: false, to_calendar_month: false } }, { required: 'RESTRICTED' }],
])('co-terming with %j', async (policies, coterming) => {
  const account = await api.reseller(channel.distributor);
  const mpn = JSON.stringify(policies);
  const plan = await api.plan(channel.distributor, { rates: [{ mpn, prices: '9' }], terms: { policies } });
  await api.delegate([channel.distributor, account], plan);
  const { body } = await (await api.client(account, '1.15')).get('/products');
  expect(productsOf(body)).toMatchObject([{ mpn, coterming }]);
});

describe('filters and pages', () => {
  test.each([
    ['name=enterprise', [officeE1.mpn]],
    ['name=OFFICE+365%20e', [storage.mpn, officeE1.mpn]],
    ['name=365%25', []],
    ['name=', [storage.mpn, officeE1.mpn]],
    [`mpn=${officeE1.mpn}`, [officeE1.mpn]],
    [`mpn=${officeE1.mpn.slice(0, 8)}`, []],
    ['serviceName=O365', [storage.mpn, officeE1.mpn]],
    ['serviceName=o365', []],
    ['serviceName=O365&name=storage', [storage.mpn]],
    ['vendor=nobody', []],
    ['unknown=x&name=storage&name=enterprise', [storage.mpn]],
  ])('%s', async (query, mpns) => {
    const { status, body } = await reseller.get(`/products?${query}`);
    expect(status).toBe(200);
    expect(mpnsOf(body)).toEqual(mpns);
    expect(body['pagination']).toEqual({ offset: 0, limit: 10, total: mpns.length });
  });

  test('by vendor', async () => {
    const [{ vendor } = {}] = productsOf((await (await api.client(channel.reseller, '1.15')).get('/products')).body);
    expect(mpnsOf((await reseller.get(`/products?vendor=${String(vendor)}`)).body)).toHaveLength(2);
  });

  test('pages of one, and past the end; an add-on names a base that is on another page', async () => {
    const one = await reseller.get('/products?offset=0&limit=1');
    expect(one.body).toEqual({ data: [storage], pagination: { offset: 0, limit: 1, total: 2 } });
    expect((await reseller.get('/products?offset=1&limit=1')).body['data']).toEqual([officeE1]);
    for (const offset of [2, 1_000_000_000_000]) {
      expect((await reseller.get(`/products?offset=${offset}`)).body).toEqual({
        data: [],
        pagination: { offset, limit: 10, total: 2 },
      });
      const filtered = await reseller.get(`/products?offset=${offset}&serviceName=O365`);
      expect(filtered.body).toEqual({ data: [], pagination: { offset, limit: 10, total: 2 } });
    }
  });

  test.each([
    ['offset', '-1'],
    ['offset', 'x'],
    ['limit', '0'],
    ['limit', '1001'],
    ['limit', '1e2'],
  ])('400 naming %s for %s', async (field, value) => {
    const answer = await reseller.get(`/products?${field}=${value}`);
    expect([answer.status, answer.body['details']]).toMatchObject([400, [{ field }]]);
  });
});

describe('in a channel of its own', () => {
  let own: SimpleApi;
  let sellers: Awaited<ReturnType<SimpleApi['channel']>>;
  let client: Client;
  beforeAll(async () => {
    own = await openSimpleApi();
    sellers = await own.channel();
    client = await own.client(sellers.reseller);
  });
  afterAll(() => own.close());

  const isFor = (mpn: string) => (entry: Record<string, unknown>) => entry['mpn'] === mpn;

  test('a price that depends on the quantity carries model and lower limits in every profile', async () => {
    const { provider, distributor, reseller: seller } = sellers;
    const tiers = [
      ['0', '9'],
      ['10.5', '8.50'],
    ] as const;
    const prices = { setup: '100', recurring: tiers } as const;
    const rates = [
      { mpn: 'TIERED', priceModel: 'tiered', chargeTypes: ['setup', 'recurring'], prices },
      { mpn: 'VOLUME', priceModel: 'volume', prices: tiers },
    ] as const;
    const plan = await own.plan(provider, { rates: [...rates] });
    await own.delegate([provider, distributor, seller], plan);
    await own.priceList(distributor, { prices: { TIERED: prices, VOLUME: tiers } });
    const { body } = await client.get('/products');
    const tiered = productsOf(body).find(isFor('TIERED'));
    const common = { currency: 'USD', type: 'recurring', model: 'TIERED' };
    expect(tiered?.['costs']).toEqual([
      { ...common, amount: '9', lowerLimit: 0 },
      { ...common, amount: '8.5', lowerLimit: 10.5 },
      { ...common, amount: '100', type: 'setup', lowerLimit: 0 },
    ]);
    expect(productsOf(body).find(isFor('VOLUME'))?.['costs']).toMatchObject([{ model: 'VOLUME_SUBSCRIPTION' }, {}]);
    // The reseller has set no price yet: the product is listed, for the counts of the pages, and has none.
    expect(tiered?.['prices']).toEqual([]);
    expect(body['pagination']).toMatchObject({ total: 4 });
  });

  test('ETag: strong, the same for the same page, and 304 for who has it', async () => {
    const first = await client.get('/products');
    const etag = first.headers.get('etag');
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    for (const sent of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
      const answer = await client.get('/products', { headers: { 'if-none-match': sent ?? '' } });
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await client.get('/products', { headers: { 'if-none-match': '"other"' } })).text).toBe(first.text);
    expect((await client.get('/products?limit=1')).headers.get('etag')).not.toBe(etag);
    const newer = await (
      await own.client(sellers.reseller, '1.15')
    ).get('/products', {
      headers: { 'if-none-match': etag ?? '' },
    });
    expect(newer.status).toBe(200);
  });

  test('a change of a price anywhere above shows in the next answer', async () => {
    const amounts = async () => productsOf((await client.get('/products')).body)[1];
    const before = await client.get('/products');
    await own.priceList(sellers.distributor, { prices: { [sellers.base.mpn]: '17.51' } });
    expect((await amounts())?.['costs']).toMatchObject([{ amount: '17.51' }]);
    const headers = { 'if-none-match': before.headers.get('etag') ?? '' };
    expect((await client.get('/products', { headers })).status).toBe(200);
    const { engine, cause } = own;
    await engine.catalog.delegate(cause(), sellers.distributor, sellers.reseller.id, sellers.plan.id, {
      status: 'revoked',
    });
    expect(mpnsOf((await client.get('/products')).body)).not.toContain(sellers.base.mpn);
    await engine.catalog.delegate(cause(), sellers.distributor, sellers.reseller.id, sellers.plan.id, {
      status: 'active',
    });
    expect(mpnsOf((await client.get('/products')).body)).toContain(sellers.base.mpn);
  });

  test("a price that begins tomorrow shows at midnight in its seller's zone", async () => {
    // London is the distributor's zone, New York the reseller's: 2026-03-03 begins at 00:00Z and at 05:00Z.
    const { distributor, reseller: seller } = sellers;
    const from = { effectiveFrom: '2026-03-03' };
    await own.priceList(distributor, { ...from, name: 'March', prices: { [sellers.base.mpn]: '18' } });
    await own.priceList(seller, { ...from, name: 'March', prices: { [sellers.base.mpn]: '21' } });
    const seen = async (at: string) => {
      own.moveTo(at);
      const fresh = await own.client(seller);
      const base = productsOf((await fresh.get('/products')).body).find(isFor(sellers.base.mpn));
      return [base?.['costs'], base?.['prices']].map((prices) => (prices as { amount: string }[])[0]?.amount);
    };
    expect(await seen('2026-03-02T23:59:59Z')).toEqual(['17.51', '19.8']);
    expect(await seen('2026-03-03T00:00:00Z')).toEqual(['18', '19.8']);
    expect(await seen('2026-03-03T04:59:59Z')).toEqual(['18', '19.8']);
    expect(await seen('2026-03-03T05:00:00Z')).toEqual(['18', '21']);
  });
});

test('a cache too small for a page changes nothing but speed', async () => {
  const small = await openSimpleApi({ catalogCacheBytes: 10 });
  const client = await small.client((await small.channel()).reseller);
  const first = await client.get('/products');
  expect((await client.get('/products')).text).toBe(first.text);
  await small.close();
});
