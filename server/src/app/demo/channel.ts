import { Temporal, TierlineError, type AccountId, type CustomerId } from '@tierline/kernel';
import { z } from 'zod';
import type { Account } from '../../modules/accounts/index.ts';
import type { Engine } from '../engine.ts';
import { sellInDemo } from './build-catalog.ts';
import { liveThrough } from './build-chronicle.ts';
import { priceInDemo } from './build-prices.ts';
import { reportInDemo } from './build-reports.ts';
import { cast, customers as castCustomers, directCustomers, type CastKey, type CastMember } from './cast.ts';
import { demoCause, stepsOf, type CauseMaker, type Steps } from './steps.ts';

/** Ids of the cast by name: its sellers, then its customers. */
export type DemoChannel = { readonly provider: AccountId; readonly accounts: Readonly<Record<string, string>> };

/** What every part of the building needs. */
export type Building = {
  readonly engine: Engine;
  readonly steps: Steps;
  readonly sellers: Readonly<Record<CastKey, Account>>;
  readonly customers: ReadonlyMap<string, { id: CustomerId; ownerId: AccountId }>;
  /** When everything but the orders came to be: some months before the first start. */
  readonly began: Temporal.Instant;
};

const hoursBefore = 160 * 24;
const providerId = 'demo:provider';

/**
 * Builds the demo channel in an empty database through the use cases, or finishes what an earlier start began, or, when it
 * stands already, answers where. Throws a conflict for a database that others use.
 */
export async function buildDemoChannel(engine: Engine, makeCause: CauseMaker = demoCause): Promise<DemoChannel> {
  const roots = await engine.accounts.roots();
  for (const root of roots) {
    const accounts = await completed(engine, root.id);
    if (accounts !== undefined) return { provider: root.id, accounts };
  }
  const begun = roots.find(({ externalId }) => externalId === providerId);
  if (begun === undefined && roots.length > 0) {
    throw new TierlineError(
      'demo.database_in_use',
      'conflict',
      'This database has accounts already, so no demo channel is made in it. Start without --demo, or with an empty database.',
    );
  }
  const provider = begun ?? (await createProvider(engine, makeCause));
  const began = Temporal.Instant.from(provider.createdAt);
  const steps = stepsOf(engine.db, provider.id, makeCause);
  const sellers = await createSellers(engine, steps, provider, began);
  const customers = await createCustomers(engine, steps, sellers, began);
  const building: Building = { engine, steps, sellers, customers, began };
  const sold = await sellInDemo(building);
  await priceInDemo(building, sold);
  await liveThrough(building, sold, began.add({ hours: hoursBefore }));
  await reportInDemo(building);
  const named = [...Object.entries(sellers), ...customers];
  const accounts = Object.fromEntries(named.map(([key, { id }]): [string, string] => [key, id]));
  return complete(engine, makeCause, provider, accounts);
}

const completion = z.object({ profile: z.object({ demo_channel: z.record(z.string(), z.string()) }) });

/**
 * The names and ids that were written down when the channel was complete. They are read from the log, which nobody can
 * change, and not from the account, whose owner may do with it what they like.
 */
async function completed(engine: Engine, root: AccountId): Promise<Readonly<Record<string, string>> | undefined> {
  const filter = { within: root, type: 'account.changed', subjectId: root };
  const changes = await engine.events.page(filter, { limit: 20, descending: false });
  for (const { data } of changes) {
    const found = completion.safeParse(data);
    if (found.success) return found.data.profile.demo_channel;
  }
  return undefined;
}

async function complete(
  engine: Engine,
  makeCause: CauseMaker,
  { id }: Account,
  accounts: Readonly<Record<string, string>>,
): Promise<DemoChannel> {
  await engine.accounts.change(makeCause(engine.clock.now()), id, id, { profile: { demo_channel: accounts } });
  return { provider: id, accounts };
}

/** The provider is the one thing that no key can name, since keys belong to it: it is known by its external id. */
function createProvider(engine: Engine, makeCause: CauseMaker): Promise<Account> {
  const at = engine.clock.now().subtract({ hours: hoursBefore });
  return engine.accounts.create(makeCause(at), null, factsOf(cast.provider));
}

function factsOf(member: CastMember) {
  const { kind, name, currency, timeZone, country, language, key } = member;
  return { kind, name, currency, timeZone, country, language, externalId: `demo:${key}` };
}

const extras: Partial<Record<CastKey, { buyerGroup?: string; priceFloor?: 'cost' }>> = {
  isp: { buyerGroup: 'euro' },
  msp: { buyerGroup: 'gold', priceFloor: 'cost' },
};

async function createSellers(
  engine: Engine,
  { step }: Steps,
  provider: Account,
  at: Temporal.Instant,
): Promise<Record<CastKey, Account>> {
  const create = (key: Exclude<CastKey, 'provider'>, parent: Account): Promise<Account> =>
    step(`account:${key}`, at, (cause) =>
      engine.accounts.create(cause, parent.id, { ...factsOf(cast[key]), ...extras[key] }),
    );
  const distributor = await create('distributor', provider);
  const isp = await create('isp', provider);
  const msp = await create('msp', distributor);
  const msp2 = await create('msp2', isp);
  const reseller = await create('reseller', distributor);
  return { provider, distributor, isp, msp, msp2, reseller };
}

async function createCustomers(
  engine: Engine,
  { step }: Steps,
  sellers: Readonly<Record<CastKey, Account>>,
  at: Temporal.Instant,
): Promise<Map<string, { id: CustomerId; ownerId: AccountId }>> {
  const made = new Map<string, { id: CustomerId; ownerId: AccountId }>();
  for (const { key, owner, name, language, address, contact } of [...castCustomers, ...directCustomers]) {
    const email = `${contact.firstName.toLowerCase()}@${key.replaceAll('_', '-')}.example`;
    const contacts = [{ type: 'admin' as const, ...contact, email: email.normalize('NFD').replace(/\p{M}/gu, '') }];
    const facts = { name, language, address, contacts, externalId: `demo:${key}` };
    const { id, ownerId } = await step(`customer:${key}`, at, (cause) =>
      engine.customers.create(cause, sellers[owner].id, facts),
    );
    made.set(key, { id, ownerId });
  }
  return made;
}
