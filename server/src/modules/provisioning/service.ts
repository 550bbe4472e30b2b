import {
  dateIn,
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  type AccountId,
  type Clock,
  type OrderId,
  type SubscriptionId,
  type Temporal,
} from '@tierline/kernel';
import { commit, type Cause, type Database } from '../../platform/db/index.ts';
import type { Job, JobOutcome } from '../../platform/jobs/index.ts';
import { post as postTo } from '../../platform/outbound/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import { causeOf, type Directory } from '../accounts/index.ts';
import { webhookSecretContext } from '../catalog/index.ts';
import type { Subscription, SubscriptionsService } from '../subscriptions/index.ts';
import { readAnswer, signWebhook } from './provisioning.ts';
import { bookAdjustments, dropDue, selectToAdjust } from './store-adjustment.ts';
import { selectPending, settleOrder, settleSubscription, type Pending } from './store.ts';

export type ProvisioningService = ReturnType<typeof provisioningService>;

type Dependencies = {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'get'>;
  readonly subscriptions: SubscriptionsService;
  readonly webhookTimeoutMs: number;
  readonly sandboxPrivateWebhooks: boolean;
};

/** How often it is tried to settle a subscription that others change meanwhile. */
const attemptsMax = 8;
/** How long an accepted request may stay unacknowledged until its vendor is asked again. */
const askAgainSeconds = 900;
/** How soon it is noticed that an operator settled a subscription and was cut off before its order ended. */
const lookAgainSeconds = 900;

/** Makes subscriptions real: by the vendor's webhook, or by an operator's word. Instant ones never come here. */
export function provisioningService({
  db,
  secrets,
  clock,
  directory,
  subscriptions,
  webhookTimeoutMs,
  sandboxPrivateWebhooks,
}: Dependencies) {
  /** Says that a pending subscription is real now (`active`), or can't be made so (`removed`). Saying it again changes nothing. */
  async function acknowledge(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    outcome: 'active' | 'removed',
    reason: string | null,
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const subscription = await subscriptions.get(within, { id });
      // Said again, perhaps because the first time was cut off before the order ended.
      if (subscription.status === outcome) return endOrder(cause, subscription.ownerId, subscription.orderId);
      if (subscription.status !== 'pending') {
        throw new TierlineError(
          'provisioning.not_pending',
          'conflict',
          `The subscription is ${subscription.status}; only a pending one is waiting for this.`,
        );
      }
      try {
        return await settle(cause, subscription, outcome, reason);
      } catch (error) {
        // It was billed, or settled by somebody else, since it was read.
        if (!isTierlineError(error) || error.code !== 'provisioning.not_pending' || attempt === attemptsMax)
          throw error;
      }
    }
  }

  async function settle(
    cause: Cause,
    { id, ownerId, orderId, version }: Pick<Subscription, 'id' | 'ownerId' | 'orderId' | 'version'>,
    outcome: 'active' | 'removed',
    reason: string | null,
  ): Promise<void> {
    const adjustments = outcome === 'removed' ? await selectToAdjust(db, ownerId, id) : [];
    const told = adjustments.map(({ chargeId, adjusts }) => ({ charge_id: chargeId, adjusts }));
    await commit(db, {
      cause,
      subjectId: id,
      answer: null,
      writes: [
        {
          run: settleSubscription(db, ownerId, id, version, outcome, cause.at.toString()),
          expect: 1,
          otherwise: new TierlineError(
            'provisioning.not_pending',
            'conflict',
            'The subscription is not pending any more.',
          ),
        },
        ...(outcome === 'active' ? [] : [dropDue(ownerId, id)]),
        ...bookAdjustments(ownerId, adjustments, await datesOf(ownerId, cause.at)),
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
            ...(outcome === 'active' ? {} : { adjustments: told }),
            set: { status: outcome },
          },
        },
      ],
    });
    await endOrder(cause, ownerId, orderId);
  }

  /** Each seller's own date of an instant. */
  async function datesOf(ownerId: AccountId, at: Temporal.Instant): Promise<Map<string, string>> {
    const { chain } = await directory.get(ownerId);
    return new Map(chain.map(({ id, timeZone }) => [id, dateIn(at, timeZone).toString()]));
  }

  /** In a statement of its own, so that of two subscriptions settled at the same moment the later one sees the other. */
  async function endOrder(cause: Cause, ownerId: AccountId, orderId: OrderId): Promise<void> {
    const work = settleOrder(db, ownerId, orderId, cause.at.toString());
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
      await endOrder(cause, job.ownerId, pending.request.order_id);
      return { done: true };
    }
    if (pending.provisioning === 'manual') return { later: lookAgainSeconds };
    const answer = pending.provisioning === 'instant' ? 'provisioned' : await post(job.ownerId, pending, job.id);
    if (answer === 'accepted') return { later: askAgainSeconds };
    await acknowledge(cause, job.ownerId, id, 'active', null);
    return { done: true };
  }

  /** Posts the signed request. The delivery id stays the same when it is tried again, so a vendor can tell a repeat. */
  async function post(ownerId: AccountId, pending: Pending, deliveryId: string): Promise<'provisioned' | 'accepted'> {
    if (pending.webhookUrl === null)
      throw new TierlineError('provisioning.no_webhook', 'bug', 'The vendor has no webhook.');
    const body = JSON.stringify(pending.request);
    const headers: Record<string, string> = { 'content-type': 'application/json', 'tierline-delivery': deliveryId };
    if (pending.webhookSecretEncrypted !== null) {
      const secret = secrets.decrypt(pending.webhookSecretEncrypted, webhookSecretContext(pending.vendorId));
      headers['tierline-signature'] = signWebhook(secret, body, Math.floor(clock.now().epochMilliseconds / 1000));
    }
    // Whoever has a sandbox is a provider in it, without being the operator of this server.
    const { account } = await directory.get(ownerId);
    const publicOnly = account.sandboxId !== null && !sandboxPrivateWebhooks;
    const sent = { url: pending.webhookUrl, headers, body, timeoutMs: webhookTimeoutMs, publicOnly };
    const response = await postTo(sent);
    const answer = readAnswer(response.status, parsed(response.text));
    if (answer === 'refused') {
      throw new TierlineError(
        'provisioning.refused',
        'unavailable',
        `The vendor's webhook answered ${response.status}.`,
      );
    }
    return answer;
  }

  return { acknowledge, run };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
