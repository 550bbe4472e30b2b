import {
  addDecimal,
  compareDecimal,
  formatDecimal,
  instantText,
  isZero,
  subtractDecimal,
  zero,
  type Decimal,
  type RateId,
} from '@tierline/kernel';
import {
  addItem,
  changeItem,
  dropItem,
  freeOf,
  lockPrices,
  type Booked,
  type EdgeLedger,
  type LockedPrices,
} from '../billing/index.ts';
import type { Rate } from '../catalog/index.ts';
import type { Deal, DealSince, EdgePrices } from '../pricing/index.ts';
import { newItem, type Item, type Subscription } from '../subscriptions/index.ts';
import type { WantedItem } from './command.ts';
import { effectiveDates, type Context, type LoadedPlan } from './context.ts';
import { itemOf, onEdges, type Draft } from './draft.ts';
import { cameOn, refundBefore } from './past-windows.ts';
import { dealSince, dealtPrices, dealtTerm, refuseHeldDeals, withNext } from './item-deals.ts';
import { requirePrices, requireSale } from './sale-reasons.ts';
import { refuse } from './refusals.ts';
import { planReturn, together, type Returned, type ReturnPlan } from './returns.ts';

/** Everything that the work on one item needs. */
export type Work = {
  readonly decided: Draft;
  readonly context: Context;
  readonly loaded: LoadedPlan;
  readonly id: Subscription['id'];
  readonly dates: readonly string[];
  /** Whether more units cost their setup; those that were had elsewhere have paid it. */
  readonly hasSetup: boolean;
  /** The first term that deals are for. */
  readonly since: DealSince;
};

type Selling = { readonly hasSetup?: boolean; readonly since?: DealSince };

/** Brings a subscription to quantities, with what that comes to on every edge. Answers what can't be given back now. */
export function applyQuantities(
  decided: Draft,
  context: Context,
  loaded: LoadedPlan,
  id: Subscription['id'],
  wanted: ReadonlyMap<RateId, Decimal>,
  command: { readonly items: readonly WantedItem[] },
  { hasSetup = true, since = dealSince(context, decided.state(id)) }: Selling = {},
): { readonly rate: Rate; readonly count: Decimal }[] {
  const stuck: { rate: Rate; count: Decimal }[] = [];
  const asked = new Set(command.items.map(({ rateId }) => rateId));
  const subscription = decided.state(id);
  const work: Work = {
    decided,
    context,
    loaded,
    id,
    dates: effectiveDates(context, subscription),
    hasSetup,
    since,
  };
  if (since === 'term_of_today') refuseHeldDeals(command.items, subscription);
  const { timeZone } = context.owner.account;
  for (const [rateId, quantity] of wanted) {
    const rate = loaded.rates.get(rateId);
    const item = itemOf(subscription, rateId);
    const before = item?.quantity ?? zero;
    const direction = compareDecimal(quantity, before);
    const place = command.items.findIndex((one) => one.rateId === rateId);
    const deals = command.items[place]?.deals ?? [];
    const isDealt = item !== undefined && deals.length > 0 && !isZero(quantity);
    if (rate === undefined || (direction === 0 && !isDealt)) continue;
    const origin = asked.has(rateId) ? 'requested' : 'cascade';
    decided.line({ subscription: id, rate, quantity, previousQuantity: item === undefined ? null : before, origin });
    if (direction > 0 && work.hasSetup) requireSale(context, loaded);
    if (isDealt) agreeOnNext(work, rate, deals, `items.${place}.deals`);
    if (direction === 0) continue;
    if (item === undefined) enter(work, rate, quantity, deals, `items.${place}`);
    else if (direction > 0) grow(work, item, quantity, rate);
    else {
      const count = subtractDecimal(before, quantity);
      const plan = planReturn(loaded.plan.policies.reduction, item, count, subscription, context.at, timeZone);
      if (isZero(plan.stuck)) shrink(work, item, plan, rate);
      else stuck.push({ rate, count: plan.stuck });
    }
  }
  settleLicenses(decided, loaded, id);
  return stuck;
}

/** A product that the subscription did not hold, from the effective dates on. */
function enter(work: Work, rate: Rate, quantity: Decimal, deals: readonly Deal[], field: string): void {
  const { decided, context, loaded, id, dates, hasSetup, since } = work;
  const { rateId } = rate;
  const found = context.pricesNow(loaded.plan.planId, rateId);
  const prices = requirePrices(context, loaded, rate, dealtPrices(context, rate, found, deals, { field, since }));
  const held = { rateId, model: rate.priceModel, quantity };
  const { notForResale } = decided.state(id);
  book(decided, id, (edge, index) =>
    addItem(loaded.plan, edge, held, lockedFor(notForResale, prices[index]), dates[index]!, hasSetup),
  );
  const item = newItem(rate, quantity, instantText(context.at));
  setItems(decided, id, [...decided.state(id).items, item]);
}

/** What is held goes on into the term that begins, there with what was agreed on; the term that ends keeps its prices. */
function agreeOnNext({ decided, context, loaded, id }: Work, rate: Rate, deals: readonly Deal[], field: string): void {
  const { rateId } = rate;
  const { ledger, notForResale } = decided.state(id);
  if (notForResale) return;
  const itemIn = ({ items }: EdgeLedger) => items.find((one) => one.rateId === rateId)?.prices ?? {};
  const found = context.pricesNow(loaded.plan.planId, rateId);
  const byEdge = ledger.map(itemIn);
  dealtTerm(context, { ledger }, { rate, byEdge, found }, deals, field);
  const without = deals.findIndex(
    ({ sellerId, chargeType }) =>
      byEdge[ledger.findIndex((edge) => edge.sellerId === sellerId)]?.[chargeType] === undefined,
  );
  if (without !== -1) {
    refuse('lifecycle.unpriced', `${field}.${without}`, 'There is no price that another could stand in place of.');
  }
  decided.set(id, {
    ledger: ledger.map((edge) => ({
      ...edge,
      items: edge.items.map((one) =>
        one.rateId === rateId ? { ...one, prices: withNext(one.prices, deals, edge.sellerId) } : one,
      ),
    })),
  });
}

/** What of today's prices a subscription keeps: nothing where it is not for resale. */
export function lockedFor(notForResale: boolean, prices: EdgePrices | undefined): LockedPrices {
  const locked = lockPrices(prices?.byType ?? {});
  return notForResale ? freeOf(locked) : locked;
}

function grow(
  { decided, context, loaded, id, dates, hasSetup }: Work,
  item: Item,
  quantity: Decimal,
  rate: Rate,
): void {
  const held = { rateId: item.rateId, model: rate.priceModel, before: item.quantity, quantity };
  book(decided, id, (edge, index) => changeItem(loaded.plan, edge, held, dates[index]!, undefined, hasSetup));
  const batches = [
    ...item.batches,
    { quantity: subtractDecimal(quantity, item.quantity), at: instantText(context.at) },
  ];
  replaceItem(decided, id, { ...item, quantity, batches });
}

/** Fewer units of an item, by the plan of their return. */
export function shrink(work: Work, item: Item, { parts, batches }: ReturnPlan, rate: Rate): void {
  const { decided, id } = work;
  let before = item.quantity;
  for (const part of together(parts)) {
    const quantity = subtractDecimal(before, part.quantity);
    giveBack(work, part, { rateId: item.rateId, model: rate.priceModel, before, quantity });
    if (part.refund === 'none') {
      decided.warnings.push({
        code: 'lifecycle.no_refund',
        message: `${formatDecimal(part.quantity)} units of ${rate.name} are given back without a refund.`,
      });
    }
    before = quantity;
  }
  replaceItem(decided, id, { ...item, quantity: before, batches });
}

/** Fewer units on every edge: refunded from now, from when they came with all that they cost, or not at all. */
export function giveBack(
  { decided, context, loaded, id, dates }: Omit<Work, 'hasSetup' | 'since'>,
  { refund, cameAt }: Returned,
  held: Parameters<typeof changeItem>[2],
): void {
  book(decided, id, (edge, index): Booked => {
    const on = dates[index]!;
    if (refund !== 'full')
      return changeItem(loaded.plan, edge, held, on, { from: refund === 'none' ? null : on, setupToo: false });
    const came = cameOn(context.owner, index, edge, held.rateId, cameAt);
    const past = refundBefore(loaded.plan, edge, held, came, on);
    const booked = changeItem(loaded.plan, past.edge, held, on, { from: came, setupToo: true });
    return { edge: booked.edge, lines: [...past.lines, ...booked.lines] };
  });
}

/** Books on every edge of a subscription. */
export function book(decided: Draft, id: Subscription['id'], work: (edge: EdgeLedger, index: number) => Booked): void {
  const { ledger, lines } = onEdges(decided.state(id), work);
  decided.set(id, { ledger });
  decided.charge(id, lines);
}

function replaceItem(decided: Draft, id: Subscription['id'], item: Item): void {
  setItems(
    decided,
    id,
    decided.state(id).items.map((one) => (one.rateId === item.rateId ? item : one)),
  );
}

function setItems(decided: Draft, id: Subscription['id'], items: readonly Item[]): void {
  const kept = items.filter(({ quantity }) => !isZero(quantity)).sort((a, b) => (a.rateId < b.rateId ? -1 : 1));
  const gone = items.filter(({ quantity }) => isZero(quantity));
  const { ledger } = decided.state(id);
  decided.set(id, {
    items: kept,
    ledger: ledger.map((edge) => gone.reduce((rest, { rateId }) => dropItem(rest, rateId), edge)),
  });
}

/** The license has the units of what depends on nothing; add-ons extend it and don't count. */
export function settleLicenses(decided: Draft, { rates }: LoadedPlan, id: Subscription['id']): void {
  const { items, licenses } = decided.state(id);
  const units = items
    .filter(({ rateId }) => rates.get(rateId)?.dependsOn.length === 0)
    .reduce((sum, { quantity }) => addDecimal(sum, quantity), zero);
  decided.set(id, { licenses: licenses.map((license) => ({ ...license, units })) });
}
