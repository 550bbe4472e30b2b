import { notFound, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { isHumanNumber, type Database } from '../../platform/db/index.ts';
import { selectSubscriptions, subscriptionListing, type Page, type SubscriptionFilter } from './store.ts';
import type { Subscription } from './subscription.ts';

export type SubscriptionsService = ReturnType<typeof subscriptionsService>;

/** Use cases of subscriptions. Callers have authorized the actor; `within` is the account the actor acts for. */
export function subscriptionsService({ db }: { readonly db: Database }) {
  const listed = subscriptionListing(db);

  async function get(within: AccountId, key: { id: SubscriptionId } | { serial: string }): Promise<Subscription> {
    if ('serial' in key && !isHumanNumber(key.serial)) throw notFound('subscription');
    const named = 'id' in key ? { ids: [key.id] } : { serial: key.serial };
    const [found] = await selectSubscriptions(db, listed, { scope: { within }, ...named }, { limit: 1 }, true);
    if (found === undefined) throw notFound('subscription');
    return found;
  }

  return {
    get,
    page: (filter: SubscriptionFilter, page: Page, whole = false) =>
      selectSubscriptions(db, listed, filter, page, whole),
    count: (filter: SubscriptionFilter) => listed.count(filter),
  };
}
