import type { PlanId, ProductId, VendorId } from '@tierline/kernel';
import type { Plan, Product } from '../../modules/catalog/index.ts';
import { monthly, plans, products, vendors, type DemoPlan } from './assortment.ts';
import { dataCenters, unitTypes, cast, type CastKey } from './cast.ts';
import type { Building } from './channel.ts';
import { stock } from './stock.ts';

/** The plans that were made, by `maker/name`. */
export type Sold = {
  readonly plans: ReadonlyMap<string, PlanId>;
  readonly products: ReadonlyMap<string, ProductId>;
};

export const planKey = ({ maker, name }: Pick<DemoPlan, 'maker' | 'name'>): string => `${maker}/${name}`;

/** Vendors, products, plans, who has them, and units in stock. */
export async function sellInDemo(building: Building): Promise<Sold> {
  const made = await createProducts(building, await createVendors(building));
  await fillPools(building, made);
  const planIds = new Map<string, PlanId>();
  for (const plan of plans) planIds.set(planKey(plan), await createPlan(building, plan, made));
  await allOf(plans.map((plan) => delegatePlan(building, plan, planIds.get(planKey(plan))!)));
  for (const plan of plans) if (plan.retired === true) await retirePlan(building, plan, planIds.get(planKey(plan))!);
  return { plans: planIds, products: made };
}

/** Waits for all of them also where one fails, so that nothing goes on behind whoever starts anew. */
async function allOf(works: readonly Promise<unknown>[]): Promise<void> {
  const done = await Promise.allSettled(works);
  for (const one of done) if (one.status === 'rejected') throw one.reason;
}

async function createVendors({ engine, steps, sellers, began }: Building): Promise<Map<string, VendorId>> {
  const made = new Map<string, VendorId>();
  for (const vendor of vendors) {
    const { id } = await steps.step(`vendor:${vendor.code}`, began, (cause) =>
      engine.catalog.createVendor(cause, sellers.provider, vendor),
    );
    made.set(vendor.code, id);
  }
  return made;
}

async function createProducts(
  { engine, steps, sellers, began }: Building,
  vendorIds: ReadonlyMap<string, VendorId>,
): Promise<Map<string, ProductId>> {
  const { catalog } = engine;
  const { provider } = sellers;
  await steps.step('codes:data_centers', began, (cause) =>
    catalog.defineCodes(cause, provider, 'data_centers', [...dataCenters]),
  );
  await steps.step('codes:unit_types', began, (cause) =>
    catalog.defineCodes(cause, provider, 'unit_types', [...unitTypes]),
  );
  const made = new Map<string, ProductId>();
  for (const {
    vendor,
    resources,
    parts = [],
    family = 'standard',
    dataCenters: runsIn = ['22'],
    ...facts
  } of products) {
    const product = await steps.step<Product>(`product:${facts.code}`, began, (cause) =>
      catalog.createProduct(cause, provider, {
        ...facts,
        family,
        vendorId: vendorIds.get(vendor)!,
        parts: parts.map((code) => made.get(code)!),
        unitTypes: [...new Set(['U', ...resources.map(({ unitType }) => unitType ?? 'U')])],
        dataCenters: runsIn,
      }),
    );
    made.set(facts.code, product.id);
    for (const { mpn, name, unitType = 'U' } of resources) {
      await steps.step(`resource:${vendor}/${mpn}`, began, (cause) =>
        catalog.createResource(cause, provider, { productId: product.id, mpn, name, unitType }),
      );
    }
  }
  return made;
}

async function createPlan(
  { engine, steps, sellers, began }: Building,
  plan: DemoPlan,
  productIds: ReadonlyMap<string, ProductId>,
): Promise<PlanId> {
  const { id } = await steps.step<Plan>(`plan:${planKey(plan)}`, began, (cause) =>
    engine.catalog.createPlan(cause, sellers[plan.maker], {
      productId: productIds.get(plan.product)!,
      name: plan.name,
      shortDescription: plan.description,
      longDescription: plan.description,
      terms: { ...monthly, ...plan.terms },
      rates: plan.rates.map(({ usd: _usd, eur: _eur, ...rate }) => ({
        quantityMin: '0',
        quantityMax: '100000',
        priceModel: 'flat',
        chargeTypes: ['recurring'],
        dependsOn: [],
        ...rate,
      })),
      publish: true,
    }),
  );
  return id;
}

/** Below this price the buyer may not sell the plan: what the delegation itself says, beside what an account says. */
const floored = { plan: 'Meeting Rooms', buyer: 'reseller' };

async function delegatePlan({ engine, steps, sellers, began }: Building, plan: DemoPlan, id: PlanId): Promise<void> {
  for (const buyer of plan.delegatedTo) {
    const parent = sellers[cast[buyer].parent ?? 'provider'];
    const wanted = floored.plan === plan.name && floored.buyer === buyer ? { priceFloor: 'cost' as const } : {};
    await steps.step(`delegation:${planKey(plan)}:${buyer}`, began, (cause) =>
      engine.catalog.delegate(cause, parent, sellers[buyer].id, id, wanted),
    );
  }
}

async function retirePlan({ engine, steps, sellers, began }: Building, plan: DemoPlan, id: PlanId): Promise<void> {
  await steps.step(`retired:${planKey(plan)}`, began, (cause) => engine.catalog.retire(cause, sellers[plan.maker], id));
}

/** Units cannot appear twice: each movement has its key, so a repetition moves nothing. Parents have theirs before they hand them on. */
async function fillPools(building: Building, productIds: ReadonlyMap<string, ProductId>): Promise<void> {
  const { engine, steps, sellers, began } = building;
  const pools = stock.map(({ product, version, ...pool }) => ({
    ...pool,
    of: { productId: productIds.get(product)!, licenseVersion: version },
    key: `pool:${product}/${version}`,
  }));
  await allOf(
    pools.map(({ of, key, minted }) =>
      steps.step(key, began, (cause) => engine.pools.mint(cause, sellers.provider, { ...of, units: minted })),
    ),
  );
  for (const buyer of Object.keys(cast) as CastKey[]) {
    const parent = sellers[cast[buyer].parent ?? 'provider'];
    await allOf(
      pools.map(async ({ of, key, assigned: { [buyer]: units } }) => {
        if (units === undefined) return;
        await steps.step(`${key}:${buyer}`, began, (cause) =>
          engine.pools.assign(cause, parent, sellers[buyer].id, { ...of, units }),
        );
      }),
    );
  }
}
