import { isTierlineError, parseId, type PlanId, type SubscriptionId } from '@tierline/kernel';
import type { AccountNode, Directory } from '../../modules/accounts/index.ts';
import { causeOf as accountCause } from '../../modules/accounts/index.ts';
import type { LmpiVersion } from '../../modules/access/index.ts';
import type { CatalogLists, Offers, PlanVersion, Rate } from '../../modules/catalog/index.ts';
import type { CustomersService, OrderingCustomer } from '../../modules/customers/index.ts';
import type { LifecycleService } from '../../modules/lifecycle/index.ts';
import type { OrdersService } from '../../modules/orders/index.ts';
import type { Subscription, SubscriptionsService } from '../../modules/subscriptions/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { Clock } from '@tierline/kernel';
import { invalidParameter } from './errors.ts';
import { isSpokenIn } from './products.ts';
import type { Call } from './route.ts';

export type SubscriptionDependencies = {
  readonly customers: Pick<CustomersService, 'peekOrdering' | 'getOrdering'>;
  readonly directory: Pick<Directory, 'peek' | 'get'>;
  readonly offers: Pick<Offers, 'offering' | 'planVersions' | 'ratesOf' | 'overlapping'>;
  readonly lists: Pick<CatalogLists, 'dataCenterNames'>;
  readonly orders: Pick<OrdersService, 'place' | 'isRepeat'>;
  readonly lifecycle: Pick<LifecycleService, 'place' | 'current' | 'answered'>;
  readonly subscriptions: Pick<SubscriptionsService, 'get' | 'page' | 'count'>;
  readonly clock: Clock;
};

export function causeOf({ clock }: Pick<SubscriptionDependencies, 'clock'>, { principal, requestId }: Call): Cause {
  return accountCause(principal, requestId, clock);
}

/** The customer of the path, in mind or read. Somebody else's is refused in the words for one that does not exist. */
export function customerOf(
  { customers }: Pick<SubscriptionDependencies, 'customers'>,
  call: Call,
): OrderingCustomer | Promise<OrderingCustomer> {
  const id = parseId<'customer'>(call.path('customer_id'));
  if (id === undefined) throw unknownCustomer();
  const { accountId } = call.principal;
  return (
    customers.peekOrdering(accountId, { id }) ??
    customers.getOrdering(accountId, { id }, 'customer_id').catch((error: unknown) => {
      throw isNotFound(error) ? unknownCustomer() : error;
    })
  );
}

const unknownCustomer = () =>
  invalidParameter('customer_id', 'The field customer_id must be the ID of a customer of yours.');

export const unknownSubscription = () =>
  invalidParameter('subscription_id', 'The field subscription_id must be the ID of a subscription of the customer.');

/** The ids of a subscription's path. A customer that the caller does not have is told before anything of the subscription. */
export async function subscriptionOf(
  dependencies: Pick<SubscriptionDependencies, 'customers' | 'subscriptions'>,
  call: Call,
): Promise<Subscription> {
  const customerId = parseId<'customer'>(call.path('customer_id'));
  const id = parseId<'subscription'>(call.path('subscription_id'));
  const found = customerId && id && (await read(dependencies, call, id));
  if (found === undefined || found.customerId !== customerId) {
    await customerOf(dependencies, call);
    throw unknownSubscription();
  }
  return found;
}

async function read(
  { subscriptions }: Pick<SubscriptionDependencies, 'subscriptions'>,
  { principal }: Call,
  id: SubscriptionId,
): Promise<Subscription | undefined> {
  try {
    return await subscriptions.get(principal.accountId, { id });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function isNotFound(error: unknown): boolean {
  return isTierlineError(error) && error.kind === 'not_found';
}

export function ownerOf(
  { directory }: Pick<SubscriptionDependencies, 'directory'>,
  { ownerId }: Pick<Subscription | OrderingCustomer, 'ownerId'>,
): AccountNode | Promise<AccountNode> {
  return directory.peek(ownerId) ?? directory.get(ownerId);
}

/** A plan that a customer's seller may sell, with the product in it that the units are counted of. */
export type Sellable = { readonly plan: PlanVersion; readonly base: Rate };

export async function sellable(
  dependencies: Pick<SubscriptionDependencies, 'offers'>,
  owner: AccountNode,
  version: LmpiVersion,
  planId: PlanId,
): Promise<Sellable> {
  const { offers } = dependencies;
  const offer = (await offers.offering(owner)).byPlan.get(planId);
  const [plan] = offer === undefined ? [] : await offers.planVersions(owner, [offer]);
  if (plan === undefined) {
    throw invalidParameter('service_plan_id', 'The field service_plan_id must be the ID of a service plan of yours.');
  }
  if (!isSpokenIn(version, plan.product.family)) {
    throw invalidParameter('service_plan_id', 'A Trend Vision One service plan needs version 3 of this operation.');
  }
  const base = await baseOf(dependencies, plan);
  if (base === undefined) {
    throw invalidParameter('service_plan_id', 'The service plan has nothing yet that could be provisioned.');
  }
  return { plan, base };
}

/** What of a plan is a license of its own: the first that depends on nothing. */
export async function baseOf(
  { offers }: Pick<SubscriptionDependencies, 'offers'>,
  plan: PlanVersion,
): Promise<Rate | undefined> {
  for (const rate of (await offers.ratesOf(plan)).values()) if (rate.dependsOn.length === 0) return rate;
  return undefined;
}

/** The plan version that a subscription is on. */
export async function planOf(
  { offers }: Pick<SubscriptionDependencies, 'offers'>,
  owner: AccountNode,
  { planId, planVersion }: Pick<Subscription, 'planId' | 'planVersion'>,
): Promise<PlanVersion> {
  const [plan] = await offers.planVersions(owner, [{ planId, version: planVersion }]);
  if (plan === undefined) throw new Error(`Plan ${planId} has no version ${planVersion}.`);
  return plan;
}
