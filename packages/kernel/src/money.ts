import { currencyExponent } from './currency.ts';
import { formatDecimal, parseDecimal } from './decimal.ts';
import type { Decimal } from './decimal.ts';
import { TierlineError } from './errors.ts';
import type { Fraction } from './fraction.ts';
import { addRatio, type Ratio } from './ratio.ts';

/** An amount in whole minor units (cents) of an ISO 4217 currency. */
export type Money = { readonly minor: bigint; readonly currency: string };

/** An exact price of one unit; may have more digits than the currency has. */
export type Rate = { readonly perUnit: Decimal; readonly currency: string };

/** How a line becomes whole minor units; named at every call, so that no rounding happens unseen. */
export type Rounding = 'half_away_from_zero';

/** Throws `money.unknown_currency` (invalid). */
export function money(minor: bigint, currency: string): Money {
  currencyExponent(currency);
  return { minor, currency };
}

export function zeroMoney(currency: string): Money {
  return money(0n, currency);
}

/**
 * Reads an amount in plain decimal notation with at most the fraction digits of its currency (`70.5` EUR, `70` JPY).
 * Undefined when it is none; throws `money.unknown_currency` (invalid).
 */
export function parseMoney(text: string, currency: string): Money | undefined {
  const exponent = currencyExponent(currency);
  const value = parseDecimal(text, { fractionDigits: exponent });
  if (value === undefined) return undefined;
  return { minor: value.coefficient * 10n ** BigInt(exponent - value.scale), currency };
}

/** The shortest plain notation: `70.5`, `20`, `0`. */
export function formatMoney(m: Money): string {
  const fixed = formatMoneyFixed(m);
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}

/** With all digits of the currency: `70.50` EUR, `70` JPY. */
export function formatMoneyFixed(m: Money): string {
  // A coefficient with trailing zeros is not a normalized decimal, but prints as the fixed notation asks.
  return formatDecimal({ coefficient: m.minor, scale: currencyExponent(m.currency) });
}

function sameCurrency(a: string, b: string): void {
  if (a !== b) {
    throw new TierlineError('money.mixed_currencies', 'bug', 'Amounts of different currencies cannot be added.', {
      internal: `${a} and ${b}`,
    });
  }
}

/** Throws `money.mixed_currencies` (bug). */
export function addMoney(a: Money, b: Money): Money {
  sameCurrency(a.currency, b.currency);
  return { minor: a.minor + b.minor, currency: a.currency };
}

/** Throws `money.mixed_currencies` (bug). */
export function subtractMoney(a: Money, b: Money): Money {
  sameCurrency(a.currency, b.currency);
  return { minor: a.minor - b.minor, currency: a.currency };
}

export function negateMoney(m: Money): Money {
  return { minor: -m.minor, currency: m.currency };
}

/** The sum of any number of amounts of one currency; of none, zero. Throws `money.mixed_currencies` (bug). */
export function sumMoney(list: readonly Money[], currency: string): Money {
  return list.reduce(addMoney, zeroMoney(currency));
}

/** The whole number nearest to `numerator / denominator`; a half goes away from zero, so 0.5 is 1 and -0.5 is -1. */
export function roundHalfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new TierlineError('money.division_by_zero', 'bug', 'An amount was divided by zero.');
  const negative = numerator < 0n !== denominator < 0n;
  const size = numerator < 0n ? -numerator : numerator;
  const by = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * size + by) / (2n * by);
  return negative ? -rounded : rounded;
}

function round(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  switch (rounding) {
    case 'half_away_from_zero':
      return roundHalfAwayFromZero(numerator, denominator);
  }
}

function share(quantity: Decimal, part: Fraction): Ratio {
  return {
    numerator: quantity.coefficient * part.numerator,
    denominator: 10n ** BigInt(quantity.scale) * part.denominator,
  };
}

/** The single place where a rate becomes money: rate x exact share of units, rounded once to the minor unit. */
function amountOf(units: Ratio, rate: Rate, rounding: Rounding): bigint {
  const minorPerMajor = 10n ** BigInt(currencyExponent(rate.currency));
  return round(
    units.numerator * rate.perUnit.coefficient * minorPerMajor,
    units.denominator * 10n ** BigInt(rate.perUnit.scale),
    rounding,
  );
}

/**
 * The amount of a line: quantity x price of a unit x share of the period, rounded once to the minor unit (rules of money,
 * 4). Throws `money.unknown_currency` (invalid).
 */
export function lineAmount(input: {
  readonly quantity: Decimal;
  readonly rate: Rate;
  readonly fraction: Fraction;
  readonly rounding: Rounding;
}): Money {
  const minor = amountOf(share(input.quantity, input.fraction), input.rate, input.rounding);
  return { minor, currency: input.rate.currency };
}

/**
 * The amounts of the parts of a line that was split (a period cut where seats changed, an amount over several terms).
 * Part k is round(sum to k) - round(sum to k-1) over exact sums, so the parts add up to the line that was not split, to
 * the minor unit, however it was split (rules of money, 5).
 */
export function splitAmounts(
  parts: readonly { readonly quantity: Decimal; readonly fraction: Fraction }[],
  rate: Rate,
  rounding: Rounding,
): Money[] {
  let sum: Ratio = { numerator: 0n, denominator: 1n };
  let before = 0n;
  return parts.map((part) => {
    sum = addRatio(sum, share(part.quantity, part.fraction));
    const upTo = amountOf(sum, rate, rounding);
    const minor = upTo - before;
    before = upTo;
    return { minor, currency: rate.currency };
  });
}

/** An exact number of major units rounded once to the currency's minor unit. Throws `money.unknown_currency` (invalid). */
export function roundRatio(value: Ratio, currency: string, rounding: Rounding): Money {
  const minorPerMajor = 10n ** BigInt(currencyExponent(currency));
  return { minor: round(value.numerator * minorPerMajor, value.denominator, rounding), currency };
}

/** An exact number of major units rounded to the currency's minor unit. Throws `money.unknown_currency` (invalid). */
export function roundToCurrency(value: Decimal, currency: string, rounding: Rounding): Money {
  const minorPerMajor = 10n ** BigInt(currencyExponent(currency));
  return { minor: round(value.coefficient * minorPerMajor, 10n ** BigInt(value.scale), rounding), currency };
}
