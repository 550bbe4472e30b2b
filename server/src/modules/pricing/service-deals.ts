import { invalid, isTierlineError, notFound, type AccountId } from '@tierline/kernel';
import { isWithin, type AccountNode, type Directory } from '../accounts/index.ts';

/**
 * The edge on which an account sells, for whoever may set prices there: its own and those of accounts below it. Prices above are not
 * the caller's to set, nor is anybody told of them.
 */
export async function sellerWithin(
  directory: Directory,
  within: AccountId,
  owner: AccountNode,
  sellerId: AccountId,
  field: string,
): Promise<number> {
  const place = (id: AccountId): number => owner.chain.findIndex((seller) => seller.id === id);
  const index = place(sellerId);
  if (index !== -1 && index >= place(within)) return index;
  const node = await directory.get(sellerId).catch((error: unknown) => {
    throw isTierlineError(error) && error.kind === 'not_found' ? notFound('account', field) : error;
  });
  if (!isWithin(node.account, within)) throw notFound('account', field);
  const message = 'This account does not sell this. Name one that does, or none for your own.';
  throw invalid([{ code: 'pricing.deal_not_a_seller', field, message }]);
}
