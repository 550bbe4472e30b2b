import { randomBytes } from 'node:crypto';
import { decimal, manualClock, Temporal, type AccountId, type Clock, type RateId } from '@tierline/kernel';
import { cast, customers as castCustomers, stranger, type CastMember } from '@tierline/server/app/demo/cast.ts';
import { buildEngine } from '@tierline/server/app/engine.ts';
import type { Cause } from '@tierline/server/db';
import type { Principal, Role, SimpleApiProfile } from '@tierline/server/modules/access/index.ts';
import type { Account, AccountKind, NewAccount } from '@tierline/server/modules/accounts/index.ts';
import type { Customer, CustomerFacts } from '@tierline/server/modules/customers/index.ts';
import type { OrderDetail, SalesRequest } from '@tierline/server/modules/orders/index.ts';
import { openSecrets } from '@tierline/server/platform/secrets/index.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { catalogBuilders } from './world-catalog.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;

/** When the clock of a world stands still, unless a test says otherwise: a Monday. */
const worldBegins = '2026-03-02T09:00:00Z';

export type Line = { readonly mpn: string; readonly quantity?: string } & Omit<
  SalesRequest['lines'][number],
  'name' | 'quantity'
>;

/**
 * A whole engine on a database of its own, and builders that make stored things through the real use cases. Everything
 * has defaults out of the cast; a test names only what it is about. A database that is given may be that of a server.
 */
export async function openWorld(
  options: { clock?: Clock; at?: string; poolSize?: number; database?: TestDatabase } = {},
) {
  const database = options.database ?? (await testDatabase({ poolSize: options.poolSize ?? 6 }));
  const { db } = database;
  const manual = manualClock(options.at ?? worldBegins);
  const clock = options.clock ?? manual;
  const secrets = await openSecrets({ masterKey: randomBytes(32), dataDir: 'not used' });
  const settings = {
    orderBatchMax: 64,
    sessionHours: 12,
    simpleapiTokenSeconds: 1500,
    webhookTimeoutMs: 1000,
    sandboxPrivateWebhooks: true,
  };
  const engine = buildEngine({ db, secrets, clock, settings });
  await engine.revisions.start(200, () => {});

  let requests = 0;
  let firstRoot: AccountId | undefined;

  /** Why something is done. `key` makes it a request that can be retried; its owner is the first provider unless given. */
  function cause(
    wanted: { actor?: string; at?: string; key?: string; owner?: AccountId; request?: string } = {},
  ): Cause {
    requests += 1;
    const ownerId = wanted.owner ?? firstRoot;
    const at = wanted.at === undefined ? clock.now() : Temporal.Instant.from(wanted.at);
    const plain = { actor: wanted.actor ?? 'system', requestId: `request-${requests}`, at };
    if (wanted.key === undefined) return plain;
    if (ownerId === undefined) throw new Error('A key needs an owner: make a provider first.');
    const requestHash = Buffer.from(wanted.request ?? 'the request');
    return { ...plain, idempotency: { ownerId, scope: 'test', key: wanted.key, requestHash } };
  }

  async function account(member: CastMember, parent: Account | null, facts: Partial<NewAccount>): Promise<Account> {
    const { kind, name, currency, timeZone, country, language } = member;
    const made = await engine.accounts.create(cause(), parent?.id ?? null, {
      kind,
      name,
      currency,
      timeZone,
      country,
      language,
      ...facts,
    });
    firstRoot ??= made.rootId;
    return made;
  }

  const below =
    (member: CastMember) =>
    (parent: Account, facts: Partial<NewAccount> = {}): Promise<Account> =>
      account(member, parent, facts);

  let customerCount = 0;

  function customer(owner: Account, facts: Partial<CustomerFacts> = {}): Promise<Customer> {
    const { name, language, address, contact, key } = castCustomers[customerCount++ % castCustomers.length]!;
    const email = `${key.replaceAll('_', '.')}@example.com`;
    const contacts = [{ type: 'admin' as const, email, ...contact }];
    return engine.customers.create(cause(), owner.id, { name, language, address, contacts, ...facts });
  }

  /** A sales order of the customer, placed by its seller. */
  function order(
    buyer: Customer,
    lines: readonly Line[],
    wanted: Partial<Omit<SalesRequest, 'customer' | 'lines'>> & { cause?: Cause } = {},
  ): Promise<OrderDetail> {
    const { cause: given, ...rest } = wanted;
    return engine.orders.place(given ?? cause(), buyer.ownerId, {
      customer: { id: buyer.id },
      lines: lines.map(({ mpn, quantity, ...line }) => ({
        ...line,
        name: { mpn },
        quantity: decimal(quantity ?? '1'),
      })),
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
      ...rest,
    });
  }

  async function principal(of: Account, role: Role = 'owner'): Promise<Principal> {
    const node = await engine.directory.get(of.id);
    return { accountId: of.id, node, role, actor: `user:${role}`, surface: 'api', credentialId: '' };
  }

  /** One credential of every kind that the account can have, with everything a client needs to sign in. */
  async function credentials(of: Account, wanted: { role?: Role; profile?: SimpleApiProfile } = {}) {
    const acting = { accountId: of.id, role: 'owner' as const };
    const { access } = engine;
    const { key } = await access.createApiKey(cause(), acting, of.id, { name: 'test', role: wanted.role ?? 'owner' });
    const lmpi = of.kind === 'provider' ? null : await access.createLmpiCredential(cause(), acting, of.id);
    const marketplace = 'US';
    const { login, user } = await access.createSimpleApiUser(cause(), acting, of.id, {
      marketplace,
      profile: wanted.profile ?? '21.0',
    });
    return {
      apiKey: key,
      lmpi: lmpi && { id: lmpi.id, accessToken: lmpi.accessToken, secretKey: lmpi.secretKey },
      simpleapi: { id: user.id, marketplace, ...login },
    };
  }

  const catalog = catalogBuilders(engine, cause);
  const provider = (facts: Partial<NewAccount> = {}) => account(cast.provider, null, facts);
  const distributor = below(cast.distributor);
  const reseller = below(cast.reseller);

  /**
   * Three edges in USD: provider -> distributor -> reseller -> customer, with one plan of a base and an add-on as the
   * reference's product page shows them (the add-on stands first). `sibling` sells the same plan beside the reseller.
   */
  async function channel() {
    const top = await provider();
    const middle = await distributor(top);
    const seller = await reseller(middle);
    const other = await account(stranger, middle, {});
    const plan = await catalog.samplePlan(top);
    await catalog.delegate([top, middle, seller], plan);
    await catalog.delegate([middle, other], plan);
    const { base, addOn } = catalog.sampleMpns;
    await catalog.priceList(middle, { prices: { [base]: '17.5', [addOn]: '1.05' } });
    await catalog.priceList(seller, { prices: { [base]: '19.8', [addOn]: '1.15' } });
    await catalog.priceList(other, { markup: '20' });
    const rates: Readonly<Record<string, RateId>> = plan.rates;
    return {
      provider: top,
      distributor: middle,
      reseller: seller,
      customer: await customer(seller),
      sibling: { reseller: other, customer: await customer(other) },
      plan,
      base: { mpn: base, rateId: rates[base]! },
      addOn: { mpn: addOn, rateId: rates[addOn]! },
    };
  }

  return {
    ...catalog,
    db,
    url: database.url,
    engine,
    clock,
    /** Moves the clock; not for a world with a clock of its own. */
    moveTo(at: string): void {
      if (options.clock !== undefined) throw new Error('This world has a clock of its own.');
      manual.set(at);
    },
    cause,
    provider,
    distributor,
    isp: below(cast.isp),
    msp: below(cast.msp),
    reseller,
    /** An account of any kind, for trees of any depth. */
    account: (kind: AccountKind, parent: Account | null, facts: Partial<NewAccount> = {}) =>
      account({ ...cast[kind], currency: 'USD' }, parent, facts),
    customer,
    order,
    principal,
    credentials,
    channel,
    async close(): Promise<void> {
      engine.revisions.stop();
      await database.close();
    },
  };
}
