export { identify, ownFieldNames, type FieldNames, type ProductName } from './identify.ts';
export * from './order.ts';
export { bindOrders } from './routes.ts';
export { totalOn } from './place.ts';
export { lineCountMax, ordersService, type LineRequest, type OrdersService, type SalesRequest } from './service.ts';
export type { OrderFilter } from './store.ts';
