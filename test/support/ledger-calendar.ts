import { decimal, formatDecimal, formatMoneyFixed, newId, type Period } from '@tierline/kernel';
import {
  addItem,
  changeItem,
  dateText,
  dropItem,
  lockPrices,
  nextWindow,
  openEdge,
  type BillingTerms,
  type Booked,
  type Charge,
  type EdgeLedger,
  type Held,
  type LockedPrices,
} from '@tierline/server/modules/billing/index.ts';
import { anEdgePrice, type TiersWanted } from './values.ts';
import type { ChargeType, PriceModel } from '@tierline/server/modules/catalog/index.ts';
import { rateId } from './ledger-life.ts';

/** Dated stories of one rate on one edge, told line by line. */

export const months = (count: number): Period => ({ unit: 'month', count });
export const year: Period = { unit: 'year', count: 1 };
export const monthly: BillingTerms = { billingPeriod: months(1), billingModel: 'before_billing_period' };
export const afterwards: BillingTerms = { billingPeriod: months(1), billingModel: 'after_billing_period' };

type Prices = Partial<Record<ChargeType, TiersWanted>>;

export function prices(of: Prices, currency = 'EUR'): LockedPrices {
  return lockPrices(
    Object.fromEntries(Object.entries(of).map(([type, tiers]) => [type, anEdgePrice(currency, tiers)])),
  );
}

export function edge(terms: BillingTerms, startOn: string, endOn: string, facts: Partial<EdgeLedger> = {}): EdgeLedger {
  const of = { sellerId: newId<'account'>(), buyerId: newId<'customer'>(), anchorOn: startOn, chargeFrom: startOn };
  return openEdge(terms, { ...of, startOn, endOn, ...facts });
}

export const held = (quantity: string, model: PriceModel = 'flat'): Held => ({
  rateId,
  model,
  quantity: decimal(quantity),
});
export const from = (before: string, quantity: string, model: PriceModel = 'flat') => ({
  ...held(quantity, model),
  before: decimal(before),
});

/** `2026-01-29 recurring 1 x 10 2026-01-29..2026-02-15 17/31 = 5.48`. */
export function told(lines: readonly Charge[]): string[] {
  return lines.map(({ bookedOn, type, quantity, unitPrice, period, fraction, amount }) => {
    const days = `${dateText(period.start)}..${dateText(period.end)} ${fraction.numerator}/${fraction.denominator}`;
    const what = `${type} ${formatDecimal(quantity)} x ${formatDecimal(unitPrice)}`;
    return `${bookedOn} ${what} ${days} = ${formatMoneyFixed(amount)}`;
  });
}

/** What is charged on one edge, event by event, as a calendar: each one goes on where the one before ended. */
export function calendar(
  start: EdgeLedger,
  ...events: ((edge: EdgeLedger) => Booked)[]
): { edge: EdgeLedger; said: string[] } {
  let current = start;
  const said: string[] = [];
  for (const event of events) {
    const booked = event(current);
    current = booked.edge;
    said.push(...told(booked.lines));
  }
  return { edge: current, said };
}

export const add =
  (terms: BillingTerms, quantity: string, of: Prices, on: string, model?: PriceModel) =>
  (current: EdgeLedger): Booked =>
    addItem(terms, current, held(quantity, model), prices(of), on);
export const change =
  (terms: BillingTerms, before: string, quantity: string, on: string, model?: PriceModel) =>
  (current: EdgeLedger): Booked =>
    changeItem(terms, current, from(before, quantity, model), on);
export const remove =
  (terms: BillingTerms, before: string, on: string, model?: PriceModel) =>
  (current: EdgeLedger): Booked => {
    const gone = changeItem(terms, current, from(before, '0', model), on);
    return { edge: dropItem(gone.edge, rateId), lines: gone.lines };
  };
export const next =
  (terms: BillingTerms, quantity: string, model?: PriceModel) =>
  (current: EdgeLedger): Booked =>
    nextWindow(terms, current, quantity === '0' ? [] : [held(quantity, model)]);
