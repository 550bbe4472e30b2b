import type { Impact as Shown } from '@tierline/contract';
import { formatMoneyFixed, type AccountId, type Money } from '@tierline/kernel';
import { afterId, pageOf } from '../../platform/http/index.ts';
import type { Comparison } from './impact.ts';
import type { AffectedSubscription, ImpactService, ImpactTotals, SupposedChange } from './service-impact.ts';

type Page = { readonly cursor?: string | undefined; readonly limit: number };

/** For the previews of whoever publishes prices, plans and delegations. */
export const impactOf =
  (impact: ImpactService) =>
  async (accountId: AccountId, change: SupposedChange, query: Page): Promise<Shown> => {
    const page = { after: afterId<'subscription'>(query), limit: query.limit };
    const { affected, totals, subscriptions } = await impact.of(accountId, change, page);
    return {
      affected,
      totals: totals && showTotals(totals),
      ...pageOf(subscriptions, query, showAffected, ({ subscription }) => [subscription.id]),
    };
  };

function showAffected({
  subscription,
  pricePolicy,
  asIs,
  changed,
  edges,
}: AffectedSubscription): Shown['data'][number] {
  return {
    subscription_id: subscription.id,
    number: subscription.serial,
    name: subscription.name,
    owner_id: subscription.ownerId,
    customer_id: subscription.customerId,
    plan_id: subscription.planId,
    ends_on: subscription.endOn,
    price_policy: pricePolicy,
    as_is: asIs,
    with_change: changed,
    edges: edges.map((edge) => ({
      seller_id: edge.sellerId,
      buyer_id: edge.buyerId,
      period_start: edge.period.start,
      period_end: edge.period.end,
      ...showSums(edge),
    })),
  };
}

function showTotals({ considered, isSample, changed, outcomes, levels }: ImpactTotals): NonNullable<Shown['totals']> {
  return {
    considered,
    is_sample: isSample,
    changed,
    outcomes: { as_is: outcomes.asIs, with_change: outcomes.changed },
    levels: levels.map(({ level, ...sums }) => ({ level, ...showSums(sums) })),
  };
}

function showSums({ asIs, changed, difference }: Pick<Comparison['edges'][number], 'asIs' | 'changed' | 'difference'>) {
  return { as_is: showMoney(asIs), with_change: showMoney(changed), difference: showMoney(difference) };
}

function showMoney(amount: Money): { amount: string; currency: string } {
  return { amount: formatMoneyFixed(amount), currency: amount.currency };
}
