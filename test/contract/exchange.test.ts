import { afterAll, describe, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls, keysOf } from './calls.ts';

// What a buyer is billed in and at which rate is seen by both sides, from the catalog page to the charge of an order.

const world = await openWorld({ at: '2026-03-10T12:00:00Z' });
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const { distributor, reseller, customer, base } = await world.channel();
const keys = await keysOf(world, { distributor, reseller });
type Who = keyof typeof keys;

const exchange = { from: 'USD', to: 'EUR', rate: '0.9', date: '2026-03-01' };
const billIn = (who: Who, currency: string | null) =>
  call('PATCH', `/accounts/${reseller.id}`, { token: keys[who], body: { billing_currency: currency } });
const sale = (more: object = {}, query: Record<string, string> = {}) =>
  call('POST', '/orders', {
    token: keys.reseller,
    query,
    body: { customer_id: customer.id, lines: [{ mpn: base.mpn, quantity: 2, ...more }] },
  });
type Charge = { seller_id: string; amount: unknown; unit_price: string; exchange?: unknown; discount?: unknown };
const chargeOf = ({ body }: { body: unknown }, seller: { id: string }) =>
  (body as { charges: Charge[] }).charges.find(({ seller_id: id }) => id === seller.id)!;
async function cost(): Promise<unknown> {
  const { body } = await call('GET', '/catalog', { token: keys.reseller, query: { mpn: base.mpn } });
  return (body as { data: { costs: { recurring?: unknown } }[] }).data[0]!.costs.recurring;
}

describe('a reseller that is billed in euros', () => {
  test('does not choose that itself', async () => {
    const own = await billIn('reseller', 'EUR');
    expect([own.status, own.body]).toMatchObject([403, { code: 'accounts.billing_currency_set_above' }]);
    expect((await billIn('distributor', 'EUR')).body).toMatchObject({ billing_currency: 'EUR', currency: 'USD' });
  });

  test('is sold nothing without a rate, and sees no cost', async () => {
    expect(await cost()).toBeUndefined();
    for (const query of [{}, { preview: 'true' }]) {
      const refused = await sale({}, query);
      expect([refused.status, refused.body]).toMatchObject([
        400,
        { code: 'pricing.no_exchange_rate', field: 'lines.0' },
      ]);
    }
  });

  test('sees its costs in euros as soon as there is one', async () => {
    const rates = [{ from: 'USD', to: 'EUR', rate: '0.90', effective_on: '2026-03-01' }];
    const path = `/accounts/${distributor.id}/exchange-rates`;
    const set = await call('PUT', path, { token: keys.distributor, body: { rates } });
    expect([set.status, set.body]).toMatchObject([200, { data: [{ ...rates[0], rate: '0.9' }] }]);
    expect(await cost()).toEqual({ currency: 'EUR', tiers: [{ lower_limit: '0', amount: '15.75' }] });
    const { body } = await call('GET', `/catalog/rates/${base.rateId}/why`, { token: keys.reseller });
    expect((body as { steps: unknown[] }).steps[0]).toMatchObject({
      currency: 'EUR',
      source: { kind: 'seller' },
      exchange,
    });
  });

  test('is charged in euros, and both sides see why', async () => {
    const placed = await sale();
    expect(placed.status, `${placed.text}.`).toBe(201);
    const { id } = placed.body as { id: string };
    for (const who of ['reseller', 'distributor'] as const) {
      const order = await call('GET', `/orders/${id}`, { token: keys[who] });
      const charge = chargeOf(order, distributor);
      expect(charge).toMatchObject({ unit_price: '15.75', amount: { amount: '31.50', currency: 'EUR' }, exchange });
      expect(chargeOf(order, reseller).exchange).toBeUndefined();
    }
  });

  test('pays in dollars again when its seller says so', async () => {
    await billIn('distributor', null);
    expect(chargeOf(await sale({}, { preview: 'true' }), distributor).amount).toEqual({
      amount: '35.00',
      currency: 'USD',
    });
  });
});

describe('a customer that is billed in yen', () => {
  test('is so from its next order on', async () => {
    const path = `/accounts/${reseller.id}/exchange-rates`;
    const rates = [{ from: 'USD', to: 'JPY', rate: '150.505', effective_on: '2026-03-10' }];
    await call('PUT', path, { token: keys.reseller, body: { rates } });
    const of = await call('PATCH', `/customers/${customer.id}`, {
      token: keys.reseller,
      body: { billing_currency: 'JPY' },
    });
    expect(of.body).toMatchObject({ billing_currency: 'JPY' });
    // 2 x 19.8 x 150.505 = 5959.998
    expect((await sale()).body).toMatchObject({ total: { amount: '5960', currency: 'JPY' } });
  });
});

describe('deals of an order', () => {
  test('a discount in percent is shown with what it took', async () => {
    const charge = chargeOf(await sale({ deals: [{ discount: { percent: '10' } }] }), reseller);
    // 5959.998 less a tenth is 5363.9982.
    const taken = { type: 'percent', value: '10', unit_price: '2979.999', amount: { amount: '596', currency: 'JPY' } };
    expect(charge).toMatchObject({ amount: { amount: '5364', currency: 'JPY' }, discount: taken });
  });

  test('a special price of the seller above is set by that seller, for the edge on which it sells', async () => {
    const lines = [{ mpn: base.mpn, quantity: 2, deals: [{ unit_price: '16' }] }];
    const placed = await call('POST', '/orders', {
      token: keys.distributor,
      body: { customer_id: customer.id, lines },
    });
    expect(chargeOf(placed, distributor)).toMatchObject({ unit_price: '16', source: { kind: 'special' } });
    expect((await sale({ deals: [{ unit_price: '16', seller_id: distributor.id }] })).status).toBe(404);
  });

  test.each([
    [{}, 'lines.0.deals.0.unit_price'],
    [{ unit_price: '1', discount: { percent: 1 } }, 'lines.0.deals.0.unit_price'],
    [{ discount: { percent: 101 } }, 'lines.0.deals.0.discount'],
    [{ discount: { percent: '0' } }, 'lines.0.deals.0.discount'],
    [{ discount: { amount: '100000' } }, 'lines.0.deals.0.discount'],
    [{ unit_price: '1', currency: 'EUR' }, 'lines.0.deals.0.currency'],
    [{ unit_price: '1', charge_type: 'overuse' }, 'lines.0.deals.0.charge_type'],
    [{ unit_price: '1', terms: 0 }, 'lines.0.deals.0.terms'],
  ])('%j is refused, naming %s', async (deal, field) => {
    const refused = await sale({ deals: [deal] });
    expect(refused.status, `${refused.text}.`).toBe(400);
    expect((refused.body as { field: string }).field, `${refused.text}.`).toContain(field);
  });

  test('a discount on what is held: given back at the old price, charged at the new one', async () => {
    const { subscriptions } = (await sale()).body as { subscriptions: { id: string }[] };
    const set = await call('POST', `/subscriptions/${subscriptions[0]!.id}/special-prices`, {
      token: keys.reseller,
      body: { prices: [{ mpn: base.mpn, discount: { amount: '79.999' }, terms: null }] },
    });
    expect(set.status, `${set.text}.`).toBe(201);
    const { order } = set.body as { order: { charges: Charge[] } };
    expect(order.charges.map(({ amount, discount }) => [amount, discount])).toEqual([
      [{ amount: '-5960', currency: 'JPY' }, undefined],
      [
        { amount: '5800', currency: 'JPY' },
        { type: 'amount', value: '79.999', unit_price: '2979.999', amount: { amount: '160', currency: 'JPY' } },
      ],
    ]);
  });
});
