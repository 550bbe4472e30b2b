import { newId, Temporal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { destination, firstInstant, type AdvanceWanted, type Sandbox } from './sandbox.ts';

const aSandbox = (nowAt: string, facts: Partial<Sandbox> = {}): Sandbox => ({
  id: newId<'account'>(),
  name: 'Sandbox',
  nowAt,
  advancingTo: null,
  createdBy: newId<'account'>(),
  status: 'standing',
  version: 1,
  createdAt: '2026-03-02T09:00:00Z',
  ...facts,
});

const goes = (nowAt: string, wanted: AdvanceWanted, timeZone = 'UTC', facts: Partial<Sandbox> = {}): string =>
  destination(aSandbox(nowAt, facts), timeZone, wanted).toString();

const by = (unit: 'hour' | 'day' | 'month' | 'year', count = 1): AdvanceWanted => ({ by: { unit, count } });

describe('an advance by a length of time', () => {
  test('ends at the same time of day in the zone of the root, whatever daylight saving does', () => {
    expect(goes('2027-03-27T23:30:00Z', by('day'), 'Europe/Berlin')).toBe('2027-03-28T22:30:00Z');
    expect(goes('2027-03-27T23:30:00Z', by('hour', 24), 'Europe/Berlin')).toBe('2027-03-28T23:30:00Z');
    expect(goes('2027-03-27T23:30:00Z', by('day'))).toBe('2027-03-28T23:30:00Z');
  });

  test('is clamped to the last day of a shorter month', () => {
    expect(goes('2027-01-31T09:00:00Z', by('month'))).toBe('2027-02-28T09:00:00Z');
    expect(goes('2028-02-29T09:00:00Z', by('year'))).toBe('2029-02-28T09:00:00Z');
    // The 31st of January in Tokyo, the 30th in UTC.
    expect(goes('2027-01-30T18:00:00Z', by('month'), 'Asia/Tokyo')).toBe('2027-02-27T18:00:00Z');
  });
});

describe('the clock', () => {
  const now = '2027-01-31T09:00:00Z';

  test('may stand, so that a request can be repeated, and may go forward, never back', () => {
    expect(goes(now, { to: now })).toBe(now);
    expect(goes(now, { to: '2027-01-31T10:00:01+01:00' })).toBe('2027-01-31T09:00:01Z');
    expect(() => goes(now, { to: '2027-01-31T08:59:59Z' })).toThrow(
      expect.objectContaining({ code: 'sandboxes.clock_goes_backwards', kind: 'invalid', field: 'to' }),
    );
  });

  test('goes 50 years at most, and not where dates have no four digits any more', () => {
    expect(goes(now, { to: '2077-01-31T09:00:00Z' })).toBe('2077-01-31T09:00:00Z');
    const tooFar = expect.objectContaining({ code: 'sandboxes.too_far', kind: 'invalid' }) as Error;
    expect(() => goes(now, { to: '2077-01-31T09:00:01Z' })).toThrow(tooFar);
    expect(() => goes(now, by('month', 601))).toThrow(tooFar);
    expect(() => goes(now, by('year', 20_000))).toThrow(tooFar);
    expect(goes('2249-01-01T00:00:00Z', by('year'))).toBe('2250-01-01T00:00:00Z');
    expect(() => goes('2249-01-01T00:00:01Z', by('year'))).toThrow(tooFar);
  });

  test.each(['2027-02-01T00:00:00.5Z', '2027-02-01T00:00:00.000000001Z'])('shows whole seconds: %s', (to) => {
    const refused = expect.objectContaining({ code: 'sandboxes.not_whole_seconds', kind: 'invalid' }) as Error;
    expect(() => goes(now, { to })).toThrow(refused);
    expect(() => firstInstant(to, Temporal.Instant.from(now))).toThrow(refused);
  });

  test('that was cut off goes to where it was going, or later', () => {
    const facts = { status: 'advancing', advancingTo: '2027-06-01T00:00:00Z' } as const;
    expect(goes(now, { to: '2027-06-01T00:00:00Z' }, 'UTC', facts)).toBe('2027-06-01T00:00:00Z');
    expect(goes(now, by('year'), 'UTC', facts)).toBe('2028-01-31T09:00:00Z');
    expect(() => goes(now, by('month'), 'UTC', facts)).toThrow(
      expect.objectContaining({
        code: 'sandboxes.advance_unfinished',
        kind: 'conflict',
        details: { advancing_to: '2027-06-01T00:00:00Z' },
      }),
    );
  });

  test('of a new sandbox shows the instant that was asked for, or the second that is now', () => {
    const realNow = Temporal.Instant.from('2026-03-02T09:00:00.987654321Z');
    expect(firstInstant(undefined, realNow).toString()).toBe('2026-03-02T09:00:00Z');
    expect(firstInstant('2027-01-31T10:00:00+01:00', realNow).toString()).toBe('2027-01-31T09:00:00Z');
    for (const wanted of ['1999-12-31T23:59:59Z', '2150-01-01T00:00:01Z']) {
      expect(() => firstInstant(wanted, realNow)).toThrow(
        expect.objectContaining({ code: 'sandboxes.out_of_range', kind: 'invalid', field: 'starts_at' }),
      );
    }
  });
});
