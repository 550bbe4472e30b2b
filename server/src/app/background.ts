import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../platform/config/index.ts';
import type { Connection } from '../platform/db/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import type { Engine } from './engine.ts';
import { startJobs } from './jobs.ts';

/** What a process needs to build an engine of its own. */
export type BackgroundData = {
  readonly config: Config;
  readonly connection: Connection;
  /** Whether the database server is our own, on this machine. */
  readonly ownsDatabase: boolean;
};

const restartAfterMs = 1000;

/**
 * Everything that runs beside requests, in processes of their own: deciding what is due for thousands of subscriptions must not make
 * a request wait, nor must the collector that cleans up after it. They share the work as nodes do, so it does not matter how many
 * there are, nor when one of them dies.
 */
export function startBackground(engine: Engine, data: BackgroundData, log: Logger) {
  const { backgroundProcesses } = data.config;
  if (backgroundProcesses === 0) return startJobs(engine, log);
  const all = Array.from({ length: backgroundProcesses }, () => keepRunning(data, log));
  return {
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

function keepRunning(data: BackgroundData, log: Logger) {
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  async function runOnce(): Promise<void> {
    child = fork(new URL('./background-process.ts', import.meta.url), {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.send(data);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (!stopping.signal.aborted) log.error({ code, signal }, 'a background process ended; it is started again');
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await runOnce().catch((error: unknown) => log.error({ err: error }, 'a background process could not be started'));
      await setTimeout(restartAfterMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      if (child?.connected === true) child.send('stop');
      await running;
    },
  };
}
