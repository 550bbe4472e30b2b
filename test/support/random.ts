import { randomInt } from 'node:crypto';

export type Random = ReturnType<typeof seededRandom>;

/** The seed of the run: `TEST_SEED`, or a new one, which a failing test prints. */
export function chosenSeed(): number {
  return Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31));
}

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number) {
  let state = seed >>> 0;

  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to `below`, which is not included. */
  const integer = (below: number): number => Math.floor(fraction() * below);

  return {
    integer,
    chance: (probability: number): boolean => fraction() < probability,
    pick: <Value>(values: readonly Value[]): Value => values[integer(values.length)]!,
  };
}
