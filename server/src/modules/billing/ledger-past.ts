import { formatRatio, parseRatio, type Ratio } from '@tierline/kernel';
import { laterDate } from './dates.ts';
import type { Days } from './ledger-lines.ts';
import type { BillingTerms, EdgeLedger, LedgerItem, LockedPrice } from './ledger.ts';

/** A price that counted until a date, where another one came within the window. */
export type PriceUntil = { readonly until: string; readonly price: LockedPrice };

/** A window of the term that is over: its exact sum and its prices in their order, so that it can be given back as it was charged. */
export type PastWindow = {
  readonly start: string;
  readonly end: string;
  readonly exact: Ratio;
  readonly prices: readonly PriceUntil[];
};

/** A price for a range of days. */
export type PricedDays = { readonly price: LockedPrice; readonly days: Days };

/** Whether something of the term may be given back whole, so that windows that are over still matter. */
function isReturnedWhole({ policies }: BillingTerms): boolean {
  return policies?.cancellation.refund === 'full' || policies?.reduction.refund === 'full';
}

/** Days of the current window, by the prices that counted on them; the last is the one that the item has. */
export function pricedDays({ was = [] }: LedgerItem, price: LockedPrice, days: Days): PricedDays[] {
  if (was.length === 0) return [{ price, days }];
  return partsOf([...was, { until: days.to, price }], days);
}

/** Days of a window that is over, by the prices that counted on them. */
export function pastDays({ start, end, prices }: PastWindow, from: string): PricedDays[] {
  return partsOf(prices, { from: laterDate(from, start), to: end });
}

function partsOf(prices: readonly PriceUntil[], { from, to }: Days): PricedDays[] {
  const parts: PricedDays[] = [];
  let start = from;
  for (const { until, price } of prices) {
    const end = until < to ? until : to;
    if (end <= start) continue;
    parts.push({ price, days: { from: start, to: end } });
    start = end;
  }
  return parts;
}

/** An item whose price changes on a date of the window. */
export function withPriceFrom(item: LedgerItem, price: LockedPrice, on: string): LedgerItem {
  const before = item.prices.recurring;
  const was = before === undefined ? item.was : [...(item.was ?? []), { until: on, price: before }];
  return { ...item, prices: { ...item.prices, recurring: price }, was };
}

/** What an item remembers of the windows of its term when one more is over. */
export function withPast(terms: BillingTerms, { window }: EdgeLedger, item: LedgerItem): LedgerItem {
  const { was = [], past = [], prices, exact } = item;
  const price = prices.recurring;
  const isKept = isReturnedWhole(terms) || was.length > 0 || past.length > 0;
  if (!isKept || price === undefined || window.start === window.end) return { ...item, was: undefined };
  const over = { ...window, exact, prices: [...was, { until: window.end, price }] };
  return { ...item, was: undefined, past: [...past, over] };
}

/** As it is stored: dates and prices in the order of the members. */
export type StoredPast<Price> = {
  readonly was?: readonly (readonly [until: string, price: Price])[];
  readonly past?: readonly (readonly [
    start: string,
    end: string,
    exact: string,
    prices: readonly (readonly [until: string, price: Price])[],
  ])[];
};

export function storePast<Price>({ was, past }: LedgerItem, store: (price: LockedPrice) => Price): StoredPast<Price> {
  const priced = (of: readonly PriceUntil[]) => of.map(({ until, price }) => [until, store(price)] as const);
  return {
    ...(was === undefined ? {} : { was: priced(was) }),
    ...(past === undefined
      ? {}
      : {
          past: past.map(({ start, end, exact, prices }) => [start, end, formatRatio(exact), priced(prices)] as const),
        }),
  };
}

export function readPast<Price>(
  { was, past }: StoredPast<Price>,
  read: (price: Price) => LockedPrice,
): Pick<LedgerItem, 'was' | 'past'> {
  const priced = (of: readonly (readonly [string, Price])[]) =>
    of.map(([until, price]) => ({ until, price: read(price) }));
  return {
    ...(was === undefined ? {} : { was: priced(was) }),
    ...(past === undefined
      ? {}
      : {
          past: past.map(([start, end, exact, prices]) => ({
            start,
            end,
            exact: parseRatio(exact),
            prices: priced(prices),
          })),
        }),
  };
}
