import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Temporal } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { Database } from '@tierline/server/db';
import pg from 'pg';
import { buildChannel, masterKey, openEngine, simpleApiAccess, type Channel } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { benchDatabase, type BenchDatabase } from './database.ts';
import { median, type Measured } from './measure.ts';
import { placeOne } from './orders.ts';
import { recordingRenewals } from './recorded.ts';
import type { Report } from './report.ts';

/** Subscriptions in all, and those of one round that are due. */
type Size = { readonly active: number; readonly due: number; readonly rounds: number };

const full: Size = { active: 1_000_000, due: 100_000, rounds: 3 };
const small: Size = { active: 50_000, due: 18_000, rounds: 3 };

const dayOfRound = (round: number): Temporal.Instant => Temporal.Now.instant().add({ hours: 24 * 40 + round });

/**
 * Copies of subscriptions that were really sold, until there are so many; each is due in ten years unless it is made due. They share the
 * orders they were sold with: what is measured reads and writes what belongs to a subscription, not where it came from.
 */
async function multiply(db: Database, count: number): Promise<void> {
  await run(
    db,
    'bench_templates',
    `create unlogged table bench_templates as select row_number() over () as n, * from subscriptions`,
  );
  const step = 50_000;
  for (let made = 0; made < count; made += step) {
    const size = Math.min(step, count - made);
    await run(
      db,
      'bench_copies',
      `create unlogged table bench_copies as
       select uuidv7() as copy_id, uuidv7() as copy_license, nextval('subscription_serial_seq') as copy_serial, t.*
       from generate_series(1, ${size}) as g join bench_templates t on t.n = 1 + g % (select count(*) from bench_templates)`,
    );
    await run(
      db,
      'bench_subscriptions',
      `insert into subscriptions (owner_id, id, serial, order_id, customer_id, plan_id, plan_version, name, status, auto_renewal,
         auto_renewal_months, anchor_on, start_on, end_on, start_charge_on, version, created_at, updated_at, life)
       select owner_id, copy_id, copy_serial, order_id, customer_id, plan_id, plan_version, name, status, auto_renewal,
         auto_renewal_months, anchor_on, start_on, end_on, start_charge_on, 1, created_at, updated_at, life from bench_copies`,
    );
    await run(
      db,
      'bench_items',
      `insert into subscription_items (owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity)
       select c.owner_id, c.copy_id, i.rate_id, i.resource_id, i.mpn, i.vendor_code, i.name, i.quantity
       from bench_copies c join subscription_items i on i.owner_id = c.owner_id and i.subscription_id = c.id`,
    );
    await run(
      db,
      'bench_licenses',
      `insert into licenses (owner_id, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on,
         start_charge_on, grace_months, enabled)
       select c.owner_id, c.copy_license, c.copy_id, l.product_id, l.license_version, l.activation_code, l.units, l.start_on, l.end_on,
         l.start_charge_on, l.grace_months, l.enabled
       from bench_copies c join licenses l on l.owner_id = c.owner_id and l.subscription_id = c.id`,
    );
    await run(
      db,
      'bench_due',
      `insert into subscription_due (owner_id, subscription_id, sandbox_id, due_at)
       select owner_id, copy_id, null, now() + interval '10 years' from bench_copies`,
    );
    await run(db, 'bench_drop', 'drop table bench_copies');
  }
  await run(db, 'bench_rest', `update subscription_due set due_at = now() + interval '10 years'`);
  await run(db, 'bench_analyze', 'vacuum analyze');
}

async function run(db: Database, name: string, text: string): Promise<void> {
  await db.query({ name: `${name}_${Math.random().toString(36).slice(2)}`, text }, []);
}

/** Makes so many due that never were: their terms end a month from now, and the worker is told that it is later than that. */
async function makeDue(db: Database, count: number): Promise<void> {
  await run(
    db,
    'bench_make_due',
    `update subscription_due set due_at = now() + interval '31 days' where (owner_id, subscription_id) in (
       select d.owner_id, d.subscription_id from subscription_due d join subscriptions s on s.owner_id = d.owner_id and s.id = d.subscription_id
       where s.version = 1 and d.due_at > now() + interval '9 years' limit ${count})`,
  );
}

type Round = { readonly perSecond: number };

async function timed(count: number, work: () => Promise<unknown>): Promise<Round> {
  const began = performance.now();
  await work();
  return { perSecond: (count / (performance.now() - began)) * 1000 };
}

/** The rate of one connection that stores the rows of renewals with the engine's own statement, its values made beforehand. */
async function bareRound(database: BenchDatabase, engine: Engine, db: Database, count: number): Promise<Round> {
  await makeDue(db, count);
  const recorded = await recordingRenewals(engine, db, dayOfRound(1));
  const client = new pg.Client({
    ...database.connection,
    options: '-c timezone=UTC -c plan_cache_mode=force_generic_plan',
  });
  await client.connect();
  const round = await timed(count, async () => {
    for (const { statement, values } of recorded) {
      await client.query({ name: statement.name, text: statement.text, values: [...values] });
    }
  });
  await client.end();
  return round;
}

type DueWorker = { runDue(until: Temporal.Instant): Promise<number>; stop(): Promise<void> };

/** A worker in a process of its own, with an engine and connections of its own. */
async function dueWorker(url: string): Promise<DueWorker> {
  const child = fork(new URL('./due-process.ts', import.meta.url), {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    async runDue(until) {
      child.send(until.toString());
      const [{ steps }] = (await once(child, 'message')) as [{ steps: number }];
      return steps;
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function workerRound(workers: readonly DueWorker[], db: Database, count: number): Promise<Round> {
  await makeDue(db, count);
  const until = dayOfRound(1);
  return timed(count, async () => {
    const steps = await Promise.all(workers.map((worker) => worker.runDue(until)));
    const done = steps.reduce((sum, one) => sum + one, 0);
    if (done !== count) throw new Error(`Of ${count} due subscriptions ${done} were worked off.`);
  });
}

/** 100,000 of 1,000,000 subscriptions are due: two items, three edges, an order with its charges, events. */
export async function renewals(quick: boolean): Promise<Report> {
  const size = quick ? small : full;
  const database = await benchDatabase();
  const db = database.open(8);
  const engine = await openEngine(db);
  const channel = await buildChannel(engine, { resellers: 20, customersEach: 25 });
  for (let at = 0; at < 2000; at += 50) await Promise.all(Array.from({ length: 50 }, () => placeOne(engine, channel)));
  await multiply(db, size.active);
  const names = {
    bare: 'bare pg, the same rows, one connection',
    one: 'one worker',
    two: 'two workers',
  };
  const rounds: Record<keyof typeof names, number[]> = { bare: [], one: [], two: [] };
  const share = Math.floor(size.due / size.rounds / 3);
  const workers = [await dueWorker(database.url), await dueWorker(database.url)];
  for (const worker of workers) await workerRound([worker], db, Math.min(1000, share));
  for (let round = 0; round < size.rounds; round += 1) {
    rounds.bare.push((await bareRound(database, engine, db, share)).perSecond);
    rounds.one.push((await workerRound(workers.slice(0, 1), db, share)).perSecond);
    rounds.two.push((await workerRound(workers, db, share)).perSecond);
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  const beside = await besideProducts(database, engine, channel, db, Math.max(share, 12_000));
  engine.revisions.stop();
  await database.close();
  const measured = (Object.keys(names) as (keyof typeof names)[]).map((name): Measured => ({
    name: names[name],
    perSecond: median(rounds[name]),
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    cpuMicroseconds: Number.NaN,
    rounds: rounds[name],
  }));
  const perRound = (name: 'one' | 'two'): number =>
    median(rounds[name].map((rate, round) => rate / rounds.bare[round]!));
  return {
    title: `renewals: ${share} due at a time of ${size.active.toLocaleString('en')} subscriptions, two items, three edges`,
    measured,
    ratios: [
      { what: `${names.one} / ${names.bare}`, value: perRound('one'), atLeast: 0.5 },
      { what: `${names.two} / ${names.bare}`, value: perRound('two'), atLeast: 0.5 },
      {
        what: 'p99 of GET /products without renewals / beside them',
        value: beside.before / beside.during,
        atLeast: 0.5,
      },
    ],
    notes: [
      `GET /products, 200 a second: p99 ${beside.before.toFixed(1)} ms alone, ${beside.during.toFixed(1)} ms while the same server renews (${beside.renewed} in these 5 s).`,
    ],
  };
}

/** The p99 of a partner's first page, asked for at a steady pace, alone and while the server that answers works off what is due. */
async function besideProducts(
  database: BenchDatabase,
  engine: Engine,
  channel: Channel,
  db: Database,
  count: number,
): Promise<{ before: number; during: number; renewed: number }> {
  const headers = await simpleApiAccess(engine, channel.resellers[0]!.id);
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
  });
  const load = startLoad();
  const request = `GET /marketplace/products?limit=50 HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
  const ask = (ms: number) =>
    load.run({ port: server.port, connections: 4, ms, requests: [request], status: 200, everyMs: 20 });
  await ask(2000);
  const before = await ask(5000);
  // Due in the server's own time: it finds them by itself. Their terms are moved first, so that each is a renewal when it is found.
  await makeDue(db, count);
  await run(
    db,
    'bench_past',
    `update subscriptions s set start_on = start_on - 40, anchor_on = anchor_on - 40, end_on = end_on - 40,
       life = replace(replace(replace(life::text, to_char(current_date, 'YYYY-MM-DD'), to_char(current_date - 31, 'YYYY-MM-DD')),
         to_char(current_date - 1, 'YYYY-MM-DD'), to_char(current_date - 32, 'YYYY-MM-DD')),
         to_char(end_on, 'YYYY-MM-DD'), to_char(current_date, 'YYYY-MM-DD'))::jsonb
     from subscription_due d where d.owner_id = s.owner_id and d.subscription_id = s.id and d.due_at < now() + interval '1 year'`,
  );
  await run(
    db,
    'bench_now',
    `update subscription_due set due_at = now() - interval '1 minute' where due_at < now() + interval '1 year'`,
  );
  const orders = await orderCount(db);
  const during = await ask(5000);
  const renewed = (await orderCount(db)) - orders;
  await Promise.all([load.stop(), server.stop()]);
  return { before: before.p99Ms, during: during.p99Ms, renewed };
}

async function orderCount(db: Database): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    { name: 'bench_orders', text: 'select count(*)::int as n from orders' },
    [],
  );
  return row!.n;
}
