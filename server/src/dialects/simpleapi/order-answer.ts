import { compareDecimal, decimal, subtractDecimal, sumMoney, zero } from '@tierline/kernel';
import type { SimpleApiProfile } from '../../modules/access/index.ts';
import { dateText, plainDate } from '../../modules/billing/index.ts';
import { orderNumber, type Order, type OrderDetail, type OrderLine } from '../../modules/orders/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import { idOfSerial, productId } from './ids.ts';
import { planKey, type OrderContext } from './order-context.ts';
import { detailsOf, ofCustomer, totalOf } from './order-details.ts';
import { contractValues, type ContractValues } from './order-values.ts';
import { billingModels, orderStatuses, wireInstantText, wireNumber, wirePeriod, wirePrice } from './wire.ts';

export type ListContext = {
  readonly customerNumber: string;
  readonly subscriptionSerial: string | undefined;
  readonly profile: SimpleApiProfile;
};

/**
 * What lists and details have in common (SimpleAPI reference 4.4). As seen live, list entries have no `poNumber`, `products`, `details`;
 * the schema has the first of them in lists.
 */
export function orderToWire(order: Order, { customerNumber, subscriptionSerial, profile }: ListContext) {
  const { status, code } = orderStatuses[order.status];
  return {
    id: idOfSerial(order.serial),
    orderNumber: wireOrderNumber(order),
    type: order.type,
    customerId: customerNumber,
    ...(profile === '1.15' && order.poNumber !== null ? { poNumber: order.poNumber } : {}),
    creationDate: wireInstantText(order.placedAt),
    ...(order.completedAt === null ? {} : { provisioningDate: wireInstantText(order.completedAt) }),
    status,
    statusCode: code,
    total: totalOf(order),
    ...(order.attributes === null ? {} : { attributes: order.attributes }),
    ...(order.creditCheck === undefined ? {} : { creditCheck: order.creditCheck }),
    ...(subscriptionSerial === undefined ? {} : { subscriptionId: idOfSerial(subscriptionSerial) }),
  };
}

/** A cancellation for which the customer owes something has a prefix of its own (SimpleAPI reference 10.1). */
export function wireOrderNumber({ type, serial, total }: Pick<Order, 'type' | 'serial' | 'total'>): string {
  const number = orderNumber(type, serial);
  const isCharged = type === 'cancellation' && compareDecimal(decimal(total), zero) > 0;
  return isCharged ? `${chargedCancellation}${number.slice(2)}` : number;
}

export const chargedCancellation = 'CF';

/** Seen live: renewals and cancellations have neither products nor details (SimpleAPI reference 4.4). */
function isBare({ type }: Order, { profile }: OrderContext): boolean {
  return profile === '21.0' && (type === 'renewal' || type === 'cancellation');
}

export function orderDetailToWire(order: OrderDetail, context: OrderContext) {
  const first = order.lines[0]?.subscriptionId;
  const serialOf = new Map(order.subscriptions.map(({ id, serial }) => [id, serial]));
  const { customerNumber, profile } = context;
  return {
    ...orderToWire(order, { customerNumber, subscriptionSerial: first && serialOf.get(first), profile }),
    ...poNumberOf(order, context),
    ...scheduled(context),
    ...contentsOf(order, context, (line) => ({ subscriptionId: idOfSerial(serialOf.get(line.subscriptionId) ?? '0') })),
  };
}

/** An estimate is an order of which nothing exists: it has no ids, no dates and no status. Whoever asks for a price gets it, whatever the type. */
export function estimateToWire(order: OrderDetail, context: OrderContext) {
  const serialOf = new Map(order.subscriptions.map(({ id, serial }) => [id, serial]));
  const isThere = order.type !== 'sales' && order.type !== 'migration';
  const first = order.lines[0]?.subscriptionId;
  const known = (line: OrderLine) =>
    isThere ? { subscriptionId: idOfSerial(serialOf.get(line.subscriptionId) ?? '0') } : {};
  return {
    type: order.type,
    customerId: context.customerNumber,
    ...poNumberOf(order, context),
    ...(isThere && first !== undefined ? { subscriptionId: idOfSerial(serialOf.get(first) ?? '0') } : {}),
    total: totalOf(order),
    ...(order.attributes === null ? {} : { attributes: order.attributes }),
    ...scheduled(context),
    ...contentsOf(order, { ...context, estimate: true }, known),
  };
}

function poNumberOf({ poNumber }: Order, { renewed }: OrderContext): { poNumber?: string } {
  const told = poNumber ?? (renewed && wireOrderNumber(renewed));
  return told === undefined ? {} : { poNumber: told };
}

function scheduled({ moment }: OrderContext): { scheduledOn?: string } {
  if (moment === null) return {};
  return { scheduledOn: moment.at === 'renewal' ? 'renewal' : `${moment.on}T00:00:00Z` };
}

function contentsOf(
  order: OrderDetail,
  context: OrderContext & { readonly estimate?: boolean },
  idsOf: (line: OrderLine) => Record<string, unknown>,
) {
  if (isBare(order, context) && context.estimate !== true) return {};
  const values = new Map(
    order.subscriptions.map((one) => [valueKey(one.id, one), contractValues(order, one, context)]),
  );
  return {
    ...billingModelOf(order, context),
    products: shownLines(order).map((line) => ({
      ...productToWire(order, line, context, values.get(valueKey(line.subscriptionId, line))),
      ...idsOf(line),
    })),
    subscriptions: subscriptionsToWire(order, context, values),
    details: detailsOf(order, context),
  };
}

/** New subscriptions of an estimate have no ids yet, but a plan each; those of a move may have one plan, but not one id. */
function valueKey(id: OrderLine['subscriptionId'], of: Parameters<typeof planKey>[0]): string {
  return `${id}/${planKey(of)}`;
}

function billingModelOf(order: OrderDetail, { plans }: OrderContext): { billingModel?: string } {
  const models = new Set(order.lines.flatMap((line) => plans.get(planKey(line))?.billingModel ?? []));
  const [model] = models;
  return model === undefined || models.size > 1 ? {} : { billingModel: billingModels[model] };
}

/** A move names what goes; what it becomes at its target is told with it. */
function shownLines(order: OrderDetail): readonly OrderLine[] {
  return isMove(order)
    ? order.lines.filter(({ subscriptionId }) => subscriptionId === order.lines[0]?.subscriptionId)
    : order.lines;
}

/** Only a move changes two subscriptions. */
function isMove({ type, lines }: OrderDetail): boolean {
  return type === 'change' && new Set(lines.map(({ subscriptionId }) => subscriptionId)).size > 1;
}

function productToWire(order: OrderDetail, line: OrderLine, context: OrderContext, values: ContractValues | undefined) {
  const { plans, labels } = context;
  const plan = plans.get(planKey(line));
  const label = labels.get(line.rateId);
  const amounts = ofCustomer(order)
    .filter(({ position }) => position === line.position)
    .map(({ amount }) => amount);
  const tcvs = values?.ofLine(line) ?? [];
  return {
    mpn: line.mpn,
    vendor: line.vendorCode,
    ...(label === undefined ? {} : { id: productId(label.number) }),
    name: line.name,
    ...(plan === undefined
      ? {}
      : { billingPeriod: wirePeriod(plan.billingPeriod), subscriptionPeriod: wirePeriod(plan.subscriptionPeriod) }),
    quantity: wireNumber(quantityOf(order, line, context)),
    extendedPrice: wirePrice(sumMoney(amounts, order.currency)),
    ...(line.parameters === null ? {} : { parameters: line.parameters }),
    ...(tcvs.length === 0 ? {} : { tcvs }),
    ...moveOf(order, line, context),
  };
}

/**
 * The quantity of a change is read back as a signed difference, and as the target total where it waits for the renewal (seen live, SimpleAPI
 * reference 4.4); by the schema it is what was asked for.
 */
function quantityOf(
  { type }: OrderDetail,
  { quantity, previousQuantity }: OrderLine,
  { profile, moment }: OrderContext,
) {
  if (type === 'cancellation') return previousQuantity ?? quantity;
  if (type !== 'change' || profile === '1.15' || moment?.at === 'renewal') return quantity;
  return subtractDecimal(quantity, previousQuantity ?? zero);
}

function moveOf(order: OrderDetail, line: OrderLine, { labels }: OrderContext) {
  if (!isMove(order)) return {};
  const isOther = (id: OrderLine['subscriptionId']): boolean => id !== line.subscriptionId;
  const target = order.subscriptions.find(({ id }) => isOther(id));
  const arrived = order.lines.find((one) => isOther(one.subscriptionId) && one.resourceId === line.resourceId);
  const label = arrived && labels.get(arrived.rateId);
  const source = order.subscriptions.find(({ id }) => !isOther(id));
  if (target === undefined) return {};
  // In an estimate what the order makes has no number yet.
  const isThere = target.serial !== '0';
  return {
    type: 'MOVE',
    ...(label === undefined ? {} : { newProductId: productId(label.number) }),
    newSubscription: {
      ...(isThere ? { id: Number(idOfSerial(target.serial)) } : {}),
      coterming: target.endOn === source?.endOn,
      type: target.orderId === order.id ? 'NEW' : 'EXISTING',
    },
    ...(isThere ? { targetSubscriptionId: idOfSerial(target.serial) } : {}),
  };
}

function subscriptionsToWire(order: OrderDetail, { plans }: OrderContext, values: ReadonlyMap<string, ContractValues>) {
  return order.subscriptions
    .toSorted((a, b) => Number(BigInt(a.serial) - BigInt(b.serial)))
    .flatMap((subscription) => {
      const plan = plans.get(planKey(subscription));
      if (plan === undefined) return [];
      const tcvs = values.get(valueKey(subscription.id, subscription))?.subscription ?? [];
      return [{ planId: plan.number, ...aligned(order, subscription), ...(tcvs.length === 0 ? {} : { tcvs }) }];
    });
}

/** The last day of a first term that was aligned: its grid is anchored at its end. */
function aligned(
  { type }: OrderDetail,
  { anchorOn, startOn, endOn }: Subscription,
): { alignedExpirationDate?: string } {
  if (type !== 'sales' || anchorOn <= startOn || anchorOn !== endOn) return {};
  return { alignedExpirationDate: dateText(plainDate(endOn).subtract({ days: 1 })) };
}
