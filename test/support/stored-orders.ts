import type { Database } from '@tierline/server/db';
import { sql } from 'kysely';

export type StoredOrder = {
  readonly id: string;
  readonly serial: string;
  readonly poNumber: string;
  readonly total: string;
  readonly lines: number;
  readonly subscriptions: number;
  readonly items: number;
  readonly licenses: number;
  readonly due: number;
  readonly charges: number;
  readonly events: number;
  readonly keys: number;
  readonly jobs: number;
};

/** Rows of one order, by the name of their table. */
export const tablesOfOrders = {
  orders: () => 1,
  order_lines: (order: StoredOrder) => order.lines,
  subscriptions: (order: StoredOrder) => order.subscriptions,
  subscription_items: (order: StoredOrder) => order.items,
  licenses: (order: StoredOrder) => order.licenses,
  subscription_due: (order: StoredOrder) => order.due,
  charges: (order: StoredOrder) => order.charges,
  events: (order: StoredOrder) => order.events,
  idempotency_keys: (order: StoredOrder) => order.keys,
  jobs: (order: StoredOrder) => order.jobs,
} as const;

/** Every order whose number begins so, with how many rows of each kind it has. */
export async function storedOrders(db: Database, prefix: string): Promise<StoredOrder[]> {
  const { rows } = await sql<StoredOrder>`
    select o.id, o.serial::text as serial, o.po_number as "poNumber", o.total::text as total,
      (select count(*)::int from order_lines l where l.owner_id = o.owner_id and l.order_id = o.id) as lines,
      (select count(*)::int from subscriptions s where s.owner_id = o.owner_id and s.order_id = o.id) as subscriptions,
      (select count(*)::int from subscriptions s join subscription_items i on i.owner_id = s.owner_id and i.subscription_id = s.id
        where s.owner_id = o.owner_id and s.order_id = o.id) as items,
      (select count(*)::int from subscriptions s join licenses l on l.owner_id = s.owner_id and l.subscription_id = s.id
        where s.owner_id = o.owner_id and s.order_id = o.id) as licenses,
      (select count(*)::int from subscriptions s join subscription_due d on d.owner_id = s.owner_id and d.subscription_id = s.id
        where s.owner_id = o.owner_id and s.order_id = o.id) as due,
      (select count(*)::int from charges c where c.owner_id = o.owner_id and c.order_id = o.id) as charges,
      (select count(*)::int from events e where e.owner_id = o.owner_id and (e.subject_id = o.id or e.subject_id in
        (select s.id from subscriptions s where s.owner_id = o.owner_id and s.order_id = o.id))) as events,
      (select count(*)::int from idempotency_keys k where k.subject_id = o.id) as keys,
      (select count(*)::int from jobs j where j.owner_id = o.owner_id and j.subject_id in
        (select s.id from subscriptions s where s.owner_id = o.owner_id and s.order_id = o.id)) as jobs
    from orders o where o.po_number like ${`${prefix}%`} order by o.id`.execute(db.kysely);
  return rows;
}

/**
 * What must be true of whatever is stored, each with the query that finds a violation: an order has all its rows or does
 * not exist, money adds up on every edge, and nothing speaks of an order that is not there.
 */
export const rules = {
  'an order without a line': `select o.id::text from orders o where not exists
    (select from order_lines l where l.owner_id = o.owner_id and l.order_id = o.id)`,
  'an order without a subscription': `select o.id::text from orders o where not exists
    (select from subscriptions s where s.owner_id = o.owner_id and s.order_id = o.id)`,
  'a line without its item, or an item without its line': `select coalesce(l.order_id, i.subscription_id)::text from order_lines l
    full join subscription_items i on i.owner_id = l.owner_id and i.subscription_id = l.subscription_id and i.rate_id = l.rate_id
      and i.quantity = l.quantity where l.order_id is null or i.subscription_id is null`,
  'a subscription without its license': `select s.id::text from subscriptions s where 1 <>
    (select count(*) from licenses l where l.owner_id = s.owner_id and l.subscription_id = s.id)`,
  'an order without its event': `select o.id::text from orders o where 1 <>
    (select count(*) from events e where e.owner_id = o.owner_id and e.subject_id = o.id and e.type = 'order.placed')`,
  'a subscription without its event': `select s.id::text from subscriptions s where 1 <>
    (select count(*) from events e where e.owner_id = s.owner_id and e.subject_id = s.id and e.type = 'subscription.created')`,
  'an event without its order': `select e.id::text from events e where e.subject_kind = 'order' and not exists
    (select from orders o where o.owner_id = e.owner_id and o.id = e.subject_id)`,
  'an event without its subscription': `select e.id::text from events e where e.subject_kind = 'subscription' and not exists
    (select from subscriptions s where s.owner_id = e.owner_id and s.id = e.subject_id)`,
  'a key without its order': `select k.key from idempotency_keys k where k.response ? 'owner_id' and not exists
    (select from orders o where o.id = k.subject_id and o.owner_id = (k.response->>'owner_id')::uuid)`,
  'an order under two keys': `select subject_id::text from idempotency_keys where response ? 'owner_id' group by 1 having count(*) > 1`,
  'work for a subscription that is not there': `select j.id::text from jobs j where j.kind = 'provision' and not exists
    (select from subscriptions s where s.owner_id = j.owner_id and s.id = j.subject_id)`,
  'a number that two orders have': `select serial::text from orders group by 1 having count(*) > 1`,
  'a number that two subscriptions have': `select serial::text from subscriptions group by 1 having count(*) > 1`,
  'an order whose charges are not its total': `select o.id::text from orders o where o.total <> coalesce(
    (select sum(c.amount) from charges c where c.owner_id = o.owner_id and c.order_id = o.id and c.buyer_id = o.customer_id), 0)`,
  'a charge in another currency than its order': `select c.id::text from charges c
    join orders o on o.owner_id = c.owner_id and o.id = c.order_id where c.buyer_id = o.customer_id and c.currency <> o.currency`,
  'an order that lacks the charges of an edge': `select o.id::text from orders o join accounts a on a.id = o.owner_id
    where exists (select from charges c where c.owner_id = o.owner_id and c.order_id = o.id and c.buyer_id = o.customer_id)
    and cardinality(a.path) <> (select count(distinct (c.seller_id, c.buyer_id)) from charges c
      where c.owner_id = o.owner_id and c.order_id = o.id)`,
  'an edge with other charges than the one to the customer': `select o.id::text from orders o
    join charges c on c.owner_id = o.owner_id and c.order_id = o.id
    group by o.id, c.seller_id having array_agg((c.position, c.type)::text order by c.position, c.type) <> (
      select array_agg((d.position, d.type)::text order by d.position, d.type) from charges d
      where d.order_id = o.id and d.buyer_id = (select p.customer_id from orders p where p.id = o.id))`,
} as const satisfies Readonly<Record<string, string>>;

/** Those that hold whatever else happened to orders and subscriptions since they were placed. */
export const lastingRules: readonly (keyof typeof rules)[] = [
  'an order without a line',
  'a subscription without its license',
  'a subscription without its event',
  'an event without its order',
  'an event without its subscription',
  'an order under two keys',
  'work for a subscription that is not there',
  'a number that two orders have',
  'a number that two subscriptions have',
  'an order whose charges are not its total',
  'a charge in another currency than its order',
];

/** The newest of what was there before; ids are in the order of time. */
export type Mark = { readonly order: string; readonly event: string; readonly at: string };

/** What there is now, for rules about what comes after it. */
export async function markNow(db: Pick<Database, 'kysely'>): Promise<Mark> {
  const { rows } = await sql<Mark>`select (select id from orders order by id desc limit 1)::text as "order",
    (select id from events order by id desc limit 1)::text as event, now()::text as at`.execute(db.kysely);
  return rows[0]!;
}

/** The tables as they would be without what was there before, or what happens by itself: a name of a query comes before one of a table. */
function since({ order, event, at }: Mark): string {
  return `with orders as (select * from public.orders where id > '${order}'),
    subscriptions as (select * from public.subscriptions where order_id in (select id from orders)),
    order_lines as (select * from public.order_lines where order_id in (select id from orders)),
    charges as (select * from public.charges where order_id in (select id from orders)),
    subscription_items as (select * from public.subscription_items where subscription_id in (select id from subscriptions)),
    licenses as (select * from public.licenses where subscription_id in (select id from subscriptions)),
    events as (select * from public.events where id > '${event}' and actor <> 'system'),
    jobs as (select * from public.jobs where created_at > '${at}'),
    idempotency_keys as (select * from public.idempotency_keys where created_at > '${at}') `;
}

/** Each broken rule with what breaks it, of what came after a mark if there is one; nothing when all hold. */
export async function brokenRules(
  db: Pick<Database, 'kysely'>,
  after?: Mark,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const broken: Record<string, readonly string[]> = {};
  for (const [rule, query] of Object.entries(rules)) {
    const text = after === undefined ? query : since(after) + query;
    const { rows } = await sql.raw<Record<string, string>>(text).execute(db.kysely);
    if (rows.length > 0) broken[rule] = rows.map((row) => Object.values(row).join());
  }
  return broken;
}
