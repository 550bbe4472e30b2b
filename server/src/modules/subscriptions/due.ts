import { boundary, startOfDay, Temporal } from '@tierline/kernel';
import { dateText, daysAfter, plainDate } from '../billing/index.ts';
import type { Subscription } from './subscription.ts';

/** What of a plan says when something is due. */
export type DueTerms = { readonly expirationNoticeDays: number; readonly graceMonths: number };

export type DueKind = 'intent' | 'notice' | 'window' | 'term' | 'pause' | 'grace' | 'retry';
export type Due = { readonly kind: DueKind; readonly at: Temporal.Instant };

/** A change that waits for a date, as far as its moment goes. */
export type DatedIntent = { readonly dueOn: string | null };

/** In this order, when several are due at one instant: what was asked for a date counts for what the date brings by itself. */
const order: readonly DueKind[] = ['intent', 'notice', 'retry', 'window', 'term', 'pause', 'grace'];

/**
 * The next thing that happens to a subscription by itself, and when: the first instant of its date in the owner's zone. Undefined:
 * nothing any more.
 */
export function nextDue(
  subscription: Subscription,
  terms: DueTerms,
  timeZone: string,
  intents: readonly DatedIntent[] = [],
): Due | undefined {
  // Until it is real nothing of it happens; what was due meanwhile is worked off in order once it is.
  if (subscription.status === 'pending') return undefined;
  const all: Due[] = [];
  const on = (kind: DueKind, date: string): void => void all.push({ kind, at: startOfDay(plainDate(date), timeZone) });
  if (subscription.status === 'terminated' || subscription.status === 'removed') return undefined;
  for (const { dueOn } of intents) if (dueOn !== null) on('intent', dueOn);
  if (subscription.status === 'hold') holdDates(subscription, terms, on);
  else if (subscription.renewalFailure !== null) {
    all.push({ kind: 'retry', at: Temporal.Instant.from(subscription.renewalFailure.retryAt) });
  } else {
    activeDates(subscription, terms, on);
  }
  return all.sort((a, b) => Temporal.Instant.compare(a.at, b.at) || order.indexOf(a.kind) - order.indexOf(b.kind))[0];
}

type On = (kind: DueKind, date: string) => void;

/**
 * The date on which the next billing period begins, undefined where nothing is billed: the owner's boundary. An edge whose boundary comes
 * more than a day before that has one of its own: a leap day here is March 1 there, and from then on their months begin days apart.
 * Waiting for the owner's it would be charged late, and for what is held by then.
 */
export function periodEnd({ ledger, endOn }: Pick<Subscription, 'ledger' | 'endOn'>): string | undefined {
  const own = ledger.at(-1)?.window.end;
  if (own === undefined) return undefined;
  const ends = ledger.filter((edge) => edge.window.end < edge.endOn).map(({ window }) => window.end);
  const first = ends.reduce((least, end) => (end < least ? end : least), own);
  return first < daysAfter(own, -1) && first < endOn ? first : own;
}

function activeDates(subscription: Subscription, terms: DueTerms, on: On): void {
  const { endOn, startOn, noticedOn } = subscription;
  const end = periodEnd(subscription);
  if (end !== undefined && end < endOn) on('window', end);
  on('term', endOn);
  if (noticedOn === endOn || terms.expirationNoticeDays === 0) return;
  const notice = daysAfter(endOn, -terms.expirationNoticeDays);
  // A term that is shorter than its notice has none: it would come with every renewal.
  if (notice > startOn) on('notice', notice);
}

/**
 * On hold: the end of the grace period, which begins when the right to use ended. A suspension has its own end, up to which billing periods
 * go on; without a grace period it can be lifted as long as the term would have lasted.
 */
function holdDates(subscription: Subscription, { graceMonths }: DueTerms, on: On): void {
  const { endOn, holdReason, suspension, licenses } = subscription;
  if (holdReason === 'admin') return;
  const graceEnd = dateText(boundary(plainDate(endOn), graceMonths, { unit: 'month', count: 1 }));
  if (suspension === null) return on('grace', graceEnd);
  const end = periodEnd(subscription);
  if (end !== undefined && end < endOn) on('window', end);
  if (licenses.some(({ enabled }) => enabled)) on('pause', endOn);
  on('grace', graceMonths === 0 ? suspension.endOn : graceEnd);
}
