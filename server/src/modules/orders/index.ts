export { identify, isReason, ownFieldNames, type FieldNames, type ProductName } from './identify.ts';
export { asFirstAnswered } from './first-answer.ts';
export { firstTerm } from './opening.ts';
export * from './order.ts';
export {
  alignmentFrom,
  bindOrders,
  showOrder,
  showOrderCharge,
  showOrderDetail,
  showOrderPreview,
  showSubscriptionPreview,
  visibleCharges,
} from './routes.ts';
export { decidePlacement, totalOn } from './place.ts';
export { lineCountMax, type LineRequest, type SalesRequest } from './request.ts';
export { ordersService, type OrdersService } from './service.ts';
export { storePlacements, type PlacementWrite } from './store-placement.ts';
export { freeTrials, type OrderFilter } from './store.ts';
