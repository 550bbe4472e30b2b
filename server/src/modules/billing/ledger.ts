import { isZero, zero, type AccountId, type Decimal, type Period, type RateId, type Ratio } from '@tierline/kernel';
import type { BillingModel, ChargeType, PriceModel } from '../catalog/index.ts';
import type { PriceSource, Tier } from '../pricing/index.ts';
import type { Charge } from './charge.ts';
import { dateText, plainDate } from './dates.ts';
import type { PastWindow, PriceUntil } from './ledger-past.ts';
import { windowFrom } from './share.ts';

/** A price as it was locked for a term. */
export type LockedPrice = { readonly currency: string; readonly tiers: readonly Tier[]; readonly source: PriceSource };
export type LockedPrices = Readonly<Partial<Record<ChargeType, LockedPrice>>>;

const free = new WeakMap<LockedPrices, LockedPrices>();

/** The same prices at zero: for what is not for resale. */
export function freeOf(prices: LockedPrices): LockedPrices {
  let zeroed = free.get(prices);
  if (zeroed === undefined) {
    zeroed = Object.fromEntries(
      Object.entries(prices).map(([type, { currency }]) => [
        type,
        { currency, tiers: [{ lowerLimit: zero, amount: zero }], source: { kind: 'free' as const } },
      ]),
    );
    free.set(prices, zeroed);
  }
  return zeroed;
}

const locked = new WeakMap<object, LockedPrices>();

/** Prices of the day as a term keeps them: without what only matters on the day. */
export function lockPrices(prices: Readonly<Partial<Record<ChargeType, LockedPrice>>>): LockedPrices {
  let kept = locked.get(prices);
  if (kept === undefined) {
    kept = Object.fromEntries(
      Object.entries(prices).map(([type, { currency, tiers, source }]) => [type, { currency, tiers, source }]),
    );
    locked.set(prices, kept);
  }
  return kept;
}

/** One rate on one edge. */
export type LedgerItem = {
  readonly rateId: RateId;
  readonly model: PriceModel;
  readonly prices: LockedPrices;
  /**
   * Exact sum of what was charged and refunded for the window, in the currency of the recurring price. A line's amount is what its
   * own part moves the rounded sum by, so that the lines of a window always sum to the exact sum rounded once, however the window
   * was cut (rules of money, 5).
   */
  readonly exact: Ratio;
  /** The same for setup, which belongs to no window: since the item was added. Null until there is any. */
  readonly setup: Tally | null;
  /** Billed afterwards only: what was held in the window before the quantity that is held now. */
  readonly accrued: readonly Accrual[];
  /** Billed afterwards only: since when the quantity that is held now counts. */
  readonly accruesFrom: string | null;
  /** The prices that it had before within the window; missing where it had no other. */
  readonly was?: readonly PriceUntil[] | undefined;
  /** Windows of the term that are over, the oldest first, as long as they may be given back; missing where there are none. */
  readonly past?: readonly PastWindow[] | undefined;
};

export type Tally = { readonly currency: string; readonly exact: Ratio };

/** A quantity held for some days, at the price that it had then; null: none. */
export type Accrual = {
  readonly from: string;
  readonly to: string;
  readonly quantity: Decimal;
  readonly price: LockedPrice | null;
};

/**
 * What one subscription owes on one edge of the channel. Dates are civil dates of the seller's zone. The window is the range that is
 * charged for together: a billing period or the part of one that the term has, or the whole term where that is paid in advance.
 */
export type EdgeLedger = {
  readonly sellerId: AccountId;
  readonly buyerId: string;
  /** The grid of the term that the window lies in. */
  readonly anchorOn: string;
  /** The first day that is charged for. */
  readonly chargeFrom: string;
  /** The first day after the term; after the last one, where it was renewed before it ended. */
  readonly endOn: string;
  readonly window: { readonly start: string; readonly end: string };
  /** What is held, and what was held and is still part of the window's sum. */
  readonly items: readonly LedgerItem[];
  /** The next term where that was renewed before this one ended; null otherwise. */
  readonly upcoming: Upcoming | null;
};

/** From the first day of the next term on: its grid, and its prices by rate. A rate that is missing keeps its price. */
export type Upcoming = {
  readonly from: string;
  readonly anchorOn: string;
  readonly prices: Readonly<Record<RateId, LockedPrices>>;
  /** The term after that, where even that was renewed already. */
  readonly next: Upcoming | null;
};

/** What of a plan version matters to money. */
export type BillingTerms = {
  readonly billingPeriod: Period;
  readonly billingModel: BillingModel;
  /** Only whether anything is given back whole: then windows that are over are remembered. */
  readonly policies?: Readonly<Record<'cancellation' | 'reduction', { readonly refund: string }>>;
};

/** What an item is, as far as its price goes. */
export type Held = { readonly rateId: RateId; readonly model: PriceModel; readonly quantity: Decimal };

export type Booked = { readonly edge: EdgeLedger; readonly lines: readonly Charge[] };

/** An edge on which nothing is held yet. Its first window begins at `startOn`. */
export function openEdge(
  terms: BillingTerms,
  of: Omit<EdgeLedger, 'window' | 'items' | 'upcoming'> & { readonly startOn: string },
): EdgeLedger {
  const { startOn, ...edge } = of;
  return { ...edge, window: windowOf(terms, { ...edge, upcoming: null }, startOn), items: [], upcoming: null };
}

/** The window that begins on a date: to the next boundary of the grid, or the end of the term if that is sooner. */
export function windowOf(
  terms: BillingTerms,
  { anchorOn, endOn, upcoming }: Pick<EdgeLedger, 'anchorOn' | 'endOn' | 'upcoming'>,
  start: string,
): EdgeLedger['window'] {
  // A term that was renewed early is followed by the next; no window reaches over the day between them.
  const termEnd = upcoming !== null && upcoming.from > start ? upcoming.from : endOn;
  if (terms.billingModel === 'before_subscription_period') return { start, end: termEnd };
  const { end } = windowFrom(plainDate(anchorOn), terms.billingPeriod, plainDate(start), plainDate(termEnd));
  return { start, end: dateText(end) };
}

/** Whether a window is charged for when it begins. */
export function isPaidBefore({ billingModel }: BillingTerms): boolean {
  return billingModel === 'before_billing_period' || billingModel === 'before_subscription_period';
}

export function withItem(edge: EdgeLedger, item: LedgerItem): EdgeLedger {
  const isKnown = edge.items.some(({ rateId }) => rateId === item.rateId);
  const items = isKnown ? edge.items.map((one) => (one.rateId === item.rateId ? item : one)) : [...edge.items, item];
  return { ...edge, items };
}

/** Drops an item of which nothing is held any more. What of it is part of the window's sum stays until the next window. */
export function dropItem(edge: EdgeLedger, rateId: RateId): EdgeLedger {
  const stays = ({ accrued, exact }: LedgerItem): boolean => accrued.length > 0 || exact.numerator !== 0n;
  return { ...edge, items: edge.items.filter((item) => item.rateId !== rateId || stays(item)) };
}

/** What accrued, with the days up to a date at a quantity and the price of the item. */
export function accrue(item: LedgerItem, quantity: Decimal, to: string): LedgerItem {
  const from = item.accruesFrom;
  if (from === null || from >= to) return item;
  if (isZero(quantity)) return { ...item, accruesFrom: to };
  const part: Accrual = { from, to, quantity, price: item.prices.recurring ?? null };
  return { ...item, accruesFrom: to, accrued: [...item.accrued, part] };
}
