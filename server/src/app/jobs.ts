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
    handlers: { provision: engine.provisioning.run },
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
  return {
    async stop() {
      clearInterval(purge);
      await runner.stop();
    },
  };
}
