import type { Database } from '@tierline/server/db';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { sql } from 'kysely';

/**
 * What each order charged for a subscription, in the order in which they were placed: minor units by `edge/rate/booked on`. Orders and
 * parts that come to nothing are left out.
 */
export async function chargedSums(
  db: Database,
  id: Subscription['id'],
  sellers: readonly string[],
  rateOf: (rateId: string) => string,
): Promise<Record<string, string>[]> {
  const { rows } = await sql<{
    serial: bigint;
    seller_id: string;
    rate_id: string;
    booked_on: string;
    amount: string;
    currency: string;
  }>`
    select o.serial, c.seller_id, c.rate_id, c.booked_on, sum(c.amount)::text as amount, c.currency
    from charges c join orders o on o.owner_id = c.owner_id and o.id = c.order_id
    where c.subscription_id = ${id} group by 1, 2, 3, 4, 6 having sum(c.amount) <> 0 order by 1, 2, 3, 4`.execute(
    db.kysely,
  );
  const byOrder = Map.groupBy(rows, ({ serial }) => serial);
  const records = [...byOrder.values()].map((charges) => {
    const sums = new Map<string, bigint>();
    for (const { seller_id: seller, rate_id: rate, booked_on: on, amount, currency } of charges) {
      const key = `${sellers.indexOf(seller)}/${rateOf(rate)}/${on}`;
      sums.set(key, (sums.get(key) ?? 0n) + minorOf(amount, currency));
    }
    return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n).map(([key, sum]) => [key, sum.toString()]));
  });
  // A switch at the same price gives back for the one plan what it takes for the other.
  return records.filter((sums) => Object.keys(sums).length > 0);
}

const digits: Readonly<Record<string, number>> = { USD: 2, JPY: 0, KWD: 3 };

function minorOf(amount: string, currency: string): bigint {
  const [whole, part = ''] = amount.split('.');
  const places = digits[currency]!;
  if (/[1-9]/.test(part.slice(places))) throw new Error(`${amount} ${currency} has more digits than its currency.`);
  return BigInt(`${whole}${part.slice(0, places).padEnd(places, '0')}`);
}

/** What is broken of the laws that need no model. Nothing, when all is well. */
export async function lawsOf(db: Database, subscription: Subscription): Promise<string[]> {
  const { id, ownerId } = subscription;
  const all = await Promise.all([
    sql<{ why: string }>`
      select 'order ' || o.serial || ' says ' || o.total || ', its charges to the customer ' || coalesce(sum(c.amount), 0) as why
      from orders o left join charges c on c.owner_id = o.owner_id and c.order_id = o.id and c.buyer_id = o.customer_id
      where o.owner_id = ${ownerId} and o.customer_id = ${subscription.customerId}
      group by o.owner_id, o.id having o.total <> coalesce(sum(c.amount), 0)`.execute(db.kysely),
    sql<{ why: string }>`
      select 'a charge of order ' || c.order_id || ' belongs to no line' as why from charges c
      where c.subscription_id = ${id} and not exists (
        select from order_lines l where l.owner_id = c.owner_id and l.order_id = c.order_id and l.position = c.position
          and l.rate_id = c.rate_id and l.subscription_id = c.subscription_id)`.execute(db.kysely),
    sql<{ why: string }>`
      select 'charged twice in one order: ' || c.period_start || ' to ' || c.period_end as why from charges c
      where c.subscription_id = ${id} group by c.order_id, c.seller_id, c.rate_id, c.type, c.unit_price, c.period_start, c.period_end,
        c.booked_on
      having count(*) > 1`.execute(db.kysely),
    sql<{ why: string }>`
      select 'a refund is not negative, or a charge is: ' || c.type || ' ' || c.amount as why from charges c
      where c.subscription_id = ${id} and (case when c.type = 'refund' then c.amount > 0 else c.amount < 0 end)
        and not c.type = 'recurring'`.execute(db.kysely),
  ]);
  return all.flatMap(({ rows }) => rows.map(({ why }) => why));
}
