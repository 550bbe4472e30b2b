import type { AccountId } from '@tierline/kernel';
import type { Directory } from '../accounts/index.ts';
import { sellerWithin } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { NamedCommand } from './resolve.ts';

/** Refuses deals on edges that are not the caller's to price. */
export async function checkSellers(
  directory: Directory,
  within: AccountId,
  { ownerId }: Pick<Subscription, 'ownerId'>,
  command: NamedCommand,
): Promise<void> {
  if (command.kind !== 'change' && command.kind !== 'switch' && command.kind !== 'renew') return;
  for (const [index, { deals = [] }] of (command.items ?? []).entries()) {
    for (const [place, { sellerId }] of deals.entries()) {
      const owner = await directory.get(ownerId);
      await sellerWithin(directory, within, owner, sellerId, `items.${index}.deals.${place}.seller_id`);
    }
  }
}
