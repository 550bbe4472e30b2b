import { lmpiCreateScope } from '../dialects/lmpi/index.ts';
import { removeOldKeys } from '../platform/db/index.ts';
import { jobRunner } from '../platform/jobs/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import type { Engine } from './engine.ts';

const pollMs = 500;
/** Reports of a day may begin a little after it. */
const reportsEveryMs = 10_000;
const purgeEveryMs = 3_600_000;
/** Idempotency keys are promised for 24 hours; they are kept a little longer. */
const keysKeptHours = 48;

/** Everything that runs beside requests. */
export function startJobs(engine: Engine, log: Logger) {
  const runner = jobRunner({
    db: engine.db,
    clock: engine.clock,
    handlers: {
      provision: engine.provisioning.run,
      order: engine.provisioning.runOrder,
      transfer: engine.provisioning.runTransfer,
    },
    onError: (error, job) =>
      log.warn({ err: error, job: job?.id, kind: job?.kind, attempts: job?.attempts }, 'job failed'),
  });
  runner.start(pollMs);
  const reports = reportRunner(engine, log);
  const purge = setInterval(() => {
    const before = engine.clock.now().subtract({ hours: keysKeptHours });
    removeOldKeys(engine.db, before, [lmpiCreateScope]).catch((error: unknown) =>
      log.warn({ err: error }, 'could not remove old idempotency keys'),
    );
  }, purgeEveryMs);
  purge.unref();
  const due = duePoller(engine, log);
  const billing = billingPoller(engine, log);
  return {
    async stop() {
      clearInterval(purge);
      await due.stop();
      await billing.stop();
      await reports.stop();
      await runner.stop();
    },
  };
}

/** Reports may take minutes, so they have a runner of their own, and one at a time: nobody waits behind them. */
function reportRunner({ db, clock, reportWork }: Engine, log: Logger) {
  const runner = jobRunner({
    db,
    clock,
    handlers: { report: reportWork.run },
    batch: 1,
    onError: (error, job) => log.warn({ err: error, job: job?.id, attempts: job?.attempts }, 'a report failed'),
  });
  runner.start(pollMs);
  const due = repeated(
    reportsEveryMs,
    () => reportWork.runDue({ sandboxId: null }, clock.now()),
    (error) => log.warn({ err: error }, 'due reports failed'),
  );
  return {
    async stop() {
      await due.stop();
      await runner.stop();
    },
  };
}

/** Looks for due subscriptions of the real world. Sandboxes are worked off when their clocks are moved. */
function duePoller({ worker, clock }: Engine, log: Logger) {
  return repeated(
    pollMs,
    () => worker.runDue({ sandboxId: null }, clock.now()),
    (error) => log.warn({ err: error }, 'due work failed'),
  );
}

/** Opens billing reports of months that are over, and submits those whose time is up. */
function billingPoller({ billingReportWork, clock }: Engine, log: Logger) {
  return repeated(
    reportsEveryMs,
    () => billingReportWork.runDue({ sandboxId: null }, clock.now()),
    (error) => log.warn({ err: error }, 'due billing reports failed'),
  );
}

/** Does something again and again, never twice at the same time. */
function repeated(everyMs: number, work: () => Promise<unknown>, onError: (error: unknown) => void) {
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
