import {
  compareDecimal,
  decimal,
  formatDecimal,
  newId,
  type PriceListId,
  type RateId,
  type ResourceId,
} from '@tierline/kernel';
import { chargeTypes, type ChargeType } from '../catalog/index.ts';
import type { PriceEntry, PriceList } from '../pricing/index.ts';
import type { ImportContext, ImportState } from './import-state.ts';
import type { ImportRow, RowReason } from './row.ts';
import { sameTiers, type Tiers } from './tiers.ts';

/** Where the prices of a row go. */
export type PriceTarget = { readonly list: PriceList; readonly isNew: boolean };

/** The price list of a row, perhaps a new one; or why there is none. A list is only made where it overrides nothing. */
export function listOf(
  context: ImportContext,
  lists: readonly PriceList[],
  row: ImportRow,
): PriceTarget | { readonly reason: RowReason } {
  const name = row.priceList ?? context.options.priceList;
  const currency = row.currency ?? context.currency;
  const globals = lists.filter(
    (list) => list.audience === 'global' && list.currency === currency && !hasEnded(list, context.today),
  );
  if (name === undefined) {
    const [youngest] = globals.toSorted(
      (a, b) => compareText(b.effectiveFrom, a.effectiveFrom) || compareText(b.id, a.id),
    );
    if (youngest !== undefined) return { list: youngest, isNew: false };
  }
  const wanted = name ?? `Standard ${currency}`;
  const found = lists.find((list) => list.name === wanted);
  if (found === undefined) {
    if (globals.length === 0) return { list: newList(context, wanted, currency), isNew: true };
    const message = `There is no price list named ${wanted}. Create it first, or leave the cell empty.`;
    return { reason: { field: 'price_list', code: 'catalog.unknown_price_list', message } };
  }
  if (row.currency !== undefined && found.currency !== row.currency) {
    const message = `The price list ${found.name} is in ${found.currency}.`;
    return { reason: { field: 'currency', code: 'catalog.currency_differs', message } };
  }
  if (hasEnded(found, context.today)) {
    const message = `The price list ${found.name} has ended.`;
    return { reason: { field: 'price_list', code: 'catalog.price_list_ended', message } };
  }
  return { list: found, isNew: false };
}

function hasEnded(list: PriceList, today: string): boolean {
  return list.effectiveTo !== null && list.effectiveTo <= today;
}

function newList(context: ImportContext, name: string, currency: string): PriceList {
  const at = context.at.toString();
  return {
    id: newId<'price_list'>(),
    accountId: context.accountId,
    name,
    currency,
    audience: 'global',
    buyerGroup: null,
    buyerId: null,
    effectiveFrom: context.today,
    effectiveTo: null,
    version: 0,
    createdAt: at,
    updatedAt: at,
  };
}

/** Entries that are to be stored, and those of the same day that they leave no place for. */
export type PriceChange = { readonly set: readonly PriceEntry[]; readonly removed: readonly PriceEntry[] };

/** What a row's prices change; nothing where the list says the same already on the day they are for. */
export function priceChange(
  context: ImportContext,
  state: ImportState,
  row: ImportRow,
  list: PriceList,
  target: { readonly rateId: RateId; readonly resourceId: ResourceId },
): PriceChange {
  const effectiveFrom = row.effectiveFrom ?? (list.effectiveFrom > context.today ? list.effectiveFrom : context.today);
  const ofRate = state.entries.get(target.rateId);
  const changes = chargeTypes.flatMap((chargeType) => {
    const tiers = row.prices[chargeType];
    if (tiers === undefined) return [];
    const current =
      explicitTiers(ofRate, list.id, chargeType, effectiveFrom) ??
      explicitTiers(state.entries.get(target.resourceId), list.id, chargeType, effectiveFrom);
    if (current !== undefined && sameTiers(current, tiers)) return [];
    const common = { priceListId: list.id, targetId: target.rateId, targetKind: 'rate' as const, chargeType };
    const limits = new Set(tiers.map((tier) => tier.lowerLimit));
    const removed = (ofRate ?? []).filter(
      (entry) =>
        entry.priceListId === list.id &&
        entry.chargeType === chargeType &&
        entry.effectiveFrom === effectiveFrom &&
        !limits.has(formatDecimal(decimal(entry.lowerLimit))),
    );
    return { set: tiers.map((tier) => ({ ...tier, ...common, effectiveFrom })), removed };
  });
  return { set: changes.flatMap(({ set }) => set), removed: changes.flatMap(({ removed }) => removed) };
}

/** What a list says for one target on a date: all entries of the latest date that is not behind it. */
export function explicitTiers(
  entries: readonly PriceEntry[] | undefined,
  listId: PriceListId,
  chargeType: ChargeType,
  date: string,
): Tiers | undefined {
  const matching = (entries ?? []).filter(
    (entry) => entry.priceListId === listId && entry.chargeType === chargeType && entry.effectiveFrom <= date,
  );
  const latest = matching.reduce((last, entry) => (entry.effectiveFrom > last ? entry.effectiveFrom : last), '');
  if (latest === '') return undefined;
  return matching
    .filter((entry) => entry.effectiveFrom === latest)
    .map(({ lowerLimit, amount }) => ({ limit: decimal(lowerLimit), amount: formatDecimal(decimal(amount)) }))
    .sort((a, b) => compareDecimal(a.limit, b.limit))
    .map(({ limit, amount }) => ({ lowerLimit: formatDecimal(limit), amount }));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
