import type { AccountId, OrderId, SubscriptionId, Temporal } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { Fields } from '../subscriptions/index.ts';
import type { StoredOutcome } from './change-write.ts';
import { readCommand, type StoredCommand } from './command-json.ts';
import type { Intent, IntentStatus, LaterMoment } from './intent.ts';

function intentFromRow(row: Selectable<Tables['intents']>): Intent {
  const moment: LaterMoment = row.moment === 'date' ? { at: 'date', on: row.due_on! } : { at: 'renewal' };
  return {
    id: row.id,
    ownerId: row.owner_id as AccountId,
    subscriptionId: row.subscription_id as SubscriptionId,
    moment,
    command: readCommand(row.command as StoredCommand),
    status: row.status as IntentStatus,
    reason: row.reason,
    orderId: row.order_id as OrderId | null,
    version: row.version,
    createdBy: row.created_by,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

/** Intents of some subscriptions, the oldest first; only those that wait unless `all`. */
export async function selectIntents(
  db: Database,
  owners: readonly AccountId[],
  subscriptionIds: readonly SubscriptionId[],
  all = false,
): Promise<Intent[]> {
  if (subscriptionIds.length === 0) return [];
  let query = db.kysely
    .selectFrom('intents')
    .selectAll()
    .where(sql<boolean>`owner_id = any(${[...owners]}::uuid[])`)
    .where(sql<boolean>`subscription_id = any(${[...subscriptionIds]}::uuid[])`)
    .orderBy('id');
  if (!all) query = query.where('status', '=', 'waiting');
  return (await query.execute()).map(intentFromRow);
}

export type KnownOutcome = { readonly requestHash: Buffer; readonly outcome: StoredOutcome };

/** What was answered under a key before. */
export async function selectOutcome(
  db: Database,
  ownerId: AccountId,
  scope: string,
  key: string,
): Promise<KnownOutcome | undefined> {
  const row = await db.kysely
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('owner_id', '=', ownerId)
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst();
  return row && { requestHash: row.request_hash, outcome: row.response as StoredOutcome };
}

export type TimelineEvent = {
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly requestId: string | null;
  readonly at: string;
  readonly orderId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** What happened to a subscription, in the order in which it happened; all of it, or from one event on. */
export async function selectTimeline(
  db: Database,
  ownerId: AccountId,
  id: SubscriptionId,
  part: {
    readonly until?: Temporal.Instant;
    readonly from?: string | undefined;
    readonly limit?: number | undefined;
  } = {},
): Promise<TimelineEvent[]> {
  let query = db.kysely
    .selectFrom('events')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('subject_id', '=', id)
    .orderBy('id');
  if (part.until !== undefined) query = query.where('at', '<=', sql<never>`${part.until.toString()}::timestamptz`);
  if (part.from !== undefined) query = query.where('id', '>=', part.from);
  if (part.limit !== undefined) query = query.limit(part.limit);
  const rows = await query.execute();
  return rows.map((row) => {
    const data = row.data as Record<string, unknown>;
    return {
      id: row.id,
      type: row.type,
      actor: row.actor,
      requestId: row.request_id,
      at: row.at.toString(),
      orderId: typeof data['order_id'] === 'string' ? data['order_id'] : null,
      data,
    };
  });
}

export function setOf({ data }: TimelineEvent): Partial<Fields> {
  return data['set'] ?? {};
}
