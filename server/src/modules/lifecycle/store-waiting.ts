import { newId, type AccountId, type CustomerId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import { realTimeOf, type Commit, type Database, type Write } from '../../platform/db/index.ts';
import { freeTrials } from '../orders/index.ts';
import type { ChangeWrite } from './change-write.ts';

/** What of a customer waits for its first sign-in, in the order in which it was sold. A customer has few subscriptions. */
export async function selectWaiting(
  db: Database,
  ownerId: AccountId,
  customerId: CustomerId,
): Promise<SubscriptionId[]> {
  const rows = await db.kysely
    .selectFrom('subscriptions')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('customer_id', '=', customerId)
    .where('status', '=', 'pending')
    .where(sql<boolean>`life -> 'waits' is not null`)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id as SubscriptionId);
}

/** Whether a change ends a wait: the term begins, or never will. */
export function endsWait({ decision }: Pick<ChangeWrite, 'decision'>): boolean {
  return decision.subscriptions.some(({ before, after }) => before.waitsFor !== null && after.waitsFor === null);
}

/**
 * What a wait that ends does beside the subscriptions, once those are stored: their sales go on or end, vendors are asked for what they
 * have to provide, and a trial that never began may be had again.
 */
export function afterWait(changes: readonly ChangeWrite[]): Commit<null> {
  const { idempotency: _, ...cause } = changes[0]!.cause;
  const ended = changes.flatMap(({ decision }) => decision.subscriptions.map(({ after }) => after));
  const { ownerId } = ended[0]!;
  const orderIds = [...new Set(ended.map(({ orderId }) => orderId))];
  const pending = ended.filter(({ status }) => status === 'pending');
  const removed = ended.filter(({ status }) => status === 'removed');
  return {
    cause,
    subjectId: orderIds[0]!,
    answer: null,
    writes: [
      { run: moveSales(ownerId, orderIds, cause.at.toString()) },
      ...(pending.length === 0
        ? []
        : [
            newJobs(
              ownerId,
              pending.map(({ id }) => id),
              realTimeOf(cause).toString(),
            ),
          ]),
      ...removed.map(({ orderId, planId }) => freeTrials(ownerId, orderId, planId)),
    ],
    events: orderIds.map((orderId) => ({
      ownerId,
      type: removed.some((one) => one.orderId === orderId) ? 'order.ended' : 'order.begun',
      subjectKind: 'order',
      subjectId: orderId,
      data: {},
    })),
  };
}

/** Sales by what has become of their subscriptions, which are stored before. */
function moveSales(ownerId: AccountId, orderIds: readonly OrderId[], at: string) {
  return sql`update orders o set status = n.status, version = o.version + 1,
      completed_at = case when n.status = 'completed' then ${at}::timestamptz end
    from (
      select s.order_id, case
        when bool_and(s.status = 'removed') then 'canceled'
        when bool_or(s.status = 'pending' and s.life -> 'waits' is null) then 'processing'
        when bool_or(s.status = 'pending') then null
        else 'completed' end as status
      from subscriptions s where s.owner_id = ${ownerId} and s.order_id = any(${[...orderIds]}::uuid[]) group by s.order_id) n
    where o.owner_id = ${ownerId} and o.id = n.order_id and o.status in ('submitted', 'processing') and n.status is not null
      and n.status <> o.status
    returning 1`;
}

/** Work of vendors, as a sale has it that waits for nothing. */
function newJobs(ownerId: AccountId, ids: readonly SubscriptionId[], at: string): Write {
  const jobs = ids.map(() => newId<'job'>());
  return {
    run: sql`insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, locked_until, last_error, payload, created_at)
      select ${ownerId}, j.id, 'provision', j.subject_id, ${at}::timestamptz, 0, null, null, '{}'::jsonb, ${at}::timestamptz
      from unnest(${jobs}::uuid[], ${[...ids]}::uuid[]) as j (id, subject_id) returning 1`,
    expect: ids.length,
  };
}
