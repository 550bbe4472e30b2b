import { invalid, type AccountId, type Reason } from '@tierline/kernel';
import type { AccountNode, Directory } from '../accounts/index.ts';
import type { OrderingCustomer } from '../customers/index.ts';
import { sellerWithin, withDeals, type RatePrices } from '../pricing/index.ts';
import type { ResolvedLine } from './place.ts';
import type { SalesRequest } from './request.ts';

/** Refuses deals on edges that are not the caller's to price. */
export async function checkSellers(
  directory: Directory,
  within: AccountId,
  customer: Pick<OrderingCustomer, 'ownerId'>,
  { lines }: Pick<SalesRequest, 'lines'>,
): Promise<void> {
  for (const [index, { deals = [] }] of lines.entries()) {
    for (const [place, { sellerId }] of deals.entries()) {
      const owner = await directory.get(customer.ownerId);
      await sellerWithin(directory, within, owner, sellerId, `lines.${index}.deals.${place}.seller_id`);
    }
  }
}

/** The prices of an order's lines with what was agreed about them. Throws every reason against that at once. */
export function dealtLines(
  owner: AccountNode,
  lines: readonly ResolvedLine[],
  prices: RatePrices[],
  { sale }: Pick<SalesRequest, 'sale'>,
): RatePrices[] {
  if (lines.every(({ deals }) => deals === undefined || deals.length === 0)) return prices;
  const reasons: Reason[] = [];
  const dealt = lines.map(({ named, deals = [], index }, place) => {
    if (deals.length === 0) return prices[place]!;
    const field = `lines.${index}.deals`;
    if (sale?.notForResale === true) reasons.push(notForResale(field));
    const { chargeTypes } = named.rate;
    const one = withDeals({ prices: prices[place]!, chargeTypes, currency: owner.account.currency }, deals, field);
    reasons.push(...one.reasons);
    return one.prices;
  });
  if (reasons.length > 0) throw invalid(reasons);
  return dealt;
}

function notForResale(field: string): Reason {
  const message = 'What is not for resale is free, so there is no price to agree on.';
  return { code: 'orders.deal_not_for_resale', field, message };
}
