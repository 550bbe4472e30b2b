import type { AccountId, SubscriptionId, Temporal } from '@tierline/kernel';
import type { PoolClient, QueryResultRow } from 'pg';
import { arrayLiteral, type Database, type Statement } from '../../platform/db/index.ts';

/** Whose clock counts: the real one, or that of a sandbox. */
export type Domain = { readonly sandboxId: AccountId | null };

export type DueRow = { readonly owner_id: AccountId; readonly subscription_id: SubscriptionId };

/** Runs work in one transaction on a connection of its own: what it took is let go when it ends, however it ends. */
export async function inTransaction<Result>(
  db: Database,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await db.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

/** Statements of a transaction, in the form in which stores take them. */
export function within(client: PoolClient): Pick<Database, 'query'> {
  return {
    async query<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
      const sent = values.map((value) => (Array.isArray(value) ? arrayLiteral(value) : value));
      const { rows } = await client.query<Row>({ name: statement.name, text: statement.text, values: sent });
      return rows;
    },
  };
}

/**
 * Takes what is due, the earliest first, and holds it until the transaction ends: another worker takes what is left over. When this
 * one dies, the database lets go and somebody else takes them.
 */
export async function takeDue(
  client: PoolClient,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  limit: number,
  except: readonly SubscriptionId[],
): Promise<DueRow[]> {
  const { rows } = await client.query<DueRow>({
    name: sandboxId === null ? 'take_due' : 'take_due_sandbox',
    text: `select owner_id, subscription_id from subscription_due
      where sandbox_id ${sandboxId === null ? 'is null' : '= $4'} and due_at <= $1 and subscription_id <> all($3::uuid[])
      order by due_at limit $2 for update skip locked`,
    values: [until.toString(), limit, except, ...(sandboxId === null ? [] : [sandboxId])],
  });
  return rows;
}

/** Whether anything of a sandbox is due until an instant, whoever holds it. */
export async function isAnyDue(
  db: Pick<Database, 'query'>,
  sandboxId: AccountId,
  until: Temporal.Instant,
  except: readonly SubscriptionId[],
): Promise<boolean> {
  const rows = await db.query(anyDue, [until.toString(), except, sandboxId]);
  return rows.length > 0;
}

const ofDomain = 'sandbox_id = $3 and due_at <= $1 and subscription_id <> all($2::uuid[])';
const anyDue: Statement = {
  name: 'any_due',
  text: `select 1 from subscription_due where ${ofDomain} limit 1`,
};

/** Waits until somebody else lets go of what is due first, for a limited time; what it is by then is looked at again. */
export async function waitForDue(
  client: PoolClient,
  sandboxId: AccountId,
  until: Temporal.Instant,
  except: readonly SubscriptionId[],
  waitMs: number,
): Promise<void> {
  await client.query(`set local lock_timeout = ${Math.round(waitMs)}`);
  await client.query({
    name: 'wait_for_due',
    text: `select 1 from subscription_due where ${ofDomain} order by due_at limit 1 for update`,
    values: [until.toString(), [...except], sandboxId],
  });
}

/** Corrects what was noted as due too early; null: nothing is due any more. */
export async function reschedule(
  client: PoolClient,
  rows: readonly { readonly id: SubscriptionId; readonly dueAt: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const dates = rows.map(({ dueAt }) => dueAt);
  await client.query(
    `with wanted as (select * from unnest($1::uuid[], $2::timestamptz[]) as w (id, due_at)), gone as (
       delete from subscription_due d using wanted w where d.subscription_id = w.id and w.due_at is null)
     update subscription_due d set due_at = w.due_at from wanted w where d.subscription_id = w.id and w.due_at is not null`,
    [ids, dates],
  );
}
