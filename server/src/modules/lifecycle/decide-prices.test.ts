import { describe, expect, test } from 'vitest';
import { decimal } from '@tierline/kernel';
import { aLife, aPlan, type Life } from './testing.ts';

const special = (life: Life, unitPrice: string, sellerIndex = 0, mpn = 'SEAT') =>
  ({
    kind: 'prices',
    prices: [{ rateId: life.wanted({ [mpn]: '1' })[0]!.rateId, unitPrice: decimal(unitPrice), sellerIndex }],
  }) as const;

describe('a special price', () => {
  test('counts from today to the end of the term, on one edge', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31', setup: '9' } }),
      zones: ['UTC', 'UTC'],
      items: { SEAT: '2' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', special(life, '15.5', 1));
    expect(life.lastBill(1)).toEqual([
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 2 SEAT x 15.5 21/31, 2026-03-20 to 2026-04-10 = 21',
    ]);
    expect(life.lastBill(0)).toEqual([]);
    life.change('2026-03-21', { SEAT: '3' });
    expect(life.lastBill(1)).toEqual([
      'setup 1 SEAT x 9, 2026-03-21 to 2026-04-10 = 9',
      'recurring 1 SEAT x 15.5 20/31, 2026-03-21 to 2026-04-10 = 10',
    ]);
    life.until('2026-04-10');
    expect(life.lastBill(1)).toEqual(['recurring 3 SEAT x 31, 2026-04-10 to 2026-05-10 = 93']);
  });

  test('takes the place of tiers', () => {
    const price: [string, string][] = [
      ['0', '10'],
      ['5', '8.333'],
    ];
    const life = aLife({
      plan: aPlan('month', { SEAT: { price, priceModel: 'tiered' } }),
      items: { SEAT: '7' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', special(life, '5'));
    expect(life.lastBill()).toEqual([
      'refund 5 SEAT x 10 21/31, 2026-03-20 to 2026-04-10 = -33.87',
      'refund 2 SEAT x 8.333 21/31, 2026-03-20 to 2026-04-10 = -11.29',
      'recurring 7 SEAT x 5 21/31, 2026-03-20 to 2026-04-10 = 23.7',
    ]);
    // The month costs 21 days of the one and 10 of the other, rounded once.
    expect(life.total()).toBe('45.21');
  });

  test('of what is billed afterwards counts for the days from then on', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' } }, { billingModel: 'after_billing_period' }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', special(life, '62'));
    life.until('2026-04-10');
    expect(life.bill()).toEqual([
      'recurring 1 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = 10',
      'recurring 1 SEAT x 62 21/31, 2026-03-20 to 2026-04-10 = 42',
    ]);
  });

  test('is of a product that is held and priced, not below a floor, and not of what is free', () => {
    const plan = aPlan('month', {
      SEAT: { price: (_, edge) => (edge === 0 ? '20' : '31'), floor: 'cost' },
      DISK: { price: '3.1' },
    });
    const life = aLife({ plan, zones: ['UTC', 'UTC'], items: { SEAT: '2' }, sold: '2026-03-10' });
    expect(life.refusal('2026-03-20', special(life, '1', 1, 'DISK')).codes).toEqual(['lifecycle.unknown_rate']);
    expect(life.refusal('2026-03-20', special(life, '19.99', 1)).codes).toEqual(['lifecycle.below_floor']);
    expect(life.refusal('2026-03-20', special(life, '25', 7)).codes).toEqual(['lifecycle.unpriced']);
    life.ask('2026-03-20', special(life, '20', 1));
    life.ask('2026-03-20', special(life, '1', 0));
    life.become({ notForResale: true });
    expect(life.refusal('2026-03-20', special(life, '25', 1)).codes).toEqual(['lifecycle.not_for_resale']);
  });
});
