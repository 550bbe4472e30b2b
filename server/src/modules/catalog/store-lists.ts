import type { AccountId, PlanId, ProductId, RateId, ResourceId, VendorId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import type { Delegation, Plan, Product, Resource, Vendor } from './catalog.ts';
import { delegationFromRow, planFromRow, productFromRow, resourceFromRow, vendorFromRow } from './store.ts';

/** Single things and lists of the catalog, for people and for the checks of a write. */

export async function selectVendor(db: Database, id: VendorId): Promise<Vendor | undefined> {
  const row = await db.kysely.selectFrom('vendors').selectAll().where('id', '=', id).executeTakeFirst();
  return row && vendorFromRow(row);
}

const partsOfProduct = sql<
  string[]
>`array(select product_id from suite_parts where suite_id = products.id order by product_id)`;

export async function selectProduct(db: Database, id: ProductId): Promise<Product | undefined> {
  const row = await db.kysely
    .selectFrom('products')
    .selectAll()
    .select(partsOfProduct.as('parts'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row && productFromRow(row);
}

export async function selectProductsById(db: Database, ids: readonly ProductId[]): Promise<Product[]> {
  if (ids.length === 0) return [];
  const rows = await db.kysely
    .selectFrom('products')
    .selectAll()
    .select(partsOfProduct.as('parts'))
    .where(sql<boolean>`id = any(${[...ids]}::uuid[])`)
    .orderBy('id')
    .execute();
  return rows.map(productFromRow);
}

export async function selectPlan(
  db: Database,
  id: PlanId,
): Promise<{ plan: Plan; rateCount: number; versions: number[] } | undefined> {
  const row = await db.kysely
    .selectFrom('service_plans')
    .selectAll()
    .select(sql<number[]>`array(select version from plan_versions where plan_id = service_plans.id)`.as('versions'))
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { plan: planFromRow(row), rateCount: row.rate_count, versions: row.versions };
}

export async function selectDelegation(
  db: Database,
  accountId: AccountId,
  planId: PlanId,
): Promise<Delegation | undefined> {
  const row = await db.kysely
    .selectFrom('delegations')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('plan_id', '=', planId)
    .executeTakeFirst();
  return row && delegationFromRow(row);
}

export type NamedResource = Pick<Resource, 'id' | 'mpn' | 'name' | 'productId'> & {
  readonly vendorCode: string;
  readonly serviceName: string;
};

export async function selectResourcesByMpn(
  db: Database,
  rootId: AccountId,
  mpns: readonly string[],
): Promise<NamedResource[]> {
  const rows = await db.kysely
    .selectFrom('resources')
    .innerJoin('vendors', 'vendors.id', 'resources.vendor_id')
    .innerJoin('products', 'products.id', 'resources.product_id')
    .select([
      'resources.id',
      'resources.mpn',
      'resources.name',
      'resources.product_id',
      'vendors.code as vendor_code',
      'products.service_name',
    ])
    .where('resources.root_id', '=', rootId)
    .where(sql<boolean>`resources.mpn = any(${[...new Set(mpns)]}::text[])`)
    .orderBy('resources.id')
    .execute();
  return rows.map((row) => ({
    id: row.id as ResourceId,
    mpn: row.mpn,
    name: row.name,
    productId: row.product_id as ProductId,
    vendorCode: row.vendor_code,
    serviceName: row.service_name,
  }));
}

/** The identity of each rate that any version of the plan has had, by the MPN it was for. */
export async function selectVersionRateIds(
  db: Database,
  planId: PlanId,
): Promise<Map<string, { rateId: RateId; number: string }>> {
  const rows = await db.kysely
    .selectFrom('resource_rates')
    .select(['mpn', 'rate_id', 'number'])
    .where('plan_id', '=', planId)
    .orderBy('version')
    .execute();
  return new Map(rows.map((row) => [row.mpn, { rateId: row.rate_id as RateId, number: row.number.toString() }]));
}

export type Page<Key> = { readonly after?: Key | undefined; readonly limit: number };

export async function selectVendors(db: Database, rootId: AccountId, page: Page<VendorId>): Promise<Vendor[]> {
  let query = db.kysely.selectFrom('vendors').selectAll().where('root_id', '=', rootId).orderBy('id').limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return (await query.execute()).map(vendorFromRow);
}

export async function selectProducts(
  db: Database,
  rootId: AccountId,
  page: Page<ProductId> & { code?: string | undefined; vendorId?: VendorId | undefined },
): Promise<Product[]> {
  let query = db.kysely
    .selectFrom('products')
    .selectAll()
    .select(partsOfProduct.as('parts'))
    .where('root_id', '=', rootId)
    .orderBy('id')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  if (page.code !== undefined) query = query.where('code', '=', page.code);
  if (page.vendorId !== undefined) query = query.where('vendor_id', '=', page.vendorId);
  return (await query.execute()).map(productFromRow);
}

export async function selectResources(
  db: Database,
  rootId: AccountId,
  page: Page<ResourceId> & { productId?: ProductId | undefined; mpn?: string | undefined },
): Promise<Resource[]> {
  let query = db.kysely
    .selectFrom('resources')
    .selectAll()
    .where('root_id', '=', rootId)
    .orderBy('id')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  if (page.productId !== undefined) query = query.where('product_id', '=', page.productId);
  if (page.mpn !== undefined) query = query.where('mpn', '=', page.mpn);
  return (await query.execute()).map(resourceFromRow);
}

/** Plans that the account made, drafts and retired ones too. */
export async function selectOwnPlans(db: Database, accountId: AccountId, page: Page<PlanId>): Promise<Plan[]> {
  let query = db.kysely
    .selectFrom('service_plans')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('id')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return (await query.execute()).map(planFromRow);
}

/** To whom directly below the account a plan was delegated, or which plans to one of them. */
export async function selectDelegations(
  db: Database,
  sellerId: AccountId,
  filter: { planId?: PlanId | undefined; accountId?: AccountId | undefined },
  page: Page<{ accountId: AccountId; planId: PlanId }>,
): Promise<Delegation[]> {
  let query = db.kysely
    .selectFrom('delegations')
    .innerJoin('accounts', 'accounts.id', 'delegations.account_id')
    .selectAll('delegations')
    .where('accounts.parent_id', '=', sellerId)
    .orderBy('delegations.account_id')
    .orderBy('delegations.plan_id')
    .limit(page.limit);
  if (filter.planId !== undefined) query = query.where('delegations.plan_id', '=', filter.planId);
  if (filter.accountId !== undefined) query = query.where('delegations.account_id', '=', filter.accountId);
  if (page.after !== undefined) {
    query = query.where(
      sql<boolean>`(delegations.account_id, delegations.plan_id) > (${page.after.accountId}, ${page.after.planId})`,
    );
  }
  return (await query.execute()).map(delegationFromRow);
}

export async function selectCodes(
  db: Database,
  table: 'data_centers' | 'unit_types',
  rootId: AccountId,
): Promise<{ code: string; name: string }[]> {
  return db.kysely.selectFrom(table).select(['code', 'name']).where('root_id', '=', rootId).orderBy('code').execute();
}

/** Products by id with the resources that plans of them are made of; for callers that name a product only. */
export async function selectDefaultResource(db: Database, productId: ProductId): Promise<NamedResource | undefined> {
  const row = await db.kysely
    .selectFrom('resources')
    .innerJoin('vendors', 'vendors.id', 'resources.vendor_id')
    .innerJoin('products', 'products.id', 'resources.product_id')
    .select([
      'resources.id',
      'resources.mpn',
      'resources.name',
      'resources.product_id',
      'vendors.code as vendor_code',
      'products.service_name',
    ])
    .where('resources.product_id', '=', productId)
    .orderBy('resources.id')
    .executeTakeFirst();
  return (
    row && {
      id: row.id as ResourceId,
      mpn: row.mpn,
      name: row.name,
      productId: row.product_id as ProductId,
      vendorCode: row.vendor_code,
      serviceName: row.service_name,
    }
  );
}

export async function selectVersionRateCount(
  db: Database,
  planId: PlanId,
  version: number,
): Promise<number | undefined> {
  const row = await db.kysely
    .selectFrom('plan_versions')
    .select('rate_count')
    .where('plan_id', '=', planId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row?.rate_count;
}

export async function selectResource(db: Database, id: ResourceId): Promise<Resource | undefined> {
  const row = await db.kysely.selectFrom('resources').selectAll().where('id', '=', id).executeTakeFirst();
  return row && resourceFromRow(row);
}

/** All versions of a plan, drafts too, with the instant of their publication. */
export async function selectVersionHeads(
  db: Database,
  planId: PlanId,
): Promise<{ version: number; publishedAt: string | null }[]> {
  const rows = await db.kysely
    .selectFrom('plan_versions')
    .select(['version', 'published_at'])
    .where('plan_id', '=', planId)
    .orderBy('version')
    .execute();
  return rows.map((row) => ({ version: row.version, publishedAt: row.published_at?.toString() ?? null }));
}
