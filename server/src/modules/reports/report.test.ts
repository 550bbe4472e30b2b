import { Temporal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { dueRuns, fileName, nextRun, oneTimeDays, type ReportGenerator } from './report.ts';

const newYork = { own: 'America/New_York', seller: 'America/New_York' };
const aGenerator = (changes: Partial<ReportGenerator>): ReportGenerator =>
  ({ schedule: 'daily', status: 'active', nextOn: null, nextAt: null, ...changes }) as ReportGenerator;
const until = (at: string) => Temporal.Instant.from(at);
const fields = { start: 'start', end: 'end' };

describe('what falls due', () => {
  test('a day is reported when it is over in the zone of the account', () => {
    const next = nextRun(aGenerator({}), '2026-03-07', newYork);
    expect(next).toEqual({ nextOn: '2026-03-07', nextAt: '2026-03-08T05:00:00Z' });
    // The clocks went forward that day.
    const { runs } = dueRuns(aGenerator(next), until('2026-03-09T04:00:00Z'), newYork);
    expect(runs).toEqual([
      { startOn: '2026-03-07', endOn: '2026-03-08', dueAt: '2026-03-08T05:00:00Z' },
      { startOn: '2026-03-08', endOn: '2026-03-09', dueAt: '2026-03-09T04:00:00Z' },
    ]);
  });

  test('months that were missed come in order, each once; what would be gone by now does not', () => {
    const monthly = aGenerator({ schedule: 'monthly' });
    const began = { ...monthly, ...nextRun(monthly, '2026-01-31', newYork) };
    const { runs, next } = dueRuns(began, until('2026-07-15T00:00:00Z'), newYork);
    expect(runs.map(({ startOn }) => startOn)).toEqual(['2026-04-01', '2026-05-01', '2026-06-01']);
    expect(next.nextOn).toBe('2026-07-01');
    expect(dueRuns({ ...began, ...next }, until('2026-07-15T00:00:00Z'), newYork).runs).toEqual([]);
  });

  test('a report about an invoice waits for the month of whoever sends it', () => {
    const zones = { own: 'Asia/Tokyo', seller: 'America/Los_Angeles' };
    expect(nextRun(aGenerator({ schedule: 'on_invoice' }), '2026-03-15', zones).nextAt).toBe('2026-04-01T07:00:00Z');
    expect(nextRun(aGenerator({ schedule: 'monthly' }), '2026-03-15', zones).nextAt).toBe('2026-03-31T15:00:00Z');
  });

  test('nothing is due of what is paused, or made only when asked for', () => {
    const none = { nextOn: null, nextAt: null };
    expect(nextRun(aGenerator({ status: 'paused' }), '2026-03-15', newYork)).toEqual(none);
    expect(nextRun(aGenerator({ schedule: 'once' }), '2026-03-15', newYork)).toEqual(none);
  });
});

describe('what is asked for once', () => {
  const now = until('2026-03-02T09:00:00Z');
  const days = (startOn: string, endOn?: string) => oneTimeDays({ startOn, endOn }, now, 'America/New_York', fields);

  test('goes up to today, or is made when its last day is over', () => {
    expect(days('2026-03-01')).toEqual({ startOn: '2026-03-01', endOn: '2026-03-03', dueAt: now.toString() });
    expect(days('2026-03-01', '2026-03-05')).toMatchObject({ endOn: '2026-03-05', dueAt: '2026-03-05T05:00:00Z' });
  });

  test.each([
    ['2026-03-03', undefined, 'reports.future_without_end', 'start'],
    ['2026-03-01', '2026-03-01', 'reports.end_before_start', 'end'],
    ['2010-03-01', '2026-03-01', 'reports.period_too_long', 'end'],
    ['2026-03-01', '2028-03-01', 'reports.too_far_ahead', 'end'],
  ])('%s to %s is refused as %s', (startOn, endOn, code, field) => {
    expect(() => days(startOn, endOn)).toThrow(expect.objectContaining({ code, field }));
  });
});

test('a file has a name that every system takes', () => {
  const report = { startOn: '2026-01-01', endOn: '2026-02-01', format: 'csv' } as const;
  expect(fileName({ ...report, name: '../Über "x"' })).toBe('ber-x.2026-01-01.2026-02-01.csv');
  expect(fileName({ ...report, name: '報告' })).toBe('report.2026-01-01.2026-02-01.csv');
});
