import { Temporal } from './temporal.ts';

/** The clock is an argument: nothing in the engine reads the system's time by itself. */
export type Clock = { now(): Temporal.Instant };

export const systemClock: Clock = { now: () => Temporal.Instant.fromEpochMilliseconds(Date.now()) };

/** A clock that stands still until it is moved; for tests and sandboxes. */
export function manualClock(start: Temporal.Instant | string): Clock & { set(at: Temporal.Instant | string): void } {
  let current = Temporal.Instant.from(start);
  return {
    now: () => current,
    set(at) {
      current = Temporal.Instant.from(at);
    },
  };
}
