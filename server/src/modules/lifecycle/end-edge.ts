import { zero } from '@tierline/kernel';
import {
  changeItem,
  closeWindow,
  nextWindow,
  within,
  type BillingTerms,
  type Booked,
  type Charge,
  type EdgeLedger,
  type Held,
} from '../billing/index.ts';

/**
 * An edge that ends on a date: what was paid beyond it is given back by the day (`refund`), what is billed afterwards is billed up to
 * it, and no window reaches further.
 */
export function endEdge(
  terms: BillingTerms,
  edge: EdgeLedger,
  held: readonly Held[],
  on: string,
  refund: boolean,
): Booked {
  const end = within(on, edge.window.start, edge.window.end);
  const cut = (of: EdgeLedger): EdgeLedger => ({ ...of, endOn: end, window: { ...of.window, end }, upcoming: null });
  if (terms.billingModel === 'after_billing_period') return closeWindow(terms, cut(edge), held);
  let ended: EdgeLedger = edge;
  const lines: Charge[] = [];
  for (const { rateId, model, quantity } of refund ? held : []) {
    const booked = changeItem(terms, ended, { rateId, model, before: quantity, quantity: zero }, end);
    ended = booked.edge;
    lines.push(...booked.lines);
  }
  return { edge: cut(ended), lines };
}

/**
 * Opens windows up to a boundary of the owner's: one on most edges. An edge whose calendar is ahead or behind has its boundary a day
 * sooner or later, and one whose term was moved may have another number of periods in it: none is opened before its time, none left out.
 */
export function openWindows(
  terms: BillingTerms,
  edge: EdgeLedger,
  held: readonly Held[],
  boundary: string,
  dayAfter: string,
): Booked {
  if (edge.window.end >= edge.endOn || edge.window.end > dayAfter) return { edge, lines: [] };
  let booked = nextWindow(terms, edge, held);
  while (booked.edge.window.end <= boundary && booked.edge.window.end < edge.endOn) {
    const next = nextWindow(terms, booked.edge, held);
    booked = { edge: next.edge, lines: [...booked.lines, ...next.lines] };
  }
  return booked;
}

/** Opens every window that a term still has on an edge when it ends on the owner's: none is left out. */
export function settleEdge(terms: BillingTerms, edge: EdgeLedger, held: readonly Held[]): Booked {
  let booked: Booked = { edge, lines: [] };
  while (booked.edge.window.end < booked.edge.endOn) {
    const next = nextWindow(terms, booked.edge, held);
    booked = { edge: next.edge, lines: [...booked.lines, ...next.lines] };
  }
  return booked;
}
