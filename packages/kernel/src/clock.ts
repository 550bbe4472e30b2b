import { Temporal } from './temporal.ts';

/** The clock is an argument: nothing in the engine reads the system's time by itself. */
export type Clock = {
  now(): Temporal.Instant;
  /** The same in milliseconds since 1970, from a clock that knows it without making an instant. Ask `nowMs`. */
  readonly epochMs?: () => number;
};

export const systemClock: Clock = {
  now: () => Temporal.Instant.fromEpochMilliseconds(Date.now()),
  epochMs: () => Date.now(),
};

/** Milliseconds since 1970, for what asks at every request: making an instant costs more than all else that it does. */
export function nowMs(clock: Clock): number {
  return clock.epochMs?.() ?? clock.now().epochMilliseconds;
}

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
