import { newId } from '@tierline/kernel';
import type { PlanTerms, RateDraft, Resource, Vendor } from '../catalog/index.ts';
import {
  resourceKey,
  type ImportContext,
  type ImportState,
  type KnownPlan,
  type KnownProduct,
  type RowRefusal,
} from './import-state.ts';
import type { ImportRow, RowReason } from './row.ts';

/** The product of a plan: known, or new with what its rows say of it, perhaps with a new vendor. */
export type PlanProduct = {
  readonly product: KnownProduct;
  readonly isNew: boolean;
  readonly vendor: Vendor | undefined;
};

export function productOf(
  context: ImportContext,
  state: ImportState,
  rows: readonly ImportRow[],
  existing: KnownPlan | undefined,
): PlanProduct | { readonly reasons: readonly RowReason[] } {
  const [first] = rows;
  const known =
    existing === undefined
      ? state.products.get(first?.productCode ?? '')
      : state.productsById.get(existing.plan.productId);
  if (known !== undefined) return { product: known, isNew: false, vendor: undefined };
  const announced = state.announced.get(first?.productCode ?? '');
  if (announced?.productName === undefined || announced.productType === undefined) {
    const message = 'A product that is not there yet needs it, in one row of the file.';
    const reasons = ['product_name', 'product_type'].map((field) => ({ field, code: 'catalog.field_needed', message }));
    return { reasons };
  }
  const { vendorCode, productName, productType } = announced;
  const knownVendor = state.vendors.get(vendorCode);
  const vendor = knownVendor === undefined ? newVendor(context, announced) : undefined;
  const product: KnownProduct = {
    id: newId<'product'>(),
    rootId: context.rootId,
    vendorId: (knownVendor ?? vendor)!.id,
    vendorCode,
    code: announced.productCode,
    name: productName,
    type: productType,
    family: announced.productFamily ?? 'standard',
    serviceName: announced.serviceName ?? productName.slice(0, 100),
    unitTypes: [],
    dataCenters: [],
    parts: [],
    status: 'active',
    version: 1,
    createdAt: context.at.toString(),
  };
  return { product, isNew: true, vendor };
}

function newVendor(context: ImportContext, announced: ImportRow): Vendor {
  return {
    id: newId<'vendor'>(),
    rootId: context.rootId,
    code: announced.vendorCode,
    name: announced.vendorName ?? announced.vendorCode,
    provisioning: 'instant',
    webhookUrl: null,
    policies: {},
    version: 1,
    createdAt: context.at.toString(),
  };
}

/** The product with the unit and data center of the terms; unknown ones are added, as everything unknown is. */
export function widen(product: KnownProduct, terms: PlanTerms): KnownProduct {
  const { unitType, dataCenter } = terms;
  const hasUnit = product.unitTypes.includes(unitType);
  const hasCenter = dataCenter === null || product.dataCenters.includes(dataCenter);
  if (hasUnit && hasCenter) return product;
  return {
    ...product,
    unitTypes: hasUnit ? product.unitTypes : [...product.unitTypes, unitType],
    dataCenters: hasCenter ? product.dataCenters : [...product.dataCenters, dataCenter],
  };
}

/** Why a row's resource can't be had: it is new and would belong to another vendor than its product. */
export function resourceReason(state: ImportState, row: ImportRow, product: KnownProduct): RowReason | undefined {
  if (product.vendorCode === row.vendorCode || state.resources.has(resourceKey(row.vendorCode, row.mpn)))
    return undefined;
  const message = `The product ${product.code} is of the vendor ${product.vendorCode}, and ${row.vendorCode} has no resource ${row.mpn}.`;
  return { field: 'vendor_code', code: 'catalog.product_of_other_vendor', message };
}

export type NewResource = Resource & { readonly vendorCode: string; readonly serviceName: string };

export function newResource(
  context: ImportContext,
  product: KnownProduct,
  { mpn, name }: Pick<RateDraft, 'mpn' | 'name'>,
  unitType: string,
): NewResource {
  return {
    id: newId<'resource'>(),
    rootId: context.rootId,
    productId: product.id,
    vendorId: product.vendorId,
    vendorCode: product.vendorCode,
    mpn,
    name: name === undefined || name === '' ? mpn : name,
    unitType,
    version: 1,
    createdAt: context.at.toString(),
    serviceName: product.serviceName,
  };
}

/** What a file says of vendors and products that are there already, and differs: an import leaves them as they are. */
export function differences(state: ImportState, row: ImportRow, product: KnownProduct): RowRefusal[] {
  const vendor = state.vendors.get(row.vendorCode);
  const pairs: readonly (readonly [field: string, said: string | undefined, is: string | undefined])[] = [
    ['vendor_name', row.vendorName, vendor?.name],
    ['product_name', row.productName, product.name],
    ['product_type', row.productType, product.type],
    ['product_family', row.productFamily, product.family],
    ['service_name', row.serviceName, product.serviceName],
  ];
  return pairs.flatMap(([field, said, is]) =>
    said === undefined || is === undefined || said === is
      ? []
      : [
          {
            line: row.line,
            field,
            code: 'catalog.left_as_it_is',
            message: `It is ${is} and stays so: an import adds vendors and products, and changes none.`,
          },
        ],
  );
}
