import { z } from '@hono/zod-openapi';
import { priceSource } from './catalog.ts';
import { cast } from './cast.ts';
import { deals, discountTaken, exchange } from './deals.ts';
import { route } from './route.ts';
import { license, subscription } from './subscriptions.ts';
import {
  attributes,
  date,
  decimalOut,
  flagInQuery,
  id,
  instant,
  money,
  page,
  pageQuery,
  period,
  quantity,
  text,
  version,
  warning,
} from './wire.ts';

export const orderType = z.enum(['sales', 'change', 'renewal', 'cancellation', 'migration', 'billing']).openapi({
  description: 'billing: a period within a term came due; nothing was asked for.',
});
export const orderStatus = z.enum(['submitted', 'processing', 'completed', 'error', 'canceled']).openapi({
  description:
    'submitted: waits for an earlier order of the subscription; processing: its vendor is at work; error: the vendor refused it and all of it was taken back.',
});

const header = {
  owner_id: id('account', 'The seller of the customer.'),
  type: orderType,
  status: orderStatus,
  customer_id: id('customer'),
  po_number: z.string().nullable(),
  total: money.openapi({ description: 'What the customer pays its seller.' }),
  attributes: z.record(z.string(), z.string()).nullable(),
  placed_at: instant,
  completed_at: instant.nullable().openapi({ description: 'When it ended, however it ended.' }),
  status_reason: z.string().nullable().openapi({ description: 'Why it ended in error or was canceled.' }),
};
const identity = {
  id: id('order'),
  number: z.string().openapi({ description: 'For people.' }),
  surface: z.string().openapi({ description: 'Where it was placed.' }),
  placed_by: z.string(),
  version,
};

const line = {
  position: z.int(),
  plan_id: id('plan'),
  plan_version: z.int(),
  rate_id: id('rate'),
  resource_id: id('resource'),
  mpn: z.string(),
  vendor: z.string(),
  name: z.string(),
  quantity: decimalOut.openapi({ description: 'What the subscription holds after the order.' }),
  previous_quantity: decimalOut
    .nullable()
    .openapi({ description: 'What it held before; null when nothing, and in a sale.' }),
  origin: z.enum(['requested', 'dependency', 'renewed', 'cascade']).openapi({
    description:
      'Why it is there: asked for, a base that was added, held as before when it is billed or renewed, or gone with its base.',
  }),
};

const chargeKind = z.enum(['setup', 'recurring', 'overuse', 'refund', 'adjustment']).openapi({
  description: 'A refund takes back, in part or whole, what was charged before; its amount is negative.',
});

const charge = {
  position: z.int().openapi({ description: 'The line it belongs to.' }),
  rate_id: id('rate'),
  seller_id: id('account'),
  buyer_id: id('buyer', 'An account, or the customer on the last edge.'),
  type: chargeKind,
  quantity: decimalOut,
  unit_price: decimalOut,
  fraction: z
    .strictObject({ numerator: z.int(), denominator: z.int() })
    .openapi({ description: 'Share of a billing period, exactly; more than one when several are paid in advance.' }),
  period_start: date,
  period_end: date.openapi({ description: 'The first day after it.' }),
  amount: money,
  booked_on: date,
  source: priceSource,
  exchange: exchange.optional(),
  discount: discountTaken.optional(),
};

/** Totals of one edge of the channel. */
export const edgeTotal = z
  .strictObject({ seller_id: id('account'), buyer_id: id('buyer'), total: money })
  .openapi('EdgeTotal');

export const order = z.strictObject({ ...identity, ...header }).openapi('Order');
export type Order = z.input<typeof order>;

export const orderCharge = z
  .strictObject({ ...charge, id: id('charge'), subscription_id: id('subscription') })
  .openapi('Charge');

export const orderDetail = z
  .strictObject({
    ...identity,
    ...header,
    lines: z.array(z.strictObject({ ...line, subscription_id: id('subscription') }).openapi('OrderLine')),
    charges: z
      .array(orderCharge)
      .openapi({ description: 'On the edges that concern you: those that you or accounts below you sell or buy on.' }),
    edges: z.array(edgeTotal),
    subscriptions: z.array(subscription),
  })
  .openapi('OrderDetail');
export type OrderDetail = z.input<typeof orderDetail>;

export const subscriptionPreview = subscription
  .omit({ id: true, number: true, order_id: true, version: true, created_at: true, updated_at: true })
  .extend({ licenses: z.array(license.omit({ id: true, activation_code: true })) })
  .openapi('SubscriptionPreview');

export const orderPreview = z
  .strictObject({
    ...header,
    lines: z.array(z.strictObject(line).openapi('OrderLinePreview')),
    charges: z.array(z.strictObject(charge).openapi('ChargePreview')),
    edges: z.array(edgeTotal),
    subscriptions: z.array(subscriptionPreview),
  })
  .openapi('OrderPreview', {
    description: 'What the order would be: the same without ids and numbers. Nothing is stored.',
  });
export type OrderPreview = z.input<typeof orderPreview>;

const salePreview = orderPreview
  .extend({ warnings: z.array(warning) })
  .openapi('SalePreview', { description: 'What the sale would be, with what its sender should know of it.' });

const newLine = z
  .strictObject({
    mpn: text(100).optional(),
    rate_id: id('rate').optional(),
    vendor: text(50).optional().openapi({ description: 'Code of the vendor, where an MPN alone is ambiguous.' }),
    subscription_period: period.optional(),
    billing_period: period.optional(),
    quantity,
    parameters: z.array(z.unknown()).max(50).optional(),
    deals: deals.optional(),
  })
  .refine((wanted) => (wanted.mpn === undefined) !== (wanted.rate_id === undefined), {
    path: ['mpn'],
    message: 'either an mpn or a rate_id is expected',
  })
  .openapi('NewOrderLine');

export const alignment = z
  .strictObject({
    to: z.enum(['calendar_month', 'subscription']),
    subscription_id: id('subscription', 'For subscription: the one whose end it takes.').optional(),
  })
  .refine(({ to, subscription_id: other }) => (to === 'subscription') === (other !== undefined), {
    path: ['subscription_id'],
    message: 'an id goes only with subscription',
  })
  .openapi('Alignment', {
    description: 'The end of a calendar month, or the end of the term of another subscription.',
  });

const migration = z
  .strictObject({
    start_on: date,
    end_on: date,
    anchor_on: date
      .optional()
      .openapi({ description: 'What billing periods are counted from; start_on when not given.' }),
    billed_until: date.openapi({ description: 'The first day that the other system has not billed.' }),
    system: text(100).nullable().optional(),
  })
  .openapi('Migration', {
    description:
      'Brings over a subscription from another system with the dates it has there. Nothing is charged before billed_until.',
  });

export const newOrder = z
  .strictObject({
    customer_id: id('customer'),
    lines: z.array(newLine).min(1).max(200),
    po_number: text(100).nullable().optional(),
    attributes: attributes.optional(),
    not_for_resale: z.boolean().optional().openapi({ description: 'Sold at zero on every edge, and listed as such.' }),
    align: alignment.optional(),
    migration: migration.optional(),
  })
  .openapi('NewOrder');

const tag = 'Orders';
const exampleOrder = {
  customer_id: cast.customer,
  lines: [
    { mpn: 'HR-SEAT', quantity: 12 },
    { mpn: 'HR-STORAGE', quantity: '2' },
  ],
  po_number: 'PO-2291',
};

export const orderRoutes = {
  listOrders: route({
    operationId: 'listOrders',
    method: 'get',
    path: '/orders',
    tag,
    summary: 'List orders',
    description: 'Of your customers and of those of accounts below, the newest first, without lines and charges.',
    permission: 'orders.read',
    query: z.strictObject({
      ...pageQuery,
      owner_id: id('account', 'Only of customers of exactly this account.').optional(),
      customer_id: id('customer').optional(),
      subscription_id: id('subscription').optional(),
      type: orderType.optional(),
      status: orderStatus.optional(),
      placed_from: instant.optional(),
      placed_to: instant.optional().openapi({ description: 'Not included.' }),
    }),
    answers: { 200: page(order) },
    examples: [{ as: 'reseller', query: { status: 'completed', customer_id: cast.customer }, status: 200 }],
  }),
  placeOrder: route({
    operationId: 'placeOrder',
    method: 'post',
    path: '/orders',
    tag,
    summary: 'Place an order',
    description:
      'Sells to a customer of yours or of an account below. With preview=true the same decision is made and nothing is stored; what a preview refuses, the order would be refused for. A line names its product by rate_id, or by mpn with as much else as tells it apart. An add-on needs its base in the same order.',
    permission: 'orders.place',
    query: z.strictObject({
      preview: flagInQuery
        .default(false)
        .openapi({ description: 'Decides the order without storing it; answered with 200 and without ids.' }),
    }),
    body: newOrder,
    answers: { 200: salePreview, 201: orderDetail },
    hasVersion: true,
    examples: [
      { as: 'reseller', body: exampleOrder, status: 201 },
      { as: 'reseller', query: { preview: 'true' }, body: exampleOrder, status: 200 },
    ],
  }),
  getOrder: route({
    operationId: 'getOrder',
    method: 'get',
    path: '/orders/{order_id}',
    tag,
    summary: 'Read an order',
    description: 'With its lines, its charges on the edges that concern you, and its subscriptions.',
    permission: 'orders.read',
    params: z.strictObject({ order_id: id('order') }),
    answers: { 200: orderDetail },
    hasVersion: true,
    examples: [{ as: 'distributor', params: { order_id: cast.order }, status: 200 }],
  }),
  cancelOrder: route({
    operationId: 'cancelOrder',
    method: 'post',
    path: '/orders/{order_id}/cancellation',
    tag,
    summary: 'Cancel an order',
    description:
      'Takes back an order that is submitted or processing, as long as its vendor was not told of it; one that is done by hand until somebody says how it ended. Its charges are given back and its subscriptions return to what they were; those of a sale are removed. An order that has ended is refused; canceling a canceled one again changes nothing.',
    permission: 'orders.cancel',
    params: z.strictObject({ order_id: id('order') }),
    body: z
      .strictObject({
        reason: text(500).nullable().default(null).openapi({ description: 'Kept as the status reason of the order.' }),
      })
      .openapi('OrderCancellation'),
    answers: { 200: orderDetail },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { order_id: cast.pendingOrder },
        body: { reason: 'The customer changed its mind.' },
        status: 200,
      },
    ],
  }),
};
export type EdgeTotal = z.input<typeof edgeTotal>;
