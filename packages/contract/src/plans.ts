import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { impact, impactQuery } from './impact.ts';
import { parameterDefinitions } from './parameters.ts';
import { policyDocument } from './policies.ts';
import { route } from './route.ts';
import {
  code,
  decimalOut,
  distinct,
  id,
  instant,
  longText,
  name,
  page,
  pageQuery,
  period,
  quantity,
  text,
  version,
} from './wire.ts';

export const licenseVersion = z.enum(['trial', 'full']);
export const billingModel = z.enum([
  'before_billing_period',
  'after_billing_period',
  'before_subscription_period',
  'external_rating',
]);
export const priceModel = z.enum(['flat', 'tiered', 'volume']);
export const chargeType = z.enum(['setup', 'recurring', 'overuse']);
const activationPolicy = z.enum(['immediate', 'first_sign_in']);
const pricing = z.enum(['required', 'free']).openapi({
  description: 'required: without a price there is no sale. free: sold at zero, its money is settled elsewhere.',
});

const licensePool = z.enum(['none', 'owner']).openapi({
  description:
    'Whose license pool a sale takes its units from. owner: that of the account that made the plan, whoever sells it. none: sales take units from no pool.',
});

export const planTerms = z
  .strictObject({
    license_version: licenseVersion,
    subscription_period: period,
    billing_period: period,
    billing_model: billingModel,
    activation_policy: activationPolicy,
    chargeable_months: z.int().openapi({ description: 'Months from the start of a license until it is charged for.' }),
    auto_renewal_months: z
      .int()
      .nullable()
      .openapi({ description: 'Months added at each renewal; null: none by itself.' }),
    expiration_notice_days: z.int(),
    grace_months: z.int(),
    data_center: z.string().nullable(),
    unit_type: z.string(),
    managed: z.boolean(),
    pricing,
    license_pool: licensePool,
    policies: policyDocument,
    parameters: parameterDefinitions.openapi({ description: 'What is asked for when it is ordered.' }),
  })
  .openapi('PlanTerms');
export type PlanTerms = z.input<typeof planTerms>;

const newTerms = z
  .strictObject({
    license_version: licenseVersion.default('full'),
    subscription_period: period,
    billing_period: period,
    billing_model: billingModel.default('before_billing_period'),
    activation_policy: activationPolicy.default('immediate'),
    chargeable_months: z.int().min(0).max(120).default(0),
    auto_renewal_months: z.int().min(1).max(66).nullable().default(null),
    expiration_notice_days: z.int().min(0).max(366).default(30),
    grace_months: z.int().min(0).max(120).default(0),
    data_center: code(20).nullable().default(null),
    unit_type: code(20),
    managed: z.boolean().default(false),
    pricing: pricing.default('required'),
    license_pool: licensePool.default('none'),
    policies: policyDocument.default({}),
    parameters: parameterDefinitions.default([]),
  })
  .openapi('NewPlanTerms');

export const plan = z
  .strictObject({
    id: id('plan'),
    account_id: id('account').nullable().openapi({ description: 'Who made it; null when that is somebody above you.' }),
    number: z.string(),
    product_id: id('product'),
    name: z.string(),
    short_description: z.string(),
    long_description: z.string(),
    status: z.enum(['draft', 'published', 'retired']),
    current_version: z.int().openapi({ description: 'The version that is sold today; 0 while the plan is a draft.' }),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Plan');
export type Plan = z.input<typeof plan>;

export const planVersion = z
  .strictObject({
    version: z.int(),
    published_at: instant.nullable(),
    rate_count: z.int(),
    terms: planTerms,
    effective_policies: policyDocument.openapi({
      description: 'What counts: what the version says, else its vendor, else the default. Complete.',
    }),
  })
  .openapi('PlanVersion');
export type PlanVersion = z.input<typeof planVersion>;

export const rate = z
  .strictObject({
    id: id('rate', 'Stays the same through the versions of a plan.'),
    number: z.string(),
    position: z.int(),
    resource_id: id('resource'),
    mpn: z.string(),
    vendor: z.string(),
    service: z.string(),
    name: z.string(),
    quantity_min: decimalOut,
    quantity_max: decimalOut,
    price_model: priceModel,
    charge_types: z.array(chargeType),
    depends_on: z.array(id('rate')).openapi({ description: 'Rates that a subscription with this one must hold too.' }),
  })
  .openapi('Rate');
export type Rate = z.input<typeof rate>;

const newRate = z
  .strictObject({
    mpn: text(100),
    vendor: text(50).optional().openapi({ description: 'Code of the vendor, where vendors share the MPN.' }),
    name: name.optional().openapi({ description: 'The name of the resource when not given.' }),
    quantity_min: quantity.default('0'),
    quantity_max: quantity,
    price_model: priceModel.default('flat'),
    charge_types: distinct(chargeType, { min: 1, max: 3 }, (type) => type).default(['recurring']),
    depends_on: distinct(text(100), { max: 50 }, (mpn) => mpn)
      .default([])
      .openapi({ description: 'MPNs of rates of this plan.' }),
  })
  .openapi('NewRate');
const rates = z.array(newRate).min(1).max(5000);

export const newPlan = z
  .strictObject({
    product_id: id('product'),
    name,
    short_description: longText(500).default(''),
    long_description: longText(10_000).default(''),
    terms: newTerms,
    rates,
    publish: z.boolean().default(false),
  })
  .openapi('NewPlan');

export const newPlanVersion = z
  .strictObject({ terms: newTerms, rates, publish: z.boolean().default(false) })
  .openapi('NewPlanVersion');

const params = z.strictObject({ plan_id: id('plan') });
const tag = 'Plans';
const exampleTerms = {
  subscription_period: { unit: 'year', count: 1 },
  billing_period: { unit: 'month', count: 1 },
  auto_renewal_months: 12,
  unit_type: 'U',
};

export const planRoutes = {
  listPlans: route({
    operationId: 'listPlans',
    method: 'get',
    path: '/plans',
    tag,
    summary: 'List own plans',
    description: 'Plans that the account made, drafts and retired ones too. What it may sell is in the catalog.',
    permission: 'plans.read',
    query: z.strictObject({ ...pageQuery, account_id: id('account', 'Who made them; you when not given.').optional() }),
    answers: { 200: page(plan) },
    examples: [{ as: 'provider', status: 200 }],
  }),
  createPlan: route({
    operationId: 'createPlan',
    method: 'post',
    path: '/plans',
    tag,
    summary: 'Create a plan',
    description: 'Makes a plan with its first version, as a draft or published at once.',
    permission: 'plans.create',
    body: newPlan,
    answers: { 201: plan },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        body: {
          product_id: cast.product,
          name: 'Hosted mail, yearly',
          terms: exampleTerms,
          rates: [{ mpn: 'HR-SEAT', quantity_min: 1, quantity_max: '5000' }],
        },
        status: 201,
      },
    ],
  }),
  getPlan: route({
    operationId: 'getPlan',
    method: 'get',
    path: '/plans/{plan_id}',
    tag,
    summary: 'Read a plan with its versions',
    description: 'Its maker and those above see all versions; whoever has it by delegation sees the one that is sold.',
    permission: 'plans.read',
    params,
    answers: { 200: plan.extend({ versions: z.array(planVersion) }).openapi('PlanDetail') },
    hasVersion: true,
    examples: [{ as: 'provider', params: { plan_id: cast.plan }, status: 200 }],
  }),
  listRates: route({
    operationId: 'listRates',
    method: 'get',
    path: '/plans/{plan_id}/versions/{version}/rates',
    tag,
    summary: 'List the rates of a version',
    permission: 'plans.read',
    params: z.strictObject({
      plan_id: id('plan'),
      version: z
        .string()
        .regex(/^[1-9]\d{0,8}$/)
        .transform(Number)
        .openapi({ type: 'integer', minimum: 1 }),
    }),
    query: z.strictObject(pageQuery),
    answers: { 200: page(rate) },
    examples: [{ as: 'provider', params: { plan_id: cast.plan, version: '1' }, status: 200 }],
  }),
  addPlanVersion: route({
    operationId: 'addPlanVersion',
    method: 'post',
    path: '/plans/{plan_id}/versions',
    tag,
    summary: 'Add a version',
    description:
      'A published version never changes; what should be different goes into a new one. An MPN keeps its rate id.',
    permission: 'plans.create',
    params,
    body: newPlanVersion,
    answers: { 201: plan },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        params: { plan_id: cast.draftPlan },
        body: { terms: exampleTerms, rates: [{ mpn: 'HR-SEAT', quantity_max: '10000' }] },
        status: 201,
      },
    ],
  }),
  publishPlan: route({
    operationId: 'publishPlan',
    method: 'post',
    path: '/plans/{plan_id}/publish',
    tag,
    summary: 'Publish a version',
    description: 'From now on this version is sold.',
    permission: 'plans.publish',
    params,
    body: z.strictObject({ version: z.int().min(1).max(1_000_000) }),
    answers: { 200: plan },
    hasVersion: true,
    examples: [{ as: 'provider', params: { plan_id: cast.draftPlan }, body: { version: 1 }, status: 200 }],
  }),
  retirePlan: route({
    operationId: 'retirePlan',
    method: 'post',
    path: '/plans/{plan_id}/retire',
    tag,
    summary: 'Retire a plan',
    description:
      'It is sold no more. Subscriptions to it stay as they are; what becomes of them at the end of their term is a policy. With preview=true nothing is stored, and the answer tells that of each.',
    permission: 'plans.retire',
    params,
    query: impactQuery,
    answers: { 200: z.union([plan, impact]) },
    hasVersion: true,
    examples: [
      { as: 'provider', params: { plan_id: cast.oldPlan }, status: 200 },
      { as: 'provider', params: { plan_id: cast.plan }, query: { preview: 'true', limit: '1' }, status: 200 },
    ],
  }),
};
