import type { Database } from '../../platform/db/index.ts';
import type { OrderingCustomer } from '../customers/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import { anchorsOf, cotermEnds, type SubscriptionsService } from '../subscriptions/index.ts';
import { ordinary, type SaleTerms } from './opening.ts';
import type { OrderDetail } from './order.ts';
import type { ResolvedLine } from './place.ts';
import type { SalesRequest, SaleWanted } from './request.ts';
import { selectTrials } from './store.ts';

/** Reads what is special about a sale: the end that it is aligned to, and the trials that the customer has had. */
export function saleTerms(db: Database, subscriptions: SubscriptionsService) {
  /** Where an aligned first term ends on each edge, and what else is special. */
  async function termsOf(
    customer: OrderingCustomer,
    lines: readonly ResolvedLine[],
    linePrices: readonly RatePrices[],
    wanted: SaleWanted,
  ): Promise<SaleTerms> {
    const { align, notForResale = false, migration = null, autoRenewal, startOn } = wanted;
    const others = {
      notForResale,
      migration,
      ...(autoRenewal === undefined ? {} : { autoRenewal }),
      ...(startOn === undefined ? {} : { startOn }),
    };
    if (align === undefined) return { endsOn: null, ...others };
    const [other] =
      align.kind === 'calendar_month'
        ? []
        : await subscriptions.page(
            { scope: { ownerId: customer.ownerId }, ids: [align.subscriptionId], customerId: customer.id },
            { limit: 1 },
            true,
          );
    const target = align.kind === 'calendar_month' ? align : { kind: align.kind, other };
    const plans = new Map(lines.map(({ named }) => [named.plan.planId, named.plan]));
    const ends = [...plans.values()].map((plan) =>
      cotermEnds(
        plan,
        target,
        linePrices[0]!.map(({ date }) => date),
      ),
    );
    return { endsOn: ends[0] ?? null, anchorsOn: other && anchorsOf(other), ...others };
  }

  /** Plans of the lines of which the customer has had a trial. Asked only where that counts. */
  async function trialsOf(customer: OrderingCustomer, lines: readonly ResolvedLine[]): Promise<ReadonlySet<string>> {
    const trials = lines.filter(({ named: { plan } }) => isOnce(plan)).map(({ named }) => named.plan.planId);
    return trials.length === 0 ? none : selectTrials(db, customer.ownerId, customer.id, trials);
  }

  return {
    trialsOf,
    termsOf: (
      customer: OrderingCustomer,
      lines: readonly ResolvedLine[],
      linePrices: readonly RatePrices[],
      { sale }: SalesRequest,
    ): Promise<SaleTerms> =>
      sale === undefined ? Promise.resolve(ordinary) : termsOf(customer, lines, linePrices, sale),
  };
}

const none: ReadonlySet<string> = new Set();

function isOnce({ licenseVersion, policies }: ResolvedLine['named']['plan']): boolean {
  return licenseVersion === 'trial' && policies.trial.onePerCustomer;
}

/** Trials that the order uses up. */
export function trialPlans({ subscriptions }: OrderDetail, lines: readonly ResolvedLine[]): string[] {
  return subscriptions
    .map(({ planId }) => planId)
    .filter((planId) => lines.some(({ named: { plan } }) => plan.planId === planId && isOnce(plan)));
}
