import { dateIn, type AccountId, type OrderId, type PlanId, type RateId, type Temporal } from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import { dateText, within } from '../billing/index.ts';
import type { PlanVersion, Rate } from '../catalog/index.ts';
import type { Stocks } from '../pools/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Intent } from './intent.ts';
import type { NewIdentity } from './split.ts';

/** A plan with its rates: the one a subscription is on, or one it may go to. */
export type LoadedPlan = { readonly plan: PlanVersion; readonly rates: ReadonlyMap<RateId, Rate> };

/** Another subscription that a command names, with what waits for it. */
export type Beside = {
  readonly subscription: Subscription;
  readonly loaded: LoadedPlan;
  readonly intents: readonly Intent[];
};

/** Everything that a decision depends on beside the subscription. Loaded before, so that deciding is a pure function. */
export type Context = {
  readonly at: Temporal.Instant;
  readonly owner: AccountNode;
  readonly current: LoadedPlan;
  /** Whether the owner may still sell the plan, and in what state plan and product are. */
  readonly sale: {
    readonly delegated: boolean;
    readonly retired: boolean;
    readonly productStatus: 'active' | 'end_of_sale' | 'end_of_life';
  };
  readonly customer: { readonly mayOrder: boolean; readonly why: string };
  readonly intents: readonly Intent[];
  /** The earliest order of it that its vendor has not answered; null: none. */
  readonly inWork: OrderId | null;
  /** Prices of a rate on each edge for the moment of the decision. */
  readonly pricesNow: (planId: PlanId, rateId: RateId) => RatePrices | undefined;
  /** Prices for the day on which the term ends on each edge. */
  readonly pricesAtEnd: (planId: PlanId, rateId: RateId) => RatePrices | undefined;
  /** Other plans that a command names. */
  readonly plans: ReadonlyMap<PlanId, LoadedPlan>;
  /** Other subscriptions that a command names. */
  readonly others: ReadonlyMap<string, Beside>;
  /** License pools of these plans, as they were when the rest was read; null: nothing that is to be decided takes units. */
  readonly stocks: Stocks | null;
  /** For the subscription that a command makes; missing where it makes none. */
  readonly newIdentity?: NewIdentity;
};

/** The seller's date of an instant on each edge. */
export function datesOn(owner: AccountNode, at: Temporal.Instant): string[] {
  return owner.chain.map(({ timeZone }) => dateText(dateIn(at, timeZone)));
}

/** The owner's date: what a subscription's own dates are compared with. */
export function todayOf({ owner, at }: Pick<Context, 'owner' | 'at'>): string {
  return dateText(dateIn(at, owner.account.timeZone));
}

/** Whether the billing period that was current is over: on a boundary before it is worked off, or while a renewal is tried again. */
function isWindowOver(context: Pick<Context, 'owner' | 'at'>, { ledger }: Pick<Subscription, 'ledger'>): boolean {
  const last = ledger.at(-1);
  return last !== undefined && todayOf(context) >= last.window.end;
}

/** Whether a term is over and the next one has not begun: what is decided now is for the next one, and nothing of the old one binds. */
export function isBetweenTerms(
  context: Pick<Context, 'owner' | 'at'>,
  subscription: Pick<Subscription, 'ledger'>,
): boolean {
  const last = subscription.ledger.at(-1);
  if (last === undefined || !isWindowOver(context, subscription)) return false;
  return last.endOn <= last.window.end || (last.upcoming !== null && last.upcoming.from <= last.window.end);
}

/**
 * The date on which something that is decided now counts on each edge: the seller's, but never outside of the billing period that is
 * current there, so that no day is charged twice or dropped. On a boundary it is the boundary, whatever date that is in the seller's zone.
 */
export function effectiveDates(
  context: Pick<Context, 'owner' | 'at'>,
  subscription: Pick<Subscription, 'ledger'>,
): string[] {
  const dates = datesOn(context.owner, context.at);
  const isOver = isWindowOver(context, subscription);
  return subscription.ledger.map(({ window: { start, end } }, index) =>
    isOver ? end : within(dates[index]!, start, end),
  );
}

/** The other plan that a trial's policy names, where the owner may sell it. */
export function convertedPlan({ current, plans }: Pick<Context, 'current' | 'plans'>): LoadedPlan | undefined {
  const { convertTo } = current.plan.policies.trial;
  return convertTo === null ? undefined : [...plans.values()].find(({ plan }) => plan.number === convertTo);
}

export function sellerIndex(owner: AccountNode, sellerId: AccountId): number {
  return owner.chain.findIndex(({ id }) => id === sellerId);
}
