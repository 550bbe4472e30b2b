import {
  addDecimal,
  compareDecimal,
  decimal,
  multiplyDecimal,
  one,
  zero,
  type Decimal,
  type PlanId,
  type RateId,
} from '@tierline/kernel';
import { lockPrices, type EdgeLedger, type LockedPrice, type LockedPrices } from '../billing/index.ts';
import {
  exactProduct,
  missingRateMessage,
  priceDecimalsMax,
  renewedAlone,
  renewedPrice,
  roundTo,
  withoutAgreement,
  type RatePrices,
} from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { WantedItem } from './command.ts';
import type { Context } from './context.ts';
import { dealtTerm } from './item-deals.ts';
import { refuse } from './refusals.ts';
import { isPriced } from './sale-reasons.ts';

/** The prices of the next term on every edge, with what is agreed for it about what is held. */
export function termPrices(
  context: Context,
  subscription: Subscription,
  source: PriceSource,
  items: readonly WantedItem[],
): Record<RateId, LockedPrices>[] {
  const byEdge = subscription.ledger.map((_, index) => nextPrices(context, subscription, index, source));
  const { plan, rates } = context.current;
  for (const [place, { rateId, deals = [] }] of items.entries()) {
    const rate = rates.get(rateId);
    if (rate === undefined || deals.length === 0 || subscription.notForResale) continue;
    const held = { rate, byEdge: byEdge.map((prices) => prices[rateId] ?? {}), found: source(plan.planId, rateId) };
    const dealt = dealtTerm(context, subscription, held, deals, `items.${place}.deals`);
    for (const [index, prices] of dealt.entries()) byEdge[index]![rateId] = prices;
  }
  return byEdge;
}

type PriceSource = (planId: PlanId, rateId: RateId) => RatePrices | undefined;

/** The prices of the next term on one edge, by the policy: those of the day, those it has, or a rise that is held back. */
function nextPrices(
  context: Context,
  subscription: Subscription,
  index: number,
  source: PriceSource,
): Record<RateId, LockedPrices> {
  const { plan, rates } = context.current;
  const { price, guardPercent } = plan.policies.renewal;
  const next: Record<RateId, LockedPrices> = {};
  for (const { rateId, mpn, name } of subscription.items) {
    const had = lastPrices(subscription.ledger[index]!, rateId);
    if (price === 'locked' || subscription.notForResale) {
      next[rateId] = withAgreements(had, had);
      continue;
    }
    const edge = source(plan.planId, rateId)?.[index];
    const rate = rates.get(rateId);
    const [lacking] = Object.values(edge?.missing ?? {});
    const field = `items.${mpn}`;
    if (lacking !== undefined && !isAgreed(had))
      refuse('pricing.no_exchange_rate', field, missingRateMessage(name, lacking));
    if (!isPriced(context, context.current, rate, edge, index) && !isAgreed(had))
      refuse('lifecycle.unpriced', field, `${name} has no price for its next term. Ask your seller for one.`);
    const today = lockPrices(edge?.byType ?? {});
    next[rateId] = withAgreements(had, price === 'guarded' ? guarded(had, today, guardPercent) : today);
  }
  return next;
}

/** The prices of the last term that there is: of several that were renewed ahead, the last one's. */
function lastPrices({ items, upcoming }: EdgeLedger, rateId: RateId): LockedPrices {
  let prices = items.find((item) => item.rateId === rateId)?.prices ?? {};
  for (let term = upcoming; term !== null; term = term.next) prices = term.prices[rateId] ?? prices;
  return prices;
}

/** Whether a special price that goes on stands where the lists may have none. */
function isAgreed({ recurring }: LockedPrices): boolean {
  return recurring !== undefined && renewedAlone(recurring) !== undefined;
}

/** The prices that the next term would have, with what was agreed for it. */
function withAgreements(had: LockedPrices, next: LockedPrices): LockedPrices {
  const changed = Object.entries(had).flatMap(([type, before]) => {
    const price = next[type as keyof LockedPrices];
    const plain = price && withoutAgreement(price);
    const agreed = plain === undefined ? renewedAlone(before) : renewedPrice(before, plain);
    return agreed === undefined || agreed === price ? [] : [[type, agreed] as const];
  });
  return changed.length === 0 ? next : { ...next, ...Object.fromEntries(changed) };
}

function guarded(had: LockedPrices, today: LockedPrices, percent: string): LockedPrices {
  return Object.fromEntries(
    Object.entries(today).map(([type, price]) => {
      const before = had[type as keyof LockedPrices];
      return [
        type,
        before === undefined || before.currency !== price.currency
          ? price
          : capped(withoutAgreement(before), price, percent),
      ];
    }),
  );
}

/** Each tier at most so many percent above what the same quantity cost before, also where only one of the two has a tier. */
function capped(before: LockedPrice, today: LockedPrice, percent: string): LockedPrice {
  const factor = addDecimal(one, multiplyDecimal(decimal(percent), decimal('0.01')));
  const limits = [...today.tiers, ...before.tiers].map(({ lowerLimit }) => lowerLimit).toSorted(compareDecimal);
  const distinct = limits.filter((limit, index) => index === 0 || compareDecimal(limit, limits[index - 1]!) !== 0);
  const tiers = distinct.map((lowerLimit) => {
    const amount = priceAt(today, lowerLimit);
    // A guard's own product is no price that was agreed on, so it may be rounded: year by year it would have more digits.
    const most = roundTo(exactProduct(priceAt(before, lowerLimit), factor), priceDecimalsMax);
    return { lowerLimit, amount: compareDecimal(amount, most) > 0 ? most : amount };
  });
  const isHeldBack = tiers.some(({ lowerLimit, amount }) => compareDecimal(amount, priceAt(today, lowerLimit)) !== 0);
  return isHeldBack ? { ...today, tiers } : today;
}

function priceAt({ tiers }: LockedPrice, quantity: Decimal): Decimal {
  return (tiers.findLast(({ lowerLimit }) => compareDecimal(lowerLimit, quantity) <= 0) ?? tiers[0])?.amount ?? zero;
}
