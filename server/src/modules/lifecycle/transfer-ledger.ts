import {
  addItem,
  freeOf,
  laterDate,
  lockPrices,
  type Charge,
  type EdgeLedger,
  type LockedPrices,
  type Upcoming,
} from '../billing/index.ts';
import type { AccountNode } from '../accounts/index.ts';
import { isSpecial } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { datesOn } from './context.ts';
import { heldOf } from './draft.ts';
import type { TransferContext } from './transfer.ts';

/** How many edges, from the root down, two chains have in common: the same seller sells to the same buyer. */
export function sharedEdges({ ledger }: Pick<Subscription, 'ledger'>, { chain }: AccountNode): number {
  const differing = ledger.findIndex(
    ({ sellerId, buyerId }, index) => chain[index]?.id !== sellerId || chain[index + 1]?.id !== buyerId,
  );
  return differing === -1 ? ledger.length : differing;
}

/** An edge whose ledger goes on at the new owner: here nothing is owed on it any more, and nothing arises. */
export function handedOver(edge: EdgeLedger, on: string): EdgeLedger {
  const end = clamp(on, edge.window);
  return { ...edge, endOn: end, window: { ...edge.window, end }, items: [], upcoming: null };
}

/**
 * What the subscription owes at the new owner. Edges that both chains have go on as they are. On the others a seller that sold it
 * before keeps its own calendar; the rest of the running window is charged for at the prices of the day. Setup was paid when the
 * units came, so it is not charged again.
 */
export function movedLedger(
  { from, to, customer, prices }: Pick<TransferContext, 'from' | 'to' | 'customer' | 'prices'>,
  subscription: Subscription,
): { readonly ledger: EdgeLedger[]; readonly charges: Charge[] } {
  const { plan } = from.current;
  const held = heldOf(subscription, from.current);
  const dates = datesOn(to, from.at);
  const shared = sharedEdges(subscription, to);
  const charges: Charge[] = [];
  const ledger = to.chain.map((seller, index): EdgeLedger => {
    if (index < shared) return subscription.ledger[index]!;
    const buyerId = to.chain[index + 1]?.id ?? customer.id;
    const on = dates[index]!;
    let edge: EdgeLedger = { ...openedLike(templateOf(subscription, to, index), on), sellerId: seller.id, buyerId };
    for (const [place, one] of held.entries()) {
      const locked = lockPrices(prices[place]?.[index]?.byType ?? {});
      const own = subscription.notForResale ? freeOf(locked) : locked;
      const booked = addItem(plan, edge, one, withoutSetup(own), on);
      edge = {
        ...booked.edge,
        items: booked.edge.items.map((item) => (item.rateId === one.rateId ? { ...item, prices: own } : item)),
      };
      charges.push(...booked.lines);
    }
    return edge;
  });
  return { ledger, charges };
}

/** The edge whose dates count: that of the same seller; of the owner that gives it, for the edge to the customer and for new sellers. */
function templateOf({ ledger }: Subscription, to: AccountNode, index: number): EdgeLedger {
  const own = ledger.at(-1)!;
  if (index === to.chain.length - 1) return own;
  return ledger.find(({ sellerId }) => sellerId === to.chain[index]!.id) ?? own;
}

/** Charged for from the transfer on: what is given back later, even in full, is given back at most for days that were paid here. */
function openedLike(edge: EdgeLedger, on: string): EdgeLedger {
  const chargeFrom = laterDate(edge.chargeFrom, clamp(on, edge.window));
  return { ...edge, chargeFrom, items: [], upcoming: withoutPrices(edge.upcoming) };
}

/** Terms that were renewed ahead stay; what the old sellers had locked for them does not, so they have the prices of the transfer. */
function withoutPrices(upcoming: Upcoming | null): Upcoming | null {
  return upcoming === null ? null : { ...upcoming, prices: {}, next: withoutPrices(upcoming.next) };
}

function withoutSetup({ setup: _, ...prices }: LockedPrices): LockedPrices {
  return prices;
}

function clamp(on: string, { start, end }: EdgeLedger['window']): string {
  return on < start ? start : on > end ? end : on;
}

/** Whether prices that were set for this subscription alone stand on edges that it leaves. */
export function leavesSpecialPrices({ ledger }: Subscription, shared: number): boolean {
  return ledger
    .slice(shared)
    .some(({ items }) => items.some(({ prices }) => Object.values(prices).some(({ source }) => isSpecial(source))));
}

export function isRenewedAhead({ ledger }: Subscription): boolean {
  return ledger.some(({ upcoming }) => upcoming !== null);
}
