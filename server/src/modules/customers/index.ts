export * from './customer.ts';
export { bindCustomerUsers } from './routes-users.ts';
export { bindCustomers, showCustomer } from './routes.ts';
export { customersService, type CustomerChange, type CustomersService, type NewCustomer } from './service.ts';
export { insertCustomer, updateCustomer, type CustomerFilter, type CustomerKey, type CustomerScope } from './store.ts';
