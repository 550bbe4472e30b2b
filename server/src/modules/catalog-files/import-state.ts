import type { AccountId, ProductId, RateId, ResourceId, Temporal } from '@tierline/kernel';
import type { Plan, PlanTerms, Product, Rate, Resource, Vendor } from '../catalog/index.ts';
import type { PriceEntry, PriceList } from '../pricing/index.ts';
import type { ImportRow, RowReason } from './row.ts';

export type ImportOptions = {
  /** Says what would happen and stores nothing. */
  readonly preview: boolean;
  /** What happens to rates that the file does not name, of plans that it does. */
  readonly missing: 'remove' | 'keep';
  /** Price list for rows that name none; undefined: the account's list for everybody. */
  readonly priceList: string | undefined;
};

/** For whom a file is imported, and on which day. */
export type ImportContext = {
  readonly accountId: AccountId;
  readonly rootId: AccountId;
  readonly currency: string;
  readonly at: Temporal.Instant;
  /** The account's civil date at `at`. */
  readonly today: string;
  readonly options: ImportOptions;
};

/** All rows of the file that name one plan, in the order of their lines. */
export type PlanRows = {
  readonly planName: string;
  readonly rows: readonly ImportRow[];
  /** Some row of this plan was refused, or a row that may have been one of it: then no rate is removed. */
  readonly isPartial: boolean;
  /** More rows than a plan may have; `rows` are then not all of them. */
  readonly isTooLarge: boolean;
};

export type KnownVendor = Pick<Vendor, 'id' | 'code' | 'name'>;
export type KnownProduct = Product & { readonly vendorCode: string };
export type KnownResource = {
  readonly id: ResourceId;
  readonly vendorCode: string;
  readonly mpn: string;
  readonly name: string;
  readonly serviceName: string;
};

/** A plan as it stands, with what its current version says; a draft that was never published has no terms. */
export type KnownPlan = {
  readonly plan: Plan;
  readonly versionMax: number;
  readonly terms: PlanTerms | undefined;
  readonly rates: readonly Rate[];
  /** Rates of earlier versions by MPN: one that comes back keeps its id and number. */
  readonly earlier: ReadonlyMap<string, { readonly rateId: RateId; readonly number: string }>;
};

/** What of the catalog concerns a batch of plans. Grows by what the plans of the batch add. */
export type ImportState = {
  readonly vendors: Map<string, KnownVendor>;
  readonly products: Map<string, KnownProduct>;
  readonly productsById: Map<ProductId, KnownProduct>;
  /** For products that are not there: the first row of the file that says what they are. */
  readonly announced: ReadonlyMap<string, ImportRow>;
  readonly resources: Map<string, KnownResource>;
  readonly plans: ReadonlyMap<string, KnownPlan>;
  readonly lists: PriceList[];
  /** Explicit prices by target. */
  readonly entries: ReadonlyMap<string, readonly PriceEntry[]>;
};

export const resourceKey = (vendorCode: string, mpn: string): string => `${vendorCode}\n${mpn}`;

export type RowRefusal = RowReason & { readonly line: number };

/** A version of a plan that is to be stored. Numbers are empty where the thing is new: the service gives them. */
export type NewPlanVersion = {
  readonly plan: Plan;
  readonly isNew: boolean;
  readonly version: number;
  readonly terms: PlanTerms;
  readonly rates: readonly Rate[];
};

/** What one plan's rows come to. */
export type PlanDecision = {
  readonly refusals: readonly RowRefusal[];
  readonly warnings: readonly RowRefusal[];
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly removed: number;
  readonly changes: PlanChanges | undefined;
};

export type PlanChanges = {
  readonly vendors: readonly Vendor[];
  readonly products: readonly KnownProduct[];
  /** Products that may from now on be sold in a further unit or data center. */
  readonly widened: readonly KnownProduct[];
  readonly resources: readonly (Resource & { readonly vendorCode: string; readonly serviceName: string })[];
  readonly plan: NewPlanVersion | undefined;
  readonly lists: readonly PriceList[];
  readonly prices: readonly PriceEntry[];
  readonly pricesRemoved: readonly PriceEntry[];
};

/** Makes the things that a plan adds known to the plans behind it. */
export function extendState(state: ImportState, changes: PlanChanges): void {
  for (const vendor of changes.vendors) state.vendors.set(vendor.code, vendor);
  for (const product of [...changes.products, ...changes.widened]) {
    state.products.set(product.code, product);
    state.productsById.set(product.id, product);
  }
  for (const resource of changes.resources) {
    state.resources.set(resourceKey(resource.vendorCode, resource.mpn), resource);
  }
  state.lists.push(...changes.lists);
}
