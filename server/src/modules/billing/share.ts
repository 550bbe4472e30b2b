import {
  fraction,
  periodAt,
  periodContaining,
  prorateRange,
  Temporal,
  whole,
  type DateRange,
  type Fraction,
  type Period,
} from '@tierline/kernel';
import { dateText } from './dates.ts';

/** Shares of one day's sales and renewals are asked for again and again: same anchor, same period, same dates. */
const known = new Map<string, Fraction>();
const knownMax = 20_000;

/**
 * How many billing periods a range of dates takes, exactly: each period of the grid counts by the share of its days that lie
 * in the range (rules of dates, 2 and 3). The grid has period n at `anchor + n x period`; n may be negative.
 */
export function shareOf(anchor: Temporal.PlainDate, period: Period, range: DateRange): Fraction {
  const key = `${dateText(anchor)}/${period.count}${period.unit}/${dateText(range.start)}/${dateText(range.end)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= knownMax) known.clear();
  const share = computed(anchor, period, range);
  known.set(key, share);
  return share;
}

function computed(anchor: Temporal.PlainDate, period: Period, range: DateRange): Fraction {
  if (Temporal.PlainDate.compare(range.start, range.end) >= 0) return fraction(0, 1);
  const first = periodContaining(anchor, period, range.start);
  let sum: Fraction | undefined;
  for (let { n } = first, grid = first.range; ;) {
    const part = prorateRange(range, grid);
    const share = part.numerator === part.denominator ? whole : part;
    sum = sum === undefined ? share : add(sum, share);
    if (Temporal.PlainDate.compare(grid.end, range.end) >= 0) return sum;
    n += 1;
    grid = periodAt(anchor, period, n);
  }
}

function add(a: Fraction, b: Fraction): Fraction {
  if (a.denominator === b.denominator) return fraction(a.numerator + b.numerator, a.denominator);
  return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

/** The grid period after a date that is a boundary, or the rest of the one that the date lies in; not beyond `end`. */
export function windowFrom(
  anchor: Temporal.PlainDate,
  period: Period,
  start: Temporal.PlainDate,
  end: Temporal.PlainDate,
): DateRange {
  const { range } = periodContaining(anchor, period, start);
  return { start, end: Temporal.PlainDate.compare(range.end, end) < 0 ? range.end : end };
}
