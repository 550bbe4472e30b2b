import { isTierlineError, type SubscriptionId, type Temporal } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { Command, Outcome } from '../../modules/lifecycle/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import { invalidParameter } from './errors.ts';
import { requestFields } from './request.ts';
import { empty, type Answer, type Call } from './route.ts';
import { causeOf, ownerOf, subscriptionOf, type SubscriptionDependencies } from './subscription-call.ts';
import { inWords } from './subscription-errors.ts';
import { endOnOf } from './subscription-wire.ts';

/** What is to happen to a subscription as it is at this moment; undefined: nothing. */
export type Decide = (
  subscription: Subscription,
  owner: AccountNode,
) => Command | undefined | Promise<Command | undefined>;

/** Of two at one moment the second is decided again, with what the first has made of it. */
const triesMax = 3;

/**
 * Decides with the subscription as it is now and carries it out, if it still is so. Answers it as it is afterwards.
 * @param id of a subscription that the caller may see
 */
export async function carryOut(
  dependencies: Pick<SubscriptionDependencies, 'lifecycle' | 'directory' | 'clock'>,
  call: Call,
  id: SubscriptionId,
  decide: Decide,
): Promise<Subscription> {
  const { lifecycle } = dependencies;
  const within = call.principal.accountId;
  for (let tries = 1; ; tries += 1) {
    const cause = causeOf(dependencies, call);
    try {
      const { subscription } = await lifecycle.current(cause, within, id);
      const command = await decide(subscription, await ownerOf(dependencies, subscription));
      if (command === undefined) return subscription;
      const by = { surface: 'lmpi', expectedVersion: subscription.version };
      return first(await lifecycle.place(cause, within, id, { command, moment: { at: 'now' } }, by));
    } catch (error) {
      const isOvertaken = isTierlineError(error) && overtaken.has(error.code);
      if (!isOvertaken || tries >= triesMax) throw inWords(error);
    }
  }
}

const overtaken: ReadonlySet<string> = new Set(['subscriptions.version_mismatch', 'lifecycle.changed_meanwhile']);

function first({ subscriptions }: Outcome): Subscription {
  return subscriptions[0]!;
}

/** Subscription :: Disable (LMPI reference, part 1, 7.6): at once and for good. What has ended stays as it is. */
export async function disableSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<Answer> {
  const { id } = await subscriptionOf(dependencies, call);
  await carryOut(dependencies, call, id, ({ status }) =>
    status === 'terminated' || status === 'removed'
      ? undefined
      : { kind: 'together', commands: [{ kind: 'cancel', reason: null }] },
  );
  return empty;
}

/** Subscription :: Suspend (LMPI reference, part 1, 7.7): only what renews by itself; its licenses expire now or on a date. */
export async function suspendSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<Answer> {
  const { id } = await subscriptionOf(dependencies, call);
  const expiration = expirationIn(call);
  await carryOut(dependencies, call, id, ({ startOn, endOn }, owner) => {
    if (expiration === undefined) return { kind: 'suspend', endOn: null };
    const wanted = endOnOf(expiration, owner);
    if (wanted <= startOn || wanted > endOn) {
      throw invalidParameter(
        'license_expiration_date',
        'The field license_expiration_date must be between the start of the license and its expiration.',
      );
    }
    const today = endOnOf(causeOf(dependencies, call).at, owner);
    // A day that has passed is as good as now: what was used was used.
    return { kind: 'suspend', endOn: wanted < today ? null : wanted };
  });
  return empty;
}

/** Subscription :: Unsuspend (LMPI reference, part 1, 7.8): with the expiration from before, or another within the grace period. */
export async function unsuspendSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<Answer> {
  const { id } = await subscriptionOf(dependencies, call);
  const expiration = expirationIn(call);
  await carryOut(dependencies, call, id, (_, owner) => ({
    kind: 'resume',
    endOn: expiration === undefined ? null : endOnOf(expiration, owner),
  }));
  return empty;
}

function expirationIn({ body }: Call): Temporal.Instant | undefined {
  return requestFields(body).optionalInstant('license_expiration_date');
}
