import { newId, zero, type OrderId } from '@tierline/kernel';
import type { Context } from './context.ts';
import { mapItems } from './decide-switch.ts';
import { itemOf, type DecidedLine, type Decision } from './draft.ts';
import type { LaterCommand } from './command.ts';
import { quantityBefore } from './switch-reductions.ts';

type OrderWanted = {
  /** What of the decision is the order's. */
  readonly order: Pick<Decision, 'order' | 'lines'>;
  readonly plan: 'placed' | 'carried_out' | null;
  /** Its id; with no order to be stored, that of what goes on to wait. */
  readonly orderId: OrderId | null;
};

const none: Pick<Decision, 'order' | 'lines'> = { order: null, lines: [] };

/**
 * The order of a decision. What is put off may be an order too: it is placed with the intent and waits, and when the intent is carried out
 * its charges are that order's.
 */
export function orderOf(
  context: Context,
  decision: Decision,
  { ordersPlans = false }: { readonly ordersPlans?: boolean },
  real: boolean,
): OrderWanted {
  const done = decision.intents.filter((change) => change.kind === 'end').find(({ status }) => status === 'done');
  const placed = done?.intent.orderId ?? null;
  const freshId = (): OrderId => (real ? newId<'order'>() : noId) as OrderId;
  if (decision.order !== null && (decision.lines.length > 0 || decision.charges.length > 0)) {
    return { order: decision, plan: placed === null ? null : 'carried_out', orderId: placed ?? freshId() };
  }
  const added = decision.intents.find((change) => change.kind === 'add');
  if (added === undefined) return { order: none, plan: null, orderId: null };
  if (placed !== null || !ordersPlans) return { order: none, plan: null, orderId: placed };
  const lines = plannedLines(context, decision, added.command);
  if (lines.length === 0) return { order: none, plan: null, orderId: null };
  const order = added.command.kind === 'cancel' ? ('cancellation' as const) : ('change' as const);
  return { order: { order, lines }, plan: 'placed', orderId: freshId() };
}

export const noId = '00000000-0000-0000-0000-000000000000';

/** What is held and what is to be, as far as that can be said before the moment comes. */
function plannedLines(context: Context, { subscriptions }: Decision, command: LaterCommand): DecidedLine[] {
  const { after: subscription } = subscriptions[0]!;
  // Switching renewal on or off is no order, and a trial's conversion is one when it comes.
  if (command.kind === 'auto_renewal' || command.kind === 'convert') return [];
  const of = (wanted: readonly Pick<DecidedLine, 'rate' | 'quantity' | 'previousQuantity'>[]) =>
    wanted.map((line): DecidedLine => ({ ...line, subscription: subscription.id, origin: 'requested' }));
  switch (command.kind) {
    case 'cancel':
      return of(
        subscription.items.flatMap(({ rateId, quantity }) => {
          const rate = context.current.rates.get(rateId);
          return rate === undefined ? [] : [{ rate, quantity: zero, previousQuantity: quantity }];
        }),
      );
    case 'change':
      return of(
        command.items.flatMap(({ rateId, quantity }) => {
          const rate = context.current.rates.get(rateId);
          const previousQuantity = itemOf(subscription, rateId)?.quantity ?? null;
          return rate === undefined ? [] : [{ rate, quantity, previousQuantity }];
        }),
      );
    case 'switch': {
      const target = context.plans.get(command.planId);
      if (target === undefined) return [];
      const mapped = mapItems(subscription, target, command.items);
      return of(
        mapped.map((one) => ({ rate: one.rate, quantity: one.quantity, previousQuantity: quantityBefore(one) })),
      );
    }
  }
}
