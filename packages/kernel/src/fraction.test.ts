import { expect, test } from 'vitest';
import { fraction, whole } from './fraction.ts';

test('a fraction is kept as given, not reduced', () => {
  expect(fraction(10, 30)).toEqual({ numerator: 10n, denominator: 30n });
  expect(fraction(0n, 31)).toEqual({ numerator: 0n, denominator: 31n });
  expect(fraction(40, 30)).toEqual({ numerator: 40n, denominator: 30n });
  expect(whole).toEqual({ numerator: 1n, denominator: 1n });
});

test.each([
  [1, 0],
  [1, -1],
  [-1, 30],
  [-1n, 30n],
  [0.5, 1],
  [1, 1.5],
  [Number.NaN, 1],
  [1, Infinity],
  [2 ** 53, 1],
])('%s/%s is a bug', (n, d) => {
  expect(() => fraction(n, d)).toThrow(expect.objectContaining({ code: 'fraction.invalid', kind: 'bug' }));
});
