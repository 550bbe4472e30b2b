import {
  compareDecimal,
  dateIn,
  decimal,
  formatDecimal,
  formatMoney,
  instantText,
  invalid,
  maxDecimal,
  type Temporal,
  zeroMoney,
  addMoney,
  zero,
  type Decimal,
  type LicenseId,
  type Money,
  type OrderId,
  type RateId,
  type Reason,
  type SubscriptionId,
} from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import { dateText, plainDate } from '../billing/index.ts';
import type { NamedRate } from '../catalog/index.ts';
import { statusRules, type OrderingCustomer } from '../customers/index.ts';
import { missingRateMessage, type Deal, type RatePrices } from '../pricing/index.ts';
import { nextDue, type Subscription } from '../subscriptions/index.ts';
import { parameterReasons } from './parameters.ts';
import { openSubscription, sell, waitsAfterSale, type SaleTerms } from './opening.ts';
import type { OrderCharge, OrderDetail, OrderLine, OrderStatus } from './order.ts';

/** A line of which it is known what it means. `index` is its place in the request, for messages. */
export type ResolvedLine = {
  readonly named: NamedRate;
  readonly quantity: Decimal;
  readonly origin: OrderLine['origin'];
  readonly parameters: readonly unknown[] | null;
  readonly index: number;
  readonly deals?: readonly Deal[];
};

/** Everything that the decision depends on. Ids and numbers are made by the caller, so the decision is a pure function. */
export type Placement = {
  readonly owner: AccountNode;
  readonly customer: OrderingCustomer;
  readonly lines: readonly ResolvedLine[];
  readonly prices: readonly RatePrices[];
  readonly poNumber: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly surface: string;
  readonly actor: string;
  readonly at: Temporal.Instant;
  readonly identity: Identity;
  readonly terms: SaleTerms;
  /** Trials that the customer has had already, by plan. */
  readonly trialsHad: ReadonlySet<string>;
};

export type Identity = {
  readonly orderId: OrderId;
  readonly orderSerial: string;
  readonly subscription: (index: number) => {
    id: SubscriptionId;
    serial: string;
    licenseId: LicenseId;
    activationCode: string;
  };
  readonly chargeId: () => string;
};

/** The order, decided: exactly what a preview shows and what a commit writes. Throws every reason against it at once. */
export function decidePlacement(placement: Placement): OrderDetail {
  const reasons = [...customerReasons(placement.customer), ...lineReasons(placement)];
  if (reasons.length > 0) throw invalid(reasons, suggestion(placement, reasons));
  const byPlan = Map.groupBy(placement.lines, ({ named }) => named.plan.planId);
  const at = instantText(placement.at);
  const opened = [...byPlan.values()].map((lines, index) => newSubscription(placement, lines, index));
  const status = statusOfSale(opened);
  const subscriptionOf = new Map(opened.map((subscription) => [subscription.planId, subscription.id]));
  const lines = placement.lines.map((line, position) =>
    newLine(line, position, subscriptionOf.get(line.named.plan.planId)!),
  );
  const ledgers = new Map(opened.map((subscription) => [subscription.planId, [...subscription.ledger]]));
  const charges = placement.lines.flatMap((line, position) => {
    const { planId } = line.named.plan;
    const booked = sell(line, placement.prices[position]!, ledgers.get(planId)!, placement.terms);
    // What waits for a sign-in keeps the prices of now, and is charged for when its term begins.
    if (waitsAfterSale(line.named.plan, placement.terms)) return [];
    const subscriptionId = subscriptionOf.get(planId)!;
    return booked.map((charge): OrderCharge => ({
      ...charge,
      id: placement.identity.chargeId(),
      position,
      subscriptionId,
    }));
  });
  const subscriptions = opened.map((subscription) => ({ ...subscription, ledger: ledgers.get(subscription.planId)! }));
  const currency = currencyOf(placement);
  return {
    id: placement.identity.orderId,
    ownerId: placement.owner.account.id,
    serial: placement.identity.orderSerial,
    type: placement.terms.migration === null ? 'sales' : 'migration',
    status,
    customerId: placement.customer.id,
    poNumber: placement.poNumber,
    surface: placement.surface,
    placedBy: placement.actor,
    currency,
    total: formatMoney(totalOn(charges, placement.customer.id, currency)),
    attributes: placement.attributes,
    version: 1,
    placedAt: at,
    completedAt: status === 'completed' ? at : null,
    statusReason: null,
    lines,
    charges,
    subscriptions,
  };
}

/** Of what is sold: something is with its vendor, or nothing is done before somebody signs in, or all of it is there at once. */
export function statusOfSale(opened: readonly Pick<Subscription, 'status' | 'waitsFor'>[]): OrderStatus {
  if (opened.some(({ status, waitsFor }) => status === 'pending' && waitsFor === null)) return 'processing';
  return opened.some(({ waitsFor }) => waitsFor !== null) ? 'submitted' : 'completed';
}

function newSubscription(placement: Placement, lines: readonly ResolvedLine[], index: number): Subscription {
  const { owner, customer, identity, at, prices, terms } = placement;
  return openSubscription({
    owner,
    customerId: customer.id,
    orderId: identity.orderId,
    at,
    lines,
    prices: lines.map((line) => prices[placement.lines.indexOf(line)]!),
    terms,
    identity: identity.subscription(index),
  });
}

export type FirstDue = { readonly subscriptionId: SubscriptionId; readonly at: string };

/** When something first happens to each subscription of the order by itself. */
export function firstDue({ owner, lines }: Placement, { subscriptions }: OrderDetail): FirstDue[] {
  return subscriptions.flatMap((subscription) => {
    const { plan } = lines.find(({ named }) => named.plan.planId === subscription.planId)!.named;
    const due = nextDue(subscription, plan, owner.account.timeZone);
    return due === undefined ? [] : [{ subscriptionId: subscription.id, at: instantText(due.at) }];
  });
}

function customerReasons(customer: OrderingCustomer): Reason[] {
  const rule = statusRules[customer.status];
  if (rule.mayOrder) return [];
  return [
    {
      code: 'orders.customer_may_not_order',
      field: 'customer_id',
      message: `The customer ${rule.why}, so it can't order.`,
    },
  ];
}

function lineReasons(placement: Placement): Reason[] {
  const { lines, prices, owner } = placement;
  const reasons: Reason[] = [];
  const held = new Map<string, number>();
  const currencies = new Set<string>();
  for (const [position, { named, quantity, index }] of lines.entries()) {
    const field = `lines.${index}`;
    const { rate, plan } = named;
    const before = held.get(rate.rateId);
    if (before !== undefined) {
      reasons.push({
        code: 'orders.product_repeated',
        field,
        message: `${rate.name} stands in line ${before} already. Put the whole quantity in one line.`,
      });
    }
    held.set(rate.rateId, index);
    if (
      compareDecimal(quantity, rate.quantityMin) < 0 ||
      compareDecimal(quantity, rate.quantityMax) > 0 ||
      compareDecimal(quantity, zero) <= 0
    ) {
      const least = compareDecimal(rate.quantityMin, zero) > 0 ? formatDecimal(rate.quantityMin) : 'more than 0';
      reasons.push({
        code: 'orders.quantity_out_of_bounds',
        field: `${field}.quantity`,
        message: `The quantity of ${rate.name} must be ${least === 'more than 0' ? least : `at least ${least}`} and at most ${formatDecimal(rate.quantityMax)}.`,
      });
    }
    if (plan.product.status !== 'active') {
      reasons.push({
        code: 'orders.product_not_sold',
        field,
        message: `${plan.product.name} is at ${plan.product.status.replaceAll('_', ' ')}.`,
      });
    }
    // What is not for resale costs nothing, whatever its prices are.
    if (!placement.terms.notForResale) reasons.push(...priceReasons(named, prices[position]!, owner, field));
    for (const price of Object.values(prices[position]!.at(-1)!.byType)) currencies.add(price.currency);
  }
  if (currencies.size > 1) {
    reasons.push({
      code: 'orders.currencies_differ',
      field: 'lines',
      message: `One order has one currency; these lines are priced in ${[...currencies].join(' and ')}.`,
    });
  }
  return [...reasons, ...dependencyReasons(lines), ...termReasons(placement), ...parameterReasons(placement)];
}

/** A rate without a price can't be sold where its plan says so; below a floor it can't be sold at all. */
function priceReasons({ rate, plan }: NamedRate, prices: RatePrices, owner: AccountNode, field: string): Reason[] {
  const reasons: Reason[] = [];
  const maker = owner.chain.findIndex((account) => account.id === plan.makerId);
  for (const [index, edge] of prices.entries()) {
    const own = edge.buyerId === null;
    // A price for what recurs is a must; a setup fee or a price of overuse is one only where nothing recurs.
    const priced = rate.chargeTypes.includes('recurring')
      ? edge.byType.recurring !== undefined
      : Object.keys(edge.byType).length > 0;
    const [lacking] = Object.values(edge.missing ?? {});
    if (lacking !== undefined) {
      const message = own
        ? missingRateMessage(rate.name, lacking)
        : `${rate.name} can't be sold for now: a seller above you lacks an exchange rate for it. Ask your seller.`;
      reasons.push({ code: 'pricing.no_exchange_rate', field, message });
      break;
    }
    if (plan.pricing === 'required' && index >= maker && !priced) {
      reasons.push({
        code: 'orders.unpriced',
        field,
        message: own
          ? `You have no price for ${rate.name} yet. Set one in a price list.`
          : `${rate.name} has no price for you yet. Ask your seller.`,
      });
      break;
    }
    if (edge.floor === 'cost' && Object.values(edge.byType).some((price) => price.belowCost)) {
      reasons.push({
        code: 'orders.below_floor',
        field,
        message: own
          ? `Your price for ${rate.name} is below its cost, which the price floor forbids.`
          : `${rate.name} can't be sold for now: a seller above you would sell it below its cost. Ask your seller.`,
      });
    }
  }
  return reasons;
}

/** Trials are for once, and what comes from another system has dates that fit together. */
function termReasons({ lines, terms, trialsHad, at, owner }: Placement): Reason[] {
  const reasons: Reason[] = [];
  for (const { named, index } of lines) {
    const { plan } = named;
    if (plan.licenseVersion === 'trial' && plan.policies.trial.onePerCustomer && trialsHad.has(plan.planId)) {
      const message = `The customer has had a trial of ${plan.name} already; there is one for each.`;
      reasons.push({ code: 'orders.trial_used', field: `lines.${index}`, message });
    }
    if (terms.endsOn !== null && waitsAfterSale(plan, terms)) {
      const message = `${plan.name} begins with the first sign-in, so its end can't be aligned before.`;
      reasons.push({ code: 'orders.begins_with_sign_in', field: `lines.${index}`, message });
    }
  }
  const { migration, startOn } = terms;
  if (migration === null && startOn === undefined) return reasons;
  const today = dateIn(at, owner.account.timeZone).toString();
  if (startOn !== undefined) reasons.push(...startReasons(startOn, today));
  if (migration === null) return reasons;
  const add = (field: string, message: string): void =>
    void reasons.push({ code: 'orders.migration_dates', field: `migration.${field}`, message });
  if (migration.startOn > today) add('start_on', 'It began in the other system, so give today or a day before.');
  if (migration.endOn <= today) add('end_on', 'Give a day after today: what has ended is not brought over.');
  if (migration.billedUntil < today || migration.billedUntil > migration.endOn) {
    add('billed_until', 'Give the first day that is not billed yet, from today to the end of the term.');
  }
  return reasons;
}

/** How far ahead a sale can begin: as far as a renewal can be asked for by default. */
const startDaysMax = 366;

function startReasons(startOn: string, today: string): Reason[] {
  const latest = dateText(plainDate(today).add({ days: startDaysMax }));
  if (startOn >= today && startOn <= latest) return [];
  const message = `It can begin today or later, from ${today} to ${latest}.`;
  return [{ code: 'orders.start_out_of_range', field: 'start_on', message }];
}

function dependencyReasons(lines: readonly ResolvedLine[]): Reason[] {
  const ordered = new Set(lines.map(({ named }) => named.rate.rateId));
  return lines.flatMap(({ named, index }) =>
    named.rate.dependsOn
      .filter((base) => !ordered.has(base))
      .map((base) => ({
        code: 'orders.base_missing',
        field: `lines.${index}`,
        message: `${named.rate.name} needs ${base}, which this order does not have.`,
      })),
  );
}

/** The nearest valid request: the quantities within their bounds, where that is all that is wrong. */
function suggestion(placement: Placement, reasons: readonly Reason[]): Record<string, unknown> | undefined {
  if (!reasons.every(({ code }) => code === 'orders.quantity_out_of_bounds')) return undefined;
  return {
    nearest_valid: {
      lines: placement.lines.map(({ named: { rate }, quantity }) => {
        const least = maxDecimal(
          rate.quantityMin,
          compareDecimal(rate.quantityMin, zero) > 0 ? rate.quantityMin : decimal('1'),
        );
        const within =
          compareDecimal(quantity, least) < 0
            ? least
            : compareDecimal(quantity, rate.quantityMax) > 0
              ? rate.quantityMax
              : quantity;
        return { mpn: rate.mpn, quantity: formatDecimal(within) };
      }),
    },
  };
}

function newLine(
  { named: { rate }, quantity, origin, parameters }: ResolvedLine,
  position: number,
  subscriptionId: SubscriptionId,
): OrderLine {
  return {
    position,
    subscriptionId,
    planId: rate.planId,
    planVersion: rate.version,
    rateId: rate.rateId,
    resourceId: rate.resourceId,
    mpn: rate.mpn,
    vendorCode: rate.vendorCode,
    name: rate.name,
    quantity,
    previousQuantity: null,
    origin,
    parameters,
  };
}

function currencyOf({ prices, owner }: Placement): string {
  for (const edges of prices) for (const price of Object.values(edges.at(-1)!.byType)) return price.currency;
  return prices[0]?.at(-1)?.billedIn ?? owner.account.currency;
}

/** What one buyer pays for an order. */
export function totalOn(charges: readonly OrderCharge[], buyerId: string, currency: string): Money {
  return charges
    .filter((charge) => charge.buyerId === buyerId)
    .reduce((sum, charge) => addMoney(sum, charge.amount), zeroMoney(currency));
}

/** Rates that the lines depend on and the order lacks, each once, by plan. */
export function missingBases(
  lines: readonly ResolvedLine[],
): { planId: NamedRate['plan']['planId']; rateId: RateId; index: number }[] {
  const ordered = new Set(lines.map(({ named }) => named.rate.rateId));
  const missing = new Map<RateId, { planId: NamedRate['plan']['planId']; rateId: RateId; index: number }>();
  for (const { named, index } of lines) {
    for (const base of named.rate.dependsOn) {
      if (!ordered.has(base)) missing.set(base, { planId: named.plan.planId, rateId: base, index });
    }
  }
  return [...missing.values()];
}
