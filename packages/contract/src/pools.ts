import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { licenseVersion } from './plans.ts';
import { route } from './route.ts';
import { id, units } from './wire.ts';

export const pool = z
  .strictObject({
    account_id: id('account'),
    product_id: id('product'),
    license_version: licenseVersion,
    available: z.string().openapi({ description: 'Units that can still be handed out.' }),
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
};
