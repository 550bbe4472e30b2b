import type { AccountId, SubscriptionId } from '@tierline/kernel';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import type { PriceList, RuleScope } from '../pricing/index.ts';

/** Which subscriptions a change may touch. All that is given must hold. */
export type Affected = {
  /** Sellers of this account's tree. */
  readonly within: AccountId;
  /** On one of these plans; not given: on any. */
  readonly planIds?: readonly string[];
  /** Or on one of these trial plans, whatever it holds: it becomes one of the others at its end. */
  readonly trialPlanIds?: readonly string[];
  /** Holding one of these. */
  readonly rateIds?: readonly string[];
  readonly resourceIds?: readonly string[];
  /** Bought, on the edge of `within`, by whom a price list is for. */
  readonly buyers?: Pick<PriceList, 'audience' | 'buyerGroup' | 'buyerId'>;
  /** Priced from one of these currencies into the other, on an edge on which `within` or an account below it sells. */
  readonly exchanges?: readonly { readonly from: string; readonly to: string }[];
};

/** What is on hold does not renew by itself, so a change does nothing to it yet; nor to what waits for a sign-in and has no term. */
const live = ['pending', 'active'];

function condition({
  within,
  planIds,
  trialPlanIds = [],
  rateIds,
  resourceIds,
  buyers,
  exchanges,
}: Affected): RawBuilder<boolean> {
  const parts: RawBuilder<unknown>[] = [
    sql`s.status = any(${live}::text[]) and s.life -> 'waits' is null`,
    sql`s.owner_id in (select a.id from accounts a where a.path @> array[${within}]::uuid[])`,
  ];
  if (planIds !== undefined) parts.push(sql`s.plan_id = any(${[...planIds, ...trialPlanIds]}::uuid[])`);
  if (rateIds !== undefined || resourceIds !== undefined) {
    parts.push(sql`(s.plan_id = any(${[...trialPlanIds]}::uuid[]) or exists (select from subscription_items i
      where i.owner_id = s.owner_id and i.subscription_id = s.id
      and (i.rate_id = any(${[...(rateIds ?? [])]}::uuid[]) or i.resource_id = any(${[...(resourceIds ?? [])]}::uuid[]))))`);
  }
  if (buyers?.audience === 'buyer') {
    parts.push(sql`(s.customer_id = ${buyers.buyerId} or s.owner_id in
      (select a.id from accounts a where a.path @> array[${buyers.buyerId}]::uuid[]))`);
  }
  if (buyers?.audience === 'group') {
    parts.push(sql`case when s.owner_id = ${within}
      then exists (select from customers c where c.owner_id = s.owner_id and c.id = s.customer_id and c.buyer_group = ${buyers.buyerGroup})
      else s.owner_id in (select a.id from accounts a join accounts b on a.path @> array[b.id]
        where b.parent_id = ${within} and b.buyer_group = ${buyers.buyerGroup}) end`);
  }
  if (exchanges !== undefined) parts.push(isExchanged(within, exchanges));
  return sql<boolean>`${sql.join(parts, sql` and `)}`;
}

/**
 * A list's price is brought into what the buyer is billed in; a rule's, from the currency of the cost into that of the list. What the
 * seller's buyers are billed in is a fact of accounts, and on the last edge of customers.
 */
function isExchanged(within: AccountId, exchanges: NonNullable<Affected['exchanges']>): RawBuilder<unknown> {
  const pairs = sql`unnest(${exchanges.map(({ from }) => from)}::text[], ${exchanges.map(({ to }) => to)}::text[])
    as x (from_currency, to_currency)`;
  const hasList = (account: string, currency: string) =>
    sql`exists (select from price_lists l where l.account_id = ${sql.ref(account)} and l.currency = ${sql.ref(currency)})`;
  const ownersBelow = sql`select o.id from accounts o
    join accounts a on a.id = any(o.path) and a.path @> array[${within}]::uuid[]
    left join accounts b on b.id = any(o.path) and b.parent_id = a.id
    cross join ${pairs}
    where o.path @> array[${within}]::uuid[] and (
      (b.billing_currency = x.to_currency and ${hasList('a.id', 'x.from_currency')})
      or (${hasList('a.id', 'x.to_currency')} and (a.billing_currency = x.from_currency
        or (a.billing_currency is null and ${hasList('a.parent_id', 'x.from_currency')}))))`;
  const billedSo = sql`select from customers c cross join ${pairs} where c.owner_id = s.owner_id and c.id = s.customer_id
    and c.billing_currency = x.to_currency and ${hasList('s.owner_id', 'x.from_currency')}`;
  return sql`(s.owner_id in (${ownersBelow}) or exists (${billedSo}))`;
}

export async function countAffected(db: Database, of: Affected): Promise<number> {
  const { rows } = await sql<{
    total: number;
  }>`select count(*)::int as total from subscriptions s where ${condition(of)}`.execute(db.kysely);
  return rows[0]!.total;
}

/** In the order of their ids, so the oldest first. */
export async function selectAffected(
  db: Database,
  of: Affected,
  page: { readonly after?: SubscriptionId | undefined; readonly limit: number },
): Promise<SubscriptionId[]> {
  const after = page.after === undefined ? sql`` : sql`and s.id > ${page.after}`;
  const { rows } = await sql<{ id: SubscriptionId }>`select s.id from subscriptions s where ${condition(of)} ${after}
    order by s.id limit ${page.limit}`.execute(db.kysely);
  return rows.map(({ id }) => id);
}

/** Every so many of them, evenly over the time in which they were sold. */
export async function sampleAffected(db: Database, of: Affected, every: number): Promise<SubscriptionId[]> {
  const { rows } = await sql<{ id: SubscriptionId }>`select id from (
      select s.id, row_number() over (order by s.id) as place from subscriptions s where ${condition(of)}) numbered
    where (place - 1) % ${every} = 0 order by id`.execute(db.kysely);
  return rows.map(({ id }) => id);
}

/** The plans in which these rates and resources are, so that subscriptions are found by their plan. */
export async function selectPlansOf(
  db: Database,
  { rateIds, resourceIds }: { readonly rateIds: readonly string[]; readonly resourceIds: readonly string[] },
): Promise<string[]> {
  const { rows } = await sql<{
    plan_id: string;
  }>`select plan_id from resource_rates where rate_id = any(${[...rateIds]}::uuid[])
    union select r.plan_id from resources x join resource_rates r on r.mpn = x.mpn and r.resource_id = x.id
      where x.id = any(${[...resourceIds]}::uuid[])`.execute(db.kysely);
  return rows.map((row) => row.plan_id);
}

/** The plans of what a rule is for; undefined: of everything. */
export async function selectPlansIn(
  db: Database,
  scope: Exclude<RuleScope, 'rate'>,
  id: string | null,
): Promise<string[] | undefined> {
  if (scope === 'all' || id === null) return undefined;
  if (scope === 'plan') return [id];
  const of =
    scope === 'product'
      ? sql`product_id = ${id}`
      : sql`product_id in (select id from products where vendor_id = ${id})`;
  const { rows } = await sql<{ id: string }>`select id from service_plans where ${of}`.execute(db.kysely);
  return rows.map((row) => row.id);
}

/** Trial plans whose subscriptions become one of these plans at their end, as their policies or their vendor's say. */
export async function selectTrialsInto(db: Database, planIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{
    plan_id: string;
  }>`with target as (select root_id, number::text from service_plans where id = any(${[...planIds]}::uuid[]))
    select distinct pv.plan_id from target t
    join service_plans sp on sp.root_id = t.root_id
    join plan_versions pv on pv.plan_id = sp.id and pv.license_version = 'trial'
    join products p on p.id = sp.product_id
    join vendors v on v.id = p.vendor_id
    where coalesce(pv.policies #>> '{trial,convert_to}', v.policies #>> '{trial,convert_to}') = t.number`.execute(
    db.kysely,
  );
  return rows.map((row) => row.plan_id);
}
