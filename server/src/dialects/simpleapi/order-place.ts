import { invalid, isTierlineError, type Reason, type TierlineError } from '@tierline/kernel';
import { authorize, type SimpleApiCaller } from '../../modules/access/index.ts';
import type { Outcome } from '../../modules/lifecycle/index.ts';
import type { OrderDetail } from '../../modules/orders/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { cancellationWanted, changeWanted, momentOf, renewalWanted, type Wanted } from './order-change.ts';
import type { OrderContext } from './order-context.ts';
import { isPriced } from './order-deals.ts';
import { contentOf, type ReadOrder } from './order-request.ts';
import { saleReader } from './order-sale.ts';
import { subjects, type Subject } from './order-subject.ts';
import { onceByContent } from './retry.ts';

export type Placed = { readonly order: OrderDetail; readonly customerNumber: string } & Pick<OrderContext, 'moment'>;

/** Places orders of every type, or says what placing them would come to. */
export function orderPlacer(dependencies: SimpleApiDependencies) {
  const { lifecycle, orders } = dependencies;
  const found = subjects(dependencies);
  const sales = saleReader(dependencies, found);

  async function place(cause: Cause, caller: SimpleApiCaller, order: ReadOrder): Promise<Placed> {
    return order.type === 'sales' || order.type === 'migration'
      ? sell(cause, caller, order)
      : change(cause, caller, order);
  }

  async function sell(cause: Cause, { principal }: SimpleApiCaller, order: ReadOrder): Promise<Placed> {
    const { accountId, node } = principal;
    if (order.lines.some(isPriced)) authorize(principal, 'subscriptions.prices');
    const request = await sales.requestOf(accountId, node, order, cause.at);
    // The documents promise nothing about retries; with a number of the client's own, the same order is the same order.
    const placed =
      order.poNumber === null
        ? await orders.place(cause, accountId, request)
        : await onceByContent(
            cause,
            { ownerId: accountId, scope: 'simpleapi.orders.place', content: contentOf(order) },
            ({ placedAt }: OrderDetail) => placedAt,
            (retriable) => orders.place(retriable, accountId, request),
          );
    return { order: placed, customerNumber: order.customerNumber, moment: null };
  }

  async function change(cause: Cause, caller: SimpleApiCaller, order: ReadOrder): Promise<Placed> {
    const { accountId } = caller.principal;
    const subject = await found.of(accountId, order);
    const { asked, by, wanted } = await askedOf(caller, subject, order);
    const { id } = subject.subscription;
    const run = async (retriable: Cause): Promise<Outcome & { readonly id: string }> => {
      const outcome = await inLines(order, wanted, lifecycle.place(retriable, accountId, id, asked, by));
      return { ...outcome, id: ordered(outcome).id };
    };
    const outcome =
      order.poNumber === null
        ? await run(cause)
        : await onceByContent(
            cause,
            { ownerId: accountId, scope: `simpleapi.orders.${order.type}`, content: contentOf(order) },
            (before) => ordered(before).placedAt,
            run,
          );
    return placedOf(outcome, subject);
  }

  async function askedOf(caller: SimpleApiCaller, subject: Subject, order: ReadOrder) {
    const wanted =
      order.type === 'change'
        ? await changeWanted(found, caller.principal.node, subject, order)
        : order.type === 'renewal'
          ? await renewalWanted(found, caller.principal.node, subject, order)
          : cancellationWanted(subject, order);
    authorize(caller.principal, wanted.operation);
    if (order.lines.some(isPriced)) authorize(caller.principal, 'subscriptions.prices');
    return {
      wanted,
      asked: { command: wanted.command, moment: momentOf(order.scheduledOn, subject.node.account.timeZone) },
      by: { surface: 'simpleapi', poNumber: order.poNumber, attributes: order.attributes, ordersPlans: true },
    };
  }

  /** The same decision without the commit (SimpleAPI reference 4.5). */
  async function estimate(cause: Cause, caller: SimpleApiCaller, order: ReadOrder): Promise<Placed> {
    const { accountId, node } = caller.principal;
    if (order.type === 'sales' || order.type === 'migration') {
      const request = await sales.requestOf(accountId, node, order, cause.at);
      const preview = await orders.preview(cause, accountId, request);
      return { order: preview, customerNumber: order.customerNumber, moment: null };
    }
    const subject = await found.of(accountId, order);
    const { asked, by, wanted } = await askedOf(caller, subject, order);
    const preview = lifecycle.preview(cause, accountId, subject.subscription.id, asked, by);
    return placedOf(await inLines(order, wanted, preview), subject);
  }

  return { place, estimate };
}

function placedOf(outcome: Outcome, { customer }: Subject): Placed {
  return { order: ordered(outcome), customerNumber: customer.number, moment: outcome.planned[0]?.moment ?? null };
}

/** Whatever is asked for here becomes an order, now or for later. */
function ordered({ order }: Outcome): OrderDetail {
  if (order === null) throw new Error('A command of an order made no order.');
  return order;
}

/** What the engine calls otherwise. */
const ownNames: Readonly<Record<string, string>> = {
  align: 'alignExpirationDate',
  new_subscription: 'planId',
  'new_subscription.end': 'alignExpirationDate',
};

/** Says of a line what the engine says of an item that came from it. */
async function inLines<Answer>({ lines }: ReadOrder, { lineOf }: Wanted, work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!isTierlineError(error) || error.kind !== 'invalid') throw error;
    throw invalid(
      error.reasons.map((reason) => ({ ...reason, ...lineField(reason, error) })),
      error.details,
    );
  }

  function lineField({ field }: Reason, _: TierlineError): Pick<Reason, 'field'> {
    const [items, name = '', ...rest] = field?.split('.') ?? [];
    if (items !== 'items') return items === undefined ? {} : { field: ownNames[field!] ?? ownNames[items] ?? field! };
    const index = /^\d+$/.test(name)
      ? lineOf[Number(name)]
      : lines.find((line) => line.name !== undefined && 'mpn' in line.name && line.name.mpn === name)?.index;
    if (index === undefined || index < 0) return { field: 'products' };
    return { field: ['products', index, ...(rest.length === 0 ? ['quantity'] : rest)].join('.') };
  }
}
