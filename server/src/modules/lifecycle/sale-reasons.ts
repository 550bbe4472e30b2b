import type { Rate } from '../catalog/index.ts';
import { missingRateMessage, type EdgePrices, type RatePrices } from '../pricing/index.ts';
import type { Context, LoadedPlan } from './context.ts';
import { refuse } from './refusals.ts';

/** Whether one edge has what it takes to sell a rate: above the maker of the plan there is nothing to sell, and so no price. */
export function isPriced(
  { owner }: Pick<Context, 'owner'>,
  { plan }: LoadedPlan,
  rate: Rate | undefined,
  edge: EdgePrices | undefined,
  index: number,
): boolean {
  const maker = owner.chain.findIndex(({ id }) => id === plan.makerId);
  if (plan.pricing !== 'required' || index < maker) return true;
  const byType = edge?.byType ?? {};
  return rate?.chargeTypes.includes('recurring') === true
    ? byType.recurring !== undefined
    : Object.keys(byType).length > 0;
}

/** Prices at which more can be sold within a subscription: no less is asked of them than in a sale. */
export function requirePrices(
  context: Pick<Context, 'owner'>,
  loaded: LoadedPlan,
  rate: Rate,
  prices: RatePrices | undefined,
): RatePrices {
  const lacking = prices?.flatMap(({ missing = {} }) => Object.values(missing))[0];
  if (lacking !== undefined) {
    refuse('pricing.no_exchange_rate', `items.${rate.mpn}`, missingRateMessage(rate.name, lacking));
  }
  if (prices === undefined || !prices.every((edge, index) => isPriced(context, loaded, rate, edge, index))) {
    refuse(
      'lifecycle.unpriced',
      `items.${rate.mpn}`,
      `${rate.name} has no price on every edge down to the customer. Ask for one first.`,
    );
  }
  const isBelow = (edge: EdgePrices): boolean =>
    edge.floor === 'cost' && Object.values(edge.byType).some(({ belowCost }) => belowCost);
  if (prices.some(isBelow)) {
    refuse(
      'lifecycle.below_floor',
      `items.${rate.mpn}`,
      `${rate.name} would be sold below its cost, which a price floor forbids.`,
    );
  }
  return prices;
}

/** Who may not order may not have more either; and of a product that is not sold any more there is no more to have. */
export function requireSale({ customer }: Pick<Context, 'customer'>, { plan }: LoadedPlan): void {
  if (!customer.mayOrder) {
    refuse('lifecycle.customer_may_not_order', 'subscription', `The customer ${customer.why}, so it can't have more.`);
  }
  if (plan.product.status !== 'active') {
    refuse(
      'lifecycle.end_of_sale',
      'subscription',
      `${plan.product.name} is at ${plan.product.status.replaceAll('_', ' ')}, so there is no more of it.`,
    );
  }
}
