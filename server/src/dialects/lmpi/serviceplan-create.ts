import { isTierlineError, type Clock, type ProductId } from '@tierline/kernel';
import type { LmpiVersion, Principal } from '../../modules/access/index.ts';
import type { Account, Directory } from '../../modules/accounts/index.ts';
import type { CatalogService, LicenseVersion, PlanTerms, Product, RateDraft } from '../../modules/catalog/index.ts';
import { invalidParameter } from './errors.ts';
import { activePartner } from './partner.ts';
import { provisionable, typeNames, type ProductDependencies } from './products.ts';
import { contentCause } from './repeat.ts';
import { requestFields } from './request.ts';

export type CreateDependencies = ProductDependencies & {
  readonly catalog: Pick<CatalogService, 'createPlan'>;
  readonly directory: Pick<Directory, 'get'>;
  readonly clock: Clock;
};

/** A request of Partners :: Service Plan :: Create that holds together (LMPI reference, part 2, 3.8). */
type Wanted = {
  readonly owner: Account;
  readonly product: Product;
  readonly name: string;
  readonly type: 'SaaS' | 'Software';
  readonly licenseVersion: LicenseVersion;
  readonly period: number;
  readonly activationPolicy: PlanTerms['activationPolicy'];
  readonly priceType: string;
  readonly dataCenter: string | undefined;
  readonly autoRenewalMonths: number | undefined;
  readonly managed: boolean;
  readonly chargeableMonths: number;
};

/** Numbers of one wire: `0` and `1` stand for these (LMPI reference, part 2, 5.2 and 5.4). */
const versions = { '0': 'trial', '1': 'full' } as const;
const activations = { '0': 'immediate', '1': 'first_sign_in' } as const;
const months = { min: 1, max: 66 };
/** Most months a plan can put off charging; the page says any positive integer. */
const chargeableMonthsMax = 120;
/** Seats of one subscription (LMPI reference, part 1, 7.2). */
const unitsMax = '999999';

export type CreateCall = {
  readonly principal: Principal;
  readonly version: LmpiVersion;
  readonly body: Uint8Array;
  readonly requestId: string;
};

/** Partners :: Service Plan :: Create: the body of the answer. The same content again answers the first plan. */
export async function createServicePlan(dependencies: CreateDependencies, call: CreateCall): Promise<string> {
  const wanted = await readWanted(dependencies, call);
  const resource = await dependencies.lists.defaultResource(wanted.product.id);
  if (resource === undefined) {
    throw invalidParameter('product_id', 'The product has nothing yet that a service plan could be made of.');
  }
  const rate: RateDraft = {
    mpn: resource.mpn,
    vendorCode: resource.vendorCode,
    quantityMin: '1',
    quantityMax: unitsMax,
    priceModel: 'flat',
    chargeTypes: ['recurring'],
    dependsOn: [],
  };
  const plan = await dependencies.catalog
    .createPlan(contentCause(call, dependencies.clock, createScope, meantBy(wanted)), wanted.owner, {
      productId: wanted.product.id,
      name: wanted.name,
      shortDescription: '',
      longDescription: '',
      terms: termsOf(wanted),
      rates: [rate],
      publish: true,
    })
    .catch((error: unknown) => {
      throw inWords(error);
    });
  return JSON.stringify(toWire(plan.id, wanted));
}

/** Reads and checks the members in the order in which the page declares them. */
async function readWanted(dependencies: CreateDependencies, { principal, version, body }: CreateCall): Promise<Wanted> {
  const fields = requestFields(body);
  const owner = await activePartner(dependencies.directory, principal, fields.guid<'account'>('partner_id'));
  const product = await productOf(dependencies, principal, version, fields.guid<'product'>('product_id'));
  const name = fields.text('service_plan_name', 150);
  const type = fields.code('type', ['SaaS', 'Software']);
  if (type !== typeNames[product.type]) {
    throw invalidParameter('type', `The field type must be the type of the product, ${typeNames[product.type]}.`);
  }
  const licenseVersion = versions[fields.code('version', ['0', '1'])];
  const period = fields.integer('period', months);
  if (licenseVersion === 'trial' && period !== 1) {
    throw invalidParameter('period', 'The field period must be 1 for a trial.');
  }
  return {
    owner,
    product,
    name,
    type,
    licenseVersion,
    period,
    activationPolicy: activations[fields.code('activation_type', ['0', '1'])],
    priceType: fields.code('price_type', product.unitTypes),
    dataCenter: fields.optionalCode('dc_code', product.dataCenters),
    autoRenewalMonths: fields.optionalInteger('auto_renewal_month', months),
    managed: fields.optionalBoolean('managed') ?? false,
    chargeableMonths: fields.optionalInteger('chargeable_month', { min: 1, max: chargeableMonthsMax }) ?? 0,
  };
}

async function productOf(
  dependencies: ProductDependencies,
  { node }: Principal,
  version: LmpiVersion,
  productId: ProductId,
): Promise<Product> {
  const entries = await provisionable(dependencies, node, version);
  const found = entries.find(({ product }) => product.id === productId)?.product;
  if (found === undefined) {
    throw invalidParameter('product_id', 'The field product_id must be the ID of a product in your product list.');
  }
  if (found.type === 'suite') {
    throw invalidParameter('product_id', 'A service plan of a suite cannot be created by this operation.');
  }
  return found;
}

/** What the protocol leaves open: 30 days of notice and a grace of 1 as in the samples (LMPI reference, part 1, 7.1). */
function termsOf(wanted: Wanted): PlanTerms {
  return {
    licenseVersion: wanted.licenseVersion,
    ...periodsOf(wanted),
    billingModel: 'before_billing_period',
    activationPolicy: wanted.activationPolicy,
    chargeableMonths: wanted.chargeableMonths,
    autoRenewalMonths: wanted.autoRenewalMonths ?? null,
    expirationNoticeDays: 30,
    graceMonths: 1,
    dataCenter: wanted.dataCenter ?? null,
    unitType: wanted.priceType,
    managed: wanted.managed,
    // Prices are none of this protocol's business: what is sold over it is settled in reports.
    pricing: 'free',
    // What is provisioned comes out of the stock that the partner was given (part 2, 1.3 and 3.6).
    licensePool: 'owner',
    // Licenses are disabled and renewed as the protocol has it (part 1, 7.6, 7.7 and 9).
    policies: { preset: 'lmpi_like' },
  };
}

/** A trial of Trend Vision One lasts 30 days in the sample (part 1, 7.10). */
function periodsOf({
  product,
  licenseVersion,
  period,
}: Wanted): Pick<PlanTerms, 'subscriptionPeriod' | 'billingPeriod'> {
  const isDays = product.family === 'vision_one' && licenseVersion === 'trial';
  return isDays
    ? { subscriptionPeriod: { unit: 'day', count: 30 }, billingPeriod: { unit: 'day', count: 30 } }
    : { subscriptionPeriod: { unit: 'month', count: period }, billingPeriod: { unit: 'month', count: 1 } };
}

/** Names of plans are taken for good, so a retry is known for good: its keys are not removed with old ones. */
export const createScope = 'lmpi.serviceplans.create';

function meantBy({ owner, product, ...content }: Wanted): unknown {
  return [owner.id, product.id, content];
}

/** Our names of fields as this request spells them. */
const spellings: Readonly<Record<string, string>> = {
  product_id: 'product_id',
  name: 'service_plan_name',
  billing_period: 'period',
  unit_type: 'price_type',
  data_center: 'dc_code',
};

function inWords(error: unknown): unknown {
  if (!isTierlineError(error) || error.field === undefined) return error;
  const field = spellings[error.field];
  return field === undefined ? error : invalidParameter(field, error.message, error);
}

/** Every member a string, as in the page's sample, and always all nine of them. */
function toWire(planId: string, wanted: Wanted) {
  return {
    service_plan_id: planId,
    service_plan_name: wanted.name,
    type: wanted.type,
    version: wanted.licenseVersion,
    auto_renewal_month: String(wanted.autoRenewalMonths ?? 0),
    managed: String(wanted.managed),
    period: String(wanted.period),
    price_type: wanted.priceType,
    dc_code: wanted.dataCenter ?? '',
  };
}
