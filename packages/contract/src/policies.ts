import { z } from '@hono/zod-openapi';
import { notNegative, share } from './wire.ts';

/** What may happen to a subscription after its sale, as data of a vendor or of a plan version; see docs/concepts/policies.md. */

export const policyPresets = ['standard', 'microsoft_like', 'adobe_like', 'lmpi_like'] as const;

/** Longer than any term: a window of so many days is always open within one. */
const windowCountMax = 3660;

const returnWindow = z
  .strictObject({ count: z.int().min(0).max(windowCountMax), unit: z.enum(['day', 'hour']) })
  .nullable()
  .openapi({ description: 'How long something can be given back; a count of 0: never, null: always.' });

const returns = z.strictObject({
  window: returnWindow.optional(),
  basis: z.enum(['batch', 'purchase']).optional().openapi({
    description: 'From when the window counts: for each batch of units its own sale, or the sale or renewal of all.',
  }),
  refund: z.enum(['full', 'prorated', 'none']).optional().openapi({ description: 'What is given back in the window.' }),
  after: z
    .enum(['refused', 'term_end', 'no_refund', 'prorated'])
    .optional()
    .openapi({ description: 'What asking for it at once becomes when the window is over.' }),
});

const renewOrExpire = z.enum(['renew', 'expire']);

const renewal = z.strictObject({
  price: z
    .enum(['current', 'locked', 'guarded'])
    .optional()
    .openapi({ description: 'The price of the day, that of the term before, or the price of the day up to a limit.' }),
  guard_percent: notNegative
    .optional()
    .openapi({ description: 'The most that a guarded price rises at one renewal, in percent.' }),
  on_retired_plan: renewOrExpire.optional(),
  on_revoked_delegation: z.enum(['renew', 'expire', 'retry']).optional(),
  on_end_of_sale: renewOrExpire.optional(),
  retry_days: z
    .int()
    .min(0)
    .max(60)
    .optional()
    .openapi({ description: 'How long a failed renewal is tried again; the subscription stays active meanwhile.' }),
  allow_late: z.boolean().optional().openapi({ description: 'Whether an expired subscription can be renewed.' }),
  allow_early_days: z
    .int()
    .min(0)
    .max(windowCountMax)
    .optional()
    .openapi({ description: 'How many days before its end a subscription can be renewed.' }),
});

const coterm = z.strictObject({
  allowed: z.boolean().optional(),
  to_subscription: z.boolean().optional().openapi({ description: 'To the end of another subscription.' }),
  to_calendar_month: z.boolean().optional().openapi({ description: "To a calendar month's end." }),
  min_days: z.int().min(0).max(366).optional().openapi({ description: 'The shortest first term.' }),
});

const trial = z.strictObject({
  at_end: z.enum(['convert', 'expire']).optional(),
  convert_to: z
    .string()
    .regex(/^[1-9]\d{0,17}$/, 'the number of a plan is expected')
    .nullable()
    .optional()
    .openapi({ description: 'Number of the plan that a trial becomes; null: whoever converts it names the plan.' }),
  one_per_customer: z.boolean().optional(),
});

const commitment = z.strictObject({
  minimum: z.enum(['none', 'initial', 'percent']).optional(),
  percent: share.optional().openapi({ description: 'Share of what the term began with that has to stay.' }),
});

const addOns = z.strictObject({
  within_base: z.boolean().optional().openapi({ description: 'At most as many units as the base.' }),
  percent_minimum: notNegative
    .nullable()
    .optional()
    // Said again, because the document would have the type of the decimal alone.
    .openapi({
      type: ['string', 'integer', 'null'],
      description: "At least this percentage of the base's units, a decimal; null: any number.",
    }),
});

/** What a vendor or a plan says; what it does not say is what the level above says. Unknown members are refused. */
export const policyDocument = z
  .strictObject({
    preset: z.enum(policyPresets).optional().openapi({ description: 'Starts from these instead of the level above.' }),
    cancellation: returns.optional(),
    reduction: returns.optional().openapi({ description: 'As cancellation, where nothing else is said.' }),
    renewal: renewal.optional(),
    coterm: coterm.optional(),
    orphans: z
      .enum(['refuse', 'cascade'])
      .optional()
      .openapi({ description: 'Add-ons whose base goes away: they stand in the way, or go with it.' }),
    trial: trial.optional(),
    commitment: commitment.optional(),
    add_ons: addOns.optional(),
  })
  .openapi('Policies', { description: 'Every member is optional; see the concepts page on policies.' });
export type PolicyDocument = z.output<typeof policyDocument>;
