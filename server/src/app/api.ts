import { answers, apiBase, openApiDocument } from '@tierline/contract';
import { isTierlineError, notFound, parseId, TierlineError, type AccountId, type CustomerId } from '@tierline/kernel';
import type { Context } from 'hono';
import {
  authorize,
  bindCredentials,
  bindSessions,
  bindUsers,
  isApiKey,
  isOwnOperation,
  isSessionToken,
  type Principal,
} from '../modules/access/index.ts';
import { bindAccounts, causeOf, type Account, type AccountNode } from '../modules/accounts/index.ts';
import { bindBillingReportFiles, bindBillingReports } from '../modules/billing-reports/index.ts';
import { bindDelegations, bindPlans, bindProducts, catalogBrowser } from '../modules/catalog/index.ts';
import { bindCatalogFiles } from '../modules/catalog-files/index.ts';
import { bindCustomers, bindCustomerUsers } from '../modules/customers/index.ts';
import { bindEvents } from '../modules/events/index.ts';
import { bindLifecycle, bindTransfers, impactOf } from '../modules/lifecycle/index.ts';
import { bindOrders } from '../modules/orders/index.ts';
import { bindPools } from '../modules/pools/index.ts';
import { bindCatalog, bindExchangeRates, bindPriceLists, priceLists } from '../modules/pricing/index.ts';
import { bindProvisioning } from '../modules/provisioning/index.ts';
import { bindReportFiles, bindReports } from '../modules/reports/index.ts';
import { bindSandboxes } from '../modules/sandboxes/index.ts';
import { bindSubscriptions } from '../modules/subscriptions/index.ts';
import { bindUsage, bindUsageFiles } from '../modules/usage/index.ts';
import { apiBinder, problemResponse, type HttpEnv, type Surface } from '../platform/http/index.ts';
import { pagesSurface } from './docs-page/index.ts';
import type { Engine } from './engine.ts';

/** Our own API, and the pages that describe it. */
export function apiSurfaces(engine: Engine): Surface[] {
  return [apiSurface(engine), pagesSurface()];
}

/** Our own API: every operation of the contract bound to the engine. */
function apiSurface(engine: Engine): Surface {
  const { app, bind } = boundApi(engine);
  bindCatalogFiles(bind, engine);
  bindReportFiles(bind, engine);
  bindUsageFiles(bind, engine);
  bindBillingReportFiles(bind, engine);
  const description = JSON.stringify(openApiDocument(answers));
  app.get('/openapi.json', () => new Response(description, { headers: { 'content-type': 'application/json' } }));
  return {
    name: 'api',
    base: apiBase,
    app,
    errorResponse: (error, c) => {
      const response = problemResponse(error, c.get('requestId'));
      if (error.kind === 'unauthenticated') response.headers.set('www-authenticate', 'Bearer');
      return response;
    },
    notFound: (c) => {
      const message = `There is no operation at ${c.req.path}. All of them are described at ${apiBase}/openapi.json.`;
      return problemResponse(new TierlineError('http.no_such_route', 'not_found', message), c.get('requestId'));
    },
    requestIdHeader: { name: 'x-request-id' },
  };
}

/** The app with what was bound to it; tests compare that with the contract. */
export function boundApi(engine: Engine) {
  const { app, bind, bound } = apiBinder<Principal>({
    causeOf: (caller, requestId) =>
      caller === undefined
        ? { actor: 'nobody', requestId, at: engine.clock.now() }
        : causeOf(caller, requestId, engine.clock),
    authenticate: (c, token) => principalOf(engine, c, token),
    authorize: check,
  });
  const { offers, customers, directory } = engine;
  const browser = catalogBrowser({ db: engine.db, directory, offers });
  const parts = { ...engine, browser, impactOf: impactOf(engine.impact) };
  bindSessions(bind, engine);
  bindAccounts(bind, engine);
  bindUsers(bind, engine);
  bindCredentials(bind, engine);
  bindProducts(bind, parts);
  bindPlans(bind, parts);
  bindDelegations(bind, parts);
  bindPriceLists(bind, {
    ...parts,
    lists: priceLists(engine),
    buyerOf: (seller, id) => buyerOf(engine, seller, id),
    hasTarget: (node, scope, id) => hasTarget(parts, node, scope, id),
  });
  bindCatalog(bind, {
    ...engine,
    async customerWithin({ accountId }, id) {
      const customerId = parseId<'customer'>(id);
      if (customerId === undefined) throw notFound('customer', 'customer_id');
      const buyer = await customers.get(accountId, { id: customerId }, 'customer_id');
      return { buyer, owner: await directory.get(buyer.ownerId) };
    },
  });
  bindExchangeRates(bind, parts);
  bindPools(bind, {
    ...engine,
    checkProduct: async (account: Account, id, field) => void (await browser.product(account.rootId, id, field)),
  });
  bindCustomers(bind, engine);
  bindCustomerUsers(bind, engine);
  bindOrders(bind, engine);
  bindSubscriptions(bind, { ...engine, history: engine.lifecycle, nextDues: engine.lifecycle.nextDues });
  bindLifecycle(bind, engine);
  bindTransfers(bind, engine);
  bindProvisioning(bind, engine);
  bindUsage(bind, engine);
  bindReports(bind, engine);
  bindBillingReports(bind, engine);
  bindEvents(bind, engine);
  bindSandboxes(bind, engine);
  return { app, bind, bound };
}

/** Who shows this token, acting for the account that is asked for. */
async function principalOf(engine: Engine, c: Context<HttpEnv>, token: string): Promise<Principal> {
  const { authenticate } = engine;
  const wanted = accountHeader(c);
  if (isApiKey(token)) {
    const principal = authenticate.peekApiKey(token) ?? (await authenticate.byApiKey(token));
    if (principal === undefined) throw badCredentials();
    if (wanted !== undefined && wanted !== principal.accountId) throw notFound('account', 'Tierline-Account');
    return principal;
  }
  if (!isSessionToken(token)) throw badCredentials();
  const principal = authenticate.peekSession(token, wanted) ?? (await sessionFor(engine, token, wanted));
  if (principal !== undefined) return principal;
  // A good token for an account that is none of the user's: for this user there is no such account.
  if (wanted !== undefined && (await authenticate.bySession(token)) !== undefined) {
    throw notFound('account', 'Tierline-Account');
  }
  throw badCredentials();
}

async function sessionFor(
  { authenticate }: Engine,
  token: string,
  wanted: AccountId | undefined,
): Promise<Principal | undefined> {
  try {
    return await authenticate.bySession(token, wanted);
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'not_found') return undefined;
    throw error;
  }
}

function accountHeader(c: Context<HttpEnv>): AccountId | undefined {
  const header = c.req.header('tierline-account');
  if (header === undefined) return undefined;
  const id = parseId<'account'>(header);
  if (id !== undefined) return id;
  const message = 'The header Tierline-Account holds the id of one of your accounts.';
  throw new TierlineError('request.bad_account', 'invalid', message, { field: 'Tierline-Account' });
}

function badCredentials(): TierlineError {
  const message = 'This API key or session is unknown, has expired or was revoked.';
  return new TierlineError('request.bad_credentials', 'unauthenticated', message);
}

function check(principal: Principal, permission: string): void {
  if (isOwnOperation(permission)) authorize(principal, permission);
  else throw new TierlineError('access.unknown_operation', 'bug', `There is no operation ${permission}.`);
}

/** The account directly below the seller, or the customer of its own, that has this id. */
async function buyerOf(
  { accounts, customers }: Engine,
  seller: AccountId,
  id: string,
): Promise<AccountId | CustomerId | undefined> {
  const accountId = parseId<'account'>(id);
  const account = accountId && (await found(accounts.visible(seller, accountId)));
  if (account !== undefined) return account.account.parentId === seller ? account.account.id : undefined;
  const customerId = parseId<'customer'>(id);
  const customer = customerId && (await found(customers.get(seller, { id: customerId })));
  return customer?.ownerId === seller ? customer.id : undefined;
}

type Scope = 'rate' | 'plan' | 'product' | 'vendor' | 'resource';

/** Whether the account can price such a thing: one of its catalog, or of its channel. */
async function hasTarget(
  { offers, browser }: Pick<Engine, 'offers'> & { readonly browser: ReturnType<typeof catalogBrowser> },
  node: AccountNode,
  scope: Scope,
  id: string,
): Promise<boolean> {
  const { rootId } = node.account;
  switch (scope) {
    case 'rate': {
      const rateId = parseId<'rate'>(id);
      return rateId !== undefined && (await offers.find(node, { rateId })).length > 0;
    }
    case 'plan': {
      const planId = parseId<'plan'>(id);
      return planId !== undefined && (await offers.offering(node)).byPlan.has(planId);
    }
    case 'product': {
      const productId = parseId<'product'>(id);
      return productId !== undefined && (await found(browser.product(rootId, productId))) !== undefined;
    }
    case 'vendor': {
      const vendorId = parseId<'vendor'>(id);
      return vendorId !== undefined && (await found(browser.vendor(rootId, vendorId))) !== undefined;
    }
    case 'resource': {
      const resourceId = parseId<'resource'>(id);
      return resourceId !== undefined && (await found(browser.resource(rootId, resourceId))) !== undefined;
    }
  }
}

/** The thing, or undefined when it is not found. */
async function found<Thing>(promise: Promise<Thing>): Promise<Thing | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'not_found') return undefined;
    throw error;
  }
}
