import { connect } from '@tierline/server/db';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { openBook, type OrderBook } from '../support/order-book.ts';
import { senderTo, type Wish } from '../support/order-load.ts';
import { chosenSeed, seededRandom } from '../support/random.ts';
import { serverHome, type ServerHome, type ServerProcess } from '../support/server-process.ts';

// Whatever is acknowledged is stored, whole and once, however often the process or its database is killed; whatever is
// not acknowledged is stored whole or not at all, and sending it again makes it stored once.

const kills = Number(process.env['TEST_KILLS'] ?? 54);
const atOnce = 16;
const seed = chosenSeed();
const random = seededRandom(seed);

let home: ServerHome;
beforeAll(() => {
  home = serverHome();
});
afterAll(() => home.close());

type Kill = 'server' | 'database and server' | 'database, and the server later';

test(`${kills} kills during concurrent orders lose nothing and double nothing`, { timeout: 900_000 }, async () => {
  onTestFailed(() => console.error(`TEST_SEED=${seed} repeats the plan of this run.`));
  // What ends in order leaves its code compiled, so that the many starts to come are faster.
  await (await home.start()).end('SIGTERM');
  let server = await home.start();
  const database = connect({ connection: home.connection(), poolSize: 1 });
  const book = await openBook(server, database, random, 'KILL');
  await database.close();

  const killed: Record<string, number> = {};
  const sent = { retries: 0, repeats: 0, twins: 0 };
  for (let round = 1; round <= kills; round += 1) {
    const how = pickKill();
    killed[how] = (killed[how] ?? 0) + 1;
    await loadUntilKilled(server, how, book, sent);
    if (random.chance(0.15)) {
      killed['during its start'] = (killed['during its start'] ?? 0) + 1;
      await killedWhileStarting();
    }
    server = await home.start();
  }

  const audited = connect({ connection: home.connection(), poolSize: 1 });
  const figures = await book.audit(audited);
  await audited.close();
  console.log('killed', killed, 'sent again', sent, figures);
  await book.readAgain(server);
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(home.databaseProcesses()).toEqual([]);
  // A run that found nothing unacknowledged in the database killed too politely to prove anything.
  expect(figures.foundStored).toBeGreaterThan(0);
  expect(figures.acknowledged).toBeGreaterThan(kills);
});

/** A database that has to recover costs a start some seconds, so the server dies alone more often. */
function pickKill(): Kill {
  if (random.chance(0.8)) return 'server';
  return random.pick(['database and server', 'database, and the server later']);
}

/** Places orders until the server is dead: first those that no earlier one acknowledged, then new ones. */
async function loadUntilKilled(
  server: ServerProcess,
  how: Kill,
  book: OrderBook,
  sent: { retries: number; repeats: number; twins: number },
): Promise<void> {
  const send = await senderTo(server.ready);
  const since = new Date();
  const waiting = [...book.open.values()];
  const killAfter = random.integer(60);
  const killLaterMs = random.integer(25);
  let answers = 0;
  const dead = new AbortController();
  const dying = server.exited.then(() => dead.abort());

  function next(): Wish {
    const open = waiting.pop();
    if (open !== undefined) {
      sent.retries += 1;
      return open;
    }
    if (random.chance(0.05) && book.acknowledged.size > 0) {
      sent.repeats += 1;
      return random.pick([...book.acknowledged.values()]).wish;
    }
    return book.wish();
  }

  async function work(): Promise<void> {
    while (!dead.signal.aborted) {
      const wanted = next();
      const times = random.chance(0.1) ? 2 : 1;
      sent.twins += times - 1;
      const settled = await Promise.all(Array.from({ length: times }, () => book.send(send, wanted, since)));
      if (settled.includes(false)) waiting.push(wanted);
      answers += 1;
      if (answers === killAfter + 1) setTimeout(() => kill(server, how), killLaterMs);
    }
  }
  await Promise.all([dying, ...Array.from({ length: atOnce }, work)]);
}

function kill(server: ServerProcess, how: Kill): void {
  if (how !== 'server') process.kill(home.postmaster()!.pid, 'SIGKILL');
  if (how !== 'database, and the server later') void server.end('SIGKILL');
  // Long enough for requests to meet a database that is away, shorter than the server needs to bring it back.
  else setTimeout(() => void server.end('SIGKILL'), random.integer(400));
}

/** Kills a process somewhere between its first step and its readiness. */
async function killedWhileStarting(): Promise<void> {
  const starting = home.attempt();
  setTimeout(() => void starting.end('SIGKILL'), random.integer(1500));
  await starting.exited;
}
