import { invalid, notFound, type AccountId, type OrderId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import {
  orderNumber,
  orderTypes,
  serialOf,
  type Order,
  type OrderDetail,
  type OrderFilter,
  type OrderStatus,
} from '../../modules/orders/index.ts';
import { readJson } from '../../platform/http/index.ts';
import { causeOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import { isNumber, serialOfId } from './ids.ts';
import { estimateToWire, orderDetailToWire, orderToWire, planKey, type OrderContext } from './order-answer.ts';
import { readOrder, type ReadOrder } from './order-request.ts';
import { choiceOf, instantsOf, pageOf, parseQuery, type Query } from './query.ts';
import type { RateLabels } from './rate-labels.ts';
import { onceByContent } from './retry.ts';
import type { Scope, Scopes } from './scope.ts';
import { jsonResponse, listResponse, orderStatuses } from './wire.ts';

const statuses: Readonly<Record<string, OrderStatus>> = Object.fromEntries(
  Object.entries(orderStatuses).map(([status, wire]) => [wire.status, status as OrderStatus]),
);
const statusOfCode: Readonly<Record<string, OrderStatus>> = Object.fromEntries(
  Object.entries(orderStatuses).map(([status, wire]) => [wire.code, status as OrderStatus]),
);

/** What an order can be to a client (SimpleAPI reference 4.4). That a period began is an order of the engine, and none of its. */
const documentedTypes = orderTypes.filter((type) => type !== 'billing');

function isDocumented(type: Order['type']): boolean {
  return documentedTypes.some((known) => known === type);
}

/** Whose orders are listed: those in a scope, with customers and subscriptions that are seen from an account. */
type Viewed = { readonly accountId: AccountId; readonly scope: Scope };

/** As many as a page of orders can have: a line for each. */
const subscriptionsMax = 200_000;

export type OrderHandlers = ReturnType<typeof orderHandlers>;

/** Orders (SimpleAPI reference 4.4, 4.5). */
export function orderHandlers(dependencies: SimpleApiDependencies, labels: RateLabels, scopeOf: Scopes) {
  const { customers, directory, offers, orders, subscriptions } = dependencies;

  async function place(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const read = readOrder(await readJson(c));
    await checkDoubleNames(caller, read);
    const { accountId } = caller.principal;
    const { request, content, customerNumber } = read;
    const cause = causeOf(c, caller, dependencies);
    // The documents promise nothing about retries; with a number of the client's own, the same order is the same order.
    const order =
      request.poNumber === null
        ? await orders.place(cause, accountId, request)
        : await onceByContent(
            cause,
            { ownerId: accountId, scope: 'simpleapi.orders.place', content },
            ({ placedAt }: OrderDetail) => placedAt,
            (retriable) => orders.place(retriable, accountId, request),
          );
    return jsonResponse(orderDetailToWire(order, await contextOf(order, customerNumber)));
  }

  async function estimate(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const read = readOrder(await readJson(c));
    await checkDoubleNames(caller, read);
    const cause = causeOf(c, caller, dependencies);
    const order = await orders.preview(cause, caller.principal.accountId, read.request);
    return jsonResponse(estimateToWire(order, await contextOf(order, read.customerNumber)));
  }

  /** A line with an id and an MPN that name two products is a mistake, whichever of the two was meant. */
  async function checkDoubleNames({ principal }: SimpleApiCaller, read: ReadOrder): Promise<void> {
    if (read.doublyNamed.length === 0) return;
    const found = await Promise.all(
      read.doublyNamed.map(async ({ index, mpn, number }) => {
        const candidates = await offers.find(principal.node, { number });
        return { index, agrees: candidates.every(({ rate }) => rate.mpn === mpn) };
      }),
    );
    const reasons = found
      .filter(({ agrees }) => !agrees)
      .map(({ index }) => ({
        code: 'simpleapi.id_and_mpn_differ',
        field: `products[${index}].id`,
        message: 'The id and the mpn name two different products.',
      }));
    if (reasons.length > 0) throw invalid(reasons);
  }

  async function contextOf(order: OrderDetail, customerNumber: string): Promise<OrderContext> {
    const node = directory.peek(order.ownerId) ?? (await directory.get(order.ownerId));
    const keys = new Map(
      [...order.lines, ...order.subscriptions].map((of) => [
        planKey(of),
        { planId: of.planId, version: of.planVersion },
      ]),
    );
    const [plans, names] = await Promise.all([
      offers.planVersions(node, [...keys.values()]),
      labels.of(order.lines.map(({ rateId }) => rateId)),
    ]);
    return {
      customerNumber,
      plans: new Map(plans.map((plan) => [planKey({ planId: plan.planId, planVersion: plan.version }), plan])),
      labels: names,
    };
  }

  async function get(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const serial = serialOfId(c.req.param('id') ?? '');
    if (serial === undefined) throw notFound('order');
    const order = await orders.get(principal.accountId, { serial });
    if (!isDocumented(order.type)) throw notFound('order');
    const customer = await customers.get(principal.accountId, { id: order.customerId });
    return jsonResponse(orderDetailToWire(order, await contextOf(order, customer.number)));
  }

  async function list(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    return listOf(query, { accountId: principal.accountId, scope: await scopeOf(principal.accountId) });
  }

  /** A page of the orders in a scope; customers and subscriptions in its filters are those within the account. */
  async function listOf(query: Query, { accountId, scope }: Viewed): Promise<Response> {
    const page = pageOf(query);
    const filter = await filterOf(query, accountId, scope);
    if (filter === undefined) return listResponse([], page, 0);
    const [found, total] = await Promise.all([orders.page(filter, page), orders.count(filter)]);
    const [numbers, firsts] = await Promise.all([
      customers.numbersOf(
        accountId,
        found.map(({ customerId }) => customerId),
      ),
      firstSubscriptions(filter.scope, found),
    ]);
    const data = found.map((order) => orderToWire(order, numbers.get(order.customerId) ?? '', firsts.get(order.id)));
    return listResponse(data, page, total);
  }

  /** The filter of a list; undefined when nothing can match it. */
  async function filterOf(query: Query, accountId: AccountId, scope: Scope): Promise<OrderFilter | undefined> {
    const status = choiceOf(query, 'status', statuses);
    const from = instantsOf(query, 'creationTimeFrom')?.from.toString();
    const to = instantsOf(query, 'creationTimeTo')?.to.toString();
    const code = query.get('statusCode');
    const ofCode = code === undefined ? undefined : statusOfCode[code];
    if (code !== undefined && (ofCode === undefined || (status !== undefined && status !== ofCode))) return undefined;
    const wanted = status ?? ofCode;
    const numbered = numberFilter(query.get('orderNumber'));
    const customer = await customerFilter(accountId, query.get('customerId'));
    const subscription = await subscriptionFilter(accountId, query.get('subscriptionId'));
    if (numbered === undefined || customer === undefined || subscription === undefined) return undefined;
    return {
      scope,
      types: documentedTypes,
      ...numbered,
      ...customer,
      ...subscription,
      statuses: wanted === undefined ? undefined : [wanted],
      placedFrom: from,
      placedTo: to,
    };
  }

  type Ids = Pick<OrderFilter, 'customerId' | 'subscriptionId'>;

  async function customerFilter(accountId: AccountId, number: string | undefined): Promise<Ids | undefined> {
    if (number === undefined) return {};
    if (!isNumber(number)) return undefined;
    const customer = await orUndefined(customers.get(accountId, { number }));
    return customer && { customerId: customer.id };
  }

  async function subscriptionFilter(accountId: AccountId, id: string | undefined): Promise<Ids | undefined> {
    if (id === undefined) return {};
    const serial = serialOfId(id);
    if (serial === undefined) return undefined;
    const subscription = await orUndefined(subscriptions.get(accountId, { serial }));
    return subscription && { subscriptionId: subscription.id };
  }

  /** The serial of each order's first subscription. */
  async function firstSubscriptions(scope: Scope, of: readonly Order[]): Promise<Map<OrderId, string>> {
    const firsts = new Map<OrderId, string>();
    if (of.length === 0) return firsts;
    const found = await subscriptions.page({ scope, orderIds: of.map(({ id }) => id) }, { limit: subscriptionsMax });
    // Newest first, so that the oldest of an order is what stays.
    for (const { orderId, serial } of found) firsts.set(orderId, serial);
    return firsts;
  }

  return { place, estimate, get, list, listOf };
}

/** The filter of `orderNumber`: prefix and serial number must both be those of one order. */
function numberFilter(number: string | undefined): Pick<OrderFilter, 'serial' | 'type'> | undefined {
  if (number === undefined) return {};
  const serial = serialOf(number);
  const type =
    serial === undefined ? undefined : documentedTypes.find((known) => orderNumber(known, serial) === number);
  return serial === undefined || type === undefined ? undefined : { serial, type };
}
