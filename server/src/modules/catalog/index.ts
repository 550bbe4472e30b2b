export * from './catalog.ts';
export { offersOf, runsOf, type NamedRate, type Offer, type Offering, type Offers } from './service-offers.ts';
export { checkPlan, type RateDraft } from './plan.ts';
export { catalogService, type CatalogService } from './service.ts';
export type { NewPlan } from './service-plans.ts';
export type { NewProduct, NewResource, NewVendor } from './service-products.ts';
export { webhookSecretContext } from './service-shared.ts';
export type { RateFilter, RateName, Run } from './store-offers.ts';
export { catalogLists, type CatalogLists } from './service-lists.ts';
