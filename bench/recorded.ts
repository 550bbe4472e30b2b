import type { Database, Statement } from '@tierline/server/db';
import type { Temporal } from '@tierline/kernel';
import { dueBatchMax, type Engine } from '@tierline/server/app/engine.ts';
import { dueWorker } from '@tierline/server/modules/lifecycle/index.ts';
import pg from 'pg';
import type { BenchDatabase } from './database.ts';
import { inFlight, type Way } from './measure.ts';
import { openEngine } from './channel.ts';

const storing = 'place_orders';

/** A statement of the engine with its values, ready to be sent by anybody. */
type Recorded = { readonly statement: Statement; readonly values: readonly unknown[] };

/** How many orders a storing statement has. */
function widthOf(values: readonly unknown[]): number {
  return Array.isArray(values[1]) ? values[1].length : 0;
}

/** A database that counts how wide the storing statements are. */
export function counting(db: Database): { db: Database; widths: number[] } {
  const widths: number[] = [];
  return {
    widths,
    db: {
      ...db,
      query: (statement, values) => {
        if (statement.name === storing) widths.push(widthOf(values));
        return db.query(statement, values);
      },
    },
  };
}

/** A database that answers everything, but writes storing statements down instead of running them. */
function recording(db: Database, into: Recorded[]): Database {
  return {
    ...db,
    query: async <Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]> => {
      if (statement.name !== storing) return db.query<Row>(statement, values);
      into.push({ statement, values });
      // As if each order of the statement had been stored.
      return (values[1] as string[]).map((_, at) => ({ place: at + 1, short: false, again: null })) as unknown as Row[];
    },
  };
}

export type Place = (engine: Awaited<ReturnType<typeof openEngine>>) => Promise<unknown>;

/**
 * A bare client that stores the very rows that the engine would store: the engine's own statement, `width` orders in each,
 * with values that were made before the clock runs. What is left is what PostgreSQL and its driver take.
 */
export async function bareClient(options: {
  readonly database: BenchDatabase;
  readonly db: Database;
  readonly place: Place;
  readonly width: number;
  readonly parallel: number;
  /** More orders per second than this can't be measured: so many are recorded beforehand. */
  readonly ordersPerSecondMax: number;
}): Promise<Way & { close(): Promise<void> }> {
  const { database, db, place, width, parallel, ordersPerSecondMax } = options;
  const recorded: Recorded[] = [];
  const recorder = await openEngine(recording(db, recorded), { orderBatchMax: width, orderBatchesAtOnce: 1 });
  const left: Recorded[] = [];
  async function record(count: number): Promise<void> {
    while (left.length < count) {
      await Promise.all(Array.from({ length: width * 16 }, () => place(recorder)));
      left.push(...recorded.splice(0).filter(({ values }) => widthOf(values) === width));
    }
  }
  const pool = new pg.Pool({
    ...database.connection,
    max: parallel,
    options: '-c timezone=UTC -c plan_cache_mode=force_generic_plan',
  });
  return {
    name:
      width === 1
        ? `bare pg, a statement per order, ${parallel} connections`
        : `bare pg, ${width} orders a statement, ${parallel} connections`,
    prepare: (ms) => record(Math.ceil((ordersPerSecondMax * ms) / 1000 / width)),
    run: async (ms) => {
      const sample = await inFlight(parallel, ms, async () => {
        const one = left.pop();
        if (one === undefined) throw new Error('Faster than ordersPerSecondMax.');
        await pool.query({ name: one.statement.name, text: one.statement.text, values: [...one.values] });
      });
      // What is left would only make work for the garbage collector while others are measured.
      left.length = 0;
      return { ...sample, perSecond: sample.perSecond * width };
    },
    close: async () => {
      recorder.revisions.stop();
      await pool.end();
    },
  };
}

/**
 * The storing statements of all renewals that are due, with their values, without running them: what is due is put off instead, so
 * that the worker goes on to the next.
 */
export async function recordingRenewals(engine: Engine, db: Database, until: Temporal.Instant): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await db.connect();
    const query = async (config: pg.QueryConfig): Promise<unknown> => {
      if (config.name !== 'store_changes') return client.query(config);
      const values = config.values ?? [];
      recorded.push({ statement: { name: config.name, text: config.text }, values });
      const putOff =
        "update subscription_due set due_at = now() + interval '10 years' where subscription_id = any($1::uuid[])";
      await client.query({ text: putOff, values: [values[20]] });
      return { rows: [] };
    };
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query') return query;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function'
          ? (...args: unknown[]): unknown => Reflect.apply(member, target, args)
          : member;
      },
    });
  };
  const worker = dueWorker({
    db: { ...db, connect },
    lifecycle: engine.lifecycle,
    batchMax: dueBatchMax,
    onError: (error) => {
      throw error;
    },
  });
  await worker.runDue({ sandboxId: null }, until);
  return recorded;
}
