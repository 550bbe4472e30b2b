import { TierlineError, type Clock } from '@tierline/kernel';

export type Throttle = {
  /** Throws a refusal of kind limited while this name has to wait. */
  check(name: string): void;
  failed(name: string): void;
  succeeded(name: string): void;
};

const freeFailures = 5;
const waitSecondsMax = 60;
/** After this long without a failure a name starts anew. */
const forgottenAfterMs = 15 * 60_000;
const namesMax = 10_000;

/**
 * Slows down guessing of one name's password: after five failures in a row the next try has to wait, twice as long
 * each time, up to a minute. Never longer, or anybody could lock out anybody. In memory of this node.
 */
export function throttle(clock: Clock): Throttle {
  const failures = new Map<string, { count: number; lastMs: number }>();

  function waitMs(count: number): number {
    return count < freeFailures ? 0 : Math.min(2 ** (count - freeFailures), waitSecondsMax) * 1000;
  }

  return {
    check(name) {
      const past = failures.get(name);
      if (past === undefined) return;
      const leftMs = past.lastMs + waitMs(past.count) - clock.now().epochMilliseconds;
      if (leftMs <= 0) return;
      throw new TierlineError(
        'access.too_many_failures',
        'limited',
        'Too many failed logins. Wait before the next try.',
        {
          retryAfterSeconds: Math.ceil(leftMs / 1000),
        },
      );
    },
    failed(name) {
      const nowMs = clock.now().epochMilliseconds;
      const past = failures.get(name);
      const count = past === undefined || nowMs - past.lastMs > forgottenAfterMs ? 1 : past.count + 1;
      // Taken out and put in again, so that the first of the map is always the one longest without a failure.
      failures.delete(name);
      if (failures.size >= namesMax) failures.delete(failures.keys().next().value!);
      failures.set(name, { count, lastMs: nowMs });
    },
    succeeded: (name) => void failures.delete(name),
  };
}
