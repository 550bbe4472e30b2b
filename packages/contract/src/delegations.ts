import { z } from '@hono/zod-openapi';
import { priceFloor } from './accounts.ts';
import { cast } from './cast.ts';
import { impact, impactQuery } from './impact.ts';
import { route } from './route.ts';
import { id, instant, longText, name, page, pageQuery, version } from './wire.ts';

export const delegation = z
  .strictObject({
    account_id: id('account', 'Who has the plan.'),
    plan_id: id('plan'),
    status: z.enum(['active', 'revoked']),
    name: z.string().nullable().openapi({ description: "What it shows its own buyers instead of the plan's name." }),
    short_description: z.string().nullable(),
    price_floor: priceFloor,
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Delegation');
export type Delegation = z.input<typeof delegation>;

const params = z.strictObject({ account_id: id('account'), plan_id: id('plan') });
const tag = 'Delegations';

export const delegationRoutes = {
  listDelegations: route({
    operationId: 'listDelegations',
    method: 'get',
    path: '/delegations',
    tag,
    summary: 'List delegations',
    description: 'Which plans an account has passed on to those directly below it, revoked ones too.',
    permission: 'delegations.read',
    query: z.strictObject({
      ...pageQuery,
      seller_id: id('account', 'Who passed them on; you when not given.').optional(),
      account_id: id('account', 'Who has them.').optional(),
      plan_id: id('plan').optional(),
    }),
    answers: { 200: page(delegation) },
    examples: [{ as: 'distributor', query: { account_id: cast.reseller }, status: 200 }],
  }),
  putDelegation: route({
    operationId: 'putDelegation',
    method: 'put',
    path: '/accounts/{account_id}/delegations/{plan_id}',
    tag,
    summary: 'Delegate a plan',
    description:
      'Passes a plan on from the seller of the account, which must have it, or changes what was passed on. The body replaces all that was said before.',
    permission: 'delegations.write',
    params,
    body: z.strictObject({
      name: name.nullable().default(null),
      short_description: longText(500).nullable().default(null),
      price_floor: priceFloor.default('none'),
    }),
    answers: { 200: delegation },
    hasVersion: true,
    examples: [
      {
        as: 'distributor',
        params: { account_id: cast.reseller, plan_id: cast.plan },
        body: { price_floor: 'cost' },
        status: 200,
      },
    ],
  }),
  revokeDelegation: route({
    operationId: 'revokeDelegation',
    method: 'delete',
    path: '/accounts/{account_id}/delegations/{plan_id}',
    tag,
    summary: 'Revoke a delegation',
    description:
      'The account and those below it sell the plan no more. Subscriptions to it stay as they are; what becomes of them at the end of their term is a policy. With preview=true nothing is stored, and the answer tells that of each.',
    permission: 'delegations.write',
    params,
    query: impactQuery,
    answers: { 200: z.union([delegation, impact]) },
    hasVersion: true,
    examples: [
      { as: 'distributor', params: { account_id: cast.branch, plan_id: cast.plan }, status: 200 },
      {
        as: 'distributor',
        params: { account_id: cast.reseller, plan_id: cast.plan },
        query: { preview: 'true', limit: '1' },
        status: 200,
      },
    ],
  }),
};
