import type { AccountId } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { Database } from '@tierline/server/db';
import { buildChannel, masterKey, openEngine, simpleApiAccess } from './channel.ts';
import { startLoad, startServer, type Child } from './children.ts';
import { benchDatabase } from './database.ts';
import { effortOf, interleave, ratio, withCpu, type Way } from './measure.ts';
import { placeOne } from './orders.ts';
import { postmasterOf } from './processes.ts';
import type { Report } from './report.ts';

const rows = 100_000;
const limit = 50;
const connections = 16;

/** Multiplies the one order, subscription and customer that the engine made, to so many rows like them that were made in the day before. */
async function multiply(db: Database, ownerId: AccountId, of: Sold, wanted: number): Promise<void> {
  const copies: readonly (readonly [table: string, key: string, changed: string])[] = [
    ['customers', 'x.id = $6', "'id', c.id, 'number', 9000000 + c.n, 'created_at', now() - interval '1 day'"],
    ['orders', 'x.id = $3', "'id', c.id, 'serial', 9000000 + c.n"],
    ['subscriptions', 'x.id = $4', "'id', c.id, 'serial', 9000000 + c.n, 'order_id', c.id"],
    ['order_lines', 'x.order_id = $3', "'order_id', c.id, 'subscription_id', c.id"],
  ];
  const yesterdayMs = Date.now() - 86_400_000;
  for (const [table, key, changed] of copies) {
    const text = `insert into ${table} select r.* from ${table} x cross join (
        select n, (lpad(to_hex($5::bigint + n / 4), 12, '0') || '7' || lpad(to_hex(n % 4), 3, '0') || '8'
          || substr(md5(n::text), 1, 15))::uuid as id from generate_series(1, $2::int) n) c
      cross join lateral jsonb_populate_record(x, jsonb_build_object(${changed})) r
      where x.owner_id = $1 and ${key} and ($3::uuid, $4::uuid, $6::uuid) is not null`;
    await db.query({ name: `bench_copy_${table}`, text }, [
      ownerId,
      wanted,
      of.orderId,
      of.subscriptionId,
      yesterdayMs,
      of.customerId,
    ]);
  }
  for (const table of ['orders', 'subscriptions', 'order_lines', 'customers']) {
    await db.query({ name: `bench_vacuum_${table}`, text: `vacuum (analyze) ${table}` }, []);
  }
}

type Sold = { readonly orderId: string; readonly subscriptionId: string; readonly customerId: string };

/** A reseller with so many orders, subscriptions and customers of its own, made by the engine and multiplied. */
export async function aReseller(engine: Engine, db: Database, wanted: number) {
  const channel = await buildChannel(engine, { resellers: 1, customersEach: 10 });
  const order = await placeOne(engine, channel);
  const ownerId = channel.resellers[0]!.id;
  const sold = { orderId: order.id, subscriptionId: order.subscriptions[0]!.id, customerId: channel.customers[0]!.id };
  await multiply(db, ownerId, sold, wanted);
  return { ownerId, access: await simpleApiAccess(engine, ownerId) };
}

/**
 * Lists of 50 orders and of 50 subscriptions of a reseller with 100,000 of each, at the beginning and in the middle, against a
 * bare handler that reads the same 50 rows by their keys and answers them as JSON.
 */
export async function simpleApiLists(quick: boolean): Promise<Report> {
  const count = quick ? rows / 10 : rows;
  const far = count / 2;
  const database = await benchDatabase();
  const db = database.open(4);
  const engine = await openEngine(db);
  const { ownerId, access } = await aReseller(engine, db, count);
  const env = { DATABASE_URL: database.url, TIERLINE_MASTER_KEY: masterKey.toString('base64') };
  const server = await startServer('./server-process.ts', env);
  const bare = await startServer('./bare-rows-process.ts', env, { ownerId, limit, offsets: [0, far] });
  const load = startLoad();
  const postmaster = postmasterOf(database.dataDir);
  const request = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${access}\r\n`;
  const way = (name: string, { port, pid }: Child, target: string): Way =>
    withCpu({ name, run: (ms) => load.run({ port, connections, ms, requests: [request(target)], status: 200 }) }, [
      pid,
      postmaster,
    ]);
  const lists = ['orders', 'subscriptions'] as const;
  const offsets = [0, far];
  const ways = lists.flatMap((list) =>
    offsets.flatMap((offset) => [
      way(bareName(list, offset), bare, `/${list}/${offset}`),
      way(nameOf(list, offset), server, `/marketplace/${list}?limit=${limit}&offset=${offset}`),
    ]),
  );
  const measured = await interleave(ways, effortOf(quick));
  engine.revisions.stop();
  await Promise.all([load, server, bare].map((child) => child.stop()));
  await database.close();
  return {
    title: `simpleapi-lists: ${limit} of ${count.toLocaleString('en')}`,
    measured,
    ratios: lists.flatMap((list) =>
      offsets.map((offset) => ({
        what: `${nameOf(list, offset)} / ${bareName(list, offset)}`,
        value: ratio(measured, nameOf(list, offset), bareName(list, offset)),
        atLeast: offset === 0 ? 0.4 : 0.2,
      })),
    ),
    notes: [
      `The bare handler reads the same ${limit} rows in one prepared statement by a range of keys, and counts nothing.`,
    ],
  };
}

const nameOf = (list: string, offset: number): string => `${list} at ${offset.toLocaleString('en')}`;
const bareName = (list: string, offset: number): string =>
  `bare, the same rows of ${list} at ${offset.toLocaleString('en')}`;
