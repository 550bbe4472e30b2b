import { randomBytes } from 'node:crypto';
import { manualClock, type AccountId } from '@tierline/kernel';
import { numbers, revisions, type Cause } from '@tierline/server/db';
import { accessService, authenticator, type Acting } from '@tierline/server/modules/access/index.ts';
import { accountsService, directory, type AccountKind } from '@tierline/server/modules/accounts/index.ts';
import { openSecrets } from '@tierline/server/platform/secrets/index.ts';
import { testDatabase } from './database.ts';

export type AccessWorld = Awaited<ReturnType<typeof accessWorld>>;

/** Servers on one database, a clock that is moved by hand, and channels to act in. */
export async function accessWorld() {
  const database = await testDatabase({ poolSize: 6 });
  const { db } = database;
  const secrets = await openSecrets({ masterKey: randomBytes(32), dataDir: 'not used' });
  const clock = manualClock('2026-03-01T09:00:00Z');

  const cause = (extra: Partial<Cause> = {}): Cause => ({
    actor: 'system',
    requestId: 'request',
    at: clock.now(),
    ...extra,
  });

  /** One server: it notices what others did only when its revisions look. */
  function aServer() {
    const noticed = revisions(db);
    const known = directory(db, noticed);
    const dependencies = { db, directory: known, revisions: noticed, secrets, clock };
    return {
      noticed,
      accounts: accountsService({ ...dependencies, numbers: numbers(db, 'account_number_seq') }),
      access: accessService({ ...dependencies, portalSessionHours: 12 }),
      authenticate: authenticator({ ...dependencies, sessionHours: 12, simpleapiTokenSeconds: 1500 }),
    };
  }

  /** A provider with a distributor and two MSPs below that, and another provider beside. */
  async function aChannel() {
    const server = aServer();
    const account = async (parent: AccountId | null, kind: AccountKind): Promise<AccountId> => {
      const facts = { kind, name: kind, currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
      return (await server.accounts.create(cause(), parent, facts)).id;
    };
    const provider = await account(null, 'provider');
    const distributor = await account(provider, 'distributor');
    const [msp, sibling] = [await account(distributor, 'msp'), await account(distributor, 'msp')];
    const stranger = await account(null, 'provider');
    return { ...server, provider, distributor, msp, sibling, stranger };
  }

  return { db, clock, cause, aServer, aChannel, close: () => database.close() };
}

/** A request that is known by its key when it comes again. */
export const retried = (ownerId: AccountId, key: string, request = 'the request'): Partial<Cause> => ({
  idempotency: { ownerId, scope: 'test', key, requestHash: Buffer.from(request) },
});

export const as = (accountId: AccountId, role: Acting['role'] = 'owner'): Acting => ({ accountId, role });

/** An email address that nobody had before. */
export const email = (): string => `${randomBytes(5).toString('hex')}@example.com`;
