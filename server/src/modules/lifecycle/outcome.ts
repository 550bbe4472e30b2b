import { instantText } from '@tierline/kernel';
import { asFirstAnswered, type OrderDetail } from '../orders/index.ts';
import { withFields, type Subscription } from '../subscriptions/index.ts';
import { plannedBy, statusOf, storedOutcome, totalText, type ChangeWrite, type StoredOutcome } from './change-write.ts';
import { readCommand } from './command-json.ts';
import type { Warning } from './draft.ts';
import type { Intent, IntentStatus } from './intent.ts';

/** What a command came to, or would come to. In a preview nothing has an id. */
export type Outcome = {
  /** The order that records it; null where nothing was ordered (an intent, a switch of renewal). */
  readonly order: OrderDetail | null;
  /** The subscriptions as they are afterwards; the one that was asked about first. */
  readonly subscriptions: readonly Subscription[];
  readonly planned: readonly Intent[];
  readonly ended: readonly EndedIntent[];
  readonly warnings: readonly Warning[];
};

export type EndedIntent = { readonly id: string; readonly status: IntentStatus; readonly reason: string | null };

/** The decision as a caller sees it. */
export function outcomeOf(change: ChangeWrite): Outcome {
  const { decision, cause, orderId } = change;
  const at = instantText(cause.at);
  const after = decision.subscriptions.map((state): Subscription => ({
    ...state.after,
    version: state.before.version + 1,
    updatedAt: at,
  }));
  const { ended } = storedOutcome(change);
  const base = { subscriptions: after, planned: plannedBy(change), ended, warnings: decision.warnings };
  if (orderId === null || decision.order === null) return { order: null, ...base };
  const order: OrderDetail = {
    id: orderId,
    ownerId: after[0]!.ownerId,
    serial: change.orderSerial ?? '0',
    type: decision.order,
    status: statusOf(change),
    statusReason: null,
    customerId: after[0]!.customerId,
    poNumber: change.poNumber,
    surface: change.surface,
    placedBy: cause.actor,
    currency: change.currency,
    total: totalText(change),
    attributes: change.attributes,
    version: 1,
    placedAt: at,
    completedAt: change.work === null && change.plan !== 'placed' ? at : null,
    lines: decision.lines.map((line, position) => ({
      position,
      subscriptionId: line.subscription,
      planId: line.rate.planId,
      planVersion: line.rate.version,
      rateId: line.rate.rateId,
      resourceId: line.rate.resourceId,
      mpn: line.rate.mpn,
      vendorCode: line.rate.vendorCode,
      name: line.rate.name,
      quantity: line.quantity,
      previousQuantity: line.previousQuantity,
      origin: line.origin,
      parameters: null,
    })),
    charges: decision.charges.map((charge, index) => ({ ...charge, id: change.chargeIds[index]! })),
    subscriptions: after,
  };
  return { order, ...base };
}

/** What was answered under a key, told again: things as they were then, whatever has happened to them since. */
export function outcomeAgain(
  stored: StoredOutcome,
  found: readonly Subscription[],
  order: OrderDetail | null,
): Outcome {
  const subscriptions = stored.states.flatMap((state): Subscription[] => {
    const now = found.find(({ id }) => id === state.id);
    return now === undefined
      ? []
      : [{ ...withFields(now, state.fields), version: state.version, updatedAt: stored.at }];
  });
  return {
    order: order === null ? null : { ...asFirstAnswered(order, stored.order_status ?? 'completed'), subscriptions },
    subscriptions,
    planned: stored.planned.map((intent) => ({ ...intent, command: readCommand(intent.command) })),
    ended: stored.ended,
    warnings: stored.warnings,
  };
}
