import type { Period } from '@tierline/kernel';
import * as fc from 'fast-check';
import { boundaryOf, dayOf, periodOf, textOf, type OracleRate } from './ledger-oracle.ts';
import type { Event, Step, Story, Term } from './ledger-life.ts';

/** Random stories: calendars, prices and changes as awkward as they come. */

const months = (count: number): Period => ({ unit: 'month', count });
const days = (count: number): Period => ({ unit: 'day', count });

export const periods = fc.constantFrom<Period>(
  months(1),
  months(1),
  months(3),
  { unit: 'year', count: 1 },
  days(30),
  days(7),
);

/** Around the ends of months, leap years and the century that is none included. */
export const dates = fc
  .tuple(
    fc.constantFrom(2023, 2024, 2025, 2026, 2027, 2028, 2029, 2096, 2099, 2100),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom(1, 2, 15, 27, 28, 29, 30, 31),
  )
  .map(([year, month, day]) => {
    const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
    return textOf(Date.UTC(year, month - 1, Math.min(day, last)) / 86_400_000);
  });

/** Up to six decimals, from next to nothing to more than anybody pays. */
const unitPrices = fc.oneof(
  fc.bigInt({ min: 0n, max: 100_000_000n }),
  fc.bigInt({ min: 0n, max: 123_456_789_012n }),
  fc.constantFrom(0n, 1n, 5_000n, 500_000n, 333_333n, 10_000_000n),
);

export const quantities = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((count) => BigInt(count) * 1000n),
  fc.integer({ min: 1, max: 999_999 }).map((count) => BigInt(count) * 1000n),
  fc.integer({ min: 1, max: 9_999_999 }).map(BigInt),
);

export const rates: fc.Arbitrary<OracleRate> = fc.oneof(
  unitPrices.map((price): OracleRate => ({ model: 'flat', tiers: [[0n, price]] })),
  fc
    .tuple(
      fc.constantFrom('tiered' as const, 'volume' as const),
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
      fc.array(unitPrices, { minLength: 4, maxLength: 4 }),
    )
    .map(([model, limits, prices]): OracleRate => {
      const sorted = limits.toSorted((a, b) => a - b).map((limit) => BigInt(limit) * 1000n);
      return { model, tiers: [0n, ...sorted].map((limit, index) => [limit, prices[index]!] as const) };
    }),
);

const models = fc.constantFrom(
  'before_billing_period' as const,
  'before_billing_period' as const,
  'after_billing_period' as const,
  'before_subscription_period' as const,
);

/** A term of whole periods from the anchor, or one that ends on an anchor in its future, with an odd part at its start. */
export const stories: fc.Arbitrary<Story> = fc
  .record({
    anchorOn: dates,
    billingPeriod: periods,
    billingModel: models,
    currency: fc.constantFrom('JPY', 'EUR', 'BHD'),
    rate: rates,
    count: fc.integer({ min: 1, max: 5 }),
    early: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 400 })),
    freeDays: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 1, max: 100 })),
  })
  .map(({ count, early, freeDays, ...story }) => {
    const anchor = dayOf(story.anchorOn);
    // A year of years is long enough to walk day by day.
    const length = story.billingPeriod.unit === 'year' ? Math.min(count, 2) : count;
    const [start, end] =
      early === null ? [anchor, boundaryOf(anchor, story.billingPeriod, length)] : [anchor - early - 1, anchor];
    return { ...story, startOn: textOf(start), endOn: textOf(end), chargeFrom: textOf(start + freeDays) };
  });

/** Changes on days of the term: up, down, to nothing and back; several on one day; the first when the term begins or later. */
function stepsOf({ startOn, endOn }: Story, maxLength = 7): fc.Arbitrary<Step[]> {
  const last = dayOf(endOn) - dayOf(startOn) - 1;
  const offset = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: Math.min(last, 40) }),
    fc.integer({ min: 0, max: last }),
  );
  const quantity = fc.oneof({ arbitrary: quantities, weight: 5 }, { arbitrary: fc.constant(0n), weight: 1 });
  return fc.array(fc.record({ on: offset.map((days) => textOf(dayOf(startOn) + days)), quantity }), {
    minLength: 1,
    maxLength,
  });
}

export const histories: fc.Arbitrary<readonly [Story, Step[]]> = stories.chain((story) =>
  fc.tuple(fc.constant(story), stepsOf(story)),
);

/** Histories in which the end is moved and terms are added: early, on the last day, more than one ahead, at other prices. */
export const lives: fc.Arbitrary<readonly [Story, Event[]]> = histories.chain(([story, steps]) => {
  const length = dayOf(story.endOn) - dayOf(story.startOn);
  const on = fc.integer({ min: 0, max: length - 1 }).map((days) => textOf(dayOf(story.startOn) + days));
  const move = fc
    .tuple(on, fc.integer({ min: 1, max: 200 }))
    .map(([date, days]): Event => ({ on: date, endOn: textOf(dayOf(date) + days) }));
  const renewal = fc.tuple(on, fc.constantFrom(1, 1, 3, 12), rates).map(([date, count, { tiers }]): Event => ({
    on: date,
    months: count,
    rate: { model: story.rate.model, tiers: story.rate.model === 'flat' ? tiers.slice(0, 1) : tiers },
  }));
  const later = stepsOf({ ...story, startOn: story.endOn, endOn: textOf(dayOf(story.endOn) + 90) }, 3);
  return fc
    .tuple(fc.oneof(fc.constant([]), fc.tuple(move)), fc.array(renewal, { maxLength: 3 }), later)
    .map(([moves, renewals, more]) => [story, alive(story, [...steps, ...moves, ...renewals, ...more])] as const);
});

/** Without what happens after the end, and without moves to an end that is no change or into terms that were added before. */
function alive(story: Story, events: readonly Event[]): Event[] {
  const order = (event: Event): number => dayOf(event.on);
  const sorted = events.toSorted((a, b) => order(a) - order(b));
  const moved = sorted.findIndex((event) => 'endOn' in event);
  const renewed = sorted.findIndex((event) => 'months' in event);
  // One that moves the end comes first, so that the oracle's terms need no unmaking; examples show the other order.
  const kept = moved > renewed && renewed !== -1 ? sorted.filter((event) => !('endOn' in event)) : sorted;
  let { endOn } = story;
  return kept.filter((event) => {
    if ('endOn' in event && event.on < endOn) ({ endOn } = event);
    return 'months' in event ? event.on <= endOn : true;
  });
}

/** Where a window ends that begins on a date, by the oracle's calendar. */
export function windowEnd(
  { billingPeriod, billingModel }: Story,
  terms: readonly Term[],
  start: string,
  endOn: string,
): string {
  const term = terms.findLast(({ from }) => from <= dayOf(start))!;
  const next = terms.find(({ from }) => from > dayOf(start));
  const end = Math.min(dayOf(endOn), next?.from ?? dayOf(endOn));
  if (billingModel === 'before_subscription_period') return textOf(end);
  return textOf(Math.min(end, periodOf(term.anchor, billingPeriod, dayOf(start)).end));
}
