import { compareDecimal, TierlineError, zero, type PlanId, type SubscriptionId } from '@tierline/kernel';
import { keyReused, type Database, type Idempotency } from '../../platform/db/index.ts';
import type { OrderingCustomer } from '../customers/index.ts';
import { withFields, type Fields, type Item, type Subscription } from '../subscriptions/index.ts';
import { asFirstAnswered } from './first-answer.ts';
import type { OrderDetail } from './order.ts';
import { statusOfSale } from './place.ts';
import { selectByKey, selectCreated, selectHeld, type OrderFilter } from './store.ts';

/** Tells what was placed under a key before. */
export function earlierPlacements(db: Database, detail: (filter: OrderFilter) => Promise<OrderDetail | undefined>) {
  const repeats = new WeakSet<OrderDetail>();

  /** The order that was placed under a key, as it was answered then: it had just been placed. */
  async function placedBefore(idempotency: Idempotency): Promise<OrderDetail | undefined> {
    const known = await selectByKey(db, idempotency.ownerId, idempotency.scope, idempotency.key);
    if (known === undefined) return undefined;
    if (!known.requestHash.equals(idempotency.requestHash)) throw keyReused();
    const order = await detail({ scope: { ownerId: known.ownerId }, id: known.orderId });
    // A surface may have moved what is held under this key instead: that is not answered as a sale.
    if (order === undefined || (order.type !== 'sales' && order.type !== 'migration')) return undefined;
    const ids = order.subscriptions.map(({ id }) => id);
    const before = asPlaced(order, await selectCreated(db, known.ownerId, ids));
    repeats.add(before);
    return before;
  }

  return {
    placedBefore,
    /** Whether an order that was answered was placed by an earlier request with the same key. */
    isRepeat: (order: OrderDetail) => repeats.has(order),
  };
}

/** Refuses an order that was left out because its customer holds what it must not overlap with. */
export async function refuseOverlap(
  db: Database,
  { ownerId, id }: OrderingCustomer,
  planIds: readonly PlanId[],
): Promise<void> {
  const held = await selectHeld(db, ownerId, id, planIds);
  if (held.length === 0) return;
  const message = 'The customer holds a subscription that this order overlaps with. Switch that one to the plan.';
  const details = { subscription_ids: held };
  throw new TierlineError('orders.overlaps', 'conflict', message, { field: 'lines', details });
}

/** The order as it was when it had just been placed: what a retry is told, whatever has happened to it since. */
function asPlaced(order: OrderDetail, created: ReadonlyMap<SubscriptionId, Partial<Fields>>): OrderDetail {
  const subscriptions = order.subscriptions.map((subscription): Subscription => {
    if (subscription.version === 1) return subscription;
    const fields = created.get(subscription.id) ?? { status: 'pending' };
    const then = withFields(subscription, fields);
    const isSame = (item: Item, index: number): boolean =>
      compareDecimal(item.quantity, subscription.items[index]?.quantity ?? zero) === 0;
    const items =
      then.items.length === subscription.items.length && then.items.every(isSame) ? subscription.items : then.items;
    return { ...then, items, version: 1, updatedAt: subscription.createdAt };
  });
  if (order.version === 1) return { ...order, subscriptions };
  // Where nothing but a sign-in was waited for, no vendor was asked.
  const first = statusOfSale(subscriptions);
  return { ...asFirstAnswered(order, first === 'submitted' ? first : 'processing'), subscriptions };
}
