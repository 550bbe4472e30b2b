import { Temporal } from '@tierline/kernel';

/** The calendar and the arithmetic of the model: dates as text, days counted one by one, whole numbers only. */

/** Prices from lower limits on, in millionths of the currency's unit. */
export type ModelTiers = readonly (readonly [lowerLimit: bigint, micros: bigint])[];

/** What a day's quantity costs for a whole period, in millionths. */
export function costOf(model: 'flat' | 'tiered' | 'volume', tiers: ModelTiers, quantity: bigint): bigint {
  if (model === 'flat') return tiers[0]![1] * quantity;
  if (model === 'volume') return (tiers.findLast(([limit]) => limit <= quantity) ?? tiers[0]!)[1] * quantity;
  let sum = 0n;
  for (let unit = 1n; unit <= quantity; unit += 1n) sum += tiers.findLast(([limit]) => limit < unit)![1];
  return sum;
}

/** Prices of a day that are at most so many percent above those of before, whatever the quantity. */
export function heldBack(before: ModelTiers, day: ModelTiers, percent: number): ModelTiers {
  const at = (tiers: ModelTiers, quantity: bigint): bigint =>
    (tiers.findLast(([limit]) => limit <= quantity) ?? tiers[0]!)[1];
  const limits = [...new Set([...before, ...day].map(([limit]) => limit))].toSorted((a, b) => (a < b ? -1 : 1));
  return limits.map((limit) => {
    const most = (at(before, limit) * BigInt(100 + percent)) / 100n;
    return [limit, at(day, limit) < most ? at(day, limit) : most];
  });
}

export function halfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

const dayMs = 86_400_000;

export function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / dayMs;
}

export function isoOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** So many months after a date, on the same day of the month or the last one it has. */
export function addMonths(date: string, months: number): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return isoOf(first.getTime() / dayMs + Math.min(day, last) - 1);
}

export function monthsTo(anchor: string, date: string): number {
  for (let months = 0; ; months += 1) {
    const reached = addMonths(anchor, months);
    if (reached === date) return months;
    if (reached > date) throw new Error(`${date} is no boundary of ${anchor}.`);
  }
}

export function gridAround(anchor: string, months: number, date: string): { start: string; end: string } {
  let n = 0;
  while (addMonths(anchor, n * months) > date) n -= 1;
  while (addMonths(anchor, (n + 1) * months) <= date) n += 1;
  return { start: addMonths(anchor, n * months), end: addMonths(anchor, (n + 1) * months) };
}

export function nextBoundary(anchor: string, months: number, after: string): string {
  return gridAround(anchor, months, after).end;
}

export function dateAfter(date: string, days: number): string {
  return isoOf(dayNumber(date) + days);
}

export function dateOf(at: Temporal.Instant, zone: string): string {
  return at.toZonedDateTimeISO(zone).toPlainDate().toString();
}

export function midnight(date: string, zone: string): Temporal.Instant {
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).toInstant();
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function later(a: string, b: string): string {
  return a > b ? a : b;
}
