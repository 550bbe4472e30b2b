import { sql } from 'kysely';
import type { AccountId, Temporal } from '@tierline/kernel';
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

type Row = { owner_id: AccountId; id: string; kind: string; subject_id: string; attempts: number; payload: unknown };

/** Takes due jobs that nobody else holds, under a lease until `leasedUntil`. */
export async function takeDue(
  db: Database,
  kinds: readonly string[],
  now: Temporal.Instant,
  leasedUntil: Temporal.Instant,
  limit: number,
): Promise<Job[]> {
  const { rows } = await sql<Row>`
    update jobs set attempts = jobs.attempts + 1, locked_until = ${leasedUntil.toString()}::timestamptz
    from (
      select owner_id, id from jobs
      where run_at <= ${now.toString()}::timestamptz and (locked_until is null or locked_until < ${now.toString()}::timestamptz)
        and kind = any(${[...kinds]}::text[])
      order by run_at limit ${limit} for update skip locked
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

export async function removeJob(db: Database, job: Job): Promise<void> {
  await db.kysely.deleteFrom('jobs').where('owner_id', '=', job.ownerId).where('id', '=', job.id).execute();
}

/** Only as long as the job is ours: whoever took it over after our lease counted one more attempt. */
export async function postponeJob(
  db: Database,
  job: Job,
  until: Temporal.Instant,
  lastError: string | null,
): Promise<void> {
  await db.kysely
    .updateTable('jobs')
    .set({ run_at: until.toString(), locked_until: null, last_error: lastError })
    .where('owner_id', '=', job.ownerId)
    .where('id', '=', job.id)
    .where('attempts', '=', job.attempts)
    .execute();
}

/** Answers whether the job is still ours. */
export async function extendLease(db: Database, job: Job, until: Temporal.Instant): Promise<boolean> {
  const held = await db.kysely
    .updateTable('jobs')
    .set({ locked_until: until.toString() })
    .where('owner_id', '=', job.ownerId)
    .where('id', '=', job.id)
    .where('attempts', '=', job.attempts)
    .returning('id')
    .executeTakeFirst();
  return held !== undefined;
}
