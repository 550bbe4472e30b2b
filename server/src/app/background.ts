import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Config } from '../platform/config/index.ts';
import type { Connection } from '../platform/db/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import type { Engine } from './engine.ts';
import { startJobs } from './jobs.ts';

/** What a thread needs to build an engine of its own. */
export type BackgroundData = { readonly config: Config; readonly connection: Connection };

const restartAfterMs = 1000;

/**
 * Everything that runs beside requests, in threads of their own: deciding what is due for thousands of subscriptions must not make
 * a request wait. The threads share it as nodes do, so it does not matter how many there are, nor when one of them dies.
 */
export function startBackground(engine: Engine, data: BackgroundData, log: Logger) {
  const { backgroundThreads } = data.config;
  if (backgroundThreads === 0) return startJobs(engine, log);
  const threads = Array.from({ length: backgroundThreads }, () => keepRunning(data, log));
  return {
    async stop() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

function keepRunning(data: BackgroundData, log: Logger) {
  const stopping = new AbortController();
  let worker: Worker | undefined;

  async function runOnce(): Promise<void> {
    worker = new Worker(new URL('./background-thread.ts', import.meta.url), { workerData: data });
    await new Promise<void>((resolve) => {
      worker?.once('error', (error) => log.error({ err: error }, 'a background thread failed; it is started again'));
      worker?.once('exit', () => resolve());
    });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await runOnce();
      await setTimeout(restartAfterMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker?.postMessage('stop');
      await running;
    },
  };
}
