import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, code, distinct, id, instant, name, page, pageQuery, text, version } from './wire.ts';

export const productType = z.enum(['saas', 'software', 'suite']);
export const productFamily = z.enum(['standard', 'vision_one']);
export const productStatus = z.enum(['active', 'end_of_sale', 'end_of_life']);
const productCode = z
  .string()
  .regex(/^[A-Z0-9]{9}$/)
  .openapi({ description: 'Nine capital letters and digits.' });

export const product = z
  .strictObject({
    id: id('product'),
    vendor_id: id('vendor'),
    code: z.string(),
    name: z.string(),
    type: productType,
    family: productFamily,
    service_name: z.string(),
    unit_types: z.array(z.string()),
    data_centers: z.array(z.string()),
    parts: z.array(id('product')).openapi({ description: 'What a suite is made of.' }),
    status: productStatus,
    version,
    created_at: instant,
  })
  .openapi('Product');
export type Product = z.input<typeof product>;

const facts = {
  name,
  service_name: text(100),
  unit_types: distinct(code(20), { min: 1, max: 50 }, (unit) => unit),
  data_centers: distinct(code(20), { max: 50 }, (center) => center),
};

export const newProduct = z
  .strictObject({
    vendor_id: id('vendor'),
    code: productCode,
    name: facts.name,
    type: productType,
    family: productFamily.default('standard'),
    service_name: facts.service_name,
    unit_types: facts.unit_types,
    data_centers: facts.data_centers.default([]),
    parts: distinct(id('product'), { max: 50 }, (part) => part).default([]),
  })
  .refine((wanted) => wanted.type === 'suite' || wanted.parts.length === 0, {
    path: ['parts'],
    message: 'parts are expected of a suite only',
  })
  .openapi('NewProduct');

export const productChange = changes({
  name: facts.name.optional(),
  service_name: facts.service_name.optional().openapi({ description: 'For new plan versions; others keep theirs.' }),
  status: productStatus.optional().openapi({ description: 'Only an active product is sold.' }),
  unit_types: facts.unit_types.optional().openapi({ description: 'All of them; for new plan versions.' }),
  data_centers: facts.data_centers.optional().openapi({ description: 'All of them; for new plan versions.' }),
}).openapi('ProductChange');

/** A unit type or a data center. */
export const catalogCode = z.strictObject({ code: z.string(), name: z.string() }).openapi('CatalogCode');
const newCodes = distinct(z.strictObject({ code: code(20), name }), { min: 1, max: 200 }, (each) => each.code);

const params = z.strictObject({ product_id: id('product') });
const tag = 'Products';

export const productRoutes = {
  listProducts: route({
    operationId: 'listProducts',
    method: 'get',
    path: '/products',
    tag,
    summary: 'List products',
    permission: 'products.read',
    query: z.strictObject({ ...pageQuery, code: text(20).optional(), vendor_id: id('vendor').optional() }),
    answers: { 200: page(product) },
    examples: [{ as: 'reseller', query: { vendor_id: cast.vendor }, status: 200 }],
  }),
  createProduct: route({
    operationId: 'createProduct',
    method: 'post',
    path: '/products',
    tag,
    summary: 'Add a product',
    permission: 'products.write',
    body: newProduct,
    answers: { 201: product },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        body: {
          vendor_id: cast.vendor,
          code: 'CINDER001',
          name: 'Cinder Backup',
          type: 'saas',
          service_name: 'BACKUP',
          unit_types: ['U'],
        },
        status: 201,
      },
    ],
  }),
  getProduct: route({
    operationId: 'getProduct',
    method: 'get',
    path: '/products/{product_id}',
    tag,
    summary: 'Read a product',
    permission: 'products.read',
    params,
    answers: { 200: product },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { product_id: cast.product }, status: 200 }],
  }),
  changeProduct: route({
    operationId: 'changeProduct',
    method: 'patch',
    path: '/products/{product_id}',
    tag,
    summary: 'Change a product',
    description: 'What is not named stays as it is. Plan versions that exist keep what they were made with.',
    permission: 'products.write',
    params,
    body: productChange,
    answers: { 200: product },
    hasVersion: true,
    examples: [
      {
        as: 'provider',
        params: { product_id: cast.product },
        body: { name: 'Hosted Mail and Calendar' },
        status: 200,
      },
    ],
  }),
  listUnitTypes: route({
    operationId: 'listUnitTypes',
    method: 'get',
    path: '/unit-types',
    tag,
    summary: 'List unit types',
    permission: 'products.read',
    answers: { 200: z.strictObject({ data: z.array(catalogCode) }) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  defineUnitTypes: route({
    operationId: 'defineUnitTypes',
    method: 'put',
    path: '/unit-types',
    tag,
    summary: 'Define unit types',
    description: 'Adds those that are new and renames those that exist; others stay.',
    permission: 'products.write',
    body: z.strictObject({ unit_types: newCodes }),
    answers: { 200: z.strictObject({ data: z.array(catalogCode) }) },
    examples: [{ as: 'provider', body: { unit_types: [{ code: 'U', name: 'User' }] }, status: 200 }],
  }),
  listDataCenters: route({
    operationId: 'listDataCenters',
    method: 'get',
    path: '/data-centers',
    tag,
    summary: 'List data centers',
    permission: 'products.read',
    answers: { 200: z.strictObject({ data: z.array(catalogCode) }) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  defineDataCenters: route({
    operationId: 'defineDataCenters',
    method: 'put',
    path: '/data-centers',
    tag,
    summary: 'Define data centers',
    description: 'Adds those that are new and renames those that exist; others stay.',
    permission: 'products.write',
    body: z.strictObject({ data_centers: newCodes }),
    answers: { 200: z.strictObject({ data: z.array(catalogCode) }) },
    examples: [{ as: 'provider', body: { data_centers: [{ code: 'eu-1', name: 'Frankfurt' }] }, status: 200 }],
  }),
};
