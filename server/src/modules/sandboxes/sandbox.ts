import { Temporal, type AccountId } from '@tierline/kernel';
import { advanceUnfinished, goesBackwards, notWholeSeconds, outOfRange, tooFar } from './errors.ts';

export type SandboxStatus = 'standing' | 'advancing';

/** A channel tree with a clock of its own. JSON-safe: instants are ISO text. */
export type Sandbox = {
  /** Of the sandbox, and of the account at the root of its tree. */
  readonly id: AccountId;
  readonly name: string;
  /** What its clock shows. */
  readonly nowAt: string;
  /** Where its clock is going; null: it stands. */
  readonly advancingTo: string | null;
  /** Whose it is; null: the operator's, made on the machine. */
  readonly createdBy: AccountId | null;
  readonly status: SandboxStatus;
  readonly version: number;
  /** In real time. */
  readonly createdAt: string;
};

export const advanceUnits = ['hour', 'day', 'month', 'year'] as const;
export type AdvanceUnit = (typeof advanceUnits)[number];

/** To an instant, or by a length of calendar time in the zone of the sandbox's root. */
export type AdvanceWanted =
  | { readonly to: string }
  | { readonly by: { readonly unit: AdvanceUnit; readonly count: number } };

/** How far one request may go. */
export const advanceYearsMax = 50;
const earliestStart = Temporal.Instant.from('2000-01-01T00:00:00Z');
const latestStart = Temporal.Instant.from('2150-01-01T00:00:00Z');
/** Dates on the wire have four digits and end with the year 2299; what is sold on the last day still has to fit. */
const latest = Temporal.Instant.from('2250-01-01T00:00:00Z');

/** What the clock of a new sandbox shows: the given instant, or the whole second that is now. */
export function firstInstant(wanted: string | undefined, now: Temporal.Instant): Temporal.Instant {
  if (wanted === undefined) return now.round({ smallestUnit: 'second', roundingMode: 'floor' });
  const at = Temporal.Instant.from(wanted);
  checkWholeSeconds(at, 'starts_at');
  if (isBefore(at, earliestStart) || isBefore(latestStart, at)) throw outOfRange('starts_at');
  return at;
}

/**
 * Where an advance goes. Standing still counts as going on: so the same request can be sent again when its answer was lost.
 * A length is counted from what the clock shows, which does not move before an advance is through; so it comes to the same
 * instant when a cut off one is sent again.
 */
export function destination(sandbox: Sandbox, timeZone: string, wanted: AdvanceWanted): Temporal.Instant {
  const now = Temporal.Instant.from(sandbox.nowAt);
  const field = 'to' in wanted ? 'to' : 'by';
  const to = 'to' in wanted ? Temporal.Instant.from(wanted.to) : later(now, timeZone, wanted.by);
  checkWholeSeconds(to, field);
  if (isBefore(to, now)) throw goesBackwards(now, field);
  const fiftyYears = later(now, 'UTC', { unit: 'year', count: advanceYearsMax });
  const farthest = isBefore(fiftyYears, latest) ? fiftyYears : latest;
  if (isBefore(farthest, to)) throw tooFar(farthest, field);
  const { advancingTo } = sandbox;
  if (advancingTo !== null && isBefore(to, Temporal.Instant.from(advancingTo))) {
    throw advanceUnfinished(advancingTo, field);
  }
  return to;
}

/** Calendar time ends at the same time of day in the zone; the 31st is clamped to the last day of a shorter month. */
function later(
  now: Temporal.Instant,
  timeZone: string,
  { unit, count }: { readonly unit: AdvanceUnit; readonly count: number },
): Temporal.Instant {
  if (unit === 'hour') return now.add({ hours: count });
  return now
    .toZonedDateTimeISO(timeZone)
    .add({ [`${unit}s`]: count })
    .toInstant();
}

function checkWholeSeconds(at: Temporal.Instant, field: string): void {
  if (at.epochMilliseconds % 1000 !== 0 || at.epochNanoseconds % 1_000_000n !== 0n) throw notWholeSeconds(field);
}

function isBefore(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) < 0;
}
