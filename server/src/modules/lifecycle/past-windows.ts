import { zero, zeroRatio, type Decimal } from '@tierline/kernel';
import {
  laterDate,
  plainDate,
  dateText,
  recurringLines,
  windowFrom,
  type BillingTerms,
  type Charge,
  type EdgeLedger,
  type Held,
} from '../billing/index.ts';

/**
 * What a full refund gives back of billing periods that are over: each from the day on which the units came, at the price that the
 * term has. The current period is the ledger's own.
 */
export function refundBefore(
  terms: BillingTerms,
  edge: EdgeLedger,
  { rateId, model, before, quantity }: Held & { readonly before: Decimal },
  came: string,
  on: string,
): Charge[] {
  const item = edge.items.find((one) => one.rateId === rateId);
  const price = item?.prices.recurring;
  if (item === undefined || price === undefined) return [];
  const lines: Charge[] = [];
  let from = laterDate(came, edge.chargeFrom);
  while (from < edge.window.start) {
    const { end } = windowFrom(
      plainDate(edge.anchorOn),
      terms.billingPeriod,
      plainDate(from),
      plainDate(edge.window.start),
    );
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
