import { Temporal } from '@tierline/kernel';
import type { RenewalFailure } from '../subscriptions/index.ts';

/** A renewal that fails once more: tried again after 1, 2, 4, ... hours, at most a day, and a last time when the policy's days are over. */
export function failedAgain(
  before: RenewalFailure | null,
  at: Temporal.Instant,
  retryDays: number,
  reasons: RenewalFailure['reasons'],
): { failure: RenewalFailure; isOver: boolean } {
  const since = before?.since ?? at.toString();
  const attempts = (before?.attempts ?? 0) + 1;
  const until = Temporal.Instant.from(since).add({ hours: retryDays * 24 });
  const soon = at.add({ hours: Math.min(24, 2 ** Math.min(attempts - 1, 5)) });
  const isOver = Temporal.Instant.compare(at, until) >= 0;
  const next = isOver || Temporal.Instant.compare(soon, until) < 0 ? soon : until;
  return { failure: { since, attempts, retryAt: next.toString(), reasons }, isOver };
}
