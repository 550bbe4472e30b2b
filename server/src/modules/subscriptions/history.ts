import { decimal, formatDecimal } from '@tierline/kernel';
import type { Item, License, Subscription, WaitingFor } from './subscription.ts';

/** The fields of a subscription that change, as events carry them: what an event names has this value afterwards. */
export type Fields = {
  readonly plan_id: string;
  readonly plan_version: number;
  readonly name: string;
  readonly status: string;
  readonly hold_reason: string | null;
  readonly auto_renewal: boolean;
  readonly auto_renewal_months: number | null;
  readonly anchor_on: string;
  readonly start_on: string;
  readonly end_on: string;
  readonly start_charge_on: string;
  readonly not_for_resale: boolean;
  readonly customer_id: string;
  /** Only where it waits, or did so until the event. */
  readonly waits_for?: WaitingFor | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly items: readonly ItemFields[];
  readonly licenses: readonly LicenseFields[];
};
export type ItemFields = {
  readonly rate_id: string;
  readonly resource_id: string;
  readonly mpn: string;
  readonly vendor: string;
  readonly name: string;
  readonly quantity: string;
};
export type LicenseFields = {
  readonly id: string;
  readonly product_id: string;
  readonly license_version: string;
  readonly units: string;
  readonly start_on: string;
  readonly end_on: string;
  readonly start_charge_on: string;
  readonly grace_months: number;
  readonly enabled: boolean;
};

export function fieldsOf(subscription: Subscription): Fields {
  return {
    ...plainFields(subscription),
    attributes: subscription.attributes,
    items: subscription.items.map(itemFields),
    licenses: subscription.licenses.map(licenseFields),
  };
}

function plainFields(subscription: Subscription): Omit<Fields, 'attributes' | 'items' | 'licenses'> {
  return {
    plan_id: subscription.planId,
    plan_version: subscription.planVersion,
    name: subscription.name,
    status: subscription.status,
    hold_reason: subscription.holdReason,
    auto_renewal: subscription.autoRenewal,
    auto_renewal_months: subscription.autoRenewalMonths,
    anchor_on: subscription.anchorOn,
    start_on: subscription.startOn,
    end_on: subscription.endOn,
    start_charge_on: subscription.startChargeOn,
    not_for_resale: subscription.notForResale,
    customer_id: subscription.customerId,
    ...(subscription.waitsFor === null ? {} : { waits_for: subscription.waitsFor }),
  };
}

function itemFields(item: Item): ItemFields {
  return {
    rate_id: item.rateId,
    resource_id: item.resourceId,
    mpn: item.mpn,
    vendor: item.vendorCode,
    name: item.name,
    quantity: formatDecimal(item.quantity),
  };
}

function licenseFields(license: License): LicenseFields {
  return {
    id: license.id,
    product_id: license.productId,
    license_version: license.version,
    units: formatDecimal(license.units),
    start_on: license.startOn,
    end_on: license.endOn,
    start_charge_on: license.startChargeOn,
    grace_months: license.graceMonths,
    enabled: license.enabled,
  };
}

/** The fields that differ, as they are afterwards. */
export function changedFields(before: Subscription, after: Subscription): Partial<Fields> {
  const changed: { -readonly [Name in keyof Fields]?: Fields[Name] } = {};
  const was = plainFields(before);
  for (const [name, value] of Object.entries(plainFields(after))) {
    if (value !== was[name as keyof typeof was]) Object.assign(changed, { [name]: value });
  }
  if (before.waitsFor !== after.waitsFor) changed.waits_for = after.waitsFor;
  if (before.attributes !== after.attributes && !isSame(before.attributes, after.attributes)) {
    changed.attributes = after.attributes;
  }
  if (before.items !== after.items) {
    const items = after.items.map(itemFields);
    if (!isSame(before.items.map(itemFields), items)) changed.items = items;
  }
  if (before.licenses !== after.licenses) {
    const licenses = after.licenses.map(licenseFields);
    if (!isSame(before.licenses.map(licenseFields), licenses)) changed.licenses = licenses;
  }
  return changed;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The state after some events: each one's `set` over what was before, in the order of the log. */
export function fold(sets: readonly Partial<Fields>[]): Partial<Fields> {
  const { waits_for: waitsFor, ...fields } = Object.assign({}, ...sets) as Partial<Fields>;
  return waitsFor ? { ...fields, waits_for: waitsFor } : fields;
}

/** A subscription as its fields say; what events don't carry (versions, activation codes) is as it is now. */
export function withFields(now: Subscription, fields: Partial<Fields>): Subscription {
  const of = { ...fieldsOf(now), ...fields };
  const known = new Map(now.licenses.map((license) => [license.id as string, license]));
  return {
    ...now,
    planId: of.plan_id as Subscription['planId'],
    planVersion: of.plan_version,
    name: of.name,
    status: of.status as Subscription['status'],
    holdReason: of.hold_reason as Subscription['holdReason'],
    autoRenewal: of.auto_renewal,
    autoRenewalMonths: of.auto_renewal_months,
    anchorOn: of.anchor_on,
    startOn: of.start_on,
    endOn: of.end_on,
    startChargeOn: of.start_charge_on,
    notForResale: of.not_for_resale,
    customerId: of.customer_id as Subscription['customerId'],
    attributes: of.attributes,
    waitsFor: of.waits_for ?? null,
    items: of.items.map((item) => ({
      rateId: item.rate_id as Item['rateId'],
      resourceId: item.resource_id as Item['resourceId'],
      mpn: item.mpn,
      vendorCode: item.vendor,
      name: item.name,
      quantity: decimal(item.quantity),
      committed: decimal(item.quantity),
      batches: [],
    })),
    licenses: of.licenses.map((license) => ({
      id: license.id as License['id'],
      productId: license.product_id as License['productId'],
      version: license.license_version as License['version'],
      activationCode: known.get(license.id)?.activationCode ?? '',
      units: decimal(license.units),
      startOn: license.start_on,
      endOn: license.end_on,
      startChargeOn: license.start_charge_on,
      graceMonths: license.grace_months,
      enabled: license.enabled,
    })),
  };
}
