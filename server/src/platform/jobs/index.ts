import type { Clock } from '@tierline/kernel';
import type { Database } from '../db/index.ts';
import { TierlineError } from '@tierline/kernel';
import { extendLease, postponeJob, removeJob, takeDue, type Job } from './store.ts';

export type { Job } from './store.ts';

/** `done` removes the job; `later` looks again after so many seconds; a throw is a failure and is tried again. */
export type JobOutcome = { readonly done: true } | { readonly later: number };
export type JobHandler = (job: Job, hold: Hold) => Promise<JobOutcome>;

/**
 * For work that may outlast its lease: called between its parts, it makes the lease last, and throws `jobs.lease_lost` when
 * somebody else has taken the job over, so that the work stops.
 */
export type Hold = () => Promise<void>;

export type JobRunner = {
  /** Works off what is due now; answers how many jobs were taken. */
  runDue(): Promise<number>;
  start(pollMs: number): void;
  stop(): Promise<void>;
};

/** Longer than any handler takes that does not hold on: a webhook's answer is waited for at most 45 seconds (`webhookTimeoutMs`). */
const leaseSeconds = 60;
/** How old a lease gets before holding on renews it. */
const renewSeconds = 20;
const batchDefault = 16;

/** Waits longer after each failure: 1 s, 2 s, 4 s, ... at most an hour. */
export function backoffSeconds(attempts: number): number {
  return Math.min(3600, 2 ** Math.min(attempts - 1, 12));
}

/**
 * Runs jobs of the table `jobs`. Many runners on many nodes share it without a coordinator: each takes what no other
 * holds (SKIP LOCKED) under a lease, so the work of a killed one is taken over when its lease ends.
 */
export function jobRunner(options: {
  db: Database;
  clock: Clock;
  handlers: Readonly<Record<string, JobHandler>>;
  /** Jobs at the same time; a runner looks for more when all of them are done. */
  batch?: number;
  onError: (error: unknown, job?: Job) => void;
}): JobRunner {
  const { db, clock, handlers, onError, batch = batchDefault } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> | undefined;
  let stopped = false;

  function holding(job: Job): Hold {
    let since = clock.now();
    return async () => {
      const now = clock.now();
      if (now.since(since).total('seconds') < renewSeconds) return;
      if (!(await extendLease(db, job, now.add({ seconds: leaseSeconds })))) throw leaseLost();
      since = now;
    };
  }

  async function run(job: Job): Promise<void> {
    let next: JobOutcome;
    let lastError: string | null = null;
    try {
      next = await handlers[job.kind]!(job, holding(job));
    } catch (error) {
      onError(error, job);
      next = { later: backoffSeconds(job.attempts) };
      lastError = error instanceof Error ? error.message.slice(0, 500) : 'failed';
    }
    try {
      await ('done' in next
        ? removeJob(db, job)
        : postponeJob(db, job, clock.now().add({ seconds: next.later }), lastError));
    } catch (error) {
      // The database is away: the lease ends by itself, and the job is run again.
      onError(error, job);
    }
  }

  async function runDue(): Promise<number> {
    const now = clock.now();
    const jobs = await takeDue(db, Object.keys(handlers), now, now.add({ seconds: leaseSeconds }), batch);
    await Promise.all(jobs.map(run));
    return jobs.length;
  }

  function poll(): void {
    running ??= runDue()
      .catch((error: unknown) => {
        onError(error);
        return 0;
      })
      .then((count) => {
        running = undefined;
        // A full batch means that more may be waiting.
        if (count === batch && !stopped) poll();
        return count;
      });
  }

  return {
    runDue,
    start(pollMs) {
      timer = setInterval(poll, pollMs);
      timer.unref();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

function leaseLost(): TierlineError {
  return new TierlineError('jobs.lease_lost', 'unavailable', 'Somebody else has taken this work over.');
}
