import { add, dinero, halfAwayFromZero, multiply, toDecimal, transformScale } from 'dinero.js/bigint';
import { BHD, EUR, JPY } from 'dinero.js/bigint/currencies';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from './decimal.ts';
import { fraction, whole } from './fraction.ts';
import {
  addMoney,
  formatMoney,
  formatMoneyFixed,
  lineAmount,
  money,
  negateMoney,
  parseMoney,
  roundHalfAwayFromZero,
  roundToCurrency,
  splitAmounts,
  subtractMoney,
  sumMoney,
  zeroMoney,
} from './money.ts';
import type { Rate } from './money.ts';

const rounding = 'half_away_from_zero';
const oracleCurrencies = [JPY, EUR, BHD] as const;
const currencies = fc.constantFrom(...oracleCurrencies.map(({ code }) => code));

/** A price with up to 6 decimals, as text and as the two whole numbers that the oracles calculate with. */
const prices = fc
  .tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, scale]) => ({ digits, scale, text: plain(digits, scale) }));
const quantities = fc.oneof(
  fc.integer({ min: 0, max: 999_999 }).map((digits) => ({ digits: BigInt(digits), scale: 0, text: String(digits) })),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 10n }), fc.integer({ min: 1, max: 4 }))
    .map(([digits, scale]) => ({ digits, scale, text: plain(digits, scale) })),
);
const shares = fc
  .integer({ min: 1, max: 366 })
  .chain((days) => fc.tuple(fc.integer({ min: 0, max: days }), fc.constant(days)));

function plain(digits: bigint, scale: number): string {
  const sign = digits < 0n ? '-' : '';
  const size = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return scale === 0 ? sign + size : `${sign}${size.slice(0, -scale)}.${size.slice(-scale)}`;
}

function rateOf(text: string, currency: string): Rate {
  return { perUnit: decimal(text), currency };
}

/** Rounding from its definition: of the whole numbers around the quotient the nearer one, the outer one at a half. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const towardsZero = numerator / denominator;
  const rest = numerator % denominator;
  const twice = rest < 0n ? -2n * rest : 2n * rest;
  if (twice < denominator) return towardsZero;
  return towardsZero + (numerator < 0n ? -1n : 1n);
}

describe('reading and writing', () => {
  test.each([
    ['70.5', 'EUR', 7050n, '70.5', '70.50'],
    ['70.50', 'EUR', 7050n, '70.5', '70.50'],
    ['20', 'EUR', 2000n, '20', '20.00'],
    ['0', 'EUR', 0n, '0', '0.00'],
    ['-0.05', 'EUR', -5n, '-0.05', '-0.05'],
    ['100', 'JPY', 100n, '100', '100'],
    ['1.234', 'BHD', 1234n, '1.234', '1.234'],
    ['1.2', 'CLF', 12000n, '1.2', '1.2000'],
  ])('%s %s', (text, currency, minor, shortest, fixed) => {
    const amount = parseMoney(text, currency);
    expect(amount).toEqual({ minor, currency });
    expect(formatMoney(money(minor, currency))).toBe(shortest);
    expect(formatMoneyFixed(money(minor, currency))).toBe(fixed);
  });

  test.each([
    ['0.005', 'EUR'],
    ['1.000', 'EUR'],
    ['1.0', 'JPY'],
    ['1.2345', 'BHD'],
    ['1e2', 'EUR'],
    ['', 'EUR'],
    ['1000000000000000', 'EUR'],
  ])('refuses %s %s', (text, currency) => {
    expect(parseMoney(text, currency)).toBeUndefined();
  });

  test('an amount survives both notations', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n - 10n ** 15n, max: 10n ** 15n - 1n }), currencies, (minor, currency) => {
        const amount = money(minor, currency);
        expect(parseMoney(formatMoney(amount), currency)).toEqual(amount);
        expect(parseMoney(formatMoneyFixed(amount), currency)).toEqual(amount);
      }),
    );
  });

  test('unknown currencies are refused everywhere', () => {
    const unknown: unknown = expect.objectContaining({ code: 'money.unknown_currency', kind: 'invalid' });
    expect(() => money(1n, 'EURO')).toThrow(unknown);
    expect(() => zeroMoney('')).toThrow(unknown);
    expect(() => parseMoney('1', 'eur')).toThrow(unknown);
    expect(() => roundToCurrency(decimal('1'), 'DEM', rounding)).toThrow(unknown);
    const rate = rateOf('1', 'XXX');
    expect(() => lineAmount({ quantity: decimal('1'), rate, fraction: whole, rounding })).toThrow(unknown);
  });
});

describe('sums', () => {
  test('sums and their notation are those of dinero.js', () => {
    const amounts = fc.array(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), { maxLength: 30 });
    fc.assert(
      fc.property(amounts, fc.constantFrom(...oracleCurrencies), (minors, currency) => {
        const ours = sumMoney(
          minors.map((minor) => money(minor, currency.code)),
          currency.code,
        );
        const oracle = minors.reduce(
          (sum, amount) => add(sum, dinero({ amount, currency })),
          dinero({ amount: 0n, currency }),
        );
        expect(formatMoneyFixed(ours)).toBe(toDecimal(oracle));
      }),
    );
  });

  test('what is added can be taken away again', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        const [x, y] = [money(a, 'EUR'), money(b, 'EUR')];
        expect(subtractMoney(addMoney(x, y), y)).toEqual(x);
        expect(addMoney(x, negateMoney(x))).toEqual(zeroMoney('EUR'));
      }),
    );
  });

  test('currencies do not mix', () => {
    const mixed: unknown = expect.objectContaining({ code: 'money.mixed_currencies', kind: 'bug' });
    const [euro, dollar] = [money(1n, 'EUR'), money(1n, 'USD')];
    expect(() => addMoney(euro, dollar)).toThrow(mixed);
    expect(() => subtractMoney(euro, dollar)).toThrow(mixed);
    expect(() => sumMoney([euro, dollar], 'EUR')).toThrow(mixed);
    expect(() => sumMoney([euro], 'USD')).toThrow(mixed);
    expect(sumMoney([], 'USD')).toEqual(zeroMoney('USD'));
  });
});

describe('rounding', () => {
  test.each([
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [3n, 2n, 2n],
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [-2n, 3n, -1n],
    [1n, -2n, -1n],
    [-1n, -2n, 1n],
    [49n, 100n, 0n],
    [0n, 7n, 0n],
  ])('%s/%s is %s', (numerator, denominator, expected) => {
    expect(roundHalfAwayFromZero(numerator, denominator)).toBe(expected);
  });

  test('follows its definition, and is symmetric around zero', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 20n }), (numerator, denominator) => {
        const rounded = roundHalfAwayFromZero(numerator, denominator);
        expect(rounded).toBe(nearest(numerator, denominator));
        expect(roundHalfAwayFromZero(-numerator, denominator)).toBe(-rounded);
        expect(roundHalfAwayFromZero(numerator, -denominator)).toBe(-rounded);
      }),
    );
  });

  test('exact halves, which chance rarely meets, go outward', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 1000n }), (n, factor) => {
        expect(roundHalfAwayFromZero((2n * n + 1n) * factor, 2n * factor)).toBe(n + 1n);
        expect(roundHalfAwayFromZero(-(2n * n + 1n) * factor, 2n * factor)).toBe(-(n + 1n));
      }),
    );
  });

  test('division by zero is a bug', () => {
    expect(() => roundHalfAwayFromZero(1n, 0n)).toThrow(
      expect.objectContaining({ code: 'money.division_by_zero', kind: 'bug' }),
    );
  });

  test('roundToCurrency is that of dinero.js', () => {
    fc.assert(
      fc.property(prices, fc.constantFrom(...oracleCurrencies), (price, currency) => {
        const oracle = dinero({ amount: price.digits, currency, scale: BigInt(price.scale) });
        const ours = roundToCurrency(decimal(price.text), currency.code, rounding);
        expect(formatMoneyFixed(ours)).toBe(toDecimal(transformScale(oracle, currency.exponent, halfAwayFromZero)));
      }),
    );
  });
});

describe('lineAmount', () => {
  test.each([
    ['1', '17.5', 'EUR', 1, 1, '17.5'],
    ['4', '17.625', 'EUR', 1, 1, '70.5'],
    ['1', '1.005', 'EUR', 1, 1, '1.01'],
    ['1', '-1.005', 'EUR', 1, 1, '-1.01'],
    ['3', '0.333', 'JPY', 1, 1, '1'],
    ['1', '1.0005', 'KWD', 1, 1, '1.001'],
    // A day price that is never rounded: 10 of 30 days of 19.99, not 10 times 0.67.
    ['1', '19.99', 'EUR', 10, 30, '6.66'],
    ['5', '19.8', 'USD', 17, 31, '54.29'],
    ['999999', '0.000001', 'EUR', 1, 1, '1'],
    ['999999', '123.456789', 'EUR', 1, 1, '123456665.54'],
    ['999999', '999999.999999', 'EUR', 1, 1, '999998999999'],
    ['999999', '999999.999999', 'JPY', 30, 31, '967740967741'],
    ['7', '17.5', 'EUR', 0, 31, '0'],
  ])('%s x %s %s x %i/%i = %s', (quantity, price, currency, days, of, expected) => {
    const rate = rateOf(price, currency);
    const amount = lineAmount({ quantity: decimal(quantity), rate, fraction: fraction(days, of), rounding });
    expect(formatMoney(amount)).toBe(expected);
    expect(amount.currency).toBe(currency);
  });

  test('is the exact product, rounded once', () => {
    fc.assert(
      fc.property(
        quantities,
        prices,
        shares,
        fc.constantFrom(...oracleCurrencies),
        (quantity, price, [days, of], currency) => {
          const amount = lineAmount({
            quantity: decimal(quantity.text),
            rate: rateOf(price.text, currency.code),
            fraction: fraction(days, of),
            rounding,
          });
          const numerator = quantity.digits * price.digits * BigInt(days) * 10n ** currency.exponent;
          const denominator = 10n ** BigInt(quantity.scale + price.scale) * BigInt(of);
          expect(amount).toEqual({ minor: nearest(numerator, denominator), currency: currency.code });
        },
      ),
      { numRuns: 500 },
    );
  });

  test('for a whole period is that of dinero.js', () => {
    fc.assert(
      fc.property(quantities, prices, fc.constantFrom(...oracleCurrencies), (quantity, price, currency) => {
        const ours = lineAmount({
          quantity: decimal(quantity.text),
          rate: rateOf(price.text, currency.code),
          fraction: whole,
          rounding,
        });
        const unit = dinero({ amount: price.digits, currency, scale: BigInt(price.scale) });
        const exact = multiply(unit, { amount: quantity.digits, scale: BigInt(quantity.scale) });
        expect(formatMoneyFixed(ours)).toBe(toDecimal(transformScale(exact, currency.exponent, halfAwayFromZero)));
      }),
    );
  });
});

describe('splitAmounts', () => {
  test('a month in three parts that would each round down still sums to the month', () => {
    const parts = [10, 10, 10].map((days) => ({ quantity: decimal('1'), fraction: fraction(days, 30) }));
    const amounts = splitAmounts(parts, rateOf('10', 'EUR'), rounding);
    expect(amounts.map(formatMoney)).toEqual(['3.33', '3.34', '3.33']);
  });

  test('no parts are no lines', () => {
    expect(splitAmounts([], rateOf('10', 'EUR'), rounding)).toEqual([]);
  });

  test('any split of the days of a period sums to the line that was not split', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        cuts,
        quantities,
        prices,
        currencies,
        fc.integer({ min: 0, max: 60 }),
        (days, quantity, price, currency, rest) => {
          const total = days.reduce((sum, count) => sum + count, 0);
          const of = total + rest + 1;
          const rate = rateOf(price.text, currency);
          const parts = days.map((count) => ({ quantity: decimal(quantity.text), fraction: fraction(count, of) }));
          const unsplit = lineAmount({ ...parts[0]!, rate, fraction: fraction(total, of), rounding });
          expect(sumMoney(splitAmounts(parts, rate, rounding), currency)).toEqual(unsplit);
        },
      ),
    );
  });

  test('any split of the units sums to the line that was not split', () => {
    const seats = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(seats, prices, shares, currencies, (counts, price, [days, of], currency) => {
        const rate = rateOf(price.text, currency);
        const parts = counts.map((count) => ({ quantity: decimal(String(count)), fraction: fraction(days, of) }));
        const quantity = decimal(String(counts.reduce((sum, count) => sum + count, 0)));
        const unsplit = lineAmount({ quantity, rate, fraction: fraction(days, of), rounding });
        expect(sumMoney(splitAmounts(parts, rate, rounding), currency)).toEqual(unsplit);
      }),
    );
  });

  test('parts of periods of different lengths add up exactly before they are rounded', () => {
    const parts = fc.array(fc.tuple(quantities, shares), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(parts, prices, fc.constantFrom(...oracleCurrencies), (list, price, currency) => {
        const amounts = splitAmounts(
          list.map(([quantity, [days, of]]) => ({ quantity: decimal(quantity.text), fraction: fraction(days, of) })),
          rateOf(price.text, currency.code),
          rounding,
        );
        // The oracle sums over one common denominator that is never reduced.
        let numerator = 0n;
        let denominator = 1n;
        let before = 0n;
        const expected = list.map(([quantity, [days, of]]) => {
          const by = BigInt(of) * 10n ** BigInt(quantity.scale);
          numerator = numerator * by + quantity.digits * BigInt(days) * denominator;
          denominator *= by;
          const upTo = nearest(
            numerator * price.digits * 10n ** currency.exponent,
            denominator * 10n ** BigInt(price.scale),
          );
          const minor = upTo - before;
          before = upTo;
          return { minor, currency: currency.code };
        });
        expect(amounts).toEqual(expected);
      }),
    );
  });

  test('a refund split the same way takes back the same lines', () => {
    const parts = fc.array(shares, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(parts, quantities, prices, currencies, (list, quantity, price, currency) => {
        const charged = list.map(([days, of]) => ({ quantity: decimal(quantity.text), fraction: fraction(days, of) }));
        const rate = rateOf(price.text, currency);
        const refund = rateOf(plain(-price.digits, price.scale), currency);
        expect(splitAmounts(charged, refund, rounding)).toEqual(splitAmounts(charged, rate, rounding).map(negateMoney));
      }),
    );
  });
});
