import { newId } from '@tierline/kernel';
import type { PlanVersion } from '../catalog/index.ts';
import {
  fieldsOf,
  readLife,
  lifeText,
  withFields,
  type Fields,
  type RenewalFailure,
  type StoredLife,
  type Subscription,
} from '../subscriptions/index.ts';
import type { Context } from './context.ts';
import type { Decision } from './draft.ts';
import type { Intent } from './intent.ts';
import { failedAgain } from './renewal-retry.ts';

/** What a vendor is told happened to a subscription. */
export const workActions = [
  'change',
  'switch',
  'renew',
  'cancel',
  'suspend',
  'resume',
  'expiry',
  'convert',
  'move',
] as const;
export type WorkAction = (typeof workActions)[number];

/** What of an order its vendor is told, and what it takes to undo it: kept with the order until the vendor has answered. */
export type StoredWork = {
  readonly action: WorkAction;
  readonly vendor_id: string;
  readonly before: Fields;
  readonly after: Fields;
  /** What only decisions read of the subscription before. */
  readonly life: StoredLife;
  /** Ids of intents: those that the order planned, those that it dropped, and those that it carried out. */
  readonly intents: Readonly<Record<'planned' | 'dropped' | 'done', readonly string[]>>;
  /** Whether it is the one that was asked about. */
  readonly leads: boolean;
};

/** The work that is left when an order was stored: none for vendors whose products are there at once. */
export type OrderWork = {
  readonly jobId: string;
  /** An order of the subscription that was placed before is still in work, so that this one waits for it. */
  readonly waits: boolean;
  readonly changes: readonly {
    readonly id: Subscription['id'];
    readonly version: number;
    readonly change: StoredWork;
  }[];
};

const actionOfEvent: Readonly<Record<string, WorkAction>> = {
  'subscription.changed': 'change',
  'subscription.plan_switched': 'switch',
  'subscription.renewed': 'renew',
  'subscription.canceled': 'cancel',
  'subscription.suspended': 'suspend',
  'subscription.resumed': 'resume',
  'subscription.expiry_changed': 'expiry',
  'subscription.converted': 'convert',
  'subscription.moved_out': 'move',
  'subscription.moved_in': 'move',
};

/**
 * The work of a decision. Vendors are told of what changes for whoever uses the product; other prices, periods that are billed and
 * partners that change are nothing to them, and a term that ends as it was said to end is no news.
 */
export function workOf(
  context: Context,
  { order, subscriptions, events, intents }: Decision,
  planOf: (after: Subscription) => Pick<PlanVersion, 'vendor'>,
  planned: readonly Pick<Intent, 'id'>[],
): OrderWork | null {
  if (order !== 'change' && order !== 'renewal' && order !== 'cancellation') return null;
  // Of what waits for a sign-in no vendor knows.
  if (subscriptions[0]!.before.waitsFor !== null) return null;
  const vendor = [planOf(subscriptions[0]!.after).vendor, context.current.plan.vendor].find(
    ({ provisioning }) => provisioning !== 'instant',
  );
  if (vendor === undefined) return null;
  const action = events.map(({ type }) => actionOfEvent[type]).find((known) => known !== undefined);
  if (action === undefined) return null;
  const ended = intents.flatMap((change) => (change.kind === 'end' ? [change] : []));
  const of = (status: string): string[] =>
    ended.filter((change) => change.status === status).map(({ intent }) => intent.id);
  return {
    jobId: newId<'job'>(),
    waits: context.inWork !== null,
    changes: subscriptions.map(({ before, after }, index) => ({
      id: after.id,
      version: before.version + 1,
      change: {
        action,
        vendor_id: vendor.id,
        before: fieldsOf(before),
        after: fieldsOf(after),
        life: JSON.parse(lifeText(before)) as StoredLife,
        intents: { planned: planned.map(({ id }) => id), dropped: of('dropped'), done: of('done') },
        leads: index === 0,
      },
    })),
  };
}

/**
 * A subscription as it was before an order that its vendor refused. What was set meanwhile without an order (its renewal, its
 * attributes) stays.
 */
export function undone(now: Subscription, { before, after, life }: StoredWork): Subscription {
  const was = withFields(now, before);
  const restored: Subscription = { ...was, ...readLife(life, was.items) };
  const own = fieldsOf(now);
  return {
    ...restored,
    ...(own.auto_renewal === after.auto_renewal ? {} : { autoRenewal: now.autoRenewal }),
    ...(own.auto_renewal_months === after.auto_renewal_months ? {} : { autoRenewalMonths: now.autoRenewalMonths }),
    ...(JSON.stringify(own.attributes) === JSON.stringify(after.attributes) ? {} : { attributes: now.attributes }),
  };
}

/**
 * After a renewal that came by itself was refused, it is tried again as any that fails; when that is over, it renews no more and
 * expires. Without it the term would end and be renewed again in the same moment, for ever.
 */
export function tryLater(
  { current, at }: Pick<Context, 'current' | 'at'>,
  subscription: Subscription,
  reason: RenewalFailure['reasons'][number],
): Subscription {
  const { plan } = current;
  const { failure, isOver } = failedAgain(subscription.renewalFailure, at, plan.policies.renewal.retryDays, [reason]);
  if (isOver && plan.licenseVersion !== 'trial') return { ...subscription, autoRenewal: false, renewalFailure: null };
  return { ...subscription, renewalFailure: failure };
}
