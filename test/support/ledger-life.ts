import { decimal, newId, type Decimal, type Period } from '@tierline/kernel';
import {
  addItem,
  changeItem,
  closeWindow,
  dropItem,
  moveEnd,
  nextWindow,
  ledgerText,
  openEdge,
  readLedger,
  renewEdge,
  type BillingTerms,
  type Booked,
  type Charge,
  type EdgeLedger,
  type Held,
  type LockedPrice,
  type StoredLedger,
  type LockedPrices,
} from '@tierline/server/modules/billing/index.ts';
import type { BillingModel } from '@tierline/server/modules/catalog/index.ts';
import { dayOf, nextTerm, owed, textOf, type OracleRate } from './ledger-oracle.ts';

/** Histories of one rate on one edge, played on the ledger. Tests of the rules of money only. */

export const rateId = newId<'rate'>();
const sellerId = newId<'account'>();
const buyerId = newId<'customer'>();

/** The digits after the point of the currencies in tests. */
export const digitsOf: Readonly<Record<string, number>> = { JPY: 0, EUR: 2, BHD: 3 };

export function units(thousandths: bigint): Decimal {
  return scaled(thousandths, 3);
}

function scaled(size: bigint, digits: number): Decimal {
  const text = size.toString().padStart(digits + 1, '0');
  return decimal(`${text.slice(0, -digits)}.${text.slice(-digits)}`);
}

function lockedPrice(currency: string, { tiers }: OracleRate): LockedPrice {
  return {
    currency,
    tiers: tiers.map(([limit, price]) => ({ lowerLimit: scaled(limit, 3), amount: scaled(price, 6) })),
    source: { kind: 'free' },
  };
}

export type Story = {
  readonly billingPeriod: Period;
  readonly billingModel: BillingModel;
  readonly currency: string;
  readonly rate: OracleRate;
  readonly setup?: OracleRate;
  readonly startOn: string;
  readonly anchorOn: string;
  readonly chargeFrom: string;
  readonly endOn: string;
};

/** From a day on another quantity is held, in thousandths; changes of one day follow each other. */
export type Step = { readonly on: string; readonly quantity: bigint };
/** On a day the end of the term is moved, with whole refunds; or another term is added, at other prices. */
export type Event = Step | { readonly on: string; readonly endOn: string } | Renewal;
export type Renewal = { readonly on: string; readonly months: number; readonly rate: OracleRate };

export function termsOf({ billingPeriod, billingModel }: BillingTerms): BillingTerms {
  return { billingPeriod, billingModel };
}

export function edgeOf(story: Story): EdgeLedger {
  const { startOn, anchorOn, chargeFrom, endOn } = story;
  return openEdge(termsOf(story), { sellerId, buyerId, startOn, anchorOn, chargeFrom, endOn });
}

function pricesOf({ currency, rate, setup }: Pick<Story, 'currency' | 'rate' | 'setup'>): LockedPrices {
  return {
    recurring: lockedPrice(currency, rate),
    ...(setup === undefined ? {} : { setup: lockedPrice(currency, setup) }),
  };
}

export function heldOf({ rate: { model } }: Story, quantity: bigint): Held[] {
  return quantity === 0n ? [] : [{ rateId, model, quantity: units(quantity) }];
}

/** Brings the one item of an edge from a quantity to another: adds, changes or removes it. */
export function bring(
  story: Pick<Story, 'billingPeriod' | 'billingModel' | 'currency' | 'rate' | 'setup'>,
  edge: EdgeLedger,
  { before, after, on }: { readonly before: bigint; readonly after: bigint; readonly on: string },
): Booked {
  const terms = termsOf(story);
  const held = { rateId, model: story.rate.model, quantity: units(after) };
  if (before === 0n && after === 0n) return { edge, lines: [] };
  if (before === 0n) return addItem(terms, edge, held, pricesOf(story), on);
  const changed = changeItem(terms, edge, { ...held, before: units(before) }, on);
  return after === 0n ? { edge: dropItem(changed.edge, rateId), lines: changed.lines } : changed;
}

/** The prices of a term, and the grid of its periods. */
export type Term = { readonly from: number; readonly anchor: number; readonly rate: OracleRate };
export type Played = {
  readonly edge: EdgeLedger;
  readonly lines: readonly Charge[];
  readonly windows: readonly (EdgeLedger['window'] & { readonly lines: readonly Charge[] })[];
  /** The terms by the oracle's calendar. */
  readonly terms: readonly Term[];
};

/** The whole life: each event on its day, each window when it is due, as far as the end. */
export function play(
  story: Story,
  events: readonly Event[],
  seen: (edge: EdgeLedger) => void = () => undefined,
): Played {
  const terms = termsOf(story);
  const plan: Term[] = [{ from: dayOf(story.startOn), anchor: dayOf(story.anchorOn), rate: story.rate }];
  let edge = frozen(edgeOf(story));
  let quantity = 0n;
  const windows: { start: string; end: string; lines: Charge[] }[] = [{ ...edge.window, lines: [] }];
  const book = (booked: Booked): void => {
    seen(booked.edge);
    edge = frozen(stored(booked.edge));
    const { lines } = windows.at(-1)!;
    windows[windows.length - 1] = { ...edge.window, lines: [...lines, ...booked.lines] };
  };
  const happens = (event: Event): void => {
    if ('endOn' in event) {
      book(moveEnd(terms, edge, event.endOn, heldOf(story, quantity), true, event.on));
    } else if ('months' in event) {
      const { anchor, end } = nextTerm(plan.at(-1)!.anchor, story.billingPeriod, dayOf(edge.endOn), event.months);
      plan.push({ from: dayOf(edge.endOn), anchor, rate: event.rate });
      const prices = { [rateId]: pricesOf({ ...story, rate: event.rate }) };
      book({ edge: renewEdge(terms, edge, { months: event.months, days: null }, prices), lines: [] });
      if (edge.endOn !== textOf(end))
        throw new Error(`The term ends on ${edge.endOn}, by the oracle on ${textOf(end)}.`);
    } else {
      const { rate } = plan.findLast(({ from }) => from <= dayOf(event.on))!;
      book(bring({ ...story, rate }, edge, { before: quantity, after: event.quantity, on: event.on }));
      ({ quantity } = event);
    }
  };
  const pending = events.toSorted((a, b) => dayOf(a.on) - dayOf(b.on));
  for (;;) {
    while (pending[0] !== undefined && pending[0].on < edge.window.end) happens(pending.shift()!);
    // What renews a term on its last day, and nothing else, still comes in time.
    if (edge.window.end >= edge.endOn && pending[0] !== undefined && 'months' in pending[0]) happens(pending.shift()!);
    if (edge.window.end >= edge.endOn) break;
    // Closed by itself, so that each line stands in its own window; the next one then has nothing left to close.
    book(closeWindow(terms, edge, heldOf(story, quantity)));
    const opened = nextWindow(terms, edge, heldOf(story, quantity));
    windows.push({ ...opened.edge.window, lines: [] });
    book(opened);
  }
  book(closeWindow(terms, edge, heldOf(story, quantity)));
  return { edge, lines: windows.flatMap(({ lines }) => lines), windows, terms: plan };
}

/** The ledger as the database gives it back. */
export function stored(edge: EdgeLedger): EdgeLedger {
  return readLedger(JSON.parse(ledgerText([edge])) as StoredLedger[])[0]!;
}

/** Rules of money, 8: a ledger that is looked at, refused or previewed is the same afterwards. */
function frozen(edge: EdgeLedger): EdgeLedger {
  edge.items.forEach((item) => Object.freeze(item));
  Object.freeze(edge.items);
  return Object.freeze(edge);
}

/** What is held on a day: the last change up to it. */
export function quantityOn(events: readonly Event[]): (day: number) => bigint {
  const steps = events
    .filter((event): event is Step => 'quantity' in event)
    .map(({ on, quantity }) => ({ from: dayOf(on), quantity }))
    .toSorted((a, b) => a.from - b.from);
  return (day) => steps.findLast(({ from }) => from <= day)?.quantity ?? 0n;
}

/** What the oracle says of some days of a story. */
export function owedIn(
  story: Story,
  events: readonly Event[],
  { start, end }: EdgeLedger['window'],
  terms: readonly Term[] = [{ from: 0, anchor: dayOf(story.anchorOn), rate: story.rate }],
): bigint {
  const held = quantityOn(events);
  const days = { from: Math.max(dayOf(start), dayOf(story.chargeFrom)), to: dayOf(end) };
  return owed(days, story.billingPeriod, digitsOf[story.currency]!, (day) => {
    const { rate, anchor } = terms.findLast(({ from }) => from <= day)!;
    return { quantity: held(day), rate, anchor };
  });
}

export function sumOf(lines: readonly Charge[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount.minor, 0n);
}

/** The date so many days later. */
export function dayAfter(text: string, days: number): string {
  return textOf(dayOf(text) + days);
}
