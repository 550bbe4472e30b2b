import { invalid, type AccountId, type ProductId } from '@tierline/kernel';
import type { LicenseVersion } from '../catalog/index.ts';

/** Units of a product and version that a parent gave an account to provision, and that it can still hand out. JSON-safe. */
export type Pool = {
  readonly accountId: AccountId;
  readonly productId: ProductId;
  readonly licenseVersion: LicenseVersion;
  readonly available: string;
};

export const unitsMax = 1_000_000_000n;

export function checkUnits(units: bigint): void {
  if (units >= 1n && units <= unitsMax) return;
  throw invalid([
    { code: 'pools.units_out_of_bounds', field: 'units', message: `Units are a whole number from 1 to ${unitsMax}.` },
  ]);
}
