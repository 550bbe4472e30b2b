import {
  boundary,
  currencyExponent,
  daysIn,
  decimal,
  formatDecimal,
  formatMoney,
  fraction,
  newId,
  periodAt,
  Temporal,
  type Decimal,
  type Period,
} from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  anEdge,
  anEdgePrice,
  aPlanVersion,
  aRate,
  date,
  nearest,
  plus,
  ratioOf,
  tiersOf,
  times,
  type TiersWanted,
} from '../../../../test/support/values.ts';
import type { PlanVersion, PriceModel } from '../catalog/index.ts';
import { describeCharge, firstCharges, firstPeriod, partAmounts, startOfCharging, tierParts } from './charge.ts';

const partsOf = (model: PriceModel, tiers: TiersWanted, quantity: string) =>
  tierParts(model, tiersOf(tiers), decimal(quantity)).map(
    (part) => `${formatDecimal(part.quantity)} x ${formatDecimal(part.unitPrice)}`,
  );

describe('price models', () => {
  const tiers = [
    ['0', '5'],
    ['10', '4'],
    ['100', '3.5'],
  ] as const;

  test('flat: all units at the one price', () => {
    expect(partsOf('flat', '17.5', '3')).toEqual(['3 x 17.5']);
  });

  test.each([
    ['1', ['1 x 5']],
    ['10', ['10 x 5']],
    ['10.5', ['10 x 5', '0.5 x 4']],
    ['100', ['10 x 5', '90 x 4']],
    ['250', ['10 x 5', '90 x 4', '150 x 3.5']],
  ])('tiered: of %s units each stands in the tier it falls into', (quantity, parts) => {
    expect(partsOf('tiered', tiers, quantity)).toEqual(parts);
  });

  test.each([
    ['9.999', '9.999 x 5'],
    ['10', '10 x 4'],
    ['99', '99 x 4'],
    ['100', '100 x 3.5'],
  ])('volume: all %s units at the price of the tier reached', (quantity, part) => {
    expect(partsOf('volume', tiers, quantity)).toEqual([part]);
  });

  test('no tiers, no parts', () => {
    expect(partsOf('tiered', [], '5')).toEqual([]);
  });

  test('the parts of a tiered quantity are the quantity', () => {
    const limits = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 6 });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200_000 }), (uppers, hundredths) => {
        const sorted = uppers.toSorted((a, b) => a - b).map((limit) => [String(limit), '1'] as const);
        const quantity: Decimal = decimal((hundredths / 100).toFixed(2));
        const parts = tierParts('tiered', tiersOf([['0', '2'], ...sorted]), quantity);
        const sum = parts.map((part) => ratioOf(part.quantity)).reduce(plus);
        const whole = ratioOf(quantity);
        expect(sum.numerator * whole.denominator).toBe(whole.numerator * sum.denominator);
        expect(parts.every((part) => part.quantity.coefficient > 0n)).toBe(true);
      }),
    );
  });
});

describe('amounts', () => {
  const amountsOf = (
    parts: readonly (readonly [quantity: string, unitPrice: string])[],
    of: string,
    currency = 'EUR',
  ) => {
    const [numerator = 1, denominator = 1] = of.split('/').map(Number);
    return partAmounts(
      parts.map(([quantity, unitPrice]) => ({ quantity: decimal(quantity), unitPrice: decimal(unitPrice) })),
      fraction(numerator, denominator),
      currency,
    ).map(formatMoney);
  };

  test('a line is rounded once, half away from zero', () => {
    expect(amountsOf([['1', '0.005']], '1/1')).toEqual(['0.01']);
    expect(amountsOf([['1', '0.0049999999']], '1/1')).toEqual(['0']);
    expect(amountsOf([['3', '17.5']], '17/31')).toEqual(['28.79']);
  });

  test('parts sum to the line, though each alone would round otherwise', () => {
    // 0.005 + 0.005 + 0.005 = 0.015 -> 0.02, not three times 0.01.
    expect(
      amountsOf(
        [
          ['1', '0.005'],
          ['1', '0.005'],
          ['1', '0.005'],
        ],
        '1/1',
      ),
    ).toEqual(['0.01', '0', '0.01']);
  });

  test.each([
    ['JPY', '0.5', '1'],
    ['JPY', '0.499999', '0'],
    ['EUR', '0.005', '0.01'],
    ['BHD', '0.0005', '0.001'],
    ['BHD', '0.0004999', '0'],
    ['CLF', '0.00005', '0.0001'],
  ])('in %s a line of %s is %s', (currency, price, amount) => {
    expect(amountsOf([['1', price]], '1/1', currency)).toEqual([amount]);
  });

  test('999,999 units at a price with six decimals', () => {
    expect(amountsOf([['999999', '123456.789012']], '1/1')).toEqual(['123456665555.21']);
    expect(amountsOf([['999999', '0.000001']], '1/1', 'JPY')).toEqual(['1']);
  });

  /** An independent calculation: the exact quotient of the whole line, rounded from the definition of rounding. */
  test('any parts, share and currency: the parts sum to the exact line rounded once', () => {
    const price = fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 6 }))
      .map(([coefficient, scale]) =>
        decimal(
          `${coefficient / 10n ** BigInt(scale)}.${String(coefficient % 10n ** BigInt(scale)).padStart(scale, '0') || '0'}`,
        ),
      );
    const quantity = fc.oneof(
      fc.integer({ min: 1, max: 999_999 }).map((units) => decimal(String(units))),
      fc.integer({ min: 1, max: 9_999_999 }).map((thousandths) => decimal((thousandths / 1000).toFixed(3))),
    );
    const parts = fc.array(fc.record({ quantity, unitPrice: price }), { minLength: 1, maxLength: 6 });
    const share = fc
      .integer({ min: 1, max: 366 })
      .chain((days) => fc.tuple(fc.integer({ min: 0, max: 3 * days }), fc.constant(days)));
    const currency = fc.constantFrom('JPY', 'EUR', 'BHD', 'CLF');
    fc.assert(
      fc.property(parts, share, currency, (line, [numerator, denominator], code) => {
        const amounts = partAmounts(line, fraction(numerator, denominator), code);
        const sum = line.map((part) => times(ratioOf(part.quantity), ratioOf(part.unitPrice))).reduce(plus);
        const minorUnits = { numerator: 10n ** BigInt(currencyExponent(code)), denominator: 1n };
        const of = { numerator: BigInt(numerator), denominator: BigInt(denominator) };
        const expected = nearest(times(times(sum, of), minorUnits));
        expect(amounts.reduce((total, amount) => total + amount.minor, 0n)).toBe(expected);
        expect(amounts.every((amount) => amount.currency === code && amount.minor >= 0n)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

const months = (count: number): Period => ({ unit: 'month', count });
const days = (count: number): Period => ({ unit: 'day', count });

/** `17/31 2026-01-15..2026-02-01`, or none. */
function firstOf(plan: Partial<PlanVersion>, anchor: string): string {
  const first = firstPeriod(aPlanVersion(plan), date(anchor));
  if (first === undefined) return 'none';
  const { fraction: of, period } = first;
  return `${of.numerator}/${of.denominator} ${period.start.toString()}..${period.end.toString()}`;
}

describe('what is charged at the start', () => {
  test.each([
    ['2026-01-15', 0, '1/1 2026-01-15..2026-02-15'],
    ['2026-01-29', 0, '1/1 2026-01-29..2026-02-28'],
    ['2026-01-30', 0, '1/1 2026-01-30..2026-02-28'],
    ['2026-01-31', 0, '1/1 2026-01-31..2026-02-28'],
    ['2028-01-31', 0, '1/1 2028-01-31..2028-02-29'],
    ['2026-01-31', 1, 'none'],
    ['2026-01-31', 12, 'none'],
  ])('monthly in advance from %s, free for %i months', (anchor, chargeableMonths, expected) => {
    expect(firstOf({ chargeableMonths }, anchor)).toBe(expected);
  });

  test.each([
    // The year of billing is charged from the end of the free months on, by the day.
    ['2026-01-31', 1, '337/365 2026-02-28..2027-01-31'],
    ['2028-01-31', 1, '337/366 2028-02-29..2029-01-31'],
    ['2027-02-28', 3, '276/365 2027-05-28..2028-02-28'],
    ['2028-02-29', 11, '30/365 2029-01-29..2029-02-28'],
    ['2028-02-29', 12, 'none'],
  ])('yearly in advance from %s, free for %i months', (anchor, chargeableMonths, expected) => {
    const year = { unit: 'year', count: 1 } as const;
    expect(firstOf({ subscriptionPeriod: year, billingPeriod: year, chargeableMonths }, anchor)).toBe(expected);
  });

  test.each([
    ['2026-01-31', 0, '12/1 2026-01-31..2027-01-31'],
    ['2026-01-31', 1, '11/1 2026-02-28..2027-01-31'],
    ['2026-01-31', 12, 'none'],
    ['2026-01-31', 13, 'none'],
  ])('a year of months at once from %s, free for %i months', (anchor, chargeableMonths, expected) => {
    const model = {
      billingModel: 'before_subscription_period',
      subscriptionPeriod: { unit: 'year', count: 1 },
    } as const;
    expect(firstOf({ ...model, chargeableMonths }, anchor)).toBe(expected);
  });

  test('a year of quarters at once, free for the first month: two thirds of a quarter by the day, and three quarters', () => {
    const model = {
      billingModel: 'before_subscription_period',
      subscriptionPeriod: months(12),
      billingPeriod: months(3),
      chargeableMonths: 1,
    } as const;
    // 2026-01-15..04-15 has 90 days, 31 of them free.
    expect(firstOf(model, '2026-01-15')).toBe('329/90 2026-02-15..2027-01-15');
  });

  test.each(['after_billing_period', 'external_rating'] as const)('%s: nothing', (billingModel) => {
    expect(firstOf({ billingModel }, '2026-01-15')).toBe('none');
  });
});

/** Anchors around the ends of months, leap years included. */
const anchors = fc
  .tuple(
    fc.integer({ min: 2024, max: 2033 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(1, 2, 15, 27, 28, 29, 30, 31),
  )
  .map(([year, month, day]) => Temporal.PlainDate.from({ year, month, day }, { overflow: 'constrain' }));

/** Plans whose billing period divides their subscription period, as every published plan's does. */
const plans = fc
  .record({
    billing: fc.oneof(fc.constantFrom(1, 2, 3, 6, 12).map(months), fc.constantFrom(1, 7, 30, 90).map(days)),
    times: fc.integer({ min: 1, max: 5 }),
    chargeableMonths: fc.integer({ min: 0, max: 26 }),
    billingModel: fc.constantFrom('before_billing_period' as const, 'before_subscription_period' as const),
  })
  .map(({ billing, times: count, chargeableMonths, billingModel }) =>
    aPlanVersion({
      billingPeriod: billing,
      subscriptionPeriod: { unit: billing.unit, count: billing.count * count },
      chargeableMonths,
      billingModel,
    }),
  );

/** Every day from one date to another, with the share of a billing period that it is. */
function sharesByDay(anchor: Temporal.PlainDate, billing: Period, from: Temporal.PlainDate, to: Temporal.PlainDate) {
  let sum = { numerator: 0n, denominator: 1n };
  for (let n = 0; ; n += 1) {
    const period = periodAt(anchor, billing, n);
    if (Temporal.PlainDate.compare(period.start, to) >= 0) return sum;
    let inside = 0n;
    for (let day = period.start; Temporal.PlainDate.compare(day, period.end) < 0; day = day.add({ days: 1 })) {
      if (Temporal.PlainDate.compare(day, from) >= 0 && Temporal.PlainDate.compare(day, to) < 0) inside += 1n;
    }
    sum = plus(sum, { numerator: inside, denominator: BigInt(daysIn(period)) });
  }
}

test('no day is charged twice or dropped: the share is that of each day from the start of charging to the end', () => {
  fc.assert(
    fc.property(plans, anchors, (plan, anchor) => {
      const from = startOfCharging(plan, anchor);
      const period = plan.billingModel === 'before_billing_period' ? plan.billingPeriod : plan.subscriptionPeriod;
      const end = boundary(anchor, 1, period);
      const first = firstPeriod(plan, anchor);
      if (Temporal.PlainDate.compare(from, end) >= 0) {
        expect(first).toBeUndefined();
        return;
      }
      expect(first!.period.start.toString()).toBe(from.toString());
      expect(first!.period.end.toString()).toBe(end.toString());
      const expected = sharesByDay(anchor, plan.billingPeriod, from, end);
      expect(first!.fraction.numerator * expected.denominator).toBe(expected.numerator * first!.fraction.denominator);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['2026-01-31', 0, '2026-01-31'],
  ['2026-01-31', 1, '2026-02-28'],
  ['2028-01-31', 1, '2028-02-29'],
  ['2026-01-31', 2, '2026-03-31'],
  ['2028-02-29', 12, '2029-02-28'],
])('charging of a license of %s with %i free months starts on %s', (anchor, chargeableMonths, expected) => {
  expect(startOfCharging({ chargeableMonths }, date(anchor)).toString()).toBe(expected);
});

describe('the charges of a line', () => {
  const plan = aPlanVersion({ billingPeriod: months(1), subscriptionPeriod: months(12) });
  const rate = aRate(plan, { priceModel: 'tiered', chargeTypes: ['setup', 'recurring'], name: 'Seats' });
  const seller = newId<'account'>();
  const customerId = newId<'customer'>();

  test('each edge has its own price, currency, date and buyer; an edge without a price has none', () => {
    const edges = [
      anEdge({ buyerId: newId<'account'>(), byType: {} }),
      anEdge({
        buyerId: seller,
        date: '2026-03-01',
        byType: { setup: anEdgePrice('JPY', '99.5'), recurring: anEdgePrice('JPY', '100.4') },
      }),
      anEdge({
        sellerId: seller,
        date: '2026-02-28',
        byType: {
          recurring: anEdgePrice('EUR', [
            ['0', '2'],
            ['2', '1.333'],
          ]),
        },
      }),
    ];
    const charges = firstCharges({ plan, rate, quantity: decimal('3'), prices: edges, customerId });
    expect(
      charges.map((charge) => [
        charge.buyerId,
        charge.type,
        formatMoney(charge.amount),
        charge.amount.currency,
        charge.bookedOn,
        `${charge.period.start.toString()}..${charge.period.end.toString()}`,
      ]),
    ).toEqual([
      [seller, 'setup', '299', 'JPY', '2026-03-01', '2026-03-01..2026-04-01'],
      [seller, 'recurring', '301', 'JPY', '2026-03-01', '2026-03-01..2026-04-01'],
      [customerId, 'recurring', '4', 'EUR', '2026-02-28', '2026-02-28..2026-03-28'],
      [customerId, 'recurring', '1.33', 'EUR', '2026-02-28', '2026-02-28..2026-03-28'],
    ]);
    expect(charges.every((charge) => charge.rateId === rate.rateId)).toBe(true);
  });

  test('a setup fee is due at once and whole, whatever the first months cost', () => {
    const free = aPlanVersion({ chargeableMonths: 3 });
    const prices = [anEdge({ byType: { setup: anEdgePrice('EUR', '10'), recurring: anEdgePrice('EUR', '5') } })];
    const charges = firstCharges({ plan: free, rate, quantity: decimal('2'), prices, customerId });
    expect(charges.map((charge) => [charge.type, formatMoney(charge.amount)])).toEqual([['setup', '20']]);
  });

  test('overuse is charged when it happened, not at the start', () => {
    const prices = [anEdge({ byType: { overuse: anEdgePrice('EUR', '10') } })];
    expect(firstCharges({ plan, rate, quantity: decimal('2'), prices, customerId })).toEqual([]);
  });

  test('a charge reads for a person', () => {
    const free = aPlanVersion({ billingPeriod: months(3), subscriptionPeriod: months(3), chargeableMonths: 1 });
    const prices = [anEdge({ date: '2026-01-15', byType: { recurring: anEdgePrice('EUR', '1.15') } })];
    const [charge] = firstCharges({ plan: free, rate, quantity: decimal('10'), prices, customerId });
    expect(describeCharge('Storage', charge!)).toBe('Storage Recurring 10 x 1.15, 2026-02-15 to 2026-04-15 (59/90)');
  });
});
