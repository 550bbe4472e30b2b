import {
  decimal,
  type AccountId,
  type Period,
  type PlanId,
  type ProductId,
  type RateId,
  type ResourceId,
  type VendorId,
} from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';
import { readPolicyDocument, resolvePolicies } from '../policies/index.ts';
import { readDefinitions } from './parameter.ts';
import type {
  BillingModel,
  ChargeType,
  PlanVersion,
  PriceModel,
  ProductFamily,
  ProductType,
  ProvisioningKind,
  Rate,
} from './catalog.ts';

/** What an account may sell, read for whole accounts and pages at once. */

export type OfferRow = {
  plan_id: PlanId;
  number: bigint;
  version: number;
  rate_count: number;
  name: string;
  short_description: string;
};

const offersOf: Statement = {
  name: 'offers_of_account',
  // A plan is passed on level by level: it is offered when every account between its maker and this one has it.
  text: `
    select sp.id as plan_id, sp.number, sp.current_version as version, sp.rate_count,
      coalesce((array_agg(d.name order by array_position($1::uuid[], d.account_id) desc) filter (where d.name is not null))[1], sp.name) as name,
      coalesce((array_agg(d.short_description order by array_position($1::uuid[], d.account_id) desc)
        filter (where d.short_description is not null))[1], sp.short_description) as short_description
    from delegations d join service_plans sp on sp.id = d.plan_id
    where d.account_id = any($1::uuid[]) and d.status = 'active' and sp.status = 'published'
    group by sp.id
    having count(*) = cardinality($1::uuid[]) - array_position($1::uuid[], sp.account_id)
    union all
    select sp.id, sp.number, sp.current_version, sp.rate_count, sp.name, sp.short_description
    from service_plans sp
    where sp.account_id = $2 and sp.status = 'published'
    order by 2`,
};

export function selectOffers(db: Database, path: readonly AccountId[]): Promise<OfferRow[]> {
  return db.query<OfferRow>(offersOf, [path, path.at(-1)]);
}

const overlappingPlans: Statement = {
  name: 'plans_of_products',
  // Also those that are retired: they are held still.
  text: `
    select sp.id from service_plans sp
    where sp.account_id = any($1::uuid[]) and sp.product_id = any($2::uuid[]) and sp.id <> $3 and sp.status <> 'draft'
      and exists (select from plan_versions v where v.plan_id = sp.id and v.license_version = 'full')
    order by 1`,
};

/** Full plans of some products that an account or a seller above it made, but for one. */
export async function selectOverlapping(
  db: Database,
  path: readonly AccountId[],
  productIds: readonly ProductId[],
  planId: PlanId,
): Promise<PlanId[]> {
  const rows = await db.query<{ id: PlanId }>(overlappingPlans, [path, productIds, planId]);
  return rows.map(({ id }) => id);
}

export type RateRow = {
  plan_id: PlanId;
  version: number;
  position: number;
  rate_id: RateId;
  number: bigint;
  resource_id: ResourceId;
  name: string;
  quantity_min: string;
  quantity_max: string;
  price_model: PriceModel;
  charge_types: ChargeType[];
  depends_on: RateId[];
  mpn: string;
  vendor_code: string;
  service_name: string;
};

export function rateFromRow(row: RateRow): Rate {
  return {
    planId: row.plan_id,
    version: row.version,
    position: row.position,
    rateId: row.rate_id,
    number: row.number.toString(),
    resourceId: row.resource_id,
    name: row.name,
    quantityMin: decimal(row.quantity_min),
    quantityMax: decimal(row.quantity_max),
    priceModel: row.price_model,
    chargeTypes: row.charge_types,
    dependsOn: row.depends_on,
    mpn: row.mpn,
    vendorCode: row.vendor_code,
    serviceName: row.service_name,
  };
}

const rateColumns = `r.plan_id, r.version, r.position, r.rate_id, r.number, r.resource_id, r.name, r.quantity_min, r.quantity_max,
  r.price_model, r.charge_types, r.depends_on, r.mpn, r.vendor_code, r.service_name`;

/** A run of rates of one plan version: `count` of them from position `from`. */
export type Run = { readonly planId: PlanId; readonly version: number; readonly from: number; readonly count: number };

const ratesOfRuns: Statement = {
  name: 'rates_of_runs',
  text: `select ${rateColumns}
    from unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) with ordinality as run (plan_id, version, first, count, place)
    join resource_rates r on r.plan_id = run.plan_id and r.version = run.version
      and r.position >= run.first and r.position < run.first + run.count
    order by run.place, r.position`,
};

/** The rates of some runs, in their order: one range read per run, however far into a catalog they lie. */
export async function selectRuns(db: Database, runs: readonly Run[]): Promise<Rate[]> {
  if (runs.length === 0) return [];
  const rows = await db.query<RateRow>(ratesOfRuns, [
    runs.map((run) => run.planId),
    runs.map((run) => run.version),
    runs.map((run) => run.from),
    runs.map((run) => run.count),
  ]);
  return rows.map(rateFromRow);
}

/** Which rates of a catalog are meant; every given field must match. */
export type RateFilter = {
  readonly mpn?: string | undefined;
  readonly vendorCode?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly nameContains?: string | undefined;
};

const ratesFiltered: Statement = {
  name: 'rates_filtered',
  text: `select ${rateColumns}, count(*) over () as total
    from unnest($1::uuid[], $2::int[]) with ordinality as offer (plan_id, version, place)
    join resource_rates r on r.plan_id = offer.plan_id and r.version = offer.version
    where ($3::text is null or r.mpn = $3) and ($4::text is null or r.vendor_code = $4)
      and ($5::text is null or r.service_name = $5) and ($6::text is null or r.name ilike $6)
    order by offer.place, r.position offset $7 limit $8`,
};

const ratesByMpn: Statement = {
  name: 'rates_by_mpn',
  text: `select ${rateColumns}
    from resource_rates r join unnest($1::uuid[], $2::int[]) with ordinality as offer (plan_id, version, place)
      on r.plan_id = offer.plan_id and r.version = offer.version
    where r.mpn = $3 order by offer.place, r.position`,
};

const ratesByNumber: Statement = {
  name: 'rates_by_number',
  text: `select ${rateColumns}
    from resource_rates r join unnest($1::uuid[], $2::int[]) as offer (plan_id, version)
      on r.plan_id = offer.plan_id and r.version = offer.version
    where r.number = $3`,
};

const ratesById: Statement = {
  name: 'rates_by_id',
  text: `select ${rateColumns}
    from resource_rates r join unnest($1::uuid[], $2::int[]) as offer (plan_id, version)
      on r.plan_id = offer.plan_id and r.version = offer.version
    where r.rate_id = $3`,
};

const ratesSold: Statement = {
  name: 'rates_sold',
  text: `select ${rateColumns}
    from unnest($1::uuid[], $2::int[], $3::uuid[]) with ordinality as sold (plan_id, version, rate_id, place)
    join resource_rates r on r.rate_id = sold.rate_id and r.version = sold.version and r.plan_id = sold.plan_id
    order by sold.place`,
};

export type SoldKey = { readonly planId: PlanId; readonly version: number; readonly rateId: RateId };

/** Rates as they were sold, in whatever version and whether or not they are offered still; in order. */
export async function selectSold(db: Database, keys: readonly SoldKey[]): Promise<Rate[]> {
  if (keys.length === 0) return [];
  const rows = await db.query<RateRow>(ratesSold, [
    keys.map(({ planId }) => planId),
    keys.map(({ version }) => version),
    keys.map(({ rateId }) => rateId),
  ]);
  return rows.map(rateFromRow);
}

const labelsOfRates: Statement = {
  name: 'rate_labels',
  text: 'select distinct rate_id, mpn, number from resource_rates where rate_id = any($1::uuid[])',
};

/** What a rate is called in every version of its plan. */
export type RateLabel = Pick<Rate, 'rateId' | 'mpn' | 'number'>;

export async function selectLabels(db: Database, rateIds: readonly RateId[]): Promise<RateLabel[]> {
  if (rateIds.length === 0) return [];
  const rows = await db.query<Pick<RateRow, 'rate_id' | 'mpn' | 'number'>>(labelsOfRates, [rateIds]);
  return rows.map((row) => ({ rateId: row.rate_id, mpn: row.mpn, number: row.number.toString() }));
}

export type OfferKeys = { readonly planIds: readonly PlanId[]; readonly versions: readonly number[] };

export async function selectFiltered(
  db: Database,
  offers: OfferKeys,
  filter: RateFilter,
  page: { offset: number; limit: number },
): Promise<{ rates: Rate[]; total: number }> {
  const pattern = filter.nameContains === undefined ? null : `%${filter.nameContains.replace(/[\\%_]/g, '\\$&')}%`;
  const values = [
    offers.planIds,
    offers.versions,
    filter.mpn ?? null,
    filter.vendorCode ?? null,
    filter.serviceName ?? null,
    pattern,
  ];
  const rows = await db.query<RateRow & { total: bigint }>(ratesFiltered, [...values, page.offset, page.limit]);
  if (rows.length === 0 && page.offset > 0) {
    const first = await db.query<RateRow & { total: bigint }>(ratesFiltered, [...values, 0, 1]);
    return { rates: [], total: Number(first[0]?.total ?? 0n) };
  }
  return { rates: rows.map(rateFromRow), total: Number(rows[0]?.total ?? 0n) };
}

/** How a rate is named: by MPN (perhaps several), by its short number, or by its id. */
export type RateName = { readonly mpn: string } | { readonly number: string } | { readonly rateId: RateId };

export async function selectNamed(db: Database, offers: OfferKeys, name: RateName): Promise<Rate[]> {
  const statement = 'mpn' in name ? ratesByMpn : 'number' in name ? ratesByNumber : ratesById;
  const value = 'mpn' in name ? name.mpn : 'number' in name ? name.number : name.rateId;
  return (await db.query<RateRow>(statement, [offers.planIds, offers.versions, value])).map(rateFromRow);
}

type VersionRow = {
  plan_id: PlanId;
  version: number;
  number: bigint;
  account_id: AccountId;
  root_id: AccountId;
  name: string;
  short_description: string;
  long_description: string;
  rate_count: number;
  license_version: 'trial' | 'full';
  subscription_unit: Period['unit'];
  subscription_count: number;
  billing_unit: Period['unit'];
  billing_count: number;
  billing_model: BillingModel;
  activation_policy: 'immediate' | 'first_sign_in';
  chargeable_months: number;
  auto_renewal_months: number | null;
  expiration_notice_days: number;
  grace_months: number;
  data_center: string | null;
  unit_type: string;
  managed: boolean;
  pricing: 'required' | 'free';
  license_pool: 'owner' | null;
  policies: unknown;
  product_id: ProductId;
  product_code: string;
  product_name: string;
  product_type: ProductType;
  product_family: ProductFamily;
  product_status: 'active' | 'end_of_sale' | 'end_of_life';
  vendor_id: VendorId;
  vendor_code: string;
  provisioning: ProvisioningKind;
  vendor_policies: unknown;
  parameters: unknown;
  plan_status: 'draft' | 'published' | 'retired';
  product_parts: ProductId[];
};

const versionsByKey: Statement = {
  name: 'plan_versions_by_key',
  text: `select v.*, sp.number, sp.account_id, sp.root_id, sp.name, sp.short_description, sp.long_description,
      p.id as product_id, p.code as product_code, p.name as product_name, p.type as product_type, p.family as product_family,
      p.status as product_status, ve.id as vendor_id, ve.code as vendor_code, ve.provisioning,
      ve.policies as vendor_policies, sp.status as plan_status,
      array(select s.product_id from suite_parts s where s.suite_id = p.id) as product_parts
    from unnest($1::uuid[], $2::int[]) with ordinality as wanted (plan_id, version, place)
    join plan_versions v on v.plan_id = wanted.plan_id and v.version = wanted.version
    join service_plans sp on sp.id = v.plan_id
    join products p on p.id = sp.product_id
    join vendors ve on ve.id = p.vendor_id
    order by wanted.place`,
};

export async function selectVersions(
  db: Database,
  keys: readonly { planId: PlanId; version: number }[],
): Promise<PlanVersion[]> {
  if (keys.length === 0) return [];
  const rows = await db.query<VersionRow>(versionsByKey, [
    keys.map((key) => key.planId),
    keys.map((key) => key.version),
  ]);
  return rows.map(versionFromRow);
}

function versionFromRow(row: VersionRow): PlanVersion {
  return {
    planId: row.plan_id,
    version: row.version,
    number: row.number.toString(),
    makerId: row.account_id,
    rootId: row.root_id,
    name: row.name,
    shortDescription: row.short_description,
    longDescription: row.long_description,
    rateCount: row.rate_count,
    licenseVersion: row.license_version,
    subscriptionPeriod: { unit: row.subscription_unit, count: row.subscription_count },
    billingPeriod: { unit: row.billing_unit, count: row.billing_count },
    billingModel: row.billing_model,
    activationPolicy: row.activation_policy,
    chargeableMonths: row.chargeable_months,
    autoRenewalMonths: row.auto_renewal_months,
    expirationNoticeDays: row.expiration_notice_days,
    graceMonths: row.grace_months,
    dataCenter: row.data_center,
    unitType: row.unit_type,
    managed: row.managed,
    pricing: row.pricing,
    licensePool: row.license_pool ?? 'none',
    policies: resolvePolicies(row.vendor_policies, row.policies),
    ownPolicies: readPolicyDocument(row.policies),
    ...readDefinitions(row.parameters),
    planStatus: row.plan_status,
    product: {
      id: row.product_id,
      code: row.product_code,
      name: row.product_name,
      type: row.product_type,
      family: row.product_family,
      status: row.product_status,
      parts: row.product_parts,
    },
    vendor: { id: row.vendor_id, code: row.vendor_code, provisioning: row.provisioning },
  };
}
