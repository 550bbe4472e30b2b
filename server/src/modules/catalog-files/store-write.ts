import { formatDecimal, type AccountId } from '@tierline/kernel';
import { sql, type RawBuilder } from 'kysely';
import type { Write } from '../../platform/db/index.ts';
import type { Vendor } from '../catalog/index.ts';
import type { PriceEntry, PriceList } from '../pricing/index.ts';
import type { KnownProduct, NewPlanVersion } from './import-state.ts';
import type { NewResource } from './plan-product.ts';

/** Everything that a batch of plans changes, each kind of thing in one set. */
export type BatchChanges = {
  readonly vendors: readonly Vendor[];
  readonly products: readonly KnownProduct[];
  readonly widened: readonly KnownProduct[];
  readonly resources: readonly NewResource[];
  readonly plans: readonly NewPlanVersion[];
  readonly lists: readonly PriceList[];
  /** Known lists that prices go to, as they were when that was decided. */
  readonly touched: readonly PriceList[];
  readonly prices: readonly PriceEntry[];
  readonly pricesRemoved: readonly PriceEntry[];
};

type Row = Readonly<Record<string, unknown>>;

/** The writes of a batch: sets as JSON parameters, so their size changes no statement. */
export function batchWrites(rootId: AccountId, changes: BatchChanges, at: string): Write[] {
  const { vendors, products, widened, resources, plans, lists, touched, prices, pricesRemoved } = changes;
  const created = plans.filter(({ isNew }) => isNew);
  const changed = plans.filter(({ isNew }) => !isNew);
  const rates = plans.flatMap((plan) => plan.rates);
  return [
    ...insertSet('vendors', vendors.map(vendorRow)),
    ...insertCodes(
      rootId,
      'unit_types',
      [...products, ...widened].flatMap((product) => product.unitTypes),
    ),
    ...insertCodes(
      rootId,
      'data_centers',
      [...products, ...widened].flatMap((product) => product.dataCenters),
    ),
    ...insertSet('products', products.map(productRow)),
    ...(widened.length === 0 ? [] : [{ run: widenProducts(widened), expect: widened.length }]),
    ...insertSet('resources', resources.map(resourceRow)),
    ...insertSet('service_plans', created.map(planRow)),
    ...(changed.length === 0 ? [] : [{ run: updatePlans(changed), expect: changed.length }]),
    ...insertSet(
      'plan_versions',
      plans.map((plan) => versionRow(plan, at)),
    ),
    ...insertSet(
      'resource_rates',
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
    ),
    ...insertSet('price_lists', lists.map(listRow)),
    ...(touched.length === 0 ? [] : [{ run: touchLists(touched, at), expect: touched.length }]),
    ...(pricesRemoved.length === 0 ? [] : [{ run: removePrices(pricesRemoved, at) }]),
    ...(prices.length === 0 ? [] : [{ run: storePrices(prices, at), expect: prices.length }]),
  ];
}

type Table =
  | 'vendors'
  | 'products'
  | 'resources'
  | 'service_plans'
  | 'plan_versions'
  | 'resource_rates'
  | 'price_lists'
  | 'prices';

function insertSet(table: Table, rows: readonly Row[]): Write[] {
  return rows.length === 0 ? [] : [{ run: sql`${insertInto(table, rows)} returning 1`, expect: rows.length }];
}

function insertInto(table: Table, rows: readonly Row[]): RawBuilder<unknown> {
  const name = sql.table(table);
  return sql`insert into ${name} select * from jsonb_populate_recordset(null::${name}, ${JSON.stringify(rows)}::jsonb)`;
}

function insertCodes(rootId: AccountId, table: 'unit_types' | 'data_centers', codes: readonly string[]): Write[] {
  if (codes.length === 0) return [];
  const run = sql`insert into ${sql.table(table)} (root_id, code, name)
    select ${rootId}::uuid, code, code from unnest(${[...new Set(codes)]}::text[]) as wanted (code)
    on conflict do nothing returning code`;
  return [{ run }];
}

/** Adds what is not there yet, so that two who widen a product at once lose nothing. */
function widenProducts(products: readonly KnownProduct[]): RawBuilder<unknown> {
  const rows = products.map(({ id, unitTypes, dataCenters }) => ({
    id,
    unit_types: unitTypes,
    data_centers: dataCenters,
  }));
  return sql`update products p set version = p.version + 1,
      unit_types = p.unit_types || array(select u from unnest(wider.unit_types) u where u <> all(p.unit_types)),
      data_centers = p.data_centers || array(select c from unnest(wider.data_centers) c where c <> all(p.data_centers))
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as wider (id uuid, unit_types text[], data_centers text[])
    where p.id = wider.id returning p.id`;
}

function updatePlans(plans: readonly NewPlanVersion[]): RawBuilder<unknown> {
  return sql`update service_plans p set short_description = n.short_description, status = n.status,
      current_version = n.current_version, rate_count = n.rate_count, version = n.version, updated_at = n.updated_at
    from jsonb_populate_recordset(null::service_plans, ${JSON.stringify(plans.map(planRow))}::jsonb) n
    where p.id = n.id and p.version = n.version - 1 returning p.id`;
}

function storePrices(prices: readonly PriceEntry[], at: string): RawBuilder<unknown> {
  return sql`${insertInto(
    'prices',
    prices.map((price) => priceRow(price, at)),
  )}
    on conflict (price_list_id, target_id, charge_type, effective_from, lower_limit)
      do update set amount = excluded.amount
    returning target_id`;
}

function removePrices(prices: readonly PriceEntry[], at: string): RawBuilder<unknown> {
  return sql`delete from prices p
    using jsonb_populate_recordset(null::prices, ${JSON.stringify(prices.map((price) => priceRow(price, at)))}::jsonb) n
    where p.price_list_id = n.price_list_id and p.target_id = n.target_id and p.charge_type = n.charge_type
      and p.effective_from = n.effective_from and p.lower_limit = n.lower_limit
    returning p.target_id`;
}

/** Refuses when somebody else changed a list since it was read: what was decided may then be wrong. */
function touchLists(lists: readonly PriceList[], at: string): RawBuilder<unknown> {
  const [ids, versions] = [lists.map((list) => list.id), lists.map((list) => list.version)];
  return sql`update price_lists l set version = l.version + 1, updated_at = ${at}::timestamptz
    from unnest(${ids}::uuid[], ${versions}::int[]) as known (id, version)
    where l.id = known.id and l.version = known.version returning l.id`;
}

function priceRow(price: PriceEntry, at: string): Row {
  return {
    price_list_id: price.priceListId,
    target_id: price.targetId,
    charge_type: price.chargeType,
    effective_from: price.effectiveFrom,
    lower_limit: price.lowerLimit,
    target_kind: price.targetKind,
    amount: price.amount,
    created_at: at,
  };
}

function vendorRow(vendor: Vendor): Row {
  return {
    id: vendor.id,
    root_id: vendor.rootId,
    code: vendor.code,
    name: vendor.name,
    provisioning: vendor.provisioning,
    webhook_url: vendor.webhookUrl,
    webhook_secret_encrypted: null,
    policies: vendor.policies,
    version: vendor.version,
    created_at: vendor.createdAt,
  };
}

function productRow(product: KnownProduct): Row {
  return {
    id: product.id,
    root_id: product.rootId,
    vendor_id: product.vendorId,
    code: product.code,
    name: product.name,
    type: product.type,
    family: product.family,
    service_name: product.serviceName,
    unit_types: product.unitTypes,
    data_centers: product.dataCenters,
    status: product.status,
    version: product.version,
    created_at: product.createdAt,
  };
}

function resourceRow(resource: NewResource): Row {
  return {
    id: resource.id,
    root_id: resource.rootId,
    product_id: resource.productId,
    vendor_id: resource.vendorId,
    mpn: resource.mpn,
    name: resource.name,
    unit_type: resource.unitType,
    version: resource.version,
    created_at: resource.createdAt,
  };
}

function planRow({ plan, rates }: NewPlanVersion): Row {
  return {
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
    rate_count: rates.length,
    version: plan.version,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
  };
}

function versionRow({ plan, version, terms, rates }: NewPlanVersion, at: string): Row {
  return {
    plan_id: plan.id,
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
    policies: terms.policies,
    parameters: terms.parameters?.length ? terms.parameters : null,
    rate_count: rates.length,
    published_at: at,
  };
}

function listRow(list: PriceList): Row {
  return {
    id: list.id,
    account_id: list.accountId,
    name: list.name,
    currency: list.currency,
    audience: list.audience,
    buyer_group: list.buyerGroup,
    buyer_id: list.buyerId,
    effective_from: list.effectiveFrom,
    effective_to: list.effectiveTo,
    version: 1,
    created_at: list.createdAt,
    updated_at: list.updatedAt,
  };
}
