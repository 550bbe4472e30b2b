import type { Subscription } from '../subscriptions/index.ts';
import type { DetailsCommand } from './command.ts';
import { draft, type Decision, type Draft } from './draft.ts';
import { refuse, requireActive } from './refusals.ts';

/** How it renews, and members that callers choose themselves. What is null stays as it is. */
export function decideDetails(subscription: Subscription, command: DetailsCommand): Decision {
  const decided = draft(null);
  decided.open(subscription);
  setDetails(decided, subscription, command);
  return decided.done();
}

export function setDetails(
  decided: Draft,
  subscription: Subscription,
  { autoRenewal, autoRenewalMonths, attributes }: Omit<DetailsCommand, 'kind'>,
): void {
  const { id, status } = subscription;
  if (status === 'removed')
    refuse(
      'lifecycle.already_ended',
      'subscription',
      'The subscription was removed. Order it anew where it is still wanted.',
    );
  const isRenewal = autoRenewal !== null || autoRenewalMonths !== null;
  // A suspension has switched renewal off, and its end restores it.
  if (isRenewal && status !== 'pending') requireActive(subscription);
  decided.set(id, {
    autoRenewal: autoRenewal ?? subscription.autoRenewal,
    autoRenewalMonths: autoRenewalMonths ?? subscription.autoRenewalMonths,
    attributes: attributes ?? subscription.attributes,
  });
  decided.event(isRenewal ? 'subscription.auto_renewal_set' : 'subscription.attributes_set', id);
}
