import { newId, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import { columns, type Database, type Placed, type Statement, type Write } from '../../platform/db/index.ts';
import { keyText, type PoolKey, type PoolMove, type Stock } from './draws.ts';

/** A move as a statement takes it: with what it is to be known by if the pool is refilled on its account. */
export type StoredMove = PoolMove & {
  /** Whether it takes what has to be taken, also where there is too little: what the pool lacks then, it owes. */
  readonly isForced: boolean;
  readonly requestId: string;
  readonly at: string;
};

export const moveParameters = 9;

/** The parameters of the statement parts below: nothing but empty arrays where no pool is drawn on. */
export function moveColumns(rows: readonly Placed<StoredMove>[]): unknown[][] {
  return columns(
    rows,
    ({ place }) => place,
    ({ row }) => row.accountId,
    ({ row }) => row.productId,
    ({ row }) => row.licenseVersion,
    ({ row }) => row.units,
    ({ row }) => row.isForced,
    () => newId<'event'>(),
    ({ row }) => row.requestId,
    ({ row }) => row.at,
  );
}

/**
 * Units that are missing so that no fewer than `below` are left, as many times one and a half of `below` as it takes (LMPI reference,
 * part 2, 7.6); 0 where the pool does not fill itself. In whole numbers, and the same however many takings come together.
 */
export function mintedText(rest: string, below: string): string {
  const issue = `((${below} * 3 + 1) / 2)`;
  return `case when ${below} > 0 and ${rest} < ${below} then ((${below} - ${rest} + ${issue} - 1) / ${issue}) * ${issue} else 0 end`;
}

/**
 * Parts of a statement that stores a batch: what it takes from pools and gives back, locked in one order everywhere. Before the batch is
 * accepted: `pool_short` has the places that are to be left out, since with what those before them take there is too little.
 */
export function shortText(first: number): string {
  const [place, account, product, version, units, forced, event, request, at] = Array.from(
    { length: moveParameters },
    (_, index) => `$${first + index}`,
  );
  return `pool_asked as materialized (
  select * from unnest(${place}::int[], ${account}::uuid[], ${product}::uuid[], ${version}::text[], ${units}::bigint[], ${forced}::boolean[],
    ${event}::uuid[], ${request}::text[], ${at}::timestamptz[])
    as m (place, account_id, product_id, license_version, units, is_forced, event_id, request_id, at)
), pool_locked as materialized (
  select p.* from license_pools p
  where (p.account_id, p.product_id, p.license_version) in (select account_id, product_id, license_version from pool_asked)
  order by p.account_id, p.product_id, p.license_version for update of p
), pool_short as materialized (
  select place, account_id, product_id, license_version, units, available from (
    select m.*, coalesce(l.available, 0) as available, coalesce(l.auto_refill_below, 0) as below,
      sum(m.units) over (partition by m.account_id, m.product_id, m.license_version order by m.place) as total
    from pool_asked m left join pool_locked l using (account_id, product_id, license_version)
    where m.units > 0 and not m.is_forced) taken
  where below = 0 and total > available
)`;
}

/** After it is accepted: the pools as they are then, and those that filled themselves. `accepted` has the places. */
export const movedText = `pool_net as (
  select l.account_id, l.product_id, l.license_version, l.auto_refill_below as below,
    (l.available - l.owed - sum(m.units))::bigint as rest,
    (l.owed + coalesce(sum(m.units) filter (where m.is_forced and m.units > 0), 0))::bigint as may_owe,
    (array_agg(m.event_id))[1] as event_id, (array_agg(m.request_id))[1] as request_id, max(m.at) as at
  from pool_asked m join accepted a using (place) join pool_locked l using (account_id, product_id, license_version)
  group by l.account_id, l.product_id, l.license_version, l.auto_refill_below, l.available, l.owed
), pool_filled as materialized (
  select *, ${mintedText('rest', 'below')} as minted from pool_net
), pool_moved as (
  update license_pools p set available = n.rest + n.minted + n.owes, owed = n.owes, updated_at = greatest(p.updated_at, n.at)
  from (select *, least(greatest(-(rest + minted), 0), may_owe) as owes from pool_filled) n
  where p.account_id = n.account_id and p.product_id = n.product_id and p.license_version = n.license_version
  returning p.account_id, p.product_id, p.license_version, p.available
), pool_events as (
  insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
  select account_id, event_id, 'pool.refilled', 'product', product_id, 'system', request_id, at,
    jsonb_build_object('license_version', license_version, 'units', minted::text, 'why', 'automatic')
  from pool_filled where minted > 0
), pool_refused as (
  -- \`again\`: what is left would do for it alone, so it was short only beside others.
  select s.place, bool_and(s.units <= coalesce(m.available, s.available)) as again
  from pool_short s left join pool_moved m using (account_id, product_id, license_version) group by s.place
)`;

const stocksStatement: Statement = {
  name: 'pool_stocks',
  text: `select p.account_id, p.product_id, p.license_version, p.available, p.minimum, p.auto_refill_below
    from unnest($1::uuid[], $2::uuid[], $3::text[]) as w (account_id, product_id, license_version)
    join license_pools p using (account_id, product_id, license_version)`,
};

type StockRow = {
  readonly account_id: PoolKey['accountId'];
  readonly product_id: PoolKey['productId'];
  readonly license_version: PoolKey['licenseVersion'];
  readonly available: bigint;
  readonly minimum: bigint;
  readonly auto_refill_below: bigint;
};

/** A look at pools; those that do not exist are not in it. Nothing is asked where there is none to look at. */
export async function selectStocks(db: Pick<Database, 'query'>, keys: readonly PoolKey[]): Promise<Map<string, Stock>> {
  if (keys.length === 0) return new Map();
  const wanted = columns(
    [...new Map(keys.map((key) => [keyText(key), key])).values()],
    ({ accountId }) => accountId,
    ({ productId }) => productId,
    ({ licenseVersion }) => licenseVersion,
  );
  const rows = await db.query<StockRow>(stocksStatement, wanted);
  return new Map(
    rows.map((row) => [
      keyText({ accountId: row.account_id, productId: row.product_id, licenseVersion: row.license_version }),
      { available: row.available, minimum: row.minimum, autoRefillBelow: row.auto_refill_below },
    ]),
  );
}

/** Gives back what subscriptions that never came to be have taken; part of the commit that removes them while they are pending. */
export function giveBackPending(ownerId: AccountId, ids: readonly SubscriptionId[], at: string): Write {
  return {
    run: sql`update license_pools p
      set available = p.available + greatest(n.units - p.owed, 0), owed = greatest(p.owed - n.units, 0),
        updated_at = greatest(p.updated_at, ${at}::timestamptz)
      from (
        select sp.account_id, sp.product_id, v.license_version, sum(h.units)::bigint as units
        from subscriptions s
        join plan_versions v on v.plan_id = s.plan_id and v.version = s.plan_version and v.license_pool = 'owner'
        join service_plans sp on sp.id = s.plan_id
        cross join lateral (
          select ceil(max(l.units)) as units from licenses l where l.owner_id = s.owner_id and l.subscription_id = s.id) h
        where s.owner_id = ${ownerId} and s.id = any(${[...ids]}::uuid[]) and s.status = 'pending'
        group by sp.account_id, sp.product_id, v.license_version) n
      where p.account_id = n.account_id and p.product_id = n.product_id and p.license_version = n.license_version
      returning 1`,
  };
}
