import { isDeepStrictEqual } from 'node:util';
import type { AccountId } from '@tierline/kernel';
import type { AccountNode, Directory } from '../accounts/index.ts';
import { sellerWithin } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { isLater, type Command, type LaterCommand } from './command.ts';
import { sellerIndex } from './context.ts';
import { plannedItems, withItemDeals } from './item-deals.ts';
import type { NamedCommand } from './resolve.ts';

/** Refuses deals on edges that are not the caller's to price; what is planned with others already may be said again. */
export async function checkSellers(
  directory: Directory,
  within: AccountId,
  { ownerId }: Pick<Subscription, 'ownerId'>,
  command: NamedCommand,
  planned?: LaterCommand,
): Promise<void> {
  const known = planned === undefined ? [] : plannedItems(planned).flatMap(({ deals = [] }) => deals);
  if (command.kind !== 'change' && command.kind !== 'switch' && command.kind !== 'renew') return;
  for (const [index, { deals = [] }] of (command.items ?? []).entries()) {
    for (const [place, deal] of deals.entries()) {
      if (known.some((one) => isDeepStrictEqual(one, deal))) continue;
      const owner = await directory.get(ownerId);
      await sellerWithin(directory, within, owner, deal.sellerId, `items.${index}.deals.${place}.seller_id`);
    }
  }
}

/** What accounts above the caller agreed on is not the caller's to take away: it stays with what is named again. */
export function withDealsAbove(
  owner: AccountNode,
  within: AccountId,
  command: Command,
  planned: LaterCommand,
): Command {
  if (!isLater(command)) return command;
  const own = sellerIndex(owner, within);
  const before = new Map(plannedItems(planned).map(({ rateId, deals = [] }) => [rateId, deals]));
  return withItemDeals(command, ({ rateId, deals = [] }) => [
    ...(before.get(rateId) ?? []).filter(({ sellerId }) => sellerIndex(owner, sellerId) < own),
    ...deals.filter(({ sellerId }) => sellerIndex(owner, sellerId) >= own),
  ]);
}
