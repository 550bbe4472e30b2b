import type { Reason } from '@tierline/kernel';
import type { ChargeType } from '../catalog/index.ts';
import { againstPrice, agreementReasons } from './check-deal.ts';
import { agreed, agreedOnly } from './deal.ts';
import type { Deal, Tier } from './deal-types.ts';
import { convertTiers } from './exchange.ts';
import { withCost, type EdgePrice } from './price.ts';
import type { EdgePrices, RatePrices } from './service-prices.ts';

/** What deals are made about: prices of one rate on every edge, and the currency where an edge has no price yet. */
export type DealtRate = {
  readonly prices: RatePrices;
  readonly chargeTypes: readonly ChargeType[];
  /** The currency of the last seller's account. */
  readonly currency: string;
};

type Dealt = { readonly prices: RatePrices; readonly reasons: readonly Reason[] };

/** Where a term ends and the next one begins, that one is the first of the terms that a deal is for. */
export type DealSince = 'term_of_today' | 'term_to_come';

/** Prices with what was agreed on some edges; the other edges keep theirs, so a margin is what is left of it. */
export function withDeals(
  rate: DealtRate,
  deals: readonly Deal[],
  field: string,
  since: DealSince = 'term_of_today',
): Dealt {
  const reasons: Reason[] = [];
  const seen = new Set<string>();
  let { prices } = rate;
  for (const [place, deal] of deals.entries()) {
    const at = `${field}.${place}`;
    const key = `${deal.sellerId}/${deal.chargeType}/${deal.from}`;
    const own = seen.has(key) ? [repeated(at)] : agreementReasons(deal, at);
    seen.add(key);
    const index = prices.findIndex(({ sellerId }) => sellerId === deal.sellerId);
    const edge = prices[index];
    if (edge === undefined) own.push(noSeller(at));
    else if (!rate.chargeTypes.includes(deal.chargeType)) own.push(notCharged(deal, at));
    else if (own.length === 0) own.push(...againstPrice(deal, priceOf(edge, deal), at));
    reasons.push(...own);
    if (edge !== undefined && own.length === 0)
      prices = prices.with(index, dealtEdge(edge, since === 'term_to_come' ? withTermMore(deal) : deal, rate));
  }
  return {
    prices: reasons.length > 0 ? rate.prices : prices.map((edge, index) => compared(edge, prices[index - 1])),
    reasons,
  };
}

/** What counts in the term to come is kept with the price of the one that ends, which has no day left. */
function withTermMore(deal: Deal): Deal {
  return { ...deal, terms: deal.terms === null ? null : deal.terms + 1 };
}

/** The price that a deal is about; an edge that is billed in a currency has that one also where it has no price. */
function priceOf(edge: EdgePrices, { chargeType, kind }: Deal): Pick<EdgePrice, 'currency' | 'tiers'> | undefined {
  const price = edge.byType[chargeType];
  if (price !== undefined || kind === 'discount' || edge.billedIn === undefined) return price;
  return { currency: edge.billedIn, tiers: [] };
}

function dealtEdge(edge: EdgePrices, deal: Deal, rate: DealtRate): EdgePrices {
  const { chargeType } = deal;
  const { [chargeType]: price, ...others } = edge.byType;
  const { [chargeType]: _, ...missing } = edge.missing ?? {};
  if (price !== undefined) return { ...edge, byType: { ...others, [chargeType]: agreed(price, deal) } };
  // Only a special price comes here: a discount needs a price.
  if (deal.kind === 'discount') return edge;
  const currency = deal.currency ?? edge.billedIn ?? rate.currency;
  const made = { ...agreedOnly(deal, currency), belowCost: false };
  return { ...edge, byType: { ...others, [chargeType]: made }, missing };
}

/** Compared with what the edge above costs now. */
function compared(edge: EdgePrices, above: EdgePrices | undefined): EdgePrices {
  const byType = { ...edge.byType };
  for (const [type, price] of Object.entries(byType) as [ChargeType, EdgePrice][]) {
    const { belowCost: _, costExchange, ...own } = price;
    byType[type] = withCost(own, costOf(price, above?.byType[type]), costExchange);
  }
  return { ...edge, byType };
}

function costOf({ currency, costExchange }: EdgePrice, cost: EdgePrice | undefined): readonly Tier[] | undefined {
  if (cost === undefined || cost.currency === currency) return cost?.tiers;
  return costExchange?.from === cost.currency ? convertTiers(cost.tiers, costExchange) : undefined;
}

function repeated(field: string): Reason {
  const message = 'There is a deal for the same seller, charge type and time before. Put all tiers into one.';
  return { code: 'pricing.deal_repeated', field, message };
}

function noSeller(field: string): Reason {
  const message = 'This account does not sell this. Name one that does, or none for your own.';
  return { code: 'pricing.deal_not_a_seller', field: `${field}.seller_id`, message };
}

function notCharged({ chargeType }: Deal, field: string): Reason {
  const message = `Nothing of the type ${chargeType} is charged for this product.`;
  return { code: 'pricing.deal_not_charged', field: `${field}.charge_type`, message };
}
