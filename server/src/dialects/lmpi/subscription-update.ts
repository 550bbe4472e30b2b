import { compareDecimal, type Decimal, type PlanId, type RateId } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import type { Command } from '../../modules/lifecycle/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import { invalidParameter } from './errors.ts';
import { requestFields } from './request.ts';
import type { Call } from './route.ts';
import { ownerOf, planOf, sellable, subscriptionOf, type SubscriptionDependencies } from './subscription-call.ts';
import { unitsBounds } from './subscription-create.ts';
import { carryOut } from './subscription-life.ts';
import { endOnOf, toDetail } from './subscription-wire.ts';

type Together = Extract<Command, { kind: 'together' }>;
type Part = Together['commands'][number];

/** What a request wants; undefined is not mentioned. */
type Wanted = {
  readonly units: Decimal | undefined;
  readonly expiration: ReturnType<ReturnType<typeof requestFields>['optionalInstant']>;
  readonly planId: PlanId | undefined;
};

/**
 * Subscription :: Update (LMPI reference, part 1, 7.5): units, expiration and plan, whichever the request has, all of them or none. What
 * is as it is asked for already is left alone, so that what was read can be sent back.
 */
export async function updateSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<string> {
  const { id } = await subscriptionOf(dependencies, call);
  const fields = requestFields(call.body);
  const units = fields.optionalInteger('units_per_license', unitsBounds);
  const wanted: Wanted = {
    units: units === undefined ? undefined : { coefficient: BigInt(units), scale: 0 },
    expiration: fields.optionalInstant('license_expiration_date'),
    planId: fields.optionalGuid<'plan'>('service_plan_id'),
  };
  const subscription = await carryOut(dependencies, call, id, async (current, owner) => {
    const plan = await planOf(dependencies, owner, current);
    checkUpdatable(current, plan);
    const commands = [
      ...(await planAndUnits(dependencies, call, owner, current, plan, wanted)),
      ...expiry(owner, current, plan, wanted),
    ];
    return commands.length === 0 ? undefined : { kind: 'together', commands };
  });
  const owner = await ownerOf(dependencies, subscription);
  const plan = await planOf(dependencies, owner, subscription);
  return toDetail({ subscription, plan, owner, origin: call.origin() });
}

/** Only full licenses, not while suspended (part 1, 7.5 and 7.8), and nothing at its end of life (part 1, 9). */
function checkUpdatable({ status, licenses }: Subscription, { licenseVersion, product }: PlanVersion): void {
  const refuse = (message: string): never => {
    throw invalidParameter('subscription_id', message);
  };
  if (licenseVersion === 'trial' || licenses.some(({ version }) => version === 'trial')) {
    refuse('A trial subscription cannot be updated.');
  }
  if (status === 'hold') refuse('A suspended or expired subscription cannot be updated.');
  if (status !== 'active') refuse('The subscription is disabled or not provisioned yet, so it cannot be updated.');
  if (product.status === 'end_of_life')
    refuse('The product is at its end of life, so the subscription is left as it is.');
}

/** Another plan with as many units, other units, or both in one: units are those of the new plan then. */
async function planAndUnits(
  dependencies: SubscriptionDependencies,
  { version }: Call,
  owner: AccountNode,
  subscription: Subscription,
  plan: PlanVersion,
  { units, planId }: Wanted,
): Promise<Part[]> {
  if (planId !== undefined && planId !== plan.planId) {
    const { base } = await sellable(dependencies, owner, version, planId);
    const items = units === undefined ? null : [{ rateId: base.rateId, quantity: units }];
    return [{ kind: 'switch', planId, start: 'keep', items }];
  }
  if (units === undefined) return [];
  const rateId = await licensed(dependencies, subscription, plan);
  const held = subscription.items.find((item) => item.rateId === rateId);
  if (held !== undefined && compareDecimal(held.quantity, units) === 0) return [];
  return [{ kind: 'change', items: [{ rateId, quantity: units }], cascade: false }];
}

/** The one thing of a subscription that is a license of its own. */
async function licensed(
  { offers }: SubscriptionDependencies,
  { items }: Subscription,
  plan: PlanVersion,
): Promise<RateId> {
  const rates = await offers.ratesOf(plan);
  const bases = items.filter(({ rateId }) => rates.get(rateId)?.dependsOn.length === 0);
  const [base] = bases;
  if (base !== undefined && bases.length === 1) return base.rateId;
  const message = 'The subscription holds several products, so that one number of units does not say what is wanted.';
  throw invalidParameter('units_per_license', message);
}

/** Sooner, or later where it does not renew by itself: what renews goes on anyway (part 1, 7.5). */
function expiry(
  owner: AccountNode,
  { endOn: current, autoRenewal }: Subscription,
  plan: PlanVersion,
  { expiration, planId }: Wanted,
): Part[] {
  if (expiration === undefined) return [];
  const endOn = endOnOf(expiration, owner);
  const refuse = (message: string): never => {
    throw invalidParameter('license_expiration_date', message);
  };
  // A plan that is switched to in the same request may bring another end, so that the day is asked for all the same.
  if (endOn === current && (planId ?? plan.planId) === plan.planId) return [];
  if (plan.activationPolicy === 'first_sign_in') {
    refuse('The expiration of a plan that is activated at the first sign-in cannot be changed.');
  }
  if (endOn > current && autoRenewal) {
    refuse('The subscription renews by itself, so that its expiration can only be made earlier.');
  }
  return [{ kind: 'expiry', endOn }];
}
