import type { ProductId } from '@tierline/kernel';
import type { LmpiVersion, Principal } from '../../modules/access/index.ts';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type {
  CatalogLists,
  LicenseVersion,
  Offer,
  Offers,
  PlanVersion,
  Product,
  ProductFamily,
  ProductType,
} from '../../modules/catalog/index.ts';
import type { PoolsService } from '../../modules/pools/index.ts';

export type ProductDependencies = {
  readonly lists: Pick<CatalogLists, 'products' | 'defaultResource' | 'dataCenterNames'>;
  readonly offers: Pick<Offers, 'offering' | 'planVersions'>;
  readonly pools: Pick<PoolsService, 'list'>;
};

/** LMPI reference, part 2, 5.1. */
export const typeNames = { saas: 'SaaS', software: 'Software', suite: 'Suite' } as const satisfies Record<
  ProductType,
  string
>;

/** Trend Vision One is not for v2 (LMPI reference, part 2, 3.8 and 3.9). */
export function isSpokenIn(version: LmpiVersion, family: ProductFamily): boolean {
  return family === 'standard' || version === 'v3';
}

export type OfferedPlan = { readonly offer: Offer; readonly plan: PlanVersion };

/** The plans an account may sell, own and delegated, in the order of their numbers. */
export async function offeredPlans(offers: ProductDependencies['offers'], node: AccountNode): Promise<OfferedPlan[]> {
  const offering = await offers.offering(node);
  const plans = await offers.planVersions(node, offering.offers);
  return plans.flatMap((plan) => {
    const offer = offering.byPlan.get(plan.planId);
    return offer === undefined ? [] : [{ offer, plan }];
  });
}

/** A product in one license version, as far as the account can provision it. */
export type Provisionable = {
  readonly product: Product;
  readonly licenseVersion: LicenseVersion;
  /** Decimal digits. */
  readonly available: string;
  readonly plans: readonly Offer[];
};

/**
 * Everything the account can provision: what it has a license pool of, and what it has plans for. Products at their end
 * of sale or life are left out, because nothing new of them is provisioned. By product code, full before trial.
 */
export async function provisionable(
  { lists, offers, pools }: ProductDependencies,
  node: AccountNode,
  version: LmpiVersion,
): Promise<Provisionable[]> {
  const [ownPools, plans] = await Promise.all([pools.list(node.account.id), offeredPlans(offers, node)]);
  const entries = new Map<
    string,
    { productId: ProductId; licenseVersion: LicenseVersion; available: string; plans: Offer[] }
  >();
  for (const { productId, licenseVersion, available } of ownPools) {
    entries.set(`${productId}/${licenseVersion}`, { productId, licenseVersion, available, plans: [] });
  }
  for (const { offer, plan } of plans) {
    const key = `${plan.product.id}/${plan.licenseVersion}`;
    const entry = entries.get(key) ?? {
      productId: plan.product.id,
      licenseVersion: plan.licenseVersion,
      available: '0',
      plans: [],
    };
    entry.plans.push(offer);
    entries.set(key, entry);
  }
  const ids = new Set([...entries.values()].map((entry) => entry.productId));
  const products = new Map((await lists.products([...ids])).map((product) => [product.id, product]));
  return [...entries.values()]
    .flatMap(({ productId, ...entry }) => {
      const product = products.get(productId);
      if (product?.status !== 'active' || !isSpokenIn(version, product.family)) return [];
      return [{ product, ...entry }];
    })
    .toSorted((one, other) => sortKey(one).localeCompare(sortKey(other), 'en'));
}

function sortKey({ product, licenseVersion }: Provisionable): string {
  return `${product.code} ${licenseVersion}`;
}

/** Partners :: Product :: List (LMPI reference, part 2, 3.6): the body of the answer. */
export async function productList(
  dependencies: ProductDependencies,
  { node }: Principal,
  version: LmpiVersion,
): Promise<string> {
  const entries = await provisionable(dependencies, node, version);
  const isTierOne = node.account.kind === 'distributor' || node.account.kind === 'isp';
  const products = entries.map(({ product, licenseVersion, available, plans }) => {
    const members = JSON.stringify({
      version: licenseVersion,
      product_name: product.name,
      product_id: product.id,
      product_code: product.code,
      type: typeNames[product.type],
      ...(isTierOne ? { used: 0 } : {}),
      service_plans: plans.map(({ name, planId }) => ({ name, id: planId })),
    });
    // A pool counts in 64 bits; as a JavaScript number its last digits could change on the way.
    return `{"available":${available},${members.slice(1)}`;
  });
  return `{"partner_id":${JSON.stringify(node.account.id)},"products":[${products.join(',')}]}`;
}
