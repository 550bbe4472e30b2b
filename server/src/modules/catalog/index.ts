export * from './catalog.ts';
export { offersOf, runsOf, type NamedRate, type Offer, type Offering, type Offers } from './service-offers.ts';
export {
  checkParameters,
  parseDefinitions,
  readDefinitions,
  type CheckedParameter,
  type ParameterDefinition,
} from './parameter.ts';
export { checkPlan, rateCountMax, type RateDraft } from './plan.ts';
export { catalogService, type CatalogService } from './service.ts';
export type { NewPlan } from './service-plans.ts';
export type { NewProduct, NewResource, NewVendor } from './service-products.ts';
export { webhookSecretContext } from './service-shared.ts';
export type { RateFilter, RateLabel, RateName, Run, SoldKey } from './store-offers.ts';
export { catalogLists, type CatalogLists } from './service-lists.ts';
export { bindProducts } from './routes.ts';
export { bindPlans } from './routes-plans.ts';
export { bindDelegations } from './routes-delegations.ts';
export { catalogBrowser, type CatalogBrowser } from './service-browse.ts';
export { showRate } from './routes-plans.ts';
