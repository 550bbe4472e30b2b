import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matching, openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let distributor: Client;
let sibling: Client;
let order: Record<string, unknown>;

beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
  distributor = await api.client(channel.distributor);
  sibling = await api.client(channel.sibling.reseller);
  const parameters = [{ name: 'domain', value: 'example.org' }, { name: 'without a value' }];
  const products = [
    { mpn: channel.base.mpn, quantity: 10, parameters },
    { mpn: channel.addOn.mpn, quantity: 3 },
  ];
  order = (await reseller.post('/orders', { customerId: channel.customer.number, products })).body;
});
afterAll(() => api.close());

/** Products come in the order of ids that nobody here knows. */
const inAnyOrder = (elements: readonly unknown[]): unknown => expect.arrayContaining([...elements]);
const usd = (amount: string) => ({ currency: 'USD', amount });
const month = { type: 'month', duration: 1 };
const idsOf = (body: Record<string, unknown>): string[] => (body['data'] as { id: string }[]).map(({ id }) => id);

// SimpleAPI reference 4.7
describe('GET /subscriptions', () => {
  const entry = () => ({
    id: order['subscriptionId'],
    name: 'Office 365',
    customerId: channel.customer.number,
    status: 'active',
    attributes: {},
    renewalStatus: true,
    creationDate: '2026-03-02',
    renewalDate: '2026-04-02',
    lastModifiedDate: '2026-03-02',
    // The last day of the term; renewal is on the day after.
    expirationDate: '2026-04-01',
    billingModel: 'chargeBeforeBillingPeriod',
    billingPeriod: month,
    subscriptionPeriod: month,
    planId: Number(channel.plan.number),
  });

  test('lists what the caller sees', async () => {
    const { status, body } = await reseller.get('/subscriptions/');
    expect(status).toBe(200);
    expect(body).toEqual({ data: [entry()], pagination: { offset: 0, limit: 10, total: 1 } });
    expect((await distributor.get('/subscriptions')).body).toEqual(body);
    expect(idsOf((await sibling.get('/subscriptions')).body)).toEqual([]);
  });

  test('the detail has prices and costs of today', async () => {
    const { status, body } = await reseller.get(`/subscriptions/${String(order['subscriptionId'])}`);
    expect(status).toBe(200);
    const vendor = matching(/^vendor-/);
    const [base, addOn] = order['products'] as { id: string }[];
    expect(body).toEqual({
      ...entry(),
      // 10 x 19.8 + 3 x 1.15, and at cost 10 x 17.5 + 3 x 1.05
      totalPrice: usd('201.45'),
      totalSubscriptionPrice: usd('201.45'),
      totalSubscriptionCost: usd('178.15'),
      products: inAnyOrder([
        {
          mpn: channel.base.mpn,
          vendor,
          id: base?.id,
          quantity: 10,
          name: 'Office 365 Enterprise E1',
          unitPrice: usd('19.8'),
          unitCost: usd('17.5'),
          extendedPrice: usd('198'),
          totalSubscriptionPrice: usd('198'),
          totalSubscriptionCost: usd('175'),
        },
        {
          mpn: channel.addOn.mpn,
          vendor,
          id: addOn?.id,
          quantity: 3,
          name: 'Office 365 Extra File Storage',
          unitPrice: usd('1.15'),
          unitCost: usd('1.05'),
          extendedPrice: usd('3.45'),
          totalSubscriptionPrice: usd('3.45'),
          totalSubscriptionCost: usd('3.15'),
        },
      ]),
      orderParameters: [{ name: 'domain', value: 'example.org' }],
      fulfillmentParameters: [{ name: 'activationCode', value: matching(/^[A-Z0-9-]{37}$/) }],
    });
  });

  test('a distributor sees its own side: what its reseller pays, and what it pays itself', async () => {
    const { body } = await distributor.get(`/subscriptions/${String(order['subscriptionId'])}`);
    const products = body['products'] as Record<string, unknown>[];
    const base = products.find(({ mpn }) => mpn === channel.base.mpn);
    expect(base).toMatchObject({ unitPrice: usd('17.5'), unitCost: usd('15.2') });
    expect(body['totalSubscriptionPrice']).toEqual(usd('178.15'));
  });

  test('a year billed monthly: a month in totalPrice, the year in the rest, each month rounded by itself', async () => {
    const own = await openSimpleApi();
    const { provider, distributor: middle, reseller: seller, customer } = await own.channel();
    const terms = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: null } as const;
    const tiers = [
      ['0', '10'],
      ['5', '9.999'],
    ] as const;
    const rates = [{ mpn: 'YEARLY', priceModel: 'tiered', prices: tiers }] as const;
    const plan = await own.plan(provider, { rates, terms });
    await own.delegate([provider, middle, seller], plan);
    await own.priceList(middle, { prices: { YEARLY: tiers } });
    await own.priceList(seller, { prices: { YEARLY: tiers } });
    const client = await own.client(seller);
    const sold = await client.post('/orders', {
      customerId: customer.number,
      products: [{ mpn: 'YEARLY', quantity: 6 }],
    });
    const details = sold.body['details'] as Record<string, unknown>[];
    expect(details.map(({ quantity, extendedPrice }) => [quantity, extendedPrice])).toEqual([
      [5, usd('50')],
      [1, usd('10')],
    ]);
    const { body } = await client.get(`/subscriptions/${String(sold.body['subscriptionId'])}`);
    expect(body).toMatchObject({
      expirationDate: '2027-03-01',
      renewalStatus: false,
      totalPrice: usd('60'),
      totalSubscriptionPrice: usd('720'),
    });
    expect(body).not.toHaveProperty('renewalDate');
    expect(body['products']).toMatchObject([
      {
        unitPrice: {
          ...usd('10'),
          priceTiers: [
            { lowerLimit: '0', amount: '10' },
            { lowerLimit: '5', amount: '9.999' },
          ],
        },
      },
    ]);
    // No longer offered, but still held: it keeps its prices.
    await own.engine.catalog.retire(own.cause(), provider, plan.id);
    const after = await client.get(`/subscriptions/${String(sold.body['subscriptionId'])}`);
    expect(after.status).toBe(200);
    expect(after.body['totalPrice']).toEqual(usd('60'));
    expect((await client.get(`/orders/${String(sold.body['id'])}`)).body['total']).toEqual(usd('60'));
    await own.close();
  });

  test('filters', async () => {
    const found = async (query: string, client = reseller) =>
      idsOf((await client.get(`/subscriptions?${query}`)).body).length;
    expect(await found(`customerId=${channel.customer.number}`)).toBe(1);
    expect(await found(`customerId=${channel.customer.number}`, sibling)).toBe(0);
    expect(await found('customerId=9999999')).toBe(0);
    expect(await found('status=active')).toBe(1);
    expect(await found('status=hold')).toBe(0);
    expect(await found('status=unknown')).toBe(0);
    expect(await found('creationDateFrom=2026-03-02&creationDateTo=2026-03-02')).toBe(1);
    expect(await found('creationDateFrom=2026-03-03')).toBe(0);
    expect(await found('creationDateTo=2026-03-01')).toBe(0);
    expect(await found('creationDateFrom=0001-01-01&creationDateTo=9999-12-31')).toBe(1);
  });

  test.each([
    ['status', 'status=active,pending'],
    ['status', 'status=gone'],
    ['creationDateFrom', 'creationDateFrom=2026-3-2'],
    ['creationDateFrom', 'creationDateFrom=0000-01-01'],
    ['creationDateTo', 'creationDateTo=2026-02-30'],
    ['creationDateTo', 'creationDateTo=2026-03-02T00:00:00Z'],
    ['limit', 'limit=none'],
  ])('400 naming %s for %s', async (field, query) => {
    const answer = await reseller.get(`/subscriptions?${query}`);
    expect([answer.status, answer.body['code']]).toEqual([400, 'simpleapi.invalid_parameter']);
    expect(answer.body['message']).toContain(`${field}: `);
  });

  test.each([['1000000'], ['9999999'], ['x'], ['99999999999999999999']])('%s is not found', async (id) => {
    const answer = await reseller.get(`/subscriptions/${id}`);
    expect(answer.status).toBe(404);
    expect(answer.body['message']).toContain('No entity has been found');
  });

  test("another tenant's subscription is not found", async () => {
    expect((await sibling.get(`/subscriptions/${String(order['subscriptionId'])}`)).status).toBe(404);
  });
});
