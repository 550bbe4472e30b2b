import type { AccountId, TierlineError } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import type { Directory } from '../accounts/index.ts';
import { exhausted, selectStocks, type PoolMove } from '../pools/index.ts';
import type { OrderDetail } from './order.ts';
import type { ResolvedLine } from './place.ts';
import { drawsOf, lowWarnings, reasonsOf, shortReasons } from './pool-draws.ts';

/** An order that would be, with what its sender should know of it. */
export type PreviewedOrder = OrderDetail & {
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
};

/** Looks at the license pools that an order draws on. Placing one looks at none: the statement that stores it does. */
export function poolLooks({ db, directory }: { readonly db: Database; readonly directory: Pick<Directory, 'get'> }) {
  /** The order with what is to be told of its pools. Throws what placing it would be refused for. */
  async function looked(
    order: OrderDetail,
    lines: readonly ResolvedLine[],
    within: AccountId,
  ): Promise<PreviewedOrder> {
    const pools = drawsOf(order, lines);
    if (pools.length === 0) return order;
    const stocks = await selectStocks(db, pools);
    const reasons = shortReasons(pools, stocks, lines);
    if (reasons.length > 0) throw exhausted(reasons);
    return { ...order, warnings: lowWarnings(pools, stocks, lines, await directory.get(order.ownerId), within) };
  }

  /** Why a pool was short: of several, those that have too few units now, or, should they have been filled meanwhile, all of them. */
  async function shortage(pools: readonly PoolMove[], lines: readonly ResolvedLine[]): Promise<TierlineError> {
    const reasons = pools.length === 1 ? [] : shortReasons(pools, await selectStocks(db, pools), lines);
    return exhausted(reasons.length > 0 ? reasons : reasonsOf(pools, lines));
  }

  return { looked, shortage };
}
