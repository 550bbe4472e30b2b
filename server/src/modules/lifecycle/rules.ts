import {
  addDecimal,
  compareDecimal,
  decimal,
  formatDecimal,
  isZero,
  maxDecimal,
  minDecimal,
  multiplyDecimal,
  one,
  zero,
  type Decimal,
  type RateId,
  type Reason,
} from '@tierline/kernel';
import type { Rate } from '../catalog/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Subscription } from '../subscriptions/index.ts';

/** Quantities by rate: what a subscription is to hold. What is missing is not held. */
export type Quantities = ReadonlyMap<RateId, Decimal>;

export type RuleInput = {
  readonly rates: ReadonlyMap<RateId, Rate>;
  readonly policies: Policies;
  /** What it holds now, with what its term began with. */
  readonly items: Subscription['items'];
  readonly wanted: Quantities;
  /** Whether this is within a term, where minimums of a commitment count. */
  readonly isWithinTerm: boolean;
};

/** Every reason why a subscription can't hold these quantities. */
export function quantityReasons(input: RuleInput): Reason[] {
  const reasons: Reason[] = [];
  for (const [rateId, quantity] of input.wanted) {
    const rate = input.rates.get(rateId);
    if (rate === undefined || compareDecimal(quantity, zero) === 0) continue;
    reasons.push(...boundReasons(rate, quantity), ...commitmentReasons(rate, quantity, input));
    reasons.push(...baseReasons(rate, quantity, input));
  }
  for (const { rateId } of input.items) {
    const rate = input.rates.get(rateId);
    if (rate !== undefined && !has(input.wanted, rateId)) reasons.push(...commitmentReasons(rate, zero, input));
  }
  return reasons;
}

function has(wanted: Quantities, rateId: RateId): boolean {
  const quantity = wanted.get(rateId);
  return quantity !== undefined && compareDecimal(quantity, zero) > 0;
}

function boundReasons(rate: Rate, quantity: Decimal): Reason[] {
  if (compareDecimal(quantity, rate.quantityMin) >= 0 && compareDecimal(quantity, rate.quantityMax) <= 0) return [];
  return [
    {
      code: 'lifecycle.quantity_out_of_bounds',
      field: fieldOf(rate),
      message: `The quantity of ${rate.name} must be at least ${formatDecimal(rate.quantityMin)} and at most ${formatDecimal(rate.quantityMax)}.`,
    },
  ];
}

/** What a quantity may not fall below until the end of the term. */
function committedLeast(rate: Rate, { policies, items, isWithinTerm }: RuleInput): Decimal {
  const { minimum, percent } = policies.commitment;
  const item = items.find(({ rateId }) => rateId === rate.rateId);
  if (minimum === 'none' || !isWithinTerm || item === undefined) return zero;
  return minimum === 'initial' ? item.committed : percentOf(item.committed, percent);
}

export function commitmentReasons(rate: Rate, quantity: Decimal, input: RuleInput): Reason[] {
  const least = committedLeast(rate, input);
  if (compareDecimal(quantity, least) >= 0) return [];
  return [
    {
      code: 'lifecycle.below_commitment',
      field: fieldOf(rate),
      message: `${rate.name} is committed to at least ${formatDecimal(least)} until the end of the term.`,
    },
  ];
}

/** An add-on needs every base it depends on, and may be tied to the base's quantity. */
function baseReasons(rate: Rate, quantity: Decimal, { rates, wanted, policies }: RuleInput): Reason[] {
  const reasons: Reason[] = [];
  for (const baseId of rate.dependsOn) {
    const base = rates.get(baseId);
    const name = base?.name ?? 'its base';
    if (!has(wanted, baseId)) {
      reasons.push({
        code: 'lifecycle.base_missing',
        field: fieldOf(rate),
        message: `${rate.name} is an add-on of ${name} (MPN ${base?.mpn ?? 'unknown'}), which the subscription would not hold.`,
      });
    }
  }
  if (rate.dependsOn.length === 0) return reasons;
  const units = baseUnits(rate, wanted);
  const { withinBase, percentMinimum } = policies.addOns;
  if (withinBase && compareDecimal(quantity, units) > 0) {
    reasons.push({
      code: 'lifecycle.more_than_base',
      field: fieldOf(rate),
      message: `${rate.name} may have at most as many units as its base, ${formatDecimal(units)}.`,
    });
  }
  if (percentMinimum !== null && compareDecimal(quantity, percentOf(units, percentMinimum)) < 0) {
    reasons.push({
      code: 'lifecycle.below_base_share',
      field: fieldOf(rate),
      message: `${rate.name} must have at least ${percentMinimum} % of its base's units, ${formatDecimal(percentOf(units, percentMinimum))}.`,
    });
  }
  return reasons;
}

/** The add-ons that hold a base which is not held any more, or more units than it has where that counts. */
export function orphans({ rates, wanted, policies }: Pick<RuleInput, 'rates' | 'wanted' | 'policies'>): {
  readonly rate: Rate;
  readonly most: Decimal;
}[] {
  const found: { rate: Rate; most: Decimal }[] = [];
  for (const [rateId, quantity] of wanted) {
    const rate = rates.get(rateId);
    if (rate === undefined || rate.dependsOn.length === 0 || compareDecimal(quantity, zero) === 0) continue;
    const units = baseUnits(rate, wanted);
    const isHeld = rate.dependsOn.every((baseId) => has(wanted, baseId));
    if (!isHeld) found.push({ rate, most: zero });
    else if (policies.addOns.withinBase && compareDecimal(quantity, units) > 0) {
      // Fewer than the rate allows is none at all.
      found.push({ rate, most: compareDecimal(units, rate.quantityMin) < 0 ? zero : units });
    }
  }
  return found;
}

/** The same quantities with every orphan taken along, until there are none; but for those that were asked for as they are. */
export function cascaded(
  input: Pick<RuleInput, 'rates' | 'wanted' | 'policies'>,
  asked: ReadonlySet<RateId> = new Set(),
): Map<RateId, Decimal> {
  const wanted = new Map(input.wanted);
  for (;;) {
    const found = orphans({ ...input, wanted }).filter(({ rate }) => !asked.has(rate.rateId));
    if (found.length === 0) return wanted;
    for (const { rate, most } of found) wanted.set(rate.rateId, most);
  }
}

/** A round of corrections can bring the next one about, as a base of a base; what needs more rounds than this contradicts itself. */
const roundsMax = 12;

/**
 * The valid request that is nearest to quantities that are not: what is too little is raised, what is too much reduced, a base that an
 * add-on lacks is added. Undefined where nothing satisfies every rule.
 */
export function nearestValid(input: RuleInput): Map<RateId, Decimal> | undefined {
  const wanted = new Map(input.wanted);
  for (const { rateId } of input.items) {
    const rate = input.rates.get(rateId);
    if (rate !== undefined && !has(wanted, rateId)) wanted.set(rateId, wholeUnits(committedLeast(rate, input)));
  }
  for (let round = 0; round < roundsMax; round += 1) {
    if (quantityReasons({ ...input, wanted }).length === 0) return wanted;
    for (const [rateId, quantity] of wanted) {
      const rate = input.rates.get(rateId);
      if (rate === undefined || isZero(quantity)) continue;
      addBases(wanted, rate, quantity, input);
      wanted.set(rateId, corrected(rate, quantity, { ...input, wanted }));
    }
  }
  return undefined;
}

function addBases(wanted: Map<RateId, Decimal>, rate: Rate, quantity: Decimal, { rates, policies }: RuleInput): void {
  for (const baseId of rate.dependsOn) {
    const base = rates.get(baseId);
    if (base === undefined || has(wanted, baseId)) continue;
    wanted.set(baseId, maxDecimal(maxDecimal(base.quantityMin, one), policies.addOns.withinBase ? quantity : one));
  }
}

/** One quantity within its bounds, its commitment and what its base allows. */
function corrected(rate: Rate, quantity: Decimal, input: RuleInput): Decimal {
  const { withinBase, percentMinimum } = input.policies.addOns;
  const units = baseUnits(rate, input.wanted);
  const isAddOn = rate.dependsOn.length > 0;
  let least = maxDecimal(rate.quantityMin, wholeUnits(committedLeast(rate, input)));
  if (percentMinimum !== null) least = maxDecimal(least, wholeUnits(percentOf(units, percentMinimum)));
  const most = isAddOn && withinBase ? minDecimal(rate.quantityMax, units) : rate.quantityMax;
  return minDecimal(maxDecimal(quantity, least), most);
}

/** How many units an add-on's bases have together. */
function baseUnits({ dependsOn }: Rate, wanted: Quantities): Decimal {
  return dependsOn.reduce((sum, baseId) => addDecimal(sum, wanted.get(baseId) ?? zero), zero);
}

/** A least number that came from a percentage, as units that can be bought. */
function wholeUnits({ coefficient, scale }: Decimal): Decimal {
  const unit = 10n ** BigInt(scale);
  return decimal(((coefficient + unit - 1n) / unit).toString());
}

function percentOf(of: Decimal, percent: string): Decimal {
  return multiplyDecimal(multiplyDecimal(of, decimal(percent)), decimal('0.01'));
}

function fieldOf(rate: Rate): string {
  return `items.${rate.mpn}`;
}
