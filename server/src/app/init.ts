import { invalid, systemClock } from '@tierline/kernel';
import { emailReasons } from '../modules/access/index.ts';
import { loadConfig, type ConfigOverrides } from '../platform/config/index.ts';
import { migrate, type Cause } from '../platform/db/index.ts';
import { openSecrets } from '../platform/secrets/index.ts';
import { createLogger, flushLogger } from '../platform/telemetry/index.ts';
import { openDatabase } from './database.ts';
import { buildEngine, type Engine } from './engine.ts';

/** The root of a new channel and the person who owns it. */
export type NewRoot = {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly country: string;
  readonly language: string;
  readonly ownerEmail: string;
  readonly ownerName: string;
};

/** How to get into a new root; shown once. */
export type RootAccess = {
  readonly accountId: string;
  readonly email: string;
  /** Null for a person who had an account here before: their password stays. */
  readonly password: string | null;
  readonly apiKey: string;
};

/** Makes a provider account with an owner and an API key: the first step on an empty installation, and for each further root. */
export async function createRoot(
  engine: Pick<Engine, 'accounts' | 'access'>,
  cause: Cause,
  wanted: NewRoot,
): Promise<RootAccess> {
  const { name, currency, timeZone, country, language, ownerEmail, ownerName } = wanted;
  // Before the account is made: an account without an owner would be of no use to anybody.
  const reasons = emailReasons(ownerEmail);
  if (reasons.length > 0) throw invalid(reasons);
  const account = await engine.accounts.create(cause, null, {
    kind: 'provider',
    name,
    currency,
    timeZone,
    country,
    language,
  });
  const acting = { accountId: account.id, role: 'owner' as const };
  const { user, password } = await engine.access.createUser(cause, acting, {
    email: ownerEmail,
    name: ownerName,
    memberships: [{ accountId: account.id, role: 'owner' }],
  });
  const { key } = await engine.access.createApiKey(cause, acting, account.id, { name: 'First key', role: 'owner' });
  return { accountId: account.id, email: user.email, password, apiKey: key };
}

/** `createRoot` on the database of the settings, without a server. */
export async function initialize(
  options: { config?: string | undefined; overrides?: ConfigOverrides },
  wanted: NewRoot,
): Promise<RootAccess> {
  const config = loadConfig({
    env: process.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
  });
  const log = createLogger({ level: config.logLevel, destination: 'stderr' });
  const database = await openDatabase(config, log, new AbortController().signal);
  try {
    await migrate(database.db);
    const secrets = await openSecrets({ masterKey: config.masterKey, dataDir: config.dataDir });
    const engine = buildEngine({ db: database.db, secrets, clock: systemClock, settings: config });
    return await createRoot(engine, { actor: 'system', requestId: 'init', at: systemClock.now() }, wanted);
  } finally {
    await database.close();
    await flushLogger(log);
  }
}
