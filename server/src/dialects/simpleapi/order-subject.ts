import { invalid, notFound, type AccountId, type PlanId, type RateId } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { PlanVersion, Rate, RateName } from '../../modules/catalog/index.ts';
import type { Customer } from '../../modules/customers/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import { isNumber, serialOfId } from './ids.ts';
import type { Pointer, ReadLine } from './order-lines.ts';
import type { ReadOrder } from './order-request.ts';

export type PlanRates = { readonly plan: PlanVersion; readonly rates: ReadonlyMap<RateId, Rate> };

/** What an order about a subscription is about. */
export type Subject = PlanRates & {
  readonly node: AccountNode;
  readonly customer: Customer;
  readonly subscription: Subscription;
};

export type Subjects = ReturnType<typeof subjects>;

/** Finds what orders name by id. Whatever belongs to another tenant is not there. */
export function subjects({ customers, directory, offers, subscriptions }: SimpleApiDependencies) {
  function customerOf(accountId: AccountId, { customerNumber: number }: ReadOrder): Promise<Customer> {
    if (!isNumber(number)) throw notFound('customer', 'customerId');
    return customers.get(accountId, { number }, 'customerId');
  }

  /** A subscription of the customer. */
  async function subscriptionOf(
    accountId: AccountId,
    customer: Customer,
    { id, field }: Pointer,
  ): Promise<Subscription> {
    const serial = serialOfId(id);
    const found = serial === undefined ? undefined : await orUndefined(subscriptions.get(accountId, { serial }));
    if (found === undefined || found.customerId !== customer.id) throw notFound('subscription', field);
    return found;
  }

  async function of(accountId: AccountId, order: ReadOrder): Promise<Subject> {
    const customer = await customerOf(accountId, order);
    const subscription = await subscriptionOf(accountId, customer, subjectPointer(order));
    const node = directory.peek(subscription.ownerId) ?? (await directory.get(subscription.ownerId));
    const loaded = await version(node, { planId: subscription.planId, version: subscription.planVersion });
    if (loaded === undefined) throw new Error(`Plan ${subscription.planId} of a subscription is not there.`);
    return { ...loaded, node, customer, subscription };
  }

  async function version(node: AccountNode, key: { planId: PlanId; version: number }): Promise<PlanRates | undefined> {
    const [plan] = await offers.planVersions(node, [key]);
    return plan && { plan, rates: await offers.ratesOf(plan) };
  }

  /** A plan that may be sold there, by its number. */
  async function planOf(node: AccountNode, number: string): Promise<PlanRates> {
    const offer = (await offers.offering(node)).offers.find((one) => one.number === number);
    const loaded = offer && (await version(node, offer));
    if (loaded === undefined) throw notFound('plan', 'planId');
    return loaded;
  }

  /** Plans that may be sold there and have all of these products. */
  async function plansWith(node: AccountNode, names: readonly RateName[]): Promise<PlanRates[]> {
    const found = await Promise.all(names.map((name) => offers.find(node, name)));
    const [first = [], ...rest] = found;
    const plans = new Map(first.map(({ plan }) => [plan.planId, plan]));
    const common = [...plans.values()].filter(({ planId }) =>
      rest.every((candidates) => candidates.some(({ plan }) => plan.planId === planId)),
    );
    return Promise.all(common.map(async (plan) => ({ plan, rates: await offers.ratesOf(plan) })));
  }

  return { of, customerOf, subscriptionOf, planOf, plansWith };
}

/** One order is about one subscription, wherever in it that is named (SimpleAPI reference 4.4). */
function subjectPointer({ subscription, lines }: ReadOrder): Pointer {
  const named = [subscription, ...lines.map((line) => line.subscription)].filter((one) => one !== undefined);
  const [first] = named;
  if (first === undefined) {
    const message = 'Name the subscription, at the top or in a product.';
    throw invalid([{ code: 'simpleapi.required_field', field: 'subscriptionId', message }]);
  }
  const other = named.find(({ id }) => id !== first.id);
  if (other !== undefined) {
    const message = `One order is about one subscription; ${first.field} names another one. Place an order for each.`;
    throw invalid([{ code: 'simpleapi.several_subscriptions', field: other.field, message }]);
  }
  return first;
}

/** The products of a plan that a name may mean, narrowed by the vendor. */
export function ratesNamed({ rates }: Pick<PlanRates, 'rates'>, name: RateName, vendor: string | undefined): Rate[] {
  return [...rates.values()].filter(
    (rate) =>
      ('number' in name
        ? rate.number === name.number
        : 'mpn' in name
          ? rate.mpn === name.mpn
          : rate.rateId === name.rateId) &&
      (vendor === undefined || rate.vendorCode === vendor),
  );
}

export function nameText(name: RateName): string {
  return 'mpn' in name ? `MPN ${name.mpn}` : 'this id';
}

/** Where the name of a line stands. */
export function nameField({ index, name }: Pick<ReadLine, 'index' | 'name'>): string {
  return `products[${index}].${name !== undefined && 'number' in name ? 'id' : 'mpn'}`;
}
