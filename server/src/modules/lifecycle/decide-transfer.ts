import { formatMoney, instantText, zero } from '@tierline/kernel';
import { totalOn, type OrderCharge, type OrderDetail, type OrderLine } from '../orders/index.ts';
import type { License, Subscription } from '../subscriptions/index.ts';
import { currencyOf } from './change-write.ts';
import type { LaterCommand } from './command.ts';
import { datesOn, todayOf } from './context.ts';
import { draft, heldOf, onEdges, type Decision, type Warning } from './draft.ts';
import { endEdge } from './end-edge.ts';
import { notBackdated } from './decide.ts';
import { plannedItems, withItemDeals } from './item-deals.ts';
import { subscriptionBlockers } from './transfer-blockers.ts';
import { handedOver, isRenewedAhead, leavesSpecialPrices, movedLedger, sharedEdges } from './transfer-ledger.ts';
import type { KeptEdge, MovedIntent, TransferContext, TransferDecision } from './transfer.ts';

/**
 * A subscription goes to another owner: it ends here and the same begins there. On edges that both chains have nothing arises. On the
 * others the old chain gives back what was paid beyond today and the new one charges for the same days at its own prices. Pure.
 */
export function decideTransfer(context: TransferContext, subscription: Subscription): TransferDecision {
  const blockers = subscriptionBlockers(context, subscription);
  const isSame = context.from.owner.account.id === context.to.account.id;
  if (blockers.length > 0 || isSame) return { blockers, moved: null, warnings: [] };
  const shared = sharedEdges(subscription, context.to);
  const order = opened(context, subscription);
  const kept = subscription.ledger.slice(0, shared).map(({ sellerId, buyerId }) => ({ sellerId, buyerId }));
  const intents = context.from.intents.map((intent): MovedIntent => {
    const { from, identity, actor } = context;
    const at = instantText(from.at);
    const id = identity.intentId();
    const owner = {
      ownerId: order.ownerId,
      subscriptionId: identity.id,
      createdBy: actor,
      createdAt: at,
      updatedAt: at,
    };
    return {
      from: intent,
      to: { ...intent, ...owner, id, version: 1, command: withSharedDeals(intent.command, kept) },
    };
  });
  return {
    blockers,
    moved: {
      given: given(context, subscription, shared, intents),
      order,
      intents,
      kept,
    },
    warnings: warningsOf(context, subscription, shared),
  };
}

type Edges = readonly Pick<KeptEdge, 'sellerId'>[];

function isSoldBy(edges: Edges, { sellerId }: Pick<KeptEdge, 'sellerId'>): boolean {
  return edges.some((edge) => edge.sellerId === sellerId);
}

/** What is planned goes on with what was agreed on for edges that go on. */
function withSharedDeals(command: LaterCommand, kept: Edges): LaterCommand {
  return withItemDeals(command, ({ deals = [] }) => deals.filter((deal) => isSoldBy(kept, deal)));
}

/** The end at the old owner. */
function given(
  { from, identity }: TransferContext,
  subscription: Subscription,
  shared: number,
  intents: readonly MovedIntent[],
): Decision {
  const { id, items } = subscription;
  const { plan, rates } = from.current;
  const decided = draft('cancellation');
  decided.open(subscription);
  for (const { rateId, quantity } of items) {
    const rate = rates.get(rateId);
    if (rate === undefined) continue;
    decided.line({ subscription: id, rate, quantity: zero, previousQuantity: quantity, origin: 'requested' });
  }
  const dates = datesOn(from.owner, from.at);
  const held = heldOf(subscription, from.current);
  const { ledger, lines } = onEdges(subscription, (edge, index) => {
    const on = dates[index]!;
    return index < shared ? { edge: handedOver(edge, on), lines: [] } : endEdge(plan, edge, held, on, true);
  });
  decided.charge(id, lines);
  const today = todayOf(from);
  const endOn = (before: string): string => (before < today ? before : today);
  decided.set(id, {
    ledger,
    status: 'terminated',
    holdReason: null,
    suspension: null,
    renewalFailure: null,
    endOn: endOn(subscription.endOn),
    licenses: subscription.licenses.map((license) => ({ ...license, enabled: false, endOn: endOn(license.endOn) })),
  });
  decided.event('subscription.transferred_out', id, { to_subscription_id: identity.id });
  for (const moved of intents) {
    const reason = 'It goes on with the subscription, at another partner.';
    decided.intents.push({ kind: 'end', intent: moved.from, status: 'dropped', reason });
    decided.event('intent.dropped', id, { intent_id: moved.from.id, reason, to_intent_id: moved.to.id });
  }
  return subscription.renewalFailure === null ? decided.done() : notBackdated(from, decided.done());
}

/** The beginning at the new owner: the same items, rights and dates. */
function opened(context: TransferContext, subscription: Subscription): OrderDetail {
  const { from, to, customer, identity, actor, surface } = context;
  const at = instantText(from.at);
  const { ledger, charges: lines } = movedLedger(context, subscription);
  const after: Subscription = {
    ...subscription,
    id: identity.id,
    ownerId: to.account.id,
    serial: identity.serial,
    orderId: identity.orderId,
    customerId: customer.id,
    version: 1,
    createdAt: at,
    updatedAt: at,
    licenses: subscription.licenses.map((license): License => ({ ...license, id: identity.licenseId() })),
    ledger,
    origin: { kind: 'transfer', subscriptionId: subscription.id },
  };
  const charges = lines.map((charge): OrderCharge => ({
    ...charge,
    id: identity.chargeId(),
    position: after.items.findIndex(({ rateId }) => rateId === charge.rateId),
    subscriptionId: after.id,
  }));
  const currency = currencyOf(after, to.account.currency);
  return {
    id: identity.orderId,
    ownerId: to.account.id,
    serial: identity.orderSerial,
    type: 'migration',
    status: 'completed',
    customerId: after.customerId,
    poNumber: null,
    surface,
    placedBy: actor,
    currency,
    total: formatMoney(totalOn(charges, after.customerId, currency)),
    attributes: null,
    version: 1,
    placedAt: at,
    completedAt: at,
    statusReason: null,
    lines: after.items.map((item, position) => lineOf(after, item, position)),
    charges,
    subscriptions: [after],
  };
}

function lineOf(
  { id, planId, planVersion }: Subscription,
  item: Subscription['items'][number],
  position: number,
): OrderLine {
  const { rateId, resourceId, mpn, vendorCode, name, quantity } = item;
  return {
    position,
    subscriptionId: id,
    planId,
    planVersion,
    rateId,
    resourceId,
    mpn,
    vendorCode,
    name,
    quantity,
    previousQuantity: null,
    origin: 'requested',
    parameters: null,
  };
}

function warningsOf({ from, to, offered }: TransferContext, subscription: Subscription, shared: number): Warning[] {
  const { plan } = from.current;
  const warnings: Warning[] = [];
  const warn = (code: string, message: string): void => void warnings.push({ code, message });
  const named = `Subscription ${subscription.serial}`;
  const sellers = subscription.ledger.slice(0, shared);
  const leavesDeals = from.intents.some(({ command }) =>
    plannedItems(command).some(({ deals = [] }) => deals.some((deal) => !isSoldBy(sellers, deal))),
  );
  if (leavesSpecialPrices(subscription, shared) || leavesDeals) {
    warn(
      'lifecycle.transfer_special_prices',
      `${named} has special prices, which stay behind: the new partner's own count from now on.`,
    );
  }
  if (isRenewedAhead(subscription)) {
    warn(
      'lifecycle.transfer_renewed_ahead',
      `${named} was renewed ahead to ${subscription.endOn}; those terms have the new partner's prices of today.`,
    );
  }
  if (plan.vendor.provisioning === 'manual') {
    warn(
      'lifecycle.transfer_vendor_not_told',
      `${plan.vendor.code} provisions ${plan.name} and is not told by this transfer. Tell it who sells it now.`,
    );
  }
  for (const { command } of from.intents) {
    if (command.kind === 'switch' && !offered.has(command.planId)) {
      warn(
        'lifecycle.transfer_planned_switch',
        `${named} is planned to switch to a plan that ${to.account.name} does not sell; it will fail unless that changes.`,
      );
    }
  }
  return warnings;
}
