import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { chargeType, licenseVersion, billingModel, rate } from './plans.ts';
import { exchange } from './deals.ts';
import { tier } from './price-lists.ts';
import { productType } from './products.ts';
import { route } from './route.ts';
import { date, id, page, pageQuery, period, text } from './wire.ts';

/** Amounts per unit of one charge type, as one side of an edge sees them. */
export const priceOf = z.strictObject({ currency: z.string(), tiers: z.array(tier) }).openapi('Price');
const byType = z.strictObject({
  setup: priceOf.optional(),
  recurring: priceOf.optional(),
  overuse: priceOf.optional(),
});

export const catalogEntry = rate
  .omit({ position: true })
  .extend({
    plan: z.strictObject({
      id: id('plan'),
      number: z.string(),
      version: z.int(),
      name: z.string(),
      short_description: z.string(),
      license_version: licenseVersion,
      subscription_period: period,
      billing_period: period,
      billing_model: billingModel,
      data_center: z.string().nullable(),
      unit_type: z.string(),
    }),
    product: z.strictObject({ id: id('product'), code: z.string(), name: z.string(), type: productType }),
    costs: byType.openapi({ description: 'What you pay your seller. Nothing at the root of a channel.' }),
    prices: byType.openapi({ description: 'What your buyers pay you when no list of their own says otherwise.' }),
  })
  .openapi('CatalogEntry');
export type CatalogEntry = z.input<typeof catalogEntry>;

export const offer = z
  .strictObject({
    plan_id: id('plan'),
    number: z.string(),
    version: z.int(),
    name: z.string(),
    short_description: z.string(),
    rate_count: z.int(),
  })
  .openapi('Offer', { description: 'A plan that the account may sell, with the text that it shows.' });
export type Offer = z.input<typeof offer>;

export const priceSource = z
  .strictObject({
    kind: z.enum(['explicit', 'rule', 'free', 'special', 'seller']).openapi({
      description: 'special: set for one subscription. seller: decided by your seller, who alone knows how.',
    }),
    price_list_id: id('price_list').optional(),
    price_list: z.string().optional(),
    target: z.enum(['rate', 'resource']).optional(),
    rule_id: z.string().optional(),
    scope: z.string().optional(),
    percent: z.string().optional(),
    amount: z.string().optional(),
    effective_from: date.optional(),
    cost_exchange: exchange
      .optional()
      .openapi({ description: 'How the cost that a rule adds to came into the currency of its list.' }),
  })
  .openapi('PriceSource');
export type PriceSource = z.input<typeof priceSource>;

export const priceStep = z
  .strictObject({
    seller_id: id('account'),
    seller_name: z.string(),
    buyer_id: id('buyer').nullable().openapi({ description: 'Null: any customer.' }),
    date: date.openapi({ description: 'Today, in the time zone of the seller.' }),
    charge_type: chargeType,
    currency: z.string(),
    tiers: z.array(tier),
    source: priceSource,
    exchange: exchange.optional(),
    below_cost: z.boolean().nullable().openapi({ description: 'Null where only your seller knows.' }),
  })
  .openapi('PriceStep', { description: 'What one seller takes from the buyer below it, and by which decision.' });
export type PriceStep = z.input<typeof priceStep>;

export const explanation = z
  .strictObject({
    rate_id: id('rate'),
    mpn: z.string(),
    name: z.string(),
    charge_types: z.array(chargeType).openapi({ description: 'Those without a step have no price yet.' }),
    steps: z.array(priceStep).openapi({ description: 'From your seller down to the buyer.' }),
  })
  .openapi('PriceExplanation');

const ofAccount = id('account', 'Whose catalog: you when not given, or an account below you.').optional();
const tag = 'Catalog';

export const catalogRoutes = {
  listCatalog: route({
    operationId: 'listCatalog',
    method: 'get',
    path: '/catalog',
    tag,
    summary: 'What may be sold',
    description:
      'Every rate that the account may sell, with its costs and prices of today. All given filters must match. The answer has an ETag that changes when anything in it may have changed.',
    permission: 'catalog.read',
    query: z.strictObject({
      ...pageQuery,
      account_id: ofAccount,
      name: text(150).optional().openapi({ description: 'A part of the name, in any letter case.' }),
      mpn: text(100).optional(),
      vendor: text(50).optional().openapi({ description: 'Code of the vendor.' }),
      service: text(100).optional(),
    }),
    answers: { 200: page(catalogEntry).extend({ total: z.int() }) },
    examples: [{ as: 'reseller', query: { name: 'mail', limit: '10' }, status: 200 }],
  }),
  listOffers: route({
    operationId: 'listOffers',
    method: 'get',
    path: '/catalog/plans',
    tag,
    summary: 'Which plans may be sold',
    permission: 'catalog.read',
    query: z.strictObject({ ...pageQuery, account_id: ofAccount }),
    answers: { 200: page(offer) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  explainPrice: route({
    operationId: 'explainPrice',
    method: 'get',
    path: '/catalog/rates/{rate_id}/why',
    tag,
    summary: 'Why this price',
    description:
      'The chain of decisions from your seller down to the buyer. What happens above your seller, and how your seller decides, is not shown.',
    permission: 'prices.explain',
    params: z.strictObject({ rate_id: id('rate') }),
    query: z.strictObject({
      account_id: id('account', 'For an account below you instead of yourself.').optional(),
      customer_id: id('customer', 'For this customer of yours or of an account below you.').optional(),
    }),
    answers: { 200: explanation },
    examples: [
      { as: 'reseller', params: { rate_id: cast.seatRate }, status: 200 },
      { as: 'provider', params: { rate_id: cast.seatRate }, query: { customer_id: cast.customer }, status: 200 },
    ],
  }),
};
