import {
  dateIn,
  newId,
  notFound,
  TierlineError,
  type AccountId,
  type Clock,
  type OrderId,
  type SubscriptionId,
  type Temporal,
} from '@tierline/kernel';
import { commit, once, realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import type { Job, JobOutcome } from '../../platform/jobs/index.ts';
import { causeOf, type Directory } from '../accounts/index.ts';
import {
  isOvertaken,
  selectIntents,
  storeTogether,
  tryLater,
  undone,
  type ChangeWrite,
  type Decision,
  type IntentChange,
  type LifecycleService,
  type Met,
} from '../lifecycle/index.ts';
import type { OrdersService } from '../orders/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { vendorIdIn } from './provisioning.ts';
import { begunAlready, ended, notItsTurn } from './refusals.ts';
import { saleCancel } from './service-sale-cancel.ts';
import { askAgainSeconds, lookAgainSeconds, type webhookSender } from './service-webhook.ts';
import { bookAdjustments, selectToAdjust, toldAdjustments, type Adjustment } from './store-adjustment.ts';
import {
  beginWork,
  dropWork,
  endWork,
  holdUnbegun,
  selectLater,
  selectWork,
  takeTurn,
  wakeLater,
  type OrderInWork,
} from './store-orders.ts';
import { noteVendorId } from './store.ts';

export type OrderWorkDependencies = {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'get'>;
  readonly lifecycle: Pick<LifecycleService, 'load' | 'write'>;
  readonly orders: Pick<OrdersService, 'get'>;
  readonly post: ReturnType<typeof webhookSender>;
};

/** How an order ends. */
export type Ending = {
  readonly status: 'completed' | 'error' | 'canceled';
  readonly reason: string | null;
  /** What the vendor calls one of its subscriptions, where it said so. */
  readonly named?: { readonly id: SubscriptionId | undefined; readonly vendorSubscriptionId: string | undefined };
};

/** How often it is tried to take back an order whose subscription others change meanwhile. */
const attemptsMax = 8;
/** How soon an order looks again whether those before it are done; whoever ends one of them wakes it. */
const waitSeconds = 60;

/** Orders that changed a subscription of a vendor that takes its time: telling the vendor, and how they end. */
export function orderWork(dependencies: OrderWorkDependencies) {
  const { db, clock, directory, orders, post } = dependencies;
  const undo = takingBack(dependencies);

  /** The job that was committed with the order. It stays until the order has ended. */
  async function run(job: Job): Promise<JobOutcome> {
    const { ownerId } = job;
    const orderId = job.subjectId as OrderId;
    const work = await selectWork(db, ownerId, orderId);
    if (work === undefined) return { done: true };
    // Vendors are told of what happened to a subscription in the order in which it happened.
    if (work.isBlocked) return { later: waitSeconds };
    const cause = causeOf({ actor: 'system', node: await directory.get(ownerId) }, newId<'request'>(), clock);
    if (work.isGone) {
      await close(cause, ownerId, work, { status: 'canceled', reason: 'The subscription could not be provisioned.' });
      return { done: true };
    }
    const { provisioning } = work.vendor;
    if (!(await begin(cause, ownerId, work, provisioning === 'webhook'))) return { done: true };
    if (provisioning === 'manual') return { later: lookAgainSeconds };
    const answer =
      provisioning === 'instant'
        ? ({ is: 'provisioned' } as const)
        : await post(ownerId, work.vendor, work.request, job.id);
    if (answer.is === 'accepted') return { later: askAgainSeconds };
    const failed = answer.is === 'failed';
    await end(cause, ownerId, orderId, {
      status: failed ? 'error' : 'completed',
      reason: failed ? answer.reason : null,
      named: { id: namedIn(work), vendorSubscriptionId: vendorIdIn(answer) },
    });
    return { done: true };
  }

  /** Before the vendor can know of it, it is stored that it may; false: the order was canceled before that. */
  async function begin(cause: Cause, ownerId: AccountId, work: OrderInWork, tells: boolean): Promise<boolean> {
    const waited = work.status === 'submitted';
    if (!waited && (!tells || work.isBegun)) return true;
    const gone = new TierlineError('provisioning.order_gone', 'conflict', 'The order has ended.');
    const { orderId } = work;
    const turn = { run: takeTurn(db, ownerId, orderId), expect: 1, otherwise: gone };
    const begun = { run: beginWork(ownerId, orderId, realTimeOf(cause).toString()), expect: work.rows.length };
    const event = { ownerId, type: 'order.begun', subjectKind: 'order', subjectId: orderId, data: {} };
    try {
      await commit(db, {
        cause,
        subjectId: orderId,
        answer: null,
        writes: [...(waited ? [turn] : []), ...(tells ? [{ ...begun, otherwise: gone }] : [])],
        events: waited ? [event] : [],
      });
      return true;
    } catch (error) {
      if (error !== gone) throw error;
      return false;
    }
  }

  /** Ends an order in work: as it was placed, or taken back. Said again it changes nothing. */
  async function end(cause: Cause, ownerId: AccountId, orderId: OrderId, ending: Ending): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const work = await selectWork(db, ownerId, orderId);
      if (work === undefined) return checkEnded(ownerId, orderId, ending);
      if (work.isBlocked && ending.status !== 'canceled') throw notItsTurn();
      try {
        return await (ending.status === 'completed'
          ? close(cause, ownerId, work, { ...ending, reason: null })
          : undo.takeBack(cause, ownerId, work, ending));
      } catch (error) {
        if (!isOvertaken(error) || attempt === attemptsMax) throw error;
      }
    }
  }

  /** What has ended in another way stays as it ended. */
  async function checkEnded(ownerId: AccountId, orderId: OrderId, { status }: Ending): Promise<void> {
    const order = await orders.get(ownerId, { id: orderId });
    if (order.status !== status) throw ended(order.status);
  }

  /** Nothing of the order is in work any more; whatever waited for it goes on. */
  async function close(cause: Cause, ownerId: AccountId, work: OrderInWork, ending: Ending): Promise<void> {
    const { orderId, jobId, rows } = work;
    const later = await selectLater(db, ownerId, rows);
    const at = cause.at.toString();
    const { status, reason, named: { id, vendorSubscriptionId } = {} } = ending;
    const isNamed = id !== undefined && vendorSubscriptionId !== undefined;
    await commit(db, {
      cause,
      subjectId: orderId,
      answer: null,
      writes: [
        {
          run: endWork(db, ownerId, orderId, { status, reason, at }),
          expect: 1,
          otherwise: ended('ended'),
        },
        ...(isNamed ? [noteVendorId(ownerId, id, vendorSubscriptionId)] : []),
        ...dropWork(ownerId, [orderId], [jobId]),
        wakeLater(
          ownerId,
          later.map((one) => one.jobId),
          realTimeOf(cause).toString(),
        ),
      ],
      events: [
        ...(ending.status === 'completed' ? rows : []).map(({ subscriptionId }) => ({
          ownerId,
          type: 'subscription.change_provisioned',
          subjectKind: 'subscription',
          subjectId: subscriptionId,
          data: { order_id: orderId },
        })),
        { ownerId, type: 'order.ended', subjectKind: 'order', subjectId: orderId, data: { status, reason } },
      ],
    });
  }

  /** Takes an order back that its vendor has not begun with; done by hand, it may be taken back until somebody says that it is done. */
  async function cancel(cause: Cause, within: AccountId, id: OrderId, reason: string | null): Promise<void> {
    return once(db, cause, async () => {
      const { ownerId, status, subscriptions } = await orders.get(within, { id });
      if (status === 'canceled') return;
      if (status !== 'submitted' && status !== 'processing') throw ended(status);
      const ending = { status: 'canceled', reason } as const;
      const work = await selectWork(db, ownerId, id);
      if (work !== undefined) return end(cause, ownerId, id, ending);
      const dates = await undo.datesOf(ownerId, cause.at);
      return saleCancel(db, cause, { ownerId, id, subscriptions, reason, dates });
    });
  }

  return { run, end, cancel, datesOf: undo.datesOf };
}

/** The subscription that a vendor's answer is about: one that the order made, else the one that was asked about. */
function namedIn({ rows }: OrderInWork): SubscriptionId | undefined {
  const made = rows.find(({ change }) => change.before.status === 'removed') ?? rows.find(({ change }) => change.leads);
  return made?.subscriptionId;
}

/** Undoing an order: its charges are given back, and its subscriptions return to what they were. */
function takingBack({ db, directory, lifecycle }: OrderWorkDependencies) {
  /** Each seller's own date of an instant. */
  async function datesOf(ownerId: AccountId, at: Temporal.Instant): Promise<Map<string, string>> {
    const { chain } = await directory.get(ownerId);
    return new Map(chain.map(({ id, timeZone }) => [id, dateIn(at, timeZone).toString()]));
  }

  /**
   * What came due after the order was decided with what the order had made of the subscription. So it is given back too, and as the
   * subscription stands where it stood before, it comes due again and is charged as if the order had never been.
   */
  async function takeBack(cause: Cause, ownerId: AccountId, work: OrderInWork, ending: Ending): Promise<void> {
    const { orderId, rows } = work;
    const mets = await Promise.all(rows.map(({ subscriptionId }) => met(lifecycle, subscriptionId)));
    const ids = rows.map(({ subscriptionId }) => subscriptionId);
    const later = await selectLater(db, ownerId, rows);
    const adjustments = await selectToAdjust(db, ownerId, ids, orderId);
    const change = await restoring(cause, ownerId, work, mets, { ending, adjustments });
    const all = [{ orderId, jobId: work.jobId }, ...later];
    const endings = all.map((one): Ending =>
      one.orderId === orderId
        ? ending
        : { status: 'canceled', reason: `Order ${work.request.order_number} before it was taken back.` },
    );
    const at = cause.at.toString();
    const isSafe = ending.status !== 'canceled' || work.vendor.provisioning === 'manual';
    const unbegun = { run: holdUnbegun(ownerId, orderId), expect: rows.length, otherwise: begunAlready() };
    const givenBack = bookAdjustments(ownerId, adjustments, await datesOf(ownerId, cause.at));
    const { actor, requestId } = cause;
    const common = { subjectId: orderId, answer: null };
    await storeTogether(
      db,
      [change],
      [
        {
          ...common,
          cause: { actor, requestId, at: cause.at },
          writes: [...(isSafe ? [] : [unbegun]), ...givenBack],
          events: [],
        },
        {
          ...common,
          cause,
          writes: [
            ...all.map((one, index) => ({
              run: endWork(db, ownerId, one.orderId, { ...endings[index]!, at }),
              expect: 1,
              otherwise: ended('ended'),
            })),
            ...dropWork(
              ownerId,
              all.map((one) => one.orderId),
              all.map((one) => one.jobId),
            ),
          ],
          events: all.map((one, index) => ({
            ownerId,
            type: 'order.ended',
            subjectKind: 'order',
            subjectId: one.orderId,
            data: endings[index]!,
          })),
        },
      ],
    );
  }

  async function restoring(
    cause: Cause,
    ownerId: AccountId,
    work: OrderInWork,
    mets: readonly Met[],
    { ending, adjustments }: { readonly ending: Ending; readonly adjustments: readonly Adjustment[] },
  ): Promise<ChangeWrite> {
    const { at, actor, requestId } = cause;
    const [lead, ...beside] = mets.map((one, index) => ({
      ...one,
      subscription: undone(one.subscription, work.rows[index]!.change),
    }));
    const intents = await intentsOf(ownerId, work, ending);
    const again = intents.flatMap((one) => (one.kind === 'edit' ? [one.intent] : []));
    const loaded = await lifecycle.load.context(lead!, at, undefined, beside);
    const context = { ...loaded, intents: [...loaded.intents, ...again] };
    const { action } = work.rows[0]!.change;
    const comesAgain = work.surface === 'system' && (action === 'renew' || action === 'convert');
    const restored = comesAgain
      ? [afterwards(context, lead!.subscription, ending), ...beside.map(({ subscription }) => subscription)]
      : [lead!, ...beside].map(({ subscription }) => subscription);
    const decision: Decision = {
      order: null,
      subscriptions: restored.map((after, index) => ({ before: mets[index]!.subscription, after })),
      lines: [],
      charges: [],
      intents,
      events: restored.map(({ id }) => ({
        type: 'subscription.change_taken_back',
        subscriptionId: id,
        data: {
          order_id: work.orderId,
          ...ending,
          adjustments: toldAdjustments(adjustments.filter(({ subscriptionId }) => subscriptionId === id)),
        },
      })),
      warnings: [],
    };
    const by = { surface: 'system', takesBack: true };
    return lifecycle.write({ actor, requestId, at, realAt: realTimeOf(cause) }, context, decision, by, true);
  }

  /** What the order planned goes, what it dropped waits again, and what it carried out has failed. */
  async function intentsOf(ownerId: AccountId, work: OrderInWork, { reason }: Ending): Promise<IntentChange[]> {
    const { planned, dropped, done } = work.rows[0]!.change.intents;
    const ids = [...planned, ...dropped, ...done];
    if (ids.length === 0) return [];
    const found = await selectIntents(db, [ownerId], [work.rows[0]!.subscriptionId], true);
    const why = `Order ${work.request.order_number} was taken back${reason === null ? '' : `: ${reason}`}.`;
    return found.flatMap((intent): IntentChange[] => {
      const { id, moment, command, status } = intent;
      if (planned.includes(id) && status === 'waiting')
        return [{ kind: 'end', intent, status: 'dropped', reason: why }];
      if (dropped.includes(id) && status === 'dropped') return [{ kind: 'edit', intent, moment, command }];
      return done.includes(id) ? [{ kind: 'end', intent, status: 'failed', reason: why }] : [];
    });
  }

  return { takeBack, datesOf };
}

/** A renewal that is not wanted is not made again in the next moment; one that was refused is tried again later. */
function afterwards(
  context: Parameters<typeof tryLater>[0],
  subscription: Subscription,
  { status, reason }: Ending,
): Subscription {
  if (status === 'canceled' && context.current.plan.licenseVersion !== 'trial')
    return { ...subscription, autoRenewal: false, renewalFailure: null };
  const message = reason ?? 'The vendor refused it.';
  return tryLater(context, subscription, { code: 'provisioning.failed', message });
}

async function met({ load }: Pick<LifecycleService, 'load'>, id: Subscription['id']): Promise<Met> {
  const found = await load.meet(id);
  if (found === null) throw notFound('subscription');
  return found;
}
