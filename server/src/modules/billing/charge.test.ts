import {
  currencyExponent,
  decimal,
  formatDecimal,
  formatMoney,
  fraction,
  money,
  newId,
  type Decimal,
} from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { date, nearest, plus, ratioOf, tiersOf, times, type TiersWanted } from '../../../../test/support/values.ts';
import type { PriceModel } from '../catalog/index.ts';
import { describeCharge, partAmounts, startOfCharging, tierParts, type Charge } from './charge.ts';

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

  test('flat: all units at the one price, whatever tiers a list has beside the first', () => {
    expect(partsOf('flat', '17.5', '3')).toEqual(['3 x 17.5']);
    expect(partsOf('flat', tiers, '12')).toEqual(['12 x 5']);
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

  test.each(['flat', 'tiered', 'volume'] as const)('%s: no tiers, no parts', (model) => {
    expect(partsOf(model, [], '5')).toEqual([]);
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

test.each([
  ['2026-01-31', 0, '2026-01-31'],
  ['2026-01-31', 1, '2026-02-28'],
  ['2028-01-31', 1, '2028-02-29'],
  ['2026-01-31', 2, '2026-03-31'],
  ['2028-02-29', 12, '2029-02-28'],
])('charging of a license of %s with %i free months starts on %s', (anchor, chargeableMonths, expected) => {
  expect(startOfCharging({ chargeableMonths }, date(anchor)).toString()).toBe(expected);
});

test.each([
  ['59/90', 'Storage Recurring 10 x 1.15, 2026-02-15 to 2026-04-15 (59/90)'],
  ['1/1', 'Storage Recurring 10 x 1.15, 2026-02-15 to 2026-04-15'],
])('a charge of %s of a period reads for a person', (of, text) => {
  const [numerator = 1, denominator = 1] = of.split('/').map(Number);
  const charge: Charge = {
    rateId: newId<'rate'>(),
    sellerId: newId<'account'>(),
    buyerId: newId<'customer'>(),
    type: 'recurring',
    quantity: decimal('10'),
    unitPrice: decimal('1.15'),
    fraction: fraction(numerator, denominator),
    period: { start: date('2026-02-15'), end: date('2026-04-15') },
    amount: money(754n, 'EUR'),
    bookedOn: '2026-01-15',
    source: { kind: 'free' },
  };
  expect(describeCharge('Storage', charge)).toBe(text);
  const now = { ...charge, type: 'setup', period: { start: charge.period.start, end: charge.period.start } } as const;
  expect(describeCharge('Storage', { ...now, fraction: fraction(1, 1) })).toBe('Storage Setup 10 x 1.15');
});
