import type { cast as ids, CastMember } from '@tierline/contract';
import { decimal, manualClock, Temporal, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { cast, customers, stranger } from '@tierline/server/app/demo/cast.ts';
import { buildEngine, type Engine } from '@tierline/server/app/engine.ts';
import type { Cause, Database } from '@tierline/server/db';
import type { Account, NewAccount } from '@tierline/server/modules/accounts/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { openSecrets } from '@tierline/server/platform/secrets/index.ts';
import { catalogBuilders } from '../support/world-catalog.ts';

export type ExampleChannel = Awaited<ReturnType<typeof exampleChannel>>;

/** The channel that the examples of the contract speak of, built in an empty database. */
export async function exampleChannel(db: Database) {
  const clock = manualClock('2026-03-02T09:00:00Z');
  const secrets = await openSecrets({ masterKey: Buffer.alloc(32, 7), dataDir: 'not used' });
  const settings = { orderBatchMax: 64, sessionHours: 12, simpleapiTokenSeconds: 1500, webhookTimeoutMs: 1000 };
  const engine = buildEngine({ db, secrets, clock, settings });
  const cause = (): Cause => ({ actor: 'system', requestId: 'setup', at: clock.now() });

  const account = async (parent: Account | null, facts: Pick<NewAccount, 'name' | 'kind' | 'country' | 'timeZone'>) => {
    const { name, kind, country, timeZone } = facts;
    const wanted = { name, kind, country, timeZone, currency: 'USD', language: 'en' };
    return engine.accounts.create(cause(), parent?.id ?? null, wanted);
  };
  const provider = await account(null, cast.provider);
  const distributor = await account(provider, cast.distributor);
  const reseller = await account(distributor, cast.reseller);
  const branch = await account(distributor, stranger);
  const otherReseller = await account(distributor, { ...stranger, name: 'Saltmarsh & Pine IT' });

  const catalog = catalogBuilders(engine, cause);
  const sold = await exampleCatalog(catalog, [provider, distributor, reseller, branch]);
  await catalog.delegate([distributor, otherReseller], sold.plan);
  await catalog.priceList(otherReseller, { prices: { 'HR-SEAT': '18.9', 'HR-STORAGE': '1.1' } });
  const { product, plan, seat, storage, draftPlan, oldPlan, vendor, priceList, yearlyPlan } = sold;

  const { name, language, address, contact } = customers[0]!;
  const contacts = [{ type: 'admin' as const, email: 'imani@example.com', ...contact }];
  const login = { login: 'imani', name: 'Imani Okafor', email: 'imani@example.com', resettable: true, field: 'login' };
  const facts = { name, language, address, contacts, login };
  const { customer, first } = await engine.customers.createWithUser(cause(), reseller.id, facts);
  const order = await engine.orders.place(cause(), reseller.id, {
    customer: { id: customer.id },
    lines: [
      { name: { mpn: 'HR-SEAT' }, quantity: decimal('5') },
      { name: { mpn: 'HR-STORAGE' }, quantity: decimal('1') },
    ],
    poNumber: 'PO-2207',
    attributes: null,
    surface: 'api',
    addMissingBases: false,
  });

  const service: Parameters<typeof engine.orders.place>[2] = {
    customer: { id: customer.id },
    lines: [{ name: { mpn: 'HR-MOVE' }, quantity: decimal('1') }],
    poNumber: null,
    attributes: null,
    surface: 'api',
    addMissingBases: false,
  };
  const byHand = await engine.orders.place(cause(), reseller.id, service);
  const unwanted = await engine.orders.place(cause(), reseller.id, service);

  const lives = await exampleLives(engine, cause, reseller, customer);

  const { access } = engine;
  const key = async (of: AccountId) =>
    access.createApiKey(cause(), { accountId: of, role: 'owner' }, of, { name: 'Back office', role: 'owner' });
  const owner = { accountId: reseller.id, role: 'owner' as const };
  const password = 'correct horse battery';
  const { user } = await access.createUser(cause(), owner, {
    email: 'ada@example.com',
    name: 'Ada Lindqvist',
    password,
    memberships: [{ accountId: reseller.id, role: 'admin' }],
  });
  const apiKey = await access.createApiKey(cause(), owner, reseller.id, { name: 'Old shop', role: 'sales' });
  const lmpiCredential = await access.createLmpiCredential(cause(), owner, reseller.id);
  const simpleApiUser = await access.createSimpleApiUser(cause(), owner, reseller.id, {
    marketplace: 'US',
    profile: '21.0',
  });
  const units = { productId: product.id, licenseVersion: 'full' as const };
  await engine.pools.mint(cause(), provider, { ...units, units: 1000n });
  await engine.pools.assign(cause(), provider, distributor.id, { ...units, units: 200n });

  const ofDistributor = { currency: 'USD', timeZone: 'America/New_York', country: 'US', language: 'en' };
  const { sandbox } = await engine.sandboxes.create(cause(), distributor.id, {
    ...ofDistributor,
    name: 'Years ahead',
    startsAt: '2027-01-31T09:00:00Z',
  });

  /** Three more seats with the next term. */
  const plannedFor = async (id: SubscriptionId) => {
    const items = [{ mpn: 'HR-SEAT', quantity: decimal('8') }];
    const asked = { command: { kind: 'change', items, cascade: false }, moment: { at: 'renewal' } } as const;
    const { planned } = await engine.lifecycle.place(cause(), reseller.id, id, asked, { surface: 'api' });
    return planned[0]!.id;
  };

  const reportGenerator = await engine.reports.createGenerator(cause(), reseller.id, {
    name: 'Monthly payments',
    dataSet: 'payments',
    format: 'csv',
    schedule: 'monthly',
  });
  const asked = { generator: { id: reportGenerator.id }, startOn: '2026-03-01', endOn: '2026-03-03' };
  const report = await engine.reports.schedule(cause(), reseller.id, asked);

  const billed = await exampleBilling(engine, catalog, [distributor, yearlyPlan]);

  const tokens: Readonly<Record<CastMember, string | undefined>> = {
    msp: (await key(billed.msp)).key,
    provider: (await key(provider.id)).key,
    distributor: (await key(distributor.id)).key,
    reseller: (await key(reseller.id)).key,
    person: (await engine.authenticate.login('ada@example.com', password)).token,
    nobody: undefined,
  };
  const actual: Readonly<Record<keyof typeof ids, string>> = {
    provider: provider.id,
    distributor: distributor.id,
    reseller: reseller.id,
    branch: branch.id,
    otherReseller: otherReseller.id,
    customer: customer.id,
    customerUser: first.user.id,
    resetToken: first.resetToken!,
    vendor: vendor.id,
    product: product.id,
    seat: seat.id,
    storage: storage.id,
    plan: plan.id,
    seatRate: plan.rates['HR-SEAT']!,
    storageRate: plan.rates['HR-STORAGE']!,
    draftPlan: draftPlan.id,
    oldPlan: oldPlan.id,
    priceList: priceList.id,
    order: order.id,
    subscription: order.subscriptions[0]!.id,
    pendingSubscription: byHand.subscriptions[0]!.id,
    pendingOrder: unwanted.id,
    user: user.id,
    apiKey: apiKey.apiKey.id,
    lmpiCredential: lmpiCredential.id,
    simpleApiUser: simpleApiUser.user.id,
    sandbox: sandbox.id,
    yearlyPlan: yearlyPlan.id,
    intent: await plannedFor(order.subscriptions[0]!.id),
    reportGenerator: reportGenerator.id,
    report: report.id,
    ...billed,
    ...lives,
  };
  return { engine, tokens, actual };
}

/** An MSP that sold since January: of that month nobody said anything, that of February is being prepared. */
async function exampleBilling(
  engine: Engine,
  catalog: Builders,
  [distributor, plan]: readonly [Account, Parameters<Builders['delegate']>[1]],
) {
  const at = (text: string): Cause => ({ actor: 'system', requestId: 'setup', at: Temporal.Instant.from(text) });
  const { kind, name: company, country, timeZone } = cast.msp;
  const facts = { kind, name: company, country, timeZone, currency: 'USD', language: 'en' };
  const msp = await engine.accounts.create(at('2026-01-05T09:00:00Z'), distributor.id, facts);
  await catalog.delegate([distributor, msp], plan);
  await catalog.priceList(msp, { prices: { 'HR-SEAT-Y': '199' } });
  const { name, language, address, contact } = customers[2]!;
  const contacts = [{ type: 'admin' as const, email: 'third@example.com', ...contact }];
  const customer = await engine.customers.create(at('2026-01-08T09:00:00Z'), msp.id, {
    name,
    language,
    address,
    contacts,
  });
  await engine.orders.place(at('2026-01-12T09:00:00Z'), msp.id, {
    customer: { id: customer.id },
    lines: [{ name: { mpn: 'HR-SEAT-Y' }, quantity: decimal('5') }],
    poNumber: null,
    attributes: null,
    surface: 'api',
    addMissingBases: false,
  });
  await engine.billingReportWork.runDue({ sandboxId: null }, Temporal.Instant.from('2026-03-02T09:00:00Z'));
  const [february, january] = await engine.billingReports.list({ within: msp.id }, { limit: 2 });
  return { msp: msp.id, billingReport: february!.id, approvedBillingReport: january!.id };
}

/** Subscriptions of another customer, each for an example that happens to one only once, and one more of the first. */
async function exampleLives(engine: Engine, cause: () => Cause, seller: Account, first: Customer) {
  const { name, language, address, contact } = customers[1]!;
  const contacts = [{ type: 'admin' as const, email: 'second@example.com', ...contact }];
  const second = await engine.customers.create(cause(), seller.id, { name, language, address, contacts });
  const sold = async (to: Customer, mpn: string): Promise<SubscriptionId> => {
    const order = await engine.orders.place(cause(), seller.id, {
      customer: { id: to.id },
      lines: [{ name: { mpn }, quantity: decimal('2') }],
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
    });
    return order.subscriptions[0]!.id;
  };
  const pausedSubscription = await sold(second, 'HR-SEAT');
  const suspend = { command: { kind: 'suspend', endOn: null }, moment: { at: 'now' } } as const;
  await engine.lifecycle.place(cause(), seller.id, pausedSubscription, suspend, { surface: 'api' });
  const third = await engine.customers.create(cause(), seller.id, {
    name: 'Oakmoth Publishing',
    language,
    address,
    contacts,
  });
  await sold(third, 'HR-SEAT');
  return {
    movingCustomer: third.id,
    movingSubscription: await sold(second, 'HR-SEAT'),
    switchedSubscription: await sold(second, 'HR-SEAT'),
    renewedSubscription: await sold(second, 'HR-SEAT'),
    canceledSubscription: await sold(second, 'HR-SEAT'),
    suspendedSubscription: await sold(second, 'HR-SEAT'),
    pausedSubscription,
    shortenedSubscription: await sold(second, 'HR-SEAT'),
    trialSubscription: await sold(second, 'HR-TRIAL'),
    otherSubscription: await sold(first, 'HR-SEAT'),
  };
}

type Builders = ReturnType<typeof catalogBuilders>;

/** Hosted mail with a storage add-on, passed down to both resellers, with a price on every edge. */
async function exampleCatalog(
  catalog: Builders,
  [provider, distributor, reseller, branch]: readonly [Account, Account, Account, Account],
) {
  const vendor = await catalog.vendor(provider, { code: 'halcyon', name: 'Halcyon Reef' });
  const product = await catalog.product(provider, {
    vendorId: vendor.id,
    code: 'HRMAIL001',
    name: 'Hosted Mail',
    serviceName: 'MAIL',
  });
  const seat = await catalog.resource(provider, product, 'HR-SEAT', 'Hosted mail, seat');
  const storage = await catalog.resource(provider, product, 'HR-STORAGE', 'Hosted mail, storage 10 GB');
  const rates = [
    { mpn: 'HR-SEAT', quantityMin: '1', quantityMax: '5000', prices: '15.2' },
    { mpn: 'HR-STORAGE', quantityMax: '5000', dependsOn: ['HR-SEAT'], prices: '0.95' },
  ];
  // Of its own, so that it stays as it is when the examples change those of the vendor.
  const terms = { graceMonths: 1, policies: { preset: 'standard' as const } };
  const plan = await catalog.plan(provider, { product, name: 'Hosted mail, monthly', rates, terms });
  const [seatOnly] = [rates.slice(0, 1).map(({ prices: _, ...rate }) => rate)];
  const draftPlan = await catalog.plan(provider, {
    product,
    name: 'Hosted mail, next year',
    rates: seatOnly,
    publish: false,
  });
  const oldPlan = await catalog.plan(provider, { product, name: 'Hosted mail classic', rates: seatOnly });
  const yearlyPlan = await catalog.plan(provider, {
    product,
    name: 'Mailbox, yearly',
    rates: [{ mpn: 'HR-SEAT-Y', name: 'Mailbox for a year', quantityMin: '1', quantityMax: '5000', prices: '158' }],
    terms: {
      subscriptionPeriod: { unit: 'year', count: 1 },
      billingPeriod: { unit: 'year', count: 1 },
      autoRenewalMonths: 12,
    },
  });
  const trialPlan = await catalog.plan(provider, {
    product,
    name: 'Mailbox, trial',
    rates: [{ mpn: 'HR-TRIAL', name: 'Mailbox on trial', quantityMin: '1', quantityMax: '25' }],
    terms: { licenseVersion: 'trial', pricing: 'free', autoRenewalMonths: null },
  });
  for (const each of [plan, yearlyPlan, trialPlan]) await catalog.delegate([provider, distributor, reseller], each);
  await catalog.delegate([distributor, branch], plan);
  const hands = await catalog.vendor(provider, {
    code: 'halcyon-services',
    name: 'Halcyon Services',
    provisioning: 'manual',
  });
  const service = await catalog.product(provider, {
    vendorId: hands.id,
    code: 'HRMOVE001',
    name: 'Mail Move',
    serviceName: 'MOVE',
  });
  const move = await catalog.plan(provider, {
    product: service,
    name: 'Mail move, by hand',
    rates: [{ mpn: 'HR-MOVE', quantityMin: '1', quantityMax: '1' }],
    terms: { pricing: 'free' },
  });
  await catalog.delegate([provider, distributor, reseller], move);
  await catalog.priceList(distributor, { prices: { 'HR-SEAT': '17.5', 'HR-STORAGE': '1.05', 'HR-SEAT-Y': '182' } });
  const priceList = await catalog.priceList(reseller, {
    prices: { 'HR-SEAT': '19.8', 'HR-STORAGE': '1.15', 'HR-SEAT-Y': '205' },
  });
  return { yearlyPlan, vendor, product, seat, storage, plan, draftPlan, oldPlan, priceList };
}
