import { z } from '@hono/zod-openapi';
import { agreedDeal, agreement, deals, isOneAgreement, oneAgreementMessage } from './deals.ts';
import { alignment, orderDetail, orderPreview, subscriptionPreview } from './orders.ts';
import { subscription } from './subscriptions.ts';
import {
  attributes,
  changes,
  date,
  decimalOut,
  flagInQuery,
  id,
  instant,
  quantity,
  text,
  version,
  warning,
} from './wire.ts';

/** What can be asked of a subscription after its sale, and what is answered. */

const eitherName = (wanted: { readonly mpn?: unknown; readonly rate_id?: unknown }): boolean =>
  (wanted.mpn === undefined) !== (wanted.rate_id === undefined);
const eitherNameMessage = { path: ['mpn'], message: 'either an mpn or a rate_id is expected' };

const productName = {
  mpn: text(100).optional().openapi({ description: 'Looked up in the plan that the subscription has, or is to have.' }),
  rate_id: id('rate').optional(),
};

const wantedItem = z
  .strictObject({
    ...productName,
    quantity: quantity.openapi({ description: 'All that is to be held afterwards, an exact decimal; 0 removes it.' }),
    deals: deals.optional().openapi({
      description:
        'Of a product that is new to the subscription or to its plan; of one that is held, for a term that begins with this.',
    }),
  })
  .refine(eitherName, eitherNameMessage)
  .openapi('WantedItem');

const movedItem = z
  .strictObject({
    ...productName,
    quantity: quantity.openapi({ description: 'How many are to be moved, an exact decimal.' }),
  })
  .refine(eitherName, eitherNameMessage)
  .openapi('MovedItem');

const specialPrice = z
  .strictObject({
    ...productName,
    ...agreement,
    seller_id: id(
      'account',
      'On whose sale it counts: your account if absent, or one below it that sells this.',
    ).optional(),
  })
  .refine(eitherName, eitherNameMessage)
  .refine(isOneAgreement, oneAgreementMessage)
  .openapi('SpecialPrice');

const itemsMax = 200;
const onIfDate = ({ at, on }: { readonly at: string; readonly on?: unknown }): boolean =>
  (at === 'date') === (on !== undefined);
const onIfDateMessage = { path: ['on'], message: 'a day goes only with date' };
const dayOf = date.optional().openapi({ description: "For date: the day, in the seller's time zone." });

const moment = z
  .strictObject({ at: z.enum(['now', 'renewal', 'date']), on: dayOf })
  .refine(onIfDate, onIfDateMessage)
  .openapi('Moment', {
    description:
      'When: now, at the end of the term before it renews, or when a day begins. Later is planned: an intent.',
  });
const laterMoment = z
  .strictObject({ at: z.enum(['renewal', 'date']), on: dayOf })
  .refine(onIfDate, onIfDateMessage)
  .openapi('LaterMoment');

const poNumber = text(100).nullable().optional().openapi({ description: "The customer's own number of the order." });
const now = { at: 'now' as const };

export const subscriptionChange = z
  .strictObject({
    items: z.array(wantedItem).min(1).max(itemsMax).openapi({ description: 'What is not named stays as it is.' }),
    cascade: z
      .boolean()
      .default(false)
      .openapi({ description: 'Add-ons go with a base that is reduced or removed, instead of standing in its way.' }),
    moment: moment.default(now),
    po_number: poNumber,
  })
  .openapi('SubscriptionChange');

export const planSwitch = z
  .strictObject({
    plan_id: id('plan'),
    start: z
      .enum(['now', 'keep'])
      .default('now')
      .openapi({ description: 'A term that begins today, or the dates that the subscription has.' }),
    items: z
      .array(wantedItem)
      .min(1)
      .max(itemsMax)
      .nullable()
      .default(null)
      .openapi({ description: 'Products of the new plan; without it everything follows by its resource or MPN.' }),
    moment: moment.default(now),
    po_number: poNumber,
  })
  .openapi('PlanSwitch');

export const renewal = z
  .strictObject({
    from: z.enum(['expiry', 'now', 'now_if_expired']).default('expiry').openapi({
      description: 'Where the next term begins: where this one ends, today, or today only where it has expired.',
    }),
    months: z
      .int()
      .min(1)
      .max(120)
      .nullable()
      .default(null)
      .openapi({ description: 'How long the next term is; as the plan says if absent.' }),
    items: z
      .array(wantedItem)
      .max(itemsMax)
      .default([])
      .openapi({ description: 'Quantities and deals of the next term; what is not named goes on as it is.' }),
    align: alignment.optional(),
    po_number: poNumber,
  })
  .openapi('Renewal');

export const cancellation = z
  .strictObject({
    reason: text(500).nullable().default(null).openapi({ description: 'Kept in its event.' }),
    moment: moment.default(now),
    po_number: poNumber,
  })
  .openapi('Cancellation');

export const suspension = z
  .strictObject({
    end_on: date
      .nullable()
      .default(null)
      .openapi({ description: 'The first day without the right to use; today if absent.' }),
  })
  .openapi('Suspension');

export const resumption = z
  .strictObject({
    end_on: date
      .nullable()
      .default(null)
      .openapi({ description: 'Another end of the term, charged for; the one from before the suspension if absent.' }),
    po_number: poNumber,
  })
  .openapi('Resumption');

export const expiryChange = z
  .strictObject({
    end_on: date.openapi({ description: 'The first day after the term. A later one than now is charged for.' }),
    po_number: poNumber,
  })
  .openapi('ExpiryChange');

export const conversion = z
  .strictObject({
    plan_id: id('plan', 'The full plan; the one that the policy of the trial names if absent.').optional(),
    moment: moment.default(now),
    po_number: poNumber,
  })
  .openapi('Conversion');

export const specialPrices = z
  .strictObject({ prices: z.array(specialPrice).min(1).max(itemsMax), po_number: poNumber })
  .openapi('SpecialPrices');

const newTarget = z
  .strictObject({
    plan_id: id('plan', 'The plan that it is to have; the one that the units come from if absent.').optional(),
    end: z.enum(['own', 'same']).default('own').openapi({
      description:
        '`own`: a term of its own from today. `same`: it ends with the subscription that the units come from.',
    }),
  })
  .openapi('NewSubscription', { description: 'A subscription that the order makes.' });

export const move = z
  .strictObject({
    items: z.array(movedItem).min(1).max(itemsMax),
    target_id: id('subscription', 'Another subscription of the same customer.').optional(),
    new_subscription: newTarget.optional(),
    po_number: poNumber,
  })
  .refine(({ target_id: target, new_subscription: opens }) => (target === undefined) !== (opens === undefined), {
    path: ['target_id'],
    message: 'Give either target_id or new_subscription.',
  })
  .openapi('Move');

export const subscriptionDetails = changes({
  auto_renewal: z.boolean().optional(),
  auto_renewal_months: z
    .int()
    .min(1)
    .max(120)
    .optional()
    .openapi({ description: 'How long the terms are that it renews by itself for.' }),
  attributes: attributes.optional(),
  moment: moment.optional().openapi({ description: 'For auto_renewal and its months; now if absent.' }),
}).openapi('SubscriptionDetails');

export const intentChange = changes({
  moment: laterMoment.optional(),
  items: z
    .array(wantedItem)
    .min(1)
    .max(itemsMax)
    .optional()
    .openapi({ description: 'Of a planned change or switch: in place of its items.' }),
  cascade: z.boolean().optional().openapi({ description: 'Of a planned change.' }),
  reason: text(500).optional().openapi({ description: 'Of a planned cancellation.' }),
}).openapi('IntentChange');

const plannedItem = z.strictObject({
  rate_id: id('rate'),
  mpn: z.string().nullable().openapi({ description: 'Null where the rate is gone.' }),
  quantity: decimalOut,
  deals: z
    .array(agreedDeal)
    .optional()
    .openapi({ description: 'What was agreed on about it, on the edge on which you buy and on those below.' }),
});

/** What an intent is going to do. */
export const plannedCommand = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('change'), items: z.array(plannedItem), cascade: z.boolean() }),
    z.strictObject({
      kind: z.literal('switch'),
      plan_id: id('plan'),
      start: z.enum(['now', 'keep']),
      items: z.array(plannedItem).nullable(),
    }),
    z.strictObject({ kind: z.literal('cancel'), reason: z.string().nullable() }),
    z.strictObject({
      kind: z.literal('auto_renewal'),
      auto_renewal: z.boolean(),
      auto_renewal_months: z.int().nullable(),
    }),
    z.strictObject({
      kind: z.literal('convert'),
      plan_id: id('plan', 'Null: the plan that the policy of the trial names then.').nullable(),
    }),
  ])
  .openapi('PlannedCommand');

export const intentStatus = z.enum(['waiting', 'done', 'canceled', 'dropped', 'failed']);

export const intent = z
  .strictObject({
    id: id('intent'),
    subscription_id: id('subscription'),
    moment: z.strictObject({
      at: z.enum(['renewal', 'date']),
      on: date.nullable().openapi({ description: 'The day; null at the renewal.' }),
    }),
    command: plannedCommand,
    status: intentStatus,
    reason: z.string().nullable().openapi({ description: 'Why it was dropped or failed.' }),
    order_id: id('order', 'What recorded it when it was done.').nullable(),
    version,
    created_by: z.string(),
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Intent');
export type Intent = z.input<typeof intent>;

const afterwards = {
  ended: z
    .array(
      z.strictObject({ id: id('intent'), status: intentStatus, reason: z.string().nullable() }).openapi('EndedIntent'),
    )
    .openapi({ description: 'What was planned and does not wait any more; none goes without being named here.' }),
  warnings: z.array(warning),
};
const asFirst = 'As they are afterwards; the one that was asked about first.';

export const outcome = z
  .strictObject({
    order: orderDetail
      .nullable()
      .openapi({ description: 'What records it; null where nothing was ordered, as when it is planned for later.' }),
    subscriptions: z.array(subscription).openapi({ description: asFirst }),
    planned: z.array(intent).openapi({ description: 'What is to happen later because of it.' }),
    ...afterwards,
  })
  .openapi('Outcome');
export type Outcome = z.input<typeof outcome>;

export const outcomePreview = z
  .strictObject({
    order: orderPreview.nullable(),
    subscriptions: z.array(subscriptionPreview).openapi({ description: asFirst }),
    planned: z.array(
      intent
        .omit({ id: true, version: true, created_by: true, created_at: true, updated_at: true })
        .openapi('IntentPreview'),
    ),
    ...afterwards,
  })
  .openapi('OutcomePreview', {
    description: 'What it would come to: the same figures, without ids and numbers of what is not there yet.',
  });
export type OutcomePreview = z.input<typeof outcomePreview>;

export const previewQuery = z.strictObject({
  preview: flagInQuery
    .default(false)
    .openapi({ description: 'Decides without storing anything; answered with 200 and without ids.' }),
});
