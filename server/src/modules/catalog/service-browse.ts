import {
  notFound,
  type AccountId,
  type PlanId,
  type ProductId,
  type ResourceId,
  type VendorId,
} from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { isWithin, type AccountNode, type Directory } from '../accounts/index.ts';
import type { Delegation, Plan, PlanVersion, Product, Rate, Resource, Vendor } from './catalog.ts';
import type { Offers } from './service-offers.ts';
import { selectRuns } from './store-offers.ts';
import {
  selectCodes,
  selectDelegation,
  selectDelegations,
  selectOwnPlans,
  selectPlan,
  selectProduct,
  selectProducts,
  selectResource,
  selectResources,
  selectVendor,
  selectVendors,
  selectVersionHeads,
} from './store-lists.ts';

export type CatalogBrowser = ReturnType<typeof catalogBrowser>;

/** A version of a plan as somebody who looks at the plan sees it. */
export type VersionShown = { readonly publishedAt: string | null; readonly plan: PlanVersion };

/** A plan as one account sees it: its maker and those above see all versions, others the one that is sold. */
export type PlanShown = {
  readonly plan: Plan;
  readonly isMadeWithin: boolean;
  readonly versions: readonly VersionShown[];
};

type Dependencies = { readonly db: Database; readonly directory: Directory; readonly offers: Offers };

/**
 * Lists and single things of the catalog as one account sees them. Callers have authorized the actor; what belongs to
 * another channel, and plans that were not passed on to the account, are not found.
 */
export function catalogBrowser({ db, directory, offers }: Dependencies) {
  async function vendor(rootId: AccountId, id: VendorId): Promise<Vendor> {
    const found = await selectVendor(db, id);
    if (found?.rootId !== rootId) throw notFound('vendor');
    return found;
  }

  async function product(rootId: AccountId, id: ProductId, field?: string): Promise<Product> {
    const found = await selectProduct(db, id);
    if (found?.rootId !== rootId) throw notFound('product', field);
    return found;
  }

  async function resource(rootId: AccountId, id: ResourceId, field?: string): Promise<Resource> {
    const found = await selectResource(db, id);
    if (found?.rootId !== rootId) throw notFound('resource', field);
    return found;
  }

  async function visiblePlan(viewer: AccountNode, id: PlanId): Promise<{ plan: Plan; isMadeWithin: boolean }> {
    const found = await selectPlan(db, id);
    if (found?.plan.rootId !== viewer.account.rootId) throw notFound('plan');
    const { plan } = found;
    const isMadeWithin = isWithin((await directory.get(plan.accountId)).account, viewer.account.id);
    if (!isMadeWithin && !(await offers.offering(viewer)).byPlan.has(id)) throw notFound('plan');
    return { plan, isMadeWithin };
  }

  async function plan(viewer: AccountNode, id: PlanId): Promise<PlanShown> {
    const { plan, isMadeWithin } = await visiblePlan(viewer, id);
    const heads = (await selectVersionHeads(db, id)).filter(
      (head) => isMadeWithin || head.version === plan.currentVersion,
    );
    const versions = await offers.planVersions(
      viewer,
      heads.map(({ version }) => ({ planId: id, version })),
    );
    const shown = versions.map((version) => ({
      plan: version,
      publishedAt: heads.find((head) => head.version === version.version)?.publishedAt ?? null,
    }));
    return { plan, isMadeWithin, versions: shown };
  }

  /** Rates of a version from a position on. */
  async function rates(
    viewer: AccountNode,
    { planId, version }: { planId: PlanId; version: number },
    page: { from: number; limit: number },
  ): Promise<Rate[]> {
    const { plan, isMadeWithin } = await visiblePlan(viewer, planId);
    const heads = await selectVersionHeads(db, planId);
    const exists = heads.some((head) => head.version === version) && (isMadeWithin || version === plan.currentVersion);
    if (!exists) throw notFound('plan version', 'version');
    return selectRuns(db, [{ planId, version, from: page.from, count: page.limit }]);
  }

  async function delegation(accountId: AccountId, planId: PlanId): Promise<Delegation> {
    const found = await selectDelegation(db, accountId, planId);
    if (found === undefined) throw notFound('delegation');
    return found;
  }

  return {
    vendor,
    product,
    resource,
    plan,
    rates,
    delegation,
    vendors: (rootId: AccountId, page: Parameters<typeof selectVendors>[2]) => selectVendors(db, rootId, page),
    products: (rootId: AccountId, page: Parameters<typeof selectProducts>[2]) => selectProducts(db, rootId, page),
    resources: (rootId: AccountId, page: Parameters<typeof selectResources>[2]) => selectResources(db, rootId, page),
    codes: (rootId: AccountId, table: 'data_centers' | 'unit_types') => selectCodes(db, table, rootId),
    ownPlans: (accountId: AccountId, page: Parameters<typeof selectOwnPlans>[2]) => selectOwnPlans(db, accountId, page),
    delegations: (
      sellerId: AccountId,
      filter: Parameters<typeof selectDelegations>[2],
      page: Parameters<typeof selectDelegations>[3],
    ) => selectDelegations(db, sellerId, filter, page),
  };
}
