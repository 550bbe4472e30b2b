import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOrders, usd, type Body, type OrderClient, type OrderWorld } from './order-world.ts';

/** Prices that a renewal brings along count from the first day of the term that it makes (SimpleAPI reference 4.4 and 5). */

let world: OrderWorld;
let reseller: OrderClient;
beforeAll(async () => {
  world = await openOrders();
  reseller = await world.client();
});
afterAll(() => world.api.close());

const seats = (quantity: number) => ({
  mpn: 'SEAT',
  quantity,
  subscriptionPeriod: { type: 'month', duration: 1 },
});

const renewal = (subscriptionId: unknown, line: Body): Body => ({
  type: 'renewal',
  customerId: world.customerId,
  subscriptionId,
  products: [{ mpn: 'SEAT', ...line }],
});
const agreed = (agreement: Body, freezePrices = false): Body => ({ deals: { freezePrices, agreements: [agreement] } });
const off = (applicableTo: readonly string[]): Body =>
  agreed({ discounts: [{ applicableTo, prices: [{ ...usd('0.5'), type: 'recurring' }] }] });

async function priceOf(subscriptionId: string): Promise<unknown> {
  const { body } = await (await world.client()).get(`/subscriptions/${subscriptionId}`);
  const [seat] = body['products'] as { quantity: number; unitPrice: { amount: string } }[];
  return [seat?.quantity, seat?.unitPrice.amount];
}

test('count in the term that it makes, and as long as they were agreed for', async () => {
  const cases: readonly (readonly [line: Body, may: string, june: string, quantity?: number])[] = [
    [{}, '9.68', '9.68'],
    [{ specialPrice: usd('9') }, '9', '9.68'],
    [{ specialPrice: usd('9'), quantity: 6 }, '9', '9.68', 6],
    [agreed({ prices: [{ ...usd('9.1'), type: 'renewal' }] }), '9.1', '9.68'],
    [agreed({ prices: [{ ...usd('9.2'), type: 'recurring' }] }, true), '9.2', '9.2'],
    [agreed({ prices: [{ ...usd('9.3'), type: 'renewal' }], priceTerm: { type: 'month', duration: 2 } }), '9.3', '9.3'],
    [off(['RENEWAL']), '9.18', '9.18'],
    [off(['SALES', 'RENEWAL']), '9.18', '9.18'],
    [{ vendorDiscounts: [{ discount: { discountPercentage: '50' } }] }, '4.84', '9.68'],
  ];
  const renewed = [];
  for (const [line, ...told] of cases) {
    const { subscriptionId } = await reseller.place(world.sale([seats(4)]));
    const body = renewal(subscriptionId, line);
    expect((await reseller.estimate(body)).total).toEqual(usd('0'));
    expect(await reseller.place(body)).toMatchObject({ status: 'completed', subscriptionId });
    expect(await priceOf(subscriptionId)).toEqual([4, '9.68']);
    renewed.push({ subscriptionId: subscriptionId, told });
  }
  const { engine, clock } = world.api;
  for (const [at, term] of [
    ['2026-04-02T12:00:00Z', 0],
    ['2026-05-02T12:00:00Z', 1],
  ] as const) {
    world.api.moveTo(at);
    await engine.worker.runDue({ sandboxId: null }, clock.now());
    for (const { subscriptionId, told } of renewed) {
      expect([told, await priceOf(subscriptionId)]).toEqual([told, [told[2] ?? 4, told[term]]]);
    }
  }
});

test.each([
  ['products[0].specialCost.amount', { specialCost: usd('1') }],
  // A discount that is not for renewals has no place in one.
  ['products[0].deals.agreements[0].discounts[0].prices', off(['SALES'])],
  ['products[0].deals.agreements[0].discounts[0].prices', off(['SWITCH_PLAN', 'SALES'])],
  ['products[0].deals.agreements[0].sellerId', agreed({ priceTerm: { type: 'day', duration: 5 } })],
  ['products[0].specialPrice.currency', { specialPrice: { amount: '1' } }],
])('refused, naming %s (%#)', async (field, line) => {
  const client = await world.client();
  const { subscriptionId } = await client.place(world.sale([seats(4)]));
  expect(await client.refusal(renewal(subscriptionId, line))).toMatchObject({ status: 400, field });
  expect(await client.refusal(renewal(subscriptionId, line), '/orders/estimate')).toMatchObject({ status: 400, field });
});
