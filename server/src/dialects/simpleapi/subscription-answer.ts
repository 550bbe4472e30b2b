import {
  addMoney,
  dateIn,
  formatDecimal,
  fraction,
  periodInMonths,
  sumMoney,
  formatMoney,
  Temporal,
  whole,
  type Money,
} from '@tierline/kernel';
import { partAmounts, tierParts, type LockedPrice } from '../../modules/billing/index.ts';
import type { NamedRate, PlanVersion } from '../../modules/catalog/index.ts';
import type { Item, Subscription } from '../../modules/subscriptions/index.ts';
import { idOfSerial, productId } from './ids.ts';
import { billingModels, wireMoney, wireNumber, wirePeriod, type WireMoney } from './wire.ts';

/** What the subscription's answer needs beside it. */
export type SubscriptionContext = {
  readonly customerNumber: string;
  /** Of the owner: subscriptions have civil dates (SimpleAPI reference 1). */
  readonly timeZone: string;
  readonly plan: PlanVersion | undefined;
};

/** A recurring price, whether locked for the term or of the day. */
export type ItemPrice = Pick<LockedPrice, 'currency' | 'tiers'>;

/** An item with its rate and its recurring prices on the two edges of the caller; undefined where there is none. */
export type PricedItem = {
  readonly item: Item;
  readonly named: NamedRate | undefined;
  readonly price: ItemPrice | undefined;
  readonly cost: ItemPrice | undefined;
};

/**
 * An entry of the list (SimpleAPI reference 4.7). `expirationDate` is the last day of the term, as the documents' aligned
 * expiration at the end of a month is the month's last day; a subscription that renews by itself does so on the day after.
 */
export function subscriptionToWire(
  subscription: Subscription,
  { customerNumber, timeZone, plan }: SubscriptionContext,
) {
  const dateOf = (instant: string): string => dateIn(Temporal.Instant.from(instant), timeZone).toString();
  return {
    id: idOfSerial(subscription.serial),
    name: subscription.name,
    customerId: customerNumber,
    status: subscription.status,
    attributes: subscription.attributes,
    renewalStatus: subscription.autoRenewal,
    creationDate: dateOf(subscription.createdAt),
    ...(subscription.autoRenewal ? { renewalDate: subscription.endOn } : {}),
    lastModifiedDate: dateOf(subscription.updatedAt),
    expirationDate: Temporal.PlainDate.from(subscription.endOn).subtract({ days: 1 }).toString(),
    ...(plan === undefined
      ? {}
      : {
          billingModel: billingModels[plan.billingModel],
          billingPeriod: wirePeriod(plan.billingPeriod),
          subscriptionPeriod: wirePeriod(plan.subscriptionPeriod),
          planId: Number(plan.number),
        }),
  };
}

export type Parameter = Readonly<Record<string, unknown>>;

export function subscriptionDetailToWire(
  subscription: Subscription,
  context: SubscriptionContext,
  items: readonly PricedItem[],
  orderParameters: readonly Parameter[],
) {
  const { plan } = context;
  const priced = plan === undefined ? [] : items.map((item) => amountsOf(item, plan));
  const totals = plan === undefined ? {} : totalsOf(priced);
  const { vendorSubscriptionId } = subscription;
  // At the vendor, too, all products of a plan are one subscription.
  const vendorId = vendorSubscriptionId === undefined ? {} : { vendorSubscriptionId };
  return {
    ...subscriptionToWire(subscription, context),
    ...totals,
    products: items.map((item, index) => ({
      ...productToWire(item, priced[index]),
      ...vendorId,
    })),
    orderParameters,
    fulfillmentParameters: fulfillmentOf(subscription),
  };
}

/** What of an item repeats: one billing period, and the whole subscription period, on both edges of the caller. */
type Amounts = {
  readonly perPeriod: Money | undefined;
  readonly price: Money | undefined;
  readonly cost: Money | undefined;
};

function amountsOf({ item, named, price, cost }: PricedItem, plan: PlanVersion): Amounts {
  if (named === undefined) return { perPeriod: undefined, price: undefined, cost: undefined };
  const model = named.rate.priceModel;
  const one = (of: ItemPrice | undefined, periods: number): Money | undefined => {
    if (of === undefined) return undefined;
    const parts = tierParts(model, of.tiers, item.quantity);
    return sumMoney(partAmounts(parts, periods === 1 ? whole : fraction(periods, 1), of.currency), of.currency);
  };
  const periods = periodsIn(plan);
  /** Each period is charged, and rounded, by itself, except when all of them are charged at once. */
  const all = (of: ItemPrice | undefined): Money | undefined => {
    if (plan.billingModel === 'before_subscription_period') return one(of, periods);
    const single = one(of, 1);
    return single && { minor: single.minor * BigInt(periods), currency: single.currency };
  };
  return { perPeriod: one(price, 1), price: all(price), cost: all(cost) };
}

/** Billing periods in the subscription period; the catalog takes care that they are a whole number. */
function periodsIn({ subscriptionPeriod, billingPeriod }: PlanVersion): number {
  const [all, one] = [periodInMonths(subscriptionPeriod), periodInMonths(billingPeriod)];
  return all === undefined || one === undefined ? subscriptionPeriod.count / billingPeriod.count : all / one;
}

/** A total is only told when every product has its amount, in one currency: part of a sum would be a wrong sum. */
function totalsOf(priced: readonly Amounts[]) {
  return {
    ...totalOf('totalPrice', priced, ({ perPeriod }) => perPeriod),
    ...totalOf('totalSubscriptionPrice', priced, ({ price }) => price),
    ...totalOf('totalSubscriptionCost', priced, ({ cost }) => cost),
  };
}

function totalOf(
  name: string,
  priced: readonly Amounts[],
  amountOf: (amounts: Amounts) => Money | undefined,
): Record<string, WireMoney> {
  const amounts = priced.map(amountOf);
  const [first, ...rest] = amounts;
  if (first === undefined) return {};
  let sum = first;
  for (const amount of rest) {
    if (amount?.currency !== first.currency) return {};
    sum = addMoney(sum, amount);
  }
  return { [name]: moneyToWire(sum) };
}

function productToWire({ item, named, price, cost }: PricedItem, amounts: Amounts | undefined) {
  return {
    mpn: item.mpn,
    vendor: item.vendorCode,
    ...(named === undefined ? {} : { id: productId(named.rate.number) }),
    quantity: wireNumber(item.quantity),
    name: item.name,
    ...unitOf('unitPrice', price),
    ...unitOf('unitCost', cost),
    ...amountOf('extendedPrice', amounts?.perPeriod),
    ...amountOf('totalSubscriptionPrice', amounts?.price),
    ...amountOf('totalSubscriptionCost', amounts?.cost),
  };
}

/** One price of a unit, or that of the first tier with all tiers beside it: limits are strings there (schema `OrderPriceTier`). */
function unitOf(name: string, price: ItemPrice | undefined): Record<string, unknown> {
  const first = price?.tiers[0];
  if (price === undefined || first === undefined) return {};
  const unit = wireMoney(price.currency, first.amount);
  if (price.tiers.length === 1) return { [name]: unit };
  const priceTiers = price.tiers.map((tier) => ({
    lowerLimit: formatDecimal(tier.lowerLimit),
    amount: wireMoney(price.currency, tier.amount).amount,
  }));
  return { [name]: { ...unit, priceTiers } };
}

function amountOf(name: string, amount: Money | undefined): Record<string, WireMoney> {
  return amount === undefined ? {} : { [name]: moneyToWire(amount) };
}

function moneyToWire(amount: Money): WireMoney {
  return { currency: amount.currency, amount: formatMoney(amount) };
}

/** What came back from provisioning: the codes with which the software is activated. */
function fulfillmentOf({ status, licenses }: Subscription): Parameter[] {
  if (status === 'pending') return [];
  return licenses.map(({ activationCode }) => ({ name: 'activationCode', value: activationCode }));
}
