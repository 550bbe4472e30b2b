import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from './decimal.ts';
import { fraction } from './fraction.ts';
import { roundRatio } from './money.ts';
import { addRatio, exactLine, formatRatio, parseRatio, ratio, zeroRatio } from './ratio.ts';

const ratios = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 18n }))
  .map(([n, d]) => ratio(n, d));

describe('an exact number', () => {
  test.each([
    [6n, 4n, '3/2'],
    [-6n, 4n, '-3/2'],
    [0n, 31n, '0'],
    [62n, 31n, '2'],
    [-1n, 3n, '-1/3'],
  ])('%d / %d is kept reduced: %s', (n, d, text) => {
    expect(formatRatio(ratio(n, d))).toBe(text);
  });

  test.each([
    [1n, 0n],
    [1n, -3n],
  ])('%d / %d is a bug', (n, d) => {
    expect(() => ratio(n, d)).toThrow(expect.objectContaining({ code: 'ratio.invalid', kind: 'bug' }));
  });

  test('equal numbers have equal parts, whatever they were made of', () => {
    fc.assert(
      fc.property(ratios, fc.bigInt({ min: 1n, max: 10n ** 9n }), (a, by) => {
        expect(ratio(a.numerator * by, a.denominator * by)).toEqual(a);
        expect(a.denominator > 0n).toBe(true);
      }),
    );
  });
});

describe('sums', () => {
  test('thirds, quarters and days of months', () => {
    expect(formatRatio(addRatio(parseRatio('1/3'), parseRatio('1/6')))).toBe('1/2');
    expect(formatRatio(addRatio(parseRatio('17/31'), parseRatio('14/31')))).toBe('1');
    expect(formatRatio(addRatio(parseRatio('1/28'), parseRatio('1/31')))).toBe('59/868');
    expect(formatRatio(addRatio(parseRatio('-5/7'), parseRatio('5/7')))).toBe('0');
  });

  test('are exact: by cross multiplication, in any order, and undone by the negative', () => {
    fc.assert(
      fc.property(ratios, ratios, ratios, (a, b, c) => {
        const sum = addRatio(a, b);
        const expected = a.numerator * b.denominator + b.numerator * a.denominator;
        expect(sum.numerator * (a.denominator * b.denominator)).toBe(expected * sum.denominator);
        expect(addRatio(sum, c)).toEqual(addRatio(a, addRatio(c, b)));
        expect(addRatio(sum, { ...b, numerator: -b.numerator })).toEqual(a);
        expect(addRatio(a, zeroRatio)).toEqual(a);
      }),
    );
  });
});

describe('a line before it is rounded', () => {
  test.each([
    ['3', '17.5', [17, 31], '1785/62'],
    ['999999', '123456.789012', [1, 1], '30864166388802747/250000'],
    ['-2.5', '0.000001', [1, 2], '-1/800000'],
    ['0', '5', [1, 2], '0'],
    ['1', '5', [0, 31], '0'],
  ] as const)('%s x %s x %j is %s', (quantity, unitPrice, [n, d], text) => {
    expect(formatRatio(exactLine(decimal(quantity), decimal(unitPrice), fraction(n, d)))).toBe(text);
  });

  test.each([
    ['0.005', 'EUR', 1n],
    ['-0.005', 'EUR', -1n],
    ['0.004999', 'EUR', 0n],
    ['-0.5', 'JPY', -1n],
    ['-0.0005', 'BHD', -1n],
  ])('rule 4: %s in %s is rounded half away from zero', (price, currency, minor) => {
    const line = exactLine(decimal('1'), decimal(price), fraction(1, 1));
    expect(roundRatio(line, currency, 'half_away_from_zero').minor).toBe(minor);
  });
});

describe('as it is stored', () => {
  test('what is read is what was written', () => {
    fc.assert(
      fc.property(ratios, (a) => {
        expect(parseRatio(formatRatio(a))).toEqual(a);
      }),
    );
  });

  test.each(['', ' 1', '1/', '/2', '1.5', '1/2/3', '1/-2', '+1', 'NaN', '0x10', '1e3', '1/2\n'])(
    '%j is no number of ours',
    (text) => {
      expect(() => parseRatio(text)).toThrow(expect.objectContaining({ code: 'ratio.unreadable', kind: 'bug' }));
    },
  );

  test('a denominator of 0 is refused', () => {
    expect(() => parseRatio('1/0')).toThrow(expect.objectContaining({ code: 'ratio.invalid' }));
  });
});
