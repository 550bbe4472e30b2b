import { cast, routes, type Route } from '@tierline/contract';
import { newId } from '@tierline/kernel';
import { afterAll, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls } from './calls.ts';

// Another tenant's thing is not found, and nothing of the answer tells it from a thing that never was.

const world = await openWorld();
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const channel = await world.channel();
const { sibling, distributor, reseller, provider } = channel;
const stranger = await world.provider({ name: 'Another installation' });

const tokenOf = async (of: typeof reseller): Promise<string> => (await world.credentials(of)).apiKey;
const tokens = {
  reseller: await tokenOf(reseller),
  distributor: await tokenOf(distributor),
  provider: await tokenOf(provider),
};

/** The billing report of a partner of another installation. */
async function foreignBillingReport(): Promise<string> {
  const { engine, cause } = world;
  const facts = { name: 'Elsewhere', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const early = cause({ at: '2026-01-05T09:00:00Z' });
  const msp = await engine.accounts.create(early, stranger.id, { ...facts, kind: 'msp' });
  const year = { unit: 'year', count: 1 } as const;
  const terms = { subscriptionPeriod: year, billingPeriod: year };
  const plan = await world.plan(stranger, { rates: [{ mpn: 'MPN-YEAR', prices: '1' }], terms });
  await world.delegate([stranger, msp], plan);
  await world.priceList(msp, { markup: '10' });
  await world.order(await world.customer(msp), [{ mpn: 'MPN-YEAR' }], { cause: early });
  await engine.billingReportWork.runDue({ sandboxId: null }, world.clock.now());
  const [report] = await engine.billingReports.list({ within: msp.id }, { limit: 1 });
  return report!.id;
}

/** One of everything that belongs to the seller beside the reseller, or to another installation. */
async function foreignThings(): Promise<Readonly<Record<string, string>>> {
  const { engine, cause } = world;
  const acting = { accountId: sibling.reseller.id, role: 'owner' as const };
  const own = await world.credentials(sibling.reseller);
  const key = await engine.access.createApiKey(cause(), acting, acting.accountId, { name: 'k', role: 'sales' });
  const memberships = [{ accountId: acting.accountId, role: 'owner' as const }];
  const { user } = await engine.access.createUser(cause(), acting, { email: 's@example.com', name: 's', memberships });
  const order = await world.order(sibling.customer, [{ mpn: channel.base.mpn, quantity: '1' }]);
  const later = { command: { kind: 'cancel', reason: null }, moment: { at: 'renewal' } } as const;
  const { id: subscriptionId } = order.subscriptions[0]!;
  const { planned } = await engine.lifecycle.place(cause(), acting.accountId, subscriptionId, later, {
    surface: 'api',
  });
  const product = await world.product(stranger);
  const resource = await world.resource(stranger, product, 'MPN-ELSEWHERE');
  const plan = await world.plan(stranger, { product, rates: [{ mpn: 'MPN-ELSEWHERE', prices: '1' }] });
  const elsewhere = await world.order(await world.customer(stranger), [{ mpn: 'MPN-ELSEWHERE' }]);
  const list = await world.priceList(sibling.reseller, { name: 'Another list' });
  const facts = { name: 's', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const { sandbox } = await engine.sandboxes.create(cause(), acting.accountId, facts);
  const generator = await engine.reports.createGenerator(cause(), acting.accountId, {
    name: 'Elsewhere',
    dataSet: 'payments',
    format: 'csv',
    schedule: 'once',
  });
  const report = await engine.reports.schedule(cause(), acting.accountId, {
    generator: { id: generator.id },
    startOn: '2026-03-01',
  });
  const login = { login: 'elsewhere', email: 's@example.com', name: 's', field: 'login' };
  const { id: customerId } = sibling.customer;
  await engine.customers.change(cause(), acting.accountId, { id: customerId }, { logins: [login] });
  const [customerUser] = await engine.access.listCustomerUsers(acting.accountId, customerId);
  return {
    customer_user_id: customerUser!.id,
    billing_report_id: await foreignBillingReport(),
    report_generator_id: generator.id,
    report_id: report.id,
    account_id: sibling.reseller.id,
    user_id: user.id,
    api_key_id: key.apiKey.id,
    lmpi_credential_id: own.lmpi!.id,
    simpleapi_user_id: own.simpleapi.id,
    vendor_id: product.vendorId,
    product_id: product.id,
    resource_id: resource.id,
    plan_id: plan.id,
    rate_id: plan.rates['MPN-ELSEWHERE']!,
    price_list_id: list.id,
    customer_id: sibling.customer.id,
    order_id: order.id,
    intent_id: planned[0]!.id,
    subscription_id: order.subscriptions[0]!.id,
    sandbox_id: sandbox.id,
    // A provider sees everything below itself, so for it foreign is what another installation has.
    'provider subscription_id': elsewhere.subscriptions[0]!.id,
    'provider simpleapi_user_id': (await world.credentials(stranger)).simpleapi.id,
    version: '1',
  };
}
const foreign = await foreignThings();
const ownOrder = await world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '1' }]);
const ownSubscription = ownOrder.subscriptions[0]!.id;

const countEvents = async (): Promise<number> =>
  (await world.db.kysely.selectFrom('events').select('id').execute()).length;

/** The answer without what differs from request to request. */
const withoutRequest = (body: unknown): unknown => ({ ...(body as Record<string, unknown>), request_id: undefined });

const withParams = Object.values<Route>(routes).filter(({ params }) => params !== undefined);

test('things in the path', async () => {
  expect(withParams.length).toBeGreaterThan(20);
  const before = await countEvents();
  for (const route of withParams) {
    // Its own things are named where the path has more than one, so that it is the foreign one that is not found.
    const asWho = route.examples[0].as === 'provider' ? 'provider' : 'reseller';
    const address = (ids: (name: string) => string | undefined): string =>
      route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids(name) ?? '');
    const send = (path: string) =>
      call(route.method.toUpperCase(), path, {
        token: tokens[asWho],
        ...(route.body === undefined ? {} : { body: route.examples[0].body }),
      });
    const answered = await send(address((name) => foreign[`${asWho} ${name}`] ?? foreign[name]));
    expect(answered.status, `${route.operationId} ${answered.text}`).toBe(404);
    const unknown = await send(address((name) => (name === 'version' ? '1' : newId())));
    expect(withoutRequest(answered.body), `${route.operationId}.`).toEqual(withoutRequest(unknown.body));
  }
  expect(await countEvents()).toBe(before);
});

const anAddress = { street: '1', city: 'x', postal_code: '1', country_code: 'US' };
const aPlan = (productId: string) => ({
  product_id: productId,
  name: 'p',
  terms: {
    subscription_period: { unit: 'month', count: 1 },
    billing_period: { unit: 'month', count: 1 },
    unit_type: 'U',
  },
  rates: [{ mpn: 'x', quantity_max: 1 }],
});
const anAccount = { kind: 'reseller', name: 'x', currency: 'USD', time_zone: 'UTC', country: 'US' };
const aProduct = { code: 'ELSEWHERE', name: 'x', type: 'suite', service_name: 'x', unit_types: ['U'] };

const aDeal = (sellerId: string) => ({ seller_id: sellerId, unit_price: 1 });
const anOrderWith = (sellerId: string) => ({
  customer_id: channel.customer.id,
  lines: [{ mpn: channel.base.mpn, quantity: 1, deals: [aDeal(sellerId)] }],
});

type Case = readonly [who: keyof typeof tokens, method: string, path: string, body: unknown];

/** Requests that name a foreign thing somewhere in the body or the query. */
const requests = (id: (name: string) => string): Case[] => [
  ['reseller', 'POST', '/accounts', { ...anAccount, parent_id: id('account_id') }],
  [
    'reseller',
    'POST',
    '/users',
    { email: 'n@example.com', name: 'n', memberships: [{ account_id: id('account_id'), role: 'sales' }] },
  ],
  ['reseller', 'POST', '/api-keys', { account_id: id('account_id'), name: 'x', role: 'sales' }],
  ['reseller', 'POST', '/lmpi-credentials', { account_id: id('account_id') }],
  ['reseller', 'POST', '/simpleapi-users', { account_id: id('account_id'), marketplace: 'US' }],
  ['provider', 'POST', '/products', { ...aProduct, vendor_id: id('vendor_id') }],
  ['provider', 'POST', '/resources', { product_id: id('product_id'), mpn: 'x', name: 'x', unit_type: 'U' }],
  ['provider', 'POST', '/plans', aPlan(id('product_id'))],
  ['provider', 'PUT', `/accounts/${distributor.id}/delegations/${id('plan_id')}`, {}],
  ['distributor', 'DELETE', `/accounts/${reseller.id}/delegations/${id('plan_id')}`, undefined],
  ['provider', 'POST', '/pools/mint', { product_id: id('product_id'), units: 1 }],
  ['provider', 'POST', '/pools/assign', { account_id: distributor.id, product_id: id('product_id'), units: 1 }],
  ['provider', 'POST', '/pools/refill', { product_id: id('product_id') }],
  ['provider', 'POST', '/pools/settings', { product_id: id('product_id'), minimum: 1 }],
  [
    'reseller',
    'POST',
    '/pools/settings',
    { account_id: id('account_id'), product_id: channel.plan.productId, may_refill: true },
  ],
  ['reseller', 'POST', '/pools/assign', { account_id: id('account_id'), product_id: channel.plan.productId, units: 1 }],
  [
    'reseller',
    'POST',
    '/price-lists',
    { account_id: id('account_id'), name: 'x', currency: 'USD', effective_from: '2026-01-01' },
  ],
  [
    'reseller',
    'POST',
    '/price-lists',
    { buyer_id: id('customer_id'), name: 'x', currency: 'USD', effective_from: '2026-01-01' },
  ],
  [
    'reseller',
    'POST',
    '/price-lists',
    { buyer_id: id('account_id'), name: 'x', currency: 'USD', effective_from: '2026-01-01' },
  ],
  ['reseller', 'POST', '/customers', { owner_id: id('account_id'), name: 'x', address: anAddress }],
  ['reseller', 'POST', '/orders', { customer_id: id('customer_id'), lines: [{ mpn: channel.base.mpn, quantity: 1 }] }],
  [
    'reseller',
    'POST',
    '/orders?preview=true',
    { customer_id: id('customer_id'), lines: [{ mpn: channel.base.mpn, quantity: 1 }] },
  ],
  ...['', '?preview=true'].flatMap((query): Case[] => [
    ['reseller', 'POST', `/orders${query}`, anOrderWith(id('account_id'))],
    [
      'reseller',
      'POST',
      `/subscriptions/${ownSubscription}/change${query}`,
      { items: [{ mpn: channel.base.mpn, quantity: 5, deals: [aDeal(id('account_id'))] }] },
    ],
    ['reseller', 'POST', `/customers/${channel.customer.id}/transfer${query}`, { owner_id: id('account_id') }],
    ['reseller', 'POST', `/subscriptions/${ownSubscription}/transfer${query}`, { owner_id: id('account_id') }],
    [
      'reseller',
      'POST',
      `/subscriptions/${ownSubscription}/transfer${query}`,
      { owner_id: reseller.id, customer_id: id('customer_id') },
    ],
  ]),
  ...['/accounts/', '/customers?owner_id=', '/orders?owner_id=', '/subscriptions?owner_id=', '/events?account_id='].map(
    (path): Case => ['reseller', 'GET', path + id('account_id'), undefined],
  ),
  ...[
    '/users',
    '/api-keys',
    '/lmpi-credentials',
    '/simpleapi-users',
    '/plans',
    '/price-lists',
    '/pools',
    '/catalog',
  ].map((path): Case => ['reseller', 'GET', `${path}?account_id=${id('account_id')}`, undefined]),
  ['reseller', 'POST', '/reports', { generator_id: id('report_generator_id'), start_on: '2026-03-01' }],
  ['reseller', 'GET', `/billing-reports?partner_id=${id('account_id')}`, undefined],
  ['reseller', 'GET', `/billing-report-terms?partner_id=${id('account_id')}`, undefined],
  [
    'reseller',
    'PUT',
    '/billing-report-terms',
    { partner_id: id('account_id'), submit_after_days: 5, tolerance_percent: 5 },
  ],
  ['reseller', 'GET', `/delegations?seller_id=${id('account_id')}`, undefined],
  ['reseller', 'GET', `/catalog/plans?account_id=${id('account_id')}`, undefined],
  ['reseller', 'GET', `/catalog/rates/${channel.base.rateId}/why?account_id=${id('account_id')}`, undefined],
  ['reseller', 'GET', `/catalog/rates/${channel.base.rateId}/why?customer_id=${id('customer_id')}`, undefined],
];

test('things in bodies and queries', async () => {
  const before = await countEvents();
  const unknown = newId();
  const others = requests(() => unknown);
  for (const [index, [who, method, path, body]] of requests((name) => foreign[name]!).entries()) {
    const answered = await call(method, path, { token: tokens[who], body });
    expect(answered.status, `${method} ${path} ${answered.text}`).toBe(404);
    const [, , otherPath, otherBody] = others[index]!;
    const other = await call(method, otherPath, { token: tokens[who], body: otherBody });
    expect(withoutRequest(answered.body), `${method} ${path}`).toEqual(withoutRequest(other.body));
  }
  expect(await countEvents()).toBe(before);
});

test('things that are priced', async () => {
  const list = await world.priceList(provider, { name: 'Own list' });
  const before = await countEvents();
  const send = (path: string, body: unknown) =>
    call('POST', `/price-lists/${list.id}/${path}`, { token: tokens.provider, body });
  const effective = { effective_from: '2026-01-01' };
  for (const scope of ['rate', 'plan', 'product', 'vendor']) {
    const rule = await send('rules', { ...effective, scope, scope_id: foreign[`${scope}_id`], percent: 5 });
    expect(rule.status, `${scope} ${rule.text}`).toBe(404);
  }
  const price = (target: string) => ({
    prices: [{ ...effective, target, target_id: foreign[`${target}_id`], tiers: [{ amount: 1 }] }],
  });
  expect((await send('prices', price('resource'))).status).toBe(404);
  const ofRate = await send('prices', price('rate'));
  expect(ofRate.status).toBe(400);
  expect(ofRate.body).toMatchObject({ code: 'pricing.unknown_rate', field: 'prices.0.target_id' });
  expect(await countEvents()).toBe(before);
});

test('lists show nothing of others', async () => {
  const names = [
    '/accounts',
    '/customers',
    '/orders',
    '/subscriptions',
    '/users',
    '/api-keys',
    '/lmpi-credentials',
    '/events',
    '/sandboxes',
    '/report-generators',
    '/reports',
    '/billing-reports',
  ];
  for (const path of names) {
    const { body, status } = await call('GET', `${path}?limit=200`, { token: tokens.reseller });
    expect(status).toBe(200);
    const text = JSON.stringify(body);
    for (const [name, id] of Object.entries(foreign)) {
      if (name !== 'version') expect(text.includes(id), `${path} shows the ${name} of another`).toBe(false);
    }
    expect(text).not.toContain(provider.id);
    expect(text).not.toContain(cast.provider);
  }
});
