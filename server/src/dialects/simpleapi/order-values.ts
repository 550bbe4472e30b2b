import {
  addMoney,
  boundary,
  compareDecimal,
  dateIn,
  isZero,
  periodContaining,
  startOfDay,
  subtractMoney,
  sumMoney,
  Temporal,
  zero,
  zeroMoney,
  zeroRatio,
  type Money,
  type Period,
} from '@tierline/kernel';
import {
  dateText,
  daysAfter,
  laterDate,
  plainDate,
  recurringLines,
  type EdgeLedger,
  type LedgerItem,
} from '../../modules/billing/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import type { OrderDetail, OrderLine } from '../../modules/orders/index.ts';
import { listedAmount, unagreedTiers } from '../../modules/pricing/index.ts';
import type { Item, Subscription } from '../../modules/subscriptions/index.ts';
import { planKey, type OrderContext } from './order-context.ts';
import { wireInstant, wirePrice } from './wire.ts';

/**
 * Contract values (`tcvs`; SimpleAPI reference 5): what a subscription costs on an edge from the order to the end of its term, charge by charge as
 * it will be rounded, with the setup that the order charges. Told as long as the subscription is as the order left it.
 */

/** What something comes to, and what it would without discounts and special prices. */
type Worth = { readonly amount: Money; readonly listed: Money };

type Value = Worth & {
  readonly item: Item;
  /** Without setup. */
  readonly recurring: Worth | undefined;
};

export type ContractValues = {
  readonly subscription: readonly Record<string, unknown>[];
  readonly ofLine: (line: OrderLine) => readonly Record<string, unknown>[];
};

const none: ContractValues = { subscription: [], ofLine: () => [] };

export function contractValues(order: OrderDetail, subscription: Subscription, context: OrderContext): ContractValues {
  const plan = context.plans.get(planKey(subscription));
  if (plan === undefined || !isAsLeft(order, subscription, plan)) return none;
  const placedAt = Temporal.Instant.from(order.placedAt);
  const edges = visibleEdges(subscription, context).map(({ edge, timeZone }) => {
    const from = dateText(dateIn(placedAt, timeZone));
    return { edge, timeZone, from, values: itemValues(order, subscription, plan, edge, from) };
  });
  return {
    subscription: edges.flatMap(({ edge, timeZone, from, values }) => {
      const total = sumOf(values);
      if (total === undefined) return [];
      const period = periodValue(subscription, plan, edge, from, values);
      return [
        {
          ...amounts(total),
          ...partiesOf(edge, context),
          startDate: wireInstant(startOfDay(plainDate(from), timeZone)),
          endDate: wireInstant(startOfDay(plainDate(edge.endOn), timeZone)),
          ...(period === undefined ? {} : { planPeriod: amounts(period) }),
        },
      ];
    }),
    ofLine: (line) =>
      edges.flatMap(({ edge, values }) => {
        const value = values.find(({ item }) => item.rateId === line.rateId);
        return value === undefined ? [] : [{ ...amounts(value), ...partiesOf(edge, context) }];
      }),
  };
}

function isAsLeft({ lines, placedAt, type }: OrderDetail, subscription: Subscription, plan: PlanVersion): boolean {
  if (type === 'renewal' || type === 'cancellation' || subscription.status === 'terminated') return false;
  const own = lines.filter(
    ({ subscriptionId, planId }) => subscriptionId === subscription.id && planId === subscription.planId,
  );
  const isHeld = own.every(({ rateId, quantity }) => {
    const item = subscription.items.find((one) => one.rateId === rateId);
    return item === undefined ? isZero(quantity) : compareDecimal(item.quantity, quantity) === 0;
  });
  // A later term has prices and an end of its own.
  const most = dateText(boundary(plainDate(daysAfter(placedAt.slice(0, 10), 1)), 1, plan.subscriptionPeriod));
  return isHeld && subscription.endOn <= most && subscription.ledger.every(({ upcoming }) => upcoming === null);
}

/** The edges on which the caller buys, and those below it. */
function visibleEdges({ ledger }: Subscription, { node, viewerId }: OrderContext) {
  const own = node.chain.findIndex(({ id }) => id === viewerId);
  return ledger.flatMap((edge, index) => {
    const seller = node.chain[index];
    return seller === undefined || index < own - 1 ? [] : [{ edge, timeZone: seller.timeZone }];
  });
}

function itemValues(
  order: OrderDetail,
  { items }: Subscription,
  plan: PlanVersion,
  edge: EdgeLedger,
  from: string,
): Value[] {
  return items.flatMap((item) => {
    const recurring = valueOf(plan, edge, item, from, edge.endOn);
    const setups = order.charges
      .filter(({ type, rateId, sellerId }) => type === 'setup' && rateId === item.rateId && sellerId === edge.sellerId)
      .map((charge) => discounted(charge.amount, listedAmount(charge)));
    const worth = sumOf([...(recurring === undefined ? [] : [recurring]), ...setups]);
    return worth === undefined ? [] : [{ item, recurring, ...worth }];
  });
}

/** Nothing is taken off by a price that is higher than the one that it stands in place of. */
function discounted(amount: Money, listed: Money | undefined): Worth {
  return { amount, listed: listed === undefined || listed.minor < amount.minor ? amount : listed };
}

/** The same for a whole subscription period of the plan, without setup. */
function periodValue(
  { items }: Subscription,
  plan: PlanVersion,
  edge: EdgeLedger,
  from: string,
  values: readonly Value[],
): Worth | undefined {
  const end = dateText(boundary(plainDate(from), 1, plan.subscriptionPeriod));
  const isTheTerm = edge.anchorOn === from && edge.chargeFrom <= from && edge.endOn === end;
  if (isTheTerm) return sumOf(values.flatMap(({ recurring }) => recurring ?? []));
  const whole = { ...edge, anchorOn: from, chargeFrom: from, endOn: end };
  return sumOf(items.flatMap((item) => valueOf(plan, whole, item, from, end) ?? []));
}

/** What recurs for an item over some days. */
function valueOf(plan: PlanVersion, edge: EdgeLedger, item: Item, from: string, to: string): Worth | undefined {
  const kept = edge.items.find(({ rateId }) => rateId === item.rateId);
  const price = kept?.prices.recurring;
  if (kept === undefined || price === undefined) return undefined;
  const days = { from, to };
  const amount = recurringOf(plan, edge, { kept, price, item }, days);
  const tiers = unagreedTiers(price);
  if (tiers === undefined) return { amount, listed: amount };
  return discounted(amount, recurringOf(plan, edge, { kept, price: { ...price, tiers }, item }, days));
}

/** Each billing period rounded by itself, as it is charged. */
function recurringOf(
  plan: PlanVersion,
  edge: EdgeLedger,
  priced: Priced,
  { from, to }: Omit<Window, 'isWhole'>,
): Money {
  let sum = zeroMoney(priced.price.currency);
  // Whole periods cost the same, so one of them is reckoned.
  let ofWhole: Money | undefined;
  for (const days of windowsOf(plan, edge.anchorOn, laterDate(from, edge.chargeFrom), to)) {
    const amount = (days.isWhole ? ofWhole : undefined) ?? amountOf(plan, edge, priced, days);
    if (days.isWhole) ofWhole = amount;
    sum = addMoney(sum, amount);
  }
  return sum;
}

type Window = { readonly from: string; readonly to: string; readonly isWhole: boolean };

const windows = new Map<string, readonly Window[]>();
const windowsMax = 2_000;

/** The billing periods between two days. Remembered: the orders of a day have the same ones. */
function windowsOf(plan: PlanVersion, anchorOn: string, from: string, to: string): readonly Window[] {
  if (from >= to) return [];
  if (plan.billingModel === 'before_subscription_period') return [{ from, to, isWhole: false }];
  const { unit, count } = plan.billingPeriod;
  const key = `${anchorOn}${from}${to}${count}${unit}`;
  let found = windows.get(key);
  if (found === undefined) {
    found = cut(plan.billingPeriod, anchorOn, from, to);
    if (windows.size >= windowsMax) windows.clear();
    windows.set(key, found);
  }
  return found;
}

function cut(period: Period, anchorOn: string, from: string, to: string): Window[] {
  const found: Window[] = [];
  for (let at = from; at < to; at = found.at(-1)!.to) {
    const { range } = periodContaining(plainDate(anchorOn), period, plainDate(at));
    const start = dateText(range.start);
    const end = dateText(range.end);
    found.push({ from: at, to: end < to ? end : to, isWhole: start === at && end <= to });
  }
  return found;
}

type Priced = {
  readonly kept: LedgerItem;
  readonly price: NonNullable<LedgerItem['prices']['recurring']>;
  readonly item: Item;
};

function amountOf(plan: PlanVersion, edge: EdgeLedger, { kept, price, item }: Priced, { from, to }: Window): Money {
  const change = { model: kept.model, before: zero, after: item.quantity };
  const { lines } = recurringLines(plan, edge, kept, {
    change,
    price,
    days: { from, to },
    bookedOn: from,
    exact: zeroRatio,
  });
  return sumMoney(
    lines.map(({ amount }) => amount),
    price.currency,
  );
}

/** A sum of different currencies would be a wrong one. */
function sumOf(of: readonly Worth[]): Worth | undefined {
  const [first, ...rest] = of;
  if (first === undefined || rest.some(({ amount }) => amount.currency !== first.amount.currency)) return undefined;
  if (rest.length === 0) return first;
  const amount = rest.reduce((sum, one) => addMoney(sum, one.amount), first.amount);
  return { amount, listed: rest.reduce((sum, one) => addMoney(sum, one.listed), first.listed) };
}

/** `total` is without discounts and special prices, `discTotal` what they take off, `effectiveTotal` what is charged. */
function amounts({ amount, listed }: Worth) {
  return {
    total: wirePrice(listed),
    discTotal: wirePrice(subtractMoney(listed, amount)),
    effectiveTotal: wirePrice(amount),
  };
}

/** Integers here (SimpleAPI reference 1). */
function partiesOf({ sellerId, buyerId }: EdgeLedger, { node, customerNumber }: OrderContext) {
  const numberOf = (id: string): number => Number(node.chain.find((one) => one.id === id)?.number ?? customerNumber);
  return { sellerId: numberOf(sellerId), buyerId: numberOf(buyerId) };
}
