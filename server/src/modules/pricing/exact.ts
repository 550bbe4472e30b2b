import type { Decimal } from '@tierline/kernel';

/** The exact product, with as many digits as it takes: on the way to something that is rounded, or compared. */
export function exactProduct(a: Decimal, b: Decimal): Decimal {
  return shortest(a.coefficient * b.coefficient, a.scale + b.scale);
}

/** The exact sum, likewise. */
export function exactSum(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const of = (value: Decimal): bigint => value.coefficient * 10n ** BigInt(scale - value.scale);
  return shortest(of(a) + of(b), scale);
}

/** Without zeros at its end, as every decimal is. */
function shortest(coefficient: bigint, scale: number): Decimal {
  let digits = coefficient;
  let places = digits === 0n ? 0 : scale;
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n;
    places -= 1;
  }
  return { coefficient: digits, scale: places };
}
