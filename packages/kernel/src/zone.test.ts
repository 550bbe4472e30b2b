import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Temporal } from './temporal.ts';
import { dateIn, instantText, isTimeZone, startOfDay } from './zone.ts';

const zones = Intl.supportedValuesOf('timeZone');
const hourMs = 3_600_000;

function exactDate(instant: Temporal.Instant, timeZone: string): string {
  return instant.toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** Where dateIn is wrong around an instant; every instant is asked twice, since the second answer comes from the cache. */
function wrongAround(epochMs: number, timeZone: string): string[] {
  const shifts = [-hourMs, -60_000, -1000, -1, 0, 1, 1000, 60_000, hourMs];
  return [...shifts, ...shifts]
    .map((shift) => Temporal.Instant.fromEpochMilliseconds(epochMs + shift))
    .filter((instant) => dateIn(instant, timeZone).toString() !== exactDate(instant, timeZone))
    .map((instant) => `${instant.toString()} in ${timeZone}`);
}

describe('isTimeZone', () => {
  test('knows every zone of the database, and the usual aliases', () => {
    expect(zones.length).toBeGreaterThan(400);
    expect(zones.filter((id) => !isTimeZone(id))).toEqual([]);
    expect(['UTC', 'Etc/GMT+5', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(true);
  });

  test.each([
    '',
    '+02:00',
    '-0300',
    'Z',
    'Europe/Atlantis',
    'Europe/Berlin ',
    '2020-01-01T00:00[UTC]',
    '2020-01-01T00:00Z',
    'UTC+3',
    'x\u0000',
  ])('%j is none', (id) => {
    expect(isTimeZone(id)).toBe(false);
    const unknown: unknown = expect.objectContaining({ code: 'time_zone.unknown', kind: 'invalid' });
    expect(() => dateIn(Temporal.Instant.fromEpochMilliseconds(0), id)).toThrow(unknown);
    expect(() => startOfDay(Temporal.PlainDate.from('2026-01-01'), id)).toThrow(unknown);
  });
});

describe('dateIn', () => {
  test.each([
    ['2026-03-29T22:30:00Z', 'Europe/Berlin', '2026-03-30'],
    ['2026-03-28T22:30:00Z', 'Europe/Berlin', '2026-03-28'],
    ['2026-01-01T09:59:59.999999999Z', 'Pacific/Kiritimati', '2026-01-01'],
    ['2026-01-01T10:00:00Z', 'Pacific/Kiritimati', '2026-01-02'],
    ['2026-01-01T09:59:59.999999999Z', 'Pacific/Honolulu', '2025-12-31'],
    ['2026-01-01T10:00:00Z', 'Pacific/Honolulu', '2026-01-01'],
    // Samoa crossed the date line and had no 30 December 2011.
    ['2011-12-30T09:59:59Z', 'Pacific/Apia', '2011-12-29'],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', '2011-12-31'],
    // Newfoundland set its clocks back at one minute past midnight, so that a day began twice.
    ['2010-11-07T02:30:30Z', 'America/St_Johns', '2010-11-07'],
    ['2010-11-07T02:31:30Z', 'America/St_Johns', '2010-11-06'],
    ['2010-11-07T03:30:00Z', 'America/St_Johns', '2010-11-07'],
    // Liberia's offset had seconds until 1972.
    ['1972-01-07T00:44:29Z', 'Africa/Monrovia', '1972-01-06'],
    ['1972-01-07T00:44:30Z', 'Africa/Monrovia', '1972-01-07'],
    ['1969-12-31T23:59:59.999999999Z', 'UTC', '1969-12-31'],
    // Lebanon skipped the first hour of a day, at a time before 1970.
    ['1920-03-27T21:59:59Z', 'Asia/Beirut', '1920-03-27'],
    ['1920-03-27T22:00:00Z', 'Asia/Beirut', '1920-03-28'],
  ])('%s in %s is %s', (instant, timeZone, expected) => {
    expect(dateIn(Temporal.Instant.from(instant), timeZone).toString()).toBe(expected);
    expect(exactDate(Temporal.Instant.from(instant), timeZone)).toBe(expected);
  });

  test('is the date of the zoned time, for any instant and zone', () => {
    const instants = fc.bigInt({ min: -3_000_000_000_000_000_000n, max: 5_000_000_000_000_000_000n });
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (ns, timeZone) => {
        const instant = Temporal.Instant.fromEpochNanoseconds(ns);
        expect(dateIn(instant, timeZone).toString()).toBe(exactDate(instant, timeZone));
        expect(dateIn(instant, timeZone).toString()).toBe(exactDate(instant, timeZone));
      }),
      { numRuns: 1000 },
    );
  });

  test('is exact around every midnight', () => {
    const days = fc.integer({ min: -10_000, max: 50_000 });
    fc.assert(
      fc.property(days, fc.constantFrom(...zones), (day, timeZone) => {
        const date = Temporal.PlainDate.from('1970-01-01').add({ days: day });
        expect(wrongAround(startOfDay(date, timeZone).epochMilliseconds, timeZone)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    'America/St_Johns',
    'America/Sao_Paulo',
    'Africa/Casablanca',
    'Africa/Monrovia',
    'Antarctica/Troll',
    'Asia/Beirut',
    'Asia/Gaza',
    'Australia/Lord_Howe',
    'Europe/Berlin',
    'Pacific/Apia',
    'Pacific/Chatham',
    'Pacific/Kwajalein',
  ])('is exact around the changes of the clock in %s', (timeZone) => {
    let changes = 0;
    let at = Temporal.Instant.from('1968-01-01T00:00Z').toZonedDateTimeISO(timeZone);
    for (; changes < 60; changes += 1) {
      const next = at.getTimeZoneTransition('next');
      if (next === null || next.year > 2030) break;
      expect(wrongAround(next.epochMilliseconds, timeZone)).toEqual([]);
      at = next;
    }
    expect(changes).toBeGreaterThan(0);
  });

  test('reaches the ends of time', () => {
    for (const ms of [-8.64e15, 8.64e15]) {
      const instant = Temporal.Instant.fromEpochMilliseconds(ms);
      expect(dateIn(instant, 'UTC').toString()).toBe(exactDate(instant, 'UTC'));
    }
  });

  test('stays exact after the caches were full', () => {
    const start = Date.UTC(2025, 0, 1);
    for (let hour = 0; hour < 9000; hour += 1) {
      dateIn(Temporal.Instant.fromEpochMilliseconds(start + hour * hourMs), 'Pacific/Auckland');
    }
    expect(wrongAround(start, 'Pacific/Auckland')).toEqual([]);
    expect(wrongAround(Date.UTC(2025, 3, 5, 14), 'Pacific/Auckland')).toEqual([]);
  });
});

describe('startOfDay', () => {
  test.each([
    ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00Z'],
    ['2026-01-01', 'Pacific/Honolulu', '2026-01-01T10:00:00Z'],
    // Brazil skipped midnight: the day began at one o'clock.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ])('of %s in %s is %s', (date, timeZone, expected) => {
    expect(startOfDay(Temporal.PlainDate.from(date), timeZone).toString()).toBe(expected);
  });

  test('is the first instant whose date it is', () => {
    const days = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(days, fc.constantFrom(...zones), (day, timeZone) => {
        const date = Temporal.PlainDate.from('1970-01-01').add({ days: day });
        const start = startOfDay(date, timeZone);
        // A date that a zone skipped altogether starts with the next one.
        fc.pre(!(timeZone.startsWith('Pacific/') && exactDate(start, timeZone) !== date.toString()));
        expect(dateIn(start, timeZone).toString()).toBe(date.toString());
        expect(dateIn(start.subtract({ nanoseconds: 1 }), timeZone).toString()).not.toBe(date.toString());
      }),
    );
  });
});

describe('instantText', () => {
  test('is what an instant calls itself, whatever its fraction of a second', () => {
    const second = 1_767_225_600_000_000_000n;
    const fractions = [0n, 1n, 1_000n, 1_000_000n, 10_000_000n, 100_000_000n, 120_000_000n, 999_999_999n];
    const seconds = [
      0n,
      -second,
      second,
      second + 10_000_000_000n,
      -62_198_755_200_000_000_000n,
      8_639_999_999_999_000_000_000n,
    ];
    for (const base of seconds) {
      for (const part of fractions) {
        const instant = Temporal.Instant.fromEpochNanoseconds(base + part);
        expect(instantText(instant)).toBe(instant.toString());
        expect(instantText(instant)).toBe(instant.toString());
      }
    }
    fc.assert(
      fc.property(fc.integer({ min: -9e14, max: 9e14 }), (ms) => {
        const instant = Temporal.Instant.fromEpochMilliseconds(ms);
        return instantText(instant) === instant.toString();
      }),
    );
  });
});
