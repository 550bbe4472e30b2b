import { z } from '@hono/zod-openapi';
import { chargeType } from './plans.ts';
import { currency, decimalOut, id, money, notNegative, share } from './wire.ts';

/** Special prices and discounts that are agreed on for one sale, and what of them charges show. */

const dealTerms = z
  .int()
  .min(1)
  .max(120)
  .nullable()
  .default(1)
  .openapi({ description: 'For so many terms, the first of them counted; null: for all that follow.' });

const discount = z
  .union([z.strictObject({ percent: share }), z.strictObject({ amount: notNegative })])
  .openapi('Discount', { description: 'A share of the price, or an amount per unit in the currency of the edge.' });

const tiers = z
  .array(z.strictObject({ lower_limit: notNegative.default('0'), amount: notNegative }))
  .min(1)
  .max(50);

/** What is agreed on: exactly one of a unit price, tiers or a discount. */
export const agreement = {
  from: z
    .enum(['now', 'renewal'])
    .default('now')
    .openapi({ description: 'From now on, or from the next term on; what is paid now is not touched by that.' }),
  terms: dealTerms,
  unit_price: notNegative.optional().openapi({
    description: 'For one unit and one billing period, in the currency of the edge; an exact decimal.',
  }),
  tiers: tiers.optional().openapi({ description: 'The same by quantity, each from so many units up.' }),
  currency: currency
    .optional()
    .openapi({ description: 'Of a special price; refused where the edge is billed in another one.' }),
  discount: discount.optional(),
};

type AgreementRead = {
  readonly unit_price?: unknown;
  readonly tiers?: unknown;
  readonly discount?: unknown;
  readonly currency?: unknown;
};

export const isOneAgreement = ({ unit_price: price, tiers: of, discount: less, currency: code }: AgreementRead) =>
  [price, of, less].filter((part) => part !== undefined).length === 1 && (less === undefined || code === undefined);
export const oneAgreementMessage = {
  path: ['unit_price'],
  message: 'one of unit_price, tiers or discount is expected, and a currency only with a price',
};

const deal = z
  .strictObject({
    seller_id: id(
      'account',
      'On whose sale it counts: your account if absent, or one below it that sells this.',
    ).optional(),
    charge_type: chargeType.default('recurring'),
    ...agreement,
  })
  .refine(isOneAgreement, oneAgreementMessage)
  .openapi('Deal', {
    description: 'A special price or a discount on one edge, in place of or off what the lists say.',
  });

export const deals = z
  .array(deal)
  .max(50)
  .openapi({ description: 'Special prices and discounts on edges on which you or accounts below you sell.' });

/** A deal as it is kept with what is planned. */
export const agreedDeal = z
  .strictObject({
    seller_id: id('account', 'On whose sale it counts.'),
    charge_type: chargeType,
    from: z.enum(['now', 'renewal']),
    terms: z.int().nullable(),
    unit_price: decimalOut.optional(),
    tiers: z.array(z.strictObject({ lower_limit: decimalOut, amount: decimalOut })).optional(),
    currency: z.string().optional(),
    discount: z.union([z.strictObject({ percent: decimalOut }), z.strictObject({ amount: decimalOut })]).optional(),
  })
  .openapi('AgreedDeal', { description: 'Exactly one of a unit price, tiers or a discount.' });
export type AgreedDeal = z.input<typeof agreedDeal>;

export const exchange = z
  .strictObject({
    from: z.string(),
    to: z.string(),
    rate: z.string().openapi({ description: 'One unit of from in units of to; an exact decimal.' }),
    date: z.string().openapi({ description: 'The first day that the rate was set for.', format: 'date' }),
  })
  .openapi('Exchange', { description: 'How a price came from the currency of its list into that of the bill.' });

export const discountTaken = z
  .strictObject({
    type: z.enum(['percent', 'amount']),
    value: z.string(),
    unit_price: z
      .string()
      .nullable()
      .openapi({ description: 'Without the discount; null where tiers that differ come to the same with it.' }),
    amount: money.nullable().openapi({
      description: 'The line without the discount, rounded once, less the line. Null as the unit price is.',
    }),
  })
  .openapi('DiscountTaken');
