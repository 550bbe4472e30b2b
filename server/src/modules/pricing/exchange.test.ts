import { currencyExponent, decimal, exactLine, formatDecimal, fraction, newId, roundRatio } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertTiers, rateReasons, type Exchange } from './exchange.ts';
import { priceOnEdge, type EdgeMoney, type EdgePrice, type PriceList, type PriceTarget } from './price.ts';

const target = { rateId: 'rate', resourceId: 'resource', planId: 'p', productId: 'p', vendorId: 'v' } as PriceTarget;
const today = '2026-03-15';

function aList(currency: string): PriceList {
  return {
    id: newId<'price_list'>(),
    accountId: newId<'account'>(),
    name: 'Standard',
    currency,
    audience: 'global',
    buyerGroup: null,
    buyerId: null,
    effectiveFrom: '2026-01-01',
    effectiveTo: null,
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
  };
}

const explicit = (list: PriceList, amount: string) => ({
  list,
  rules: [],
  entries: [
    {
      priceListId: list.id,
      targetId: target.rateId,
      targetKind: 'rate' as const,
      chargeType: 'recurring' as const,
      effectiveFrom: '2026-01-01',
      lowerLimit: '0',
      amount,
    },
  ],
});

const markup = (list: PriceList, percent: string) => ({
  list,
  entries: [],
  rules: [
    {
      id: newId<'rule'>(),
      priceListId: list.id,
      scope: 'all' as const,
      scopeId: null,
      chargeType: null,
      percent,
      amount: '0',
      decimals: null,
      effectiveFrom: '2026-01-01',
    },
  ],
});

function moneyOf(billedIn: string | null, rates: Readonly<Record<string, string>>): EdgeMoney {
  return {
    billedIn,
    rateOf: (from, to): Exchange | undefined => {
      const rate = rates[`${from}/${to}`];
      return rate === undefined ? undefined : { from, to, rate, date: '2026-03-01' };
    },
  };
}

const aCost = (currency: string, amount: string): EdgePrice => ({
  currency,
  tiers: [{ lowerLimit: decimal('0'), amount: decimal(amount) }],
  source: { kind: 'free' },
  belowCost: false,
});

const amountOf = (price: EdgePrice | undefined) => price && formatDecimal(price.tiers[0]!.amount);

describe('a price in the currency that the edge is billed in', () => {
  test('is the listed one times the rate, and says so', () => {
    const money = moneyOf('JPY', { 'EUR/JPY': '163.333' });
    const price = priceOnEdge([explicit(aList('EUR'), '12.005')], target, 'recurring', today, undefined, money);
    expect(price).toMatchObject({ currency: 'JPY', source: { exchange: { from: 'EUR', to: 'JPY', rate: '163.333' } } });
    expect(amountOf(price)).toBe('1960.812665');
  });

  test('is the listed one where the currencies are the same, and then no rate is asked for', () => {
    const money: EdgeMoney = {
      billedIn: 'EUR',
      rateOf: () => {
        throw new Error('asked');
      },
    };
    const price = priceOnEdge([explicit(aList('EUR'), '12')], target, 'recurring', today, undefined, money);
    expect([price?.currency, amountOf(price), price?.source.exchange]).toEqual(['EUR', '12', undefined]);
  });

  test('is none without a rate; one in the other direction is no rate for this one', () => {
    const money = moneyOf('JPY', { 'JPY/EUR': '0.0061' });
    expect(priceOnEdge([explicit(aList('EUR'), '12')], target, 'recurring', today, undefined, money)).toBeUndefined();
  });

  test('a rule adds to the cost at the rate into the currency of its list, then goes into that of the bill', () => {
    const money = moneyOf('JPY', { 'USD/EUR': '0.9', 'EUR/JPY': '160', 'USD/JPY': '150' });
    const price = priceOnEdge([markup(aList('EUR'), '10')], target, 'recurring', today, aCost('USD', '10'), money);
    // 10 USD are 9 EUR, with a tenth 9.9 EUR, which are 1584 JPY.
    expect(amountOf(price)).toBe('1584');
    expect(price?.source).toMatchObject({ kind: 'rule', costExchange: { rate: '0.9' }, exchange: { rate: '160' } });
  });

  test('is compared with the cost in its own currency', () => {
    const list = [explicit(aList('EUR'), '9')];
    const below = (rate: string) =>
      priceOnEdge(list, target, 'recurring', today, aCost('USD', '10'), moneyOf(null, { 'USD/EUR': rate }))?.belowCost;
    expect([below('0.9'), below('0.9000000001')]).toEqual([false, true]);
    const money = moneyOf(null, { 'USD/EUR': '0.9' });
    expect(priceOnEdge(list, target, 'recurring', today, aCost('USD', '10'), money)?.costExchange?.rate).toBe('0.9');
  });
});

/** An oracle of its own: whole numbers only, nothing of the kernel but the number of digits. */
function oracle(
  price: [bigint, number],
  rate: [bigint, number],
  quantity: bigint,
  share: [bigint, bigint],
  to: string,
) {
  const numerator = price[0] * rate[0] * quantity * share[0] * 10n ** BigInt(currencyExponent(to));
  const denominator = 10n ** BigInt(price[1] + rate[1]) * share[1];
  return (2n * numerator + denominator) / (2n * denominator);
}

const text = ([digits, scale]: [bigint, number]): string => {
  const all = digits.toString().padStart(scale + 1, '0');
  return scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`;
};

test('any price, rate, quantity and share: a line is the exact product, rounded once, in currencies of 0, 2 and 3 digits', () => {
  const number = (digits: number, scale: number) =>
    fc.tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(digits) }), fc.integer({ min: 0, max: scale }));
  fc.assert(
    fc.property(
      number(18, 12),
      number(12, 10),
      fc.bigInt({ min: 1n, max: 999_999n }),
      fc.integer({ min: 1, max: 366 }).chain((of) => fc.tuple(fc.integer({ min: 1, max: of }), fc.constant(of))),
      fc.constantFrom('JPY', 'EUR', 'BHD'),
      (price, rate, quantity, [days, of], to) => {
        const [tier] = convertTiers([{ lowerLimit: decimal('0'), amount: decimal(text(price)) }], { rate: text(rate) });
        const exact = exactLine({ coefficient: quantity, scale: 0 }, tier!.amount, fraction(days, of));
        const expected = oracle(price, rate, quantity, [BigInt(days), BigInt(of)], to);
        expect(roundRatio(exact, to, 'half_away_from_zero').minor).toBe(expected);
        // What is locked is stored as text and read again.
        expect(decimal(formatDecimal(tier!.amount))).toEqual(tier!.amount);
      },
    ),
  );
});

test('a rate that makes no sense is told with its place', () => {
  const of = (facts: Partial<Exchange>) => ({ from: 'USD', to: 'EUR', rate: '0.9', date: today, ...facts });
  const codes = (...rates: Exchange[]) => rateReasons(rates).map(({ code, field }) => `${field} ${code}`);
  expect(codes(of({}), of({ date: '2026-03-16' }))).toEqual([]);
  expect(codes(of({}), of({ rate: '1' }))).toEqual(['rates.1 pricing.rate_repeated']);
  expect(codes(of({ to: 'USD' }))).toEqual(['rates.0.to pricing.same_currency']);
  expect(codes(of({ from: 'XXX' }))).toEqual(['rates.0.from pricing.unknown_currency']);
  for (const rate of ['0', '-1', '1e3', '', '0.12345678901', '1234567890'])
    expect(codes(of({ rate }))).toEqual(['rates.0.rate pricing.invalid_rate']);
});
