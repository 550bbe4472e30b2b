import { isZero, type AccountId, type Reason } from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import {
  exhaustedReason,
  keyText,
  lowMoves,
  lowWarning,
  movesBetween,
  poolOf,
  shortMoves,
  type PoolMove,
  type Stocks,
} from '../pools/index.ts';
import type { OrderDetail } from './order.ts';
import type { ResolvedLine } from './place.ts';

/** What an order takes from license pools: the units of the licenses of those plans that draw on one. */
export function drawsOf(
  { subscriptions }: Pick<OrderDetail, 'subscriptions'>,
  lines: readonly ResolvedLine[],
): PoolMove[] {
  if (lines.every(({ named }) => named.plan.licensePool === 'none')) return [];
  const plans = new Map(lines.map(({ named: { plan } }) => [plan.planId, plan]));
  return movesBetween(
    subscriptions.flatMap((subscription) => {
      const plan = plans.get(subscription.planId);
      return plan === undefined ? [] : [{ before: null, after: { subscription, plan } }];
    }),
  );
}

/** Why pools have too few units, by the lines that say how many they take. */
export function shortReasons(moves: readonly PoolMove[], stocks: Stocks, lines: readonly ResolvedLine[]): Reason[] {
  return reasonsOf(shortMoves(moves, stocks), lines);
}

export function reasonsOf(short: readonly PoolMove[], lines: readonly ResolvedLine[]): Reason[] {
  return short.flatMap((move) =>
    linesOf(move, lines).map(({ named, index }) =>
      exhaustedReason(move, named.plan.product.name, `lines.${index}.quantity`),
    ),
  );
}

/** Pools that a sale leaves below their minimum: told to their owner and those above, not to those who sell its plans. */
export function lowWarnings(
  moves: readonly PoolMove[],
  stocks: Stocks,
  lines: readonly ResolvedLine[],
  { chain }: Pick<AccountNode, 'chain'>,
  within: AccountId,
): { code: string; message: string }[] {
  const place = (id: AccountId): number => chain.findIndex((account) => account.id === id);
  return lowMoves(moves, stocks)
    .filter(({ accountId }) => place(within) <= place(accountId))
    .map((move) => lowWarning(move, linesOf(move, lines)[0]?.named.plan.product.name ?? ''));
}

/** The lines that a pool's units are counted from: what depends on nothing; add-ons don't count. */
function linesOf(move: PoolMove, lines: readonly ResolvedLine[]): ResolvedLine[] {
  return lines.filter(({ named, quantity }) => {
    const key = poolOf(named.plan);
    const counts = named.rate.dependsOn.length === 0 && !isZero(quantity);
    return counts && key !== undefined && keyText(key) === keyText(move);
  });
}
