import type { Intent as Shown, Outcome as ShownOutcome, OutcomePreview, TimelineEntry } from '@tierline/contract';
import { formatDecimal, type SubscriptionId } from '@tierline/kernel';
import type { Principal } from '../access/index.ts';
import type { AccountNode } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import {
  showOrder,
  showOrderCharge,
  showOrderDetail,
  showOrderPreview,
  showSubscriptionPreview,
  visibleCharges,
  type OrderDetail,
} from '../orders/index.ts';
import { showSubscription } from '../subscriptions/index.ts';
import { showDeal, type Deal } from '../pricing/index.ts';
import type { LaterCommand, WantedItem } from './command.ts';
import { sellerIndex } from './context.ts';
import type { Intent } from './intent.ts';
import { plannedItems } from './item-deals.ts';
import type { Outcome } from './outcome.ts';
import type { TimelineEvent } from './store.ts';

/** MPNs by rate. */
export type Labels = ReadonlyMap<string, string>;

/** Who reads of intents: on the edge on which it buys and on those below a caller sees what was agreed on. */
export type IntentView = { readonly labels: Labels; readonly caller: Principal; readonly owner: AccountNode };

/** What people call the products that intents are about. */
export async function labelled(offers: Pick<Offers, 'labels'>, intents: readonly Intent[]): Promise<Labels> {
  const rateIds = new Set(intents.flatMap(({ command }) => plannedItems(command).map(({ rateId }) => rateId)));
  const labels = await offers.labels([...rateIds]);
  return new Map(labels.map(({ rateId, mpn }) => [rateId, mpn]));
}

export function showOutcome(outcome: Outcome, caller: Principal, owner: AccountNode, labels: Labels): ShownOutcome {
  const { order, subscriptions, planned, ended, warnings } = outcome;
  return {
    order: order === null ? null : showOrderDetail(order, caller, owner),
    subscriptions: subscriptions.map(showSubscription),
    planned: planned.map((intent) => showIntent(intent, { labels, caller, owner })),
    ended: ended.map(showEnded),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

/** Nothing of it exists, so nothing new has an id, a number or a version. */
export function showOutcomePreview(
  outcome: Outcome,
  caller: Principal,
  owner: AccountNode,
  labels: Labels,
): OutcomePreview {
  const { order, subscriptions, planned, ended, warnings } = outcome;
  return {
    order: order === null ? null : showOrderPreview(order, caller, owner),
    subscriptions: subscriptions.map(showSubscriptionPreview),
    planned: planned.map((intent) => ({
      subscription_id: intent.subscriptionId,
      ...showIntentPreview(intent, { labels, caller, owner }),
    })),
    ended: ended.map(showEnded),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

function showEnded({ id, status, reason }: Outcome['ended'][number]): ShownOutcome['ended'][number] {
  return { id, status, reason };
}

/** An intent that nobody stored, of a subscription that may not be there either. */
export function showIntentPreview(intent: Intent, view: IntentView) {
  const {
    id: _,
    subscription_id: _s,
    version: _v,
    created_by: _b,
    created_at: _c,
    updated_at: _u,
    ...shown
  } = showIntent(intent, view);
  return shown;
}

export function showIntent(intent: Intent, view: IntentView): Shown {
  const { moment } = intent;
  return {
    id: intent.id,
    subscription_id: intent.subscriptionId,
    moment: { at: moment.at, on: moment.at === 'date' ? moment.on : null },
    command: showCommand(intent.command, view),
    status: intent.status,
    reason: intent.reason,
    order_id: intent.orderId,
    version: intent.version,
    created_by: intent.createdBy,
    created_at: intent.createdAt,
    updated_at: intent.updatedAt,
  };
}

function showCommand(command: LaterCommand, { labels, caller, owner }: IntentView): Shown['command'] {
  const showItem = ({ rateId, quantity, deals = [] }: WantedItem) => {
    const seen = visibleDeals(deals, caller, owner);
    return {
      rate_id: rateId,
      mpn: labels.get(rateId) ?? null,
      quantity: formatDecimal(quantity),
      ...(seen.length === 0 ? {} : { deals: seen.map(showDeal) }),
    };
  };
  switch (command.kind) {
    case 'change':
      return { kind: 'change', items: command.items.map(showItem), cascade: command.cascade };
    case 'switch': {
      const { planId, start, items } = command;
      return { kind: 'switch', plan_id: planId, start, items: items?.map(showItem) ?? null };
    }
    case 'cancel':
      return { kind: 'cancel', reason: command.reason };
    case 'auto_renewal':
      return { kind: 'auto_renewal', auto_renewal: command.on, auto_renewal_months: command.months };
    case 'convert':
      return { kind: 'convert', plan_id: command.planId };
  }
}

function visibleDeals(deals: readonly Deal[], caller: Principal, owner: AccountNode): Deal[] {
  const own = sellerIndex(owner, caller.accountId);
  return deals.filter(({ sellerId }) => own !== -1 && sellerIndex(owner, sellerId) >= own - 1);
}

type Reading = {
  readonly id: SubscriptionId;
  /** Whether the charges of its order are told here. */
  readonly tells: boolean;
  readonly caller: Principal;
  readonly owner: AccountNode;
};

export function showEntry(event: TimelineEvent, order: OrderDetail | undefined, reading: Reading): TimelineEntry {
  const { id, tells, caller, owner } = reading;
  const own = tells ? (order?.charges ?? []).filter(({ subscriptionId }) => subscriptionId === id) : [];
  return {
    id: event.id,
    type: event.type,
    at: event.at,
    actor: event.actor,
    request_id: event.requestId,
    data: event.data,
    order: order === undefined ? null : showOrder(order),
    charges: visibleCharges(own, caller, owner).map(showOrderCharge),
  };
}
