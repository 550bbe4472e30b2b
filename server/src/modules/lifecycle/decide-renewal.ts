import { compareDecimal, instantText, isZero, type Reason, type Temporal } from '@tierline/kernel';
import {
  daysAfter,
  laterDate,
  nextWindow,
  openEdge,
  renewEdge,
  termEnd,
  withPast,
  type EdgeLedger,
  type Held,
  type TermLength,
  type Upcoming,
} from '../billing/index.ts';
import { periodEnd, type Subscription } from '../subscriptions/index.ts';
import { alignedAnchor, alignedEnds } from './align.ts';
import type { Alignment, RenewCommand } from './command.ts';
import { datesOn, effectiveDates, isBetweenTerms, todayOf, type Context, type LoadedPlan } from './context.ts';
import { wantedQuantities } from './decide-change.ts';
import { draft, heldOf, itemOf, noteHeld, type Decision, type Draft } from './draft.ts';
import { endEdge, openWindows, settleEdge } from './end-edge.ts';
import { applyQuantities, book } from './quantities.ts';
import { refuse, refuseAll } from './refusals.ts';
import { checkDeals, refuseFromRenewal } from './item-deals.ts';
import { termPrices } from './renewal-prices.ts';
import { withFreeReturns } from './returns.ts';

/** Reasons against another term: they may go away, so an automatic renewal is tried again. */
export function renewalReasons({ current, sale, customer, owner }: Context): Reason[] {
  const { plan } = current;
  const { renewal } = plan.policies;
  const reasons: Reason[] = [];
  const add = (code: string, message: string): void => void reasons.push({ code, field: 'subscription', message });
  const inactive = owner.chain.find(({ status }) => status !== 'active');
  if (inactive !== undefined)
    add('lifecycle.seller_not_active', `A seller of it is ${inactive.status}, so it can't be renewed for now.`);
  if (!customer.mayOrder) add('lifecycle.customer_may_not_order', `The customer ${customer.why}, so it can't renew.`);
  if (sale.retired && renewal.onRetiredPlan === 'expire')
    add('lifecycle.plan_retired', `${plan.name} is not sold any more.`);
  if (!sale.delegated && renewal.onRevokedDelegation !== 'renew') {
    add('lifecycle.plan_revoked', `${plan.name} was taken back, so it can't be renewed.`);
  }
  if (
    sale.productStatus === 'end_of_life' ||
    (sale.productStatus === 'end_of_sale' && renewal.onEndOfSale === 'expire')
  ) {
    add('lifecycle.end_of_sale', `${plan.product.name} is at ${sale.productStatus.replaceAll('_', ' ')}.`);
  }
  return reasons;
}

/** Reasons that will not go away by waiting: the subscription expires instead of being tried again. */
export function isFinal(context: Context): boolean {
  const { renewal } = context.current.plan.policies;
  return (
    (context.sale.retired && renewal.onRetiredPlan === 'expire') ||
    (!context.sale.delegated && renewal.onRevokedDelegation === 'expire') ||
    context.sale.productStatus === 'end_of_life' ||
    (context.sale.productStatus === 'end_of_sale' && renewal.onEndOfSale === 'expire')
  );
}

/** A renewal that was asked for: early, or late while the grace period lasts. */
export function decideRenewal(context: Context, subscription: Subscription, command: RenewCommand): Decision {
  const isExpired = checkRenewable(context, subscription);
  refuseFromRenewal(command.items);
  refuseAll(renewalReasons(context));
  const { id } = subscription;
  const decided = draft('renewal');
  decided.open(subscription);
  const isFromToday = command.from === 'now' || (command.from === 'now_if_expired' && isExpired);
  const length = lengthOf(context.current, command.months);
  const ahead = { align: command.align, items: dealsOfWhat('held', command.items, subscription) };
  if (isFromToday) {
    // What was not charged since it expired was not held either; before that every day belongs to one term or the other.
    const dates = effectiveDates(context, subscription);
    const today = datesOn(context.owner, context.at);
    const starts = isExpired ? dates.map((date, index) => laterDate(date, today[index]!)) : dates;
    restart(decided, context, id, { starts, length, align: command.align, items: command.items });
  } else if (isExpired || isBetweenTerms(context, subscription)) {
    // What has no next term ahead of it begins that term now, and pays for it.
    noteHeld(decided, context.current, id, 'renewed');
    settle(decided, context, id);
    setQuantities(decided, context, id, command.items);
    extend(decided, context, id, length, ahead);
    openTerm(decided, context, id);
  } else {
    noteHeld(decided, context.current, id, 'renewed');
    extend(decided, context, id, length, ahead);
    planQuantities(decided, context, subscription, command.items);
  }
  decided.set(id, { status: 'active', holdReason: null, renewalFailure: null, noticedOn: null });
  decided.event('subscription.renewed', id, { by: 'request' });
  return decided.done();
}

/** Whether it has expired; refuses what can't be renewed, or not yet, or not any more. */
function checkRenewable(context: Context, { status, holdReason, endOn }: Subscription): boolean {
  const isExpired = holdReason === 'expired';
  if (status !== 'active' && !isExpired) {
    refuse(
      'lifecycle.not_renewable',
      'subscription',
      `A subscription that is ${holdReason ?? status} can't be renewed.`,
    );
  }
  const { plan } = context.current;
  if (plan.licenseVersion === 'trial') {
    refuse('lifecycle.trial_renewal', 'subscription', 'A trial has one term; convert it instead.');
  }
  const { renewal } = plan.policies;
  if (isExpired && !renewal.allowLate)
    refuse(
      'lifecycle.late_renewal',
      'subscription',
      'It has expired, and this plan is not renewed late. Place a new order instead.',
    );
  const earliest = daysAfter(endOn, -renewal.allowEarlyDays);
  if (todayOf(context) < earliest)
    refuse('lifecycle.early_renewal', 'subscription', `It can be renewed from ${earliest} on.`);
  return isExpired;
}

const byItself = { align: null, items: [] };

/**
 * The renewal that comes by itself at the end of the term, where nothing stands against it. What was asked for that moment has been done
 * already.
 */
export function renewAtEnd(decided: Draft, context: Context, id: Subscription['id']): void {
  noteHeld(decided, context.current, id, 'renewed');
  settle(decided, context, id);
  extend(decided, context, id, lengthOf(context.current, decided.state(id).autoRenewalMonths), byItself);
  openTerm(decided, context, id);
  decided.set(id, { renewalFailure: null, noticedOn: null });
  decided.event('subscription.renewed', id, { by: 'system' });
}

/** Every period of the term that is over is charged for on every edge. */
export function settle(decided: Draft, context: Context, id: Subscription['id']): void {
  const { plan } = context.current;
  const held = heldOf(decided.state(id), context.current);
  book(decided, id, (edge) => settleEdge(plan, edge, held));
}

export function lengthOf({ plan }: LoadedPlan, months: number | null): TermLength {
  if (months !== null) return { months, days: null };
  const { unit, count } = plan.subscriptionPeriod;
  if (unit === 'day') return { months: null, days: count };
  return { months: unit === 'year' ? count * 12 : count, days: null };
}

/** Quantities of a term that begins now, from its first day on: nothing of the term before binds. */
function setQuantities(decided: Draft, context: Context, id: Subscription['id'], items: RenewCommand['items']): void {
  if (items.length === 0) return;
  const free = withFreeReturns(context);
  const state = decided.state(id);
  const wanted = wantedQuantities(free, state, { items, cascade: false });
  const entering = dealsOfWhat('new', items, state);
  applyQuantities(decided, free, free.current, id, wanted, { items: entering }, { since: 'term_to_come' });
}

/** What is held gets its deals with the prices of the term; what comes in, when it does. */
function dealsOfWhat(whose: 'held' | 'new', items: RenewCommand['items'], of: Subscription): RenewCommand['items'] {
  return items.map(({ deals = [], ...item }) => {
    const isHeld = itemOf(of, item.rateId) !== undefined;
    const isMeant = deals.length > 0 && !isZero(item.quantity) && isHeld === (whose === 'held');
    return isMeant ? { ...item, deals } : item;
  });
}

/** Quantities of a term that begins later: they are planned for its first day, where anybody sees them. */
function planQuantities(
  decided: Draft,
  context: Context,
  subscription: Subscription,
  items: RenewCommand['items'],
): void {
  if (items.length === 0) return;
  const wanted = wantedQuantities(context, subscription, { items, cascade: false }, false);
  const isSame = [...wanted].every(([rateId, quantity]) => {
    const held = itemOf(subscription, rateId);
    return held !== undefined && compareDecimal(held.quantity, quantity) === 0;
  });
  // Deals alone change no quantity.
  if (isSame && items.some(({ deals = [] }) => deals.length > 0)) return;
  const command = { kind: 'change', items: dealsOfWhat('new', items, subscription), cascade: false } as const;
  decided.warnings.push(...checkDeals(context, context.current, command.items, 'term_of_today'));
  const moment = { at: 'date', on: subscription.endOn } as const;
  decided.intents.push({ kind: 'add', moment, command });
}

/** Another term after the end of this one; it is charged for when it begins. */
function extend(
  decided: Draft,
  context: Context,
  id: Subscription['id'],
  length: TermLength,
  { align, items }: Pick<RenewCommand, 'align' | 'items'>,
): void {
  const subscription = decided.state(id);
  const ends =
    align &&
    alignedEnds(
      context,
      align,
      subscription.ledger.map(({ endOn }) => endOn),
    );
  const byEdge = termPrices(context, subscription, context.pricesAtEnd, items);
  const ledger = subscription.ledger.map((edge, index) => {
    const prices = byEdge[index]!;
    const endOn = ends?.[index];
    if (endOn === undefined) return renewEdge(context.current.plan, edge, length, prices);
    const renewed = renewEdge(context.current.plan, edge, { ...length, endOn }, prices);
    // The grid of an aligned term is anchored as it is in a sale.
    return { ...renewed, upcoming: anchoredAt(renewed.upcoming!, alignedAnchor(context, align!, endOn, index)) };
  });
  const { endOn } = ledger.at(-1)!;
  decided.set(id, {
    ledger,
    endOn,
    licenses: subscription.licenses.map((license) => ({ ...license, endOn, enabled: true })),
  });
}

function anchoredAt(upcoming: Upcoming, anchorOn: string): Upcoming {
  return upcoming.next === null
    ? { ...upcoming, anchorOn }
    : { ...upcoming, next: anchoredAt(upcoming.next, anchorOn) };
}

export type Restart = {
  readonly starts: readonly string[];
  readonly length: TermLength;
  readonly align: Alignment | null;
  readonly items: RenewCommand['items'];
};

/** A term that begins on given dates, in place of what was left. What of this one is paid already is given back by the day. */
export function restart(
  decided: Draft,
  context: Context,
  id: Subscription['id'],
  { starts, length, align, items }: Restart,
): void {
  const { plan } = context.current;
  const before = decided.state(id);
  noteHeld(decided, context.current, id, 'renewed');
  const heldBefore = heldOf(before, context.current);
  book(decided, id, (edge, index) => endEdge(plan, edge, heldBefore, starts[index]!, true));
  setQuantities(decided, context, id, items);
  const subscription = decided.state(id);
  const held = heldOf(subscription, context.current);
  const ends = align && alignedEnds(context, align, starts);
  const byEdge = termPrices(context, subscription, context.pricesNow, dealsOfWhat('held', items, before));
  book(decided, id, (edge, index) => {
    const startOn = starts[index]!;
    const endOn = ends?.[index] ?? termEnd(startOn, startOn, length);
    const prices = byEdge[index]!;
    const anchorOn = align === null ? startOn : alignedAnchor(context, align, endOn, index);
    const opened = openEdge(plan, {
      ...edge,
      startOn,
      anchorOn,
      chargeFrom: laterDate(edge.chargeFrom, startOn),
      endOn,
    });
    const kept = edge.items.map((item) => ({
      ...item,
      prices: prices[item.rateId] ?? item.prices,
      was: undefined,
      past: undefined,
    }));
    return beginAt(plan, { ...opened, items: kept }, startOn, held);
  });
  const { anchorOn, endOn } = decided.state(id).ledger.at(-1)!;
  const startOn = starts.at(-1)!;
  decided.set(id, {
    anchorOn,
    startOn,
    endOn,
    items: freshItems(subscription, context.at),
    licenses: subscription.licenses.map((license) => ({ ...license, startOn, endOn, enabled: true })),
  });
}

/** Opens a window that begins on a date, as the one after an empty one that ends there: it is charged as any next one. */
export function beginAt(terms: LoadedPlan['plan'], edge: EdgeLedger, startOn: string, held: readonly Held[]) {
  // After a pause the window before it is one of the term, too, and may be given back with it.
  const isOver = edge.window.end <= startOn;
  const items = isOver ? edge.items.map((item) => withPast(terms, edge, item)) : edge.items;
  return nextWindow(terms, { ...edge, items, window: { start: startOn, end: startOn } }, held);
}

/** The next term begins: new batches, new minimums, the prices that were locked for it, and its first window. */
function openTerm(decided: Draft, context: Context, id: Subscription['id']): void {
  const { plan } = context.current;
  const held = heldOf(decided.state(id), context.current);
  book(decided, id, (edge) => nextWindow(plan, edge, held));
  noteTerm(decided, context, id);
}

/** What begins with a term, once its first window is open. */
export function noteTerm(decided: Draft, context: Context, id: Subscription['id'], startOn?: string): void {
  const subscription = decided.state(id);
  const { anchorOn, window } = subscription.ledger.at(-1)!;
  decided.set(id, { startOn: startOn ?? window.start, anchorOn, items: freshItems(subscription, context.at) });
}

/** A billing period begins, perhaps the first of a term that was renewed early: with it begins what begins with a term. */
export function openPeriod(decided: Draft, context: Context, id: Subscription['id']): void {
  const { plan } = context.current;
  const subscription = decided.state(id);
  const last = subscription.ledger.at(-1)!;
  const boundary = periodEnd(subscription)!;
  const isTerm = last.upcoming !== null && last.upcoming.from <= boundary;
  const dayAfter = daysAfter(boundary, 1);
  const held = heldOf(subscription, context.current);
  book(decided, id, (edge) => openWindows(plan, edge, held, boundary, dayAfter));
  if (isTerm) noteTerm(decided, context, id);
}

function freshItems(subscription: Subscription, at: Temporal.Instant): Subscription['items'] {
  return subscription.items.map((item) => ({
    ...item,
    committed: item.quantity,
    batches: [{ quantity: item.quantity, at: instantText(at) }],
  }));
}
