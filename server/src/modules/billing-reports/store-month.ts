import {
  decimal,
  formatDecimal,
  Temporal,
  type AccountId,
  type CustomerId,
  type PlanId,
  type ProductId,
  type SubscriptionId,
} from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';
import type { MoneyRow } from './lines.ts';
import type { History, Setting } from './provisioned.ts';

/** What a month is put together of. Nothing here reads what came after it. */

export type Seller = { readonly id: AccountId; readonly timeZone: string };

/** The partner and those below it that make no report of their own. */
const coveredStatement: Statement = {
  name: 'billing_covered',
  text: `
select a.id, a.time_zone from accounts a
where a.path @> array[$1]::uuid[] and not exists (
  select 1 from billing_calendars c join accounts x on x.id = c.owner_id
  where c.owner_id = any(a.path) and c.owner_id <> $1 and c.next_on is not null and x.path @> array[$1]::uuid[])
order by a.id`,
};

export async function selectCovered(db: Database, partnerId: AccountId): Promise<Seller[]> {
  const rows = await db.query<{ id: AccountId; time_zone: string }>(coveredStatement, [partnerId]);
  return rows.map(({ id, time_zone: timeZone }) => ({ id, timeZone }));
}

/** The first subscription of these sellers of which something is due before an instant and was not done. */
const waitingStatement = (isSandbox: boolean): Statement => ({
  name: isSandbox ? 'billing_waiting_sandbox' : 'billing_waiting',
  text: `select 1 from subscription_due
    where due_at < $1 and sandbox_id ${isSandbox ? '= $3' : 'is null'} and owner_id = any($2::uuid[]) limit 1`,
});

export async function isAnyWaiting(
  db: Database,
  sandboxId: AccountId | null,
  owners: readonly AccountId[],
  before: Temporal.Instant,
): Promise<boolean> {
  const values = [before.toString(), owners, ...(sandboxId === null ? [] : [sandboxId])];
  return (await db.query(waitingStatement(sandboxId !== null), values)).length > 0;
}

export type OwnerSpan = {
  readonly ownerId: AccountId;
  readonly from: Temporal.Instant;
  readonly until: Temporal.Instant;
};

export type HistoryKey = { readonly ownerId: AccountId; readonly id: SubscriptionId };

const historyStatement: Statement = {
  name: 'billing_histories',
  text: `
with m as (select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as m (owner_id, from_at, until_at)),
listed as (
  select s.owner_id, s.id, s.customer_id, m.until_at
  from m join subscriptions s on s.owner_id = m.owner_id and s.created_at < m.until_at
    and not (s.status in ('terminated', 'removed') and s.updated_at < m.from_at)
  where (s.owner_id, s.id) > ($4::uuid, $5::uuid) order by s.owner_id, s.id limit $6)
select p.owner_id, p.id, p.customer_id, coalesce((
  select jsonb_agg(jsonb_build_array(e.at, jsonb_strip_nulls(jsonb_build_object('plan_id', e.data->'set'->'plan_id',
    'plan_version', e.data->'set'->'plan_version', 'status', e.data->'set'->'status', 'licenses', e.data->'set'->'licenses',
    'waits', e.data->'set'->'waits_for' <> 'null'))) order by e.id)
  from events e where e.owner_id = p.owner_id and e.subject_id = p.id and e.at < p.until_at
    and e.data->'set' ?| array['plan_id', 'plan_version', 'status', 'licenses', 'waits_for']), '[]') as settings
from listed p order by p.owner_id, p.id`,
};

type HistoryRow = {
  owner_id: AccountId;
  id: SubscriptionId;
  customer_id: CustomerId;
  settings: [at: string, set: Setting['set']][];
};

const lowestId = '00000000-0000-0000-0000-000000000000';

/** What was set of the subscriptions that were there in a month, so many at a time; `next` is where to go on. */
export async function selectHistories(
  db: Database,
  spans: readonly OwnerSpan[],
  after: HistoryKey | undefined,
  limit: number,
): Promise<{ histories: History[]; next: HistoryKey | undefined }> {
  const rows = await db.query<HistoryRow>(historyStatement, [
    spans.map(({ ownerId }) => ownerId),
    spans.map(({ from }) => from.toString()),
    spans.map(({ until }) => until.toString()),
    after?.ownerId ?? lowestId,
    after?.id ?? lowestId,
    limit,
  ]);
  const last = rows.at(-1);
  return {
    histories: rows.map((row) => ({
      ownerId: row.owner_id,
      customerId: row.customer_id,
      settings: row.settings.map(([at, set]) => ({ at: Temporal.Instant.from(at), set })),
    })),
    next: rows.length < limit || last === undefined ? undefined : { ownerId: last.owner_id, id: last.id },
  };
}

export type PlanKey = { readonly planId: PlanId; readonly planVersion: number };

const unitsStatement: Statement = {
  name: 'billing_plan_units',
  text: `select v.plan_id, v.version, v.unit_type from unnest($1::uuid[], $2::int[]) as m (plan_id, version)
    join plan_versions v on v.plan_id = m.plan_id and v.version = m.version`,
};
const productsStatement: Statement = {
  name: 'billing_product_names',
  text: 'select id, name from products where id = any($1::uuid[])',
};

/** In which unit plans are sold, and what products are called. */
export async function selectWords(db: Database, plans: readonly PlanKey[], products: readonly ProductId[]) {
  const [units, names] = await Promise.all([
    db.query<{ plan_id: PlanId; version: number; unit_type: string }>(unitsStatement, [
      plans.map(({ planId }) => planId),
      plans.map(({ planVersion }) => planVersion),
    ]),
    db.query<{ id: ProductId; name: string }>(productsStatement, [products]),
  ]);
  const keyOf = (planId: string, version: number): string => `${planId}/${version}`;
  const unitOf = new Map(units.map((row) => [keyOf(row.plan_id, row.version), row.unit_type]));
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  return {
    unitOf: ({ planId, planVersion }: PlanKey): string => unitOf.get(keyOf(planId, planVersion)) ?? '',
    nameOf: (id: ProductId): string => nameOf.get(id) ?? '',
  };
}

const moneyStatement: Statement = {
  name: 'billing_money',
  text: `
select (c.seller_id = $2 and c.buyer_id = $3) as is_price, p.id as product_id, p.name as product_name, v.unit_type, c.currency,
  case when count(distinct c.unit_price) filter (where c.type = 'recurring') = 1
    then min(c.unit_price) filter (where c.type = 'recurring') end as unit,
  coalesce(sum(c.amount) filter (where c.amount > 0), 0) as charges,
  coalesce(sum(c.amount) filter (where c.amount < 0), 0) as credits
from charges c
join subscriptions s on s.owner_id = c.owner_id and s.id = c.subscription_id
left join order_lines l on l.owner_id = c.owner_id and l.order_id = c.order_id and l.position = c.position
join service_plans sp on sp.id = coalesce(l.plan_id, s.plan_id)
join plan_versions v on v.plan_id = sp.id and v.version = coalesce(l.plan_version, s.plan_version)
join products p on p.id = sp.product_id
where c.owner_id = any($1::uuid[]) and c.id >= $4::uuid and c.booked_on >= $5::date and c.booked_on < $6::date
  and ((c.seller_id = $2 and c.buyer_id = $3) or (c.seller_id = $7 and c.buyer_id = $2))
group by 1, 2, 3, 4, 5`,
};

export type Edges = {
  readonly partnerId: AccountId;
  readonly sellerId: AccountId;
  /** Null: the seller pays nobody. */
  readonly upperId: AccountId | null;
};

export type BookedIn = {
  readonly monthOn: string;
  readonly nextOn: string;
  /** No charge of the month has a lower id. */
  readonly lowestId: string;
};

type SumRow = {
  is_price: boolean;
  product_id: ProductId;
  product_name: string;
  unit_type: string;
  currency: string;
  unit: string | null;
  charges: string;
  credits: string;
};

/** The ledger of both edges in a month, for what these sellers sold: each charge is in exactly one sum. */
export async function selectMoney(
  db: Database,
  owners: readonly AccountId[],
  { partnerId, sellerId, upperId }: Edges,
  { monthOn, nextOn, lowestId: from }: BookedIn,
): Promise<MoneyRow[]> {
  const values = [owners, sellerId, partnerId, from, monthOn, nextOn, upperId];
  const rows = await db.query<SumRow>(moneyStatement, values);
  const plain = (text: string): string => formatDecimal(decimal(text));
  return rows.map((row) => ({
    isPrice: row.is_price,
    productId: row.product_id,
    productName: row.product_name,
    unitType: row.unit_type,
    currency: row.currency,
    unit: row.unit === null ? null : plain(row.unit),
    charges: plain(row.charges),
    credits: plain(row.credits),
  }));
}
