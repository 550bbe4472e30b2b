import { z } from '@hono/zod-openapi';
import { date, flagInQuery, id, money, page, pageQuery } from './wire.ts';

/** What a change of prices or of the catalog would do to renewals, told before it is published. */

export const impactQuery = z
  .strictObject({
    preview: flagInQuery.default(false).openapi({
      description:
        'Says which subscriptions it touches and what it does to the end of their terms, and stores nothing.',
    }),
    ...pageQuery,
  })
  .refine(({ preview, cursor }) => preview || cursor === undefined, {
    path: ['cursor'],
    message: 'a cursor goes only with preview=true',
  });

const nextOutcome = z.enum(['renewed', 'switched', 'converted', 'expired', 'canceled', 'retried', 'none']).openapi({
  description: 'How the term ends. retried: its renewal is refused for now. none: nothing is due for it.',
});
const nextTerm = z
  .strictObject({ outcome: nextOutcome, reason: z.string().nullable() })
  .openapi('NextTerm', { description: 'What becomes of a subscription at the end of its term.' });

const sums = {
  as_is: money.openapi({ description: 'With prices and catalog as they are for that date.' }),
  with_change: money,
  difference: money,
};

const impactEdge = z
  .strictObject({
    seller_id: id('account'),
    buyer_id: id('buyer'),
    period_start: date,
    period_end: date.openapi({ description: 'The first day after it.' }),
    ...sums,
  })
  .openapi('ImpactEdge', { description: 'What an edge pays for the first period of the next term.' });

const affectedSubscription = z
  .strictObject({
    subscription_id: id('subscription'),
    number: z.string(),
    name: z.string(),
    owner_id: id('account'),
    customer_id: id('customer'),
    plan_id: id('plan'),
    ends_on: date.openapi({ description: 'The first day after the term.' }),
    price_policy: z
      .enum(['current', 'locked', 'guarded'])
      .openapi({ description: 'What its policies say of prices at the renewal.' }),
    as_is: nextTerm,
    with_change: nextTerm,
    edges: z.array(impactEdge).openapi({ description: 'Those on which you or an account below you sells.' }),
  })
  .openapi('AffectedSubscription');

const counts = z.partialRecord(nextOutcome, z.int());

const impactTotals = z
  .strictObject({
    considered: z.int().openapi({ description: 'How many subscriptions these are the sums of.' }),
    is_sample: z.boolean().openapi({ description: 'Too many are affected: these are of every n-th of them.' }),
    changed: z.int().openapi({ description: 'Of those considered, how many end their term otherwise.' }),
    outcomes: z.strictObject({ as_is: counts, with_change: counts }),
    levels: z.array(
      z
        .strictObject({
          level: z.int().openapi({ description: '0: what you take from your buyers, 1: what they take, and so on.' }),
          ...sums,
        })
        .openapi('ImpactLevel'),
    ),
  })
  .openapi('ImpactTotals');

export const impact = page(affectedSubscription)
  .extend({
    affected: z.int().openapi({
      description:
        'Live subscriptions that hold what is changed, or are trials of it, whether or not their next renewal is another.',
    }),
    totals: impactTotals.nullable().openapi({ description: 'On the first page only.' }),
  })
  .openapi('Impact');
export type Impact = z.input<typeof impact>;
