import type { AccountNode } from '../accounts/index.ts';
import { statusRules, type CustomerStatus } from '../customers/index.ts';
import { missingRateMessage, type EdgePrices } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { currencyOf } from './change-write.ts';
import { waitsWord } from './refusals.ts';
import { sharedEdges } from './transfer-ledger.ts';
import type { Blocker, TransferContext } from './transfer.ts';

/** Subscriptions that one transfer takes, so that it stays one transaction of a bounded size. */
export const transferMax = 200;

type Parties = {
  readonly fromOwnerId: string;
  readonly to: AccountNode;
  /** The customer that gives, where a copy of it is made. */
  readonly copied: { readonly status: CustomerStatus } | null;
  /** The customer that takes, where there is one already. */
  readonly target: { readonly status: CustomerStatus } | null;
  readonly count: number;
};

/** What stands in the way of a transfer as a whole: all of it at once. */
export function partyBlockers({ fromOwnerId, to, copied, target, count }: Parties): Blocker[] {
  const blockers: Blocker[] = [];
  const add = (code: string, field: string, message: string): void => void blockers.push({ code, field, message });
  if (fromOwnerId === to.account.id) {
    add('lifecycle.transfer_same_owner', 'owner_id', `It is with ${to.account.name} already. Name another partner.`);
  }
  const inactive = to.chain.find(({ status }) => status !== 'active');
  if (inactive !== undefined) {
    add(
      'lifecycle.transfer_owner_not_active',
      'owner_id',
      `${inactive.name} is ${inactive.status}, so nothing can be sold there.`,
    );
  }
  if (copied !== null && !statusRules[copied.status].mayOrder) {
    add(
      'lifecycle.transfer_customer_not_active',
      'customer_id',
      `The customer ${statusRules[copied.status].why}, so it can't move.`,
    );
  }
  if (target !== null && !statusRules[target.status].mayOrder) {
    add(
      'lifecycle.transfer_target_not_active',
      'customer_id',
      `The customer at the new partner ${statusRules[target.status].why}, so it can't take anything over.`,
    );
  }
  if (count > transferMax) {
    add(
      'lifecycle.transfer_too_many',
      'customer_id',
      `The customer has more than ${transferMax} subscriptions. Move them one by one, and the customer with the last of them.`,
    );
  }
  return blockers;
}

/** What stands in the way of one subscription: all of it at once. */
export function subscriptionBlockers(context: TransferContext, subscription: Subscription): Blocker[] {
  return [
    ...stateBlockers(subscription, context.openOrders),
    ...(context.from.owner.account.id === context.to.account.id
      ? []
      : [...planBlockers(context), ...priceBlockers(context, subscription)]),
  ];
}

function stateBlockers(
  { serial, status, holdReason, waitsFor }: Subscription,
  openOrders: readonly string[],
): Blocker[] {
  const blockers: Blocker[] = [];
  const add = (code: string, message: string): void => void blockers.push({ code, message });
  const named = `Subscription ${serial}`;
  if (status === 'pending') {
    const why =
      waitsFor === null ? 'is being provisioned. Wait until that has ended' : `${waitsWord}. Wait, or cancel it`;
    add('lifecycle.transfer_pending', `${named} ${why}.`);
  }
  if (status === 'hold') {
    const how = holdReason === 'expired' ? 'Renew it first, or let it end.' : 'Resume it first, or cancel it.';
    add('lifecycle.transfer_on_hold', `${named} is on hold (${holdReason ?? 'unknown'}). ${how}`);
  }
  if (status === 'terminated' || status === 'removed') {
    add('lifecycle.transfer_ended', `${named} has ended, so nothing of it can move.`);
  }
  for (const number of openOrders) {
    add(
      'lifecycle.transfer_order_processing',
      `Order ${number} of subscription ${serial} is not done yet. Wait until it is.`,
    );
  }
  return blockers;
}

function planBlockers({ from, to, offered }: TransferContext): Blocker[] {
  const { plan } = from.current;
  if (offered.has(plan.planId)) return [];
  if (plan.planStatus === 'retired') {
    const message = `${plan.name} is not sold any more, so it can't be taken over. Switch to another plan first.`;
    return [{ code: 'lifecycle.transfer_plan_retired', message }];
  }
  const message = `${plan.name} is not delegated to ${to.account.name}, or not down the whole way.`;
  return [{ code: 'lifecycle.transfer_plan_not_delegated', message }];
}

/** Only edges that the transfer opens need a price of today; what is kept has the prices of its term. */
function priceBlockers({ from, to, prices, offered }: TransferContext, subscription: Subscription): Blocker[] {
  const { plan, rates } = from.current;
  // Without the plan there are no prices either, and saying so would only hide the reason.
  if (!offered.has(plan.planId)) return [];
  const blockers: Blocker[] = [];
  const add = (code: string, message: string): void => void blockers.push({ code, message });
  const shared = sharedEdges(subscription, to);
  const maker = to.chain.findIndex(({ id }) => id === plan.makerId);
  const isFree = subscription.notForResale;
  const currencies = new Set<string>();
  for (const [place, { rateId, name }] of subscription.items.entries()) {
    const isRecurring = rates.get(rateId)?.chargeTypes.includes('recurring') ?? false;
    for (const [index, edge] of (prices[place] ?? []).entries()) {
      if (index < shared) continue;
      const seller = to.chain[index]!.name;
      const [lacking] = isFree ? [] : Object.values(edge.missing ?? {});
      if (lacking !== undefined) {
        add('pricing.no_exchange_rate', `${seller}: ${missingRateMessage(name, lacking)}`);
        continue;
      }
      if (plan.pricing === 'required' && index >= maker && !isFree && !isPriced(edge, isRecurring)) {
        add('lifecycle.transfer_unpriced', `${seller} has no price for ${name}. Set one in a price list.`);
      }
      if (edge.floor === 'cost' && !isFree && Object.values(edge.byType).some(({ belowCost }) => belowCost)) {
        add(
          'lifecycle.transfer_below_floor',
          `${seller} would sell ${name} below its cost, which the price floor forbids.`,
        );
      }
    }
    for (const { currency } of Object.values(prices[place]?.at(-1)?.byType ?? {})) currencies.add(currency);
  }
  const own = currencyOf(subscription, from.owner.account.currency);
  const other = [...currencies].filter((currency) => currency !== own);
  if (other.length > 0) {
    const message = `The customer pays in ${own}, and ${to.account.name} sells it in ${other.join(' and ')}.`;
    add('lifecycle.transfer_other_currency', message);
  }
  return blockers;
}

function isPriced({ byType }: EdgePrices, isRecurring: boolean): boolean {
  return isRecurring ? byType.recurring !== undefined : Object.keys(byType).length > 0;
}
