import {
  addDecimal,
  addRatio,
  compareDecimal,
  exactLine,
  isNegative,
  isZero,
  negateDecimal,
  roundRatio,
  subtractMoney,
  whole,
  zeroRatio,
  type DateRange,
  type Decimal,
  type Fraction,
  type Money,
  type Ratio,
} from '@tierline/kernel';
import type { PriceModel } from '../catalog/index.ts';
import type { Tier } from '../pricing/index.ts';
import { tierParts, type Charge, type ChargeKind } from './charge.ts';
import { laterDate, plainDate } from './dates.ts';
import { shareOf, windowFrom } from './share.ts';
import { pricedDays } from './ledger-past.ts';
import type { BillingTerms, EdgeLedger, LedgerItem, LockedPrice } from './ledger.ts';

/** A change of quantity at a price. */
export type Change = { readonly model: PriceModel; readonly before: Decimal; readonly after: Decimal };
export type Days = { readonly from: string; readonly to: string };

/** Lines of a change for a range of days, after a sum of lines before it; days before `chargeFrom` are free. */
export function recurringLines(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  { change, price, days, bookedOn, exact }: RecurringChange,
): { readonly lines: readonly Charge[]; readonly exact: Ratio } {
  const from = laterDate(days.from, edge.chargeFrom);
  if (from >= days.to) return { lines: [], exact };
  const period: DateRange = { start: plainDate(from), end: plainDate(days.to) };
  const share = shareOf(plainDate(edge.anchorOn), terms.billingPeriod, period);
  return linesOf(change, price, share, exact, (part) => {
    const type = isNegative(part.quantity) ? 'refund' : 'recurring';
    return lineOf(edge, item, type, { ...part, share, period, bookedOn, price });
  });
}

type RecurringChange = {
  readonly change: Change;
  readonly price: LockedPrice;
  readonly days: Days;
  readonly bookedOn: string;
  readonly exact: Ratio;
};

/** What a change of quantity comes to over some days of the window, each at the price that the item had on it. */
export function bill(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  change: Change,
  days: Days,
  bookedOn: string,
): { readonly item: LedgerItem; readonly lines: readonly Charge[] } {
  const price = item.prices.recurring;
  if (price === undefined) return { item, lines: [] };
  const lines: Charge[] = [];
  let { exact } = item;
  for (const part of pricedDays(item, price, days)) {
    const booked = recurringLines(terms, edge, item, { change, ...part, bookedOn, exact });
    lines.push(...booked.lines);
    exact = booked.exact;
  }
  return { item: { ...item, exact }, lines };
}

/** Setup of units that come, or of units that go back with all they cost. Never a share: it is due once and whole. */
export function billSetup(
  terms: BillingTerms,
  edge: EdgeLedger,
  item: LedgerItem,
  change: Change,
  from: string,
): { readonly item: LedgerItem; readonly lines: readonly Charge[] } {
  const price = item.prices.setup;
  if (price === undefined) return { item, lines: [] };
  const period = windowFrom(plainDate(edge.anchorOn), terms.billingPeriod, plainDate(from), plainDate(edge.endOn));
  const before = item.setup?.currency === price.currency ? item.setup.exact : zeroRatio;
  const { lines, exact } = linesOf(change, price, whole, before, (part) => {
    const type = isNegative(part.quantity) ? 'refund' : 'setup';
    return lineOf(edge, item, type, { ...part, share: whole, period, bookedOn: from, price });
  });
  // What was paid elsewhere, before a transfer, is not given back here.
  if (exact.numerator < 0n) return { item, lines: [] };
  return { item: { ...item, setup: { currency: price.currency, exact } }, lines };
}

type Part = { readonly quantity: Decimal; readonly unitPrice: Decimal; readonly amount: Money };

/** Each amount is round(sum up to it) - round(sum before it), so that lines sum to their exact sum rounded once (rules of money, 5). */
function linesOf(
  { model, before, after }: Change,
  { tiers, currency }: LockedPrice,
  share: Fraction,
  exact: Ratio,
  line: (part: Part) => Charge,
): { readonly lines: readonly Charge[]; readonly exact: Ratio } {
  let sum = exact;
  const lines = partChanges(model, tiers, before, after).map(({ quantity, unitPrice }) => {
    const upTo = addRatio(sum, exactLine(quantity, unitPrice, share));
    const amount = subtractMoney(
      roundRatio(upTo, currency, 'half_away_from_zero'),
      roundRatio(sum, currency, 'half_away_from_zero'),
    );
    sum = upTo;
    return line({ quantity, unitPrice, amount });
  });
  return { lines, exact: sum };
}

function lineOf(
  { sellerId, buyerId }: EdgeLedger,
  { rateId }: LedgerItem,
  type: ChargeKind,
  line: Part & {
    readonly share: Fraction;
    readonly period: DateRange;
    readonly bookedOn: string;
    readonly price: LockedPrice;
  },
): Charge {
  const { quantity, unitPrice, amount, share, period, bookedOn, price } = line;
  return {
    rateId,
    sellerId,
    buyerId,
    type,
    quantity: isNegative(quantity) ? negateDecimal(quantity) : quantity,
    unitPrice,
    fraction: share,
    period,
    amount,
    bookedOn,
    source: price.source,
  };
}

/** How many units fewer and then how many more are held at each unit price after a change of quantity. */
export function partChanges(
  model: PriceModel,
  tiers: readonly Tier[],
  before: Decimal,
  after: Decimal,
): { readonly unitPrice: Decimal; readonly quantity: Decimal }[] {
  const changes: { unitPrice: Decimal; quantity: Decimal }[] = [];
  const note = (unitPrice: Decimal, quantity: Decimal): void => {
    const known = changes.find((change) => compareDecimal(change.unitPrice, unitPrice) === 0);
    if (known === undefined) changes.push({ unitPrice, quantity });
    else known.quantity = addDecimal(known.quantity, quantity);
  };
  for (const part of tierParts(model, tiers, before)) note(part.unitPrice, negateDecimal(part.quantity));
  for (const part of tierParts(model, tiers, after)) note(part.unitPrice, part.quantity);
  const moved = changes.filter(({ quantity }) => !isZero(quantity));
  return [
    ...moved.filter(({ quantity }) => isNegative(quantity)),
    ...moved.filter(({ quantity }) => !isNegative(quantity)),
  ];
}
