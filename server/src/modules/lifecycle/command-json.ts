import { decimal, formatDecimal, type AccountId, type PlanId, type RateId } from '@tierline/kernel';
import type { Deal, Discount } from '../pricing/index.ts';
import type { LaterCommand, WantedItem } from './command.ts';

type StoredItem = readonly [rateId: string, quantity: string, deals?: readonly StoredDeal[]];

/** What was agreed on about an item when it was planned. */
type StoredDeal = {
  readonly seller_id: string;
  readonly charge_type: Deal['chargeType'];
  readonly from: Deal['from'];
  readonly terms: number | null;
} & (
  | { readonly tiers: readonly (readonly [lowerLimit: string, amount: string])[]; readonly currency: string | null }
  | { readonly discount: { readonly type: Discount['type']; readonly value: string } }
);

/** Commands that wait, as they are stored. */
export type StoredCommand =
  | { readonly kind: 'change'; readonly items: readonly StoredItem[]; readonly cascade: boolean }
  | {
      readonly kind: 'switch';
      readonly plan_id: string;
      readonly start: 'now' | 'keep';
      readonly items: readonly StoredItem[] | null;
    }
  | { readonly kind: 'cancel'; readonly reason: string | null }
  | { readonly kind: 'auto_renewal'; readonly on: boolean; readonly months: number | null }
  | { readonly kind: 'convert'; readonly plan_id: string | null };

export function storeCommand(command: LaterCommand): StoredCommand {
  switch (command.kind) {
    case 'change':
      return { kind: 'change', items: command.items.map(storeItem), cascade: command.cascade };
    case 'switch': {
      const { planId, start, items } = command;
      return { kind: 'switch', plan_id: planId, start, items: items?.map(storeItem) ?? null };
    }
    case 'convert':
      return { kind: 'convert', plan_id: command.planId };
    default:
      return command;
  }
}

export function readCommand(stored: StoredCommand): LaterCommand {
  switch (stored.kind) {
    case 'change':
      return { ...stored, items: stored.items.map(readItem) };
    case 'switch': {
      const { plan_id: planId, start, items } = stored;
      return { kind: 'switch', planId: planId as PlanId, start, items: items?.map(readItem) ?? null };
    }
    case 'convert':
      return { kind: 'convert', planId: stored.plan_id as PlanId | null };
    default:
      return stored;
  }
}

function storeItem({ rateId, quantity, deals = [] }: WantedItem): StoredItem {
  const amount = formatDecimal(quantity);
  return deals.length === 0 ? [rateId, amount] : [rateId, amount, deals.map(storeDeal)];
}

function readItem([rateId, quantity, deals = []]: StoredItem): WantedItem {
  const item = { rateId: rateId as RateId, quantity: decimal(quantity) };
  return deals.length === 0 ? item : { ...item, deals: deals.map(readDeal) };
}

function storeDeal(deal: Deal): StoredDeal {
  const { sellerId, chargeType, from, terms } = deal;
  const about = { seller_id: sellerId, charge_type: chargeType, from, terms };
  if (deal.kind === 'discount') {
    const { type, value } = deal.discount;
    return { ...about, discount: { type, value: formatDecimal(value) } };
  }
  const tiers = deal.tiers.map(({ lowerLimit, amount }) => [formatDecimal(lowerLimit), formatDecimal(amount)] as const);
  return { ...about, tiers, currency: deal.currency };
}

function readDeal(stored: StoredDeal): Deal {
  const { seller_id: sellerId, charge_type: chargeType, from, terms } = stored;
  const about = { sellerId: sellerId as AccountId, chargeType, from, terms };
  if ('discount' in stored) {
    const { type, value } = stored.discount;
    return { ...about, kind: 'discount', discount: { type, value: decimal(value) } };
  }
  const tiers = stored.tiers.map(([lowerLimit, amount]) => ({
    lowerLimit: decimal(lowerLimit),
    amount: decimal(amount),
  }));
  return { ...about, kind: 'price', tiers, currency: stored.currency };
}
