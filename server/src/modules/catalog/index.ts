export * from './catalog.ts';
export { offersOf, runsOf, type NamedRate, type Offer, type Offering, type Offers } from './service-offers.ts';
export { checkPlan, type RateDraft } from './plan.ts';
export {
  catalogService,
  type CatalogService,
  type NewPlan,
  type NewProduct,
  type NewResource,
  type NewVendor,
} from './service.ts';
export type { RateFilter, RateName, Run } from './store-offers.ts';
