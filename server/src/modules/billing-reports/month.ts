import { startOfDay, Temporal, type AccountId } from '@tierline/kernel';
import type { Account } from '../accounts/index.ts';

/** How far back reports are told: data is kept two years (LMPI reference, part 2, 4). */
export const monthsBack = 24;

/** What was begun in the last moments of a month is stored by then. */
const settlingHours = 1;

/** The accounts of a chain as far as it matters who makes reports. */
type Chain = readonly Pick<Account, 'id' | 'kind'>[];

/**
 * Whether the last of a chain makes billing reports: every distributor and ISP for what it sells itself, and the first MSP below them for
 * everything below it. Others are part of the report of whoever stands above them; below nobody but the root, the first one makes it.
 */
export function makesReports(chain: Chain): boolean {
  const above = chain.slice(0, -1);
  const own = chain.at(-1);
  if (own === undefined || own.kind === 'provider') return false;
  if (own.kind === 'distributor' || own.kind === 'isp') return true;
  if (above.some(({ kind }) => kind === 'msp' || kind === 'reseller')) return false;
  return own.kind === 'msp' || above.every(({ kind }) => kind === 'provider');
}

/** The zones of the edges that a report is about: of the seller, and of whom it buys from. */
export type Zones = { readonly seller: string; readonly upper: string };

export function zonesOf(chain: readonly Pick<Account, 'timeZone'>[]): Zones {
  const seller = chain.at(-2)?.timeZone ?? 'UTC';
  return { seller, upper: chain.at(-3)?.timeZone ?? seller };
}

export function monthAfter(monthOn: string): string {
  return Temporal.PlainDate.from(monthOn).add({ months: 1 }).toString();
}

/** From when on a month can be reported: it is over on both edges, and what was begun in it is stored. */
export function opensAt(monthOn: string, { seller, upper }: Zones): Temporal.Instant {
  const end = Temporal.PlainDate.from(monthOn).add({ months: 1 });
  const [first, second] = [startOfDay(end, seller), startOfDay(end, upper)];
  const last = Temporal.Instant.compare(first, second) > 0 ? first : second;
  return last.add({ hours: settlingHours });
}

/** The month that an instant lies in. */
export function monthOf(at: Temporal.Instant, timeZone: string): string {
  return at.toZonedDateTimeISO(timeZone).toPlainDate().with({ day: 1 }).toString();
}

/** When a report is submitted by itself: so many days after a date, at its beginning. */
export function submitsAt(from: Temporal.PlainDate, days: number, timeZone: string): Temporal.Instant {
  return startOfDay(from.add({ days }), timeZone);
}

/** What a seller asks of its partners. */
export type ReportTerms = { readonly submitAfterDays: number; readonly tolerancePercent: string };

export const defaultTerms: ReportTerms = { submitAfterDays: 10, tolerancePercent: '10' };

/** The months that can be read on a day: the last 24 that are over. */
export function oldestMonth(today: Temporal.PlainDate): string {
  return today.with({ day: 1 }).subtract({ months: monthsBack }).toString();
}

/** A calendar of an account: which month is opened next, and when; null for one that makes no reports. */
export type Calendar = {
  readonly ownerId: AccountId;
  readonly nextOn: string | null;
  readonly nextAt: string | null;
};
