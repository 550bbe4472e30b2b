import type { AccountId, ProductId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import type { LicenseVersion } from '../catalog/index.ts';
import type { Pool } from './pool.ts';

export type PoolKey = {
  readonly accountId: AccountId;
  readonly productId: ProductId;
  readonly licenseVersion: LicenseVersion;
};

/** Takes units out of a pool where they are; no row otherwise. The row's lock makes concurrent takers wait their turn. */
export function takeUnits(db: Database, { accountId, productId, licenseVersion }: PoolKey, units: bigint, at: string) {
  return db.kysely
    .updateTable('license_pools')
    .set({ available: sql<bigint>`available - ${units}`, updated_at: at })
    .where('account_id', '=', accountId)
    .where('product_id', '=', productId)
    .where('license_version', '=', licenseVersion)
    .where('available', '>=', units)
    .returning('available');
}

export function addUnits(db: Database, { accountId, productId, licenseVersion }: PoolKey, units: bigint, at: string) {
  return db.kysely
    .insertInto('license_pools')
    .values({
      account_id: accountId,
      product_id: productId,
      license_version: licenseVersion,
      available: units,
      updated_at: at,
    })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'product_id', 'license_version']).doUpdateSet((set) => ({
        available: sql<bigint>`license_pools.available + excluded.available`,
        updated_at: set.ref('excluded.updated_at'),
      })),
    )
    .returning('available');
}

export async function selectPools(db: Database, accountId: AccountId): Promise<Pool[]> {
  const rows = await db.kysely
    .selectFrom('license_pools')
    .select(['account_id', 'product_id', 'license_version', 'available'])
    .where('account_id', '=', accountId)
    .orderBy('product_id')
    .orderBy('license_version')
    .execute();
  return rows.map((row) => ({
    accountId: row.account_id as AccountId,
    productId: row.product_id as ProductId,
    licenseVersion: row.license_version as LicenseVersion,
    available: row.available.toString(),
  }));
}
