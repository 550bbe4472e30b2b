import { z } from 'zod';

/**
 * What SimpleAPI 1.15 says of orders (`OrderDetailed`, `Order`, `ResultListOrder`; SimpleAPI reference 4.4 and 5), as strict schemas: an answer has
 * no member that the documents don't have, and each in its documented form. Beyond the schema: `scheduledOn`, seen in an answer (reference 5).
 */

const amount = z.string().regex(/^-?\d+(\.\d+)?$/);
const money = z.strictObject({ currency: z.string().regex(/^[A-Z]{3}$/), amount });
const tier = z.strictObject({ lowerLimit: amount, amount });
const unitPrice = money.extend({ priceTiers: z.array(tier).optional() });
const id = z.string().regex(/^[1-9]\d{6,}$/);
const planId = z.string().regex(/^\d+$/);
const accountId = z.int().min(1);
const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const date = z.iso.date();
const period = z.strictObject({
  type: z.enum(['day', 'month', 'year', 'statement_day', 'unknown']),
  duration: z.int().min(1),
});
const duration = period.extend({ duration: z.number() });
const discount = z.strictObject({
  type: z.enum(['percent', 'fixed', 'unknown']),
  value: amount,
  amount,
  amountCode: z.string(),
});
const value = { total: money, discTotal: money, effectiveTotal: money };
const lineValue = z.strictObject({ ...value, sellerId: accountId, buyerId: accountId });
const contractValue = lineValue.extend({ startDate: instant, endDate: instant, planPeriod: z.strictObject(value) });

const detail = z.strictObject({
  type: z.enum([
    'unknown',
    'setup',
    'setupRefund',
    'switch',
    'renew',
    'renewRefund',
    'transfer',
    'transferRefund',
    'recurring',
    'recurringRefund',
    'overuse',
    'downgrade',
    'discount',
    'adjustment',
    'cancellation',
    'handlingFee',
    'nonProvisioningItem',
    'payment',
    'refund',
    'refundAdjustment',
    'billPenalty',
    'billRecord',
    'resellerPayment',
    'deposit',
  ]),
  mpn: z.string(),
  productId: z.string().regex(/^PRD\d+$/),
  duration: duration.optional(),
  description: z.string(),
  quantity: z.number(),
  unitPrice,
  salesUnitPrice: unitPrice.optional(),
  extendedPrice: money,
  salesExtendedPrice: money.optional(),
  discount: discount.optional(),
  salesDiscount: discount.optional(),
  taxAmount: money,
  salesTaxAmount: money,
  exclusiveTaxAmount: money,
  salesExclusiveTaxAmount: money,
  exchangeRate: z.number(),
  exchangeTime: z.string(),
});

const product = z.strictObject({
  mpn: z.string(),
  vendor: z.string(),
  id: z.string(),
  billingPeriod: period,
  subscriptionPeriod: period,
  name: z.string(),
  quantity: z.number(),
  extendedPrice: money,
  subscriptionId: id.optional(),
  targetSubscriptionId: id.optional(),
  parameters: z
    .array(
      z.strictObject({ name: z.string(), value: z.unknown().optional(), structured_value: z.unknown().optional() }),
    )
    .optional(),
  tcvs: z.array(lineValue).optional(),
  newProductId: z.string().optional(),
  type: z.enum(['MOVE']).optional(),
  newSubscription: z
    // In an estimate what is new has no id yet.
    .strictObject({ id: z.int().optional(), coterming: z.boolean(), type: z.enum(['NEW', 'EXISTING']) })
    .optional(),
});

const common = {
  type: z.enum(['sales', 'change', 'renewal', 'cancellation', 'migration']),
  customerId: id,
  poNumber: z.string().optional(),
  total: money,
  attributes: z.record(z.string(), z.string()).optional(),
  creditCheck: z.boolean().optional(),
};
const identity = {
  id,
  orderNumber: z.string().regex(/^(SO|CH|RN|CL|CF|MG)\d{6,}$/),
  creationDate: instant,
  provisioningDate: instant.optional(),
  status: z.enum(['submitted', 'processing', 'error', 'completed', 'cancelled']),
  statusCode: z.string().regex(/^[A-Z]{2}$/),
  // Seen live: every type carries it.
  subscriptionId: id,
};
const contents = {
  scheduledOn: z.string().optional(),
  billingModel: z
    .enum([
      'chargeBeforeBillingPeriod',
      'chargeAfterBillingPeriod',
      'chargeBeforeSubscriptionPeriod',
      'chargeExternalRating',
    ])
    .optional(),
  products: z.array(product).optional(),
  subscriptions: z
    .array(z.strictObject({ planId, alignedExpirationDate: date.optional(), tcvs: z.array(contractValue).optional() }))
    .optional(),
  details: z.array(detail).optional(),
};

export const anOrderAnswer = z.strictObject({ ...common, ...identity, ...contents });
export const anEstimate = z.strictObject({ ...common, ...contents, subscriptionId: id.optional() });
export const anOrderList = z.strictObject({
  data: z.array(z.strictObject({ ...common, ...identity })),
  pagination: z.strictObject({ offset: z.int(), limit: z.int(), total: z.int() }),
});
export type OrderAnswer = z.infer<typeof anOrderAnswer>;
export type Estimate = z.infer<typeof anEstimate>;
