import { compareDecimal, maxDecimal, subtractDecimal, zero, zeroRatio, type Decimal } from '@tierline/kernel';
import { laterDate, within } from './dates.ts';
import { bill, billSetup, type Change } from './ledger-lines.ts';
import {
  accrue,
  isPaidBefore,
  withItem,
  type Accrual,
  type BillingTerms,
  type Booked,
  type EdgeLedger,
  type Held,
  type LedgerItem,
  type LockedPrices,
} from './ledger.ts';

/** A new item from a date on: its setup, unless that was paid elsewhere, and what is left of the window. */
export function addItem(
  terms: BillingTerms,
  edge: EdgeLedger,
  held: Held,
  prices: LockedPrices,
  on: string,
  hasSetup = true,
): Booked {
  const from = within(on, edge.window.start, edge.window.end);
  const item = entering(terms, edge, held, prices, from);
  const change: Change = { model: held.model, before: zero, after: held.quantity };
  return booked(terms, edge, item, change, { from, bookedOn: from, hasSetup });
}

/** The item as it comes in. One that left in this window goes on with the window's sum, which is rounded once for both. */
function entering(
  terms: BillingTerms,
  edge: EdgeLedger,
  { rateId, model }: Held,
  prices: LockedPrices,
  from: string,
): LedgerItem {
  const known = edge.items.find((item) => item.rateId === rateId);
  const isSameCurrency = known?.prices.recurring?.currency === prices.recurring?.currency;
  return {
    rateId,
    model,
    prices,
    exact: known !== undefined && isSameCurrency ? known.exact : zeroRatio,
    setup: known?.setup ?? null,
    accrued: known?.accrued ?? [],
    accruesFrom: terms.billingModel === 'after_billing_period' ? from : null,
  };
}

/**
 * Another quantity of an item from a date on. Fewer are refunded from `refund.from` on; null: not refunded. More cost their setup, unless
 * that was paid elsewhere.
 */
export function changeItem(
  terms: BillingTerms,
  edge: EdgeLedger,
  held: Held & { readonly before: Decimal },
  on: string,
  refund: { readonly from: string | null; readonly setupToo: boolean } = { from: on, setupToo: false },
  hasSetup = true,
): Booked {
  const item = edge.items.find(({ rateId }) => rateId === held.rateId);
  if (item === undefined || compareDecimal(held.before, held.quantity) === 0) return { edge, lines: [] };
  const { before, quantity: after, model } = held;
  const { start, end } = edge.window;
  const bookedOn = within(on, start, end);
  const change: Change = { model, before, after };
  if (compareDecimal(after, before) > 0) {
    return booked(terms, edge, accrue(item, before, bookedOn), change, { from: bookedOn, bookedOn, hasSetup });
  }
  const from = refund.from === null ? null : within(refund.from, start, end);
  const accrued = takenBack(accrue(item, before, bookedOn), subtractDecimal(before, after), from);
  if (from === null) return { edge: withItem(edge, accrued), lines: [] };
  return booked(terms, edge, accrued, change, { from, bookedOn, hasSetup: refund.setupToo });
}

/** What is billed afterwards is not refunded: it is never billed, from the day on which a refund would count. */
function takenBack(item: LedgerItem, count: Decimal, from: string | null): LedgerItem {
  if (from === null) return item;
  const fewer = (part: Accrual): Accrual => ({
    ...part,
    from: laterDate(part.from, from),
    quantity: maxDecimal(subtractDecimal(part.quantity, count), zero),
  });
  const accrued = item.accrued.flatMap((part) => {
    if (part.to <= from) return [part];
    return part.from >= from ? [fewer(part)] : [{ ...part, to: from }, fewer(part)];
  });
  return { ...item, accrued };
}

type Booking = { readonly from: string; readonly bookedOn: string; readonly hasSetup: boolean };

/** Setup, and the rest of the window where that is paid in advance. */
function booked(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  change: Change,
  { from, bookedOn, hasSetup }: Booking,
): Booked {
  const setup = hasSetup ? billSetup(terms, edge, item, change, bookedOn) : { item, lines: [] };
  if (!isPaidBefore(terms)) return { edge: withItem(edge, setup.item), lines: setup.lines };
  const rest = bill(terms, edge, setup.item, change, { from, to: edge.window.end }, bookedOn);
  return { edge: withItem(edge, rest.item), lines: [...setup.lines, ...rest.lines] };
}
