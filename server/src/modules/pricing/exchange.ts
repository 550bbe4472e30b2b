import {
  compareDecimal,
  decimal,
  formatDecimal,
  isCurrency,
  parseDecimal,
  zero,
  type Decimal,
  type Reason,
} from '@tierline/kernel';
import { exactProduct } from './exact.ts';
import type { Tier } from './deal-types.ts';

/** One unit of `from` in units of `to`, as it was set for the days from `date` on. JSON-safe. */
export type Exchange = {
  readonly from: string;
  readonly to: string;
  readonly rate: string;
  readonly date: string;
};

/** A rate of an account, to be set. */
export type NewExchangeRate = Exchange;

/** An exchange that nobody on the way up to the root of the channel has a rate for. */
export type MissingRate = { readonly from: string; readonly to: string; readonly date: string };

/** How many digits behind the point a rate may have, so that converted prices, marked up and discounted, stay exact. */
export const rateDecimalsMax = 10;
const rateDigitsMax = 9;

/** Tiers in another currency, exactly: nothing is rounded before a line is (rules of money, 4). */
export function convertTiers(tiers: readonly Tier[], { rate }: Pick<Exchange, 'rate'>): Tier[] {
  const factor = decimal(rate);
  return tiers.map(({ lowerLimit, amount }) => ({ lowerLimit, amount: exactProduct(amount, factor) }));
}

/** How the rate is looked up between two currencies on an edge; undefined where there is none. */
export type RateLookup = (from: string, to: string) => Exchange | undefined;

/** What of a set of rates is wrong, all at once; `name` says how the caller spells the set. */
export function rateReasons(rates: readonly NewExchangeRate[], name = 'rates'): Reason[] {
  const reasons: Reason[] = [];
  const seen = new Map<string, number>();
  for (const [index, { from, to, rate, date }] of rates.entries()) {
    const add = (code: string, part: string, message: string): void =>
      void reasons.push({ code, field: `${name}.${index}${part}`, message });
    for (const [part, currency] of [
      ['.from', from],
      ['.to', to],
    ] as const) {
      if (!isCurrency(currency)) {
        add('pricing.unknown_currency', part, 'The currency must be an active ISO 4217 code such as EUR.');
      }
    }
    if (from === to) add('pricing.same_currency', '.to', 'A rate is between two different currencies.');
    if (!isRate(rate)) {
      const message = `A rate is above 0, with at most ${rateDigitsMax} digits before and ${rateDecimalsMax} behind the point, such as 1.0842.`;
      add('pricing.invalid_rate', '.rate', message);
    }
    const key = `${from}/${to}/${date}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, index);
    else add('pricing.rate_repeated', '', `Rate ${before} is for the same currencies and the same day.`);
  }
  return reasons;
}

function isRate(text: string): boolean {
  const value: Decimal | undefined = parseDecimal(text, {
    integerDigits: rateDigitsMax,
    fractionDigits: rateDecimalsMax,
  });
  return value !== undefined && compareDecimal(value, zero) > 0;
}

/** Why something can't be priced for want of a rate, for those who may set one. */
export function missingRateMessage(what: string, { from, to, date }: MissingRate): string {
  return `${what} is priced in ${from} and billed in ${to}, and there is no exchange rate from ${from} to ${to} for ${date}. Set one for that day or a day before.`;
}

/** A rate as it is written: without the zeros that change nothing. */
export function plainRate(text: string): string {
  return formatDecimal(decimal(text));
}
