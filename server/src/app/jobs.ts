import { lmpiCreateScope } from '../dialects/lmpi/index.ts';
import { removeOldKeys } from '../platform/db/index.ts';
import { jobRunner } from '../platform/jobs/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import type { Engine } from './engine.ts';

const pollMs = 500;
const purgeEveryMs = 3_600_000;
/** Idempotency keys are promised for 24 hours; they are kept a little longer. */
const keysKeptHours = 48;

/** Everything that runs beside requests. */
export function startJobs(engine: Engine, log: Logger) {
  const runner = jobRunner({
    db: engine.db,
    clock: engine.clock,
    handlers: { provision: engine.provisioning.run, order: engine.provisioning.runOrder },
    onError: (error, job) =>
      log.warn({ err: error, job: job?.id, kind: job?.kind, attempts: job?.attempts }, 'job failed'),
  });
  runner.start(pollMs);
  const purge = setInterval(() => {
    const before = engine.clock.now().subtract({ hours: keysKeptHours });
    removeOldKeys(engine.db, before, [lmpiCreateScope]).catch((error: unknown) =>
      log.warn({ err: error }, 'could not remove old idempotency keys'),
    );
  }, purgeEveryMs);
  purge.unref();
  const due = duePoller(engine, log);
  return {
    async stop() {
      clearInterval(purge);
      await due.stop();
      await runner.stop();
    },
  };
}

/** Looks for due subscriptions of the real world. Sandboxes are worked off when their clocks are moved. */
function duePoller({ worker, clock }: Engine, log: Logger) {
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    running ??= worker
      .runDue({ sandboxId: null }, clock.now())
      .catch((error: unknown) => log.warn({ err: error }, 'due work failed'))
      .finally(() => {
        running = undefined;
      });
  }, pollMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
