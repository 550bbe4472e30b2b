import {
  decimal,
  formatMoney,
  sumMoney,
  type Fraction,
  type Money,
  type Period,
  type PlanId,
  type RateId,
  type Temporal,
} from '@tierline/kernel';
import { dateText } from '../../modules/billing/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import type { Order, OrderCharge, OrderDetail, OrderLine } from '../../modules/orders/index.ts';
import { orderNumber } from '../../modules/orders/index.ts';
import { idOfSerial, productId } from './ids.ts';
import type { RateLabel } from '../../modules/catalog/index.ts';
import { orderStatuses, wireInstantText, wireMoney, wireNumber, wirePeriod, type WireMoney } from './wire.ts';

/** What an order's answer needs beside the order. */
export type OrderContext = {
  readonly customerNumber: string;
  /** By plan id and version: `<id>/<version>`. */
  readonly plans: ReadonlyMap<string, PlanVersion>;
  readonly labels: ReadonlyMap<RateId, RateLabel>;
};

export function planKey({ planId, planVersion }: { planId: PlanId; planVersion: number }): string {
  return `${planId}/${planVersion}`;
}

/** What lists and details have in common (SimpleAPI reference 4.4). List entries have no `poNumber`, `products`, `details`. */
export function orderToWire(order: Order, customerNumber: string, firstSubscriptionSerial: string | undefined) {
  const { status, code } = orderStatuses[order.status];
  return {
    id: idOfSerial(order.serial),
    orderNumber: orderNumber(order.type, order.serial),
    type: order.type,
    customerId: customerNumber,
    creationDate: wireInstantText(order.placedAt),
    ...(order.completedAt === null ? {} : { provisioningDate: wireInstantText(order.completedAt) }),
    status,
    statusCode: code,
    total: totalOf(order),
    ...(order.attributes === null ? {} : { attributes: order.attributes }),
    ...(firstSubscriptionSerial === undefined ? {} : { subscriptionId: idOfSerial(firstSubscriptionSerial) }),
  };
}

export function orderDetailToWire(order: OrderDetail, context: OrderContext) {
  const first = order.lines[0]?.subscriptionId;
  const serialOf = new Map(order.subscriptions.map(({ id, serial }) => [id, serial]));
  return {
    ...orderToWire(order, context.customerNumber, first && serialOf.get(first)),
    ...(order.poNumber === null ? {} : { poNumber: order.poNumber }),
    products: order.lines.map((line) => ({
      ...productToWire(order, line, context),
      subscriptionId: idOfSerial(serialOf.get(line.subscriptionId) ?? '0'),
    })),
    subscriptions: subscriptionsToWire(order, context),
    details: detailsOf(order, context),
  };
}

/** An estimate is an order of which nothing exists: it has no ids, no dates and no status. */
export function estimateToWire(order: OrderDetail, context: OrderContext) {
  return {
    type: order.type,
    customerId: context.customerNumber,
    ...(order.poNumber === null ? {} : { poNumber: order.poNumber }),
    total: totalOf(order),
    ...(order.attributes === null ? {} : { attributes: order.attributes }),
    products: order.lines.map((line) => productToWire(order, line, context)),
    subscriptions: subscriptionsToWire(order, context),
    details: detailsOf(order, context),
  };
}

function totalOf(order: Order): WireMoney {
  return wireMoney(order.currency, decimal(order.total));
}

function moneyToWire(amount: Money): WireMoney {
  return { currency: amount.currency, amount: formatMoney(amount) };
}

/** Lines of money on the edge to the customer: what the order costs the one who ordered. */
function ofCustomer(order: OrderDetail): OrderCharge[] {
  return order.charges.filter(({ buyerId }) => buyerId === order.customerId);
}

function productToWire(order: OrderDetail, line: OrderLine, { plans, labels }: OrderContext) {
  const plan = plans.get(planKey(line));
  const label = labels.get(line.rateId);
  const amounts = ofCustomer(order)
    .filter(({ position }) => position === line.position)
    .map(({ amount }) => amount);
  return {
    mpn: line.mpn,
    vendor: line.vendorCode,
    ...(label === undefined ? {} : { id: productId(label.number) }),
    name: line.name,
    ...(plan === undefined
      ? {}
      : { billingPeriod: wirePeriod(plan.billingPeriod), subscriptionPeriod: wirePeriod(plan.subscriptionPeriod) }),
    quantity: wireNumber(line.quantity),
    extendedPrice: moneyToWire(sumMoney(amounts, order.currency)),
    ...(line.parameters === null ? {} : { parameters: line.parameters }),
  };
}

function subscriptionsToWire(order: OrderDetail, { plans }: OrderContext) {
  return order.subscriptions
    .toSorted((a, b) => Number(BigInt(a.serial) - BigInt(b.serial)))
    .flatMap((subscription) => {
      const plan = plans.get(planKey(subscription));
      return plan === undefined ? [] : [{ planId: plan.number }];
    });
}

function detailsOf(order: OrderDetail, { plans, labels }: OrderContext) {
  const lineAt = new Map(order.lines.map((line) => [line.position, line]));
  return ofCustomer(order).flatMap((charge) => {
    const line = lineAt.get(charge.position);
    if (line === undefined) return [];
    const billingPeriod = plans.get(planKey(line))?.billingPeriod;
    const type = detailType(charge);
    const isRecurring = type === 'recurring' || type === 'recurringRefund';
    const term = isRecurring && billingPeriod !== undefined ? termOf(billingPeriod, charge.fraction) : undefined;
    const label = labels.get(line.rateId);
    return [
      {
        type,
        mpn: line.mpn,
        ...(label === undefined ? {} : { productId: productId(label.number) }),
        ...(term === undefined ? {} : { duration: term }),
        description: descriptionOf(line.name, charge, term),
        quantity: wireNumber(charge.quantity),
        unitPrice: wireMoney(charge.amount.currency, charge.unitPrice),
        extendedPrice: moneyToWire(charge.amount),
      },
    ];
  });
}

/**
 * The types of the documents (SimpleAPI reference 4.4). What is given back of days is a recurring refund; what is given back whole may
 * be a setup or a period, and the documents have a word for both.
 */
export function detailType({ type, fraction }: Pick<OrderCharge, 'type' | 'fraction'>): string {
  if (type !== 'refund') return type;
  return fraction.numerator === fraction.denominator ? 'refund' : 'recurringRefund';
}

type Term = { readonly type: string; readonly duration: number };

/** How many of the plan's units a charge is for; part of one when the period is charged in part. */
function termOf({ unit, count }: Period, { numerator, denominator }: Fraction): Term {
  return { type: unit, duration: Number(((Number(numerator) / Number(denominator)) * count).toFixed(6)) };
}

/**
 * As seen on a live platform: `<product> Recurring (1 Month(s) term) from 2026-09-18 through 2026-10-17` (SimpleAPI
 * reference 4.4). The last day is included.
 */
function descriptionOf(product: string, charge: OrderCharge, term: Term | undefined): string {
  const kind = capitalized(charge.type);
  if (term === undefined) return `${product} ${kind}`;
  const { start, end } = charge.period;
  const dates = `from ${dateText(start)} through ${dateText(dayBefore(end))}`;
  return `${product} ${kind} (${term.duration} ${capitalized(term.type)}(s) term) ${dates}`;
}

const daysBefore = new WeakMap<Temporal.PlainDate, Temporal.PlainDate>();

/** Periods of one day's sales end on a few shared dates, so each is counted back from once. */
function dayBefore(date: Temporal.PlainDate): Temporal.PlainDate {
  let before = daysBefore.get(date);
  if (before === undefined) {
    before = date.subtract({ days: 1 });
    daysBefore.set(date, before);
  }
  return before;
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
