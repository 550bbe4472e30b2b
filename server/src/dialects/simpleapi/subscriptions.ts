import { notFound, startOfDay, type AccountId, type CustomerId, type RateId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { timeOf, type AccountNode } from '../../modules/accounts/index.ts';
import type { EdgeLedger, LockedPrice } from '../../modules/billing/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import type { Subscription, SubscriptionFilter, SubscriptionStatus } from '../../modules/subscriptions/index.ts';
import { readJson } from '../../platform/http/index.ts';
import type { Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import { isNumber, serialOfId } from './ids.ts';
import { planKey } from './order-context.ts';
import { choiceOf, dateOf, pageOf, parseQuery, within, type Query } from './query.ts';
import type { Scopes } from './scope.ts';
import {
  subscriptionDetailToWire,
  subscriptionToWire,
  type Parameter,
  type PricedItem,
  type SubscriptionContext,
} from './subscription-answer.ts';
import { readSpecialPricing, readSubscriptionUpdate, type SubscriptionUpdate } from './subscription-request.ts';
import { subscriptionUpdater } from './subscription-update.ts';
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
  const change = subscriptionUpdater(dependencies, priced);

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
    return jsonResponse(await shown(principal, await ofPath(c, principal)));
  }

  /** Auto-renewal, attributes and prices; quantities and the status are changed by orders. */
  async function update(c: Call, caller: SimpleApiCaller): Promise<Response> {
    return changed(c, caller, readSubscriptionUpdate(await readJson(c)));
  }

  async function specialPricing(c: Call, caller: SimpleApiCaller): Promise<Response> {
    return changed(c, caller, readSpecialPricing(await readJson(c)));
  }

  async function changed(c: Call, caller: SimpleApiCaller, wanted: SubscriptionUpdate): Promise<Response> {
    const { principal } = caller;
    await change(c, caller, (await ofPath(c, principal)).id, wanted);
    return jsonResponse(await shown(principal, await ofPath(c, principal)));
  }

  async function ofPath(c: Call, { accountId }: SimpleApiCaller['principal']): Promise<Subscription> {
    const serial = serialOfId(c.req.param('id') ?? '');
    if (serial === undefined) throw notFound('subscription');
    return subscriptions.get(accountId, { serial });
  }

  async function shown({ accountId }: SimpleApiCaller['principal'], subscription: Subscription) {
    const [[context], order, items] = await Promise.all([
      contextsOf(accountId, [subscription]),
      orders.get(accountId, { id: subscription.orderId }),
      priced(accountId, subscription),
    ]);
    const parameters = order.lines
      .filter(({ subscriptionId }) => subscriptionId === subscription.id)
      .flatMap((line) => (line.parameters ?? []).flatMap(parameterOf));
    return subscriptionDetailToWire(subscription, context!, items, parameters);
  }

  /**
   * The items at the prices that count for the running term, special ones included, as the caller sees them: `price` is what it
   * takes from the one below it, `cost` what it pays itself, whether the customer is its own or of a seller further down. What
   * has no such price any more has that of today.
   */
  async function priced(accountId: AccountId, subscription: Subscription): Promise<PricedItem[]> {
    const node = await directory.get(subscription.ownerId);
    const { planId, planVersion: version, ledger } = subscription;
    const known = await offers.sold(
      node,
      subscription.items.map(({ rateId }) => ({ planId, version, rateId })),
    );
    const byRate = new Map(known.map((one) => [one.rate.rateId, one]));
    const own = ledger.find(({ sellerId }) => sellerId === accountId);
    const paid = ledger.find(({ buyerId }) => buyerId === accountId);
    const items = subscription.items.map((item) => ({
      item,
      named: byRate.get(item.rateId),
      price: lockedOf(own, item.rateId),
      cost: lockedOf(paid, item.rateId),
    }));
    if (items.every(({ named, price }) => named === undefined || price !== undefined)) return items;
    const customer = await customers.get(accountId, { id: subscription.customerId });
    const edges = await prices.of(node, known, customer, timeOf(node, clock));
    const today = new Map(known.map(({ rate }, index) => [rate.rateId, edges[index]]));
    return items.map((item) => {
      const of = today.get(item.item.rateId);
      return {
        ...item,
        price: item.price ?? of?.find(({ sellerId }) => sellerId === accountId)?.byType.recurring,
        cost: item.cost ?? of?.find(({ buyerId }) => buyerId === accountId)?.byType.recurring,
      };
    });
  }

  return { list, get, update, specialPricing };
}

function lockedOf(edge: EdgeLedger | undefined, rateId: RateId): LockedPrice | undefined {
  return edge?.items.find((item) => item.rateId === rateId)?.prices.recurring;
}

/** On subscriptions a value is required (SimpleAPI reference 5): one that came structured only is told as that. */
function parameterOf(given: unknown): Parameter[] {
  if (typeof given !== 'object' || given === null || !('name' in given)) return [];
  if ('value' in given) return [{ ...given }];
  return 'structured_value' in given ? [{ ...given, value: given.structured_value }] : [];
}
