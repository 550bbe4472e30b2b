import { isLostRace, isTierlineError, newId, TierlineError, type AccountId, type Temporal } from '@tierline/kernel';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from './connect.ts';
import { isDataRefusal, refusedState, retried, sqlState, violatedConstraint } from './errors.ts';

/** One insert, update or delete of a commit. It must end in `returning`, because what it returns is what is counted. */
export type Write = {
  readonly run: { toOperationNode(): unknown };
  /** How many rows it must touch; when it touches another number, nothing of the commit happens. */
  readonly expect?: number;
  readonly otherwise?: TierlineError;
  /** Under which a later write of the same commit may read what this one returned. */
  readonly name?: string;
};

export type NewEvent = {
  readonly ownerId: AccountId;
  readonly type: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened, where that is not when the commit was caused. */
  readonly at?: Temporal.Instant;
};

/** Who does it, when, and under which key a retry is to find the same answer. */
export type Cause = {
  readonly actor: string;
  readonly requestId: string;
  /** The time of the business that it is about: in a sandbox, what the sandbox's clock shows. */
  readonly at: Temporal.Instant;
  /** The real time, where `at` is that of a sandbox. Ask `realTimeOf`. */
  readonly realAt?: Temporal.Instant;
  readonly idempotency?: Idempotency;
};

/** For what runs on the real clock whatever a sandbox's shows: keys and their expiry, retries, work to do. */
export function realTimeOf({ at, realAt }: Pick<Cause, 'at' | 'realAt'>): Temporal.Instant {
  return realAt ?? at;
}

export type Idempotency = {
  /** The account whose keys these are. */
  readonly ownerId: AccountId;
  /** The operation, so that one key used for two operations is two keys. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: Buffer;
};

export type Commit<Answer> = {
  readonly cause: Cause;
  readonly writes: readonly Write[];
  readonly events: readonly NewEvent[];
  /** Accounts of which nodes must forget what they remember; see the table `revisions`. */
  readonly revise?: readonly { accountId: AccountId; what: 'account' | 'catalog' }[];
  readonly subjectId: string;
  /** What the caller is told; stored with the idempotency key, so a retry is told the same. */
  readonly answer: Answer;
  /** What a broken constraint means, by its name. */
  readonly constraints?: Readonly<Record<string, TierlineError>>;
};

/**
 * Writes everything in one statement: the changes, their events, the revisions and the idempotency record.
 * Answers what was committed, or, for a retry, what was committed the first time. Throws the refusal of the write
 * that did not find what it expected; then nothing was written.
 */
export async function commit<Answer>(db: Database, work: Commit<Answer>): Promise<Answer> {
  try {
    await retried(() => statement(work).execute(db.kysely));
    return work.answer;
  } catch (error) {
    if (!isDataRefusal(error)) throw error;
    const before = await findAnswer<Answer>(db, work.cause.idempotency);
    if (before !== undefined) return before;
    throw refusal(work, error);
  }
}

/** How often a write is decided, at most, because others changed the same thing between reading and writing. */
const decisionsMax = 8;

/**
 * Runs a write that a retry may repeat. On the way that succeeds it costs nothing; only a refusal looks whether this very
 * request was accepted before, since a retry gets the first answer even when the same request would be refused today.
 * A write that lost a race is decided anew, from reading on: its caller named no version, so it has no part in the race.
 */
export async function once<Answer>(db: Database, cause: Cause, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await decidedAnew(work);
  } catch (error) {
    if (cause.idempotency === undefined || !isTierlineError(error) || error.kind === 'bug') throw error;
    const before = await findAnswer<Answer>(db, cause.idempotency);
    if (before === undefined) throw error;
    return before;
  }
}

async function decidedAnew<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let decisions = 1; ; decisions += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLostRace(error) || decisions === decisionsMax) throw error;
    }
  }
}

/** What an earlier request under this key was answered; throws a conflict when that request was a different one. */
export async function findAnswer<Answer>(
  db: Database,
  idempotency: Idempotency | undefined,
): Promise<Answer | undefined> {
  if (idempotency === undefined) return undefined;
  const row = await db.kysely
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('owner_id', '=', idempotency.ownerId)
    .where('scope', '=', idempotency.scope)
    .where('key', '=', idempotency.key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (!row.request_hash.equals(idempotency.requestHash)) throw keyReused();
  return row.response as Answer;
}

export function keyReused(): TierlineError {
  return new TierlineError(
    'idempotency.key_reused',
    'conflict',
    'This Idempotency-Key was used for a different request. Send the same request again, or use a new key.',
    { field: 'Idempotency-Key' },
  );
}

function refusal<Answer>(work: Commit<Answer>, error: unknown): unknown {
  if (sqlState(error) === refusedState && error instanceof Error) {
    const write = work.writes[Number(error.message.replace('write ', ''))];
    if (write?.otherwise !== undefined) return write.otherwise;
  }
  const constraint = violatedConstraint(error);
  return (constraint === undefined ? undefined : work.constraints?.[constraint]) ?? error;
}

function statement<Answer>(work: Commit<Answer>): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = [];
  const checks: RawBuilder<unknown>[] = [];
  for (const [index, write] of work.writes.entries()) {
    const name = sql.ref(write.name ?? `write_${index}`);
    parts.push(sql`${name} as (${write.run})`);
    if (write.expect !== undefined) {
      checks.push(sql`refuse_unless((select count(*) from ${name}) = ${write.expect}, ${`write ${index}`})`);
    }
  }
  if (work.events.length > 0) parts.push(sql`new_events as (${insertEvents(work)})`);
  for (const [index, { accountId, what }] of (work.revise ?? []).entries()) {
    parts.push(sql`${sql.ref(`revised_${index}`)} as (${bumpRevision(accountId, what)})`);
  }
  if ((work.revise ?? []).length > 0) checks.push(sql`pg_notify('tierline_changed', '')`);
  const { idempotency } = work.cause;
  if (idempotency !== undefined) {
    parts.push(sql`keyed as (
      insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, response, created_at)
      values (${idempotency.ownerId}, ${idempotency.scope}, ${idempotency.key}, ${idempotency.requestHash},
        ${work.subjectId}, ${JSON.stringify(work.answer)}, ${realTimeOf(work.cause).toString()})
      on conflict do nothing returning 1)`);
    checks.push(sql`refuse_unless((select count(*) from keyed) = 1, 'retry')`);
  }
  if (checks.length === 0) checks.push(sql`1`);
  return sql`with ${sql.join(parts)} select ${sql.join(checks)}`;
}

function insertEvents<Answer>(work: Commit<Answer>): RawBuilder<unknown> {
  const rows = work.events.map(
    (event) => sql`(${event.ownerId}::uuid, ${newId<'event'>()}::uuid, ${event.type}, ${event.subjectKind},
      ${event.subjectId}::uuid, ${work.cause.actor}, ${work.cause.requestId}, ${(event.at ?? work.cause.at).toString()}::timestamptz,
      ${JSON.stringify(event.data)}::jsonb)`,
  );
  return sql`insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
    values ${sql.join(rows)} returning 1`;
}

function bumpRevision(accountId: AccountId, what: 'account' | 'catalog'): RawBuilder<unknown> {
  const column = sql.ref(`${what}_revision`);
  return sql`insert into revisions (account_id, account_revision, catalog_revision, changed_xid)
    values (${accountId}, 1, 1, pg_current_xact_id())
    on conflict (account_id) do update
      set ${column} = revisions.${column} + 1, changed_xid = pg_current_xact_id() returning 1`;
}
