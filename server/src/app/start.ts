import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '@tierline/kernel';
import { openCodes } from '../modules/codes/index.ts';
import { loadConfig, type ConfigOverrides } from '../platform/config/index.ts';
import { isMigrated, migrate } from '../platform/db/index.ts';
import { createHealth, createHttpServer, type HttpServer } from '../platform/http/index.ts';
import { openSecrets } from '../platform/secrets/index.ts';
import { createLogger, createMetrics, flushLogger, registerProcessMetrics } from '../platform/telemetry/index.ts';
import { startBackground } from './background.ts';
import { openDatabase } from './database.ts';
import { openDemoChannel, readyFile, type DemoAccess } from './demo/index.ts';
import { buildEngine, type Engine } from './engine.ts';
import { surfacesOf } from './surfaces.ts';

export type StartOptions = {
  readonly demo: boolean;
  readonly readyFile?: string | undefined;
  /** Settings file. */
  readonly config?: string | undefined;
  /** Flags, which beat the environment, which beats the file. */
  readonly overrides?: ConfigOverrides;
  readonly env?: Record<string, string | undefined>;
  /** Stops a start that is under way. */
  readonly signal?: AbortSignal;
};

export type Running = {
  readonly url: string;
  readonly engine: Engine;
  readonly http: HttpServer;
  readonly demo: DemoAccess | undefined;
  /** What a person should read after the start. */
  readonly dataDir: string;
  stop(): Promise<void>;
};

/** Starts everything, in the order in which each needs the one before; stops it all again when a step fails. */
export async function start(options: StartOptions): Promise<Running> {
  const config = loadConfig({
    env: options.env ?? process.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
  });
  const log = createLogger({ level: config.logLevel, destination: 'stderr' });
  const closing: (() => Promise<void> | void)[] = [() => flushLogger(log)];
  const stop = once(async () => {
    for (const close of closing.toReversed()) await close();
  });
  try {
    const signal = options.signal ?? new AbortController().signal;
    const codes = await openCodes(config.codesFile);
    const database = await openDatabase(config, log, signal);
    closing.push(() => database.close());
    const { db } = database;
    const applied = await migrate(db);
    if (applied.length > 0) log.info({ applied }, 'migrations applied');
    const secrets = await openSecrets({ masterKey: config.masterKey, dataDir: config.dataDir });
    const engine = buildEngine({ db, secrets, clock: systemClock, settings: config, codes });
    await engine.revisions.start(config.catalogPollMs, (error) =>
      log.warn({ err: error }, 'could not look for changes'),
    );
    closing.push(() => engine.revisions.stop());
    const demo = options.demo ? await openDemoChannel(engine, { dataDir: config.dataDir }) : undefined;
    const metrics = createMetrics();
    const processMetrics = registerProcessMetrics(metrics);
    closing.push(() => processMetrics.stop());
    registerPool(metrics, db);
    const health = createHealth();
    health.addCheck('database', () => db.ping());
    health.addCheck('migrations', async () => {
      if (!(await isMigrated(db))) throw new Error('The schema is not that of this build.');
    });
    const background = startBackground(
      engine,
      { config, connection: database.connection, ownsDatabase: database.embedded },
      log,
    );
    closing.push(() => background.stop());
    const http = createHttpServer({ config, log, metrics, health, surfaces: surfacesOf(engine, config) });
    closing.push(() => http.close());
    const { url } = await http.listen();
    health.markReady();
    if (demo !== undefined)
      await writePrivate(join(config.dataDir, 'cli.json'), { url, api_key: demo.api.provider.api_key });
    if (options.readyFile !== undefined) {
      await writePrivate(options.readyFile, demo === undefined ? { base_url: url } : readyFile(demo, url));
    }
    log.info({ url }, 'ready');
    return { url, engine, http, demo, dataDir: config.dataDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function registerPool(metrics: ReturnType<typeof createMetrics>, db: Engine['db']): void {
  metrics.gauge({
    name: 'database_connections',
    help: 'Connections of the pool.',
    labelNames: ['state'],
    collect: () => {
      const { total, idle, waiting } = db.stats();
      return [
        { labels: ['busy'], value: total - idle },
        { labels: ['idle'], value: idle },
        { labels: ['waited_for'], value: waiting },
      ];
    },
  });
}

/** Whole or not at all, and for its owner's eyes only: the file holds credentials. */
async function writePrivate(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
