import { invalid, notFound, TierlineError } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import type { OrderDetail } from '../../modules/orders/index.ts';
import { readJson } from '../../platform/http/index.ts';
import { causeOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { serialOfId } from './ids.ts';
import { estimateToWire, orderDetailToWire } from './order-answer.ts';
import { contextReader } from './order-context.ts';
import { isDocumented, orderLists } from './order-list.ts';
import { orderPlacer, type Placed } from './order-place.ts';
import { readOrder } from './order-request.ts';
import { parseQuery } from './query.ts';
import type { RateLabels } from './rate-labels.ts';
import { membersOf, newProblems } from './request.ts';
import type { Scopes } from './scope.ts';
import { jsonResponse, orderStatuses } from './wire.ts';

export type OrderHandlers = ReturnType<typeof orderHandlers>;

/** Orders (SimpleAPI reference 4.4, 4.5). */
export function orderHandlers(dependencies: SimpleApiDependencies, labels: RateLabels, scopeOf: Scopes) {
  const { customers, lifecycle, orders, provisioning } = dependencies;
  const placer = orderPlacer(dependencies);
  const lists = orderLists(dependencies);
  const contextOf = contextReader(dependencies, labels);

  function contextFor({ order, customerNumber, moment }: Placed, { principal, profile }: SimpleApiCaller) {
    return contextOf(order, { customerNumber, moment, viewerId: principal.accountId, profile });
  }

  async function place(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const read = readOrder(await readJson(c));
    const placed = await placer.place(causeOf(c, caller, dependencies), caller, read);
    return jsonResponse(orderDetailToWire(placed.order, await contextFor(placed, caller)));
  }

  async function estimate(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const read = readOrder(await readJson(c));
    const previewed = await placer.estimate(causeOf(c, caller, dependencies), caller, read);
    return jsonResponse(estimateToWire(previewed.order, await contextFor(previewed, caller)));
  }

  async function get(c: Call, caller: SimpleApiCaller): Promise<Response> {
    return show(await find(c, caller), caller);
  }

  async function find(c: Call, { principal }: SimpleApiCaller): Promise<OrderDetail> {
    const serial = serialOfId(c.req.param('id') ?? '');
    if (serial === undefined) throw notFound('order');
    const order = await orders.get(principal.accountId, { serial });
    if (!isDocumented(order.type)) throw notFound('order');
    return order;
  }

  async function show(order: OrderDetail, caller: SimpleApiCaller): Promise<Response> {
    const [customer, plan] = await Promise.all([
      customers.get(caller.principal.accountId, { id: order.customerId }),
      mayBePlanned(order) ? lifecycle.planOf(order) : undefined,
    ]);
    const placed = { order, customerNumber: customer.number, moment: plan?.moment ?? null };
    return jsonResponse(orderDetailToWire(order, await contextFor(placed, caller)));
  }

  async function list(c: Call, { principal: { accountId }, profile }: SimpleApiCaller): Promise<Response> {
    return lists.list(parseQuery(c.req.url), { accountId, scope: await scopeOf(accountId), profile });
  }

  /** `PATCH /orders/{id}`: a status code of `CL` cancels an order that has not ended (SimpleAPI reference 4.4). */
  async function update(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const body = await readJson(c);
    const order = await find(c, caller);
    const { statusCode, creditCheck } = readUpdate(body);
    if (statusCode !== undefined && statusCode !== orderStatuses[order.status].code) await cancel(c, caller, order);
    if (creditCheck !== undefined) {
      await orders.setCreditCheck(causeOf(c, caller, dependencies), await find(c, caller), creditCheck);
    }
    return show(await find(c, caller), caller);
  }

  async function cancel(c: Call, caller: SimpleApiCaller, order: OrderDetail): Promise<void> {
    if (order.status === 'completed') throw ended(order);
    const { accountId } = caller.principal;
    const cause = causeOf(c, caller, dependencies);
    const intent = mayBePlanned(order) ? await lifecycle.planOf(order) : undefined;
    if (intent?.status !== 'waiting') return provisioning.cancel(cause, accountId, order.id, null);
    const { subscriptionId, id } = intent;
    await lifecycle.changeIntent(cause, accountId, subscriptionId, id, { cancel: true }, { surface: 'simpleapi' });
  }

  return { place, estimate, get, list, listOf: lists.list, update };
}

function mayBePlanned({ type }: OrderDetail): boolean {
  return type === 'change' || type === 'cancellation';
}

function ended({ status }: OrderDetail): TierlineError {
  const message = `The order is ${orderStatuses[status].status} and can't be cancelled any more.`;
  return new TierlineError('simpleapi.order_ended', 'conflict', message, { field: 'statusCode' });
}

function readUpdate(body: unknown): {
  readonly statusCode: string | undefined;
  readonly creditCheck: boolean | undefined;
} {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const given = members.text('statusCode', { max: 2 })?.toUpperCase();
  const creditCheck = members.boolean('creditCheck');
  problems.throwIfAny();
  if (given !== undefined && given !== orderStatuses.canceled.code) {
    const message = `An order can only be set to ${orderStatuses.canceled.code}, which cancels it.`;
    throw invalid([{ code: 'simpleapi.invalid_field', field: 'statusCode', message }]);
  }
  return { statusCode: given, creditCheck };
}
