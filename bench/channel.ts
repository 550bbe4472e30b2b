import { randomBytes } from 'node:crypto';
import { systemClock, type AccountId, type CustomerId } from '@tierline/kernel';
import { cast, customers as castCustomers } from '@tierline/server/app/demo/cast.ts';
import { buildEngine, type Engine } from '@tierline/server/app/engine.ts';
import type { Cause, Database } from '@tierline/server/db';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { openSecrets } from '@tierline/server/platform/secrets/index.ts';
import { catalogBuilders } from '../test/support/world-catalog.ts';

export const masterKey = randomBytes(32);

let requests = 0;

export function cause(extra: Partial<Cause> = {}): Cause {
  requests += 1;
  return { actor: 'user:bench', requestId: `request-${requests}`, at: systemClock.now(), ...extra };
}

/** An engine with the settings that a server has by default. */
export async function openEngine(
  db: Database,
  settings: { orderBatchMax?: number; orderBatchesAtOnce?: number } = {},
): Promise<Engine> {
  const secrets = await openSecrets({ masterKey, dataDir: 'not used' });
  const engine = buildEngine({
    db,
    secrets,
    clock: systemClock,
    settings: {
      orderBatchMax: 64,
      sessionHours: 12,
      simpleapiTokenSeconds: 86_400,
      webhookTimeoutMs: 1000,
      ...settings,
    },
  });
  await engine.revisions.start(500, () => {});
  return engine;
}

export type Channel = {
  readonly catalog: ReturnType<typeof catalogBuilders>;
  readonly provider: Account;
  readonly distributor: Account;
  readonly base: string;
  readonly addOn: string;
  readonly resellers: readonly Account[];
  readonly customers: readonly { readonly ownerId: AccountId; readonly id: CustomerId; readonly number: string }[];
};

/**
 * Three edges: a provider, its distributor, resellers below that and customers of these. Each sells the plan of a
 * base and an add-on that the documented product page shows, at its own prices.
 */
export async function buildChannel(
  engine: Engine,
  size: { resellers: number; customersEach: number },
): Promise<Channel> {
  const catalog = catalogBuilders(engine, cause);
  const account = async (key: 'provider' | 'distributor' | 'reseller', parent: Account | null, name?: string) => {
    const { kind, currency, timeZone, country, language, name: plain } = cast[key];
    const facts = { kind, currency, timeZone, country, language, name: name ?? plain };
    return engine.accounts.create(cause(), parent?.id ?? null, facts);
  };
  const provider = await account('provider', null);
  const distributor = await account('distributor', provider);
  // Without a notice of its own, what is due of a subscription in a month is its renewal and nothing else.
  const plan = await catalog.samplePlan(provider, { expirationNoticeDays: 0 });
  await catalog.delegate([provider, distributor], plan);
  const { base, addOn } = catalog.sampleMpns;
  await catalog.priceList(distributor, { prices: { [base]: '17.5', [addOn]: '1.05' } });
  const resellers: Account[] = [];
  const customers: { ownerId: AccountId; id: CustomerId; number: string }[] = [];
  const { name: _, contact, ...facts } = castCustomers[0]!;
  for (let index = 0; index < size.resellers; index += 1) {
    const reseller = await account('reseller', distributor, `Reseller ${index}`);
    resellers.push(reseller);
    await catalog.delegate([distributor, reseller], plan);
    await catalog.priceList(reseller, { prices: { [base]: '19.8', [addOn]: '1.15' } });
    const made = await Promise.all(
      Array.from({ length: size.customersEach }, (_, place) =>
        engine.customers.create(cause(), reseller.id, {
          name: `Customer ${index}-${place}`,
          language: facts.language,
          address: facts.address,
          contacts: [{ type: 'admin', email: `customer${place}@example.com`, ...contact }],
        }),
      ),
    );
    customers.push(...made);
  }
  return { catalog, provider, distributor, base, addOn, resellers, customers };
}

/** Header lines with which a reseller calls the marketplace API: a user of its own and a token for it. */
export async function simpleApiAccess(engine: Engine, accountId: AccountId): Promise<string> {
  const acting = { accountId, role: 'owner' as const };
  const wanted = { marketplace: 'US', profile: '21.0' as const };
  const { login } = await engine.access.createSimpleApiUser(cause(), acting, accountId, wanted);
  const user = await engine.authenticate.simpleApiPassword(login.username, login.password);
  const { token } = await engine.authenticate.simpleApiToken(user!);
  return `Authorization: Bearer ${token}\r\nX-Subscription-Key: ${login.subscriptionKey}\r\n`;
}
