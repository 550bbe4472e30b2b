import { z } from 'zod';

// What SimpleAPI 1.15 documents of its answers (SimpleAPI reference 4.3, 4.6-4.8, 5; the schema file), written as schemas that take
// nothing else. `C-n8n` is what only a client types.

const id = z.string().regex(/^[1-9]\d*$/);
const amount = z.string().regex(/^-?\d+(\.\d+)?$/);
const currency = z.string().regex(/^[A-Z]{3}$/);
const money = z.strictObject({ currency, amount });
const date = z.iso.date();
const attributes = z.record(z.string(), z.string());
const period = z.strictObject({
  type: z.enum(['day', 'month', 'year', 'statement_day', 'unknown']),
  duration: z.int().min(1),
});
const billingPeriod = z.strictObject({
  type: z.enum(['statement_day', 'month', 'year', 'unknown']),
  duration: z.int().min(1),
});
const billingModel = z.enum([
  'chargeBeforeBillingPeriod',
  'chargeAfterBillingPeriod',
  'chargeBeforeSubscriptionPeriod',
  'chargeExternalRating',
  'unknown',
]);

export const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.strictObject({
    data: z.array(entry),
    pagination: z.strictObject({ offset: z.int().min(0), limit: z.int().min(0), total: z.int().min(0) }),
  });

const subscriptionMembers = {
  id,
  name: z.string(),
  customerId: id,
  status: z.enum(['pending', 'active', 'hold', 'terminated', 'removed', 'unknown']),
  attributes,
  renewalStatus: z.boolean(),
  creationDate: date,
  renewalDate: date.optional(),
  lastModifiedDate: date,
  expirationDate: date,
  billingModel: billingModel.optional(),
  billingPeriod: period.optional(),
  subscriptionPeriod: period.optional(),
  // An integer, also in lists: C-n8n.
  planId: z.int().optional(),
};
export const subscription = z.strictObject(subscriptionMembers);

const unit = z.strictObject({
  currency,
  amount,
  priceTiers: z.array(z.strictObject({ lowerLimit: amount, amount })).optional(),
});
const parameter = z.strictObject({
  name: z.string(),
  value: z.unknown().refine((value) => value !== undefined),
  structured_value: z.unknown().optional(),
});
const totals = {
  totalSubscriptionPrice: money.optional(),
  totalSubscriptionCost: money.optional(),
  totalSubscriptionProviderCost: money.optional(),
};
export const subscriptionDetailed = z.strictObject({
  ...subscriptionMembers,
  totalPrice: money.optional(),
  ...totals,
  products: z.array(
    z.strictObject({
      mpn: z.string(),
      vendor: z.string(),
      id: z.string().optional(),
      quantity: z.int(),
      name: z.string(),
      unitPrice: unit.optional(),
      unitCost: unit.optional(),
      unitProviderCost: money.optional(),
      extendedPrice: money.optional(),
      vendorSubscriptionId: z.string().optional(),
      ...totals,
    }),
  ),
  orderParameters: z.array(parameter),
  fulfillmentParameters: z.array(parameter),
});

const planMembers = {
  id,
  name: z.string(),
  shortDescription: z.string(),
  longDescription: z.string(),
  published: z.boolean(),
  subscriptionPeriods: z.array(z.strictObject({ ...period.shape, trial: z.boolean(), active: z.boolean() })),
  billingPeriod,
  billingModel,
};
export const servicePlan = z.strictObject(planMembers);
export const servicePlanDetailed = z.strictObject({
  ...planMembers,
  planSwitches: z.array(
    z.strictObject({
      planId: z.int(),
      subscriptionPeriod: period,
      billingPolicy: z.enum([
        'period_change',
        'prorate_starting_new_subscription_period',
        'prorate_keeping_exp_date',
        'prorate_refund',
        'no_refund',
        'no_refund_with_full_refund_period',
        'prorate_refund_with_full_refund_period',
        'unknown',
      ]),
      whenEffective: z.enum(['immediately', 'next_billing_period', 'next_subscription_period', 'unknown']),
      sourceSubscriptionPeriod: period,
    }),
  ),
});

const productPrice = z.strictObject({
  currency,
  amount,
  type: z.enum(['recurring', 'setup', 'overuse']),
  model: z.enum(['FLAT', 'TIERED', 'VOLUME_SUBSCRIPTION', 'VOLUME_ORDER', 'VOLUME_RESOURCE_AGGREGATED']),
  lowerLimit: z.number(),
});
export const product = z.strictObject({
  mpn: z.string(),
  vendor: z.string(),
  id: z.string().regex(/^PRD\d+$/),
  serviceName: z.string(),
  name: z.string(),
  minimumQuantity: z.string().regex(/^\d+\.\d+$/),
  maximumQuantity: z.string().regex(/^\d+\.\d+$/),
  prices: z.array(productPrice),
  costs: z.array(productPrice),
  billingPeriod: period,
  subscriptionPeriod: period,
  billingModel,
  dependsOn: z.array(z.strictObject({ mpn: z.string(), id: z.string() })),
  coterming: z.strictObject({
    required: z.enum(['MANDATORY', 'ALLOWED', 'RESTRICTED']),
    type: z.enum(['SUBSCRIPTION', 'END_OF_MONTH']).optional(),
  }),
});

export const parameterValidationResult = z.strictObject({
  id: z.string(),
  mpn: z.string(),
  vendor: z.string(),
  billingPeriod: period,
  subscriptionPeriod: period,
  draftRequestId: z.string(),
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      result: z.enum(['success', 'error']),
      message: z.string(),
      value: z.string().optional(),
      valueError: z.string().optional(),
      valueChoices: z.array(z.strictObject({ label: z.string(), value: z.string(), default: z.boolean() })).optional(),
      phase: z.string().optional(),
      reconciliation: z.boolean().optional(),
      type: z.string().optional(),
      structured_value: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

export const tokenInfo = z.strictObject({ token: z.string().min(1), expiresInSeconds: z.int().min(1) });

/** The superset of what 1.1 documents and clients read (SimpleAPI reference 1.2). */
export const errorBody = z.strictObject({
  timeStamp: z.iso.datetime(),
  timestamp: z.iso.datetime(),
  status: z.int(),
  error: z.string(),
  message: z.string().min(1),
  path: z.string(),
  correlationId: z.string().regex(/^a8n-[0-9a-f-]{36}$/),
  code: z.string(),
  details: z.array(z.strictObject({ code: z.string(), field: z.string().optional(), message: z.string() })),
});
