import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { impact, impactQuery } from './impact.ts';
import { chargeType } from './plans.ts';
import { route } from './route.ts';
import {
  anyDecimal,
  changes,
  currency,
  date,
  decimalOut,
  id,
  instant,
  name,
  notNegative,
  page,
  pageQuery,
  percentage,
  text,
  version,
} from './wire.ts';

export const audience = z
  .enum(['global', 'group', 'buyer'])
  .openapi({ description: 'Which buyers it is for; the specific beats the general.' });
const ruleScope = z.enum(['all', 'vendor', 'product', 'plan', 'rate']);

export const tier = z
  .strictObject({ lower_limit: decimalOut, amount: decimalOut })
  .openapi('Tier', { description: 'The amount per unit from lower_limit units on.' });

export const priceList = z
  .strictObject({
    id: id('price_list'),
    account_id: id('account', 'Whose prices they are.'),
    name: z.string(),
    currency: z.string(),
    audience,
    buyer_group: z.string().nullable(),
    buyer_id: id('buyer', 'An account directly below, or a customer.').nullable(),
    effective_from: date,
    effective_to: date.nullable().openapi({ description: 'The first day on which it is no longer valid.' }),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('PriceList');
export type PriceList = z.input<typeof priceList>;

export const priceRule = z
  .strictObject({
    id: z.string(),
    scope: ruleScope,
    scope_id: z.string().nullable(),
    charge_type: chargeType.nullable(),
    percent: decimalOut,
    amount: decimalOut,
    decimals: z.int().nullable(),
    effective_from: date,
  })
  .openapi('PriceRule');
export type PriceRule = z.input<typeof priceRule>;

export const priceEntry = z
  .strictObject({
    target: z.enum(['rate', 'resource']),
    target_id: z.string(),
    charge_type: chargeType,
    effective_from: date,
    lower_limit: decimalOut,
    amount: decimalOut,
  })
  .openapi('PriceEntry', { description: 'One tier of a price.' });
export type PriceEntry = z.input<typeof priceEntry>;

export const newPriceList = z
  .strictObject({
    account_id: id('account', 'Whose prices they are; yours when not given.').optional(),
    name,
    currency,
    buyer_group: text(100).optional().openapi({ description: 'For buyers of this group only.' }),
    buyer_id: id('buyer', 'For this account directly below, or this customer, only.').optional(),
    effective_from: date,
    effective_to: date.nullable().default(null),
  })
  .refine((wanted) => wanted.buyer_group === undefined || wanted.buyer_id === undefined, {
    path: ['buyer_group'],
    message: 'either a group or a buyer is expected',
  })
  .refine((wanted) => wanted.effective_to === null || wanted.effective_to > wanted.effective_from, {
    path: ['effective_to'],
    message: 'a date after effective_from is expected',
  })
  .openapi('NewPriceList');

export const priceListChange = changes({
  name: name.optional(),
  effective_to: date.nullable().optional().openapi({ description: 'The first day on which it is no longer valid.' }),
}).openapi('PriceListChange');

const newPrice = z
  .strictObject({
    target: z.enum(['rate', 'resource']).default('rate'),
    target_id: z.union([id('rate'), id('resource')]).openapi({ type: 'string', format: 'uuid' }),
    charge_type: chargeType.default('recurring'),
    effective_from: date,
    tiers: z
      .array(z.strictObject({ lower_limit: notNegative.default('0'), amount: notNegative }))
      .min(1)
      .max(50),
  })
  .openapi('NewPrice');

export const newPrices = z.strictObject({ prices: z.array(newPrice).min(1).max(1000) }).openapi('NewPrices');

export const newPriceRule = z
  .strictObject({
    scope: ruleScope.default('all'),
    scope_id: id('scope', 'The vendor, product, plan or rate; not for scope all.').optional(),
    charge_type: chargeType.nullable().default(null).openapi({ description: 'Null: all of them.' }),
    percent: percentage.default('0').openapi({ description: 'On top of the cost.' }),
    amount: anyDecimal.default('0').openapi({ description: 'Added after the percentage, per unit.' }),
    decimals: z
      .int()
      .min(0)
      .max(12)
      .nullable()
      .default(2)
      .openapi({ description: 'Rounds to so many digits; null: not at all.' }),
    effective_from: date,
  })
  .refine((wanted) => (wanted.scope === 'all') === (wanted.scope_id === undefined), {
    path: ['scope_id'],
    message: 'an id is expected for every scope but all',
  })
  .openapi('NewPriceRule');

const impactTold =
  'With preview=true nothing is stored, and the answer tells which live subscriptions it touches and what it does to their next renewal on each edge.';
const params = z.strictObject({ price_list_id: id('price_list') });
const tag = 'Price lists';

export const priceListRoutes = {
  listPriceLists: route({
    operationId: 'listPriceLists',
    method: 'get',
    path: '/price-lists',
    tag,
    summary: 'List price lists',
    permission: 'prices.read',
    query: z.strictObject({ ...pageQuery, account_id: id('account', 'Whose; yours when not given.').optional() }),
    answers: { 200: page(priceList) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createPriceList: route({
    operationId: 'createPriceList',
    method: 'post',
    path: '/price-lists',
    tag,
    summary: 'Create a price list',
    description: 'For all buyers, for a group of them, or for one.',
    permission: 'prices.write',
    body: newPriceList,
    answers: { 201: priceList },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        body: {
          name: 'Spring campaign',
          currency: 'USD',
          buyer_id: cast.customer,
          effective_from: '2026-04-01',
          effective_to: '2026-07-01',
        },
        status: 201,
      },
    ],
  }),
  getPriceList: route({
    operationId: 'getPriceList',
    method: 'get',
    path: '/price-lists/{price_list_id}',
    tag,
    summary: 'Read a price list with its rules',
    permission: 'prices.read',
    params,
    answers: { 200: priceList.extend({ rules: z.array(priceRule) }).openapi('PriceListDetail') },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { price_list_id: cast.priceList }, status: 200 }],
  }),
  changePriceList: route({
    operationId: 'changePriceList',
    method: 'patch',
    path: '/price-lists/{price_list_id}',
    tag,
    summary: 'Change a price list',
    description: 'What is not named stays as it is. What was charged already stays as it was charged.',
    permission: 'prices.write',
    params,
    body: priceListChange,
    answers: { 200: priceList },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { price_list_id: cast.priceList },
        body: { effective_to: '2031-07-01' },
        status: 200,
      },
    ],
  }),
  listPrices: route({
    operationId: 'listPrices',
    method: 'get',
    path: '/price-lists/{price_list_id}/prices',
    tag,
    summary: 'List the prices of a list',
    permission: 'prices.read',
    params,
    query: z.strictObject(pageQuery),
    answers: { 200: page(priceEntry) },
    examples: [{ as: 'reseller', params: { price_list_id: cast.priceList }, status: 200 }],
  }),
  setPrices: route({
    operationId: 'setPrices',
    method: 'post',
    path: '/price-lists/{price_list_id}/prices',
    tag,
    summary: 'Set prices',
    description: `For each target, charge type and date the given tiers replace those that were there. Others stay. ${impactTold}`,
    permission: 'prices.write',
    params,
    query: impactQuery,
    body: newPrices,
    answers: { 200: z.union([priceList, impact]) },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { price_list_id: cast.priceList },
        body: {
          prices: [
            {
              target_id: cast.seatRate,
              effective_from: '2026-06-01',
              tiers: [{ amount: '20.40' }, { lower_limit: 100, amount: '19.90' }],
            },
          ],
        },
        status: 200,
      },
      {
        as: 'reseller',
        params: { price_list_id: cast.priceList },
        query: { preview: 'true', limit: '1' },
        body: { prices: [{ target_id: cast.seatRate, effective_from: '2026-04-01', tiers: [{ amount: '21.00' }] }] },
        status: 200,
      },
    ],
  }),
  addPriceRule: route({
    operationId: 'addPriceRule',
    method: 'post',
    path: '/price-lists/{price_list_id}/rules',
    tag,
    summary: 'Add a rule',
    description: `Where the list has no price: the cost, plus a percentage, plus an amount. ${impactTold}`,
    permission: 'prices.write',
    params,
    query: impactQuery,
    body: newPriceRule,
    answers: { 200: impact, 201: priceRule },
    examples: [
      {
        as: 'reseller',
        params: { price_list_id: cast.priceList },
        body: { percent: '12.5', effective_from: '2026-04-01' },
        status: 201,
      },
      {
        as: 'reseller',
        params: { price_list_id: cast.priceList },
        query: { preview: 'true', limit: '1' },
        body: { percent: '15', effective_from: '2026-03-10' },
        status: 200,
      },
    ],
  }),
};
