import { parseId } from '@tierline/kernel';
import { invalidParameter } from './errors.ts';
import type { Call, Route } from './route.ts';
import { customerOf, ownerOf, planOf, subscriptionOf, type SubscriptionDependencies } from './subscription-call.ts';
import { createSubscription } from './subscription-create.ts';
import { disableSubscription, suspendSubscription, unsuspendSubscription } from './subscription-life.ts';
import { listSubscriptions } from './subscription-list.ts';
import { updateSubscription } from './subscription-update.ts';
import { createVisionOne } from './subscription-vision-one.ts';
import { toDetail } from './subscription-wire.ts';

/** The operations on subscriptions (LMPI reference, part 1, 7). */
export function subscriptionRoutes(route: Route, dependencies: SubscriptionDependencies): void {
  const all = '/customers/:customer_id/subscriptions';
  const one = `${all}/:subscription_id`;
  route('GET', '/customers/subscriptions', 'lmpi.subscriptions.list', (call) => listSubscriptions(dependencies, call), [
    'v2.5',
  ]);
  route('POST', all, 'lmpi.subscriptions.create', (call) => createSubscription(dependencies, call));
  route('GET', one, 'lmpi.subscriptions.get', (call) => getSubscription(dependencies, call));
  route('PUT', one, 'lmpi.subscriptions.update', (call) => updateSubscription(dependencies, call));
  route('PUT', `${one}/disable`, 'lmpi.subscriptions.disable', (call) => disableSubscription(dependencies, call));
  route('PUT', `${one}/suspend`, 'lmpi.subscriptions.suspend', (call) => suspendSubscription(dependencies, call));
  route('PUT', `${one}/unsuspend`, 'lmpi.subscriptions.unsuspend', (call) => unsuspendSubscription(dependencies, call));
  route('GET', '/customers/:customer_id/serviceplan/:service_plan_id/getid', 'lmpi.subscriptions.get_id', (call) =>
    getSubscriptionId(dependencies, call),
  );
  route(
    'POST',
    '/customers/:customer_id/trend-vision-one-subscription',
    'lmpi.subscriptions.create_vision_one',
    (call) => createVisionOne(dependencies, call),
    ['v3'],
  );
}

/** Subscription :: Get (LMPI reference, part 1, 7.3). */
async function getSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<string> {
  const subscription = await subscriptionOf(dependencies, call);
  const owner = await ownerOf(dependencies, subscription);
  const plan = await planOf(dependencies, owner, subscription);
  return toDetail({ subscription, plan, owner, origin: call.origin() });
}

/** How far back what has not ended is looked for where nothing is active. */
const lookedAtMax = 100;

/** Subscription :: GetID (LMPI reference, part 1, 7.4): the newest that is active, else the newest that has not ended. */
async function getSubscriptionId(dependencies: SubscriptionDependencies, call: Call): Promise<string> {
  const { subscriptions } = dependencies;
  const customer = await customerOf(dependencies, call);
  const planId = parseId<'plan'>(call.path('service_plan_id'));
  if (planId === undefined) throw noSubscription();
  const filter = { scope: { ownerId: customer.ownerId }, customerId: customer.id, planId };
  const [active] = await subscriptions.page({ ...filter, status: 'active' }, { limit: 1 });
  const others = active === undefined ? await subscriptions.page(filter, { limit: lookedAtMax }) : [];
  const found = active ?? others.find(({ status }) => status !== 'terminated' && status !== 'removed');
  if (found === undefined) throw noSubscription();
  return JSON.stringify({ subscription_id: found.id });
}

const noSubscription = () =>
  invalidParameter('service_plan_id', 'The customer has no subscription of a service plan with this ID.');
