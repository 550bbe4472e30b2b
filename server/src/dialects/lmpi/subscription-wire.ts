import { dateIn, formatDecimal, startOfDay, type Temporal } from '@tierline/kernel';
import { loginChannelOf } from '../../modules/access/index.ts';
import type { AccountNode } from '../../modules/accounts/index.ts';
import { dateText, daysAfter, plainDate } from '../../modules/billing/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import type { License, Subscription } from '../../modules/subscriptions/index.ts';
import { monthsOf } from './serviceplans.ts';

/** What an answer about a subscription is made of. */
export type Shown = {
  readonly subscription: Subscription;
  readonly plan: PlanVersion;
  readonly owner: AccountNode;
  /** Where this server is reached, without a slash at its end. */
  readonly origin: string;
};

/** LMPI reference, part 1, 7.1: the detail. */
export function toDetail({ subscription, plan, owner, origin }: Shown): string {
  return JSON.stringify({
    subscription_id: subscription.id,
    name: subscription.name,
    enabled: isEnabled(subscription),
    is_auto_renewal: subscription.autoRenewal,
    auto_renewal_month: renewalMonths(subscription, plan),
    expiration_notification: plan.expirationNoticeDays,
    service_url: serviceUrl(owner, origin),
    licenses: subscription.licenses.map((license) => ({
      ac_code: license.activationCode,
      product_id: plan.product.code,
      ...datesOf(license, subscription, owner),
      start_charge_date: chargeDate(license, subscription, owner),
      grace_period: license.graceMonths,
      units: unitsOf(license),
      enabled: license.enabled,
    })),
  });
}

/** LMPI reference, part 1, 7.1: the creation result. */
export function toCreated({ subscription, plan, owner, origin }: Shown): string {
  return JSON.stringify({
    subscription_id: subscription.id,
    product_name: plan.product.name,
    service_url: serviceUrl(owner, origin),
    licenses: subscription.licenses.map((license) => ({
      product_id: plan.product.code,
      version: license.version,
      ac_code: license.activationCode,
      units: unitsOf(license),
      ...datesOf(license, subscription, owner),
      start_charge_date: chargeDate(license, subscription, owner),
    })),
  });
}

/** LMPI reference, part 1, 7.10: without activation code, units and start of charging. */
export function toVisionOne({ subscription, plan, owner, origin }: Shown): string {
  return JSON.stringify({
    subscription_id: subscription.id,
    product_name: plan.product.name,
    service_url: serviceUrl(owner, origin),
    licenses: subscription.licenses.map((license) => ({
      product_id: plan.product.code,
      version: license.version,
      ...datesOf(license, subscription, owner),
    })),
  });
}

/** LMPI reference, part 1, 7.9: one of a list. */
export function toListed(subscription: Subscription, plan: PlanVersion) {
  return {
    subscription_id: subscription.id,
    name: subscription.name,
    enabled: isEnabled(subscription),
    is_auto_renewal: subscription.autoRenewal,
    auto_renewal_month: renewalMonths(subscription, plan),
    service_plan_id: subscription.planId,
    customer_id: subscription.customerId,
  };
}

/** Disabled is what has ended. A license can be out of use meanwhile: its own `enabled` says so. */
function isEnabled({ status, holdReason }: Subscription): boolean {
  return status === 'pending' || status === 'active' || (status === 'hold' && holdReason !== 'admin');
}

function renewalMonths({ autoRenewal, autoRenewalMonths }: Subscription, plan: PlanVersion): number {
  return autoRenewal ? (autoRenewalMonths ?? monthsOf(plan.subscriptionPeriod)) : 0;
}

function unitsOf({ units }: License): number {
  return Number(formatDecimal(units));
}

/** Whose portal the customer signs in to: that of the channel in which its logins are in use once. */
function serviceUrl({ chain }: AccountNode, origin: string): string {
  return `${origin}/portal?tenant=${loginChannelOf(chain)}`;
}

/** A term that waits for the first sign-in has no dates yet (part 2, 5.4). */
function datesOf({ startOn, endOn }: License, { waitsFor }: Subscription, owner: AccountNode) {
  if (waitsFor !== null) return { license_start_date: null, license_expiration_date: null };
  return {
    license_start_date: firstSecond(startOn, owner),
    license_expiration_date: lastSecond(endOn, owner),
  };
}

function chargeDate({ startChargeOn }: License, { waitsFor }: Subscription, owner: AccountNode): string | null {
  return waitsFor === null ? firstSecond(startChargeOn, owner) : null;
}

/** Civil dates of the owner's zone become instants: a start is the first second of its day. */
function firstSecond(date: string, { account }: AccountNode): string {
  return wireSecond(startOfDay(plainDate(date), account.timeZone).epochMilliseconds);
}

/** An end is the last second before the first day without the right, as the samples have it: 2024-01-31T23:59:59Z. */
function lastSecond(endOn: string, { account }: AccountNode): string {
  return wireSecond(startOfDay(plainDate(endOn), account.timeZone).epochMilliseconds - 1000);
}

function wireSecond(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19)}Z`;
}

/** The first day without the right, where an instant says when it expires: the day of the instant is the last one with it. */
export function endOnOf(expiration: Temporal.Instant, { account }: AccountNode): string {
  return daysAfter(dateText(dateIn(expiration, account.timeZone)), 1);
}
