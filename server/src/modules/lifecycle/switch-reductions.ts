import { isZero, maxDecimal, minDecimal, subtractDecimal, addDecimal, zero, type Decimal } from '@tierline/kernel';
import type { Rate } from '../catalog/index.ts';
import type { Item, Subscription } from '../subscriptions/index.ts';
import type { LoadedPlan } from './context.ts';
import { commitmentReasons } from './rules.ts';
import { refuseAll } from './refusals.ts';

/** What a rate of the new plan is to hold, and of what was held before it goes on. */
export type Mapped = { readonly rate: Rate; readonly quantity: Decimal; readonly sources: readonly Item[] };

/** Units that a switch takes away: it has fewer than what was held before. */
export type Reduction = { readonly item: Item; readonly rate: Rate; readonly count: Decimal };

/**
 * Units of products that stand on nothing count together, since one may become another. An add-on counts where the new plan has it too;
 * one that the new plan does not know is part of what the plan covers.
 */
export function reductionsOf(
  { items }: Pick<Subscription, 'items'>,
  current: LoadedPlan,
  target: LoadedPlan,
  mapped: readonly Mapped[],
): Reduction[] {
  const found: Reduction[] = [];
  let spare = mapped
    .filter(({ rate }) => rate.dependsOn.length === 0)
    .reduce((sum, one) => addDecimal(sum, more(one.quantity, heldBy(one))), zero);
  for (const item of items) {
    const rate = current.rates.get(item.rateId);
    if (rate === undefined) continue;
    const heir = mapped.find(({ sources }) => sources.some(({ rateId }) => rateId === item.rateId));
    let count = heir === undefined ? item.quantity : minDecimal(more(heldBy(heir), heir.quantity), item.quantity);
    if (rate.dependsOn.length > 0) {
      if (![...target.rates.values()].some((one) => isSame(one, item))) continue;
    } else {
      const covered = minDecimal(spare, count);
      spare = subtractDecimal(spare, covered);
      count = subtractDecimal(count, covered);
    }
    if (!isZero(count)) found.push({ item, rate, count });
  }
  return found;
}

/** Refuses a switch that takes away what the term is committed to. */
export function checkCommitment(
  { items }: Pick<Subscription, 'items'>,
  { rates, plan }: LoadedPlan,
  reductions: readonly Reduction[],
): void {
  const rules = { rates, policies: plan.policies, items, wanted: new Map(), isWithinTerm: true };
  refuseAll(
    reductions.flatMap(({ item, rate, count }) =>
      commitmentReasons(rate, subtractDecimal(item.quantity, count), rules),
    ),
    { nearest_valid: { moment: { at: 'renewal' } } },
  );
}

/** The same product in another plan. */
export function isSame(rate: Rate, { resourceId, mpn, vendorCode }: Item): boolean {
  return rate.resourceId === resourceId || (rate.mpn === mpn && rate.vendorCode === vendorCode);
}

/** What an order line of the new plan says was held before: of all that becomes it together; null: nothing did. */
export function quantityBefore({ sources }: Pick<Mapped, 'sources'>): Decimal | null {
  return sources.length === 0 ? null : heldBy({ sources });
}

export function heldBy({ sources }: Pick<Mapped, 'sources'>): Decimal {
  return sources.reduce((sum, { quantity }) => addDecimal(sum, quantity), zero);
}

function more(a: Decimal, b: Decimal): Decimal {
  return maxDecimal(subtractDecimal(a, b), zero);
}
