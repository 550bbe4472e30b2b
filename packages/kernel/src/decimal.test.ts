import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecimal,
  compareDecimal,
  decimal,
  formatDecimal,
  isNegative,
  isZero,
  maxDecimal,
  minDecimal,
  multiplyDecimal,
  negateDecimal,
  one,
  parseDecimal,
  subtractDecimal,
  zero,
} from './decimal.ts';
import type { Decimal } from './decimal.ts';

/** Any decimal that a request may send: 15 digits before and 12 after the point. */
const decimals = fc
  .integer({ min: 0, max: 12 })
  .chain((scale) =>
    fc.tuple(
      fc.bigInt({ min: 1n - 10n ** BigInt(15 + scale), max: 10n ** BigInt(15 + scale) - 1n }),
      fc.constant(scale),
    ),
  )
  .map(([coefficient, scale]) => decimal(plain(coefficient, scale)));

/** Written by hand, so that the formatter is not tested by itself. */
function plain(coefficient: bigint, scale: number): string {
  const sign = coefficient < 0n ? '-' : '';
  const size = coefficient < 0n ? -coefficient : coefficient;
  const unit = 10n ** BigInt(scale);
  return scale === 0 ? `${sign}${size}` : `${sign}${size / unit}.${String(size % unit).padStart(scale, '0')}`;
}

/** The value in units of 10^-30, the finest scale there is. */
function exact(d: Decimal): bigint {
  return d.coefficient * 10n ** BigInt(30 - d.scale);
}

describe('parseDecimal', () => {
  test.each([
    ['17.5', 175n, 1],
    ['20', 20n, 0],
    ['20.00', 20n, 0],
    ['1.10', 11n, 1],
    ['0', 0n, 0],
    ['-0', 0n, 0],
    ['-0.00', 0n, 0],
    ['-1.05', -105n, 2],
    ['0.000000000001', 1n, 12],
    ['007', 7n, 0],
    ['999999999999999.999999999999', 999999999999999999999999999n, 12],
    ['-999999999999999.999999999999', -999999999999999999999999999n, 12],
  ])('%s', (text, coefficient, scale) => {
    expect(parseDecimal(text)).toEqual({ coefficient, scale });
  });

  test.each([
    '',
    '-',
    '.',
    '.5',
    '5.',
    '-.5',
    '+1',
    '--1',
    '1e3',
    '1E3',
    '0x10',
    ' 1',
    '1 ',
    '1\n',
    '1,5',
    '1.000,5',
    '1_000',
    'NaN',
    'Infinity',
    '1.2.3',
    '1-',
    '\u0663',
    '\uff11',
    '1\u0000',
    '1n',
    '1000000000000000',
    '0.0000000000001',
  ])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  test('the limits count digits as written', () => {
    expect(parseDecimal('123', { integerDigits: 2 })).toBeUndefined();
    expect(parseDecimal('12', { integerDigits: 2 })).toEqual({ coefficient: 12n, scale: 0 });
    expect(parseDecimal('1.50', { fractionDigits: 1 })).toBeUndefined();
    expect(parseDecimal('1.5', { fractionDigits: 1 })).toEqual({ coefficient: 15n, scale: 1 });
    expect(parseDecimal('1.0', { fractionDigits: 0 })).toBeUndefined();
  });

  test('a megabyte of digits is refused without being counted', () => {
    expect(parseDecimal('9'.repeat(1_000_000))).toBeUndefined();
  });

  test('anything that is read is written back as the same number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?[0-9]{1,15}(\.[0-9]{1,12})?$/), (text) => {
        const value = parseDecimal(text);
        expect(value).toBeDefined();
        // Without zeros that say nothing, and without the sign of a zero, the text is the shortest notation.
        const shortest = text
          .replace(/(\..*?)0+$/, '$1')
          .replace(/\.$/, '')
          .replace(/^(-?)0+(?=\d)/, '$1')
          .replace(/^-0$/, '0');
        expect(value && formatDecimal(value)).toBe(shortest);
      }),
    );
  });
});

describe('formatDecimal', () => {
  test.each([
    ['17.5', undefined, '17.5'],
    ['20', undefined, '20'],
    ['20', 1, '20.0'],
    ['17.5', 1, '17.5'],
    ['17.125', 1, '17.125'],
    ['0', 2, '0.00'],
    ['-0.05', undefined, '-0.05'],
    ['-0.5', 3, '-0.500'],
    ['1000', undefined, '1000'],
  ])('%s with at least %s digits is %s', (text, minFractionDigits, expected) => {
    expect(formatDecimal(decimal(text), minFractionDigits === undefined ? {} : { minFractionDigits })).toBe(expected);
  });

  test('is read back as the same value, always normalized', () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: 0, max: 12 }), (d, minFractionDigits) => {
        expect(decimal(formatDecimal(d))).toEqual(d);
        expect(decimal(formatDecimal(d, { minFractionDigits }))).toEqual(d);
        expect(d.scale === 0 || d.coefficient % 10n !== 0n).toBe(true);
      }),
    );
  });
});

describe('arithmetic', () => {
  test('sums, differences and order are those of exact whole numbers', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(exact(addDecimal(a, b))).toBe(exact(a) + exact(b));
        expect(exact(subtractDecimal(a, b))).toBe(exact(a) - exact(b));
        expect(exact(negateDecimal(a))).toBe(-exact(a));
        expect(compareDecimal(a, b)).toBe(exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0);
        expect(exact(minDecimal(a, b))).toBe(exact(a) < exact(b) ? exact(a) : exact(b));
        expect(exact(maxDecimal(a, b))).toBe(exact(a) > exact(b) ? exact(a) : exact(b));
        expect(isNegative(a)).toBe(exact(a) < 0n);
        expect(isZero(subtractDecimal(a, a))).toBe(true);
      }),
    );
  });

  test.each([
    ['-0.5', -1, false, true],
    ['0', 0, true, false],
    ['-0.00', 0, true, false],
    ['0.5', 1, false, false],
  ])('%s against zero', (text, order, none, negative) => {
    const d = decimal(text);
    expect([compareDecimal(d, zero), isZero(d), isNegative(d)]).toEqual([order, none, negative]);
    expect(compareDecimal(zero, d)).toBe(order === 0 ? 0 : -order);
    expect(compareDecimal(d, decimal(`${text}${text.includes('.') ? '' : '.'}00`))).toBe(0);
  });

  test('products are exact', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(exact(multiplyDecimal(a, b)) * 10n ** 30n).toBe(exact(a) * exact(b));
        expect(multiplyDecimal(a, one)).toEqual(a);
        expect(multiplyDecimal(a, zero)).toEqual(zero);
      }),
    );
  });

  test('results are normalized, so equal numbers are equal values', () => {
    expect(addDecimal(decimal('0.05'), decimal('0.95'))).toEqual(one);
    expect(multiplyDecimal(decimal('0.5'), decimal('20'))).toEqual(decimal('10'));
    expect(subtractDecimal(decimal('1.5'), decimal('1.5'))).toEqual(zero);
  });

  test('more digits than can be kept are an error, never rounded in silence', () => {
    const tiny = decimal('0.0000000000000001');
    expect(() => multiplyDecimal(tiny, tiny)).toThrow(
      expect.objectContaining({ code: 'decimal.too_precise', kind: 'bug' }),
    );
    // The same digits that cancel out are no loss.
    expect(multiplyDecimal(decimal('0.0000000000000005'), decimal('0.000000000000002'))).toEqual(
      decimal('0.000000000000000000000000000001'),
    );
  });
});

test('decimal throws a bug for what is no number, without showing it to callers', () => {
  expect(() => decimal('1e3')).toThrow(
    expect.objectContaining({ code: 'decimal.unreadable', kind: 'bug', message: 'A number could not be read.' }),
  );
  expect(decimal(`1.${'0'.repeat(29)}1`).scale).toBe(30);
});
