import {
  decimal,
  type AccountId,
  type PlanId,
  type PriceListId,
  type ProductId,
  type RateId,
  type ResourceId,
  type VendorId,
} from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Statement, Tables } from '../../platform/db/index.ts';
import { readDefinitions, type Plan, type PlanTerms, type Rate } from '../catalog/index.ts';
import { readPolicyDocument } from '../policies/index.ts';
import type { PriceEntry, PriceList } from '../pricing/index.ts';
import {
  resourceKey,
  type ImportContext,
  type ImportState,
  type KnownPlan,
  type KnownProduct,
  type KnownResource,
  type KnownVendor,
  type PlanRows,
} from './import-state.ts';
import type { ImportRow } from './row.ts';

/** What of the catalog concerns a batch of plans, read set by set. */
export async function loadState(
  db: Database,
  context: ImportContext,
  groups: readonly PlanRows[],
  announced: (codes: readonly string[]) => Promise<Map<string, ImportRow>>,
): Promise<ImportState> {
  const rows = groups.flatMap((group) => group.rows);
  const { rootId } = context;
  const [vendors, resources, plans, lists] = await Promise.all([
    selectVendors(db, rootId, distinct(rows.map((row) => row.vendorCode))),
    selectResources(db, rootId, distinct(rows.map((row) => row.mpn))),
    selectPlans(db, context.accountId, distinct(groups.map((group) => group.planName))),
    selectPriceLists(db, context.accountId),
  ]);
  const products = await selectProducts(db, rootId, {
    codes: distinct(rows.map((row) => row.productCode)),
    ids: distinct([...plans.values()].map(({ plan }) => plan.productId)),
  });
  const known = new Set(products.map((product) => product.code));
  const unknown = distinct(rows.map((row) => row.productCode)).filter((code) => !known.has(code));
  const rates = [...plans.values()].flatMap((plan) => [
    ...plan.rates.flatMap((rate) => [rate.rateId, rate.resourceId]),
    ...[...plan.earlier.values()].map(({ rateId }) => rateId),
  ]);
  const targets = distinct([...rates, ...[...resources.values()].map((resource) => resource.id)]);
  return {
    vendors,
    products: new Map(products.map((product) => [product.code, product])),
    productsById: new Map(products.map((product) => [product.id, product])),
    announced: unknown.length === 0 ? new Map() : await announced(unknown),
    resources,
    plans,
    lists,
    entries: await selectEntries(db, targets, lists),
  };
}

function distinct<Text extends string>(texts: readonly Text[]): Text[] {
  return [...new Set(texts)];
}

async function selectVendors(
  db: Database,
  rootId: AccountId,
  codes: readonly string[],
): Promise<Map<string, KnownVendor>> {
  const rows = await db.kysely
    .selectFrom('vendors')
    .select(['id', 'code', 'name'])
    .where('root_id', '=', rootId)
    .where(sql<boolean>`code = any(${codes}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.code, { ...row, id: row.id as VendorId }]));
}

async function selectProducts(
  db: Database,
  rootId: AccountId,
  wanted: { codes: readonly string[]; ids: readonly ProductId[] },
): Promise<KnownProduct[]> {
  const rows = await db.kysely
    .selectFrom('products')
    .innerJoin('vendors', 'vendors.id', 'products.vendor_id')
    .selectAll('products')
    .select('vendors.code as vendor_code')
    .where('products.root_id', '=', rootId)
    .where(sql<boolean>`(products.code = any(${wanted.codes}::text[]) or products.id = any(${wanted.ids}::uuid[]))`)
    .execute();
  return rows.map((row) => ({
    id: row.id as ProductId,
    rootId,
    vendorId: row.vendor_id as VendorId,
    vendorCode: row.vendor_code,
    code: row.code,
    name: row.name,
    type: row.type as KnownProduct['type'],
    family: row.family as KnownProduct['family'],
    serviceName: row.service_name,
    unitTypes: row.unit_types,
    dataCenters: row.data_centers,
    parts: [],
    status: row.status as KnownProduct['status'],
    version: row.version,
    createdAt: row.created_at.toString(),
  }));
}

async function selectResources(
  db: Database,
  rootId: AccountId,
  mpns: readonly string[],
): Promise<Map<string, KnownResource>> {
  const rows = await db.kysely
    .selectFrom('resources')
    .innerJoin('vendors', 'vendors.id', 'resources.vendor_id')
    .innerJoin('products', 'products.id', 'resources.product_id')
    .select(['resources.id', 'resources.mpn', 'resources.name', 'vendors.code', 'products.service_name'])
    // Through the vendors, so that the index on vendor and MPN finds them.
    .where('vendors.root_id', '=', rootId)
    .where(sql<boolean>`resources.mpn = any(${mpns}::text[])`)
    .execute();
  return new Map(
    rows.map(({ id, mpn, name, code, service_name }) => [
      resourceKey(code, mpn),
      { id: id as ResourceId, vendorCode: code, mpn, name, serviceName: service_name },
    ]),
  );
}

type PlanRow = Selectable<Tables['service_plans']> & { terms: Selectable<Tables['plan_versions']> | null };

const plansByName: Statement = {
  name: 'import_plans_by_name',
  text: `select sp.*, to_jsonb(v) as terms
    from unnest($2::text[]) as wanted (name)
    join service_plans sp on sp.account_id = $1 and sp.name = wanted.name
    left join plan_versions v on v.plan_id = sp.id and v.version = sp.current_version`,
};

type RateRow = Selectable<Tables['resource_rates']>;

const currentRates: Statement = {
  name: 'import_current_rates',
  text: `select r.* from unnest($1::uuid[], $2::int[]) as wanted (plan_id, version)
    join resource_rates r on r.plan_id = wanted.plan_id and r.version = wanted.version
    order by r.plan_id, r.position`,
};

type EarlierRow = { plan_id: PlanId; version_max: number; mpn: string | null; rate_id: RateId; number: bigint };

// Rates of versions that are not sold now; of most plans there are none that the current version does not have.
const earlierRates: Statement = {
  name: 'import_earlier_rates',
  text: `select wanted.plan_id, m.version_max, e.mpn, e.rate_id, e.number
    from unnest($1::uuid[], $2::int[]) as wanted (plan_id, version)
    cross join lateral (select max(v.version) as version_max from plan_versions v where v.plan_id = wanted.plan_id) m
    left join lateral (select distinct on (r.mpn) r.mpn, r.rate_id, r.number from resource_rates r
      where r.plan_id = wanted.plan_id and r.version <> wanted.version and not exists (select 1 from resource_rates c
        where c.plan_id = r.plan_id and c.version = wanted.version and c.rate_id = r.rate_id)
      order by r.mpn, r.version desc) e on true`,
};

async function selectPlans(
  db: Database,
  accountId: AccountId,
  names: readonly string[],
): Promise<Map<string, KnownPlan>> {
  const rows = await db.query<PlanRow>(plansByName, [accountId, names]);
  if (rows.length === 0) return new Map();
  const keys = [rows.map((row) => row.id), rows.map((row) => row.current_version)];
  const [rateRows, earlierRows] = await Promise.all([
    db.query<RateRow>(currentRates, keys),
    db.query<EarlierRow>(earlierRates, keys),
  ]);
  const ratesOf = Map.groupBy(rateRows, (row) => row.plan_id);
  const earlierOf = Map.groupBy(earlierRows, (row) => row.plan_id as string);
  return new Map(
    rows.map((row) => {
      const earlier = earlierOf.get(row.id) ?? [];
      return [
        row.name,
        {
          plan: planFromRow(row),
          versionMax: earlier[0]?.version_max ?? 0,
          terms: row.terms === null ? undefined : termsFromRow(row.terms),
          rates: (ratesOf.get(row.id) ?? []).map(rateFromRow),
          earlier: new Map(
            earlier.flatMap(({ mpn, rate_id, number }) =>
              mpn === null ? [] : [[mpn, { rateId: rate_id, number: number.toString() }] as const],
            ),
          ),
        },
      ];
    }),
  );
}

function planFromRow(row: PlanRow): Plan {
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

function termsFromRow(row: Selectable<Tables['plan_versions']>): PlanTerms {
  return {
    licenseVersion: row.license_version as PlanTerms['licenseVersion'],
    subscriptionPeriod: {
      unit: row.subscription_unit as PlanTerms['subscriptionPeriod']['unit'],
      count: row.subscription_count,
    },
    billingPeriod: { unit: row.billing_unit as PlanTerms['billingPeriod']['unit'], count: row.billing_count },
    billingModel: row.billing_model as PlanTerms['billingModel'],
    activationPolicy: row.activation_policy as PlanTerms['activationPolicy'],
    chargeableMonths: row.chargeable_months,
    autoRenewalMonths: row.auto_renewal_months,
    expirationNoticeDays: row.expiration_notice_days,
    graceMonths: row.grace_months,
    dataCenter: row.data_center,
    unitType: row.unit_type,
    managed: row.managed,
    pricing: row.pricing as PlanTerms['pricing'],
    licensePool: row.license_pool === 'owner' ? 'owner' : 'none',
    policies: readPolicyDocument(row.policies),
    ...readDefinitions(row.parameters),
  };
}

function rateFromRow(row: RateRow): Rate {
  return {
    planId: row.plan_id as PlanId,
    version: row.version,
    position: row.position,
    rateId: row.rate_id as RateId,
    number: row.number.toString(),
    resourceId: row.resource_id as ResourceId,
    name: row.name,
    quantityMin: decimal(row.quantity_min),
    quantityMax: decimal(row.quantity_max),
    priceModel: row.price_model as Rate['priceModel'],
    chargeTypes: row.charge_types as Rate['chargeTypes'],
    dependsOn: row.depends_on as RateId[],
    mpn: row.mpn,
    vendorCode: row.vendor_code,
    serviceName: row.service_name,
  };
}

export async function selectPriceLists(db: Database, accountId: AccountId): Promise<PriceList[]> {
  const rows = await db.kysely.selectFrom('price_lists').selectAll().where('account_id', '=', accountId).execute();
  return rows.map((row) => ({
    id: row.id as PriceListId,
    accountId,
    name: row.name,
    currency: row.currency,
    audience: row.audience as PriceList['audience'],
    buyerGroup: row.buyer_group,
    buyerId: row.buyer_id as PriceList['buyerId'],
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  }));
}

const entriesOf: Statement = {
  name: 'import_price_entries',
  text: `select p.price_list_id, p.target_id, p.target_kind, p.charge_type, p.effective_from, p.lower_limit, p.amount
    from unnest($1::uuid[]) as wanted (target_id)
    join prices p on p.target_id = wanted.target_id and p.price_list_id = any($2::uuid[])`,
};

/** Explicit prices of the targets in the lists, by target. */
export async function selectEntries(
  db: Database,
  targetIds: readonly string[],
  lists: readonly PriceList[],
): Promise<Map<string, PriceEntry[]>> {
  if (targetIds.length === 0 || lists.length === 0) return new Map();
  const rows = await db.query<Omit<Selectable<Tables['prices']>, 'created_at'>>(entriesOf, [
    targetIds,
    lists.map((list) => list.id),
  ]);
  const entries = rows.map((row) => ({
    priceListId: row.price_list_id as PriceListId,
    targetId: row.target_id as PriceEntry['targetId'],
    targetKind: row.target_kind as PriceEntry['targetKind'],
    chargeType: row.charge_type as PriceEntry['chargeType'],
    effectiveFrom: row.effective_from,
    lowerLimit: row.lower_limit,
    amount: row.amount,
  }));
  return Map.groupBy(entries, (entry): string => entry.targetId);
}
