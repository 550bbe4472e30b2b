import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matching, openSimpleApi, rowCounts, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let distributor: Client;
let sibling: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
  distributor = await api.client(channel.distributor);
  sibling = await api.client(channel.sibling.reseller);
});
afterAll(() => api.close());

const base = '91fd106f-4b2c-4938-95ac-f54f74e9a239';
const addOn = '53fc25f7-6639-4f78-bb44-3c2dfec3ed40';
const month = { type: 'month', duration: 1 };
const usd = (amount: string) => ({ currency: 'USD', amount });

const anOrder = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'sales',
  customerId: channel.customer.number,
  products: [{ mpn: base, quantity: 2 }],
  ...changes,
});
const aLine = (changes: Record<string, unknown>) => anOrder({ products: [{ mpn: base, quantity: 2, ...changes }] });

// SimpleAPI reference 4.4 and 6
describe('POST /orders', () => {
  test('sells to the customer and answers the whole order', async () => {
    const answer = await reseller.post('/orders/', {
      type: 'sales',
      customerId: channel.customer.number,
      poNumber: 'p1',
      attributes: { project: 'north' },
      products: [
        { mpn: base, quantity: '2.0', vendor: null, unknown: {} },
        { mpn: addOn, quantity: 3, parameters: [{ name: 'domain', value: 'x', structured_value: null }] },
      ],
    });
    expect(answer.status).toBe(200);
    const { id, orderNumber, subscriptionId } = answer.body;
    expect(id).toMatch(/^1\d{6}$/);
    expect(orderNumber).toBe(`SO${String(Number(id) - 1_000_000).padStart(6, '0')}`);
    const [baseId, addOnId] = (answer.body['products'] as { id: string }[]).map((product) => product.id);
    const line = { billingPeriod: month, subscriptionPeriod: month, subscriptionId };
    const vendor = matching(/^vendor-/);
    const value = (amount: string) => ({ total: usd(amount), discTotal: usd('0'), effectiveTotal: usd(amount) });
    const [middle, seller, customer] = [channel.distributor, channel.reseller, channel.customer].map((one) =>
      Number(one.number),
    );
    const [cost, sold] = [
      { sellerId: middle, buyerId: seller },
      { sellerId: seller, buyerId: customer },
    ];
    const none = Object.fromEntries(
      ['taxAmount', 'salesTaxAmount', 'exclusiveTaxAmount', 'salesExclusiveTaxAmount'].map((name) => [name, usd('0')]),
    );
    const untaxed = { ...none, exchangeRate: 1, exchangeTime: '2026-03-02T09:00:00Z' };
    const term = '(1 Month(s) term) from 2026-03-02 through 2026-04-01';
    expect(answer.body).toEqual({
      id,
      orderNumber,
      type: 'sales',
      customerId: channel.customer.number,
      creationDate: '2026-03-02T09:00:00Z',
      provisioningDate: '2026-03-02T09:00:00Z',
      status: 'completed',
      statusCode: 'CP',
      // 2 x 19.8 + 3 x 1.15
      total: usd('43.05'),
      attributes: { project: 'north' },
      subscriptionId: matching(/^1\d{6}$/),
      poNumber: 'p1',
      products: [
        {
          mpn: base,
          vendor,
          id: baseId,
          name: 'Office 365 Enterprise E1',
          quantity: 2,
          extendedPrice: usd('39.6'),
          tcvs: [
            { ...value('35'), ...cost },
            { ...value('39.6'), ...sold },
          ],
          ...line,
        },
        {
          mpn: addOn,
          vendor,
          id: addOnId,
          name: 'Office 365 Extra File Storage',
          quantity: 3,
          extendedPrice: usd('3.45'),
          parameters: [{ name: 'domain', value: 'x' }],
          tcvs: [
            { ...value('3.15'), ...cost },
            { ...value('3.45'), ...sold },
          ],
          ...line,
        },
      ],
      billingModel: 'chargeBeforeBillingPeriod',
      subscriptions: [
        {
          planId: channel.plan.number,
          // What the reseller pays, and what its customer pays, for the month: 2 x 17.5 + 3 x 1.05, and the total.
          tcvs: [
            {
              ...value('38.15'),
              ...cost,
              startDate: '2026-03-02T00:00:00Z',
              endDate: '2026-04-01T23:00:00Z',
              planPeriod: value('38.15'),
            },
            {
              ...value('43.05'),
              ...sold,
              startDate: '2026-03-02T05:00:00Z',
              endDate: '2026-04-02T04:00:00Z',
              planPeriod: value('43.05'),
            },
          ],
        },
      ],
      details: [
        {
          type: 'recurring',
          mpn: base,
          productId: baseId,
          duration: month,
          description: `Office 365 Enterprise E1 Recurring ${term}`,
          quantity: 2,
          unitPrice: usd('19.8'),
          salesUnitPrice: usd('19.8'),
          extendedPrice: usd('39.6'),
          salesExtendedPrice: usd('39.6'),
          ...untaxed,
        },
        {
          type: 'recurring',
          mpn: addOn,
          productId: addOnId,
          duration: month,
          description: `Office 365 Extra File Storage Recurring ${term}`,
          quantity: 3,
          unitPrice: usd('1.15'),
          salesUnitPrice: usd('1.15'),
          extendedPrice: usd('3.45'),
          salesExtendedPrice: usd('3.45'),
          ...untaxed,
        },
      ],
    });
    expect(baseId).toMatch(/^PRD\d+$/);
    const read = await reseller.get(`/orders/${String(id)}`);
    expect(read.body).toEqual(answer.body);
  });

  test('takes a product by its id, and without a quantity one of it', async () => {
    const [, product] = (await (await api.client(channel.reseller, '1.15')).get('/products')).body['data'] as {
      id: string;
    }[];
    const answer = await reseller.post('/orders', anOrder({ products: [{ id: product?.id }] }));
    expect(answer.body['products']).toMatchObject([{ mpn: base, quantity: 1 }]);
    const both = await reseller.post('/orders', anOrder({ products: [{ id: product?.id, mpn: base }] }));
    expect(both.status).toBe(200);
    const differing = await reseller.post('/orders', anOrder({ products: [{ id: product?.id, mpn: addOn }] }));
    expect([differing.status, differing.body['code']]).toEqual([400, 'simpleapi.id_and_mpn_differ']);
  });

  test('is sales when it does not say', async () => {
    expect((await reseller.post('/orders', anOrder({ type: null }))).body['type']).toBe('sales');
  });

  test('adds the base that an add-on depends on, at its minimum', async () => {
    const answer = await reseller.post('/orders', anOrder({ products: [{ mpn: addOn, quantity: 4 }] }));
    expect(answer.status).toBe(200);
    expect(answer.body['products']).toMatchObject([
      { mpn: addOn, quantity: 4 },
      { mpn: base, quantity: 1 },
    ]);
    expect(answer.body['total']).toEqual(usd('24.4'));
  });

  test('the same content with the same poNumber within 24 hours is a retry; everything else is another order', async () => {
    const own = await openSimpleApi();
    const { reseller: account, customer } = await own.channel();
    const client = await own.client(account);
    const body = { customerId: customer.number, poNumber: 'PO-7', products: [{ mpn: base, quantity: 2 }] };
    const first = await client.post('/orders', body);
    // The content counts, not how it is written.
    const rewritten = {
      products: [{ quantity: '2.00', mpn: base }],
      poNumber: 'PO-7',
      customerId: Number(customer.number),
      type: 'sales',
    };
    expect((await client.post('/orders', rewritten)).text).toBe(first.text);
    for (const other of [
      { ...body, poNumber: 'PO-8' },
      { ...body, poNumber: null },
      { ...body, poNumber: '' },
      { ...body, products: [{ mpn: base, quantity: 3 }] },
    ]) {
      expect((await client.post('/orders', other)).body['id']).not.toBe(first.body['id']);
    }
    const [one, two] = await Promise.all([
      client.post('/orders', { ...body, poNumber: 'PO-9' }),
      client.post('/orders', { ...body, poNumber: 'PO-9' }),
    ]);
    expect(one.body['id']).toBe(two.body['id']);
    own.moveTo('2026-03-03T09:00:01Z');
    const later = await own.client(account);
    const again = await later.post('/orders', body);
    expect(again.body['id']).not.toBe(first.body['id']);
    expect((await later.post('/orders', body)).text).toBe(again.text);
    await own.close();
  });

  test('by a distributor for a customer of its reseller: sold by the reseller', async () => {
    const answer = await distributor.post('/orders', anOrder());
    expect(answer.body['total']).toEqual(usd('39.6'));
  });
});

describe('POST /orders refuses and stores nothing', () => {
  const refused = async (client: Client, body: unknown, path = '/orders') => {
    const before = await rowCounts(api);
    const answer = await client.post(path, body);
    expect(await rowCounts(api)).toEqual(before);
    return answer;
  };

  test.each([
    ['subscriptionId', 400, () => anOrder({ type: 'change' })],
    ['type', 400, () => anOrder({ type: 'unknown' })],
    ['type', 400, () => anOrder({ type: {} })],
    ['customerId', 400, () => anOrder({ customerId: null })],
    ['customerId', 400, () => anOrder({ customerId: [] })],
    ['customerId', 404, () => anOrder({ customerId: '9999999' })],
    ['customerId', 404, () => anOrder({ customerId: 'nonsense' })],
    ['customerId', 404, () => anOrder({ customerId: '0' })],
    ['customerId', 404, () => anOrder({ customerId: channel.sibling.customer.number })],
    ['products', 400, () => anOrder({ products: undefined })],
    ['products', 400, () => anOrder({ products: [] })],
    ['products', 400, () => anOrder({ products: {} })],
    ['products', 400, () => anOrder({ products: Array.from({ length: 201 }, () => ({ mpn: base })) })],
    ['products[0]', 400, () => anOrder({ products: [null] })],
    ['products[0]', 400, () => anOrder({ products: [base] })],
    ['products[0].mpn', 400, () => anOrder({ products: [{ quantity: 2 }] })],
    ['products[0].mpn', 400, () => aLine({ mpn: {} })],
    ['products[0]', 400, () => aLine({ mpn: 'nothing' })],
    ['products[0].id', 400, () => aLine({ id: 'sku-1' })],
    ['products[0]', 400, () => aLine({ id: 'PRD999999999', mpn: null })],
    ['products[1]', 400, () => anOrder({ products: [{ mpn: base }, { mpn: base }] })],
    ['products[0].quantity', 400, () => aLine({ quantity: 'two' })],
    ['products[0].quantity', 400, () => aLine({ quantity: {} })],
    ['products[0].quantity', 400, () => aLine({ quantity: -1 })],
    ['products[0].quantity', 400, () => aLine({ quantity: 1e300 })],
    ['products[0].quantity', 400, () => aLine({ quantity: '1e3' })],
    ['products[0].quantity', 400, () => aLine({ quantity: 0 })],
    ['products[0].quantity', 400, () => aLine({ quantity: '0.5' })],
    ['products[0].quantity', 400, () => aLine({ quantity: 5001 })],
    ['products[0].vendor', 400, () => aLine({ vendor: [] })],
    ['products[0]', 400, () => aLine({ vendor: 'somebody else' })],
    ['products[0]', 400, () => aLine({ billingPeriod: { type: 'year', duration: 1 } })],
    ['products[0].billingPeriod', 400, () => aLine({ billingPeriod: 'month' })],
    ['products[0].billingPeriod.type', 400, () => aLine({ billingPeriod: { type: 'statement_day', duration: 1 } })],
    ['products[0].billingPeriod.type', 400, () => aLine({ billingPeriod: { duration: 1 } })],
    ['products[0].subscriptionPeriod.duration', 400, () => aLine({ subscriptionPeriod: { type: 'month' } })],
    [
      'products[0].subscriptionPeriod.duration',
      400,
      () => aLine({ subscriptionPeriod: { type: 'month', duration: 0 } }),
    ],
    [
      'products[0].subscriptionPeriod.duration',
      400,
      () => aLine({ subscriptionPeriod: { type: 'month', duration: 1.5 } }),
    ],
    [
      'products[0].subscriptionPeriod.duration',
      400,
      () => aLine({ subscriptionPeriod: { type: 'year', duration: 1e9 } }),
    ],
    ['products[0].parameters', 400, () => aLine({ parameters: 'domain' })],
    ['products[0].parameters[0]', 400, () => aLine({ parameters: ['domain'] })],
    ['products[0].parameters[0].name', 400, () => aLine({ parameters: [{ value: 'x' }] })],
    ['products[0].specialCost.amount', 400, () => aLine({ specialCost: usd('1') })],
    ['products[0].subscriptionId', 400, () => aLine({ subscriptionId: '1000201' })],
    ['scheduledOn', 400, () => anOrder({ scheduledOn: 'renewal' })],
    ['poNumber', 400, () => anOrder({ poNumber: {} })],
    ['poNumber', 400, () => anOrder({ poNumber: 'x'.repeat(256) })],
    ['attributes', 400, () => anOrder({ attributes: 'x' })],
    ['attributes.a', 400, () => anOrder({ attributes: { a: [] } })],
    ['body', 400, () => []],
  ])('naming %s, %i (%#)', async (field, status, body) => {
    for (const path of ['/orders', '/orders/estimate']) {
      const answer = await refused(reseller, body(), path);
      expect(answer.status).toBe(status);
      expect(answer.body['message']).toContain(`${field}: `);
      expect((answer.body['details'] as { field: string }[])[0]?.field).toBe(field);
    }
  });

  test('every reason at once, joined in the message', async () => {
    const products = [
      { mpn: base, quantity: 9999 },
      { mpn: addOn, quantity: '9999' },
    ];
    const answer = await refused(reseller, anOrder({ products }));
    expect(answer.body['message']).toMatch(/products\[0\]\.quantity: .* products\[1\]\.quantity: /);
    expect(answer.body['details']).toHaveLength(2);
  });

  test('an unknown id with what clients look for', async () => {
    for (const body of [anOrder({ customerId: '9999999' }), aLine({ mpn: 'nothing' })]) {
      expect((await refused(reseller, body)).body['message']).toContain('No entity has been found');
    }
  });

  test('a customer on credit hold', async () => {
    const held = await api.customer(channel.reseller);
    await api.engine.customers.change(api.cause(), held.ownerId, { id: held.id }, { status: 'credit_hold' });
    const answer = await refused(reseller, anOrder({ customerId: held.number }));
    expect([answer.status, answer.body['code']]).toEqual([400, 'orders.customer_may_not_order']);
  });

  test.each([
    ['broken JSON', { raw: '{"type":' }, 400, 'http.malformed_json'],
    ['no body', {}, 400, 'http.malformed_json'],
    ['bytes that are no UTF-8', { raw: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'http.invalid_encoding'],
    ['a NUL', { raw: '{"poNumber":"a\\u0000b"}' }, 400, 'http.invalid_character'],
    ['deep nesting', { raw: '['.repeat(10_000) }, 400, 'http.too_deep'],
    ['a body over the limit', { raw: `"${'x'.repeat(1 << 20)}"` }, 413, 'http.body_too_large'],
  ])('%s', async (_, sent, status, code) => {
    const before = await rowCounts(api);
    const answer = await reseller.post('/orders', undefined, {
      ...sent,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(await rowCounts(api)).toEqual(before);
  });

  test('another content type', async () => {
    expect(
      (await reseller.post('/orders', undefined, { raw: '{}', headers: { 'content-type': 'text/xml' } })).status,
    ).toBe(415);
  });
});

// SimpleAPI reference 4.5
test('POST /orders/estimate prices without storing anything', async () => {
  const body = anOrder({
    poNumber: 'p1',
    products: [
      { mpn: base, quantity: 2 },
      { mpn: addOn, quantity: 3 },
    ],
  });
  const before = await rowCounts(api);
  const estimate = await reseller.post('/orders/estimate', body);
  expect(estimate.status).toBe(200);
  expect(await rowCounts(api)).toEqual(before);
  const placed = await reseller.post('/orders', { ...body, poNumber: 'p2' });
  const { products, ...rest } = placed.body;
  const { id, orderNumber, creationDate, provisioningDate, status, statusCode, subscriptionId, ...same } = rest;
  expect([id, orderNumber, creationDate, provisioningDate, status, statusCode, subscriptionId]).not.toContain(
    undefined,
  );
  expect(estimate.body).toEqual({
    ...same,
    poNumber: 'p1',
    products: (products as Record<string, unknown>[]).map(({ subscriptionId: _, ...line }) => line),
  });
});

// SimpleAPI reference 1.2 and 11
test.each([['1000000'], ['9999999'], ['0'], ['nonsense'], ['99999999999999999999']])(
  'GET /orders/%s is not found',
  async (id) => {
    const { status, body } = await reseller.get(`/orders/${id}`);
    expect([status, String(body['message'])]).toEqual([404, matching(/No entity has been found/)]);
  },
);

test("another tenant's order is not found; that of a reseller below is", async () => {
  const { body } = await reseller.post('/orders', anOrder());
  const path = `/orders/${String(body['id'])}`;
  expect((await sibling.get(path)).status).toBe(404);
  expect((await distributor.get(path)).body['id']).toBe(body['id']);
});
