import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { systemClock } from '@tierline/kernel';
import { connect } from '../platform/db/index.ts';
import { openSecrets } from '../platform/secrets/index.ts';
import { createLogger, flushLogger } from '../platform/telemetry/index.ts';
import type { BackgroundData } from './background.ts';
import { buildEngine } from './engine.ts';
import { startJobs } from './jobs.ts';

/** The entry of a process that works off what is due, with an engine and connections of its own. It ends when it is told to, or left alone. */

/** Rounds of due work, provisioning, reports and keys at the same time. */
const poolSize = 6;

// A terminal and a service manager tell every process of the server to end; this one is told by the one that started it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit());
process.once('message', (data) => void work(data as BackgroundData));

async function work({ config, connection, ownsDatabase }: BackgroundData): Promise<void> {
  lowerPriority();
  const log = createLogger({ level: config.logLevel, destination: 'stderr' });
  const db = connect({
    connection,
    poolSize,
    onError: (error) => log.warn({ err: error }, 'database connection lost'),
    ...(ownsDatabase ? { onConnect: yieldToOthers } : {}),
  });
  const secrets = await openSecrets({ masterKey: config.masterKey, dataDir: config.dataDir });
  const engine = buildEngine({ db, secrets, clock: systemClock, settings: config });
  await engine.revisions.start(config.catalogPollMs, (error) => log.warn({ err: error }, 'could not look for changes'));
  const jobs = startJobs(engine, log);
  process.once('message', () => {
    void (async () => {
      await jobs.stop();
      engine.revisions.stop();
      await db.close();
      await flushLogger(log);
      process.exit();
    })();
  });
}

/** Requests come first where there are not enough cores for both. On Linux each thread has a priority of its own, those of the collector too. */
function lowerPriority(): void {
  if (process.platform !== 'linux') yieldToOthers(0);
  else for (const thread of readdirSync('/proc/self/task')) yieldToOthers(Number(thread));
}

/** 0 stands for this process. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // Not allowed here: it is only a preference.
  }
}
