export { bindSubscriptions, showSubscription } from './routes.ts';
export { subscriptionsService, type SubscriptionsService } from './service.ts';
export type { SubscriptionFilter } from './store.ts';
export * from './subscription.ts';
