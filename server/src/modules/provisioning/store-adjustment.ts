import { newId, type AccountId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Write } from '../../platform/db/index.ts';

/** A charge that is taken back, and the id of the charge that does it. */
export type Adjustment = {
  readonly chargeId: string;
  readonly adjusts: string;
  readonly sellerId: string;
  readonly subscriptionId: string;
};

/**
 * Everything that was charged for subscriptions, on every edge, with the id of what takes it back; or only what was charged by an
 * order and by those after it. Whoever stores this names the version of each subscription that was read before: charges come with a
 * new version only, so none is missed and none is met twice.
 */
export async function selectToAdjust(
  db: Database,
  ownerId: AccountId,
  ids: readonly SubscriptionId[],
  since?: OrderId,
): Promise<Adjustment[]> {
  let query = db.kysely
    .selectFrom('charges')
    .select(['id', 'seller_id', 'subscription_id'])
    .where('owner_id', '=', ownerId)
    .where(sql<boolean>`subscription_id = any(${[...ids]}::uuid[])`)
    .orderBy('id');
  if (since !== undefined) query = query.where('order_id', '>=', since);
  return (await query.execute()).map((row) => ({
    chargeId: newId<'charge'>(),
    adjusts: row.id,
    sellerId: row.seller_id,
    subscriptionId: row.subscription_id,
  }));
}

/** As an event tells it. */
export function toldAdjustments(adjustments: readonly Adjustment[]): Record<string, string>[] {
  return adjustments.map(({ chargeId, adjusts }) => ({ charge_id: chargeId, adjusts }));
}

/**
 * The same charges with the amount turned round, each in the order of the one that it takes back, and the totals of these orders.
 * `bookedOn`: the date at which each seller books it.
 */
export function bookAdjustments(
  ownerId: AccountId,
  adjustments: readonly Adjustment[],
  bookedOn: ReadonlyMap<string, string>,
): Write[] {
  if (adjustments.length === 0) return [];
  const rows = JSON.stringify(
    adjustments.map(({ chargeId, adjusts, sellerId }) => ({
      id: chargeId,
      adjusts,
      booked_on: bookedOn.get(sellerId),
    })),
  );
  const taken = sql`charges c join jsonb_to_recordset(${rows}::jsonb) as a (id uuid, adjusts uuid, booked_on date)
    on c.owner_id = ${ownerId} and c.id = a.adjusts`;
  return [
    {
      expect: adjustments.length,
      run: sql`insert into charges (owner_id, id, order_id, position, subscription_id, rate_id, seller_id, buyer_id, type, quantity, unit_price,
          fraction_numerator, fraction_denominator, period_start, period_end, currency, amount, booked_on, source)
        select c.owner_id, a.id, c.order_id, c.position, c.subscription_id, c.rate_id, c.seller_id, c.buyer_id, 'adjustment', c.quantity,
          c.unit_price, c.fraction_numerator, c.fraction_denominator, c.period_start, c.period_end, c.currency, -c.amount, a.booked_on, c.source
        from ${taken} returning 1`,
    },
    {
      // An order's total is what its customer pays for it.
      run: sql`update orders o set total = trim_scale(o.total - t.total), version = o.version + 1
        from (select c.order_id, c.buyer_id, sum(c.amount) as total from ${taken} group by c.order_id, c.buyer_id) t
        where o.owner_id = ${ownerId} and o.id = t.order_id and o.customer_id = t.buyer_id and t.total <> 0 returning 1`,
    },
  ];
}

/** From now on its life goes on: whoever works off what is due looks at it, and begins with what it has missed. */
export function beginDue(ownerId: AccountId, id: SubscriptionId, sandboxId: AccountId | null, at: string): Write {
  return {
    run: sql`insert into subscription_due (owner_id, subscription_id, sandbox_id, due_at)
      values (${ownerId}, ${id}, ${sandboxId}, ${at}) on conflict do nothing returning 1`,
  };
}

/**
 * Nothing is due any more for what never came to be. A row that a worker holds is left to it: to wait would keep a connection that
 * the worker may need, and it finds out itself that nothing is due.
 */
export function dropDue(ownerId: AccountId, ids: readonly SubscriptionId[]): Write {
  return {
    run: sql`delete from subscription_due d using (
        select owner_id, subscription_id from subscription_due where owner_id = ${ownerId} and subscription_id = any(${[...ids]}::uuid[])
        for update skip locked) free
      where d.owner_id = free.owner_id and d.subscription_id = free.subscription_id returning 1`,
  };
}
