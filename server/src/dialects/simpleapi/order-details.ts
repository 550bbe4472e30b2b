import {
  compareDecimal,
  decimal,
  formatDecimal,
  formatMoney,
  sumMoney,
  type Fraction,
  type Period,
  type Temporal,
} from '@tierline/kernel';
import { dateText, type LockedPrices } from '../../modules/billing/index.ts';
import type { OrderCharge, OrderDetail, OrderLine } from '../../modules/orders/index.ts';
import { discountOf } from '../../modules/pricing/index.ts';
import { productId } from './ids.ts';
import { planKey, type OrderContext } from './order-context.ts';
import { wireInstantText, wireMoney, wireNumber, wirePrice, type WireMoney } from './wire.ts';

/** Lines of money on the edge to the customer: what the order costs the one who ordered. */
export function ofCustomer(order: OrderDetail): OrderCharge[] {
  return order.charges.filter(({ buyerId }) => buyerId === order.customerId);
}

/** The financial breakdown of an order: one entry for each charge (SimpleAPI reference 4.4). */
export function detailsOf(order: OrderDetail, { plans, labels }: OrderContext) {
  const lineAt = new Map(order.lines.map((line) => [line.position, line]));
  const at = wireInstantText(order.placedAt);
  return ofCustomer(order).flatMap((charge) => {
    const line = lineAt.get(charge.position);
    if (line === undefined) return [];
    const billingPeriod = plans.get(planKey(line))?.billingPeriod;
    const prices = pricesOf(order, line, charge);
    const type = detailType(order.type, charge, prices);
    const term = isForDays(type) && billingPeriod !== undefined ? termOf(billingPeriod, charge.fraction) : undefined;
    const label = labels.get(line.rateId);
    const unitPrice = unitPriceOf(charge, prices);
    const extendedPrice = wirePrice(charge.amount);
    return [
      {
        type,
        mpn: line.mpn,
        ...(label === undefined ? {} : { productId: productId(label.number) }),
        ...(term === undefined ? {} : { duration: term }),
        description: descriptionOf(line.name, type, charge, term),
        quantity: wireNumber(charge.quantity),
        unitPrice,
        salesUnitPrice: unitPrice,
        extendedPrice,
        salesExtendedPrice: extendedPrice,
        ...discounts(charge),
        ...untaxed(charge.amount.currency),
        ...exchanged(charge, at),
      },
    ];
  });
}

/** What a discount has taken off, where the charge has one (SimpleAPI reference 5, schema `Discount`). */
function discounts(charge: OrderCharge) {
  const taken = discountOf(charge);
  if (taken === undefined) return {};
  const discount = {
    type: taken.type === 'percent' ? 'percent' : 'fixed',
    value: taken.value,
    ...(taken.amount === null ? {} : { amount: formatMoney(taken.amount), amountCode: taken.amount.currency }),
  };
  return { discount, salesDiscount: discount };
}

/** At which rate, and of which day, a price in another currency became the one that is charged. */
function exchanged({ source: { exchange } }: OrderCharge, at: string) {
  if (exchange === undefined) return { exchangeRate: 1, exchangeTime: at };
  return { exchangeRate: wireNumber(decimal(exchange.rate)), exchangeTime: `${exchange.date}T00:00:00Z` };
}

const noTaxes = new Map<string, Readonly<Record<string, WireMoney>>>();

/** No taxes are computed here: prices are what they are, and tax is nothing. */
function untaxed(currency: string): Readonly<Record<string, WireMoney>> {
  let known = noTaxes.get(currency);
  if (known === undefined) {
    const none = wirePrice(sumMoney([], currency));
    known = { taxAmount: none, salesTaxAmount: none, exclusiveTaxAmount: none, salesExclusiveTaxAmount: none };
    noTaxes.set(currency, known);
  }
  return known;
}

/** The prices that the subscription has for a line, on the edge of a charge. */
function pricesOf(order: OrderDetail, line: OrderLine, { buyerId }: OrderCharge): LockedPrices | undefined {
  const subscription = order.subscriptions.find(
    ({ id, planId }) => id === line.subscriptionId && planId === line.planId,
  );
  const edge = subscription?.ledger.find((one) => one.buyerId === buyerId);
  return edge?.items.find(({ rateId }) => rateId === line.rateId)?.prices;
}

/** The price of a unit; with all of its tiers where it has more than one. */
function unitPriceOf(charge: OrderCharge, prices: LockedPrices | undefined) {
  const unit = wireMoney(charge.amount.currency, charge.unitPrice);
  const price = charge.type === 'setup' ? prices?.setup : prices?.recurring;
  if (price === undefined || price.tiers.length < 2 || price.currency !== charge.amount.currency) return unit;
  const priceTiers = price.tiers.map(({ lowerLimit, amount }) => ({
    lowerLimit: formatDecimal(lowerLimit),
    amount: formatDecimal(amount),
  }));
  return { ...unit, priceTiers };
}

/** What a charge is called where its prices are not at hand: what is given back whole may be a setup or a period. */
export function chargeType({ type, fraction }: Pick<OrderCharge, 'type' | 'fraction'>): string {
  if (type !== 'refund') return type;
  return fraction.numerator === fraction.denominator ? 'refund' : 'recurringRefund';
}

/**
 * The types of the documents (SimpleAPI reference 4.4). Where the unit price of what is given back whole is that of only one of setup and
 * period, it is told as that.
 */
function detailType(orderType: OrderDetail['type'], charge: OrderCharge, prices: LockedPrices | undefined): string {
  const type = chargeType(charge);
  if (type === 'recurring') return orderType === 'renewal' ? 'renew' : type;
  if (type !== 'refund') return type;
  const isOf = (price: LockedPrices['setup']): boolean =>
    price?.tiers.some(({ amount }) => compareDecimal(amount, charge.unitPrice) === 0) ?? false;
  const [setup, recurring] = [isOf(prices?.setup), isOf(prices?.recurring)];
  if (setup === recurring) return type;
  return setup ? 'setupRefund' : 'recurringRefund';
}

function isForDays(type: string): boolean {
  return type === 'recurring' || type === 'renew' || type === 'recurringRefund';
}

type Term = { readonly type: string; readonly duration: number };

/** How many of the plan's units a charge is for; part of one when the period is charged in part. */
function termOf({ unit, count }: Period, { numerator, denominator }: Fraction): Term {
  return { type: unit, duration: Number(((Number(numerator) / Number(denominator)) * count).toFixed(6)) };
}

const words: Readonly<Record<string, string>> = {
  renew: 'Renewal',
  recurringRefund: 'Recurring Refund',
  setupRefund: 'Setup Refund',
};

/**
 * As seen on a live platform: `<product> Recurring (1 Month(s) term) from 2026-09-18 through 2026-10-17` (SimpleAPI
 * reference 4.4). The last day is included.
 */
function descriptionOf(product: string, type: string, { period }: OrderCharge, term: Term | undefined): string {
  const kind = words[type] ?? capitalized(type);
  if (term === undefined) return `${product} ${kind}`;
  const dates = `from ${dateText(period.start)} through ${dateText(dayBefore(period.end))}`;
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

export function totalOf(order: Pick<OrderDetail, 'currency' | 'total'>): WireMoney {
  return wireMoney(order.currency, decimal(order.total));
}
