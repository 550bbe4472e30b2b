import { subscriptionRoutes, type Subscription as Shown, type SubscriptionDetail } from '@tierline/contract';
import { dateIn, formatDecimal, Temporal, TierlineError, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { afterId, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService, Directory } from '../accounts/index.ts';
import type { SubscriptionsService } from './service.ts';
import type { Subscription } from './subscription.ts';

type Services = {
  readonly subscriptions: SubscriptionsService;
  readonly accounts: AccountsService;
  readonly directory: Pick<Directory, 'get'>;
  /** Puts together what was, from events. */
  readonly history: {
    asOf(within: AccountId, id: SubscriptionId, at: Temporal.Instant): Promise<Subscription>;
  };
  /** Tells what happens next to each by itself. */
  readonly nextDues: (of: readonly Subscription[]) => Promise<ReadonlyMap<SubscriptionId, Next | null>>;
};
type Next = {
  readonly kind: NonNullable<SubscriptionDetail['next_due']>['kind'];
  readonly at: Temporal.Instant;
};

export function bindSubscriptions(
  bind: Bind<Principal>,
  { subscriptions, accounts, directory, history, nextDues }: Services,
): void {
  async function detailed(of: readonly Subscription[]): Promise<SubscriptionDetail[]> {
    const next = await nextDues(of);
    const zones = new Map<AccountId, string>();
    for (const { ownerId } of of) {
      if (!zones.has(ownerId)) zones.set(ownerId, (await directory.get(ownerId)).account.timeZone);
    }
    return of.map((one) => showDetail(one, next.get(one.id) ?? null, zones.get(one.ownerId)!));
  }

  bind(subscriptionRoutes.listSubscriptions, async ({ caller, query }) => {
    const { owner_id: ownerId, customer_id: customerId, order_id: orderId, status, limit } = query;
    if (ownerId !== undefined) await accounts.visible(caller.accountId, ownerId, 'owner_id');
    const scope = ownerId === undefined ? { within: caller.accountId } : { ownerId };
    const filter = { scope, customerId, status, orderIds: orderId === undefined ? undefined : [orderId] };
    const after = afterId<'subscription'>(query);
    const rows = await subscriptions.page(filter, { after, limit: limit + 1 }, true);
    return ok(pageById(await detailed(rows), query, (subscription) => subscription));
  });

  bind(subscriptionRoutes.getSubscription, async ({ caller, params, query, cause }) => {
    if (query.as_of !== undefined) {
      const at = Temporal.Instant.from(query.as_of);
      if (Temporal.Instant.compare(at, cause.at) > 0) throw notYet();
      const then = await history.asOf(caller.accountId, params.subscription_id, at);
      return ok({ ...showSubscription(then), next_due: null });
    }
    const subscription = await subscriptions.get(caller.accountId, { id: params.subscription_id });
    const [shown] = await detailed([subscription]);
    return ok(shown!, subscription.version);
  });
}

function notYet(): TierlineError {
  const message = 'What will be is not known. Give an instant that has passed, or preview what you want to do.';
  return new TierlineError('subscriptions.as_of_future', 'invalid', message, { field: 'as_of' });
}

function showDetail(subscription: Subscription, next: Next | null, timeZone: string): SubscriptionDetail {
  const due = next && { kind: next.kind, on: dateIn(next.at, timeZone).toString(), at: next.at.toString() };
  return { ...showSubscription(subscription), next_due: due };
}

export function showSubscription(subscription: Subscription): Shown {
  return {
    id: subscription.id,
    owner_id: subscription.ownerId,
    number: subscription.serial,
    order_id: subscription.orderId,
    customer_id: subscription.customerId,
    plan_id: subscription.planId,
    plan_version: subscription.planVersion,
    name: subscription.name,
    status: subscription.status,
    pending_reason: subscription.status === 'pending' ? (subscription.waitsFor ?? 'provisioning') : null,
    hold_reason: subscription.holdReason,
    not_for_resale: subscription.notForResale,
    vendor_subscription_id: subscription.vendorSubscriptionId ?? null,
    auto_renewal: subscription.autoRenewal,
    auto_renewal_months: subscription.autoRenewalMonths,
    anchor_on: subscription.anchorOn,
    start_on: subscription.startOn,
    end_on: subscription.endOn,
    start_charge_on: subscription.startChargeOn,
    attributes: subscription.attributes,
    version: subscription.version,
    created_at: subscription.createdAt,
    updated_at: subscription.updatedAt,
    items: subscription.items.map((item) => ({
      rate_id: item.rateId,
      resource_id: item.resourceId,
      mpn: item.mpn,
      vendor: item.vendorCode,
      name: item.name,
      quantity: formatDecimal(item.quantity),
    })),
    licenses: subscription.licenses.map((license) => ({
      id: license.id,
      product_id: license.productId,
      license_version: license.version,
      activation_code: license.activationCode,
      units: formatDecimal(license.units),
      start_on: license.startOn,
      end_on: license.endOn,
      start_charge_on: license.startChargeOn,
      grace_months: license.graceMonths,
      enabled: license.enabled,
    })),
  };
}
