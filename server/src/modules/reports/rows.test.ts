import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairing, type ReportCharge } from './rows.ts';

const aCharge = (changes: Partial<ReportCharge>): ReportCharge => ({
  order_id: 'o',
  position: 1,
  rate_id: 'r',
  type: 'recurring',
  is_price: true,
  quantity: '1',
  unit_price: '1',
  amount: '1.00',
  currency: 'USD',
  booked_on: '2026-03-02',
  period_start: '2026-03-02',
  period_end: '2026-04-02',
  numerator: 1,
  denominator: 1,
  order_serial: '1',
  order_type: 'sales',
  order_status: 'completed',
  placed_at: '2026-03-02T09:00:00Z',
  completed_at: null,
  po_number: null,
  reseller_number: '1',
  reseller_name: 'r',
  customer_number: '1',
  customer_name: 'c',
  external_id: null,
  subscription_serial: '1',
  subscription_name: 's',
  plan_number: '1',
  mpn: 'm',
  vendor_code: 'v',
  product_name: 'p',
  ...changes,
});

// However many parts each edge has, and wherever the batches are cut: every charge is in exactly one row, on its own side.
test('each charge stands in one row, beside its counterpart of the same line', () => {
  const lines = fc.array(fc.record({ order: fc.nat(3), position: fc.nat(2), prices: fc.nat(3), costs: fc.nat(3) }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 5 }), (wanted, size) => {
      let count = 0;
      const charges = wanted
        .flatMap(({ order, position, prices, costs }) =>
          Array.from({ length: prices + costs }, (_, index) =>
            aCharge({ order_id: String(order), position, is_price: index < prices, amount: String(count++) }),
          ),
        )
        .toSorted((a, b) => a.order_id.localeCompare(b.order_id) || a.position - b.position);
      const pairs = pairing();
      const batches = Array.from({ length: Math.ceil(charges.length / size) }, (_, at) =>
        charges.slice(at * size, (at + 1) * size),
      );
      const rows = [...batches.flatMap((batch) => pairs.push(batch)), ...pairs.end()];
      const sides = rows.flatMap(({ price, cost }) => [price, cost]).filter((charge) => charge !== undefined);
      expect(sides.map(({ amount }) => Number(amount)).toSorted((a, b) => a - b)).toEqual(
        charges.map((_, index) => index),
      );
      for (const { price, cost } of rows) {
        if (price !== undefined) expect(price.is_price).toBe(true);
        if (cost !== undefined) expect(cost.is_price).toBe(false);
        if (price !== undefined && cost !== undefined) {
          expect([price.order_id, price.position]).toEqual([cost.order_id, cost.position]);
        }
      }
    }),
  );
});

test('types of charges are never paired with one another', () => {
  const pairs = pairing();
  const rows = [
    ...pairs.push([aCharge({ type: 'recurring', is_price: false }), aCharge({ type: 'setup' })]),
    ...pairs.end(),
  ];
  expect(rows.map(({ price, cost }) => [price?.type, cost?.type])).toEqual([
    [undefined, 'recurring'],
    ['setup', undefined],
  ]);
});
