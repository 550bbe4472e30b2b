import type { AccountId } from '@tierline/kernel';
import type { SimpleApiProfile } from '../../modules/access/index.ts';
import {
  orderNumber,
  orderTypes,
  serialOf,
  type Order,
  type OrderFilter,
  type OrderStatus,
} from '../../modules/orders/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import { isNumber, serialOfId } from './ids.ts';
import { chargedCancellation, orderToWire, wireOrderNumber } from './order-answer.ts';
import { choiceOf, instantsOf, pageOf, type Query } from './query.ts';
import type { Scope } from './scope.ts';
import { listResponse, orderStatuses } from './wire.ts';

const statuses: Readonly<Record<string, OrderStatus>> = Object.fromEntries(
  Object.entries(orderStatuses).map(([status, wire]) => [wire.status, status as OrderStatus]),
);
const statusOfCode: Readonly<Record<string, OrderStatus>> = Object.fromEntries(
  Object.entries(orderStatuses).map(([status, wire]) => [wire.code, status as OrderStatus]),
);

/** What an order can be to a client (SimpleAPI reference 4.4). That a period began is an order of the engine, and none of its. */
const documentedTypes = orderTypes.filter((type) => type !== 'billing');

export function isDocumented(type: Order['type']): boolean {
  return documentedTypes.some((known) => known === type);
}

/** Whose orders are listed: those in a scope, with customers and subscriptions that are seen from an account. */
export type Viewed = { readonly accountId: AccountId; readonly scope: Scope; readonly profile: SimpleApiProfile };

/** Lists of orders (SimpleAPI reference 4.4). */
export function orderLists({ customers, orders, subscriptions }: SimpleApiDependencies) {
  async function list(query: Query, viewed: Viewed): Promise<Response> {
    const page = pageOf(query);
    const filter = await filterOf(query, viewed);
    if (filter === undefined) return listResponse([], page, 0);
    const [found, total] = await Promise.all([orders.page(filter, page), orders.count(filter)]);
    const [numbers, firsts] = await Promise.all([
      customers.numbersOf(
        viewed.accountId,
        found.map(({ customerId }) => customerId),
      ),
      orders.firstSubscriptions(found),
    ]);
    const { profile } = viewed;
    const data = found.map((order) =>
      orderToWire(order, {
        customerNumber: numbers.get(order.customerId) ?? '',
        subscriptionSerial: firsts.get(order.id),
        profile,
      }),
    );
    return listResponse(data, page, total);
  }

  /** The filter of a list; undefined when nothing can match it. */
  async function filterOf(query: Query, { accountId, scope }: Viewed): Promise<OrderFilter | undefined> {
    const status = choiceOf(query, 'status', statuses);
    const from = instantsOf(query, 'creationTimeFrom')?.from.toString();
    const to = instantsOf(query, 'creationTimeTo')?.to.toString();
    const code = query.get('statusCode');
    const ofCode = code === undefined ? undefined : statusOfCode[code];
    if (code !== undefined && (ofCode === undefined || (status !== undefined && status !== ofCode))) return undefined;
    const wanted = status ?? ofCode;
    const numbered = await numberFilter(query.get('orderNumber'), scope);
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

  /** The filter of `orderNumber`: prefix and serial number must both be those of one order. */
  async function numberFilter(
    number: string | undefined,
    scope: Scope,
  ): Promise<Pick<OrderFilter, 'serial' | 'type'> | undefined> {
    if (number === undefined) return {};
    const serial = serialOf(number);
    if (serial === undefined) return undefined;
    const plain = number.startsWith(chargedCancellation) ? orderNumber('cancellation', serial) : number;
    const type = documentedTypes.find((known) => orderNumber(known, serial) === plain);
    if (type === undefined) return undefined;
    if (type !== 'cancellation') return { serial, type };
    // Which of the two prefixes a cancellation has depends on its total.
    const [order] = await orders.page({ scope, serial, type }, { limit: 1 });
    return order !== undefined && wireOrderNumber(order) === number ? { serial, type } : undefined;
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

  return { list };
}
