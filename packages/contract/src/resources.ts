import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, code, id, instant, name, page, pageQuery, text, version } from './wire.ts';

export const resource = z
  .strictObject({
    id: id('resource'),
    product_id: id('product'),
    vendor_id: id('vendor'),
    mpn: z.string().openapi({ description: 'Manufacturer part number, unique at its vendor.' }),
    name: z.string(),
    unit_type: z.string(),
    version,
    created_at: instant,
  })
  .openapi('Resource');
export type Resource = z.input<typeof resource>;

export const newResource = z
  .strictObject({ product_id: id('product'), mpn: text(100), name, unit_type: code(20) })
  .openapi('NewResource');

export const resourceChange = changes({
  name: name.optional().openapi({ description: 'For new plan versions; rates that exist keep theirs.' }),
}).openapi('ResourceChange');

const params = z.strictObject({ resource_id: id('resource') });
const tag = 'Resources';

export const resourceRoutes = {
  listResources: route({
    operationId: 'listResources',
    method: 'get',
    path: '/resources',
    tag,
    summary: 'List resources',
    permission: 'resources.read',
    query: z.strictObject({ ...pageQuery, product_id: id('product').optional(), mpn: text(100).optional() }),
    answers: { 200: page(resource) },
    examples: [{ as: 'provider', query: { product_id: cast.product }, status: 200 }],
  }),
  createResource: route({
    operationId: 'createResource',
    method: 'post',
    path: '/resources',
    tag,
    summary: 'Add a resource',
    permission: 'resources.write',
    body: newResource,
    answers: { 201: resource },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        body: { product_id: cast.product, mpn: 'HR-ARCHIVE', name: 'Mail archive', unit_type: 'U' },
        status: 201,
      },
    ],
  }),
  getResource: route({
    operationId: 'getResource',
    method: 'get',
    path: '/resources/{resource_id}',
    tag,
    summary: 'Read a resource',
    permission: 'resources.read',
    params,
    answers: { 200: resource },
    hasVersion: true,
    examples: [{ as: 'provider', params: { resource_id: cast.seat }, status: 200 }],
  }),
  changeResource: route({
    operationId: 'changeResource',
    method: 'patch',
    path: '/resources/{resource_id}',
    tag,
    summary: 'Change a resource',
    permission: 'resources.write',
    params,
    body: resourceChange,
    answers: { 200: resource },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        params: { resource_id: cast.seat },
        body: { name: 'Hosted mail, mailbox' },
        status: 200,
      },
    ],
  }),
};
