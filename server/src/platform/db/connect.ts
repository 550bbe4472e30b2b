import { Kysely, PostgresDialect } from 'kysely';
import { Temporal } from '@tierline/kernel';
import pg from 'pg';
import { arrayLiteral } from './array-literal.ts';
import type { Tables } from './tables.generated.ts';

/** A hot statement: prepared once per connection under its name. */
export type Statement = { readonly name: string; readonly text: string };

export type Database = {
  readonly kysely: Kysely<Tables>;
  /** Runs a named, prepared statement. For hot paths; everything else goes through `kysely`. */
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  /** Calls `onNotice` for every notification on the channel. A hint only: connections drop, so callers also poll. */
  listen(channel: string, onNotice: () => void): Promise<void>;
  /** A connection of its own, for COPY and for other work that a pool is no place for. */
  connect(): Promise<pg.PoolClient>;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  stats(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
};

/** A URL, or the parts of one. */
export type Connection = string | { host: string; port: number; user: string; password: string; database: string };

export type ConnectOptions = {
  readonly connection: Connection;
  readonly poolSize: number;
  readonly onError?: (error: Error) => void;
  /** Told of each connection of the pool: the process of the database that serves it. */
  readonly onConnect?: (backendPid: number) => void;
};

/** Values as the engine wants them: dates and decimals as text, 64-bit integers as bigint, instants as instants. */
function typeParsers() {
  const parsers = new Map<number, (text: string) => unknown>([
    [pg.types.builtins.DATE, (text) => text],
    [pg.types.builtins.NUMERIC, (text) => text],
    [pg.types.builtins.INT8, (text) => BigInt(text)],
    [pg.types.builtins.TIMESTAMPTZ, parseInstant],
    [1182, (text) => parseTextArray(text)],
    [1231, (text) => parseTextArray(text)],
  ]);
  const inherited: (oid: number, format?: 'text' | 'binary') => unknown = pg.types.getTypeParser;
  return {
    getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
      (format === 'binary' ? undefined : parsers.get(oid)) ?? inherited(oid, format),
  };
}

/**
 * `2026-01-31 10:20:30.123+00`: the session's zone is UTC. A date of the language reads whole milliseconds ten times as fast as the
 * library does, and lists read two instants a row.
 */
export function parseInstant(text: string): Temporal.Instant {
  const isPlain =
    text.endsWith('+00') && (text.length === 22 || (text[19] === '.' && text.length <= 26)) && text[4] === '-';
  const ms = isPlain ? Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : Number.NaN;
  return Number.isNaN(ms) ? Temporal.Instant.from(text.replace(' ', 'T')) : Temporal.Instant.fromEpochMilliseconds(ms);
}

/** Arrays of dates and numerics: their elements need no unquoting. */
function parseTextArray(text: string): string[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',');
}

export function connect(options: ConnectOptions): Database {
  const settings: pg.PoolConfig = {
    ...(typeof options.connection === 'string' ? { connectionString: options.connection } : options.connection),
    max: options.poolSize,
    types: typeParsers(),
    application_name: 'tierline',
    options: '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c default_transaction_isolation=read\\ committed',
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
  const pool = new pg.Pool(settings);
  let closed = false;
  const onError = (error: Error): void => {
    // What is being closed may end in any way it likes.
    if (!closed) options.onError?.(error);
  };
  pool.on('error', onError);
  // A connection that is lost while it works fails its query, and then says so once more: unheard, that would end the process.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // The client knows its backend, though its types don't say so.
    const { processID } = client as typeof client & { readonly processID: number | null };
    if (processID !== null) options.onConnect?.(processID);
  });
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const listeners: pg.Client[] = [];

  async function listenOnce(channel: string, onNotice: () => void): Promise<void> {
    const client = new pg.Client(settings);
    listeners.push(client);
    client.on('notification', () => onNotice());
    client.on('error', (error) => {
      onError(error);
      listeners.splice(listeners.indexOf(client), 1);
      // Polling is the truth and notices only a hint, so a lost listener is replaced without haste.
      if (!closed) setTimeout(() => void listenOnce(channel, onNotice).catch(onError), 1000).unref();
    });
    await client.connect();
    await client.query(`listen ${channel}`);
  }

  return {
    kysely,
    async query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
      const sent = values.map((value) => (Array.isArray(value) ? arrayLiteral(value) : value));
      const result = await pool.query<Row>({ name: statement.name, text: statement.text, values: sent });
      return result.rows;
    },
    listen: listenOnce,
    connect: () => pool.connect(),
    ping: async () => void (await pool.query('select 1')),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(listeners.map((client) => client.end()));
      await kysely.destroy();
      // Kysely ends the pool only if it was ever asked a query itself.
      if (!pool.ending) await pool.end();
    },
  };
}
