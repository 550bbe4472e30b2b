import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOrders, usd, type Body, type OrderClient, type OrderWorld } from './order-world.ts';
import { rowCounts } from './setup.ts';

let world: OrderWorld;
let reseller: OrderClient;
let schema: OrderClient;
let sibling: OrderClient;
let sold: Awaited<ReturnType<OrderClient['place']>>;
let other: Awaited<ReturnType<OrderClient['place']>>;
beforeAll(async () => {
  world = await openOrders();
  reseller = await world.client();
  schema = await world.client(world.channel.reseller, '1.15');
  sibling = await world.client(world.channel.sibling.reseller);
  sold = await reseller.place(world.sale([seats(4)]));
  const stranger = { ...world.sale([seats(1)]), customerId: world.channel.sibling.customer.number };
  await world.api.priceList(world.channel.sibling.reseller, { name: 'Desk', markup: '10' });
  other = await sibling.place(stranger);
});
afterAll(() => world.api.close());

const month = { type: 'month', duration: 1 };
const seats = (quantity: number) => ({ mpn: 'SEAT', quantity, subscriptionPeriod: month });
const about = (type: string, changes: Body = {}): Body => ({
  type,
  customerId: world.customerId,
  subscriptionId: sold.subscriptionId,
  ...changes,
});

// Seen live (SimpleAPI reference 4.4): renewals and cancellations have neither products nor details, but a subscriptionId.
describe('a renewal', () => {
  test('for the next term, with other quantities where there are products', async () => {
    const body = about('renewal', { products: [{ mpn: 'SEAT', quantity: 5 }], poNumber: 'r1' });
    const placed = await reseller.place(body);
    expect(placed).toMatchObject({ status: 'completed', subscriptionId: sold.subscriptionId, poNumber: 'r1' });
    expect(placed.orderNumber).toMatch(/^RN/);
    expect(Object.keys(placed)).not.toContain('products');
    expect(Object.keys(placed)).not.toContain('details');
    expect(await reseller.place(body)).toEqual(placed);
    const { body: subscription } = await reseller.get(`/subscriptions/${sold.subscriptionId}`);
    expect(subscription['expirationDate']).toBe('2026-05-01');
    expect((await schema.order(placed.id)).products).toMatchObject([{ mpn: 'SEAT' }]);
  });

  test('aligned to the end of a month, and for another length', async () => {
    const { subscriptionId } = await reseller.place(world.sale([seats(1)]));
    const align = { alignExpirationDate: { alignmentType: 'MATCH_END_OF_CALENDAR_MONTH' } };
    await reseller.place({ ...about('renewal', align), subscriptionId });
    const { body } = await reseller.get(`/subscriptions/${subscriptionId}`);
    expect(body['expirationDate']).toBe('2026-04-30');
    const { subscriptionId: longer } = await reseller.place(world.sale([seats(1)]));
    await reseller.place({
      ...about('renewal', { subscriptionPeriod: { type: 'year', duration: 1 } }),
      subscriptionId: longer,
    });
    expect((await reseller.get(`/subscriptions/${longer}`)).body['expirationDate']).toBe('2027-04-01');
  });
});

describe('a cancellation', () => {
  test('now: what was paid comes back', async () => {
    const { subscriptionId } = await reseller.place(world.sale([seats(2)]));
    const body = { ...about('cancellation', { products: [{ mpn: 'SEAT', quantity: 2 }] }), subscriptionId };
    const estimate = await reseller.estimate(body);
    expect(estimate.details?.map(({ type }) => type)).toEqual(['recurringRefund']);
    const placed = await reseller.place(body);
    expect(placed).toMatchObject({ status: 'completed', total: estimate.total, subscriptionId });
    expect(placed.orderNumber).toMatch(/^CL/);
    expect(placed.total).toEqual(usd('-19.36'));
    expect(Object.keys(placed)).not.toContain('products');
    expect((await schema.order(placed.id)).products).toMatchObject([{ mpn: 'SEAT', quantity: 2 }]);
    expect((await reseller.get(`/subscriptions/${subscriptionId}`)).body['status']).toBe('terminated');
    expect(await reseller.orders(`?orderNumber=${placed.orderNumber}`)).toHaveLength(1);
    expect(await reseller.orders(`?orderNumber=${placed.orderNumber.replace('CL', 'CF')}`)).toHaveLength(0);
  });

  test('at the renewal: it waits as an order, and can be taken back', async () => {
    const { subscriptionId } = await reseller.place(world.sale([seats(2)]));
    const placed = await reseller.place({ ...about('cancellation', { scheduledOn: 'renewal' }), subscriptionId });
    expect(placed).toMatchObject({
      type: 'cancellation',
      status: 'processing',
      total: usd('0'),
      scheduledOn: 'renewal',
    });
    expect((await reseller.patch(`/orders/${placed.id}`, { statusCode: 'CL' })).body['status']).toBe('cancelled');
    expect((await reseller.get(`/subscriptions/${subscriptionId}`)).body['status']).toBe('active');
  });
});

// SimpleAPI reference 4.4: dates of a migration, and 5: they are never returned.
describe('a migration', () => {
  const migration = (changes: Body = {}): Body => ({
    type: 'migration',
    customerId: world.customerId,
    products: [{ mpn: 'SEAT', quantity: 3 }],
    planId: world.plans.yearly.number,
    subscriptionPeriod: { type: 'year', duration: 1 },
    startDate: '2025-09-15',
    expirationDate: '2026-09-14',
    ...changes,
  });

  test('brings a subscription over with its dates; nothing is charged before what is billed there', async () => {
    const placed = await reseller.place(migration({ autorenewal: false, migrationDate: '2026-03-01' }));
    expect(placed).toMatchObject({
      type: 'migration',
      total: usd('0'),
      details: [],
      subscriptions: [{ planId: world.plans.yearly.number }],
    });
    for (const name of ['startDate', 'expirationDate', 'autorenewal', 'planId', 'subscriptionPeriod'])
      expect(placed).not.toHaveProperty(name);
    const { body } = await reseller.get(`/subscriptions/${placed.subscriptionId}`);
    expect(body).toMatchObject({
      expirationDate: '2026-09-14',
      renewalStatus: false,
      planId: Number(world.plans.yearly.number),
    });
  });

  test('without an end: the end of the term that it is in; with autorenewal', async () => {
    const placed = await reseller.place(
      migration({ expirationDate: null, autorenewal: 'true', nextBillingDate: '2026-09-15' }),
    );
    const { body } = await reseller.get(`/subscriptions/${placed.subscriptionId}`);
    expect(body).toMatchObject({ expirationDate: '2026-09-14', renewalStatus: true });
  });

  test.each([
    ['startDate', () => migration({ startDate: null })],
    ['startDate', () => migration({ startDate: '2026-02-30' })],
    ['startDate', () => migration({ startDate: '2026-03-03', migrationDate: null, nextBillingDate: '2026-04-01' })],
    ['migrationDate', () => migration({ migrationDate: '2026-03-03' })],
    ['migrationDate', () => migration({ migrationDate: 'soon' })],
    ['expirationDate', () => migration({ expirationDate: '2026-03-01' })],
    ['nextBillingDate', () => migration({ nextBillingDate: '2026-02-01' })],
    ['lastBillingDate', () => migration({ lastBillingDate: '2024-09-15' })],
    ['migrationProgram', () => migration({ migrationProgram: 'do_not_count_migration_billing_period' })],
    ['migrationProgram', () => migration({ migrationProgram: 'another' })],
    ['autorenewal', () => migration({ autorenewal: 'perhaps' })],
    ['subscriptionPeriod.duration', () => migration({ subscriptionPeriod: { type: 'year' } })],
    ['planId', () => migration({ planId: '999999' })],
    ['planId', () => migration({ planId: world.plans.pro.number })],
    ['products', () => migration({ products: null })],
    ['subscriptionId', () => migration({ subscriptionId: '1000001' })],
  ])('refused, naming %s (%#)', async (field, body) => {
    expect((await reseller.refusal(body())).field).toBe(field);
  });
});

// SimpleAPI reference 4.4 and 5: special prices, deals and discounts come with an order.
describe('prices that an order brings along', () => {
  const placed = (line: Body) => reseller.place(world.sale([{ ...seats(2), ...line }]));
  const recurring = ({ details }: Awaited<ReturnType<typeof placed>>) =>
    details?.find(({ type }) => type === 'recurring')?.unitPrice.amount;

  test('a special price, with and without tiers', async () => {
    expect(recurring(await placed({ specialPrice: usd('9') }))).toBe('9');
    const priceTiers = [
      { lowerLimit: '0', amount: '9.5' },
      { lowerLimit: '10', amount: '9' },
    ];
    expect(recurring(await placed({ specialPrice: { ...usd('9.5'), priceTiers } }))).toBe('9.5');
  });

  test('deals on the own edge, a discount of the vendor', async () => {
    const agreements = [
      {
        sellerId: 'self',
        buyerId: world.customerId,
        prices: [
          { ...usd('8.5'), type: 'RECURRING' },
          { ...usd('1'), type: 'setup' },
        ],
      },
    ];
    const deal = await placed({ deals: { freezePrices: true, agreements } });
    expect(deal.details?.map(({ unitPrice }) => unitPrice.amount).toSorted()).toEqual(['1', '8.5']);
    const off = await placed({ vendorDiscounts: [{ discount: { discountPercentage: '25' } }] });
    expect(off.total).toEqual(usd('24.2'));
    const taken = off.details?.find(({ type }) => type === 'recurring');
    expect(taken).toMatchObject({ exchangeRate: 1, discount: { type: 'percent', value: '25', amountCode: 'USD' } });
    // A quarter off is a third of what is left.
    expect(Number(taken?.discount?.amount) * 3).toBeCloseTo(Number(taken?.extendedPrice.amount), 9);
  });

  // SimpleAPI reference 5 (`total`, `discTotal`, `effectiveTotal`); what each means is our choice.
  test('contract values tell what was taken off, on the edge on which it was, and an estimate tells the same', async () => {
    const offs: [Body, string][] = [
      [{ specialPrice: usd('9') }, '1.36'],
      [{ vendorDiscounts: [{ discount: { discountPercentage: '25' } }] }, '4.84'],
      [{ deals: { agreements: [{ prices: [{ ...usd('1'), type: 'setup' }] }] } }, '7.68'],
      // More than the listed price is no discount.
      [{ specialPrice: usd('10') }, '0'],
      [{}, '0'],
    ];
    for (const [line, off] of offs) {
      const body = world.sale([{ ...seats(2), ...line }]);
      const order = await reseller.place(body);
      const [own, customers] = order.subscriptions?.[0]?.tcvs ?? [];
      expect(own?.discTotal).toEqual(usd('0'));
      expect(customers?.discTotal).toEqual(usd(off));
      expect(customers?.effectiveTotal).toEqual(order.total);
      expect(Number(customers?.total.amount) - Number(off)).toBeCloseTo(Number(order.total.amount), 9);
      expect(order.products?.[0]?.tcvs?.[1]?.discTotal).toEqual(usd(off));
      const estimated = await reseller.estimate(body);
      expect(estimated.subscriptions).toEqual(order.subscriptions);
      expect(await reseller.order(order.id)).toMatchObject({ subscriptions: order.subscriptions });
    }
  });

  test.each([
    ['products[0].specialCost.amount', { specialCost: usd('1') }],
    ['products[0].specialPrice.currency', { specialPrice: { amount: '1' } }],
    [
      'products[0].deals.agreements[0].sellerId',
      { deals: { agreements: [{ sellerId: '1', prices: [{ ...usd('1'), type: 'setup' }] }] } },
    ],
    [
      'products[0].deals.agreements[0].sellerId',
      { deals: { agreements: [{ buyerId: 'self', prices: [{ ...usd('1'), type: 'setup' }] }] } },
    ],
    [
      'products[0].deals.agreements[0].sellerId',
      { deals: { agreements: [{ priceTerm: { type: 'day', duration: 5 } }] } },
    ],
  ])('refused, naming %s (%#)', async (field, line) => {
    expect(await reseller.refusal(world.sale([{ ...seats(2), ...line }]))).toMatchObject({ status: 400, field });
  });
});

describe('refused with nothing stored', () => {
  const line = (changes: Body) => ({ products: [{ ...seats(5), ...changes }] });
  const change = (changes: Body = {}) => about('change', { products: [seats(9)], ...changes });
  const cancel = (changes: Body = {}) => about('cancellation', changes);
  const renew = (changes: Body = {}) => about('renewal', changes);

  test.each([
    ['subscriptionId', 400, () => change({ subscriptionId: null })],
    ['subscriptionId', 404, () => change({ subscriptionId: '9999999' })],
    ['subscriptionId', 404, () => change({ subscriptionId: 'x' })],
    ['subscriptionId', 404, () => change({ subscriptionId: other.subscriptionId })],
    ['subscriptionId', 404, () => cancel({ subscriptionId: other.subscriptionId })],
    ['subscriptionId', 404, () => renew({ subscriptionId: other.subscriptionId })],
    [
      'products[0].subscriptionId',
      404,
      () => change({ subscriptionId: null, ...line({ subscriptionId: other.subscriptionId }) }),
    ],
    ['products[0].subscriptionId', 400, () => change(line({ subscriptionId: '1000009' }))],
    ['customerId', 404, () => change({ customerId: world.channel.sibling.customer.number })],
    ['customerId', 404, () => cancel({ customerId: '9999999' })],
    ['products', 400, () => change({ products: [] })],
    ['products[0].mpn', 400, () => change({ products: [{ quantity: 3 }] })],
    ['products[0].mpn', 400, () => change({ products: [{ mpn: 'NONE', quantity: 3 }] })],
    ['products[0].id', 400, () => change({ products: [{ id: 'PRD999999', quantity: 3 }] })],
    ['products[0].quantity', 400, () => change({ products: [{ mpn: 'SEAT' }] })],
    ['products[0].quantity', 400, () => change(line({ quantity: 'x' }))],
    ['products[0].quantity', 400, () => change(line({ quantity: 1e9 }))],
    ['products[1].mpn', 400, () => change({ products: [seats(5), seats(6)] })],
    ['products[0].subscriptionPeriod', 400, () => change(line({ subscriptionPeriod: { type: 'year', duration: 1 } }))],
    ['products[0].newMPN', 400, () => change(line({ newMPN: 'NONE' }))],
    ['products[0].newId', 400, () => change(line({ newId: 'sku-1' }))],
    ['planId', 404, () => change({ planId: '99999999' })],
    ['subscriptionPeriod', 400, () => change({ subscriptionPeriod: { type: 'year', duration: 7 } })],
    [
      'subscriptionPeriod',
      400,
      () => change({ planId: world.plans.yearly.number, subscriptionPeriod: { type: 'month', duration: 2 } }),
    ],
    ['upgradeStartType', 400, () => change({ upgradeStartType: 'FROM_OLD_START_DATE' })],
    ['upgradeStartType', 400, () => change({ upgradeStartType: 'tomorrow' })],
    ['billingModel', 400, () => change({ billingModel: 'chargeAfterBillingPeriod' })],
    ['billingModel', 400, () => change({ billingModel: 'whenever' })],
    ['placementType', 400, () => change({ placementType: 'COPY' })],
    // Into a new subscription, since none is named.
    ['products[0].quantity', 400, () => change({ placementType: 'MOVE' })],
    ['targetSubscriptionId', 404, () => change({ targetSubscriptionId: other.subscriptionId })],
    ['targetSubscriptionId', 400, () => change({ targetSubscriptionId: sold.subscriptionId })],
    ['scheduledOn', 400, () => change({ scheduledOn: 'someday' })],
    ['scheduledOn', 400, () => change({ scheduledOn: '2026-02-30T00:00:00Z' })],
    ['scheduledOn', 400, () => change({ scheduledOn: '2026-03-01T00:00:00Z' })],
    ['alignExpirationDate.alignmentType', 400, () => change({ products: null, alignExpirationDate: {} })],
    [
      'alignExpirationDate.alignmentType',
      400,
      () => change({ products: null, alignExpirationDate: { alignmentType: 'X' } }),
    ],
    [
      'alignExpirationDate',
      400,
      () => change({ alignExpirationDate: { alignmentType: 'MATCH_END_OF_CALENDAR_MONTH' } }),
    ],
    [
      'alignExpirationDate.subscriptionId',
      404,
      () =>
        change({
          products: null,
          alignExpirationDate: { alignmentType: 'CO_TERM_ON_SUBSCRIPTION', subscriptionId: other.subscriptionId },
        }),
    ],
    [
      'alignExpirationDate.subscriptionId',
      400,
      () => change({ products: null, alignExpirationDate: { alignmentType: 'CO_TERM_ON_SUBSCRIPTION' } }),
    ],
    ['startDate', 400, () => change({ startDate: '2026-01-01' })],
    ['planId', 400, () => renew({ planId: '10001' })],
    ['scheduledOn', 400, () => renew({ scheduledOn: 'renewal' })],
    ['subscriptionPeriod', 400, () => renew({ subscriptionPeriod: { type: 'day', duration: 3 } })],
    ['products[0].mpn', 400, () => renew({ products: [{ mpn: 'NONE' }] })],
    ['products[0].quantity', 400, () => cancel({ products: [{ mpn: 'SEAT', quantity: 1 }] })],
    ['products[0].mpn', 400, () => cancel({ products: [{ mpn: 'VIEW' }] })],
    ['planId', 400, () => cancel({ planId: '10001' })],
    ['products[0].specialPrice', 400, () => cancel(line({ specialPrice: usd('1') }))],
    ['vendorBillingSettings', 400, () => change({ vendorBillingSettings: { vendorBillingPeriod: month } })],
    ['products[0].specialPrice.currency', 400, () => change(line({ specialPrice: { amount: '1' } }))],
    ['products[0].specialPrice.amount', 400, () => change(line({ specialPrice: { currency: 'USD', amount: '-1' } }))],
    ['products[0].specialProviderCost', 400, () => change(line({ specialProviderCost: usd('1') }))],
    ['products[0].specialPrice', 400, () => change(line({ specialPrice: usd('1'), deals: { agreements: [{}] } }))],
    ['products[0].deals.agreements', 400, () => change(line({ deals: {} }))],
    [
      'products[0].deals.agreements[0].prices[0].type',
      400,
      () => change(line({ deals: { agreements: [{ prices: [usd('1')] }] } })),
    ],
    [
      'products[0].deals.agreements[0].discounts[0].applicableTo',
      400,
      () => change(line({ deals: { agreements: [{ discounts: [{ prices: [{ ...usd('1'), type: 'setup' }] }] }] } })),
    ],
    ['products[0].margins', 400, () => change(line({ margins: { priceModel: 'MSRP' } }))],
    ['products[0].vendorDiscounts[0].discount', 400, () => change(line({ vendorDiscounts: [{}] }))],
    [
      'products[0].vendorDiscounts[0].discount.discountPercentage',
      400,
      () => change(line({ vendorDiscounts: [{ discount: {} }] })),
    ],
    ['type', 400, () => about('cancel')],
  ])('%s, %i (%#)', async (field, status, body) => {
    const before = await rowCounts(world.api);
    for (const path of ['/orders', '/orders/estimate']) {
      const refused = await reseller.refusal(body(), path);
      expect([refused.field, refused.status, refused.message]).toEqual([field, status, refused.message]);
      if (status === 404) expect(refused.message).toContain('No entity has been found');
    }
    expect(await rowCounts(world.api)).toEqual(before);
  });

  test("PATCH of another tenant's order, of an unknown one, with a wrong body", async () => {
    for (const id of [other.id, '9999999'])
      expect((await reseller.patch(`/orders/${id}`, { statusCode: 'CL' })).status).toBe(404);
    const patched = async (body: unknown) => {
      const answer = await reseller.patch(`/orders/${sold.id}`, body);
      return [answer.status, (answer.body['details'] as { field: string }[])[0]?.field];
    };
    expect(await patched({ statusCode: 'CP' })).toEqual([400, 'statusCode']);
    expect(await patched({ statusCode: {} })).toEqual([400, 'statusCode']);
    expect(await patched({ creditCheck: 'often' })).toEqual([400, 'creditCheck']);
    expect(await patched([])).toEqual([400, 'body']);
    expect(await patched({ statusCode: 'CL' })).toEqual([409, 'statusCode']);
    expect((await reseller.patch(`/orders/${sold.id}`, {})).status).toBe(200);
    const { body } = await reseller.patch(`/orders/${sold.id}`, { creditCheck: false });
    expect(body['creditCheck']).toBe(false);
    expect(await reseller.order(sold.id)).toEqual(body);
  });
});
