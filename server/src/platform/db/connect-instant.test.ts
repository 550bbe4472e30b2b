import { Temporal } from '@tierline/kernel';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseInstant } from './connect.ts';

/** As the database writes instants in a session in UTC: no zeros at the end of the fraction, up to microseconds. */
function written(microseconds: bigint): string {
  const instant = new Temporal.Instant(microseconds * 1000n);
  return instant.toString().replace('T', ' ').replace('Z', '+00');
}

it('reads whole milliseconds and microseconds alike, exactly', () => {
  const years = { min: Date.UTC(1, 0), max: Date.UTC(9999, 0) };
  const micros = fc.tuple(fc.integer(years), fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999 })));
  fc.assert(
    fc.property(micros, ([ms, us]) => {
      const wanted = BigInt(ms) * 1000n + BigInt(us);
      expect(parseInstant(written(wanted)).epochNanoseconds).toBe(wanted * 1000n);
    }),
  );
});

it.each([
  ['2026-01-31 10:20:30+00', '2026-01-31T10:20:30Z'],
  ['2026-01-31 10:20:30.1+00', '2026-01-31T10:20:30.1Z'],
  ['2026-01-31 10:20:30.123+00', '2026-01-31T10:20:30.123Z'],
  ['2026-01-31 10:20:30.1234+00', '2026-01-31T10:20:30.1234Z'],
  ['2026-01-31 10:20:30+02', '2026-01-31T08:20:30Z'],
  ['2026-01-31 10:20:30.5+05:30', '2026-01-31T04:50:30.5Z'],
])('%s', (text, instant) => {
  expect(parseInstant(text).toString()).toBe(instant);
});
