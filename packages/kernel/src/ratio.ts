import type { Decimal } from './decimal.ts';
import { TierlineError } from './errors.ts';
import type { Fraction } from './fraction.ts';

/** An exact number as a quotient of two whole numbers, reduced; the denominator is above 0. For sums that are rounded later. */
export type Ratio = { readonly numerator: bigint; readonly denominator: bigint };

export const zeroRatio: Ratio = { numerator: 0n, denominator: 1n };

/** Throws `ratio.invalid` (bug) when the denominator is not above 0. */
export function ratio(numerator: bigint, denominator: bigint): Ratio {
  if (denominator <= 0n) {
    throw new TierlineError('ratio.invalid', 'bug', 'An exact number needs a denominator above 0.', {
      internal: `${numerator}/${denominator}`,
    });
  }
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function addRatio(a: Ratio, b: Ratio): Ratio {
  if (a.denominator === b.denominator) return ratio(a.numerator + b.numerator, a.denominator);
  return ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

/** quantity x unit price x share of a period, exactly: what a line is before it is rounded. */
export function exactLine(quantity: Decimal, unitPrice: Decimal, share: Fraction): Ratio {
  return ratio(
    quantity.coefficient * unitPrice.coefficient * share.numerator,
    10n ** BigInt(quantity.scale + unitPrice.scale) * share.denominator,
  );
}

/** `7/3`, `5`: how it is stored. */
export function formatRatio({ numerator, denominator }: Ratio): string {
  return denominator === 1n ? numerator.toString() : `${numerator}/${denominator}`;
}

/** Reads what `formatRatio` wrote. Throws `ratio.unreadable` (bug). */
export function parseRatio(text: string): Ratio {
  const match = /^(-?\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) {
    throw new TierlineError('ratio.unreadable', 'bug', 'A stored number could not be read.', {
      internal: text.slice(0, 80),
    });
  }
  return ratio(BigInt(match[1]!), BigInt(match[2] ?? '1'));
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
