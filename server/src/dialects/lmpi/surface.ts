import { Hono, type Context } from 'hono';
import type { HttpEnv, Surface } from '../../platform/http/index.ts';
import { admission, type Admitted } from './admission.ts';
import { credentialRoutes, type CredentialDependencies } from './credentials.ts';
import { customerRoutes, type CustomerDependencies } from './customers.ts';
import { customerReportRoutes, type CustomerReportDependencies } from './customer-reports.ts';
import { errorResponse, jsonHeaders, unknownRoute } from './errors.ts';
import { partnerRoutes, type PartnerDependencies } from './partners.ts';
import { productList } from './products.ts';
import { billingReportRoutes, type BillingReportDependencies } from './report-billing.ts';
import { queryFields } from './request.ts';
import type { Answer, Route } from './route.ts';
import { createServicePlan, type CreateDependencies } from './serviceplan-create.ts';
import { servicePlanLists } from './serviceplans.ts';
import type { SubscriptionDependencies } from './subscription-call.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { userRoutes } from './users.ts';

export type LmpiDependencies = CreateDependencies &
  PartnerDependencies &
  CredentialDependencies &
  BillingReportDependencies &
  SubscriptionDependencies &
  CustomerDependencies &
  CustomerReportDependencies &
  Parameters<typeof admission>[0] & { readonly config: { readonly publicUrl?: string | undefined } };

const everyVersion = ['v2', 'v3'] as const;

/** The LMPI dialect: everything under /LMPI. */
export function lmpiSurface(dependencies: LmpiDependencies): Surface {
  const admit = admission(dependencies);
  const { list } = servicePlanLists(dependencies);
  const app = new Hono<HttpEnv>();

  const route: Route = (method, path, operation, operate, versions = everyVersion) => {
    for (const version of versions) {
      app.on(method, `/${version}${path}`, (c: Context<HttpEnv>): Response | Promise<Response> => {
        const admitted = admit(c, operation, version);
        const work = ({ principal, body }: Admitted) =>
          operate({
            principal,
            body,
            version,
            requestId: c.env.exchange.requestId,
            path: (name) => c.req.param(name) ?? '',
            origin: () => dependencies.config.publicUrl ?? new URL(c.req.url).origin,
            query: () => queryFields(c.req.url),
          });
        const answer = admitted instanceof Promise ? admitted.then(work) : work(admitted);
        // At once where there is nothing to wait for: a turn of the queue costs as much as the signature.
        return answer instanceof Promise ? answer.then(ok) : ok(answer);
      });
    }
  };

  partnerRoutes(route, dependencies);
  credentialRoutes(route, dependencies);
  route('GET', '/partners/product', 'lmpi.products.list', ({ principal, version }) =>
    productList(dependencies, principal, version),
  );
  route('POST', '/partners/serviceplan', 'lmpi.serviceplans.create', (call) => createServicePlan(dependencies, call));
  billingReportRoutes(route, dependencies);
  route('GET', '/me/serviceplans', 'lmpi.serviceplans.list', ({ principal, version }) => list(principal.node, version));
  subscriptionRoutes(route, dependencies);
  customerRoutes(route, dependencies);
  userRoutes(route, dependencies);
  customerReportRoutes(route, dependencies);

  return {
    name: 'lmpi',
    base: '/LMPI',
    app,
    errorResponse,
    notFound: () => errorResponse(unknownRoute()),
    requestIdHeader: { name: 'X-Request-Id' },
  };
}

function ok(body: Answer): Response {
  return new Response(body, { headers: jsonHeaders });
}
