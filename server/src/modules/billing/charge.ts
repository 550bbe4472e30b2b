import {
  addDecimal,
  boundary,
  compareDecimal,
  daysIn,
  formatDecimal,
  minDecimal,
  multiplyDecimal,
  money,
  roundHalfAwayFromZero,
  currencyExponent,
  subtractDecimal,
  type Temporal,
  zero,
  type DateRange,
  type Decimal,
  type Fraction,
  type Money,
  type RateId,
} from '@tierline/kernel';
import type { PlanVersion, PriceModel } from '../catalog/index.ts';
import type { PriceSource, Tier } from '../pricing/index.ts';

export const chargeKinds = ['setup', 'recurring', 'overuse', 'refund', 'adjustment'] as const;
/** What a charge is. A refund takes back, in part or whole, what was charged before; its amount is negative. */
export type ChargeKind = (typeof chargeKinds)[number];

/** One line of money on one edge for one period, before it has an id. */
export type Charge = {
  readonly rateId: RateId;
  readonly sellerId: string;
  readonly buyerId: string;
  readonly type: ChargeKind;
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly fraction: Fraction;
  readonly period: DateRange;
  readonly amount: Money;
  /** The seller's date on which the charge arose. */
  readonly bookedOn: string;
  readonly source: PriceSource;
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

/** The date from which a license is charged for. */
export function startOfCharging(
  plan: Pick<PlanVersion, 'chargeableMonths'>,
  anchor: Temporal.PlainDate,
): Temporal.PlainDate {
  return plan.chargeableMonths === 0 ? anchor : boundary(anchor, plan.chargeableMonths, { unit: 'month', count: 1 });
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
