import {
  productRoutes,
  resourceRoutes,
  vendorRoutes,
  type Product as ShownProduct,
  type Resource as ShownResource,
  type Vendor as ShownVendor,
} from '@tierline/contract';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Product, Resource, Vendor } from './catalog.ts';
import type { CatalogBrowser } from './service-browse.ts';
import type { CatalogService } from './service.ts';

type Services = { readonly catalog: CatalogService; readonly browser: CatalogBrowser };

/** Vendors, products and resources: the provider makes them, everybody in its channel sees the first two. */
export function bindProducts(bind: Bind<Principal>, services: Services): void {
  bindVendors(bind, services);
  bindOwnProducts(bind, services);
  bindResources(bind, services);
  bindCodes(bind, services);
}

function bindVendors(bind: Bind<Principal>, { catalog, browser }: Services): void {
  bind(vendorRoutes.listVendors, async ({ caller, query }) => {
    const page = { after: afterId<'vendor'>(query), limit: query.limit + 1 };
    const vendors = await browser.vendors(caller.node.account.rootId, page);
    return ok(pageById(vendors, query, (vendor) => showVendor(vendor, caller)));
  });

  bind(vendorRoutes.createVendor, async ({ caller, body, cause }) => {
    const { code, name, provisioning, webhook_url: webhookUrl, webhook_secret: webhookSecret, policies } = body;
    const facts = given({ code, name, provisioning, webhookUrl, webhookSecret, policies });
    const vendor = await catalog.createVendor(cause, caller.node.account, facts);
    return created(showVendor(vendor, caller), vendor.version);
  });

  bind(vendorRoutes.getVendor, async ({ caller, params }) => {
    const vendor = await browser.vendor(caller.node.account.rootId, params.vendor_id);
    return ok(showVendor(vendor, caller), vendor.version);
  });

  bind(vendorRoutes.changeVendor, async ({ caller, params, body, cause, expectedVersion }) => {
    const { name, provisioning, webhook_url: webhookUrl, webhook_secret: webhookSecret, policies } = body;
    const wanted = { name, provisioning, webhookUrl, webhookSecret, policies, expectedVersion };
    const vendor = await catalog.changeVendor(cause, caller.node.account, params.vendor_id, wanted);
    return ok(showVendor(vendor, caller), vendor.version);
  });
}

function bindOwnProducts(bind: Bind<Principal>, { catalog, browser }: Services): void {
  bind(productRoutes.listProducts, async ({ caller, query }) => {
    const { code, vendor_id: vendorId, limit } = query;
    const page = { code, vendorId, after: afterId<'product'>(query), limit: limit + 1 };
    return ok(pageById(await browser.products(caller.node.account.rootId, page), query, showProduct));
  });

  bind(productRoutes.createProduct, async ({ caller, body, cause }) => {
    const product = await catalog.createProduct(cause, caller.node.account, {
      vendorId: body.vendor_id,
      code: body.code,
      name: body.name,
      type: body.type,
      family: body.family,
      serviceName: body.service_name,
      unitTypes: body.unit_types,
      dataCenters: body.data_centers,
      parts: body.parts,
    });
    return created(showProduct(product), product.version);
  });

  bind(productRoutes.getProduct, async ({ caller, params }) => {
    const product = await browser.product(caller.node.account.rootId, params.product_id);
    return ok(showProduct(product), product.version);
  });

  bind(productRoutes.changeProduct, async ({ caller, params, body, cause, expectedVersion }) => {
    const { name, service_name: serviceName, status, unit_types: unitTypes, data_centers: dataCenters } = body;
    const wanted = { name, serviceName, status, unitTypes, dataCenters, expectedVersion };
    const product = await catalog.changeProduct(cause, caller.node.account, params.product_id, wanted);
    return ok(showProduct(product), product.version);
  });
}

function bindResources(bind: Bind<Principal>, { catalog, browser }: Services): void {
  bind(resourceRoutes.listResources, async ({ caller, query }) => {
    const { product_id: productId, mpn, limit } = query;
    const page = { productId, mpn, after: afterId<'resource'>(query), limit: limit + 1 };
    return ok(pageById(await browser.resources(caller.node.account.rootId, page), query, showResource));
  });

  bind(resourceRoutes.createResource, async ({ caller, body, cause }) => {
    const { product_id: productId, mpn, name, unit_type: unitType } = body;
    const resource = await catalog.createResource(cause, caller.node.account, { productId, mpn, name, unitType });
    return created(showResource(resource), resource.version);
  });

  bind(resourceRoutes.getResource, async ({ caller, params }) => {
    const resource = await browser.resource(caller.node.account.rootId, params.resource_id);
    return ok(showResource(resource), resource.version);
  });

  bind(resourceRoutes.changeResource, async ({ caller, params, body, cause, expectedVersion }) => {
    const wanted = { name: body.name, expectedVersion };
    const resource = await catalog.changeResource(cause, caller.node.account, params.resource_id, wanted);
    return ok(showResource(resource), resource.version);
  });
}

function bindCodes(bind: Bind<Principal>, { catalog, browser }: Services): void {
  bind(productRoutes.listUnitTypes, async ({ caller }) =>
    ok({ data: await browser.codes(caller.node.account.rootId, 'unit_types') }),
  );
  bind(productRoutes.listDataCenters, async ({ caller }) =>
    ok({ data: await browser.codes(caller.node.account.rootId, 'data_centers') }),
  );
  bind(productRoutes.defineUnitTypes, async ({ caller, body, cause }) => {
    const defined = await catalog.defineCodes(cause, caller.node.account, 'unit_types', body.unit_types);
    return ok({ data: [...defined] });
  });
  bind(productRoutes.defineDataCenters, async ({ caller, body, cause }) => {
    const defined = await catalog.defineCodes(cause, caller.node.account, 'data_centers', body.data_centers);
    return ok({ data: [...defined] });
  });
}

/** Where a vendor is told what was sold is between it and the provider, so nobody else sees the address. */
function showVendor(vendor: Vendor, { node }: Principal): ShownVendor {
  const { id, code, name, provisioning, policies, version, createdAt } = vendor;
  const webhookUrl = node.account.id === node.account.rootId ? vendor.webhookUrl : null;
  return { id, code, name, provisioning, webhook_url: webhookUrl, policies, version, created_at: createdAt };
}

function showProduct(product: Product): ShownProduct {
  return {
    id: product.id,
    vendor_id: product.vendorId,
    code: product.code,
    name: product.name,
    type: product.type,
    family: product.family,
    service_name: product.serviceName,
    unit_types: [...product.unitTypes],
    data_centers: [...product.dataCenters],
    parts: [...product.parts],
    status: product.status,
    version: product.version,
    created_at: product.createdAt,
  };
}

function showResource(resource: Resource): ShownResource {
  return {
    id: resource.id,
    product_id: resource.productId,
    vendor_id: resource.vendorId,
    mpn: resource.mpn,
    name: resource.name,
    unit_type: resource.unitType,
    version: resource.version,
    created_at: resource.createdAt,
  };
}
