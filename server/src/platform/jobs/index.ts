import { sql } from 'kysely';
import type { AccountId, Clock } from '@tierline/kernel';
import type { Database } from '../db/index.ts';

/** Work that was committed as a row, so that it is done however often the process is killed. */
export type Job = {
  readonly ownerId: AccountId;
  readonly id: string;
  readonly kind: string;
  readonly subjectId: string;
  readonly attempts: number;
  readonly payload: unknown;
};

/** `done` removes the job; `later` looks again after so many seconds; a throw is a failure and is tried again. */
export type JobOutcome = { readonly done: true } | { readonly later: number };
export type JobHandler = (job: Job) => Promise<JobOutcome>;

export type JobRunner = {
  /** Works off what is due now; answers how many jobs were taken. */
  runDue(): Promise<number>;
  start(pollMs: number): void;
  stop(): Promise<void>;
};

type Row = { owner_id: AccountId; id: string; kind: string; subject_id: string; attempts: number; payload: unknown };

/** Longer than any handler may take: a webhook's answer is waited for at most 45 seconds (`webhookTimeoutMs`). */
const leaseSeconds = 60;
const batch = 16;

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
  onError: (error: unknown, job?: Job) => void;
}): JobRunner {
  const { db, clock, handlers, onError } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> | undefined;
  let stopped = false;

  async function take(): Promise<Job[]> {
    const now = clock.now();
    const { rows } = await sql<Row>`
      update jobs set attempts = jobs.attempts + 1, locked_until = ${now.add({ seconds: leaseSeconds }).toString()}::timestamptz
      from (
        select owner_id, id from jobs
        where run_at <= ${now.toString()}::timestamptz and (locked_until is null or locked_until < ${now.toString()}::timestamptz)
          and kind = any(${Object.keys(handlers)}::text[])
        order by run_at limit ${batch} for update skip locked
      ) due
      where jobs.owner_id = due.owner_id and jobs.id = due.id
      returning jobs.owner_id, jobs.id, jobs.kind, jobs.subject_id, jobs.attempts, jobs.payload`.execute(db.kysely);
    return rows.map((row) => ({
      ownerId: row.owner_id,
      id: row.id,
      kind: row.kind,
      subjectId: row.subject_id,
      attempts: row.attempts,
      payload: row.payload,
    }));
  }

  async function run(job: Job): Promise<void> {
    let next: JobOutcome;
    let lastError: string | null = null;
    try {
      next = await handlers[job.kind]!(job);
    } catch (error) {
      onError(error, job);
      next = { later: backoffSeconds(job.attempts) };
      lastError = error instanceof Error ? error.message.slice(0, 500) : 'failed';
    }
    try {
      await ('done' in next ? remove(job) : postpone(job, next.later, lastError));
    } catch (error) {
      // The database is away: the lease ends by itself, and the job is run again.
      onError(error, job);
    }
  }

  async function remove(job: Job): Promise<void> {
    await db.kysely.deleteFrom('jobs').where('owner_id', '=', job.ownerId).where('id', '=', job.id).execute();
  }

  /** Only as long as the job is ours: whoever took it over after our lease counted one more attempt. */
  async function postpone(job: Job, seconds: number, lastError: string | null): Promise<void> {
    await db.kysely
      .updateTable('jobs')
      .set({ run_at: clock.now().add({ seconds }).toString(), locked_until: null, last_error: lastError })
      .where('owner_id', '=', job.ownerId)
      .where('id', '=', job.id)
      .where('attempts', '=', job.attempts)
      .execute();
  }

  async function runDue(): Promise<number> {
    const jobs = await take();
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
