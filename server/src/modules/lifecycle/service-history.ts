import { notFound, Temporal, type AccountId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import type { OrderDetail, OrdersService } from '../orders/index.ts';
import { fold, withFields, type Subscription, type SubscriptionsService } from '../subscriptions/index.ts';
import type { Intent, IntentStatus } from './intent.ts';
import { selectIntents, selectTimeline, setOf, type TimelineEvent } from './store.ts';

type Dependencies = {
  readonly db: Database;
  readonly subscriptions: SubscriptionsService;
  readonly orders: OrdersService;
};

export type Timeline = {
  readonly events: readonly TimelineEvent[];
  /** The orders that these events name. */
  readonly orders: readonly OrderDetail[];
  /** Events with which the charges of their order are told: of several about one order, the first. */
  readonly telling: ReadonlySet<string>;
};

/** What was and what is planned, read only. Callers have authorized the actor; `within` is the account the actor acts for. */
export function lifeHistory({ db, subscriptions, orders }: Dependencies) {
  /** In the order in which they were planned. */
  async function intentsOf(
    within: AccountId,
    id: SubscriptionId,
    wanted: {
      readonly status?: IntentStatus | undefined;
      readonly after?: string | undefined;
      readonly limit?: number;
    } = {},
  ): Promise<Intent[]> {
    const { ownerId } = await subscriptions.get(within, { id });
    const all = await selectIntents(db, [ownerId], [id], true);
    const { status, after, limit = all.length } = wanted;
    return all
      .filter(
        (intent) => (status === undefined || intent.status === status) && (after === undefined || intent.id > after),
      )
      .slice(0, limit);
  }

  async function intentOf(within: AccountId, id: SubscriptionId, intentId: string): Promise<Intent> {
    const found = (await intentsOf(within, id)).find((intent) => intent.id === intentId);
    if (found === undefined) throw notFound('intent');
    return found;
  }

  /** What happened, in order, with the orders that record it; all of it, or a page of events. */
  async function timeline(
    within: AccountId,
    id: SubscriptionId,
    page: { readonly after?: string | undefined; readonly limit?: number } = {},
  ): Promise<Timeline> {
    const subscription = await subscriptions.get(within, { id });
    const { ownerId } = subscription;
    const { after } = page;
    // The last one of the page before tells whether the charges of an order were told there.
    const limit = page.limit === undefined ? undefined : page.limit + (after === undefined ? 0 : 1);
    const read = await selectTimeline(db, ownerId, id, { from: after, limit });
    const telling = read.filter((event, index) => {
      const before = read[index - 1];
      if (event.orderId === null || event.orderId === before?.orderId) return false;
      // Its sale is named again when it was provisioned.
      return event.orderId !== subscription.orderId || before === undefined;
    });
    const events = after === undefined ? read : read.filter((event) => event.id !== after);
    const ids = [...new Set(events.flatMap(({ orderId }) => (orderId === null ? [] : [orderId as OrderId])))];
    const found = await orders.page({ scope: { ownerId }, ids }, { limit: ids.length });
    return { events, orders: await orders.details(found), telling: new Set(telling.map((event) => event.id)) };
  }

  /** A subscription as it was at an instant, folded from its events. */
  async function asOf(within: AccountId, id: SubscriptionId, at: Temporal.Instant): Promise<Subscription> {
    const now = await subscriptions.get(within, { id });
    const events = await selectTimeline(db, now.ownerId, id, { until: at });
    const last = events.at(-1);
    if (last === undefined) throw notFound('subscription');
    // A notice that a switch made overdue has its own moment, which lies before the switch.
    const isLater = (a: string, b: string): boolean =>
      Temporal.Instant.compare(Temporal.Instant.from(a), Temporal.Instant.from(b)) > 0;
    const updatedAt = events.reduce((latest, event) => (isLater(event.at, latest) ? event.at : latest), last.at);
    return { ...withFields(now, fold(events.map(setOf))), updatedAt };
  }

  return { intentsOf, intentOf, timeline, asOf };
}
