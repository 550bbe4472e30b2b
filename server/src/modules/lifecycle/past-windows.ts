import { dateIn, startOfDay, Temporal, zero, zeroRatio, type RateId } from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import {
  laterDate,
  pastDays,
  plainDate,
  dateText,
  recurringLines,
  windowFrom,
  within,
  withItem,
  type BillingTerms,
  type Booked,
  type Charge,
  type EdgeLedger,
  type Held,
  type LedgerItem,
} from '../billing/index.ts';

type Return = Held & { readonly before: Held['quantity'] };

/**
 * What a full refund gives back of billing periods that are over: each from the day on which the units came, at the prices that counted
 * on its days, so that what goes back piece by piece sums to what was charged. The current period is the ledger's own.
 */
export function refundBefore(terms: BillingTerms, edge: EdgeLedger, held: Return, came: string, on: string): Booked {
  const { rateId, model, before, quantity } = held;
  const item = edge.items.find((one) => one.rateId === rateId);
  if (item === undefined) return { edge, lines: [] };
  const known = item.past ?? [];
  const lines: Charge[] = [];
  const past = known.map((window) => {
    let { exact } = window;
    for (const { price, days } of pastDays(window, came)) {
      const change = { model, before, after: quantity };
      const booked = recurringLines(terms, edge, item, { change, price, days, bookedOn: on, exact });
      lines.push(...booked.lines);
      exact = booked.exact;
    }
    return { ...window, exact };
  });
  const until = known[0]?.start ?? edge.window.start;
  const unknown = refundUnknown(terms, edge, item, held, { came, until, on });
  if (known.length === 0) return { edge, lines: unknown };
  return { edge: withItem(edge, { ...item, past }), lines: [...unknown, ...lines] };
}

/**
 * Periods that nobody remembered, because nothing was to be given back whole when they ended: at the price that the term has, each as it
 * lies in the grid.
 */
function refundUnknown(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  { model, before, quantity }: Return,
  { came, until, on }: { readonly came: string; readonly until: string; readonly on: string },
): Charge[] {
  const price = item.prices.recurring;
  if (price === undefined) return [];
  const lines: Charge[] = [];
  let from = laterDate(came, edge.chargeFrom);
  while (from < until) {
    const { end } = windowFrom(plainDate(edge.anchorOn), terms.billingPeriod, plainDate(from), plainDate(until));
    const to = dateText(end);
    const of = { price, days: { from, to }, bookedOn: on };
    // What all units of that period cost is rounded once, so that whatever goes back piece by piece goes back whole.
    const { exact } = recurringLines(terms, edge, item, {
      ...of,
      change: { model, before: zero, after: before },
      exact: zeroRatio,
    });
    const change = { model, before, after: quantity };
    lines.push(...recurringLines(terms, edge, item, { ...of, change, exact }).lines);
    from = to;
  }
  return lines;
}

/**
 * The day from which units that came at an instant were charged for on an edge: the seller's date, but within the window that was open.
 * Windows open on the owner's calendar, so an edge whose day lags behind it charges from the window's first day.
 */
export function cameOn(
  { account, chain }: AccountNode,
  index: number,
  edge: EdgeLedger,
  rateId: RateId,
  cameAt: Temporal.Instant,
): string {
  const date = dateText(dateIn(cameAt, chain[index]!.timeZone));
  const past = edge.items.find((item) => item.rateId === rateId)?.past ?? [];
  const open = [...past, edge.window].findLast(
    ({ start }) => Temporal.Instant.compare(startOfDay(plainDate(start), account.timeZone), cameAt) <= 0,
  );
  return open === undefined ? date : within(date, open.start, open.end);
}
