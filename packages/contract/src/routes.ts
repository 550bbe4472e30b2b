import { accountRoutes } from './accounts.ts';
import { billingReportRoutes } from './billing-reports.ts';
import { catalogRoutes } from './catalog.ts';
import { customerUserRoutes } from './customer-users.ts';
import { customerRoutes } from './customers.ts';
import { delegationRoutes } from './delegations.ts';
import { eventRoutes } from './events.ts';
import { apiKeyRoutes, lmpiCredentialRoutes, simpleApiUserRoutes } from './keys.ts';
import { exchangeRateRoutes } from './exchange-rates.ts';
import { lifecycleRoutes } from './lifecycle-routes.ts';
import { orderRoutes } from './orders.ts';
import { planRoutes } from './plans.ts';
import { poolRoutes } from './pools.ts';
import { priceListRoutes } from './price-lists.ts';
import { productRoutes } from './products.ts';
import { reportRoutes } from './reports.ts';
import { resourceRoutes } from './resources.ts';
import { sandboxRoutes } from './sandboxes.ts';
import { sessionRoutes } from './sessions.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { transferRoutes } from './transfers.ts';
import { usageRoutes } from './usage.ts';
import { userRoutes } from './users.ts';
import { vendorRoutes } from './vendors.ts';

/** Where the API stands on a server. */
export const apiBase = '/api/v1';

/** Every operation of the API by its id. */
export const routes = {
  ...sessionRoutes,
  ...accountRoutes,
  ...userRoutes,
  ...apiKeyRoutes,
  ...lmpiCredentialRoutes,
  ...simpleApiUserRoutes,
  ...vendorRoutes,
  ...productRoutes,
  ...resourceRoutes,
  ...planRoutes,
  ...delegationRoutes,
  ...priceListRoutes,
  ...exchangeRateRoutes,
  ...poolRoutes,
  ...catalogRoutes,
  ...customerRoutes,
  ...customerUserRoutes,
  ...orderRoutes,
  ...subscriptionRoutes,
  ...lifecycleRoutes,
  ...transferRoutes,
  ...usageRoutes,
  ...reportRoutes,
  ...billingReportRoutes,
  ...eventRoutes,
  ...sandboxRoutes,
};
export type Routes = typeof routes;
export type OperationId = keyof Routes;
