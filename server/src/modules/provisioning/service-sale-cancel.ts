import { versionMismatch, type AccountId, type OrderId } from '@tierline/kernel';
import type { Cause, Database } from '../../platform/db/index.ts';
import { storeTogether } from '../lifecycle/index.ts';
import { freeTrials } from '../orders/index.ts';
import { giveBackPending } from '../pools/index.ts';
import { recordPending, type Subscription } from '../subscriptions/index.ts';
import { begunAlready } from './refusals.ts';
import { bookAdjustments, dropDue, selectToAdjust, toldAdjustments } from './store-adjustment.ts';
import { endWork } from './store-orders.ts';
import { dropSaleJobs, removePending } from './store.ts';

type Sale = {
  readonly ownerId: AccountId;
  readonly id: OrderId;
  readonly subscriptions: readonly Subscription[];
  readonly reason: string | null;
  /** The date at which each seller books what is given back. */
  readonly dates: ReadonlyMap<string, string>;
};

/** Takes back a sale of which nothing is made real, and nobody was asked to: as one that failed, but for its status. */
export async function saleCancel(
  db: Database,
  cause: Cause,
  { ownerId, id, subscriptions, reason, dates }: Sale,
): Promise<void> {
  if (subscriptions.some(({ status }) => status !== 'pending')) throw begunAlready();
  const ids = subscriptions.map((subscription) => subscription.id);
  // Nobody is asked for what waits for a sign-in.
  const asked = subscriptions.filter(({ waitsFor }) => waitsFor === null);
  const adjustments = await selectToAdjust(db, ownerId, ids);
  const { actor, requestId, at } = cause;
  const common = { subjectId: id, answer: null };
  await storeTogether(
    db,
    [],
    [
      {
        ...common,
        cause: { actor, requestId, at },
        writes: [
          { run: dropSaleJobs(ownerId, ids), expect: asked.length, otherwise: begunAlready() },
          {
            run: removePending(ownerId, subscriptions, at.toString()),
            expect: ids.length,
            // Billed or settled since it was read.
            otherwise: versionMismatch('subscription'),
          },
          recordPending(ownerId, ids, at.toString()),
          dropDue(ownerId, ids),
          freeTrials(ownerId, id),
          giveBackPending(ownerId, ids, at.toString()),
          ...bookAdjustments(ownerId, adjustments, dates),
        ],
        events: ids.map((subscriptionId) => ({
          ownerId,
          type: 'subscription.provisioning_canceled',
          subjectKind: 'subscription',
          subjectId: subscriptionId,
          data: {
            order_id: id,
            reason,
            adjustments: toldAdjustments(adjustments.filter((one) => one.subscriptionId === subscriptionId)),
            set: { status: 'removed' },
          },
        })),
      },
      {
        ...common,
        cause,
        writes: [
          {
            run: endWork(db, ownerId, id, { status: 'canceled', reason, at: at.toString() }),
            expect: 1,
            otherwise: begunAlready(),
          },
        ],
        events: [
          { ownerId, type: 'order.ended', subjectKind: 'order', subjectId: id, data: { status: 'canceled', reason } },
        ],
      },
    ],
  );
}
