import { TierlineError, type AccountId, type Decimal, type ProductId, type Reason } from '@tierline/kernel';
import type { LicenseVersion, PlanVersion } from '../catalog/index.ts';
import type { Subscription } from '../subscriptions/index.ts';

/** Which pool: that of an account, for a product and license version. */
export type PoolKey = {
  readonly accountId: AccountId;
  readonly productId: ProductId;
  readonly licenseVersion: LicenseVersion;
};

/** Units out of a pool; less than 0: back into it. */
export type PoolMove = PoolKey & { readonly units: bigint };

/** What of a plan version says which pool its subscriptions draw on. */
export type DrawingPlan = Pick<PlanVersion, 'licensePool' | 'makerId' | 'licenseVersion'> & {
  readonly product: Pick<PlanVersion['product'], 'id'>;
};
/** What of a subscription says how many units it holds. */
export type Drawing = Pick<Subscription, 'status' | 'licenses'>;

/** A subscription on a plan, at one moment. */
export type Holding = { readonly subscription: Drawing; readonly plan: DrawingPlan };

/** The pool that a plan's subscriptions draw on; undefined: none. Of a suite it is that of the suite, not those of its parts. */
export function poolOf({ licensePool, makerId, licenseVersion, product }: DrawingPlan): PoolKey | undefined {
  return licensePool === 'none' ? undefined : { accountId: makerId, productId: product.id, licenseVersion };
}

export function keyText({ accountId, productId, licenseVersion }: PoolKey): string {
  return `${accountId}/${productId}/${licenseVersion}`;
}

/**
 * Units that a subscription has out of its pool: those of its license, whole ones, for as long as the right to use goes on or can be
 * taken up again: while it is pending, active, suspended, or in its grace period.
 */
export function unitsHeld({ status, licenses }: Drawing): bigint {
  if (status === 'terminated' || status === 'removed') return 0n;
  return licenses.reduce((most, { units }) => (wholeUnits(units) > most ? wholeUnits(units) : most), 0n);
}

/** A part of a unit takes a whole one. */
function wholeUnits({ coefficient, scale }: Decimal): bigint {
  const divisor = 10n ** BigInt(scale);
  return (coefficient + divisor - 1n) / divisor;
}

/** What goes out of each pool when subscriptions go from what they were (null: nothing yet) to what they are. One move for each pool. */
export function movesBetween(
  changes: readonly { readonly before: Holding | null; readonly after: Holding }[],
): PoolMove[] {
  const moves = new Map<string, PoolMove>();
  const add = ({ subscription, plan }: Holding, sign: bigint): void => {
    const key = poolOf(plan);
    if (key === undefined) return;
    const before = moves.get(keyText(key))?.units ?? 0n;
    moves.set(keyText(key), { ...key, units: before + sign * unitsHeld(subscription) });
  };
  for (const { before, after } of changes) {
    if (before !== null) add(before, -1n);
    add(after, 1n);
  }
  return [...moves.values()].filter(({ units }) => units !== 0n);
}

/** What a look at a pool found. */
export type Stock = {
  readonly available: bigint;
  readonly minimum: bigint;
  /** A pool that fills itself is never short. */
  readonly autoRefillBelow: bigint;
};
export type Stocks = ReadonlyMap<string, Stock>;

/** Moves for which there are not enough units: of a pool that does not exist there is none. */
export function shortMoves(moves: readonly PoolMove[], stocks: Stocks): PoolMove[] {
  return moves.filter((move) => {
    const stock = stocks.get(keyText(move));
    return move.units > (stock?.available ?? 0n) && (stock?.autoRefillBelow ?? 0n) === 0n;
  });
}

/** Moves after which a pool would have fewer units than its minimum; nothing more follows from it than that it is told. */
export function lowMoves(moves: readonly PoolMove[], stocks: Stocks): PoolMove[] {
  return moves.filter((move) => {
    const stock = stocks.get(keyText(move));
    return move.units > 0n && stock !== undefined && stock.available - move.units < stock.minimum;
  });
}

export function lowWarning({ units }: PoolMove, productName: string): { code: string; message: string } {
  return {
    code: 'pools.low',
    message: `After these ${units} the license pool of ${productName} has fewer units than its minimum.`,
  };
}

/** What a seller is told when a pool has too few units, which need not be its own: not how many there are. */
export function exhaustedReason({ units }: PoolMove, productName: string, field: string): Reason {
  return {
    code: 'pools.exhausted',
    field,
    message: `The license pool of ${productName} has fewer than the ${units} units that this takes. Take fewer, or have it refilled.`,
  };
}

export function exhausted(reasons: readonly Reason[]): TierlineError {
  const message = reasons[0]?.message ?? 'The license pool has fewer units than this takes.';
  return new TierlineError('pools.exhausted', 'conflict', message, reasons.length === 0 ? {} : { reasons });
}
