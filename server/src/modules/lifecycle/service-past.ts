import { notFound, TierlineError } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { orderNumber, type OrderDetail, type OrdersService } from '../orders/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Intent } from './intent.ts';
import { selectIntents } from './store.ts';
import type { Met } from './store-load.ts';

/** What was asked for before and stands in the way of a command, or is what the command is about. */
export function pastAsked({ db, orders }: { readonly db: Database; readonly orders: OrdersService }) {
  /** While its vendor has not answered an order, nothing else is changed: whoever asks is told which order that is. */
  async function refuseInWork({ subscription, inWork }: Met): Promise<void> {
    const isWithVendor = subscription.status === 'pending' && subscription.waitsFor === null;
    const id = inWork ?? (isWithVendor ? subscription.orderId : null);
    if (id === null) return;
    const [order] = await orders.page({ scope: { ownerId: subscription.ownerId }, id }, { limit: 1 });
    if (order === undefined) return;
    const number = orderNumber(order.type, order.serial);
    const message = `Order ${number} of the subscription is ${order.status}, and nothing else can be changed until it has ended.`;
    const details = { order_id: id, order_number: number, order_status: order.status };
    throw new TierlineError('lifecycle.order_in_work', 'conflict', message, { details });
  }

  /** What was planned with an order: the youngest intent of it, since policy may have put off one as another. */
  async function planOf({
    id,
    ownerId,
    lines,
  }: Pick<OrderDetail, 'id' | 'ownerId' | 'lines'>): Promise<Intent | undefined> {
    const subscriptionIds = [...new Set(lines.map(({ subscriptionId }) => subscriptionId))];
    return (await selectIntents(db, [ownerId], subscriptionIds, true)).findLast(({ orderId }) => orderId === id);
  }

  async function intentOver({ ownerId, id }: Subscription, intentId: string): Promise<TierlineError> {
    const all = await selectIntents(db, [ownerId], [id], true);
    const past = all.find((one) => one.id === intentId);
    if (past === undefined) return notFound('intent');
    const message = `It is ${past.status} already and can't be changed. Ask for the change itself instead.`;
    return new TierlineError('lifecycle.intent_over', 'conflict', message, { details: { status: past.status } });
  }

  return { refuseInWork, planOf, intentOver };
}
