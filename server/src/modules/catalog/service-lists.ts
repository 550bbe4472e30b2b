import type { AccountId, ProductId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import type { Product } from './catalog.ts';
import { selectCodes, selectDefaultResource, selectProductsById, type NamedResource } from './store-lists.ts';

export type CatalogLists = ReturnType<typeof catalogLists>;

/** Reads of the catalog for surfaces that translate it. Callers have authorized the actor. */
export function catalogLists(db: Database) {
  return {
    /** The products with these ids, whichever root they belong to; ids that name none are left out. */
    products: (ids: readonly ProductId[]): Promise<Product[]> => selectProductsById(db, ids),
    /** What a plan is made of when its maker names a product only: the product's first resource. */
    defaultResource: (productId: ProductId): Promise<NamedResource | undefined> => selectDefaultResource(db, productId),
    /** Display names of a root's data centers, by code. */
    async dataCenterNames(rootId: AccountId): Promise<ReadonlyMap<string, string>> {
      return new Map((await selectCodes(db, 'data_centers', rootId)).map(({ code, name }) => [code, name]));
    },
  };
}
