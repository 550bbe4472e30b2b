import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fraction } from './fraction.ts';
import {
  boundary,
  daysIn,
  periodAt,
  periodContaining,
  periodInMonths,
  prorate,
  prorateRange,
  samePeriod,
} from './period.ts';
import type { DateRange, Period } from './period.ts';
import { Temporal } from './temporal.ts';

const date = (text: string) => Temporal.PlainDate.from(text);
const range = (start: string, end: string): DateRange => ({ start: date(start), end: date(end) });
const month: Period = { unit: 'month', count: 1 };
const year: Period = { unit: 'year', count: 1 };
const epoch = date('1970-01-01');

const dates = fc.integer({ min: 0, max: 50_000 }).map((days) => epoch.add({ days }));
/** Anchors of which every second is one of the last days of a month. */
const anchors = fc.oneof(
  dates,
  fc
    .tuple(fc.integer({ min: 1996, max: 2096 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 28, max: 31 }))
    .map(([year, month, day]) => Temporal.PlainDate.from({ year, month, day })),
);
const periods: fc.Arbitrary<Period> = fc.oneof(
  fc.record({ unit: fc.constant('month' as const), count: fc.integer({ min: 1, max: 66 }) }),
  fc.record({ unit: fc.constant('year' as const), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ unit: fc.constant('day' as const), count: fc.integer({ min: 1, max: 400 }) }),
);

/** A date as days since 1970, by Date.UTC: a calendar that is not Temporal's. */
function epochDay(d: Temporal.PlainDate): number {
  return Date.UTC(d.year, d.month - 1, d.day) / 86_400_000;
}

/** The boundary from its definition, by Date.UTC: the anchor's day in month n, or the last day if there is none. */
function oracleBoundary(anchor: Temporal.PlainDate, n: number, period: Period): number {
  if (period.unit === 'day') return epochDay(anchor) + n * period.count;
  const months = anchor.month - 1 + n * period.count * (period.unit === 'year' ? 12 : 1);
  const lastDay = new Date(Date.UTC(anchor.year, months + 1, 0)).getUTCDate();
  return Date.UTC(anchor.year, months, Math.min(anchor.day, lastDay)) / 86_400_000;
}

describe('boundary', () => {
  test.each([
    ['2023-12-29', ['2024-01-29', '2024-02-29', '2024-03-29', '2024-04-29']],
    ['2022-12-29', ['2023-01-29', '2023-02-28', '2023-03-29', '2023-04-29']],
    ['2023-12-30', ['2024-01-30', '2024-02-29', '2024-03-30', '2024-04-30']],
    ['2023-12-31', ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30']],
    ['2099-12-31', ['2100-01-31', '2100-02-28', '2100-03-31', '2100-04-30']],
  ])('months from %s come back to the anchor day', (anchor, expected) => {
    expect([1, 2, 3, 4].map((n) => boundary(date(anchor), n, month).toString())).toEqual(expected);
  });

  test('days and months from the same date, asked for one after the other, are not taken for one another', () => {
    const anchor = date('2026-01-31');
    expect(boundary(anchor, 30, { unit: 'day', count: 1 }).toString()).toBe('2026-03-02');
    expect(boundary(anchor, 30, month).toString()).toBe('2028-07-31');
    expect(boundary(anchor, 1, month).toString()).toBe('2026-02-28');
    expect(boundary(anchor, 1, { unit: 'day', count: 1 }).toString()).toBe('2026-02-01');
  });

  test('years from a 29 February come back to it', () => {
    expect([1, 2, 3, 4].map((n) => boundary(date('2024-02-29'), n, year).toString())).toEqual([
      '2025-02-28',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  test('is the anchor plus n periods, never chained', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: -20, max: 200 }), periods, (anchor, n, period) => {
        expect(epochDay(boundary(anchor, n, period))).toBe(oracleBoundary(anchor, n, period));
        expect(boundary(anchor, 0, period).equals(anchor)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('the anchor day is kept in every month that has it, over a century', () => {
    for (const day of [28, 29, 30, 31]) {
      const anchor = Temporal.PlainDate.from({ year: 1999, month: 12, day });
      for (let n = 0; n < 1200; n += 1) {
        const at = boundary(anchor, n, month);
        expect(at.day).toBe(Math.min(day, at.daysInMonth));
      }
    }
  });

  test.each([
    [1, 0],
    [1, -1],
    [1, 1.5],
    [0.5, 1],
    [Number.NaN, 1],
  ])('n %s of count %s is a bug', (n, count) => {
    expect(() => boundary(epoch, n, { unit: 'month', count })).toThrow(
      expect.objectContaining({ code: 'period.invalid', kind: 'bug' }),
    );
  });
});

describe('periods', () => {
  test('follow each other without a gap or an overlap: no date is billed twice or dropped', () => {
    fc.assert(
      fc.property(anchors, periods, fc.integer({ min: -5, max: 100 }), (anchor, period, first) => {
        let days = 0;
        for (let n = first; n < first + 24; n += 1) {
          const current = periodAt(anchor, period, n);
          expect(current.end.equals(periodAt(anchor, period, n + 1).start)).toBe(true);
          expect(daysIn(current)).toBeGreaterThan(0);
          days += daysIn(current);
        }
        expect(days).toBe(oracleBoundary(anchor, first + 24, period) - oracleBoundary(anchor, first, period));
      }),
    );
  });

  test('every date is in exactly one, and it is found', () => {
    fc.assert(
      fc.property(anchors, periods, dates, (anchor, period, on) => {
        const { n, range } = periodContaining(anchor, period, on);
        const found = periodAt(anchor, period, n);
        expect(range.start.equals(found.start) && range.end.equals(found.end)).toBe(true);
        expect(epochDay(range.start)).toBeLessThanOrEqual(epochDay(on));
        expect(epochDay(on)).toBeLessThan(epochDay(range.end));
      }),
      { numRuns: 500 },
    );
  });

  test('the first and the last date of a period belong to it', () => {
    fc.assert(
      fc.property(anchors, periods, fc.integer({ min: -5, max: 40 }), (anchor, period, n) => {
        const { start, end } = periodAt(anchor, period, n);
        expect(periodContaining(anchor, period, start).n).toBe(n);
        expect(periodContaining(anchor, period, end.subtract({ days: 1 })).n).toBe(n);
        expect(periodContaining(anchor, period, end).n).toBe(n + 1);
      }),
    );
  });

  test.each([
    [month, { unit: 'month', count: 1 }, true],
    [year, { unit: 'month', count: 12 }, true],
    [month, { unit: 'month', count: 2 }, false],
    [month, { unit: 'day', count: 1 }, false],
    [{ unit: 'day', count: 30 }, { unit: 'day', count: 30 }, true],
    [{ unit: 'day', count: 30 }, { unit: 'day', count: 31 }, false],
    [{ unit: 'day', count: 365 }, year, false],
  ] satisfies [Period, Period, boolean][])('%o and %o: same is %s', (a, b, expected) => {
    expect(samePeriod(a, b)).toBe(expected);
    expect(samePeriod(b, a)).toBe(expected);
  });

  test('the same periods have the same boundaries', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 20 }), (anchor, years, n) => {
        const [asYears, asMonths] = [
          boundary(anchor, n, { unit: 'year', count: years }),
          boundary(anchor, n, { unit: 'month', count: 12 * years }),
        ];
        expect(asYears.equals(asMonths)).toBe(true);
      }),
    );
  });

  test('months of a period', () => {
    expect(periodInMonths(month)).toBe(1);
    expect(periodInMonths({ unit: 'year', count: 3 })).toBe(36);
    expect(periodInMonths({ unit: 'day', count: 30 })).toBeUndefined();
  });
});

describe('proration', () => {
  const january = range('2026-01-01', '2026-02-01');

  test.each([
    ['2026-01-01', 31],
    ['2026-01-15', 17],
    ['2026-01-31', 1],
    ['2026-02-01', 0],
    ['2025-12-01', 31],
    ['2026-03-01', 0],
  ])('from %s: %i of 31 days', (effective, days) => {
    expect(prorate(date(effective), january)).toEqual(fraction(days, 31));
  });

  test('of a leap February and of a year counts the days that there are', () => {
    expect(prorate(date('2024-02-10'), range('2024-02-01', '2024-03-01'))).toEqual(fraction(20, 29));
    expect(prorate(date('2024-02-29'), range('2023-06-15', '2024-06-15'))).toEqual(fraction(107, 366));
  });

  test('a part of a period', () => {
    expect(prorateRange(range('2026-01-10', '2026-01-20'), january)).toEqual(fraction(10, 31));
    expect(prorateRange(range('2025-12-20', '2026-01-03'), january)).toEqual(fraction(2, 31));
    expect(prorateRange(range('2026-01-30', '2026-02-15'), january)).toEqual(fraction(2, 31));
    expect(prorateRange(range('2026-02-01', '2026-02-15'), january)).toEqual(fraction(0, 31));
    expect(prorateRange(range('2025-11-01', '2025-12-01'), january)).toEqual(fraction(0, 31));
    expect(prorateRange(january, january)).toEqual(fraction(31, 31));
  });

  test('a period without days is a bug', () => {
    expect(() => prorate(january.start, range('2026-01-01', '2026-01-01'))).toThrow(
      expect.objectContaining({ kind: 'bug' }),
    );
  });

  test('the parts of a period, however cut, have all its days', () => {
    const cuts = fc.array(fc.integer({ min: -40, max: 800 }), { maxLength: 12 });
    fc.assert(
      fc.property(anchors, periods, fc.integer({ min: 0, max: 20 }), cuts, (anchor, period, n, offsets) => {
        const wholeRange = periodAt(anchor, period, n);
        const inside = offsets.toSorted((a, b) => a - b).map((days) => wholeRange.start.add({ days }));
        const edges = [wholeRange.start.subtract({ days: 41 }), ...inside, wholeRange.end.add({ days: 800 })];
        const days = edges
          .slice(1)
          .map((end, k) => prorateRange({ start: edges[k]!, end }, wholeRange).numerator)
          .reduce((sum, count) => sum + count, 0n);
        expect(days).toBe(BigInt(daysIn(wholeRange)));
      }),
    );
  });

  test('before and from a date add up to the period', () => {
    fc.assert(
      fc.property(anchors, periods, dates, (anchor, period, on) => {
        const { range } = periodContaining(anchor, period, on);
        const before = prorateRange({ start: range.start, end: on }, range);
        const rest = prorate(on, range);
        expect(before.numerator + rest.numerator).toBe(BigInt(daysIn(range)));
        expect(rest.denominator).toBe(BigInt(epochDay(range.end) - epochDay(range.start)));
      }),
    );
  });
});
