import type { LmpiVersion } from '../../modules/access/index.ts';
import type { AccountNode } from '../../modules/accounts/index.ts';
import { catalogRevision } from '../../modules/accounts/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import { remember } from '../../platform/remember.ts';
import { isSpokenIn, offeredPlans, type OfferedPlan, type ProductDependencies } from './products.ts';

/** Bytes of all remembered lists together. */
const rememberedBytesMax = 64 * 1024 * 1024;

/**
 * Partners :: Service Plan :: List (LMPI reference, part 2, 3.9): the bytes of the answer, made once per account and
 * version and remembered until something of the account's catalog changes.
 */
export function servicePlanLists({ offers, lists }: Pick<ProductDependencies, 'offers' | 'lists'>) {
  const remembered = remember<Uint8Array<ArrayBuffer>>(rememberedBytesMax, (bytes) => bytes.length);

  async function load(node: AccountNode, version: LmpiVersion): Promise<Uint8Array<ArrayBuffer>> {
    const [plans, dataCenters] = await Promise.all([
      offeredPlans(offers, node),
      lists.dataCenterNames(node.account.rootId),
    ]);
    const shown = plans.filter(({ plan }) => isSpokenIn(version, plan.product.family));
    return Buffer.from(JSON.stringify(shown.map((offered) => toWire(offered, dataCenters))));
  }

  return {
    list(node: AccountNode, version: LmpiVersion): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
      const key = `${node.account.id}/${version}`;
      const revision = catalogRevision(node);
      return remembered.peek(key, revision) ?? remembered.get(key, revision, () => load(node, version));
    },
  };
}

function toWire({ offer, plan }: OfferedPlan, dataCenters: ReadonlyMap<string, string>) {
  const code = plan.dataCenter ?? '';
  return {
    service_plan_id: offer.planId,
    name: offer.name,
    product: plan.product.name,
    product_code: plan.product.code,
    version: plan.licenseVersion,
    initial_license_period_month: monthsOf(plan.subscriptionPeriod),
    data_center_code: code,
    data_center: dataCenters.get(code) ?? code,
    auto_renewal: plan.autoRenewalMonths !== null,
  };
}

/** The period in whole months, at least one: this wire knows no other unit. A trial of 30 days is one month. */
export function monthsOf({ unit, count }: PlanVersion['subscriptionPeriod']): number {
  if (unit === 'month') return count;
  if (unit === 'year') return count * 12;
  return Math.max(1, Math.round((count * 12) / 365));
}
