import { invalid, TierlineError, type AccountId, type ProductId, type Reason } from '@tierline/kernel';
import type { Account } from '../accounts/index.ts';
import type { LicenseVersion } from '../catalog/index.ts';

/** Units of a product and version that an account can still hand out or provision, and how they are filled again. JSON-safe. */
export type Pool = {
  readonly accountId: AccountId;
  readonly productId: ProductId;
  readonly licenseVersion: LicenseVersion;
  readonly available: string;
  /** Units that had to be taken when there were none; what comes next pays them off. */
  readonly owed: string;
  /** Units of one refill where they are minted. */
  readonly refillStep: string;
  /** Below it the pool mints half as many again as this number; 0: it does not fill itself. */
  readonly autoRefillBelow: string;
  /** Whether its parent lets it fill itself. */
  readonly mayRefill: boolean;
  /** Up to how many units it is filled from its parent's pool. */
  readonly maximum: string;
  readonly minimum: string;
};

/** How a pool is filled again, as far as it is to be changed. */
export type PoolSettings = {
  readonly refillStep?: bigint;
  readonly autoRefillBelow?: bigint;
  readonly mayRefill?: boolean;
  readonly maximum?: bigint;
  readonly minimum?: bigint;
};

/** Units of one refill unless another number is set (LMPI reference, part 2, 7.6). */
export const firstStep = 500n;

export const unitsMax = 1_000_000_000n;

export function checkUnits(units: bigint): void {
  if (units >= 1n && units <= unitsMax) return;
  throw invalid([
    { code: 'pools.units_out_of_bounds', field: 'units', message: `Units are a whole number from 1 to ${unitsMax}.` },
  ]);
}

/** `low`: fewer units than the pool's minimum. */
export function statusOf({ available, minimum }: Pick<Pool, 'available' | 'minimum'>): 'ok' | 'low' {
  return BigInt(available) < BigInt(minimum) ? 'low' : 'ok';
}

type Place = Pick<Account, 'id' | 'kind' | 'parentId' | 'rootId'>;

/**
 * Where the units of a refill come from: at the root and its tier one (a distributor or an ISP directly below it) they are minted, as the
 * platform issues them; everybody else is filled from the parent's pool.
 */
export function refillSource({ id, kind, parentId, rootId }: Place): 'minted' | 'parent' {
  if (id === rootId) return 'minted';
  return parentId === rootId && (kind === 'distributor' || kind === 'isp') ? 'minted' : 'parent';
}

/** What is wrong with settings for the pool of an account, by who changes them: the account itself or its parent. */
export function settingReasons(account: Place, by: 'owner' | 'parent', settings: PoolSettings): Reason[] {
  const reasons: Reason[] = [];
  const refuse = (field: string, message: string): void => void reasons.push({ code: 'pools.setting', field, message });
  const isRoot = account.id === account.rootId;
  const source = refillSource(account);
  if (by === 'owner' && !isRoot) {
    const parents = 'Only your parent account sets it.';
    if (settings.mayRefill !== undefined) refuse('may_refill', parents);
    if (settings.maximum !== undefined) refuse('maximum', parents);
    if (settings.refillStep !== undefined) refuse('refill_step', parents);
  }
  if (by === 'parent') {
    const owners = 'Only the account itself sets it.';
    if (settings.minimum !== undefined) refuse('minimum', owners);
    if (settings.autoRefillBelow !== undefined) refuse('auto_refill_below', owners);
  }
  if (isRoot && settings.mayRefill !== undefined)
    refuse('may_refill', 'Nobody stands above you: you may refill your pools.');
  if (source === 'minted' && settings.maximum !== undefined) {
    refuse('maximum', 'This pool is refilled in steps; set refill_step instead.');
  }
  if (source === 'parent' && settings.refillStep !== undefined) {
    refuse('refill_step', "This pool is refilled from its parent's; set maximum instead.");
  }
  if (source === 'parent' && by === 'owner' && settings.autoRefillBelow !== undefined) {
    refuse('auto_refill_below', 'Only pools of tier one fill themselves.');
  }
  return reasons;
}

/** The units of a refill that is asked for. Throws where the pool may not be refilled, or is full. */
export function refillUnits(account: Place, pool: Pool | undefined): bigint {
  if (account.id !== account.rootId && pool?.mayRefill !== true) {
    throw new TierlineError(
      'pools.refill_not_allowed',
      'forbidden',
      'Your parent account has not allowed you to refill this license pool. Ask it to.',
    );
  }
  if (pool === undefined) return firstStep;
  if (refillSource(account) === 'minted') return BigInt(pool.refillStep);
  const units = BigInt(pool.maximum) - BigInt(pool.available) + BigInt(pool.owed);
  if (units > 0n) return units;
  const message = `The license pool has its maximum of ${pool.maximum} units already.`;
  throw new TierlineError('pools.full', 'conflict', message);
}
