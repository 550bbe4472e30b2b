import { instantText } from '@tierline/kernel';
import { addItem, laterDate, type Booked, type EdgeLedger, type Held } from '../billing/index.ts';
import { firstTerm } from '../orders/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { datesOn, type Context } from './context.ts';
import { draft, heldOf, noteHeld, onEdges, type Decision } from './draft.ts';

/**
 * Somebody of the customer signs in for the first time since the sale: the term of what waited for that begins. Each edge counts from its
 * seller's own date, or from the start that was ordered where that is later, at the prices that it was sold at. A product that its vendor
 * still has to provide goes on to be `pending`.
 */
export function decideActivation(context: Context, subscription: Subscription): Decision {
  const { plan } = context.current;
  const { id } = subscription;
  const decided = draft('billing');
  decided.open(subscription);
  noteHeld(decided, context.current, id, 'requested');
  const dates = datesOn(context.owner, context.at);
  const held = heldOf(subscription, context.current);
  const { ledger, lines } = onEdges(subscription, (edge, index) =>
    begin(context, edge, held, laterDate(dates[index]!, edge.window.start)),
  );
  decided.charge(id, lines);
  const own = ledger.at(-1)!;
  const term = { startOn: own.window.start, endOn: own.endOn, startChargeOn: own.chargeFrom };
  const at = instantText(context.at);
  decided.set(id, {
    ...term,
    status: plan.vendor.provisioning === 'instant' ? 'active' : 'pending',
    waitsFor: null,
    anchorOn: own.anchorOn,
    ledger,
    licenses: subscription.licenses.map((license) => ({ ...license, ...term })),
    // What can be given back is counted from the beginning, not from the order.
    items: subscription.items.map((item) => ({ ...item, batches: [{ quantity: item.quantity, at }] })),
  });
  decided.event('subscription.activated', id, { start_on: term.startOn, end_on: term.endOn });
  return decided.done();
}

/** An edge with a first term from a date on, and what that comes to. */
function begin({ current }: Context, waiting: EdgeLedger, held: readonly Held[], startOn: string): Booked {
  const { plan } = current;
  const { sellerId, buyerId } = waiting;
  const opened: Booked = { edge: firstTerm(plan, { sellerId, buyerId }, startOn), lines: [] };
  return held.reduce((booked, one) => {
    const prices = waiting.items.find(({ rateId }) => rateId === one.rateId)?.prices ?? {};
    const { edge, lines } = addItem(plan, booked.edge, one, prices, startOn);
    return { edge, lines: [...booked.lines, ...lines] };
  }, opened);
}
