import {
  formatDecimal,
  formatMoney,
  instantText,
  type Decimal,
  type Money,
  type Period,
  type Temporal,
} from '@tierline/kernel';
import type { AccountStatus } from '../../modules/accounts/index.ts';
import type { BillingModel, PriceModel } from '../../modules/catalog/index.ts';
import type { CustomerStatus } from '../../modules/customers/index.ts';
import type { OrderStatus } from '../../modules/orders/index.ts';

/** The dialect's own words and forms for what the engine has (SimpleAPI reference 1, 4.1, 4.3, 4.4, 10.1). */

export const billingModels: Readonly<Record<BillingModel, string>> = {
  before_billing_period: 'chargeBeforeBillingPeriod',
  after_billing_period: 'chargeAfterBillingPeriod',
  before_subscription_period: 'chargeBeforeSubscriptionPeriod',
  external_rating: 'chargeExternalRating',
};

/** A volume price here looks at the quantity that one subscription holds. */
export const priceModels: Readonly<Record<PriceModel, string>> = {
  flat: 'FLAT',
  tiered: 'TIERED',
  volume: 'VOLUME_SUBSCRIPTION',
};

export const customerStatuses = {
  pending: 'pending',
  active: 'active',
  credit_hold: 'creditHold',
  admin_hold: 'adminHold',
  canceled: 'cancelled',
  error: 'error',
} as const satisfies Readonly<Record<CustomerStatus, string>>;

/** Sellers have the same words for what the engine calls otherwise. */
export const accountStatuses: Readonly<Record<AccountStatus, string>> = {
  pending: 'pending',
  active: 'active',
  credit_hold: 'creditHold',
  suspended: 'adminHold',
  closed: 'cancelled',
  error: 'error',
};

/** Status and the platform's two-letter code for it. */
export const orderStatuses: Readonly<Record<OrderStatus, { readonly status: string; readonly code: string }>> = {
  submitted: { status: 'submitted', code: 'WP' },
  processing: { status: 'processing', code: 'AS' },
  completed: { status: 'completed', code: 'CP' },
  error: { status: 'error', code: 'PF' },
  canceled: { status: 'cancelled', code: 'CL' },
};

export type WirePeriod = { readonly type: string; readonly duration: number };
export type WireMoney = { readonly currency: string; readonly amount: string };

export function wirePeriod({ unit, count }: Period): WirePeriod {
  return { type: unit, duration: count };
}

export function wireMoney(currency: string, amount: Decimal): WireMoney {
  return { currency, amount: formatDecimal(amount) };
}

/** An amount of money, as it was rounded. */
export function wirePrice(amount: Money): WireMoney {
  return { currency: amount.currency, amount: formatMoney(amount) };
}

/** Quantities of order lines are JSON numbers. */
export function wireNumber(value: Decimal): number {
  return Number(formatDecimal(value));
}

/** Date-times are UTC without milliseconds. */
export function wireInstant(instant: Temporal.Instant): string {
  return wireInstantText(instantText(instant));
}

/** The same for an instant that is text already, as stored things have it: parsing it only to write it again costs most. */
export function wireInstantText(text: string): string {
  return text.replace(/\.\d+Z$/, 'Z');
}

export function jsonResponse(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
}

export type Page = { readonly offset: number; readonly limit: number };

/** The envelope of every list (SimpleAPI reference 1.1). */
export function listResponse(data: readonly unknown[], { offset, limit }: Page, total: number): Response {
  return jsonResponse({ data, pagination: { offset, limit, total } });
}
