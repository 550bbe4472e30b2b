import type { PriceListId } from '@tierline/kernel';
import type { PriceEntry, PriceRule } from './price.ts';

/** What would stand in one price list beside what stands there, were a change published that is only looked at yet. */
export type Supposition = {
  readonly listId: PriceListId;
  /** Of these targets, charge types and dates they replace all tiers that are stored, as setting them would. */
  readonly entries: readonly PriceEntry[];
  readonly rules: readonly PriceRule[];
};

/** Stored prices of some targets, as they would be. */
export function supposedEntries(
  stored: readonly PriceEntry[],
  supposed: Supposition | undefined,
): readonly PriceEntry[] {
  if (supposed === undefined || supposed.entries.length === 0) return stored;
  const replaced = new Set(supposed.entries.map(keyOf));
  return [...stored.filter((entry) => !replaced.has(keyOf(entry))), ...supposed.entries];
}

/** Rules of some list, as they would be; which list a rule belongs to it says itself. */
export function supposedRules(stored: readonly PriceRule[], supposed: Supposition | undefined): readonly PriceRule[] {
  return supposed === undefined || supposed.rules.length === 0 ? stored : [...stored, ...supposed.rules];
}

function keyOf({ priceListId, targetId, chargeType, effectiveFrom }: PriceEntry): string {
  return `${priceListId}/${targetId}/${chargeType}/${effectiveFrom}`;
}
