import { decimal, formatDecimal, fraction, parseMoney } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { agreementReasons } from './check-deal.ts';
import { agreed, discountOf, renewedAlone, renewedPrice, withoutAgreement } from './deal.ts';
import type { Agreement, Tier } from './deal-types.ts';
import type { EdgePrice } from './price.ts';

type Priced = Pick<EdgePrice, 'currency' | 'tiers' | 'source'>;

const tiers = (...of: readonly (readonly [from: string, amount: string])[]): Tier[] =>
  of.map(([from, amount]) => ({ lowerLimit: decimal(from), amount: decimal(amount) }));
const listed = (...of: readonly (readonly [from: string, amount: string])[]): Priced => ({
  currency: 'EUR',
  tiers: tiers(...of),
  source: { kind: 'free' },
});
const amounts = (price: Priced | undefined) => price?.tiers.map(({ amount }) => formatDecimal(amount));

const discount = (type: 'percent' | 'amount', value: string, facts: Partial<Agreement> = {}): Agreement =>
  ({ kind: 'discount', from: 'now', terms: 1, discount: { type, value: decimal(value) }, ...facts }) as Agreement;
const price = (amount: string, facts: Partial<Agreement> = {}): Agreement =>
  ({ kind: 'price', from: 'now', terms: 1, currency: null, tiers: tiers(['0', amount]), ...facts }) as Agreement;

describe('a discount', () => {
  test('is off each tier, exactly', () => {
    const of = listed(['0', '9.99'], ['10', '7.777']);
    expect(amounts(agreed(of, discount('percent', '12.5')))).toEqual(['8.74125', '6.804875']);
    expect(amounts(agreed(of, discount('amount', '1.5')))).toEqual(['8.49', '6.277']);
  });

  test('another one replaces it, and is off the listed price too', () => {
    const first = agreed(listed(['0', '10']), discount('percent', '50'));
    expect(amounts(agreed(first, discount('percent', '10')))).toEqual(['9']);
    expect(amounts(withoutAgreement(first))).toEqual(['10']);
  });

  test('a charge says what it took: the line without it, rounded once, less the line', () => {
    const { source } = agreed(listed(['0', '9.99']), discount('percent', '33.3333'));
    const line = (type: string, amount: string) =>
      discountOf({
        type,
        quantity: decimal('3'),
        unitPrice: decimal('6.66000333'),
        fraction: fraction(17, 31),
        amount: parseMoney(amount, 'EUR')!,
        source,
      });
    // 3 x 9.99 x 17/31 = 16.4351..., and 3 x 6.66000333 x 17/31 = 10.9568...
    const facts = { type: 'percent', value: '33.3333', unitPrice: '9.99' };
    expect(line('recurring', '10.96')).toEqual({ ...facts, amount: parseMoney('5.48', 'EUR') });
    expect(line('refund', '-10.96')).toEqual({ ...facts, amount: parseMoney('-5.48', 'EUR') });
  });

  test('where tiers that differ come to the same nobody claims to know which one it was', () => {
    const { source } = agreed(listed(['0', '10'], ['5', '8']), discount('percent', '100'));
    const line = {
      type: 'recurring',
      quantity: decimal('3'),
      unitPrice: decimal('0'),
      fraction: fraction(1, 1),
      source,
    };
    expect(discountOf({ ...line, amount: parseMoney('0', 'EUR')! })).toMatchObject({ unitPrice: null, amount: null });
  });
});

describe('the next term', () => {
  const today = listed(['0', '20']);
  const next = (had: Priced, count: number): (string[] | undefined)[] => {
    const terms: (string[] | undefined)[] = [];
    let before = had;
    for (let term = 0; term < count; term += 1) {
      before = renewedPrice(before, today);
      terms.push(amounts(before));
    }
    return terms;
  };

  test('an agreement counts for its terms and then the price of the day does', () => {
    const of = listed(['0', '10']);
    expect(next(agreed(of, discount('percent', '50')), 1)).toEqual([['20']]);
    expect(next(agreed(of, discount('percent', '50', { terms: 3 })), 3)).toEqual([['10'], ['10'], ['20']]);
    expect(next(agreed(of, price('7', { terms: 2 })), 2)).toEqual([['7'], ['20']]);
    expect(next(agreed(of, price('7', { terms: null })), 3)).toEqual([['7'], ['7'], ['7']]);
  });

  test('what waits for it changes nothing before, and follows what is agreed now', () => {
    const now = agreed(listed(['0', '10']), price('7'));
    const both = agreed(now, discount('percent', '50', { from: 'renewal', terms: 2 }));
    expect(amounts(both)).toEqual(['7']);
    expect(next(both, 3)).toEqual([['10'], ['10'], ['20']]);
    expect(
      amounts(agreed(agreed(listed(['0', '10']), discount('percent', '50', { from: 'renewal' })), price('7'))),
    ).toEqual(['7']);
  });

  test('an amount ends where the edge has another currency by then; a percentage goes on', () => {
    const dollars: Priced = { ...today, currency: 'USD' };
    const had = (agreement: Agreement) => amounts(renewedPrice(agreed(listed(['0', '10']), agreement), dollars));
    expect(had(discount('amount', '5', { terms: 2 }))).toEqual(['20']);
    expect(had(price('5', { terms: 2 }))).toEqual(['20']);
    expect(had(discount('percent', '5', { terms: 2 }))).toEqual(['19']);
  });

  test('an amount that is more than the price of then makes that nothing, not less', () => {
    const had = agreed(listed(['0', '30']), discount('amount', '25', { terms: 2 }));
    expect(amounts(renewedPrice(had, today))).toEqual(['0']);
  });

  test('a special price that goes on needs no other', () => {
    expect(amounts(renewedAlone(agreed(listed(['0', '10']), price('7', { terms: 2 }))))).toEqual(['7']);
    expect(renewedAlone(agreed(listed(['0', '10']), price('7')))).toBeUndefined();
    expect(renewedAlone(agreed(listed(['0', '10']), discount('percent', '7', { terms: 2 })))).toBeUndefined();
  });
});

test('what can be no agreement is told', () => {
  const codes = (agreement: Agreement) =>
    agreementReasons(agreement, 'deal').map(({ code, field }) => `${field} ${code}`);
  expect(codes(discount('percent', '100'))).toEqual([]);
  for (const value of ['0', '-1', '100.1', '1.23456'])
    expect(codes(discount('percent', value))).toEqual(['deal.discount pricing.discount_amount']);
  for (const terms of [0, -1, 1.5, 121])
    expect(codes(price('1', { terms }))).toEqual(['deal.terms pricing.deal_terms']);
  const broken = [
    tiers(),
    tiers(['1', '1']),
    tiers(['0', '1'], ['0', '2']),
    tiers(['0', '1'], ['5', '1'], ['3', '1']),
    tiers(['0', '-1']),
  ];
  for (const of of broken) expect(codes(price('1', { tiers: of }))).toEqual(['deal.tiers pricing.tiers_incomplete']);
  expect(codes(price('1', { currency: 'XXX' }))).toEqual(['deal.currency pricing.unknown_currency']);
});
