import type { Config } from '../platform/config/index.ts';
import { connect, type Connection, type Database } from '../platform/db/index.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../platform/embedded-postgres/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';

export type OpenDatabase = {
  readonly db: Database;
  /** Where it is; that of an embedded server stays the same when the server is started again. */
  readonly connection: Connection;
  readonly embedded: boolean;
  close(): Promise<void>;
};

/** How often an embedded server is looked after, and how many looks it may fail before it is started again. */
const watchEveryMs = 1000;
const failuresMax = 3;

/** The database of the settings: the user's own server, or one that is started in the data directory. */
export async function openDatabase(config: Config, log: Logger, signal: AbortSignal): Promise<OpenDatabase> {
  const onError = (error: Error) => log.warn({ err: error }, 'database connection lost');
  if (config.databaseUrl !== undefined) {
    const db = connect({ connection: config.databaseUrl, poolSize: config.databasePoolSize, onError });
    return { db, connection: config.databaseUrl, embedded: false, close: () => db.close() };
  }
  const start = () =>
    startEmbeddedPostgres({
      dataDir: config.dataDir,
      signal,
      log: (message, facts) => log.info({ ...facts }, message),
    });
  let server = await start();
  const db = connect({ connection: server.connection, poolSize: config.databasePoolSize, onError });
  const watch = watchServer(db, log, async () => {
    await server.stop();
    server = await start();
  });
  return {
    db,
    connection: server.connection,
    embedded: true,
    async close() {
      await watch.stop();
      await db.close();
      await server.stop();
    },
  };
}

/** Starts the embedded server again when it died; its address stays the same, so the pool finds it by itself. */
function watchServer(db: Database, log: Logger, restart: () => Promise<EmbeddedPostgres | void>) {
  let failures = 0;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    try {
      await db.ping();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures < failuresMax) return;
      log.error({ err: error }, 'the embedded database does not answer; starting it again');
      await restart();
      failures = 0;
    }
  }

  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => log.error({ err: error }, 'the embedded database could not be started again'))
      .finally(() => {
        looking = undefined;
      });
  }, watchEveryMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
