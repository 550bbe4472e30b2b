import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimpleApi, someText, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
});
afterAll(() => api.close());

const base = '91fd106f-4b2c-4938-95ac-f54f74e9a239';
const addOn = '53fc25f7-6639-4f78-bb44-3c2dfec3ed40';
const month = { type: 'month', duration: 1 };

const anOrder = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'sales',
  customerId: channel.customer.number,
  products: [{ mpn: base, quantity: 2 }],
  ...changes,
});

// How-to page "products": identified by mpn, vendor, subscriptionPeriod, billingPeriod
describe('an MPN that fits more than one product', () => {
  const year = { type: 'year', duration: 1 };
  const order = (line: Record<string, unknown>) => anOrder({ products: [{ quantity: 1, ...line }] });

  beforeAll(async () => {
    const { provider, distributor: middle, reseller: seller } = channel;
    const [one, other] = [
      await api.vendor(provider, { code: 'northwind' }),
      await api.vendor(provider, { code: 'southgale' }),
    ];
    for (const [vendorId, vendorCode] of [
      [one.id, one.code],
      [other.id, other.code],
    ] as const) {
      const product = await api.product(provider, { vendorId });
      await api.resource(provider, product, 'SHARED');
      const made = await api.plan(provider, { product, rates: [{ mpn: 'SHARED', vendorCode, prices: '5' }] });
      await api.delegate([provider, middle, seller], made);
    }
    for (const terms of [
      {},
      { subscriptionPeriod: { unit: 'year', count: 1 } },
      { subscriptionPeriod: { unit: 'year', count: 1 }, billingPeriod: { unit: 'year', count: 1 } },
    ] as const) {
      const made = await api.plan(provider, { rates: [{ mpn: 'TERMS', prices: '5' }], terms });
      await api.delegate([provider, middle, seller], made);
    }
    await api.priceList(middle, { markup: '10', name: 'everything' });
    await api.priceList(seller, { markup: '10', name: 'everything' });
  });

  test('is refused with what to add, for two vendors', async () => {
    const answer = await reseller.post('/orders', order({ mpn: 'SHARED' }));
    expect([answer.status, answer.body['code']]).toEqual([400, 'orders.ambiguous_product']);
    expect(answer.body['message']).toContain('additional parameters');
    expect(answer.body['message']).toMatch(/: vendor\. .*northwind.*southgale/);
    const told = await reseller.post('/orders', order({ mpn: 'SHARED', vendor: 'southgale' }));
    expect(told.body['products']).toMatchObject([{ vendor: 'southgale' }]);
  });

  test('is refused with what to add, for several periods', async () => {
    const answer = await reseller.post('/orders', order({ mpn: 'TERMS' }));
    expect(answer.body['message']).toContain(': subscriptionPeriod, billingPeriod.');
    const half = await reseller.post('/orders', order({ mpn: 'TERMS', subscriptionPeriod: year }));
    expect(half.body['message']).toContain(': billingPeriod.');
    const twelve = { type: 'MONTH', duration: '12' };
    const told = await reseller.post(
      '/orders',
      order({ mpn: 'TERMS', subscriptionPeriod: twelve, billingPeriod: month }),
    );
    expect(told.body['products']).toMatchObject([{ subscriptionPeriod: year, billingPeriod: month }]);
  });

  test('products of several plans make several subscriptions, each told with its product', async () => {
    const answer = await reseller.post(
      '/orders',
      anOrder({ products: [{ mpn: 'TERMS', subscriptionPeriod: month }, { mpn: base }, { mpn: addOn }] }),
    );
    const lines = answer.body['products'] as { subscriptionId: string }[];
    expect(lines[1]?.subscriptionId).toBe(lines[2]?.subscriptionId);
    expect(lines[0]?.subscriptionId).not.toBe(lines[1]?.subscriptionId);
    expect(answer.body['subscriptionId']).toBe(lines[0]?.subscriptionId);
    expect(answer.body['subscriptions']).toMatchObject([{ planId: someText }, { planId: channel.plan.number }]);
  });
});
