import { zero, zeroRatio, type Ratio } from '@tierline/kernel';
import type { Charge } from './charge.ts';
import { laterDate } from './dates.ts';
import { bill, recurringLines } from './ledger-lines.ts';
import { withPast } from './ledger-past.ts';
import {
  accrue,
  isPaidBefore,
  windowOf,
  withItem,
  type BillingTerms,
  type Booked,
  type EdgeLedger,
  type Held,
  type LedgerItem,
  type Upcoming,
} from './ledger.ts';

/** Closes the window and opens the next one of the term: what is billed afterwards is billed, what is billed before too. */
export function nextWindow(terms: BillingTerms, edge: EdgeLedger, held: readonly Held[]): Booked {
  const closed = closeWindow(terms, edge, held);
  const { end } = edge.window;
  if (end >= edge.endOn) return closed;
  const opened = openedAt(terms, closed.edge, held, end);
  let booked: Booked = { edge: opened, lines: closed.lines };
  if (!isPaidBefore(terms)) return booked;
  for (const { rateId, model, quantity } of held) {
    const item = opened.items.find((one) => one.rateId === rateId);
    if (item === undefined) continue;
    const one = bill(
      terms,
      opened,
      item,
      { model, before: zero, after: quantity },
      { from: end, to: opened.window.end },
      end,
    );
    booked = { edge: withItem(booked.edge, one.item), lines: [...booked.lines, ...one.lines] };
  }
  return booked;
}

/** The edge on the first day of a window, which may be the first of the next term: with what is held and nothing charged yet. */
function openedAt(terms: BillingTerms, edge: EdgeLedger, held: readonly Held[], start: string): EdgeLedger {
  // After a long pause more than one term that was renewed ahead may have begun.
  const begun = begunOn(edge.upcoming, start);
  const term = begun.at(-1);
  const anchorOn = term?.anchorOn ?? edge.anchorOn;
  const upcoming = term === undefined ? edge.upcoming : term.next;
  return {
    ...edge,
    anchorOn,
    upcoming,
    window: windowOf(terms, { anchorOn, endOn: edge.endOn, upcoming }, start),
    items: edge.items
      .filter((item) => held.some(({ rateId }) => rateId === item.rateId))
      .map((item) => ({
        ...(term === undefined ? withPast(terms, edge, item) : { ...item, was: undefined, past: undefined }),
        prices: begun.reduce((had, { prices }) => prices[item.rateId] ?? had, item.prices),
        exact: zeroRatio,
        accrued: [],
        accruesFrom: item.accruesFrom === null ? null : start,
      })),
  };
}

/** The terms that were renewed ahead and have begun on a date, in their order. */
export function begunOn(upcoming: Upcoming | null, on: string): Upcoming[] {
  const begun: Upcoming[] = [];
  for (let term = upcoming; term !== null && term.from <= on; term = term.next) begun.push(term);
  return begun;
}

/** What has accrued in the window, billed; nothing where the window was paid in advance. */
export function closeWindow(terms: BillingTerms, edge: EdgeLedger, held: readonly Held[]): Booked {
  if (terms.billingModel !== 'after_billing_period') return { edge, lines: [] };
  const lines: Charge[] = [];
  const items = edge.items.map((item) => {
    const closed = closeItem(
      terms,
      edge,
      item,
      held.find(({ rateId }) => rateId === item.rateId),
    );
    lines.push(...closed.lines);
    return closed.item;
  });
  return { edge: { ...edge, items }, lines };
}

/** Each part at the price of its days. A price may have come in another currency meanwhile, which then has a sum of its own. */
function closeItem(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  held: Held | undefined,
): { readonly item: LedgerItem; readonly lines: readonly Charge[] } {
  const { start, end } = edge.window;
  // Days before the window were closed with another one, or lie in a pause that nobody pays for.
  const since = item.accruesFrom === null ? null : laterDate(item.accruesFrom, start);
  const complete = accrue({ ...item, accruesFrom: since }, held?.quantity ?? zero, end);
  const own = item.prices.recurring?.currency;
  const sums = new Map<string | undefined, Ratio>([[own, item.exact]]);
  const lines: Charge[] = [];
  for (const { from, to, quantity, price } of complete.accrued) {
    if (price === null) continue;
    const booked = recurringLines(terms, edge, item, {
      change: { model: item.model, before: zero, after: quantity },
      price,
      days: { from, to },
      bookedOn: end,
      exact: sums.get(price.currency) ?? zeroRatio,
    });
    sums.set(price.currency, booked.exact);
    lines.push(...booked.lines);
  }
  return { item: { ...complete, accrued: [], exact: sums.get(own)! }, lines };
}

/**
 * Moves the end of the term, as asked for on a date. Where the window ended with the term it now ends with the new end or its period:
 * the difference is charged, or refunded unless `refund` is false.
 */
export function moveEnd(
  terms: BillingTerms,
  edge: EdgeLedger,
  endOn: string,
  held: readonly Held[],
  refund: boolean,
  on: string = edge.window.start,
): Booked {
  const { start, end: before } = edge.window;
  const moved = { ...edge, endOn: laterDate(endOn, start), upcoming: upcomingBefore(edge.upcoming, endOn) };
  const window = windowOf(terms, moved, start);
  let booked: Booked = { edge: { ...moved, window }, lines: [] };
  if (before === window.end || !isPaidBefore(terms)) return booked;
  const isLater = window.end > before;
  if (!isLater && !refund) return booked;
  const days = isLater ? { from: before, to: window.end } : { from: window.end, to: before };
  for (const { rateId, model, quantity } of held) {
    const item = booked.edge.items.find((one) => one.rateId === rateId);
    if (item === undefined) continue;
    const change = isLater ? { model, before: zero, after: quantity } : { model, before: quantity, after: zero };
    const one = bill(terms, booked.edge, item, change, days, laterDate(on, start));
    booked = { edge: withItem(booked.edge, one.item), lines: [...booked.lines, ...one.lines] };
  }
  return booked;
}

/** Terms that would begin where the subscription has ended already don't come any more. */
export function upcomingBefore(upcoming: Upcoming | null, endOn: string): Upcoming | null {
  if (upcoming === null || upcoming.from >= endOn) return null;
  return { ...upcoming, next: upcomingBefore(upcoming.next, endOn) };
}
