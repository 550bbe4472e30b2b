import { isTierlineError, type Clock, type PlanId } from '@tierline/kernel';
import type { LmpiVersion, Principal } from '../../modules/access/index.ts';
import { causeOf, type Account, type Directory } from '../../modules/accounts/index.ts';
import type { CatalogService, LicenseVersion } from '../../modules/catalog/index.ts';
import type { PoolsService } from '../../modules/pools/index.ts';
import { invalidParameter } from './errors.ts';
import { activePartner, unknownPartner } from './partner.ts';
import { isSpokenIn, offeredPlans, provisionable, type ProductDependencies } from './products.ts';
import { requestFields, type Fields } from './request.ts';
import type { Call } from './route.ts';

export type AssignDependencies = ProductDependencies & {
  readonly directory: Pick<Directory, 'get'>;
  readonly catalog: Pick<CatalogService, 'delegate'>;
  readonly pools: Pick<PoolsService, 'list' | 'assign'>;
  readonly clock: Clock;
};

const versions = { '0': 'trial', '1': 'full' } as const;
/** This answer spells versions with a capital, unlike the lists (LMPI reference, part 2, 5.2). */
const versionNames: Readonly<Record<LicenseVersion, string>> = { trial: 'Trial', full: 'Full' };

/** Units that can be handed over at once; as many digits as an integer of this wire may have. */
const countMax = 999_999_999;

/**
 * Partners :: Product :: Assign (LMPI reference, part 2, 3.7): units of a product for an MSP, a service plan for a
 * reseller. Partners of tier 1 below the caller get units too. Answers all members as strings.
 */
export async function assignProduct(dependencies: AssignDependencies, call: Call): Promise<string> {
  const { principal } = call;
  const fields = requestFields(call.body);
  const partner = await activePartner(dependencies.directory, principal, fields.guid<'account'>('partner_id'));
  // What is handed on comes from the seller itself: nobody reaches over the head of a partner to those below it.
  if (partner.parentId !== principal.accountId) throw unknownPartner('partner_id');
  const licenseVersion = versions[fields.code('version', ['0', '1'])];
  const given = { call, partner, licenseVersion, fields };
  const assigned =
    partner.kind === 'reseller' ? await assignPlan(dependencies, given) : await assignUnits(dependencies, given);
  const { count, ...what } = assigned;
  return JSON.stringify({
    partner_id: partner.id,
    ...what,
    version: versionNames[licenseVersion],
    count: String(count),
  });
}

type Given = {
  readonly call: Call;
  readonly partner: Account;
  readonly licenseVersion: LicenseVersion;
  readonly fields: Fields;
};

async function assignUnits(dependencies: AssignDependencies, { call, partner, licenseVersion, fields }: Given) {
  const { principal, version, requestId } = call;
  const productId = fields.guid<'product'>('product_id');
  const entries = await provisionable(dependencies, principal.node, version);
  if (!entries.some(({ product }) => product.id === productId)) {
    throw invalidParameter('product_id', 'The field product_id must be the ID of a product in your product list.');
  }
  const count = countIn(fields);
  const cause = causeOf(principal, requestId, dependencies.clock);
  const wanted = { productId, licenseVersion, units: BigInt(count) };
  await dependencies.pools.assign(cause, principal.node.account, partner.id, wanted).catch((error: unknown) => {
    if (!isTierlineError(error) || error.code !== 'pools.exhausted') throw error;
    throw invalidParameter('count', 'The field count must not be more than what is available to you.', error);
  });
  return { product_id: productId, count };
}

/** A reseller has no pool of its own (part 2, 7.1): it gets the right to sell, and `count` moves nothing. */
async function assignPlan(dependencies: AssignDependencies, { call, partner, licenseVersion, fields }: Given) {
  const { principal, requestId } = call;
  const planId = fields.guid<'plan'>('service_plan_id');
  await checkPlan(dependencies, principal, planId, licenseVersion);
  const count = countIn(fields);
  const cause = causeOf(principal, requestId, dependencies.clock);
  await dependencies.catalog.delegate(cause, principal.node.account, partner.id, planId, { status: 'active' });
  return { service_plan_id: planId, count };
}

/** The lists of v2 have what can be assigned, in v3 too: plans of Trend Vision One can not (part 2, 3.7). */
const assignedIn: LmpiVersion = 'v2';

async function checkPlan(
  { offers }: AssignDependencies,
  { node }: Principal,
  planId: PlanId,
  licenseVersion: LicenseVersion,
): Promise<void> {
  const plans = await offeredPlans(offers, node);
  const plan = plans.find((offered) => offered.plan.planId === planId)?.plan;
  if (plan === undefined) {
    throw invalidParameter('service_plan_id', 'The field service_plan_id must be the ID of a service plan of yours.');
  }
  if (!isSpokenIn(assignedIn, plan.product.family)) {
    throw invalidParameter('service_plan_id', 'Trend Vision One service plans cannot be assigned by this operation.');
  }
  if (plan.licenseVersion !== licenseVersion) {
    throw invalidParameter('service_plan_id', `The service plan is one of the ${plan.licenseVersion} version.`);
  }
}

function countIn(fields: Fields): number {
  return fields.optionalInteger('count', { min: 1, max: countMax }) ?? 1;
}
