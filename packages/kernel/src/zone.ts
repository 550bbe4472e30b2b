import { TierlineError } from './errors.ts';
import { Temporal } from './temporal.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Near the ends of what Temporal can tell, the hour around an instant may not exist; those few are not cached. */
const cacheableMs = 8.64e15 - 2 * dayMs;
/** A year of hours; a cache that is full is emptied, which costs a few microseconds per zone and hour. */
const hoursMax = 8784;
const datesMax = 10_000;

const knownZones = new Set<string>();
/** By zone, then by hour since 1970 in UTC: the offset that holds all through this hour, or undefined if it changes in it. */
const offsetsByZone = new Map<string, Map<number, number | undefined>>();
const datesByEpochDay = new Map<number, Temporal.PlainDate>();
const epoch = Temporal.PlainDate.from('1970-01-01');

/** Whether a text names a time zone of the IANA database (`Europe/Berlin`, `UTC`); a bare offset such as `+02:00` does not. */
export function isTimeZone(id: string): boolean {
  if (knownZones.has(id)) return true;
  if (!/^[A-Za-z][A-Za-z0-9+_/-]{0,63}$/.test(id)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id);
  } catch {
    return false;
  }
  // Bounded by itself: the database has about 600 names, but each may come in any letter case.
  if (knownZones.size < 2000) knownZones.add(id);
  return true;
}

/** The civil date at an instant in a zone. Throws `time_zone.unknown` (invalid). */
export function dateIn(instant: Temporal.Instant, timeZone: string): Temporal.PlainDate {
  const offsetMs = steadyOffset(instant.epochMilliseconds, timeZone);
  if (offsetMs === undefined) return instant.toZonedDateTimeISO(timeZone).toPlainDate();
  return dateOfEpochDay(Math.floor((instant.epochMilliseconds + offsetMs) / dayMs));
}

/**
 * The first instant of a date in a zone: midnight, or what the clock shows first where midnight is skipped.
 * Throws `time_zone.unknown` (invalid).
 */
export function startOfDay(date: Temporal.PlainDate, timeZone: string): Temporal.Instant {
  const inZones = startsByDate.get(date) ?? new Map<string, Temporal.Instant>();
  const known = inZones.get(timeZone);
  if (known !== undefined) return known;
  requireZone(timeZone);
  const start = date.toZonedDateTime(timeZone).toInstant();
  inZones.set(timeZone, start);
  startsByDate.set(date, inZones);
  return start;
}

/** By the date itself: dates that are in use are few and shared. Bounded by the zones there are. */
const startsByDate = new WeakMap<Temporal.PlainDate, Map<string, Temporal.Instant>>();

const instantTexts = new WeakMap<Temporal.Instant, string>();

/** An instant as ISO text. What happens at one moment shares it, so it is written out once. */
export function instantText(instant: Temporal.Instant): string {
  let text = instantTexts.get(instant);
  if (text === undefined) {
    text = isoText(instant);
    instantTexts.set(instant, text);
  }
  return text;
}

/** What `toString` of an instant answers. A date of the language writes whole milliseconds out ten times as fast. */
function isoText(instant: Temporal.Instant): string {
  if (instant.epochNanoseconds % 1_000_000n !== 0n) return instant.toString();
  const text = new Date(instant.epochMilliseconds).toISOString();
  if (!text.endsWith('0Z')) return text;
  return `${text.slice(0, -1).replace(/\.?0+$/, '')}Z`;
}

/** The offset of the whole UTC hour around an instant; undefined when it changes in that hour, so that each instant counts. */
function steadyOffset(epochMs: number, timeZone: string): number | undefined {
  let offsets = offsetsByZone.get(timeZone);
  if (offsets === undefined) {
    requireZone(timeZone);
    if (offsetsByZone.size >= 2000) offsetsByZone.clear();
    offsets = new Map();
    offsetsByZone.set(timeZone, offsets);
  }
  if (Math.abs(epochMs) > cacheableMs) return undefined;
  const hour = Math.floor(epochMs / hourMs);
  const cached = offsets.get(hour);
  if (cached !== undefined || offsets.has(hour)) return cached;
  // No zone ever changed its offset and took the change back within an hour, so equal ends mean one offset in between.
  const first = offsetAt(hour * hourMs, timeZone);
  const steady = first === offsetAt((hour + 1) * hourMs - 1, timeZone) ? first : undefined;
  if (offsets.size >= hoursMax) offsets.clear();
  offsets.set(hour, steady);
  return steady;
}

function offsetAt(epochMs: number, timeZone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1_000_000;
}

function dateOfEpochDay(day: number): Temporal.PlainDate {
  const cached = datesByEpochDay.get(day);
  if (cached !== undefined) return cached;
  if (datesByEpochDay.size >= datesMax) datesByEpochDay.clear();
  const date = epoch.add({ days: day });
  datesByEpochDay.set(day, date);
  return date;
}

function requireZone(timeZone: string): void {
  if (!isTimeZone(timeZone)) {
    throw new TierlineError(
      'time_zone.unknown',
      'invalid',
      'The time zone must be an IANA name such as Europe/Berlin.',
    );
  }
}
