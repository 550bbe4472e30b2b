import { changesService } from './service-changes.ts';
import { delegationsService } from './service-delegations.ts';
import { plansService } from './service-plans.ts';
import { productsService } from './service-products.ts';
import type { CatalogDependencies } from './service-shared.ts';

export type CatalogService = ReturnType<typeof catalogService>;

/** Use cases of the catalog. Callers have authorized the actor; `account` is who it acts for. */
export function catalogService(dependencies: CatalogDependencies) {
  return {
    ...productsService(dependencies),
    ...changesService(dependencies),
    ...plansService(dependencies),
    ...delegationsService(dependencies),
  };
}
