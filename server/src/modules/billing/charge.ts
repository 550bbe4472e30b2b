import {
  addDecimal,
  boundary,
  compareDecimal,
  daysIn,
  fraction,
  formatDecimal,
  minDecimal,
  multiplyDecimal,
  money,
  prorate,
  roundHalfAwayFromZero,
  currencyExponent,
  subtractDecimal,
  Temporal,
  whole,
  zero,
  type DateRange,
  type Decimal,
  type Fraction,
  type Money,
  type Period,
  type RateId,
} from '@tierline/kernel';
import type { ChargeType, PlanVersion, PriceModel, Rate } from '../catalog/index.ts';
import type { EdgePrice, EdgePrices, PriceSource, RatePrices, Tier } from '../pricing/index.ts';

/** One line of money on one edge for one period, before it has an id. */
export type Charge = {
  readonly rateId: RateId;
  readonly sellerId: string;
  readonly buyerId: string;
  readonly type: ChargeType;
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly fraction: Fraction;
  readonly period: DateRange;
  readonly amount: Money;
  /** The seller's date on which the charge arose. */
  readonly bookedOn: string;
  readonly source: PriceSource;
};

export type ChargedLine = {
  readonly plan: PlanVersion;
  readonly rate: Rate;
  readonly quantity: Decimal;
  readonly prices: RatePrices;
  /** Who buys on the last edge. */
  readonly customerId: string;
};

/** What a quantity costs, tier by tier: how many units at which unit price. */
export function tierParts(
  model: PriceModel,
  tiers: readonly Tier[],
  quantity: Decimal,
): { quantity: Decimal; unitPrice: Decimal }[] {
  const first = tiers[0];
  if (first === undefined) return [];
  if (model === 'flat') return [{ quantity, unitPrice: first.amount }];
  if (model === 'volume') {
    const reached = tiers.findLast((tier) => compareDecimal(tier.lowerLimit, quantity) <= 0) ?? first;
    return [{ quantity, unitPrice: reached.amount }];
  }
  return tiers.flatMap((tier, index) => {
    const next = tiers[index + 1];
    const upTo = next === undefined ? quantity : minDecimal(next.lowerLimit, quantity);
    const part = subtractDecimal(upTo, tier.lowerLimit);
    return compareDecimal(part, zero) > 0 ? [{ quantity: part, unitPrice: tier.amount }] : [];
  });
}

/**
 * The amounts of the parts of one line. Each is round(sum up to it) - round(sum before it), so that the parts sum to
 * the line rounded once, half away from zero.
 */
export function partAmounts(
  parts: readonly { quantity: Decimal; unitPrice: Decimal }[],
  of: Fraction,
  currency: string,
): Money[] {
  const scale = currencyExponent(currency);
  let sum = zero;
  let before = 0n;
  return parts.map((part) => {
    sum = addDecimal(sum, multiplyDecimal(part.quantity, part.unitPrice));
    const upTo = roundHalfAwayFromZero(
      sum.coefficient * of.numerator * 10n ** BigInt(scale),
      of.denominator * 10n ** BigInt(sum.scale),
    );
    const amount = money(upTo - before, currency);
    before = upTo;
    return amount;
  });
}

/** The charges that arise on every edge when a line is sold. Edges without a price have none. */
export function firstCharges(line: ChargedLine): Charge[] {
  return line.prices.flatMap((edge) => {
    const charges: Charge[] = [];
    const anchor = plainDate(edge.date);
    const setup = edge.byType.setup;
    if (setup !== undefined)
      charges.push(...chargesOf(line, edge, 'setup', setup, whole, onePeriod(anchor, line.plan.billingPeriod)));
    const recurring = edge.byType.recurring;
    const first = firstPeriod(line.plan, anchor);
    if (recurring !== undefined && first !== undefined) {
      charges.push(...chargesOf(line, edge, 'recurring', recurring, first.fraction, first.period));
    }
    return charges;
  });
}

function chargesOf(
  line: ChargedLine,
  edge: EdgePrices,
  type: ChargeType,
  price: EdgePrice,
  of: Fraction,
  period: DateRange,
): Charge[] {
  const parts = tierParts(line.rate.priceModel, price.tiers, line.quantity);
  const amounts = partAmounts(parts, of, price.currency);
  return parts.map((part, index) => ({
    rateId: line.rate.rateId,
    sellerId: edge.sellerId,
    buyerId: edge.buyerId ?? line.customerId,
    type,
    quantity: part.quantity,
    unitPrice: part.unitPrice,
    fraction: of,
    period,
    amount: amounts[index]!,
    bookedOn: edge.date,
    source: price.source,
  }));
}

/**
 * The part of a new subscription that is charged at its start, as a multiple of one billing period; undefined when
 * nothing is: billed afterwards, rated elsewhere, or free in its first months.
 */
export function firstPeriod(
  plan: PlanVersion,
  anchor: Temporal.PlainDate,
): { fraction: Fraction; period: DateRange } | undefined {
  if (plan.billingModel === 'after_billing_period' || plan.billingModel === 'external_rating') return undefined;
  const from = startOfCharging(plan, anchor);
  if (plan.billingModel === 'before_billing_period') {
    const period = onePeriod(anchor, plan.billingPeriod);
    if (Temporal.PlainDate.compare(from, period.end) >= 0) return undefined;
    return { fraction: isSame(from, anchor) ? whole : prorate(from, period), period: { start: from, end: period.end } };
  }
  return wholeSubscription(plan, anchor, from);
}

/** All billing periods of the first subscription period in advance; the free months at its start are left out by the day. */
function wholeSubscription(plan: PlanVersion, anchor: Temporal.PlainDate, from: Temporal.PlainDate) {
  const end = boundary(anchor, 1, plan.subscriptionPeriod);
  if (Temporal.PlainDate.compare(from, end) >= 0) return undefined;
  let periods = 0n;
  let partial: Fraction = fraction(0, 1);
  for (let index = 0; ; index += 1) {
    const period = {
      start: boundary(anchor, index, plan.billingPeriod),
      end: boundary(anchor, index + 1, plan.billingPeriod),
    };
    if (Temporal.PlainDate.compare(period.start, end) >= 0) break;
    if (Temporal.PlainDate.compare(period.end, from) <= 0) continue;
    if (Temporal.PlainDate.compare(from, period.start) > 0) partial = prorate(from, period);
    else periods += 1n;
  }
  const { numerator, denominator } = partial;
  return { fraction: fraction(periods * denominator + numerator, denominator), period: { start: from, end } };
}

/** The date from which a license is charged for. */
export function startOfCharging(
  plan: Pick<PlanVersion, 'chargeableMonths'>,
  anchor: Temporal.PlainDate,
): Temporal.PlainDate {
  return plan.chargeableMonths === 0 ? anchor : boundary(anchor, plan.chargeableMonths, { unit: 'month', count: 1 });
}

function onePeriod(anchor: Temporal.PlainDate, period: Period): DateRange {
  return { start: anchor, end: boundary(anchor, 1, period) };
}

const dates = new Map<string, Temporal.PlainDate>();

/** Dates repeat from order to order, so their parsed form is remembered. */
export function plainDate(text: string): Temporal.PlainDate {
  let date = dates.get(text);
  if (date === undefined) {
    date = Temporal.PlainDate.from(text);
    if (dates.size > 1000) dates.clear();
    dates.set(text, date);
  }
  return date;
}

const dateTexts = new WeakMap<Temporal.PlainDate, string>();

/** A date as ISO text. The dates of a day's sales are shared objects, so each is written out once. */
export function dateText(date: Temporal.PlainDate): string {
  let text = dateTexts.get(date);
  if (text === undefined) {
    text = date.toString();
    dateTexts.set(date, text);
  }
  return text;
}

function isSame(a: Temporal.PlainDate, b: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(a, b) === 0;
}

/** How a charge reads for a person: `Storage Recurring 10 x 1.15, 2026-01-15 to 2026-02-15 (17/31)`. */
export function describeCharge(name: string, charge: Charge): string {
  const kind = charge.type.slice(0, 1).toUpperCase() + charge.type.slice(1);
  const part =
    charge.fraction.numerator === charge.fraction.denominator
      ? ''
      : ` (${charge.fraction.numerator}/${charge.fraction.denominator})`;
  const days =
    daysIn(charge.period) === 0 ? '' : `, ${charge.period.start.toString()} to ${charge.period.end.toString()}`;
  return `${name} ${kind} ${formatDecimal(charge.quantity)} x ${formatDecimal(charge.unitPrice)}${days}${part}`;
}
