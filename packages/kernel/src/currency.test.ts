import * as oracle from 'dinero.js/bigint/currencies';
import { describe, expect, test } from 'vitest';
import { currencyExponent, isCurrency } from './currency.ts';

describe('currencies', () => {
  const listed = Object.values(oracle);

  test('every one of an independent list is known with its exponent', () => {
    expect(listed.length).toBeGreaterThan(150);
    const different = listed
      .filter(({ code, exponent }) => !isCurrency(code) || BigInt(currencyExponent(code)) !== exponent)
      .map(({ code }) => code);
    // BGN gave way to the euro on 2026-01-01. MGA and MRU: a fifth is the minor unit (base 5), which ISO 4217 lists as 2 digits.
    expect(different).toEqual(['BGN', 'MGA', 'MRU']);
    expect([currencyExponent('MGA'), currencyExponent('MRU')]).toEqual([2, 2]);
  });

  test('nothing else is known', () => {
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const known = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c))).filter(isCurrency);
    const listedCodes = new Set<string>(listed.map(({ code }) => code));
    expect(known).toHaveLength(listed.length - 1);
    expect(known.filter((code) => !listedCodes.has(code))).toEqual([]);
  });

  test.each([
    ['EUR', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['CLF', 4],
  ])('%s has %i digits', (code, digits) => {
    expect(currencyExponent(code)).toBe(digits);
  });

  test.each(['eur', 'EU', 'EURO', '', 'XAU', 'XXX', 'XTS', 'DEM', 'constructor', '__proto__', 'E\u0000R'])(
    '%j is none',
    (code) => {
      expect(isCurrency(code)).toBe(false);
      expect(() => currencyExponent(code)).toThrow(
        expect.objectContaining({ code: 'money.unknown_currency', kind: 'invalid' }),
      );
    },
  );
});
