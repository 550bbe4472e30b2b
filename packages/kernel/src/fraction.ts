import { TierlineError } from './errors.ts';

/**
 * A share of a period as two whole numbers (17/31 of a month). Kept as given, not reduced: the two numbers are the days
 * that a person can count on a calendar. `denominator` is above 0, `numerator` is 0 or above.
 */
export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

/** A fraction of two whole numbers. Throws `fraction.invalid` (bug) for others, a negative one or a division by zero. */
export function fraction(n: number | bigint, d: number | bigint): Fraction {
  if (!isWhole(n) || !isWhole(d) || n < 0 || d <= 0) {
    throw new TierlineError('fraction.invalid', 'bug', 'A fraction needs two whole numbers.', {
      internal: `${n}/${d}`,
    });
  }
  return { numerator: BigInt(n), denominator: BigInt(d) };
}

function isWhole(n: number | bigint): boolean {
  return typeof n === 'bigint' || Number.isSafeInteger(n);
}

/** All of it. */
export const whole: Fraction = { numerator: 1n, denominator: 1n };
