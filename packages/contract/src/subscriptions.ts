import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { licenseVersion } from './plans.ts';
import { route } from './route.ts';
import { date, decimalOut, id, instant, page, pageQuery, text, version } from './wire.ts';

export const subscriptionStatus = z.enum(['pending', 'active', 'hold', 'terminated', 'removed']);

export const pendingReason = z.enum(['provisioning', 'first_sign_in']);

export const holdReason = z.enum(['suspended', 'expired', 'admin']);

export const subscriptionItem = z
  .strictObject({
    rate_id: id('rate'),
    resource_id: id('resource'),
    mpn: z.string(),
    vendor: z.string(),
    name: z.string(),
    quantity: decimalOut,
  })
  .openapi('SubscriptionItem');

export const license = z
  .strictObject({
    id: id('license'),
    product_id: id('product'),
    license_version: licenseVersion,
    activation_code: z.string(),
    units: decimalOut,
    start_on: date,
    end_on: date.openapi({ description: 'The first day without the right.' }),
    start_charge_on: date,
    grace_months: z.int(),
    enabled: z.boolean(),
  })
  .openapi('License');

export const subscription = z
  .strictObject({
    id: id('subscription'),
    owner_id: id('account'),
    number: z.string(),
    order_id: id('order'),
    customer_id: id('customer'),
    plan_id: id('plan'),
    plan_version: z.int(),
    name: z.string(),
    status: subscriptionStatus,
    pending_reason: pendingReason.nullable().openapi({
      description:
        'Why it is pending; null when it is not. `first_sign_in`: its term begins when somebody of the customer first signs in to the portal, and until then its dates are those of a term from the day of its order.',
    }),
    hold_reason: holdReason.nullable().openapi({ description: 'Why it is on hold; null when it is not.' }),
    not_for_resale: z.boolean().openapi({ description: 'All its prices are zero.' }),
    vendor_subscription_id: z
      .string()
      .nullable()
      .openapi({ description: 'What its vendor calls it; null until it has said so.' }),
    auto_renewal: z.boolean(),
    auto_renewal_months: z.int().nullable(),
    anchor_on: date.openapi({ description: 'All boundaries are counted from it; it stays as it was given.' }),
    start_on: date,
    end_on: date.openapi({ description: 'The first day after the period.' }),
    start_charge_on: date,
    attributes: z.record(z.string(), z.string()),
    version,
    created_at: instant,
    updated_at: instant,
    items: z.array(subscriptionItem),
    licenses: z.array(license),
  })
  .openapi('Subscription');
export type Subscription = z.input<typeof subscription>;

const nextDue = z
  .strictObject({
    kind: z.enum([
      'planned',
      'notice',
      'billing_period',
      'renewal',
      'renewal_retry',
      'conversion',
      'cancellation',
      'expiry',
      'pause',
      'end_of_grace',
    ]),
    on: date.openapi({ description: "The day, in the time zone of the customer's seller." }),
    at: instant,
  })
  .openapi('NextDue', {
    description:
      'What happens next by itself: something planned, the notice before the end, a billing period, another term, a renewal that failed once more, a trial that becomes paid, a planned end, the end of the term, of the right to use, of the grace period.',
  });

export const subscriptionDetail = subscription
  .extend({
    next_due: nextDue
      .nullable()
      .openapi({ description: 'Null where nothing does: it has ended or is pending; and in a past state.' }),
  })
  .openapi('SubscriptionDetail');
export type SubscriptionDetail = z.input<typeof subscriptionDetail>;

const tag = 'Subscriptions';

export const subscriptionRoutes = {
  listSubscriptions: route({
    operationId: 'listSubscriptions',
    method: 'get',
    path: '/subscriptions',
    tag,
    summary: 'List subscriptions',
    description: 'Of your customers and of those of accounts below, the newest first.',
    permission: 'subscriptions.read',
    query: z.strictObject({
      ...pageQuery,
      owner_id: id('account', 'Only of customers of exactly this account.').optional(),
      customer_id: id('customer').optional(),
      order_id: id('order').optional(),
      status: subscriptionStatus.optional(),
    }),
    answers: { 200: page(subscriptionDetail) },
    examples: [{ as: 'distributor', query: { customer_id: cast.customer }, status: 200 }],
  }),
  getSubscription: route({
    operationId: 'getSubscription',
    method: 'get',
    path: '/subscriptions/{subscription_id}',
    tag,
    summary: 'Read a subscription',
    description: 'With as_of as it was then, put together from its events and without an ETag.',
    permission: 'subscriptions.read',
    params: z.strictObject({ subscription_id: id('subscription') }),
    query: z.strictObject({
      as_of: instant.optional().openapi({ description: 'Not after the present.' }),
    }),
    answers: { 200: subscriptionDetail },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { subscription_id: cast.subscription }, status: 200 }],
  }),
  acknowledgeProvisioning: route({
    operationId: 'acknowledgeProvisioning',
    method: 'post',
    path: '/subscriptions/{subscription_id}/provisioning',
    tag,
    summary: 'Say how provisioning ended',
    description:
      'For vendors whose webhook accepted a subscription to tell later, and for those that are provisioned by hand. The order of a sale ends when nothing of it is pending any more. How an order that changed the subscription ended is said with its order_id; one that failed is taken back. Saying the same again changes nothing.',
    permission: 'provisioning.acknowledge',
    params: z.strictObject({ subscription_id: id('subscription') }),
    body: z
      .strictObject({
        outcome: z.enum(['provisioned', 'failed']),
        order_id: id('order', 'The order that changed the subscription. Not given: its sale.').optional(),
        vendor_subscription_id: text(255)
          .optional()
          .openapi({ description: 'What the vendor calls the subscription.' }),
        reason: text(500).nullable().default(null).openapi({ description: 'Why it failed; kept in its event.' }),
      })
      .openapi('ProvisioningOutcome'),
    answers: { 200: subscription },
    examples: [
      {
        as: 'provider',
        params: { subscription_id: cast.pendingSubscription },
        body: { outcome: 'provisioned' },
        status: 200,
      },
    ],
  }),
};
