import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@tierline/kernel';
import { connect } from '../platform/db/index.ts';
import { openSecrets } from '../platform/secrets/index.ts';
import { createLogger, flushLogger } from '../platform/telemetry/index.ts';
import type { BackgroundData } from './background.ts';
import { buildEngine } from './engine.ts';
import { startJobs } from './jobs.ts';

/** The entry of a thread that works off what is due, with an engine and connections of its own. It ends when it is told to. */

/** Rounds of due work, provisioning, reports and keys at the same time. */
const poolSize = 6;
/** Requests come first where there are not enough cores for both. */
const niceness = 10;

const { config, connection } = workerData as BackgroundData;
const log = createLogger({ level: config.logLevel, destination: 'stderr' });
const db = connect({
  connection,
  poolSize,
  onError: (error) => log.warn({ err: error }, 'database connection lost'),
});
const secrets = await openSecrets({ masterKey: config.masterKey, dataDir: config.dataDir });
const engine = buildEngine({ db, secrets, clock: systemClock, settings: config });
await engine.revisions.start(config.catalogPollMs, (error) => log.warn({ err: error }, 'could not look for changes'));
lowerPriority();
const jobs = startJobs(engine, log);

parentPort?.once('message', () => {
  void stop();
});

async function stop(): Promise<void> {
  await jobs.stop();
  engine.revisions.stop();
  await db.close();
  await flushLogger(log);
  parentPort?.close();
}

/** On Linux a thread has a priority of its own, and 0 stands for the thread that asks. Elsewhere it would be the whole process's. */
function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, niceness);
  } catch {
    // Not allowed here: it is only a preference.
  }
}
