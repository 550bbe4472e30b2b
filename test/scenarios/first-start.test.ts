import { connect } from '@tierline/server/db';
import { afterAll, expect, onTestFailed, test } from 'vitest';
import { chosenSeed, seededRandom } from '../support/random.ts';
import { requestedRowCounts } from '../support/rows.ts';
import { serverHome, type ServerHome } from '../support/server-process.ts';
import { brokenRules, lastingRules } from '../support/stored-orders.ts';

// The first start makes a database, its schema, a whole channel and its credentials. Killed anywhere in between, it is
// finished by the next one.

const seed = chosenSeed();
const random = seededRandom(seed);
const homes: ServerHome[] = [];
afterAll(async () => {
  for (const home of homes) await home.close();
});

function aHome(): ServerHome {
  const home = serverHome();
  homes.push(home);
  return home;
}

/** Rows of everything but what a new set of credentials adds: who was killed before the file of them was written has two. */
async function channelIn(home: ServerHome) {
  const database = connect({ connection: home.connection(), poolSize: 1 });
  const {
    api_keys: _,
    lmpi_credentials: _l,
    simpleapi_users: _s,
    events: _e,
    ...rows
  } = await requestedRowCounts(database);
  const found = await brokenRules(database);
  const broken = lastingRules.flatMap((rule) => found[rule] ?? []);
  await database.close();
  return { rows, broken };
}

test(
  'a first start that is killed again and again is finished by the one that is not',
  { timeout: 600_000 },
  async () => {
    onTestFailed(() => console.error(`TEST_SEED=${seed} repeats the plan of this run.`));
    const peaceful = aHome();
    const undisturbed = await peaceful.start();
    const whole = await channelIn(peaceful);
    expect(whole.broken).toEqual([]);
    await undisturbed.end('SIGTERM');

    const home = aHome();
    let unready = 0;
    for (let kill = 0; kill < 10; kill += 1) {
      const attempt = home.attempt();
      // Longer each time, since each gets further.
      setTimeout(() => void attempt.end('SIGKILL'), random.integer(700 + 500 * kill));
      await attempt.exited;
      unready += await attempt.ready.then(
        () => 0,
        () => 1,
      );
    }
    const server = await home.start();
    console.log(`of 10 first starts ${unready} were killed before they were ready`);
    expect(unready).toBeGreaterThan(2);
    expect(await channelIn(home)).toEqual(whole);
    expect(Object.keys(server.ready.accounts).toSorted()).toEqual(Object.keys(undisturbed.ready.accounts).toSorted());
    for (const [account, { api_key: key }] of Object.entries(server.ready.api)) {
      const answer = await fetch(`${server.url}/api/v1/orders`, { headers: { authorization: `Bearer ${key}` } });
      expect([account, answer.status]).toEqual([account, 200]);
    }
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(home.databaseProcesses()).toEqual([]);
  },
);
