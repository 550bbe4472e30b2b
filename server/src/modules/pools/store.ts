import type { AccountId, ProductId } from '@tierline/kernel';
import { sql, type RawBuilder } from 'kysely';
import type { Cause, Database } from '../../platform/db/index.ts';
import type { LicenseVersion } from '../catalog/index.ts';
import type { PoolKey } from './draws.ts';
import type { Pool, PoolSettings } from './pool.ts';
import { mintedText } from './store-moves.ts';

/** Takes units out of a pool where they are, or where it mints more by itself; no row otherwise. Takers wait for the row's lock. */
export function takeUnits({ accountId, productId, licenseVersion }: PoolKey, units: bigint, at: string) {
  return sql`update license_pools p set available = n.rest + n.minted, owed = 0, updated_at = ${at}::timestamptz
    from (select k.*, ${sql.raw(mintedText('k.rest', 'k.below'))} as minted from (
      select account_id, product_id, license_version, available - owed - ${units}::bigint as rest, auto_refill_below as below
      from license_pools where account_id = ${accountId} and product_id = ${productId} and license_version = ${licenseVersion}
      for update) k) n
    where p.account_id = n.account_id and p.product_id = n.product_id and p.license_version = n.license_version
      and n.rest + n.minted >= 0
    returning p.account_id, p.product_id, p.license_version, n.minted`;
}

/** The event of a pool that minted units by itself. `write`: the name under which the write before returned them. */
export function insertRefilled(write: string, eventId: string, { actor, requestId, at }: Cause) {
  return sql`insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
    select account_id, ${eventId}::uuid, 'pool.refilled', 'product', product_id, ${actor}, ${requestId}, ${at.toString()}::timestamptz,
      jsonb_build_object('license_version', license_version, 'units', minted::text, 'why', 'automatic')
    from ${sql.ref(write)} where minted > 0 returning 1`;
}

export function addUnits({ accountId, productId, licenseVersion }: PoolKey, units: bigint, at: string) {
  return sql`insert into license_pools as p (account_id, product_id, license_version, available, updated_at)
    values (${accountId}, ${productId}, ${licenseVersion}, ${units}, ${at})
    on conflict (account_id, product_id, license_version) do update
      set available = p.available + greatest(excluded.available - p.owed, 0), owed = greatest(p.owed - excluded.available, 0),
        updated_at = excluded.updated_at
    returning available`;
}

/** Adds the units of a refill to a pool that is as it was when they were counted; no row otherwise. */
export function refillPool({ accountId, productId, licenseVersion }: PoolKey, units: bigint, seen: Pool, at: string) {
  return sql`update license_pools p
    set available = p.available + greatest(${units}::bigint - p.owed, 0), owed = greatest(p.owed - ${units}::bigint, 0), updated_at = ${at}
    where p.account_id = ${accountId} and p.product_id = ${productId} and p.license_version = ${licenseVersion}
      and p.available = ${seen.available} and p.owed = ${seen.owed} and p.maximum = ${seen.maximum}
      and p.refill_step = ${seen.refillStep} and p.may_refill = ${seen.mayRefill}
    returning available`;
}

/** Changes how a pool is filled again; an empty one is made where there is none. One that may not fill itself any more stops doing so. */
export function changeSettings(
  { accountId, productId, licenseVersion }: PoolKey,
  { refillStep = null, autoRefillBelow = null, mayRefill = null, maximum = null, minimum = null }: Changed,
  isRoot: boolean,
  at: string,
) {
  const may = (now: RawBuilder<unknown>) => sql`coalesce(${mayRefill}::boolean, ${now})`;
  const below = (may_: RawBuilder<unknown>, now: RawBuilder<unknown>) =>
    sql`case when ${isRoot}::boolean or ${may_} then coalesce(${autoRefillBelow}::bigint, ${now}) else 0 end`;
  const [mayNew, mayKept] = [may(sql`false`), may(sql`p.may_refill`)];
  return sql`insert into license_pools as p (account_id, product_id, license_version, available, updated_at, refill_step, auto_refill_below,
      may_refill, maximum, minimum)
    values (${accountId}, ${productId}, ${licenseVersion}, 0, ${at}, coalesce(${refillStep}::bigint, 500), ${below(mayNew, sql`0`)},
      ${mayNew}, coalesce(${maximum}::bigint, 0), coalesce(${minimum}::bigint, 0))
    on conflict (account_id, product_id, license_version) do update
      set refill_step = coalesce(${refillStep}::bigint, p.refill_step), auto_refill_below = ${below(mayKept, sql`p.auto_refill_below`)},
        may_refill = ${mayKept}, maximum = coalesce(${maximum}::bigint, p.maximum), minimum = coalesce(${minimum}::bigint, p.minimum),
        updated_at = excluded.updated_at
    returning 1`;
}

type Changed = { readonly [Name in keyof PoolSettings]: PoolSettings[Name] | null };

export async function selectPools(
  db: Database,
  accountId: AccountId,
  only?: Pick<PoolKey, 'productId' | 'licenseVersion'>,
): Promise<Pool[]> {
  let query = db.kysely
    .selectFrom('license_pools')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('product_id')
    .orderBy('license_version');
  if (only !== undefined) {
    query = query.where('product_id', '=', only.productId).where('license_version', '=', only.licenseVersion);
  }
  return (await query.execute()).map((row) => ({
    accountId: row.account_id as AccountId,
    productId: row.product_id as ProductId,
    licenseVersion: row.license_version as LicenseVersion,
    available: row.available.toString(),
    owed: row.owed.toString(),
    refillStep: row.refill_step.toString(),
    autoRefillBelow: row.auto_refill_below.toString(),
    mayRefill: row.may_refill,
    maximum: row.maximum.toString(),
    minimum: row.minimum.toString(),
  }));
}
