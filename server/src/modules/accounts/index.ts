export * from './account.ts';
export * from './company.ts';
export { addressFrom, contactFrom, showAddress, showContacts } from './company-shown.ts';
export { bindAccounts, showAccount } from './routes.ts';
export { catalogRevision, directory, type AccountNode, type Directory } from './service-directory.ts';
export { accountsService, type AccountChange, type AccountsService, type NewAccount } from './service.ts';
export type { AccountFilter, AccountListFilter } from './store.ts';
export { recordFormerName, type Naming } from './store-names.ts';
export * from './time.ts';
