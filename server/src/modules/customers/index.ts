export * from './customer.ts';
export { bindCustomers } from './routes.ts';
export { customersService, type CustomerChange, type CustomersService } from './service.ts';
export type { CustomerFilter, CustomerKey, CustomerScope } from './store.ts';
