import {
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  type AccountId,
  type Clock,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { commit, once, type Cause, type Database } from '../../platform/db/index.ts';
import type { Job, JobOutcome } from '../../platform/jobs/index.ts';
import { causeOf, type Directory } from '../accounts/index.ts';
import type { LifecycleService } from '../lifecycle/index.ts';
import { freeTrials, type OrdersService } from '../orders/index.ts';
import { giveBackPending } from '../pools/index.ts';
import { recordPending, type Subscription, type SubscriptionsService } from '../subscriptions/index.ts';
import { orderWork, type OrderWorkDependencies } from './service-orders.ts';
import { vendorIdIn } from './provisioning.ts';
import { askAgainSeconds, lookAgainSeconds, webhookSender, type WebhookDependencies } from './service-webhook.ts';
import { beginDue, bookAdjustments, dropDue, selectToAdjust, toldAdjustments } from './store-adjustment.ts';
import { selectQueue } from './store-orders.ts';
import { selectPending, settleOrder, settleSubscription } from './store.ts';

export type ProvisioningService = ReturnType<typeof provisioningService>;

type Dependencies = WebhookDependencies &
  Pick<OrderWorkDependencies, 'lifecycle'> & {
    readonly lifecycle: Pick<LifecycleService, 'current'>;
    readonly db: Database;
    readonly clock: Clock;
    readonly directory: Pick<Directory, 'get'>;
    readonly subscriptions: SubscriptionsService;
    readonly orders: Pick<OrdersService, 'get'>;
  };

/** How often it is tried to settle a subscription that others change meanwhile. */
const attemptsMax = 8;

/** Makes subscriptions real: by the vendor's webhook, or by an operator's word. Instant ones never come here. */
export function provisioningService(dependencies: Dependencies) {
  const { db, clock, directory, subscriptions, orders, lifecycle } = dependencies;
  const post = webhookSender(dependencies);
  const later = orderWork({ ...dependencies, post });

  /**
   * Says how the sale of a subscription, or the order that is named, ended. Saying it again changes nothing.
   */
  async function acknowledge(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    outcome: 'active' | 'removed',
    reason: string | null,
    orderId?: OrderId,
    vendorSubscriptionId?: string,
  ): Promise<void> {
    const subscription = await subscriptions.get(within, { id });
    // What a move made has no sale: the order that made it changed another subscription, too.
    const isSplit = subscription.origin?.kind === 'split';
    if (orderId !== undefined && (isSplit || orderId !== subscription.orderId))
      return acknowledgeChange(cause, subscription, orderId, { outcome, reason, vendorSubscriptionId });
    const isSale = orderId !== undefined || subscription.status === 'pending';
    const [next] = isSale ? [] : await selectQueue(db, subscription.ownerId, id);
    // Said of a sale once more it would be taken for the change.
    if (next !== undefined) throw orderNeeded(next);
    return acknowledgeSale(cause, within, id, { outcome, reason, vendorSubscriptionId });
  }

  async function acknowledgeChange(
    cause: Cause,
    { id, ownerId }: Subscription,
    orderId: OrderId,
    { outcome, reason, vendorSubscriptionId }: Told,
  ): Promise<void> {
    const order = await orders.get(ownerId, { id: orderId });
    if (!order.lines.some(({ subscriptionId }) => subscriptionId === id)) throw notFound('order', 'order_id');
    const status = outcome === 'active' ? 'completed' : 'error';
    return once(db, cause, () =>
      later.end(cause, ownerId, orderId, { status, reason, named: { id, vendorSubscriptionId } }),
    );
  }

  /** A pending subscription is real now (`active`), or can't be made so (`removed`). */
  async function acknowledgeSale(cause: Cause, within: AccountId, id: SubscriptionId, told: Told): Promise<void> {
    const { outcome, reason } = told;
    for (let attempt = 1; ; attempt += 1) {
      const subscription = await subscriptions.get(within, { id });
      // Said again, perhaps because the first time was cut off before the order ended.
      if (subscription.status === outcome) return endOrder(cause, subscription.ownerId, subscription.orderId, reason);
      if (subscription.status !== 'pending') {
        throw notWaiting(`The subscription is ${subscription.status}; only a pending one is waiting for this.`);
      }
      if (subscription.waitsFor !== null) {
        throw notWaiting('The subscription begins with the first sign-in of its customer; its vendor is asked then.');
      }
      try {
        await settle(cause, subscription, told);
        if (outcome === 'active') await caughtUp(cause, subscription.ownerId, id);
        return;
      } catch (error) {
        // It was billed, or settled by somebody else, since it was read.
        if (!isTierlineError(error) || error.code !== 'provisioning.not_pending' || attempt === attemptsMax)
          throw error;
      }
    }
  }

  async function settle(
    cause: Cause,
    { id, ownerId, orderId, planId, version }: Pick<Subscription, 'id' | 'ownerId' | 'orderId' | 'planId' | 'version'>,
    { outcome, reason, vendorSubscriptionId }: Told,
  ): Promise<void> {
    const adjustments = outcome === 'removed' ? await selectToAdjust(db, ownerId, [id]) : [];
    const adjusted = toldAdjustments(adjustments);
    const { sandboxId } = (await directory.get(ownerId)).account;
    await commit(db, {
      cause,
      subjectId: id,
      answer: null,
      writes: [
        {
          run: settleSubscription(db, ownerId, id, version, {
            status: outcome,
            at: cause.at.toString(),
            vendorSubscriptionId,
          }),
          expect: 1,
          otherwise: new TierlineError(
            'provisioning.not_pending',
            'conflict',
            'The subscription is not pending any more.',
          ),
        },
        ...(outcome === 'active'
          ? [beginDue(ownerId, id, sandboxId, cause.at.toString())]
          : [
              recordPending(ownerId, [id], cause.at.toString()),
              dropDue(ownerId, [id]),
              freeTrials(ownerId, orderId, planId),
              giveBackPending(ownerId, [id], cause.at.toString()),
            ]),
        ...bookAdjustments(ownerId, adjustments, await later.datesOf(ownerId, cause.at)),
      ],
      events: [
        {
          ownerId,
          type: outcome === 'active' ? 'subscription.provisioned' : 'subscription.provisioning_failed',
          subjectKind: 'subscription',
          subjectId: id,
          data: {
            order_id: orderId,
            reason,
            ...(outcome === 'active' ? {} : { adjustments: adjusted }),
            set: { status: outcome },
          },
        },
      ],
    });
    await endOrder(cause, ownerId, orderId, reason);
  }

  /** What can't be worked off now stays due, and whoever works off what is due tells of it; that it is real is stored. */
  async function caughtUp({ actor, requestId, at }: Cause, ownerId: AccountId, id: SubscriptionId): Promise<void> {
    await lifecycle.current({ actor, requestId, at }, ownerId, id).catch(() => undefined);
  }

  /** In a statement of its own, so that of two subscriptions settled at the same moment the later one sees the other. */
  async function endOrder(cause: Cause, ownerId: AccountId, orderId: OrderId, reason: string | null): Promise<void> {
    const work = settleOrder(db, ownerId, orderId, cause.at.toString(), reason);
    try {
      await commit(db, {
        cause: { actor: cause.actor, requestId: cause.requestId, at: cause.at },
        subjectId: orderId,
        answer: null,
        writes: [
          {
            run: work,
            expect: 1,
            otherwise: new TierlineError('provisioning.order_not_ended', 'conflict', 'The order still waits.'),
          },
        ],
        events: [{ ownerId, type: 'order.ended', subjectKind: 'order', subjectId: orderId, data: {} }],
      });
    } catch (error) {
      if (!(error instanceof TierlineError) || error.code !== 'provisioning.order_not_ended') throw error;
    }
  }

  /** The job that was committed with the order. It stays until the subscription is settled and its order with it. */
  async function run(job: Job): Promise<JobOutcome> {
    const id = job.subjectId as SubscriptionId;
    const pending = await selectPending(db, job.ownerId, id);
    if (pending === undefined) throw notFound('subscription');
    const cause = causeOf({ actor: 'system', node: await directory.get(job.ownerId) }, newId<'request'>(), clock);
    if (pending.status !== 'pending') {
      await endOrder(cause, job.ownerId, pending.request.order_id, null);
      return { done: true };
    }
    const { provisioning } = pending.vendor;
    if (provisioning === 'manual') return { later: lookAgainSeconds };
    const answer =
      provisioning === 'instant'
        ? ({ is: 'provisioned' } as const)
        : await post(job.ownerId, pending.vendor, pending.request, job.id);
    if (answer.is === 'accepted') return { later: askAgainSeconds };
    const told: Told =
      answer.is === 'failed'
        ? { outcome: 'removed', reason: answer.reason, vendorSubscriptionId: undefined }
        : { outcome: 'active', reason: null, vendorSubscriptionId: vendorIdIn(answer) };
    await acknowledgeSale(cause, job.ownerId, id, told);
    return { done: true };
  }

  /** The job that was committed with a transfer: its vendor is told, and nothing waits for what it answers. */
  async function runTransfer(job: Job): Promise<JobOutcome> {
    const found = await selectPending(db, job.ownerId, job.subjectId as SubscriptionId);
    if (found === undefined || found.vendor.provisioning !== 'webhook') return { done: true };
    const { from_subscription_id: fromId } = job.payload as { readonly from_subscription_id: SubscriptionId };
    const notice = { ...found.request, type: 'subscription.transferred', from_subscription_id: fromId } as const;
    await post(job.ownerId, found.vendor, notice, job.id);
    return { done: true };
  }

  return { acknowledge, run, runOrder: later.run, runTransfer, cancel: later.cancel };
}

/** How a vendor, or an operator, says that provisioning ended. */
type Told = {
  readonly outcome: 'active' | 'removed';
  readonly reason: string | null;
  readonly vendorSubscriptionId: string | undefined;
};

function notWaiting(message: string): TierlineError {
  return new TierlineError('provisioning.not_pending', 'conflict', message);
}

function orderNeeded(orderId: OrderId): TierlineError {
  const message = 'An order that changed the subscription is in work. Name it, so that it is clear what has ended.';
  return new TierlineError('provisioning.order_needed', 'conflict', message, {
    field: 'order_id',
    details: { nearest_valid: { order_id: orderId } },
  });
}
