import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modelChannels, type ModelChannel } from '../../support/lifecycle-channels.ts';
import { openKiller, type Killer } from '../../support/lifecycle-crash.ts';
import { histories } from '../../support/lifecycle-histories.ts';
import { play } from '../../support/lifecycle-story.ts';
import { openWorld, type World } from '../../support/world.ts';

/*
 * Random histories over years, by several actors, with crashes and retries in between, beside a model that keeps its books day by day.
 * After every command both must be in the same state, and at the end every order must have come to the same amounts on every edge; then
 * the laws hold that need no model. `MODEL_RUNS=1000` runs more histories than the default. A failure is shrunk to the shortest history
 * that fails, and prints its seed and path, which `MODEL_SEED` and `MODEL_PATH` run again.
 */
const { MODEL_RUNS: runsWanted, MODEL_SEED: seed, MODEL_PATH: path } = process.env;
const runs = Number(runsWanted ?? '60');
/** The same histories everywhere, so that a change of the code is what makes the difference; `MODEL_SEED` gives others. */
const defaultSeed = '20260302';

let world: World;
let killer: Killer;
let channels: ModelChannel[];
beforeAll(async () => {
  world = await openWorld({ poolSize: 4 });
  killer = await openKiller(world.url);
  channels = await modelChannels(world);
});
afterAll(async () => {
  await killer.close();
  await world.close();
});

test('random histories come to what the days come to', { timeout: 1_200_000 }, async () => {
  const played = fc.assert(
    fc.asyncProperty(histories, async (history) => play({ world, killer, channels }, history)),
    {
      numRuns: runs,
      seed: Number(seed ?? defaultSeed),
      ...(path === undefined ? {} : { path, endOnFailure: true }),
    },
  );
  await expect(played).resolves.toBeUndefined();
});
