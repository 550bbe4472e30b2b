import { TierlineError } from './errors.ts';
import { fraction } from './fraction.ts';
import type { Fraction } from './fraction.ts';
import { Temporal } from './temporal.ts';

export type PeriodUnit = 'day' | 'month' | 'year';

/** A length of calendar time; `count` is a whole number from 1. */
export type Period = { readonly unit: PeriodUnit; readonly count: number };

/** Civil dates from `start` (counted) to `end` (not counted). */
export type DateRange = { readonly start: Temporal.PlainDate; readonly end: Temporal.PlainDate };

/** Whether two periods always have the same boundaries: 12 months and 1 year do, 30 days and 1 month do not. */
export function samePeriod(a: Period, b: Period): boolean {
  const months = periodInMonths(a);
  return months === periodInMonths(b) && (months !== undefined || a.count === b.count);
}

/** The length in months, or undefined for a period of days. */
export function periodInMonths(p: Period): number | undefined {
  switch (p.unit) {
    case 'day':
      return undefined;
    case 'month':
      return p.count;
    case 'year':
      return p.count * 12;
  }
}

/**
 * Boundary n: `anchor + n x period`, clamped to the last day of its month; n may be negative. Always counted from the
 * anchor and never from the boundary before, so a subscription of the 31st is back on the 31st after February (rules of
 * dates, 2). Throws `period.invalid` (bug).
 */
export function boundary(anchor: Temporal.PlainDate, n: number, period: Period): Temporal.PlainDate {
  if (!Number.isSafeInteger(n) || !Number.isSafeInteger(period.count) || period.count < 1) {
    throw new TierlineError('period.invalid', 'bug', 'A period needs a whole count from 1.', {
      internal: `boundary ${n} of ${period.count} ${period.unit}`,
    });
  }
  const months = periodInMonths(period);
  const steps = n * (months ?? period.count);
  const known = boundaries.get(anchor);
  const key = months === undefined ? `d${steps}` : `m${steps}`;
  const before = known?.get(key);
  if (before !== undefined) return before;
  const computed = months === undefined ? plusDays(anchor, steps) : plusMonths(anchor, steps);
  if (known === undefined) boundaries.set(anchor, new Map([[key, computed]]));
  else if (known.size < boundariesMax) known.set(key, computed);
  return computed;
}

/**
 * Boundaries that every sale or renewal of a day asks for: adding to a date costs more than the rest of a price. By the anchor itself,
 * since dates that are in use are few and shared, then by how many months or days lie between.
 */
const boundaries = new WeakMap<Temporal.PlainDate, Map<string, Temporal.PlainDate>>();
const boundariesMax = 256;

function plusMonths(date: Temporal.PlainDate, months: number): Temporal.PlainDate {
  return date.add({ months });
}

function plusDays(date: Temporal.PlainDate, days: number): Temporal.PlainDate {
  return date.add({ days });
}

/** Period n counted from the anchor; the first is 0. It ends on the date on which period n + 1 starts. */
export function periodAt(anchor: Temporal.PlainDate, period: Period, n: number): DateRange {
  return { start: boundary(anchor, n, period), end: boundary(anchor, n + 1, period) };
}

/** The period that has a date in it, with its number; a date before the anchor has a negative one. */
export function periodContaining(
  anchor: Temporal.PlainDate,
  period: Period,
  date: Temporal.PlainDate,
): { n: number; range: DateRange } {
  const months = periodInMonths(period);
  const n = Math.floor(
    months === undefined ? daysBetween(anchor, date) / period.count : monthsBetween(anchor, date) / months,
  );
  const range = periodAt(anchor, period, n);
  // Counted by months alone, the date may lie in the right month but before its boundary.
  if (Temporal.PlainDate.compare(date, range.start) >= 0) return { n, range };
  return { n: n - 1, range: periodAt(anchor, period, n - 1) };
}

/** Months from the month of one date to the month of another, whatever their days. */
function monthsBetween(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  return (to.year - from.year) * 12 + (to.month - from.month);
}

function daysBetween(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  return from.until(to).days;
}

/** Dates in a range. */
export function daysIn(range: DateRange): number {
  return daysBetween(range.start, range.end);
}

/**
 * The share of a period that is left from a date on: days from that date (counted) to the period's end (not counted) over
 * the days of the whole period (rules of dates, 3). A date before the period counts as its start, one after as its end.
 */
export function prorate(effective: Temporal.PlainDate, range: DateRange): Fraction {
  return prorateRange({ start: effective, end: range.end }, range);
}

/** The share of a period that a part of it takes; what lies outside of the period does not count. */
export function prorateRange(part: DateRange, wholeRange: DateRange): Fraction {
  const start = later(part.start, wholeRange.start);
  const end = earlier(part.end, wholeRange.end);
  return fraction(Math.max(0, daysBetween(start, end)), daysIn(wholeRange));
}

function later(a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(a, b) >= 0 ? a : b;
}

function earlier(a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(a, b) <= 0 ? a : b;
}
