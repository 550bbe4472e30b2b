export * from './check-deal.ts';
export * from './deal.ts';
export * from './deal-types.ts';
export * from './deals.ts';
export * from './exact.ts';
export * from './exchange.ts';
export * from './price.ts';
export { pricesOf, type EdgePrices, type Prices, type RatePrices } from './service-prices.ts';
export {
  pricingService,
  tiersToText,
  type NewPrice,
  type NewPriceList,
  type NewRule,
  type PriceStep,
  type PricingService,
} from './service.ts';
export { bindPriceLists } from './routes.ts';
export { bindCatalog, showSource } from './routes-catalog.ts';
export { priceLists, type PriceLists } from './service-lists.ts';
export type { Supposition } from './supposition.ts';
export { exchangeRates, type ExchangeRates } from './service-exchange.ts';
export { sellerWithin } from './service-deals.ts';
export { bindExchangeRates } from './routes-exchange.ts';
export { agreementFrom, dealFrom, showDeal, type DealRead } from './routes-deals.ts';
