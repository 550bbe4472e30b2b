import { decimal, formatDecimal, type PlanId, type RateId } from '@tierline/kernel';
import type { LaterCommand, WantedItem } from './command.ts';

type StoredItem = readonly [rateId: string, quantity: string];

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

function storeItem({ rateId, quantity }: WantedItem): StoredItem {
  return [rateId, formatDecimal(quantity)];
}

function readItem([rateId, quantity]: StoredItem): WantedItem {
  return { rateId: rateId as RateId, quantity: decimal(quantity) };
}
