import { Temporal, type DateRange, type Period } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dateText, laterDate, plainDate, within } from './dates.ts';
import { shareOf, windowFrom } from './share.ts';
import { dayAfter } from '../../../../test/support/ledger-life.ts';
import { dayOf, periodOf, textOf } from '../../../../test/support/ledger-oracle.ts';
import { dates, periods } from '../../../../test/support/ledger-stories.ts';

const month: Period = { unit: 'month', count: 1 };
const range = (start: string, end: string): DateRange => ({ start: plainDate(start), end: plainDate(end) });

function share(anchor: string, period: Period, start: string, end: string): string {
  const { numerator, denominator } = shareOf(plainDate(anchor), period, range(start, end));
  return `${numerator}/${denominator}`;
}

describe('rule 3: the share of the days that lie in each period of the grid', () => {
  test.each([
    ['2026-01-15', '2026-01-15', '2026-02-15', '1/1', 'a whole period is one, not 31/31'],
    ['2026-01-15', '2026-01-29', '2026-02-15', '17/31', 'the rest of a period'],
    ['2026-01-31', '2026-02-28', '2026-03-31', '1/1', 'from the clamped boundary on: 31 days'],
    ['2026-01-31', '2026-02-28', '2026-03-30', '30/31', 'all of it but a day'],
    ['2026-01-15', '2026-02-01', '2026-03-08', '1043/868', '14 of 31 days and 21 of 28, over both: not shortened'],
    ['2026-01-15', '2026-01-15', '2027-01-15', '12/1', 'a year of months'],
    ['2026-01-15', '2026-01-20', '2026-04-15', '88/31', '26 of 31 days, and two whole months'],
    ['2026-07-15', '2026-07-20', '2026-09-08', '50/31', '26 and 24 days, both of 31'],
    ['2026-03-31', '2026-02-20', '2026-03-31', '36/28', 'before the anchor: 8 of 28 days and a whole month'],
    ['2026-01-15', '2026-01-20', '2026-01-20', '0/1', 'no day'],
    ['2026-01-15', '2026-01-20', '2026-01-10', '0/1', 'less than none'],
  ])('anchor %s, from %s to %s: %s (%s)', (anchor, start, end, expected) => {
    expect(share(anchor, month, start, end)).toBe(expected);
  });

  test('it is counted by the day, and cut in two it is the sum of both', () => {
    const spans = fc.tuple(fc.integer({ min: -800, max: 800 }), fc.nat(500), fc.nat(500));
    fc.assert(
      fc.property(dates, periods, spans, (anchor, period, [offset, first, second]) => {
        const [start, middle, end] = [0, first, first + second].map((days) => dayAfter(anchor, offset + days));
        const whole = shareOf(plainDate(anchor), period, range(start!, end!));
        const left = shareOf(plainDate(anchor), period, range(start!, middle!));
        const right = shareOf(plainDate(anchor), period, range(middle!, end!));
        expect((left.numerator * right.denominator + right.numerator * left.denominator) * whole.denominator).toBe(
          whole.numerator * left.denominator * right.denominator,
        );
        let [n, d] = [0n, 1n];
        for (let day = dayOf(start!); day < dayOf(end!);) {
          const grid = periodOf(dayOf(anchor), period, day);
          const to = Math.min(grid.end, dayOf(end!));
          const [days, of] = [BigInt(to - day), BigInt(grid.end - grid.start)];
          [n, d] = [n * of + days * d, d * of];
          day = to;
        }
        expect(whole.numerator * d).toBe(n * whole.denominator);
      }),
      { numRuns: 300 },
    );
  });

  test('asked again it is the same, also for dates that are other objects', () => {
    const first = shareOf(Temporal.PlainDate.from('2026-01-15'), month, range('2026-01-29', '2026-02-15'));
    expect(shareOf(Temporal.PlainDate.from('2026-01-15'), month, range('2026-01-29', '2026-02-15'))).toEqual(first);
    expect(shareOf(Temporal.PlainDate.from('2026-02-01'), month, range('2026-01-29', '2026-02-15'))).not.toEqual(first);
    expect(share('2026-01-15', { unit: 'day', count: 30 }, '2026-01-29', '2026-02-15')).not.toBe('17/31');
  });
});

describe('the window from a date on', () => {
  test.each([
    ['2026-01-31', '2026-01-31', '2027-01-31', '2026-02-28', 'a whole period'],
    ['2026-01-31', '2026-02-10', '2027-01-31', '2026-02-28', 'what is left of one'],
    ['2026-01-31', '2026-02-28', '2027-01-31', '2026-03-31', 'the 31st is back after February'],
    ['2026-01-31', '2026-02-28', '2026-03-15', '2026-03-15', 'not beyond the end'],
    ['2026-06-30', '2026-04-10', '2026-06-30', '2026-04-30', 'before the anchor'],
  ])('anchor %s, from %s, not beyond %s: to %s (%s)', (anchor, start, end, expected) => {
    const window = windowFrom(plainDate(anchor), month, plainDate(start), plainDate(end));
    expect([dateText(window.start), dateText(window.end)]).toEqual([start, expected]);
  });
});

describe('dates', () => {
  test('a text and its date are one another, and stay the same object', () => {
    fc.assert(
      fc.property(dates, (text) => {
        expect(dateText(plainDate(text))).toBe(text);
        expect(plainDate(text)).toBe(plainDate(text));
        expect(textOf(dayOf(text))).toBe(text);
      }),
    );
  });

  test('the later one, and the nearest within a range', () => {
    expect(laterDate('2026-02-28', '2026-03-01')).toBe('2026-03-01');
    expect(laterDate('2026-03-01', '2026-02-28')).toBe('2026-03-01');
    expect(['2026-01-01', '2026-01-20', '2026-03-01'].map((on) => within(on, '2026-01-15', '2026-02-15'))).toEqual([
      '2026-01-15',
      '2026-01-20',
      '2026-02-15',
    ]);
  });
});
