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
