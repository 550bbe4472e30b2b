import {
  formatDecimal,
  type AccountId,
  type PlanId,
  type ProductId,
  type RateId,
  type ResourceId,
  type VendorId,
} from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import { readPolicyDocument } from '../policies/index.ts';
import type { Delegation, Plan, PlanTerms, Product, Rate, Resource, Vendor } from './catalog.ts';

/** Writes of the catalog. Reads for offers and pages are in store-offers.ts, lists for people in store-lists.ts. */

export function vendorFromRow(row: Selectable<Tables['vendors']>): Vendor {
  return {
    id: row.id as VendorId,
    rootId: row.root_id as AccountId,
    code: row.code,
    name: row.name,
    provisioning: row.provisioning as Vendor['provisioning'],
    webhookUrl: row.webhook_url,
    policies: readPolicyDocument(row.policies),
    version: row.version,
    createdAt: row.created_at.toString(),
  };
}

export function productFromRow(row: Selectable<Tables['products']> & { parts?: string[] }): Product {
  return {
    id: row.id as ProductId,
    rootId: row.root_id as AccountId,
    vendorId: row.vendor_id as VendorId,
    code: row.code,
    name: row.name,
    type: row.type as Product['type'],
    family: row.family as Product['family'],
    serviceName: row.service_name,
    unitTypes: row.unit_types,
    dataCenters: row.data_centers,
    parts: (row.parts ?? []) as ProductId[],
    status: row.status as Product['status'],
    version: row.version,
    createdAt: row.created_at.toString(),
  };
}

export function resourceFromRow(row: Selectable<Tables['resources']>): Resource {
  return {
    id: row.id as ResourceId,
    rootId: row.root_id as AccountId,
    productId: row.product_id as ProductId,
    vendorId: row.vendor_id as VendorId,
    mpn: row.mpn,
    name: row.name,
    unitType: row.unit_type,
    version: row.version,
    createdAt: row.created_at.toString(),
  };
}

export function planFromRow(row: Selectable<Tables['service_plans']>): Plan {
  return {
    id: row.id as PlanId,
    rootId: row.root_id as AccountId,
    accountId: row.account_id as AccountId,
    number: row.number.toString(),
    productId: row.product_id as ProductId,
    name: row.name,
    shortDescription: row.short_description,
    longDescription: row.long_description,
    status: row.status as Plan['status'],
    currentVersion: row.current_version,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

export function insertVendor(db: Database, vendor: Vendor, webhookSecretEncrypted: Buffer | null) {
  return db.kysely
    .insertInto('vendors')
    .values({
      id: vendor.id,
      root_id: vendor.rootId,
      code: vendor.code,
      name: vendor.name,
      provisioning: vendor.provisioning,
      webhook_url: vendor.webhookUrl,
      webhook_secret_encrypted: webhookSecretEncrypted,
      policies: JSON.stringify(vendor.policies),
      version: vendor.version,
      created_at: vendor.createdAt,
    })
    .returning('id');
}

export function insertProduct(db: Database, product: Product) {
  return db.kysely
    .insertInto('products')
    .values({
      id: product.id,
      root_id: product.rootId,
      vendor_id: product.vendorId,
      code: product.code,
      name: product.name,
      type: product.type,
      family: product.family,
      service_name: product.serviceName,
      unit_types: [...product.unitTypes],
      data_centers: [...product.dataCenters],
      status: product.status,
      version: product.version,
      created_at: product.createdAt,
    })
    .returning('id');
}

export function insertSuiteParts(db: Database, product: Product) {
  return db.kysely
    .insertInto('suite_parts')
    .values(product.parts.map((part) => ({ suite_id: product.id, product_id: part })))
    .returning('suite_id');
}

export function insertResource(db: Database, resource: Resource) {
  return db.kysely
    .insertInto('resources')
    .values({
      id: resource.id,
      root_id: resource.rootId,
      product_id: resource.productId,
      vendor_id: resource.vendorId,
      mpn: resource.mpn,
      name: resource.name,
      unit_type: resource.unitType,
      version: resource.version,
      created_at: resource.createdAt,
    })
    .returning('id');
}

export function insertCodes(
  db: Database,
  table: 'data_centers' | 'unit_types',
  rootId: AccountId,
  codes: readonly { code: string; name: string }[],
) {
  return db.kysely
    .insertInto(table)
    .values(codes.map(({ code, name }) => ({ root_id: rootId, code, name })))
    .onConflict((conflict) =>
      conflict.columns(['root_id', 'code']).doUpdateSet((set) => ({ name: set.ref('excluded.name') })),
    )
    .returning('code');
}

export function updateVendor(db: Database, vendor: Vendor, webhookSecretEncrypted: Buffer | undefined) {
  return db.kysely
    .updateTable('vendors')
    .set({
      name: vendor.name,
      provisioning: vendor.provisioning,
      webhook_url: vendor.webhookUrl,
      ...(webhookSecretEncrypted === undefined ? {} : { webhook_secret_encrypted: webhookSecretEncrypted }),
      policies: JSON.stringify(vendor.policies),
      version: vendor.version,
    })
    .where('id', '=', vendor.id)
    .where('version', '=', vendor.version - 1)
    .returning('id');
}

export function updateProduct(db: Database, product: Product) {
  return db.kysely
    .updateTable('products')
    .set({
      name: product.name,
      service_name: product.serviceName,
      status: product.status,
      unit_types: [...product.unitTypes],
      data_centers: [...product.dataCenters],
      version: product.version,
    })
    .where('id', '=', product.id)
    .where('version', '=', product.version - 1)
    .returning('id');
}

export function updateResource(db: Database, resource: Resource) {
  return db.kysely
    .updateTable('resources')
    .set({ name: resource.name, version: resource.version })
    .where('id', '=', resource.id)
    .where('version', '=', resource.version - 1)
    .returning('id');
}

export function insertPlan(db: Database, plan: Plan, rateCount: number) {
  return db.kysely
    .insertInto('service_plans')
    .values({
      id: plan.id,
      root_id: plan.rootId,
      account_id: plan.accountId,
      number: plan.number,
      product_id: plan.productId,
      name: plan.name,
      short_description: plan.shortDescription,
      long_description: plan.longDescription,
      status: plan.status,
      current_version: plan.currentVersion,
      rate_count: rateCount,
      version: plan.version,
      created_at: plan.createdAt,
      updated_at: plan.updatedAt,
    })
    .returning('id');
}

export function updatePlan(db: Database, plan: Plan, rateCount: number) {
  return db.kysely
    .updateTable('service_plans')
    .set({
      name: plan.name,
      short_description: plan.shortDescription,
      long_description: plan.longDescription,
      status: plan.status,
      current_version: plan.currentVersion,
      rate_count: rateCount,
      version: plan.version,
      updated_at: plan.updatedAt,
    })
    .where('id', '=', plan.id)
    .where('version', '=', plan.version - 1)
    .returning('id');
}

export type NewVersion = {
  readonly planId: PlanId;
  readonly version: number;
  readonly terms: PlanTerms;
  readonly rateCount: number;
  readonly publishedAt: string | null;
};

export function insertVersion(db: Database, { planId, version, terms, rateCount, publishedAt }: NewVersion) {
  return db.kysely
    .insertInto('plan_versions')
    .values({
      plan_id: planId,
      version,
      license_version: terms.licenseVersion,
      subscription_unit: terms.subscriptionPeriod.unit,
      subscription_count: terms.subscriptionPeriod.count,
      billing_unit: terms.billingPeriod.unit,
      billing_count: terms.billingPeriod.count,
      billing_model: terms.billingModel,
      activation_policy: terms.activationPolicy,
      chargeable_months: terms.chargeableMonths,
      auto_renewal_months: terms.autoRenewalMonths,
      expiration_notice_days: terms.expirationNoticeDays,
      grace_months: terms.graceMonths,
      data_center: terms.dataCenter,
      unit_type: terms.unitType,
      managed: terms.managed,
      pricing: terms.pricing,
      license_pool: terms.licensePool === 'none' ? null : terms.licensePool,
      policies: JSON.stringify(terms.policies),
      parameters: terms.parameters?.length ? JSON.stringify(terms.parameters) : null,
      rate_count: rateCount,
      published_at: publishedAt,
    })
    .returning('plan_id');
}

export function publishVersion(db: Database, planId: PlanId, version: number, at: string) {
  return db.kysely
    .updateTable('plan_versions')
    .set({ published_at: at })
    .where('plan_id', '=', planId)
    .where('version', '=', version)
    .where('published_at', 'is', null)
    .returning('plan_id');
}

/** All rates of a version in one insert; they travel as one JSON parameter, since a version may have thousands. */
export function insertRates(db: Database, rates: readonly Rate[]) {
  const json = JSON.stringify(
    rates.map((rate) => ({
      plan_id: rate.planId,
      version: rate.version,
      position: rate.position,
      rate_id: rate.rateId,
      number: rate.number,
      resource_id: rate.resourceId,
      name: rate.name,
      quantity_min: formatDecimal(rate.quantityMin),
      quantity_max: formatDecimal(rate.quantityMax),
      price_model: rate.priceModel,
      charge_types: rate.chargeTypes,
      depends_on: rate.dependsOn,
      mpn: rate.mpn,
      vendor_code: rate.vendorCode,
      service_name: rate.serviceName,
    })),
  );
  return db.kysely
    .insertInto('resource_rates')
    .expression(sql`select * from jsonb_populate_recordset(null::resource_rates, ${json}::jsonb)`)
    .returning('rate_id');
}

export function upsertDelegation(db: Database, delegation: Delegation) {
  return db.kysely
    .insertInto('delegations')
    .values({
      account_id: delegation.accountId,
      plan_id: delegation.planId,
      status: delegation.status,
      name: delegation.name,
      short_description: delegation.shortDescription,
      price_floor: delegation.priceFloor,
      version: delegation.version,
      created_at: delegation.createdAt,
      updated_at: delegation.updatedAt,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'plan_id'])
        .doUpdateSet((set) => ({
          status: set.ref('excluded.status'),
          name: set.ref('excluded.name'),
          short_description: set.ref('excluded.short_description'),
          price_floor: set.ref('excluded.price_floor'),
          version: set.ref('excluded.version'),
          updated_at: set.ref('excluded.updated_at'),
        }))
        .where('delegations.version', '=', delegation.version - 1),
    )
    .returning('plan_id');
}

export function delegationFromRow(row: Selectable<Tables['delegations']>): Delegation {
  return {
    accountId: row.account_id as AccountId,
    planId: row.plan_id as PlanId,
    status: row.status as Delegation['status'],
    name: row.name,
    shortDescription: row.short_description,
    priceFloor: row.price_floor as Delegation['priceFloor'],
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

export function rateIdsOf(rows: readonly { rate_id: string }[]): RateId[] {
  return rows.map((row) => row.rate_id as RateId);
}
