import {
  decimal,
  formatDecimal,
  Temporal,
  type AccountId,
  type LicenseId,
  type SubscriptionId,
} from '@tierline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readHead, readRow } from './row.ts';
import { combined, place, type PlacedReading, type ReadLicense } from './usage.ts';

const license = (id: string): ReadLicense => ({
  ownerId: 'owner' as AccountId,
  licenseId: id as LicenseId,
  subscriptionId: 'subscription' as SubscriptionId,
  timeZone: 'Asia/Tokyo',
});
const reading = { subscriptionId: 'subscription' as SubscriptionId, used: decimal('3') };
const now = Temporal.Instant.from('2026-04-02T09:00:00Z');
const at = (text: string) => ({ at: Temporal.Instant.from(text) });

test("a reading counts in the month of its seller's calendar", () => {
  expect(place(reading, [license('a')], now)).toMatchObject({ licenseId: 'a', monthOn: '2026-04-01', at: now });
  const evening = { ...reading, ...at('2026-03-31T15:00:00Z') };
  expect(place(evening, [license('a')], now)).toMatchObject({ monthOn: '2026-04-01' });
  const before = { ...reading, ...at('2026-03-31T14:59:59Z') };
  expect(place(before, [license('a')], now)).toMatchObject({ code: 'usage.month_closed', field: 'at' });
  const later = { ...reading, ...at('2026-04-02T09:00:01Z') };
  expect(place(later, [license('a')], now)).toMatchObject({ code: 'usage.in_the_future', field: 'at' });
});

test('of several licenses one is named, and one that is not there is refused', () => {
  expect(place(reading, [license('a'), license('b')], now)).toMatchObject({ code: 'usage.license_needed' });
  expect(place(reading, [], now)).toMatchObject({ code: 'usage.license_needed' });
  const named = { ...reading, licenseId: 'b' as LicenseId };
  expect(place(named, [license('a'), license('b')], now)).toMatchObject({ licenseId: 'b' });
  expect(place(named, [license('a')], now)).toMatchObject({ code: 'usage.unknown_license', field: 'license_id' });
});

test('the newest and the highest are kept, in whatever order readings come', () => {
  const one = fc.record({ hours: fc.nat({ max: 20 }), used: fc.nat({ max: 5 }) });
  fc.assert(
    // At different moments: of one moment the reading that was given last counts.
    fc.property(fc.uniqueArray(one, { minLength: 1, selector: ({ hours }) => hours }), (given) => {
      const readings = given.map(({ hours, used }): PlacedReading => ({
        ...license('a'),
        monthOn: '2026-04-01',
        used: decimal(String(used)),
        at: now.subtract({ hours }),
      }));
      const [kept, ...others] = combined(readings);
      expect(others).toEqual([]);
      const newest = given.reduce((a, b) => (a.hours < b.hours ? a : b));
      expect(formatDecimal(kept!.used)).toBe(String(newest.used));
      expect(formatDecimal(kept!.highest)).toBe(String(Math.max(...given.map(({ used }) => used))));
      expect(combined(readings.toReversed())).toEqual([kept]);
    }),
  );
});

test('a file of usage: its head, and what a row may hold', () => {
  const id = '0196a000-0000-7000-8000-000000000001';
  const head = readHead(['Used', ' subscription_id', 'at', '', '']);
  if (Array.isArray(head)) throw new Error('no head');
  expect(readRow(head, ['2.5', id.toUpperCase(), ''])).toMatchObject({ subscriptionId: id, used: decimal('2.5') });
  expect(readRow(head, ['2', id, '2026-04-01T00:00:00+09:00'])).toMatchObject(at('2026-03-31T15:00:00Z'));
  for (const [cells, field] of [
    [['-1', id, ''], 'used'],
    [['', id, ''], 'used'],
    [['1', 'x', ''], 'subscription_id'],
    [['1', id, 'yesterday'], 'at'],
    [[], 'subscription_id'],
  ] as const) {
    expect(readRow(head, cells)).toMatchObject({ code: 'usage.invalid_cell', field });
  }
  expect(readHead(['used', 'used', 'seats'])).toMatchObject([
    { code: 'usage.column_twice' },
    { code: 'usage.unknown_column' },
    { code: 'usage.column_needed', field: 'subscription_id' },
  ]);
});
