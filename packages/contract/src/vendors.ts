import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { policyDocument } from './policies.ts';
import { route } from './route.ts';
import { changes, code, id, instant, name, page, pageQuery, url, version } from './wire.ts';

export const provisioning = z
  .enum(['instant', 'webhook', 'manual'])
  .openapi({ description: 'How what is sold comes into being.' });

const said = 'What holds for subscriptions to its products, where a plan version says nothing else.';
const webhookSecret = z
  .string()
  .min(16)
  .max(200)
  .optional()
  .openapi({ description: 'Signs the requests to the webhook; shown to nobody.' });

export const vendor = z
  .strictObject({
    id: id('vendor'),
    code: z.string(),
    name: z.string(),
    provisioning,
    webhook_url: z.string().nullable().openapi({ description: 'Shown to the provider only.' }),
    policies: policyDocument.openapi({ description: said }),
    version,
    created_at: instant,
  })
  .openapi('Vendor');
export type Vendor = z.input<typeof vendor>;

export const newVendor = z
  .strictObject({
    code: code(50),
    name,
    provisioning: provisioning.default('instant'),
    webhook_url: url.nullable().default(null).openapi({ description: 'Needed for provisioning by webhook.' }),
    webhook_secret: webhookSecret,
    policies: policyDocument.optional().openapi({ description: said }),
  })
  .refine((wanted) => wanted.provisioning !== 'webhook' || wanted.webhook_url !== null, {
    path: ['webhook_url'],
    message: 'a URL is expected for provisioning by webhook',
  })
  .openapi('NewVendor');

export const vendorChange = changes({
  name: name.optional(),
  provisioning: provisioning.optional(),
  webhook_url: url.nullable().optional(),
  webhook_secret: webhookSecret,
  policies: policyDocument.optional().openapi({ description: 'Replaces what it said before, as a whole.' }),
}).openapi('VendorChange');

const params = z.strictObject({ vendor_id: id('vendor') });
const tag = 'Vendors';

export const vendorRoutes = {
  listVendors: route({
    operationId: 'listVendors',
    method: 'get',
    path: '/vendors',
    tag,
    summary: 'List vendors',
    permission: 'vendors.read',
    query: z.strictObject(pageQuery),
    answers: { 200: page(vendor) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createVendor: route({
    operationId: 'createVendor',
    method: 'post',
    path: '/vendors',
    tag,
    summary: 'Add a vendor',
    permission: 'vendors.write',
    body: newVendor,
    answers: { 201: vendor },
    hasVersion: true,
    examples: [{ as: 'provider', body: { code: 'cinderwick', name: 'Cinderwick Software' }, status: 201 }],
  }),
  getVendor: route({
    operationId: 'getVendor',
    method: 'get',
    path: '/vendors/{vendor_id}',
    tag,
    summary: 'Read a vendor',
    permission: 'vendors.read',
    params,
    answers: { 200: vendor },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { vendor_id: cast.vendor }, status: 200 }],
  }),
  changeVendor: route({
    operationId: 'changeVendor',
    method: 'patch',
    path: '/vendors/{vendor_id}',
    tag,
    summary: 'Change a vendor',
    description:
      'What is not named stays as it is. Policies and the way of provisioning count at once, also for what is sold already.',
    permission: 'vendors.write',
    params,
    body: vendorChange,
    answers: { 200: vendor },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        params: { vendor_id: cast.vendor },
        body: { policies: { preset: 'microsoft_like', renewal: { price: 'guarded', guard_percent: '5' } } },
        status: 200,
      },
    ],
  }),
};
