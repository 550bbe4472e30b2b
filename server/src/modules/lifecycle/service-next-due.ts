import type { SubscriptionId } from '@tierline/kernel';
import type { Subscription } from '../subscriptions/index.ts';
import { nextOf, type NextDue } from './next-due.ts';
import type { LoadDependencies } from './service-load.ts';
import { selectIntents } from './store.ts';

/** Tells of each subscription what happens next by itself: one read of what is planned, for any number of them. */
export function nextDues({ db, directory, offers }: Pick<LoadDependencies, 'db' | 'directory' | 'offers'>) {
  return async (subscriptions: readonly Subscription[]): Promise<ReadonlyMap<SubscriptionId, NextDue | null>> => {
    const owners = [...new Set(subscriptions.map(({ ownerId }) => ownerId))];
    const intents = await selectIntents(
      db,
      owners,
      subscriptions.map(({ id }) => id),
    );
    const waiting = Map.groupBy(intents, ({ subscriptionId }) => subscriptionId);
    const found = new Map<SubscriptionId, NextDue | null>();
    for (const [ownerId, own] of Map.groupBy(subscriptions, (subscription) => subscription.ownerId)) {
      const owner = directory.peek(ownerId) ?? (await directory.get(ownerId));
      const named = own.map(({ planId, planVersion: version }) => ({ planId, version }));
      const plans = await offers.planVersions(owner, named);
      for (const subscription of own) {
        const { id, planId, planVersion } = subscription;
        const plan = plans.find((one) => one.planId === planId && one.version === planVersion);
        if (plan === undefined) throw new Error(`Plan ${planId} has no version ${planVersion}.`);
        found.set(id, nextOf(subscription, plan, owner.account.timeZone, waiting.get(id) ?? []));
      }
    }
    return found;
  };
}
