import { unchanging } from '../../platform/unchanging.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Order } from './order.ts';
import { orderListing, selectFirstSubscriptions, selectOrders, type OrderFilter, type Page } from './store.ts';

/** Orders that were listed lately, of which lists tell the subscription. */
const rememberedMax = 100_000;

/** Lists of orders, newest first. */
export function orderLists(db: Database) {
  const listed = orderListing(db);
  return {
    page: (filter: OrderFilter, page: Page): Promise<Order[]> => selectOrders(db, listed, filter, page),
    count: (filter: OrderFilter): Promise<number> => listed.count(filter),
    /** The serial number of the subscription that each order is about; of several, that of the first line. */
    firstSubscriptions: unchanging(
      rememberedMax,
      ({ id }: Order) => id,
      (missing) => selectFirstSubscriptions(db, missing),
    ),
  };
}
