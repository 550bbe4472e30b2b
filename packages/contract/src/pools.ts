import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { licenseVersion } from './plans.ts';
import { route } from './route.ts';
import { id, units, unitsOrNone } from './wire.ts';

export const pool = z
  .strictObject({
    account_id: id('account'),
    product_id: id('product'),
    license_version: licenseVersion,
    available: z.string().openapi({ description: 'Units that can still be handed out or sold.' }),
    owed: z.string().openapi({
      description:
        'Units that had to be taken when none were left, because a vendor refused what had given them back. What comes next pays them off.',
    }),
    status: z.enum(['ok', 'low']).openapi({ description: 'low: fewer units than the minimum.' }),
    refill: z.enum(['minted', 'parent']).openapi({
      description:
        "Where the units of a refill come from. minted: they are new, a step at a time. parent: out of the parent's pool, up to the maximum.",
    }),
    refill_step: z.string().openapi({ description: 'New units of one refill.' }),
    auto_refill_below: z.string().openapi({
      description: 'When fewer units are left, one and a half times this number are issued by themselves; 0: never.',
    }),
    may_refill: z.boolean().openapi({ description: 'Whether its account may refill it.' }),
    maximum: z.string().openapi({ description: "Up to how many units it is refilled from the parent's pool." }),
    minimum: z.string().openapi({ description: 'Below it the pool is low; nothing else follows.' }),
  })
  .openapi('Pool');
export type Pool = z.input<typeof pool>;

export const unitsMoved = z
  .strictObject({
    account_id: id('account', 'Who has them now.'),
    product_id: id('product'),
    license_version: licenseVersion,
    units: z.string(),
  })
  .openapi('UnitsMoved');

export const poolSettings = z
  .strictObject({
    account_id: id('account', 'Yours when not given; else one directly below you.').optional(),
    product_id: id('product'),
    license_version: licenseVersion.default('full'),
    may_refill: z.boolean().optional().openapi({ description: 'Set by the parent.' }),
    maximum: unitsOrNone.optional().openapi({ description: 'Set by the parent, below tier one.' }),
    refill_step: units.optional().openapi({ description: 'Set by the parent, for tier one; by a root for itself.' }),
    auto_refill_below: unitsOrNone
      .optional()
      .openapi({ description: 'Set by the account itself, at a root or at tier one; 0 turns it off.' }),
    minimum: unitsOrNone.optional().openapi({ description: 'Set by the account itself.' }),
  })
  .openapi('PoolSettings');

const wanted = { product_id: id('product'), license_version: licenseVersion.default('full'), units };
const tag = 'License pools';

export const poolRoutes = {
  listPools: route({
    operationId: 'listPools',
    method: 'get',
    path: '/pools',
    tag,
    summary: 'List license pools',
    permission: 'pools.read',
    query: z.strictObject({ account_id: id('account', 'Whose; yours when not given.').optional() }),
    answers: { 200: z.strictObject({ data: z.array(pool) }) },
    examples: [{ as: 'distributor', status: 200 }],
  }),
  mintUnits: route({
    operationId: 'mintUnits',
    method: 'post',
    path: '/pools/mint',
    tag,
    summary: 'Put new licenses into the own pool',
    permission: 'pools.mint',
    body: z.strictObject(wanted),
    answers: { 200: unitsMoved },
    examples: [{ as: 'provider', body: { product_id: cast.product, units: 500 }, status: 200 }],
  }),
  assignUnits: route({
    operationId: 'assignUnits',
    method: 'post',
    path: '/pools/assign',
    tag,
    summary: 'Assign licenses',
    description: 'Moves units from your pool into that of an account directly below.',
    permission: 'pools.assign',
    body: z.strictObject({ account_id: id('account'), ...wanted }),
    answers: { 200: unitsMoved },
    examples: [
      { as: 'provider', body: { account_id: cast.distributor, product_id: cast.product, units: '25' }, status: 200 },
    ],
  }),
  setPool: route({
    operationId: 'setPool',
    method: 'post',
    path: '/pools/settings',
    tag,
    summary: 'Set how a license pool is refilled',
    description: 'What is not given stays as it is. A pool that does not exist yet is made, with no units.',
    permission: 'pools.set',
    body: poolSettings,
    answers: { 200: pool },
    examples: [
      {
        as: 'provider',
        body: { account_id: cast.distributor, product_id: cast.product, may_refill: true, refill_step: 250 },
        status: 200,
      },
    ],
  }),
  refillPool: route({
    operationId: 'refillPool',
    method: 'post',
    path: '/pools/refill',
    tag,
    summary: 'Refill a license pool',
    description:
      "Your own pool: at a root and at tier one a step of new units is issued, below it is filled up to its maximum from your parent's pool. Your parent account has to allow it.",
    permission: 'pools.refill',
    body: z.strictObject({ product_id: id('product'), license_version: licenseVersion.default('full') }),
    answers: { 200: unitsMoved },
    examples: [{ as: 'provider', body: { product_id: cast.product }, status: 200 }],
  }),
};
