import {
  newId,
  notFound,
  TierlineError,
  type AccountId,
  type Clock,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { commit, type Cause, type Database } from '../../platform/db/index.ts';
import type { Job, JobOutcome } from '../../platform/jobs/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import { webhookSecretContext } from '../catalog/index.ts';
import type { SubscriptionsService } from '../subscriptions/index.ts';
import { readAnswer, signWebhook } from './provisioning.ts';
import { selectPending, settleOrder, settleSubscription, type Pending } from './store.ts';

export type ProvisioningService = ReturnType<typeof provisioningService>;

type Dependencies = {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly subscriptions: SubscriptionsService;
  readonly webhookTimeoutMs: number;
};

/** How long an accepted request may stay unacknowledged until its vendor is asked again. */
const askAgainSeconds = 900;
/** How soon it is noticed that an operator settled a subscription and was cut off before its order ended. */
const lookAgainSeconds = 900;

/** Makes subscriptions real: by the vendor's webhook, or by an operator's word. Instant ones never come here. */
export function provisioningService({ db, secrets, clock, subscriptions, webhookTimeoutMs }: Dependencies) {
  /** Says that a pending subscription is real now (`active`), or can't be made so (`removed`). Saying it again changes nothing. */
  async function acknowledge(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    outcome: 'active' | 'removed',
    reason: string | null,
  ): Promise<void> {
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
    await settle(cause, subscription.ownerId, subscription.orderId, id, outcome, reason);
  }

  async function settle(
    cause: Cause,
    ownerId: AccountId,
    orderId: OrderId,
    id: SubscriptionId,
    outcome: 'active' | 'removed',
    reason: string | null,
  ): Promise<void> {
    const at = cause.at.toString();
    await commit(db, {
      cause,
      subjectId: id,
      answer: null,
      writes: [
        {
          run: settleSubscription(db, ownerId, id, outcome, at),
          expect: 1,
          otherwise: new TierlineError(
            'provisioning.not_pending',
            'conflict',
            'The subscription is not pending any more.',
          ),
        },
      ],
      events: [
        {
          ownerId,
          type: outcome === 'active' ? 'subscription.provisioned' : 'subscription.provisioning_failed',
          subjectKind: 'subscription',
          subjectId: id,
          data: { order_id: orderId, reason },
        },
      ],
    });
    await endOrder(cause, ownerId, orderId);
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
    const cause: Cause = { actor: 'system', requestId: newId<'request'>(), at: clock.now() };
    if (pending.status !== 'pending') {
      await endOrder(cause, job.ownerId, pending.request.order_id);
      return { done: true };
    }
    if (pending.provisioning === 'manual') return { later: lookAgainSeconds };
    const answer = pending.provisioning === 'instant' ? 'provisioned' : await post(pending, job.id);
    if (answer === 'accepted') return { later: askAgainSeconds };
    await settle(cause, job.ownerId, pending.request.order_id, id, 'active', null);
    return { done: true };
  }

  /** Posts the signed request. The delivery id stays the same when it is tried again, so a vendor can tell a repeat. */
  async function post(pending: Pending, deliveryId: string): Promise<'provisioned' | 'accepted'> {
    if (pending.webhookUrl === null)
      throw new TierlineError('provisioning.no_webhook', 'bug', 'The vendor has no webhook.');
    const body = JSON.stringify(pending.request);
    const headers: Record<string, string> = { 'content-type': 'application/json', 'tierline-delivery': deliveryId };
    if (pending.webhookSecretEncrypted !== null) {
      const secret = secrets.decrypt(pending.webhookSecretEncrypted, webhookSecretContext(pending.vendorId));
      headers['tierline-signature'] = signWebhook(secret, body, Math.floor(clock.now().epochMilliseconds / 1000));
    }
    const response = await fetch(pending.webhookUrl, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(webhookTimeoutMs),
    });
    const text = (await response.text()).slice(0, 10_000);
    const answer = readAnswer(response.status, parsed(text));
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
