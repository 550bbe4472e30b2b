import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { impact, impactQuery } from './impact.ts';
import { route } from './route.ts';
import { currency, date, decimalOut, id, instant, notNegative, page, pageQuery } from './wire.ts';

export const exchangeRate = z
  .strictObject({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    rate: decimalOut.openapi({ description: 'One unit of from in units of to; an exact decimal.' }),
    effective_on: date.openapi({ description: 'The first day on which it counts, in the time zone of each seller.' }),
    set_by: z.string(),
    set_at: instant,
  })
  .openapi('ExchangeRate');
export type ExchangeRate = z.input<typeof exchangeRate>;

const newRate = z
  .strictObject({
    from: currency,
    to: currency,
    rate: notNegative.openapi({ description: 'Above 0, with at most 10 digits behind the point.' }),
    effective_on: date,
  })
  .openapi('NewExchangeRate');

export const newExchangeRates = z
  .strictObject({ rates: z.array(newRate).min(1).max(1000) })
  .openapi('NewExchangeRates');

const params = z.strictObject({ account_id: id('account') });
const tag = 'Exchange rates';

export const exchangeRateRoutes = {
  listExchangeRates: route({
    operationId: 'listExchangeRates',
    method: 'get',
    path: '/accounts/{account_id}/exchange-rates',
    tag,
    summary: 'List exchange rates',
    description: 'All that the account has set, the youngest first; with `on` only those that count on that day.',
    permission: 'exchange_rates.read',
    params,
    query: z.strictObject({
      ...pageQuery,
      from: currency.optional(),
      to: currency.optional(),
      on: date.optional().openapi({ description: 'Only the rates that count on this day, one for each pair.' }),
    }),
    answers: { 200: page(exchangeRate) },
    examples: [{ as: 'distributor', params: { account_id: cast.distributor }, status: 200 }],
  }),
  setExchangeRates: route({
    operationId: 'setExchangeRates',
    method: 'put',
    path: '/accounts/{account_id}/exchange-rates',
    tag,
    summary: 'Set exchange rates',
    description:
      'Each counts from its day on, for the prices of the account and of those below it that have no rate of their own for the pair. Nothing is overwritten: of two for one day the younger counts, and what was charged by the older one shows that one. With preview=true nothing is stored, and the answer tells which live subscriptions it touches and what it does to their next renewal on each edge.',
    permission: 'exchange_rates.write',
    params,
    query: impactQuery,
    body: newExchangeRates,
    answers: { 200: z.union([z.strictObject({ data: z.array(exchangeRate) }), impact]) },
    examples: [
      {
        as: 'distributor',
        params: { account_id: cast.distributor },
        body: {
          rates: [
            { from: 'USD', to: 'EUR', rate: '0.9215', effective_on: '2026-04-01' },
            { from: 'EUR', to: 'JPY', rate: '162.35', effective_on: '2026-04-01' },
          ],
        },
        status: 200,
      },
      {
        as: 'distributor',
        params: { account_id: cast.distributor },
        query: { preview: 'true', limit: '1' },
        body: { rates: [{ from: 'USD', to: 'EUR', rate: '0.95', effective_on: '2026-04-01' }] },
        status: 200,
      },
    ],
  }),
};
