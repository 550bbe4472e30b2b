import type { AccountId, Reason } from '@tierline/kernel';
import { lockPrices, type LockedPrices } from '../billing/index.ts';
import type { Rate } from '../catalog/index.ts';
import { agreed, withDeals, type Deal, type DealSince, type EdgePrices, type RatePrices } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { LaterCommand, WantedItem } from './command.ts';
import { isBetweenTerms, type Context, type LoadedPlan } from './context.ts';
import { refusedAsPlanned, type Warning } from './draft.ts';
import { refuse, refuseAll } from './refusals.ts';

/** Prices of an item that comes in, with what was agreed about it. */
export function dealtPrices(
  { owner }: Pick<Context, 'owner'>,
  rate: Rate,
  prices: RatePrices | undefined,
  deals: readonly Deal[],
  { field, since }: { readonly field: string; readonly since: DealSince },
): RatePrices | undefined {
  if (prices === undefined || deals.length === 0) return prices;
  const { chargeTypes } = rate;
  const fields = `${field}.deals`;
  const dealt = withDeals({ prices, chargeTypes, currency: owner.account.currency }, deals, fields, since);
  refuseAll([...(since === 'term_to_come' ? fromRenewal(deals, fields) : []), ...dealt.reasons]);
  return dealt.prices;
}

/** Whether what is decided now is for a term that is made afterwards, so that a deal's first term is that one. */
export function dealSince(context: Pick<Context, 'owner' | 'at'>, subscription: Subscription): DealSince {
  const isToCome = isBetweenTerms(context, subscription) && subscription.ledger.at(-1)?.upcoming === null;
  return isToCome ? 'term_to_come' : 'term_of_today';
}

/** Within its term what is held has its prices: other ones are a command of their own. */
export function refuseHeldDeals(items: readonly WantedItem[], { items: held }: Pick<Subscription, 'items'>): void {
  const index = items.findIndex(
    ({ rateId, deals = [] }) => deals.length > 0 && held.some((item) => item.rateId === rateId),
  );
  if (index !== -1) {
    refuse(
      'lifecycle.deals_only_now',
      `items.${index}.deals`,
      'The subscription holds this already. Set special prices for it instead.',
    );
  }
}

/** With a term that begins, its own first day is the only one that an agreement can count from. */
export function refuseFromRenewal(items: readonly WantedItem[]): void {
  refuseAll(items.flatMap(({ deals = [] }, index) => fromRenewal(deals, `items.${index}.deals`)));
}

function fromRenewal(deals: readonly Deal[], field: string): Reason[] {
  const message = 'A term begins with this, and what is agreed on counts from its first day. Leave out from.';
  return deals.flatMap(({ from }, place) =>
    from === 'now' ? [] : [{ code: 'lifecycle.deal_from_renewal', field: `${field}.${place}.from`, message }],
  );
}

/** What today's prices may forbid and another day's allow. */
const passingCodes: readonly string[] = ['pricing.deal_unpriced', 'pricing.discount_above_price'];

/**
 * Looks at deals that are kept with what is planned, at the prices of today: what can't be agreed on is refused now, and what the prices
 * of its moment may still put right is told.
 */
export function checkDeals(
  { owner, pricesNow }: Pick<Context, 'owner' | 'pricesNow'>,
  { plan, rates }: LoadedPlan,
  items: readonly WantedItem[],
  since: DealSince,
): Warning[] {
  if (since === 'term_to_come') refuseFromRenewal(items);
  return items.flatMap(({ rateId, deals = [] }, index): Warning[] => {
    const rate = rates.get(rateId);
    if (rate === undefined || deals.length === 0) return [];
    const { chargeTypes } = rate;
    const prices = pricesNow(plan.planId, rateId) ?? [];
    const about = { prices, chargeTypes, currency: owner.account.currency };
    const { reasons, prices: dealt } = withDeals(about, deals, `items.${index}.deals`);
    refuseAll(reasons.filter(({ code }) => !passingCodes.includes(code)));
    const below = dealt.some((edge) => isBelowFloor(edge, deals)) ? [belowFloor(rate)] : [];
    return [...reasons.map(({ message }) => message), ...below].map(refusedAsPlanned);
  });
}

function isBelowFloor({ sellerId, floor, byType }: EdgePrices, deals: readonly Deal[]): boolean {
  if (floor !== 'cost') return false;
  return deals.some((deal) => deal.sellerId === sellerId && byType[deal.chargeType]?.belowCost === true);
}

const belowFloor = ({ name }: Rate): string => `${name} would be sold below its cost, which a price floor forbids.`;

type Held = {
  readonly rate: Rate;
  /** What it would cost on each edge without the deals. */
  readonly byEdge: readonly LockedPrices[];
  /** What else is known of the edges: floors, and what buyers are billed in. */
  readonly found: RatePrices | undefined;
};

/** Deals about what is held, for a term that begins: its prices on each edge, each with what was agreed on there. */
export function dealtTerm(
  { owner }: Pick<Context, 'owner'>,
  { ledger }: Pick<Subscription, 'ledger'>,
  { rate, byEdge, found }: Held,
  deals: readonly Deal[],
  field: string,
): LockedPrices[] {
  const prices = ledger.map(({ sellerId, buyerId, endOn }, index): EdgePrices => {
    const edge = found?.[index];
    const own = Object.entries(byEdge[index] ?? {}).map(([type, price]) => {
      const costExchange = edge?.byType[type as keyof LockedPrices]?.costExchange;
      return [type, { ...price, belowCost: false, ...(costExchange === undefined ? {} : { costExchange }) }] as const;
    });
    const facts = edge ?? { sellerId, buyerId: buyerId as AccountId, date: endOn, floor: 'none' as const };
    return { ...facts, byType: Object.fromEntries(own) };
  });
  // What is had already costs no setup again, so there is nothing to agree on about it.
  const chargeTypes = rate.chargeTypes.filter((type) => type !== 'setup');
  const dealt = withDeals({ prices, chargeTypes, currency: owner.account.currency }, deals, field);
  refuseAll([...fromRenewal(deals, field), ...dealt.reasons]);
  if (dealt.prices.some((edge) => isBelowFloor(edge, deals))) refuse('lifecycle.below_floor', field, belowFloor(rate));
  return dealt.prices.map(({ byType }) => lockPrices(byType));
}

/** Prices that are to have a deal from the next term on. */
export function withNext(prices: LockedPrices, deals: readonly Deal[], sellerId: string): LockedPrices {
  let next = prices;
  for (const deal of deals) {
    const price = next[deal.chargeType];
    if (deal.sellerId !== sellerId || price === undefined) continue;
    next = { ...next, [deal.chargeType]: agreed(price, { ...deal, from: 'renewal' }) };
  }
  return next;
}

/** The deals of a planned command, each with what it is about. */
export function plannedItems(command: LaterCommand): readonly WantedItem[] {
  return command.kind === 'change' || command.kind === 'switch' ? (command.items ?? []) : [];
}

/** A planned command with other deals of its items. */
export function withItemDeals<Of extends LaterCommand>(
  command: Of,
  dealsOf: (item: WantedItem) => readonly Deal[],
): Of {
  if (plannedItems(command).length === 0) return command;
  const items = plannedItems(command).map((item): WantedItem => {
    const { deals: _, ...bare } = item;
    const deals = dealsOf(item);
    return deals.length === 0 ? bare : { ...bare, deals };
  });
  return { ...command, items };
}
