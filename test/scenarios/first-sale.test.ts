import { decimal, formatDecimal, formatMoney, parseMoney } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import type { OrderDetail, SalesRequest } from '@tierline/server/modules/orders/index.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain, rowsAdded } from '../support/rows.ts';
import type { BuiltPlan } from '../support/world-catalog.ts';
import { openWorld, type World } from '../support/world.ts';

/** A reseller's first weeks: what it is given to sell, its first sale at the end of a month, and what comes after. */
let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let customer: Customer;
let office: BuiltPlan;
let first: OrderDetail;

beforeAll(async () => {
  world = await openWorld({ at: '2028-01-14T15:00:00Z' });
});
afterAll(() => world.close());

const seats = 'OFFICE-E1';
const storage = 'OFFICE-STORAGE';

function request(facts: Partial<SalesRequest> = {}): SalesRequest {
  return {
    customer: { number: customer.number },
    lines: [
      { name: { mpn: storage }, quantity: decimal('10') },
      { name: { mpn: seats }, quantity: decimal('3') },
    ],
    poNumber: 'PO-2028-17',
    attributes: null,
    surface: 'api',
    addMissingBases: false,
    ...facts,
  };
}

/** Each charge as a person reads it on the seller's side. */
function ledgerOf(order: OrderDetail, seller: Account): string[] {
  return order.charges
    .filter(({ sellerId }) => sellerId === seller.id)
    .map(
      ({ quantity, unitPrice, amount, period, bookedOn }) =>
        `${bookedOn}: ${formatDecimal(quantity)} x ${formatDecimal(unitPrice)} = ${formatMoney(amount)} ${amount.currency}, ` +
        `${period.start.toString()} to ${period.end.toString()}`,
    );
}

describe('January 14: the channel is set up', () => {
  test('a provider in Los Angeles, a distributor in London, a reseller in New York and its first customer', async () => {
    provider = await world.provider();
    distributor = await world.distributor(provider, { timeZone: 'Europe/London', currency: 'GBP' });
    reseller = await world.reseller(distributor, { timeZone: 'America/New_York' });
    customer = await world.customer(reseller);
    expect([provider, distributor, reseller].map(({ path }) => path.length)).toEqual([1, 2, 3]);
  });

  test('the provider publishes a plan, and it is passed on down to the reseller', async () => {
    office = await world.plan(provider, {
      name: 'Office monthly',
      rates: [
        { mpn: seats, name: 'Office E1', quantityMin: '1', quantityMax: '300', prices: '15.2' },
        {
          mpn: storage,
          name: 'Extra storage',
          priceModel: 'tiered',
          dependsOn: [seats],
          prices: [
            ['0', '1'],
            ['5', '0.755'],
          ],
        },
      ],
    });
    await world.delegate([provider, distributor, reseller], office);
    const { total } = await world.engine.offers.page(await world.engine.directory.get(reseller.id), 0, 50);
    expect(total).toBe(2);
  });
});

describe('January 20: prices', () => {
  test('before there are any nothing can be sold, and who has to do something is told', async () => {
    world.moveTo('2028-01-20T15:00:00Z');
    const place = () =>
      expect(world.engine.orders.place(world.cause(), reseller.id, request())).rejects.toMatchObject({
        reasons: [
          {
            code: 'orders.unpriced',
            field: 'lines.0',
            message: 'Extra storage has no price for you yet. Ask your seller.',
          },
          {
            code: 'orders.unpriced',
            field: 'lines.1',
            message: 'Office E1 has no price for you yet. Ask your seller.',
          },
        ],
      });
    expect(await rowsAdded(world.db, place)).toEqual({});
  });

  test('the distributor sets prices in its own currency, the reseller its own in dollars', async () => {
    // A markup needs a cost in the same currency, so the distributor names its prices.
    await world.priceList(distributor, { prices: { [seats]: '14.1', [storage]: '0.85' } });
    await world.priceList(reseller, { prices: { [seats]: '19.8', [storage]: '1.155' } });
    const preview = await world.engine.orders.preview(world.cause(), reseller.id, request());
    expect(preview).toMatchObject({ currency: 'USD', total: '70.95' });
  });
});

/** 22:30 of the 31st in New York, half past three of February 1 in London. */
describe('January 31, late in the evening: the first sale', () => {
  test('is what its preview said, to the cent and to the day', async () => {
    world.moveTo('2028-02-01T03:30:00Z');
    const preview = await world.engine.orders.preview(world.cause(), reseller.id, request());
    const cause = () => world.cause({ actor: 'user:ana', key: 'first-sale', owner: reseller.id });
    first = await world.engine.orders.place(cause(), reseller.id, request());
    expect(first.total).toBe(preview.total);
    expect(ledgerOf(first, reseller)).toEqual(ledgerOf(preview, reseller));
    expect(plain(await world.engine.orders.place(cause(), reseller.id, request()))).toEqual(plain(first));
    expect(await world.engine.orders.count({ scope: { within: provider.id } })).toBe(1);
  });

  test('each seller charges from its own day, in its own currency, with its own rounding', () => {
    expect(ledgerOf(first, provider)).toEqual([
      '2028-01-31: 5 x 1 = 5 USD, 2028-01-31 to 2028-02-29',
      '2028-01-31: 5 x 0.755 = 3.78 USD, 2028-01-31 to 2028-02-29',
      '2028-01-31: 3 x 15.2 = 45.6 USD, 2028-01-31 to 2028-02-29',
    ]);
    expect(ledgerOf(first, distributor)).toEqual([
      '2028-02-01: 10 x 0.85 = 8.5 GBP, 2028-02-01 to 2028-03-01',
      '2028-02-01: 3 x 14.1 = 42.3 GBP, 2028-02-01 to 2028-03-01',
    ]);
    expect(ledgerOf(first, reseller)).toEqual([
      '2028-01-31: 10 x 1.155 = 11.55 USD, 2028-01-31 to 2028-02-29',
      '2028-01-31: 3 x 19.8 = 59.4 USD, 2028-01-31 to 2028-02-29',
    ]);
    expect(first).toMatchObject({ total: '70.95', currency: 'USD', status: 'completed' });
  });

  test('the subscription runs by the day of the reseller, and its anchor stays the 31st', () => {
    expect(first.subscriptions).toHaveLength(1);
    expect(first.subscriptions[0]).toMatchObject({
      status: 'active',
      anchorOn: '2028-01-31',
      endOn: '2028-02-29',
      autoRenewal: true,
    });
    expect(first.subscriptions[0]!.licenses.map(({ units }) => formatDecimal(units))).toEqual(['3']);
  });

  test('the log tells it, with who did it', async () => {
    const events = await world.engine.events.page({ within: reseller.id }, { limit: 50, descending: true });
    expect(events.slice(0, 2).map(({ type, actor }) => [type, actor])).toEqual([
      ['subscription.created', 'user:ana'],
      ['order.placed', 'user:ana'],
    ]);
  });
});

describe('February 10: the price goes up tomorrow', () => {
  test('a sale today is at the old price, one tomorrow at the new, and the first sale stays what it was', async () => {
    world.moveTo('2028-02-10T15:00:00Z');
    await world.priceList(reseller, { name: 'Spring', effectiveFrom: '2028-02-11', prices: { [seats]: '21' } });
    const buy = () => world.order(customer, [{ mpn: seats }]);
    expect((await buy()).total).toBe('19.8');
    world.moveTo('2028-02-11T04:59:59Z');
    expect((await buy()).total).toBe('19.8');
    world.moveTo('2028-02-11T05:00:00Z');
    expect((await buy()).total).toBe('21');
    const again = await world.engine.orders.get(reseller.id, { id: first.id });
    expect(plain(again)).toEqual(plain(first));
  });

  test('and the new price says where it came from', async () => {
    const node = await world.engine.directory.get(reseller.id);
    const [named] = await world.engine.offers.find(node, { mpn: seats });
    const steps = await world.engine.pricing.explain(node, named!, customer, world.cause().at);
    expect(
      steps.map(({ sellerName, currency, tiers, source }) => [sellerName, currency, tiers[0]!.amount, source.kind]),
    ).toEqual([
      [provider.name, 'USD', '15.2', 'explicit'],
      [distributor.name, 'GBP', '14.1', 'explicit'],
      [reseller.name, 'USD', '21', 'explicit'],
    ]);
    expect(steps[2]!.source).toMatchObject({ priceList: 'Spring' });
  });
});

describe('February 12: the customer has not paid', () => {
  test('on hold it can buy nothing; released it can', async () => {
    world.moveTo('2028-02-12T15:00:00Z');
    const { customers } = world.engine;
    await customers.change(world.cause(), reseller.id, { id: customer.id }, { status: 'credit_hold' });
    await expect(world.order(customer, [{ mpn: seats }])).rejects.toMatchObject({
      code: 'orders.customer_may_not_order',
      message: "The customer has an unpaid balance, so it can't order.",
    });
    await customers.change(world.cause(), reseller.id, { id: customer.id }, { status: 'active' });
    expect((await world.order(customer, [{ mpn: seats }])).status).toBe('completed');
  });
});

describe('February 20: a yearly plan with two free months, paid in advance', () => {
  test('charges ten months by the month on every edge, from the day on which the free months end', async () => {
    world.moveTo('2028-02-20T15:00:00Z');
    const yearly = await world.plan(provider, {
      name: 'Office yearly',
      terms: {
        subscriptionPeriod: { unit: 'year', count: 1 },
        billingModel: 'before_subscription_period',
        chargeableMonths: 2,
      },
      rates: [{ mpn: 'OFFICE-YEAR', prices: '9.99' }],
    });
    await world.delegate([provider, distributor, reseller], yearly);
    await world.priceList(distributor, { prices: { 'OFFICE-YEAR': '10.005' } });
    await world.priceList(reseller, { prices: { 'OFFICE-YEAR': '12.345' } });
    const order = await world.order(customer, [{ mpn: 'OFFICE-YEAR', quantity: '7' }]);
    expect([provider, distributor, reseller].flatMap((seller) => ledgerOf(order, seller))).toEqual([
      '2028-02-20: 7 x 9.99 = 699.3 USD, 2028-04-20 to 2029-02-20',
      '2028-02-20: 7 x 10.005 = 700.35 GBP, 2028-04-20 to 2029-02-20',
      '2028-02-20: 7 x 12.345 = 864.15 USD, 2028-04-20 to 2029-02-20',
    ]);
    expect(order.subscriptions[0]).toMatchObject({ startChargeOn: '2028-04-20', endOn: '2029-02-20' });
  });
});

describe('March 1: the provider takes the plan back from the distributor', () => {
  test('the reseller sells it no more, and its customers keep what they have', async () => {
    world.moveTo('2028-03-01T15:00:00Z');
    await world.delegate([provider, distributor], office, { status: 'revoked' });
    await expect(world.order(customer, [{ mpn: seats }])).rejects.toMatchObject({ code: 'orders.unknown_product' });
    const subscription = await world.engine.subscriptions.get(reseller.id, { id: first.subscriptions[0]!.id });
    expect(subscription).toMatchObject({ status: 'active', name: 'Office monthly' });
    expect((await world.order(customer, [{ mpn: 'OFFICE-YEAR' }])).status).toBe('completed');
  });
});

/** At any time: per seller and currency the charges of all orders are what the orders said, to the cent. */
test('in the end the books agree: stored charges, orders and lines', async () => {
  const orders = await world.engine.orders.page({ scope: { within: provider.id } }, { limit: 100 });
  const details = await world.engine.orders.details(orders);
  const told = details.flatMap(({ charges, customerId }) => charges.filter(({ buyerId }) => buyerId === customerId));
  const total = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);
  const cents = (amount: string) => parseMoney(amount, 'USD')!.minor;
  const ofOrders = total(orders.map((order) => cents(order.total)));
  expect(total(told.map(({ amount }) => amount.minor))).toBe(ofOrders);
  const rows = await world.db.kysely
    .selectFrom('charges')
    .select(['amount'])
    .where('buyer_id', '=', customer.id)
    .execute();
  expect(total(rows.map(({ amount }) => cents(amount)))).toBe(ofOrders);
});
