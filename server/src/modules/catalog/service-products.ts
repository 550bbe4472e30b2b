import { newId, notFound, TierlineError } from '@tierline/kernel';
import type { Cause } from '../../platform/db/index.ts';
import type { Account } from '../accounts/index.ts';
import { parsePolicyDocument } from '../policies/index.ts';
import type { Product, Resource, Vendor } from './catalog.ts';
import {
  repeatable,
  webhookSecretContext,
  writeCatalog,
  type CatalogDependencies,
  type CatalogWrite,
} from './service-shared.ts';
import { insertCodes, insertProduct, insertResource, insertSuiteParts, insertVendor } from './store.ts';
import { selectProduct, selectProductsById, selectVendor } from './store-lists.ts';

export type NewVendor = Pick<Vendor, 'code' | 'name' | 'provisioning' | 'webhookUrl'> & {
  /** None when not given: the engine's defaults hold. */
  readonly policies?: Vendor['policies'];
  /** Signs requests to the webhook; stored encrypted, since it has to be used again. */
  readonly webhookSecret?: string | null;
};
export type NewProduct = Omit<Product, 'id' | 'rootId' | 'status' | 'version' | 'createdAt'>;
export type NewResource = Pick<Resource, 'productId' | 'mpn' | 'name' | 'unitType'>;
const taken = (code: string, field: string, message: string) => new TierlineError(code, 'conflict', message, { field });

/** What the provider of a channel has to sell: vendors, products, resources, and the codes they are described with. */
export function productsService(dependencies: CatalogDependencies) {
  const { db, secrets } = dependencies;
  const write = <Answer>(work: CatalogWrite<Answer>) => writeCatalog(dependencies, work);

  async function createVendor(cause: Cause, account: Account, facts: NewVendor): Promise<Vendor> {
    const { webhookSecret = null, policies = {}, ...rest } = facts;
    const vendor: Vendor = {
      ...rest,
      policies: parsePolicyDocument(policies),
      id: newId<'vendor'>(),
      rootId: account.rootId,
      version: 1,
      createdAt: cause.at.toString(),
    };
    const sealed = webhookSecret === null ? null : secrets.encrypt(webhookSecret, webhookSecretContext(vendor.id));
    return write({
      cause,
      of: account.rootId,
      subjectId: vendor.id,
      answer: vendor,
      writes: [{ run: insertVendor(db, vendor, sealed), expect: 1 }],
      events: [
        {
          ownerId: account.rootId,
          type: 'vendor.created',
          subjectKind: 'vendor',
          subjectId: vendor.id,
          data: { code: vendor.code },
        },
      ],
      constraints: {
        vendors_root_id_code_key: taken('catalog.vendor_exists', 'code', `There is a vendor ${vendor.code} already.`),
      },
    });
  }

  async function createProduct(cause: Cause, account: Account, facts: NewProduct): Promise<Product> {
    const vendor = await selectVendor(db, facts.vendorId);
    if (vendor?.rootId !== account.rootId) throw notFound('vendor', 'vendor_id');
    const parts = await selectProductsById(db, facts.parts);
    for (const [index, id] of facts.parts.entries()) {
      const part = parts.find((candidate) => candidate.id === id);
      if (part?.rootId !== account.rootId) throw notFound('product', `parts.${index}`);
    }
    const product: Product = {
      ...facts,
      parts: [...new Set(facts.parts)],
      id: newId<'product'>(),
      rootId: account.rootId,
      status: 'active',
      version: 1,
      createdAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.rootId,
      subjectId: product.id,
      answer: product,
      writes: [
        { run: insertProduct(db, product), expect: 1 },
        ...(product.parts.length > 0 ? [{ run: insertSuiteParts(db, product), expect: product.parts.length }] : []),
      ],
      events: [
        {
          ownerId: account.rootId,
          type: 'product.created',
          subjectKind: 'product',
          subjectId: product.id,
          data: { code: product.code, name: product.name },
        },
      ],
      constraints: {
        products_root_id_code_key: taken(
          'catalog.product_exists',
          'code',
          `There is a product ${product.code} already.`,
        ),
        suite_parts_product_id_fkey: notFound('product', 'parts'),
      },
    });
  }

  async function createResource(cause: Cause, account: Account, facts: NewResource): Promise<Resource> {
    const product = await selectProduct(db, facts.productId);
    if (product?.rootId !== account.rootId) throw notFound('product', 'product_id');
    const resource: Resource = {
      ...facts,
      id: newId<'resource'>(),
      rootId: account.rootId,
      vendorId: product.vendorId,
      version: 1,
      createdAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.rootId,
      subjectId: resource.id,
      answer: resource,
      writes: [{ run: insertResource(db, resource), expect: 1 }],
      events: [
        {
          ownerId: account.rootId,
          type: 'resource.created',
          subjectKind: 'resource',
          subjectId: resource.id,
          data: { mpn: resource.mpn },
        },
      ],
      constraints: {
        resources_vendor_id_mpn_key: taken(
          'catalog.resource_exists',
          'mpn',
          `This vendor has a resource ${resource.mpn} already.`,
        ),
      },
    });
  }

  async function defineCodes(
    cause: Cause,
    account: Account,
    table: 'data_centers' | 'unit_types',
    codes: readonly { code: string; name: string }[],
  ) {
    return write({
      cause,
      of: account.rootId,
      subjectId: account.rootId,
      answer: codes,
      writes: [{ run: insertCodes(db, table, account.rootId, codes) }],
      events: [
        {
          ownerId: account.rootId,
          type: `${table}.defined`,
          subjectKind: 'account',
          subjectId: account.rootId,
          data: { codes },
        },
      ],
    });
  }

  return {
    createVendor: repeatable(db, createVendor),
    createProduct: repeatable(db, createProduct),
    createResource: repeatable(db, createResource),
    defineCodes: repeatable(db, defineCodes),
  };
}
