export * from './coterm.ts';
export * from './due.ts';
export * from './history.ts';
export * from './life.ts';
export { bindSubscriptions, showSubscription } from './routes.ts';
export { subscriptionsService, type SubscriptionsService } from './service.ts';
export { subscriptionFromRow, type SubscriptionFilter, type SubscriptionRow } from './store.ts';
export { recordPending } from './store-history.ts';
export * from './subscription.ts';
