import { notFound, startOfDay, type AccountId, type CustomerId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { timeOf, type AccountNode } from '../../modules/accounts/index.ts';
import type { NamedRate, PlanVersion } from '../../modules/catalog/index.ts';
import type { Customer } from '../../modules/customers/index.ts';
import type { Subscription, SubscriptionFilter, SubscriptionStatus } from '../../modules/subscriptions/index.ts';
import type { Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import { isNumber, serialOfId } from './ids.ts';
import { planKey } from './order-answer.ts';
import { choiceOf, dateOf, pageOf, parseQuery, within, type Query } from './query.ts';
import type { Scopes } from './scope.ts';
import {
  subscriptionDetailToWire,
  subscriptionToWire,
  type Parameter,
  type PricedItem,
  type SubscriptionContext,
} from './subscription-answer.ts';
import { jsonResponse, listResponse } from './wire.ts';

/** Reads of statuses we never have (`unknown`) find nothing. */
const statuses: Readonly<Record<string, SubscriptionStatus | 'unknown'>> = {
  pending: 'pending',
  active: 'active',
  hold: 'hold',
  terminated: 'terminated',
  removed: 'removed',
  unknown: 'unknown',
};

/** Subscriptions (SimpleAPI reference 4.7). */
export function subscriptionHandlers(dependencies: SimpleApiDependencies, scopeOf: Scopes) {
  const { clock, customers, directory, offers, orders, prices, subscriptions } = dependencies;

  async function list(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    const page = pageOf(query);
    const filter = await filterOf(query, principal.node);
    if (filter === undefined) return listResponse([], page, 0);
    const [found, total] = await Promise.all([subscriptions.page(filter, page), subscriptions.count(filter)]);
    const contexts = await contextsOf(principal.accountId, found);
    return listResponse(
      found.map((one, index) => subscriptionToWire(one, contexts[index]!)),
      page,
      total,
    );
  }

  /** The filter of a list; undefined when nothing can match it. Bounds are whole days in the caller's zone, both included. */
  async function filterOf(query: Query, { account }: AccountNode): Promise<SubscriptionFilter | undefined> {
    const status = choiceOf(query, 'status', statuses);
    const from = dateOf(query, 'creationDateFrom');
    const to = dateOf(query, 'creationDateTo');
    const number = query.get('customerId');
    const scope = await scopeOf(account.id);
    if (status === 'unknown') return undefined;
    const customerId = number === undefined ? undefined : await customerIdOf(account.id, number);
    if (number !== undefined && customerId === undefined) return undefined;
    return {
      scope,
      status,
      customerId,
      createdFrom: from && within(startOfDay(from, account.timeZone)).toString(),
      createdTo: to && within(startOfDay(to.add({ days: 1 }), account.timeZone)).toString(),
    };
  }

  async function customerIdOf(accountId: AccountId, number: string): Promise<CustomerId | undefined> {
    return isNumber(number) ? (await orUndefined(customers.get(accountId, { number })))?.id : undefined;
  }

  /** Customer, zone and plan of each subscription: reads per owner and per batch, not per subscription. */
  async function contextsOf(accountId: AccountId, of: readonly Subscription[]): Promise<SubscriptionContext[]> {
    const byOwner = Map.groupBy(of, ({ ownerId }) => ownerId);
    const plans = new Map<string, PlanVersion>();
    const zones = new Map<AccountId, string>();
    await Promise.all(
      [...byOwner].map(async ([ownerId, owned]) => {
        const node = await directory.get(ownerId);
        zones.set(ownerId, node.account.timeZone);
        const keys = new Map(owned.map((one) => [planKey(one), { planId: one.planId, version: one.planVersion }]));
        for (const plan of await offers.planVersions(node, [...keys.values()])) {
          plans.set(planKey({ planId: plan.planId, planVersion: plan.version }), plan);
        }
      }),
    );
    const numbers = await customers.numbersOf(
      accountId,
      of.map(({ customerId }) => customerId),
    );
    return of.map((one) => ({
      customerNumber: numbers.get(one.customerId) ?? '',
      timeZone: zones.get(one.ownerId) ?? 'UTC',
      plan: plans.get(planKey(one)),
    }));
  }

  async function get(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const serial = serialOfId(c.req.param('id') ?? '');
    if (serial === undefined) throw notFound('subscription');
    const subscription = await subscriptions.get(principal.accountId, { serial });
    const [[context], customer, order] = await Promise.all([
      contextsOf(principal.accountId, [subscription]),
      customers.get(principal.accountId, { id: subscription.customerId }),
      orders.get(principal.accountId, { id: subscription.orderId }),
    ]);
    const items = await priced(principal.accountId, subscription, customer);
    const parameters = order.lines
      .filter(({ subscriptionId }) => subscriptionId === subscription.id)
      .flatMap((line) => (line.parameters ?? []).filter(isParameter));
    return jsonResponse(subscriptionDetailToWire(subscription, context!, items, parameters));
  }

  /**
   * The items at the prices of today, as the caller sees them: `price` is what it takes from the one below it, `cost` what
   * it pays itself, whether the customer is its own or of a seller further down.
   */
  async function priced(accountId: AccountId, subscription: Subscription, customer: Customer): Promise<PricedItem[]> {
    const node = await directory.get(subscription.ownerId);
    const { planId, planVersion: version } = subscription;
    const known = await offers.sold(
      node,
      subscription.items.map(({ rateId }) => ({ planId, version, rateId })),
    );
    const byRate = new Map(known.map((one) => [one.rate.rateId, one]));
    const edges = new Map<NamedRate, Awaited<ReturnType<typeof prices.of>>[number]>();
    for (const [index, of] of (await prices.of(node, known, customer, timeOf(node, clock))).entries())
      edges.set(known[index]!, of);
    return subscription.items.map((item) => {
      const rate = byRate.get(item.rateId);
      const of = rate && edges.get(rate);
      return {
        item,
        named: rate,
        price: of?.find(({ sellerId }) => sellerId === accountId)?.byType.recurring,
        cost: of?.find(({ buyerId }) => buyerId === accountId)?.byType.recurring,
      };
    });
  }

  return { list, get };
}

function isParameter(value: unknown): value is Parameter {
  return typeof value === 'object' && value !== null && 'name' in value && 'value' in value;
}
