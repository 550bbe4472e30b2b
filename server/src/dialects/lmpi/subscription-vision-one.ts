import { maxDecimal, one } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { PlanVersion } from '../../modules/catalog/index.ts';
import { invalidParameter } from './errors.ts';
import { requestFields } from './request.ts';
import type { Call } from './route.ts';
import { baseOf, causeOf, customerOf, ownerOf, planOf } from './subscription-call.ts';
import type { SubscriptionDependencies } from './subscription-call.ts';
import { sell } from './subscription-create.ts';
import { toVisionOne } from './subscription-wire.ts';

/** Both snapshots of the page together (LMPI reference, part 1, 7.10), with what a plan's data center may be called. */
const dataCenters = {
  US: ['USA', 'United States'],
  CA: ['Canada'],
  UK: ['United Kingdom', 'Great Britain'],
  EU: ['Europe', 'European Union', 'Germany'],
  SG: ['Singapore'],
  JP: ['Japan'],
  IN: ['India'],
  AU: ['Australia'],
  MEA: ['Middle East and Africa', 'United Arab Emirates'],
} as const;
type DataCenter = keyof typeof dataCenters;
const codes = Object.keys(dataCenters) as DataCenter[];

const versions = { Trial: 'trial', Full: 'full' } as const;

/** Trend Vision One subscription :: Create (LMPI reference, part 1, 7.10): a sale of the seller's plan for version and data center. */
export async function createVisionOne(dependencies: SubscriptionDependencies, call: Call): Promise<string> {
  const customer = await customerOf(dependencies, call);
  const owner = await ownerOf(dependencies, customer);
  const fields = requestFields(call.body);
  const version = fields.code('version', ['Trial', 'Full']);
  const wanted = fields.optionalCode('data_center', codes);
  const isNotForResale = fields.optionalBoolean('isNFR') ?? false;
  if (isNotForResale && version === 'Trial') {
    throw invalidParameter('isNFR', 'The field isNFR can only be true for the version Full.');
  }
  const plan = await visionOnePlan(dependencies, owner, version, wanted);
  const base = await baseOf(dependencies, plan);
  if (base === undefined) throw noPlan('version');
  const cause = causeOf(dependencies, call);
  const content = `vision one ${customer.id} ${plan.planId} ${isNotForResale}`;
  // With terms of its own it takes nothing over: the page knows no cross grade here.
  const sale = { notForResale: isNotForResale };
  const units = maxDecimal(base.quantityMin, one);
  const subscription = await sell(
    dependencies,
    call,
    cause,
    content,
    { customer, owner, sold: { plan, base }, units, sale },
    { service_plan_id: 'version', units_per_license: 'version' },
  );
  const shown = await planOf(dependencies, owner, subscription);
  return toVisionOne({ subscription, plan: shown, owner, origin: call.origin() });
}

const noPlan = (field: 'version' | 'data_center') =>
  invalidParameter(field, `You have no Trend Vision One service plan for this ${field.replace('_', ' ')}.`);

/** The seller's Vision One plan of the lowest number that fits; one without a data center fits everywhere, but comes last. */
async function visionOnePlan(
  { offers, lists }: SubscriptionDependencies,
  owner: AccountNode,
  version: keyof typeof versions,
  wanted: DataCenter | undefined,
): Promise<PlanVersion> {
  const offering = await offers.offering(owner);
  const plans = (await offers.planVersions(owner, offering.offers)).filter(
    ({ product, licenseVersion }) =>
      product.family === 'vision_one' && product.status === 'active' && licenseVersion === versions[version],
  );
  if (plans.length === 0) throw noPlan('version');
  const dataCenter = wanted ?? ownDataCenter(owner);
  const names = await lists.dataCenterNames(owner.account.rootId);
  const isThere = (code: string): boolean => {
    const called: readonly string[] = [dataCenter, ...dataCenters[dataCenter]];
    return called.includes(code) || called.includes(names.get(code) ?? '');
  };
  const found =
    plans.find((plan) => plan.dataCenter !== null && isThere(plan.dataCenter)) ??
    plans.find((plan) => plan.dataCenter === null);
  if (found === undefined) throw noPlan('data_center');
  return found;
}

/** That of the seller's Remote Manager, where it is one of the page's. */
function ownDataCenter({ account }: AccountNode): DataCenter {
  return codes.find((code) => code === account.dataCenter) ?? 'US';
}
