import { boundary, periodContaining, periodInMonths, type Period, type Temporal } from '@tierline/kernel';
import { dateText, daysAfter, plainDate } from './dates.ts';
import type { BillingTerms, EdgeLedger, Upcoming } from './ledger.ts';

const oneMonth: Period = { unit: 'month', count: 1 };

/** A length of time; months count where both are given. */
export type TermLength = { readonly months: number | null; readonly days: number | null };

/**
 * Another term after the last one. Its grid and its prices count from the day on which that ends. An end that is no boundary of the grid
 * begins a new one, so that periods of the next term are whole again.
 */
export function renewEdge(
  terms: BillingTerms,
  edge: EdgeLedger,
  renewed: TermLength & { readonly endOn?: string },
  prices: Upcoming['prices'],
): EdgeLedger {
  const from = edge.endOn;
  const before = lastAnchor(edge);
  const anchorOn = anchorFrom(terms, before, from);
  const endOn = renewed.endOn ?? termEnd(before, from, renewed);
  return { ...edge, endOn, upcoming: withLast(edge.upcoming, { from, anchorOn, prices, next: null }) };
}

/** Renewed early twice, the terms come one after the other. */
function withLast(upcoming: Upcoming | null, last: Upcoming): Upcoming {
  return upcoming === null ? last : { ...upcoming, next: withLast(upcoming.next, last) };
}

/** The anchor of the last term that there is. */
export function lastAnchor({ anchorOn, upcoming }: Pick<EdgeLedger, 'anchorOn' | 'upcoming'>): string {
  let anchor = anchorOn;
  for (let term = upcoming; term !== null; term = term.next) anchor = term.anchorOn;
  return anchor;
}

/** The anchor of a grid that has a boundary on a date: the one there is, or one that keeps its day of the month, or the date. */
export function anchorFrom(
  { billingPeriod }: Pick<BillingTerms, 'billingPeriod'>,
  anchorOn: string,
  from: string,
): string {
  const anchor = plainDate(anchorOn);
  if (boundaryOn(anchor, billingPeriod, from) !== undefined) return anchorOn;
  const months = periodInMonths(billingPeriod);
  const n = boundaryOn(anchor, oneMonth, from);
  if (months === undefined || n === undefined) return from;
  // The date may be the 28th for want of a 31st. Counted back by periods there is a month that has it, or in 8 years February's 29th.
  let kept = plainDate(from);
  for (let back = 1; back <= 8 && kept.day < anchor.day; back += 1) {
    const earlier = boundary(anchor, n - back * months, oneMonth);
    if (earlier.day > kept.day) kept = earlier;
  }
  return dateText(kept);
}

/** The number of the boundary that lies on a date; undefined: none does. */
function boundaryOn(anchor: Temporal.PlainDate, period: Period, date: string): number | undefined {
  const { n, range } = periodContaining(anchor, period, plainDate(date));
  return dateText(range.start) === date ? n : undefined;
}

/** A date some months or days after one that lies on the anchor's grid of months; never counted from a clamped date. */
export function termEnd(anchorOn: string, from: string, { months, days }: TermLength): string {
  if (months === null) return daysAfter(from, days ?? 0);
  const n = boundaryOn(plainDate(anchorOn), oneMonth, from);
  if (n === undefined) return dateText(boundary(plainDate(from), months, oneMonth));
  return dateText(boundary(plainDate(anchorOn), n + months, oneMonth));
}
