import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { customer } from './customers.ts';
import { intent, outcomePreview, previewQuery } from './lifecycle.ts';
import { orderDetail, orderPreview, subscriptionPreview } from './orders.ts';
import { route } from './route.ts';
import { subscription } from './subscriptions.ts';
import { id, money } from './wire.ts';

/** A subscription or a customer that goes to another partner. */

const owner = id('account', 'The partner that takes it over: your account, or one below.');

export const subscriptionTransfer = z
  .strictObject({
    owner_id: owner,
    customer_id: id(
      'customer',
      'The customer of that partner that has it afterwards; a copy of the one it has if absent.',
    ).optional(),
  })
  .openapi('SubscriptionTransfer');

export const customerTransfer = z.strictObject({ owner_id: owner }).openapi('CustomerTransfer');

const warning = outcomePreview.shape.warnings.element;
const blocker = z
  .strictObject({ code: z.string(), message: z.string() })
  .openapi('TransferBlocker', { description: 'Something that stands in the way. All of them are named at once.' });
const keptEdge = z.strictObject({ seller_id: id('account'), buyer_id: id('buyer') }).openapi('KeptEdge', {
  description: 'An edge of both chains: what is owed on it goes on as it is, and nothing arises.',
});
const edgeTotals = z
  .array(
    z
      .strictObject({
        seller_id: id('account'),
        buyer_id: id('buyer'),
        given_back: money.openapi({ description: 'Not positive.' }),
        charged: money,
      })
      .openapi('TransferTotal'),
  )
  .openapi({ description: 'Of all that moves, on the edges that concern you.' });

const asItIs = 'At the old partner: ended. As it is now where something stands in the way.';

const transferredSubscription = z
  .strictObject({
    from: subscription.openapi({ description: 'At the old partner: ended.' }),
    to: subscription.openapi({ description: 'At the new partner: the same items, rights and dates.' }),
    given_back: orderDetail.nullable().openapi({ description: 'The order of type cancellation at the old partner.' }),
    charged: orderDetail.openapi({ description: 'The order of type migration at the new partner.' }),
    intents: z
      .array(z.strictObject({ from_id: id('intent'), to: intent }).openapi('MovedIntent'))
      .openapi({ description: 'What was planned, and goes on as planned.' }),
    kept_edges: z.array(keptEdge),
    warnings: z.array(warning),
  })
  .openapi('TransferredSubscription');

const movedIntentPreview = outcomePreview.shape.planned.element
  .omit({ subscription_id: true })
  .openapi('MovedIntentPreview');

const subscriptionToTransfer = z
  .strictObject({
    from: subscription.openapi({ description: asItIs }),
    to: subscriptionPreview.nullable().openapi({ description: 'Null where something stands in the way.' }),
    given_back: orderPreview.nullable(),
    charged: orderPreview.nullable(),
    intents: z.array(z.strictObject({ from_id: id('intent'), to: movedIntentPreview }).openapi('IntentToMove')),
    kept_edges: z.array(keptEdge),
    blockers: z.array(blocker),
    warnings: z.array(warning),
  })
  .openapi('SubscriptionToTransfer');

const from = z.strictObject({ owner_id: id('account'), customer_id: id('customer') });

export const transfer = z
  .strictObject({
    from,
    customer: customer.openapi({ description: 'At the new partner.' }),
    is_new_customer: z.boolean(),
    subscriptions: z.array(transferredSubscription),
    totals: edgeTotals,
    warnings: z.array(warning),
  })
  .openapi('Transfer');
export type Transfer = z.input<typeof transfer>;

export const transferPreview = z
  .strictObject({
    from,
    customer: customer
      .omit({ number: true, version: true, created_at: true, updated_at: true })
      .extend({
        id: id(
          'customer',
          'For one that would be made, the id of the one of which it is a copy stands everywhere here.',
        ),
      })
      .openapi('CustomerAfterTransfer'),
    is_new_customer: z.boolean(),
    subscriptions: z.array(subscriptionToTransfer),
    totals: edgeTotals,
    blockers: z.array(blocker).openapi({ description: 'What stands in the way of all of it.' }),
    is_blocked: z.boolean().openapi({ description: 'Whether anything stands in the way, here or of a subscription.' }),
    warnings: z.array(warning),
  })
  .openapi('TransferPreview', {
    description: 'What would move, what it would cost on each edge, and what stands in the way.',
  });
export type TransferPreview = z.input<typeof transferPreview>;

const tag = 'Transfers';
const previewed =
  'Both partners stand within your account. With preview=true the same is decided and nothing is stored; what stands in the way is listed there, and refused with a conflict here.';

/** One move that is made, and one that is only shown: both to another reseller. */
function examples<Params>(moved: Params, shown: Params) {
  const body = { owner_id: cast.otherReseller };
  return [
    { as: 'distributor', params: moved, body, status: 201 },
    { as: 'distributor', params: shown, query: { preview: 'true' }, body, status: 200 },
  ] as const;
}

export const transferRoutes = {
  transferCustomer: route({
    operationId: 'transferCustomer',
    method: 'post',
    path: '/customers/{customer_id}/transfer',
    tag,
    summary: 'Move a customer to another partner',
    description: `With all its subscriptions that have not ended. The partner gets a customer with the same facts; the one that is left is canceled. ${previewed}`,
    permission: 'subscriptions.transfer',
    params: z.strictObject({ customer_id: id('customer') }),
    query: previewQuery,
    body: customerTransfer,
    answers: { 200: transferPreview, 201: transfer },
    examples: examples({ customer_id: cast.movingCustomer }, { customer_id: cast.customer }),
  }),
  transferSubscription: route({
    operationId: 'transferSubscription',
    method: 'post',
    path: '/subscriptions/{subscription_id}/transfer',
    tag,
    summary: 'Move a subscription to another partner',
    description: `Its dates stay. What the old chain was paid for the days that are left is given back, and the new one charges for them; edges of both chains go on as they are. ${previewed}`,
    permission: 'subscriptions.transfer',
    params: z.strictObject({ subscription_id: id('subscription') }),
    query: previewQuery,
    body: subscriptionTransfer,
    answers: { 200: transferPreview, 201: transfer },
    examples: examples({ subscription_id: cast.movingSubscription }, { subscription_id: cast.otherSubscription }),
  }),
};
