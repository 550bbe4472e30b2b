import { TierlineError } from '@tierline/kernel';
import { Hono, type Handler } from 'hono';
import type { HttpEnv, Surface } from '../../platform/http/index.ts';
import { callGate } from './auth.ts';
import { customerHandlers } from './customers.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { correlationPrefix, errorResponse } from './errors.ts';
import { orderHandlers } from './orders.ts';
import { planHandlers } from './plans.ts';
import { productsHandler } from './products.ts';
import { rateLabels } from './rate-labels.ts';
import { resellerHandlers } from './resellers.ts';
import { reportHandlers } from './reports.ts';
import { scopes } from './scope.ts';
import { subscriptionHandlers } from './subscriptions.ts';
import { tokenHandler } from './token.ts';
import { validationHandler } from './validation.ts';

const base = '/marketplace';

/** SimpleAPI 1.15 on its own base path. Every path is also answered with a slash at its end (SimpleAPI reference 1). */
export function marketplaceSurface(dependencies: SimpleApiDependencies): Surface {
  const app = new Hono<HttpEnv>();
  const gate = callGate(dependencies);
  const labels = rateLabels(dependencies.offers);
  const scopeOf = scopes(dependencies);
  const customers = customerHandlers(dependencies, scopeOf);
  const orders = orderHandlers(dependencies, labels, scopeOf);
  const plans = planHandlers(dependencies);
  const subscriptions = subscriptionHandlers(dependencies, scopeOf);
  const resellers = resellerHandlers(dependencies, { scopeOf, customers, orders });
  const reports = reportHandlers(dependencies, base);
  const { guarded } = gate;

  const routes: readonly (readonly [method: 'GET' | 'POST' | 'PATCH', path: string, handler: Handler<HttpEnv>])[] = [
    ['POST', '/token', tokenHandler(dependencies, gate)],
    ['GET', '/products', guarded('catalog.read', productsHandler(dependencies, labels))],
    ['GET', '/plans', guarded('plans.read', plans.list)],
    ['GET', '/plans/:id', guarded('plans.read', plans.get)],
    ['GET', '/customers', guarded('customers.read', customers.list)],
    ['POST', '/customers', guarded('customers.create', (c, caller) => customers.create(c, caller))],
    ['GET', '/customers/:id', guarded('customers.read', customers.get)],
    ['PATCH', '/customers/:id', guarded('customers.change', customers.change)],
    ['GET', '/resellers', guarded('accounts.read', resellers.list)],
    ['POST', '/resellers', guarded('accounts.create', resellers.create)],
    ['GET', '/resellers/:id', guarded('accounts.read', resellers.get)],
    ['PATCH', '/resellers/:id', guarded('accounts.change', resellers.change)],
    ['GET', '/resellers/:id/customers', guarded('customers.read', resellers.customers)],
    ['POST', '/resellers/:id/customers', guarded('customers.create', resellers.createCustomer)],
    ['GET', '/resellers/:id/orders', guarded('orders.read', resellers.orders)],
    ['GET', '/orders', guarded('orders.read', orders.list)],
    ['POST', '/orders', guarded('orders.place', orders.place)],
    ['POST', '/orders/estimate', guarded('orders.preview', orders.estimate)],
    ['GET', '/orders/:id', guarded('orders.read', orders.get)],
    ['PATCH', '/orders/:id', guarded('orders.change', orders.update)],
    ['POST', '/validation/parameters', guarded('orders.preview', validationHandler(dependencies))],
    ['GET', '/subscriptions', guarded('subscriptions.read', subscriptions.list)],
    ['GET', '/subscriptions/:id', guarded('subscriptions.read', subscriptions.get)],
    ['GET', '/reports', guarded('reports.read', reports.list)],
    ['POST', '/reports', guarded('reports.run', reports.schedule)],
    ['GET', '/reports/:id', guarded('reports.read', reports.get)],
    ['GET', '/reports/:id/:file', reports.download],
    ['PATCH', '/subscriptions/:id', guarded('subscriptions.details', subscriptions.update)],
    ['POST', '/subscriptions/:id/specialPricing', guarded('subscriptions.prices', subscriptions.specialPricing)],
  ];
  for (const [method, path, handler] of routes) {
    app.on(method, path, handler);
    app.on(method, `${path}/`, handler);
  }

  return {
    name: 'simpleapi',
    base,
    app,
    errorResponse: (error, c) => errorResponse(error, c, dependencies.clock, base),
    notFound: (c) => {
      const message = `There is no operation at ${c.req.path}.`;
      return errorResponse(new TierlineError('http.no_such_route', 'not_found', message), c, dependencies.clock, base);
    },
    requestIdHeader: { name: 'X-Correlation-ID', prefix: correlationPrefix },
  };
}
