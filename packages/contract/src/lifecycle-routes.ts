import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import {
  cancellation,
  conversion,
  expiryChange,
  intent,
  intentChange,
  move,
  outcome,
  outcomePreview,
  planSwitch,
  previewQuery,
  renewal,
  resumption,
  specialPrices,
  subscriptionChange,
  subscriptionDetails,
  suspension,
} from './lifecycle.ts';
import { order, orderCharge } from './orders.ts';
import { route, type Example } from './route.ts';
import { id, instant, page, pageQuery } from './wire.ts';

export const timelineEntry = z
  .strictObject({
    id: id('event'),
    type: z.string(),
    at: instant,
    actor: z.string(),
    request_id: z.string().nullable(),
    data: z.record(z.string(), z.unknown()).openapi({ description: 'As in its event; `set` holds what changed.' }),
    order: order.nullable().openapi({ description: 'What records it.' }),
    charges: z
      .array(orderCharge)
      .openapi({ description: 'Of that order, for this subscription, on the edges that concern you; told once.' }),
  })
  .openapi('TimelineEntry');
export type TimelineEntry = z.input<typeof timelineEntry>;

const ofSubscription = z.strictObject({ subscription_id: id('subscription') });
const ofIntent = z.strictObject({ subscription_id: id('subscription'), intent_id: id('intent') });
const tag = 'Life of a subscription';
const previewed =
  'With preview=true the same is decided and nothing is stored; what a preview refuses, the request would be refused for.';

/** What all commands have in common. */
const command = {
  method: 'post',
  tag,
  params: ofSubscription,
  query: previewQuery,
  answers: { 200: outcomePreview, 201: outcome },
  hasVersion: true,
  takesVersion: true,
} as const;

/** A command as it is placed, and as it is previewed. */
const examplesOf = (subscriptionId: string, body: unknown, as: Example['as'] = 'reseller'): [Example, Example] => {
  const sent = { as, params: { subscription_id: subscriptionId }, body };
  return [
    { ...sent, status: 201 },
    { ...sent, query: { preview: 'true' }, status: 200 },
  ];
};

export const lifecycleRoutes = {
  changeSubscription: route({
    ...command,
    operationId: 'changeSubscription',
    path: '/subscriptions/{subscription_id}/change',
    summary: 'Change quantities, add and remove products',
    description: `Within bounds and rules of the plan, prorated on every edge. ${previewed}`,
    permission: 'subscriptions.change',
    body: subscriptionChange,
    examples: [
      ...examplesOf(cast.subscription, { items: [{ mpn: 'HR-SEAT', quantity: 7 }], po_number: 'PO-2310' }),
      {
        as: 'reseller',
        params: { subscription_id: cast.otherSubscription },
        body: { items: [{ mpn: 'HR-SEAT', quantity: 1 }], moment: { at: 'renewal' } },
        status: 201,
      },
    ],
  }),
  switchPlan: route({
    ...command,
    operationId: 'switchPlan',
    path: '/subscriptions/{subscription_id}/switch',
    summary: 'Switch to another plan or period',
    description: `An upgrade, another period, or a suite that covers what is held. ${previewed}`,
    permission: 'subscriptions.switch',
    body: planSwitch,
    examples: examplesOf(cast.switchedSubscription, {
      plan_id: cast.yearlyPlan,
      items: [{ mpn: 'HR-SEAT-Y', quantity: 2 }],
    }),
  }),
  renewSubscription: route({
    ...command,
    operationId: 'renewSubscription',
    path: '/subscriptions/{subscription_id}/renew',
    summary: 'Renew before or after the end',
    description: `Another term; from the end of this one it is charged for when it begins. ${previewed}`,
    permission: 'subscriptions.renew',
    body: renewal,
    examples: examplesOf(cast.renewedSubscription, { from: 'expiry', months: 3 }),
  }),
  cancelSubscription: route({
    ...command,
    operationId: 'cancelSubscription',
    path: '/subscriptions/{subscription_id}/cancel',
    summary: 'Cancel a subscription',
    description: `Now, at the renewal or on a day; the policies of the plan say what is given back. ${previewed}`,
    permission: 'subscriptions.cancel',
    body: cancellation,
    examples: examplesOf(cast.canceledSubscription, { reason: 'The office was closed.' }),
  }),
  suspendSubscription: route({
    ...command,
    operationId: 'suspendSubscription',
    path: '/subscriptions/{subscription_id}/suspend',
    summary: 'Suspend a subscription',
    description: `On hold until it is resumed: no right to use, no renewal, nothing charged. ${previewed}`,
    permission: 'subscriptions.suspend',
    body: suspension,
    examples: examplesOf(cast.suspendedSubscription, {}),
  }),
  resumeSubscription: route({
    ...command,
    operationId: 'resumeSubscription',
    path: '/subscriptions/{subscription_id}/resume',
    summary: 'Resume a subscription',
    description: `Renewal and the end of the term are as before the suspension, unless another end is named. ${previewed}`,
    permission: 'subscriptions.resume',
    body: resumption,
    examples: examplesOf(cast.pausedSubscription, {}),
  }),
  changeExpiry: route({
    ...command,
    operationId: 'changeExpiry',
    path: '/subscriptions/{subscription_id}/expiry',
    summary: 'Move the end of the term',
    description: `Earlier, as far as it may be given back, or later and charged for. ${previewed}`,
    permission: 'subscriptions.expiry',
    body: expiryChange,
    examples: examplesOf(cast.shortenedSubscription, { end_on: '2026-03-20' }),
  }),
  convertTrial: route({
    ...command,
    operationId: 'convertTrial',
    path: '/subscriptions/{subscription_id}/convert',
    summary: 'Turn a trial into a paid subscription',
    description: `The same subscription on a full plan: from now on, from the end of the trial, or from a day before that. ${previewed}`,
    permission: 'subscriptions.convert',
    body: conversion,
    examples: examplesOf(cast.trialSubscription, { plan_id: cast.plan }),
  }),
  setSpecialPrices: route({
    ...command,
    operationId: 'setSpecialPrices',
    path: '/subscriptions/{subscription_id}/special-prices',
    summary: 'Set special prices',
    description: `For what is left of the term, on an edge on which you or an account below sells. ${previewed}`,
    permission: 'subscriptions.prices',
    body: specialPrices,
    examples: examplesOf(cast.subscription, { prices: [{ mpn: 'HR-SEAT', unit_price: '18.5' }] }),
  }),
  moveItems: route({
    ...command,
    operationId: 'moveItems',
    path: '/subscriptions/{subscription_id}/move',
    summary: 'Move a part into another subscription',
    description: `Of the same customer; settled by the day on both sides. ${previewed}`,
    permission: 'subscriptions.move',
    body: move,
    examples: examplesOf(cast.subscription, {
      items: [{ mpn: 'HR-SEAT', quantity: 1 }],
      target_id: cast.otherSubscription,
    }),
  }),
  changeSubscriptionDetails: route({
    operationId: 'changeSubscriptionDetails',
    method: 'patch',
    path: '/subscriptions/{subscription_id}',
    tag,
    summary: 'Change how a subscription renews, and its attributes',
    description: `What is not named stays as it is; attributes are replaced as a whole. ${previewed}`,
    permission: 'subscriptions.details',
    params: ofSubscription,
    query: previewQuery,
    body: subscriptionDetails,
    answers: { 200: z.union([outcome, outcomePreview]) },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { subscription_id: cast.subscription },
        body: { auto_renewal: false, attributes: { cost_center: '4711' } },
        status: 200,
      },
    ],
  }),
  listIntents: route({
    operationId: 'listIntents',
    method: 'get',
    path: '/subscriptions/{subscription_id}/intents',
    tag,
    summary: 'List what is planned',
    description: 'Also what was planned and is over, with why; in the order in which it was planned.',
    permission: 'subscriptions.read',
    params: ofSubscription,
    query: z.strictObject({ ...pageQuery, status: intent.shape.status.optional() }),
    answers: { 200: page(intent) },
    examples: [{ as: 'distributor', params: { subscription_id: cast.subscription }, status: 200 }],
  }),
  getIntent: route({
    operationId: 'getIntent',
    method: 'get',
    path: '/subscriptions/{subscription_id}/intents/{intent_id}',
    tag,
    summary: 'Read something that is planned',
    permission: 'subscriptions.read',
    params: ofIntent,
    answers: { 200: intent },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { subscription_id: cast.subscription, intent_id: cast.intent }, status: 200 }],
  }),
  changeIntent: route({
    operationId: 'changeIntent',
    method: 'patch',
    path: '/subscriptions/{subscription_id}/intents/{intent_id}',
    tag,
    summary: 'Change something that is planned',
    description: `Its moment, or what it is about; the ETag is that of the intent. ${previewed}`,
    permission: 'subscriptions.intents',
    params: ofIntent,
    query: previewQuery,
    body: intentChange,
    answers: { 200: z.union([outcome, outcomePreview]) },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { subscription_id: cast.subscription, intent_id: cast.intent },
        body: { moment: { at: 'date', on: '2026-03-16' } },
        status: 200,
      },
    ],
  }),
  cancelIntent: route({
    operationId: 'cancelIntent',
    method: 'delete',
    path: '/subscriptions/{subscription_id}/intents/{intent_id}',
    tag,
    summary: 'Take back something that is planned',
    description: `It stays in the list as canceled. ${previewed}`,
    permission: 'subscriptions.intents',
    params: ofIntent,
    query: previewQuery,
    answers: { 200: z.union([outcome, outcomePreview]) },
    takesVersion: true,
    examples: [{ as: 'reseller', params: { subscription_id: cast.subscription, intent_id: cast.intent }, status: 200 }],
  }),
  getTimeline: route({
    operationId: 'getTimeline',
    method: 'get',
    path: '/subscriptions/{subscription_id}/timeline',
    tag,
    summary: 'What happened to a subscription',
    description: 'From its sale on, in the order of time: what, when, who and why, with its order and charges then.',
    permission: 'subscriptions.read',
    params: ofSubscription,
    query: z.strictObject(pageQuery),
    answers: { 200: page(timelineEntry) },
    examples: [{ as: 'reseller', params: { subscription_id: cast.subscription }, status: 200 }],
  }),
};
