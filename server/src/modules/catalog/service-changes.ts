import {
  invalid,
  notFound,
  versionMismatch,
  type AccountId,
  type ProductId,
  type ResourceId,
  type VendorId,
} from '@tierline/kernel';
import { eventName, eventNames, type Cause } from '../../platform/db/index.ts';
import { recordFormerName, type Account } from '../accounts/index.ts';
import { parsePolicyDocument } from '../policies/index.ts';
import type { Product, Resource, Vendor } from './catalog.ts';
import { repeatable, webhookSecretContext, writeCatalog, type CatalogDependencies } from './service-shared.ts';
import { updateProduct, updateResource, updateVendor } from './store.ts';
import { selectProduct, selectResource, selectVendor } from './store-lists.ts';

/** What stays as it is is left out. `expectedVersion`: refused when the thing is of another one by now. */
type Change<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined } & {
  readonly expectedVersion?: number | undefined;
};

export type VendorChange = Change<
  Pick<Vendor, 'name' | 'provisioning' | 'webhookUrl' | 'policies'> & { readonly webhookSecret: string }
>;
export type ProductChange = Change<Pick<Product, 'name' | 'serviceName' | 'status' | 'unitTypes' | 'dataCenters'>>;
export type ResourceChange = Change<Pick<Resource, 'name'>>;

/**
 * Changes of what the provider of a channel has to sell. Rates of plan versions keep the names that they were made
 * with; what of a product and a vendor counts for what is sold already (status, provisioning, policies) counts at once.
 */
export function changesService(dependencies: CatalogDependencies) {
  const { db, secrets } = dependencies;

  async function changeVendor(cause: Cause, account: Account, id: VendorId, wanted: VendorChange): Promise<Vendor> {
    const { expectedVersion, webhookSecret, ...fields } = wanted;
    const current = owned(account.rootId, await selectVendor(db, id), 'vendor', expectedVersion);
    const { policies } = fields;
    const given = definedOnly({ ...fields, ...(policies && { policies: parsePolicyDocument(policies) }) });
    const changed: Vendor = { ...current, ...given, version: current.version + 1 };
    if (changed.provisioning === 'webhook' && changed.webhookUrl === null) throw urlNeeded();
    const sealed = webhookSecret === undefined ? undefined : secrets.encrypt(webhookSecret, webhookSecretContext(id));
    const names = [...Object.keys(given), ...(webhookSecret === undefined ? [] : ['webhookSecret'])].map(eventName);
    // Neither the secret nor the address of the webhook, which may hold one, is kept in what happened.
    const { webhookUrl: _, ...shown } = given;
    return writeCatalog(dependencies, {
      cause,
      of: account.rootId,
      subjectId: id,
      answer: changed,
      writes: [{ run: updateVendor(db, changed, sealed), expect: 1, otherwise: versionMismatch('vendor') }],
      events: [
        {
          ownerId: account.rootId,
          type: 'vendor.changed',
          subjectKind: 'vendor',
          subjectId: id,
          data: { changed: names, ...eventNames(shown) },
        },
      ],
    });
  }

  async function changeProduct(cause: Cause, account: Account, id: ProductId, wanted: ProductChange): Promise<Product> {
    const { expectedVersion, ...fields } = wanted;
    const current = owned(account.rootId, await selectProduct(db, id), 'product', expectedVersion);
    const given = definedOnly(fields);
    const changed: Product = { ...current, ...given, version: current.version + 1 };
    return writeCatalog(dependencies, {
      cause,
      of: account.rootId,
      subjectId: id,
      answer: changed,
      writes: [
        { run: updateProduct(db, changed), expect: 1, otherwise: versionMismatch('product') },
        ...recordFormerName(account.rootId, id, cause.at.toString(), { was: current, is: changed }),
      ],
      events: [
        {
          ownerId: account.rootId,
          type: 'product.changed',
          subjectKind: 'product',
          subjectId: id,
          data: eventNames(given),
        },
      ],
    });
  }

  async function changeResource(
    cause: Cause,
    account: Account,
    id: ResourceId,
    wanted: ResourceChange,
  ): Promise<Resource> {
    const { expectedVersion, ...fields } = wanted;
    const current = owned(account.rootId, await selectResource(db, id), 'resource', expectedVersion);
    const given = definedOnly(fields);
    const changed: Resource = { ...current, ...given, version: current.version + 1 };
    return writeCatalog(dependencies, {
      cause,
      of: account.rootId,
      subjectId: id,
      answer: changed,
      writes: [{ run: updateResource(db, changed), expect: 1, otherwise: versionMismatch('resource') }],
      events: [
        {
          ownerId: account.rootId,
          type: 'resource.changed',
          subjectKind: 'resource',
          subjectId: id,
          data: eventNames(given),
        },
      ],
    });
  }

  return {
    changeVendor: repeatable(db, changeVendor),
    changeProduct: repeatable(db, changeProduct),
    changeResource: repeatable(db, changeResource),
  };
}

/** The thing, when it is of this channel and of the version that the change is for. */
function owned<Thing extends { readonly rootId: AccountId; readonly version: number }>(
  rootId: AccountId,
  thing: Thing | undefined,
  what: 'vendor' | 'product' | 'resource',
  expectedVersion: number | undefined,
): Thing {
  if (thing?.rootId !== rootId) throw notFound(what);
  if (expectedVersion !== undefined && expectedVersion !== thing.version) throw versionMismatch(what, thing.version);
  return thing;
}

function definedOnly<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };
}

function urlNeeded() {
  return invalid([
    {
      code: 'catalog.webhook_url_needed',
      field: 'webhook_url',
      message: 'Provisioning by webhook needs a URL. Give one, or choose another way of provisioning.',
    },
  ]);
}
