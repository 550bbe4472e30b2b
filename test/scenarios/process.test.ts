import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from '@tierline/server/db';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { openBook, type OrderBook } from '../support/order-book.ts';
import { senderTo } from '../support/order-load.ts';
import { chosenSeed, seededRandom } from '../support/random.ts';
import { serverHome, type ServerHome, type ServerProcess } from '../support/server-process.ts';

// One data directory for the whole file: each test starts on what the one before it left.
let home: ServerHome;
const seed = chosenSeed();
const random = seededRandom(seed);
beforeAll(() => {
  home = serverHome();
});
afterAll(() => home.close());

const minutes = (count: number) => ({ timeout: count * 60_000 });
const inOrder = { code: 0, signal: null };
const ready = async ({ url }: ServerProcess): Promise<number> => (await fetch(`${url}/readyz`)).status;

describe('starting', () => {
  test('makes everything, says where it is, and ends in order', minutes(2), async () => {
    const server = await home.start();
    expect(await ready(server)).toBe(200);
    expect(server.stdout()).toContain(server.url);
    const { reseller } = server.ready.api;
    const headers = { authorization: `Bearer ${reseller.api_key}` };
    expect((await fetch(`${server.url}/api/v1/orders`, { headers })).status).toBe(200);
    // Whatever holds credentials is for its owner's eyes only.
    for (const file of ['demo-access.json', 'cli.json', 'postgres.password']) {
      expect([file, statSync(join(home.dataDir, file)).mode & 0o777]).toEqual([file, 0o600]);
    }
    expect(statSync(server.readyFile).mode & 0o777).toBe(0o600);
    expect(await server.end('SIGTERM')).toEqual(inOrder);
    expect(server.stderr()).toBe('');
    expect(home.databaseProcesses()).toEqual([]);
    expect(readdirSync(home.dataDir).filter((name) => name.startsWith('postgres.owner'))).toEqual([]);
  });

  test('again finds everything as it was', minutes(2), async () => {
    const one = await home.start();
    expect(await one.end('SIGTERM')).toEqual(inOrder);
    const two = await home.start();
    expect({ ...two.ready, base_url: '', simpleapi: {} }).toEqual({ ...one.ready, base_url: '', simpleapi: {} });
    expect(await two.end('SIGTERM')).toEqual(inOrder);
  });

  test('after a kill adopts the database server that was left behind', minutes(2), async () => {
    const killed = await home.start();
    const left = home.postmaster();
    expect(await killed.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(home.postmaster()).toEqual(left);
    const heir = await home.start();
    expect(home.postmaster()).toEqual(left);
    expect(await ready(heir)).toBe(200);
    expect(await heir.end('SIGTERM')).toEqual(inOrder);
    expect(home.databaseProcesses()).toEqual([]);
  });

  test('twice on one directory is refused, naming who has it', minutes(2), async () => {
    const first = await home.start();
    const second = home.attempt();
    const { code } = await second.exited;
    expect(code).toBeGreaterThan(0);
    expect(second.stderr()).toContain(`in use by another Tierline process (pid ${first.pid})`);
    expect(second.stderr()).toContain(home.dataDir);
    expect(second.stderr()).not.toMatch(/^\s+at /m);
    expect(await ready(first)).toBe(200);
    expect(await first.end('SIGTERM')).toEqual(inOrder);
  });

  test('on a port that is taken says so, and leaves no database behind', minutes(2), async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const attempt = home.attempt({ port });
    const { code } = await attempt.exited;
    other.close();
    expect(code).toBeGreaterThan(0);
    expect(attempt.stderr()).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(attempt.stderr()).toContain('--port');
    expect(attempt.stderr()).not.toMatch(/^\s+at /m);
    expect(home.databaseProcesses()).toEqual([]);
  });

  test('is stopped by SIGTERM at once, wherever it is', minutes(2), async () => {
    const taken = home.taken();
    const attempt = home.attempt();
    await taken;
    const { code, signal } = await attempt.end('SIGTERM');
    expect({ signal, isOver: code !== null }).toEqual({ signal: null, isOver: true });
    expect(attempt.stdout()).toBe('');
    expect(home.databaseProcesses()).toEqual([]);
    const server = await home.start();
    expect(await server.end('SIGTERM')).toEqual(inOrder);
  });

  const isolation = ['unshare', '-n', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const canIsolate = spawnSync(isolation[0]!, [...isolation.slice(1), 'true']).status === 0;

  test.skipIf(!canIsolate)(
    `needs no network ${canIsolate ? '' : '(not shown here: that takes root, unshare and ip)'}`,
    minutes(2),
    async () => {
      const server = await home.start({ through: isolation });
      const devices = readFileSync(`/proc/${server.pid}/net/dev`, 'utf8').matchAll(/^ *(\S+):/gm);
      expect([...devices].map(([, name]) => name)).toEqual(['lo']);
      expect(await server.end('SIGTERM')).toEqual(inOrder);
      expect(server.stderr()).toBe('');
    },
  );
});

describe('with orders on their way', () => {
  async function bookOf(server: ServerProcess, name: string): Promise<OrderBook> {
    const database = connect({ connection: home.connection(), poolSize: 1 });
    const book = await openBook(server, database, random, name);
    await database.close();
    return book;
  }

  async function audit(book: OrderBook) {
    const database = connect({ connection: home.connection(), poolSize: 1 });
    const figures = await book.audit(database);
    await database.close();
    return figures;
  }

  test('SIGTERM lets 50 of them finish, and stores no half ones', minutes(5), async () => {
    onTestFailed(() => console.error(`TEST_SEED=${seed} repeats the orders of this run.`));
    let server = await home.start();
    const book = await bookOf(server, 'TERM');
    for (let round = 0; round < 4; round += 1) {
      const send = await senderTo(server.ready);
      const since = new Date();
      const first = Promise.withResolvers<void>();
      const all = Array.from({ length: 50 }, async () => {
        const done = await book.send(send, book.wish(), since);
        if (done) first.resolve();
      });
      // The first answer finds the others at every point between their connection and their answer.
      await first.promise;
      expect(await server.end('SIGTERM')).toEqual(inOrder);
      await Promise.all(all);
      expect(home.databaseProcesses()).toEqual([]);
      server = await home.start();
    }
    const figures = await audit(book);
    console.log('SIGTERM', figures);
    expect(figures.acknowledged).toBeGreaterThanOrEqual(4);
    // What a server that ends in order has begun, it answers: nothing is stored that its client does not know of.
    expect(figures.storedOfThose).toBe(0);
    await book.readAgain(server);
    expect(await server.end('SIGTERM')).toEqual(inOrder);
  });

  test('a database server that dies is brought back, and nothing is lost', minutes(5), async () => {
    onTestFailed(() => console.error(`TEST_SEED=${seed} repeats the orders of this run.`));
    const server = await home.start();
    const book = await bookOf(server, 'REVIVED');
    const send = await senderTo(server.ready);
    const since = new Date();
    for (let round = 0; round < 3; round += 1) {
      const dead = home.postmaster()!.pid;
      const revived = home.nextPostmaster(dead);
      const wanted = Array.from({ length: 24 }, () => book.wish());
      const first = Promise.withResolvers<void>();
      const sent = wanted.map(async (wish) => {
        if (await book.send(send, wish, since)) first.resolve();
      });
      await first.promise;
      process.kill(dead, 'SIGKILL');
      await Promise.all(sent);
      await revived;
      for (const wish of wanted) {
        while (!book.acknowledged.has(wish.key)) await book.send(send, wish, since);
      }
      expect(await ready(server)).toBe(200);
    }
    const figures = await audit(book);
    console.log('database killed', figures);
    expect(figures).toMatchObject({ acknowledged: 72, neverAcknowledged: 0 });
    await book.readAgain(server);
    expect(await server.end('SIGTERM')).toEqual(inOrder);
    expect(home.databaseProcesses()).toEqual([]);
  });
});
