import { TierlineError } from './errors.ts';

/**
 * An exact decimal number: `coefficient / 10^scale`.
 * Always normalized (no trailing zeros, the smallest scale from 0 to 30), so equal numbers have equal parts.
 */
export type Decimal = { readonly coefficient: bigint; readonly scale: number };

/** How many digits a text may have before and after the point, counted as written. */
export type DecimalLimits = { readonly integerDigits?: number; readonly fractionDigits?: number };

const scaleMax = 30;
const defaultLimits = { integerDigits: 15, fractionDigits: 12 };
/** What our own code and the database may hold: wider than what a request may send. */
const internalLimits = { integerDigits: 120, fractionDigits: scaleMax };

const powers: readonly bigint[] = Array.from({ length: 2 * scaleMax + 1 }, (_, exponent) => 10n ** BigInt(exponent));

function powerOfTen(exponent: number): bigint {
  return powers[exponent] ?? 10n ** BigInt(exponent);
}

function normalize(coefficient: bigint, scale: number): Decimal {
  if (coefficient === 0n) return zero;
  let shortest = coefficient;
  let digits = scale;
  while (digits > 0 && shortest % 10n === 0n) {
    shortest /= 10n;
    digits -= 1;
  }
  if (digits > scaleMax) {
    // Rounding here in silence would break "exact"; whoever multiplies this far has to round by name before.
    throw new TierlineError(
      'decimal.too_precise',
      'bug',
      'A number has more fraction digits than can be kept exactly.',
      {
        internal: `scale ${digits} is over ${scaleMax}`,
      },
    );
  }
  return { coefficient: shortest, scale: digits };
}

export const zero: Decimal = { coefficient: 0n, scale: 0 };
export const one: Decimal = { coefficient: 1n, scale: 0 };

/**
 * Reads plain decimal notation: optional `-`, digits, optional point and digits.
 * No exponent, `+`, blank, bare point or separator. Undefined when the text is not that, or has more digits than the
 * limits allow (15 before and 12 after the point unless said otherwise).
 */
export function parseDecimal(text: string, limits: DecimalLimits = defaultLimits): Decimal | undefined {
  const integerDigits = limits.integerDigits ?? defaultLimits.integerDigits;
  const fractionDigits = Math.min(limits.fractionDigits ?? defaultLimits.fractionDigits, scaleMax);
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', part = ''] = match;
  // Counted before it is converted: turning a megabyte of digits into a bigint costs seconds.
  if (whole.length > integerDigits || part.length > fractionDigits) return undefined;
  const size = BigInt(whole + part);
  return normalize(sign === '-' ? -size : size, part.length);
}

/**
 * A decimal from a text that our own code or the database wrote; up to 30 fraction digits.
 * Throws `decimal.unreadable` (bug) when it is none: use `parseDecimal` for what comes from outside.
 */
export function decimal(text: string): Decimal {
  const value = parseDecimal(text, internalLimits);
  if (value === undefined) {
    throw new TierlineError('decimal.unreadable', 'bug', 'A number could not be read.', {
      internal: `not a plain decimal: ${JSON.stringify(text.slice(0, 80))}`,
    });
  }
  return value;
}

/** The shortest plain notation (`17.5`, `20`), or with at least so many fraction digits (`20.0`). */
export function formatDecimal(d: Decimal, options: { readonly minFractionDigits?: number } = {}): string {
  const fractionDigits = Math.max(d.scale, options.minFractionDigits ?? 0);
  const negative = d.coefficient < 0n;
  const size = negative ? -d.coefficient : d.coefficient;
  const digits = size.toString().padStart(d.scale + 1, '0') + '0'.repeat(fractionDigits - d.scale);
  const point = digits.length - fractionDigits;
  const text = fractionDigits === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

/** Both coefficients at the larger of the two scales. */
function align(a: Decimal, b: Decimal): { readonly left: bigint; readonly right: bigint; readonly scale: number } {
  if (a.scale === b.scale) return { left: a.coefficient, right: b.coefficient, scale: a.scale };
  return a.scale > b.scale
    ? { left: a.coefficient, right: b.coefficient * powerOfTen(a.scale - b.scale), scale: a.scale }
    : { left: a.coefficient * powerOfTen(b.scale - a.scale), right: b.coefficient, scale: b.scale };
}

export function addDecimal(a: Decimal, b: Decimal): Decimal {
  const { left, right, scale } = align(a, b);
  return normalize(left + right, scale);
}

export function subtractDecimal(a: Decimal, b: Decimal): Decimal {
  const { left, right, scale } = align(a, b);
  return normalize(left - right, scale);
}

/** The exact product. Throws `decimal.too_precise` (bug) when it needs more than 30 fraction digits. */
export function multiplyDecimal(a: Decimal, b: Decimal): Decimal {
  return normalize(a.coefficient * b.coefficient, a.scale + b.scale);
}

export function negateDecimal(d: Decimal): Decimal {
  return { coefficient: -d.coefficient, scale: d.scale };
}

export function compareDecimal(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const { left, right } = align(a, b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function isZero(d: Decimal): boolean {
  return d.coefficient === 0n;
}

export function isNegative(d: Decimal): boolean {
  return d.coefficient < 0n;
}

export function minDecimal(a: Decimal, b: Decimal): Decimal {
  return compareDecimal(a, b) <= 0 ? a : b;
}

export function maxDecimal(a: Decimal, b: Decimal): Decimal {
  return compareDecimal(a, b) >= 0 ? a : b;
}
