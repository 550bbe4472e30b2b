import { resolve } from 'node:path';
import { z } from 'zod';

/**
 * One setting. This table is the only place that names it: the loader, the masked description of a running
 * configuration and the reference page are all made from it.
 */
export type Setting<Value> = {
  /** The environment variable; the name in a file is the key of the table. */
  readonly env: string;
  /** The command line's spelling, where it has one. */
  readonly flag?: string;
  readonly schema: z.ZodType<Value>;
  /** How the text of an environment variable or flag becomes a value; the schema judges it after that. */
  readonly fromText: (text: string) => unknown;
  readonly fallback: Value;
  /** The default as the reference page shows it. */
  readonly fallbackText: string;
  readonly type: string;
  /** Completes "it must be ...". */
  readonly expects: string;
  readonly description: string;
  /** Never printed, not even in a complaint about it. */
  readonly secret: boolean;
};

type Common = { env: string; flag?: string; description: string };

const flagOf = (common: Common) => (common.flag === undefined ? {} : { flag: common.flag });
const asIs = (text: string): unknown => text;

function integer(common: Common & { fallback: number; min: number; max: number; unit?: string }): Setting<number> {
  const { env, description, fallback, min, max, unit } = common;
  return {
    env,
    ...flagOf(common),
    description,
    schema: z.int().min(min).max(max),
    // Not Number(): that takes '', ' 1' and '0x10' too.
    fromText: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
    fallback,
    fallbackText: String(fallback),
    type: unit === undefined ? 'integer' : `integer (${unit})`,
    expects: `a whole number from ${min} to ${max}`,
    secret: false,
  };
}

function flag(common: Common & { fallback: boolean }): Setting<boolean> {
  const { env, description, fallback } = common;
  const words: Record<string, boolean> = { true: true, '1': true, false: false, '0': false };
  return {
    env,
    ...flagOf(common),
    description,
    schema: z.boolean(),
    fromText: (text) => words[text.toLowerCase()] ?? text,
    fallback,
    fallbackText: String(fallback),
    type: 'boolean',
    expects: 'true or false',
    secret: false,
  };
}

function choice<const Option extends string>(
  common: Common & { options: readonly Option[]; fallback: NoInfer<Option> },
): Setting<Option> {
  const { env, description, options, fallback } = common;
  return {
    env,
    ...flagOf(common),
    description,
    schema: z.enum(options),
    fromText: asIs,
    fallback,
    fallbackText: fallback,
    type: options.join(' \\| '),
    expects: `one of ${options.join(', ')}`,
    secret: false,
  };
}

const visible = z
  .string()
  .min(1)
  .max(4096)
  // A control character in a path or host is a mistake of quoting, and NUL would end the name for the system.
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f]+$/);

function isUrlOf(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

const host: Setting<string> = {
  env: 'TIERLINE_HOST',
  flag: '--host',
  description: 'The address the server listens on. `0.0.0.0` or `::` listens on every address of the machine.',
  schema: visible.regex(/^[^\s/]+$/),
  fromText: asIs,
  fallback: '127.0.0.1',
  fallbackText: '127.0.0.1',
  type: 'string',
  expects: 'a host name or an IP address, without a port',
  secret: false,
};

const dataDir: Setting<string> = {
  env: 'TIERLINE_DATA_DIR',
  flag: '--data',
  description: 'The directory that holds everything the server keeps: the embedded database and the key file.',
  schema: visible.transform((path) => resolve(path)),
  fromText: asIs,
  fallback: resolve('./data'),
  fallbackText: './data',
  type: 'path',
  expects: 'the path of a directory',
  secret: false,
};

const databaseUrl: Setting<string | undefined> = {
  env: 'DATABASE_URL',
  flag: '--database-url',
  description:
    'A PostgreSQL (15 or later) or Citus server to use. Not set: the embedded PostgreSQL in the data directory.',
  schema: visible.refine((text) => isUrlOf(text, ['postgres:', 'postgresql:'])).optional(),
  fromText: asIs,
  fallback: undefined,
  fallbackText: '',
  type: 'URL',
  expects: 'a URL like postgres://user:password@host:5432/database',
  secret: true,
};

const publicUrl: Setting<string | undefined> = {
  env: 'TIERLINE_PUBLIC_URL',
  flag: '--public-url',
  description: 'The address under which callers reach the server, when a proxy stands before it. Used in links.',
  schema: visible
    .refine((text) => isUrlOf(text, ['http:', 'https:']) && !/[?#]/.test(text))
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  fromText: asIs,
  fallback: undefined,
  fallbackText: '',
  type: 'URL',
  expects: 'a URL like https://channel.example.com, without a query',
  secret: false,
};

const masterKey: Setting<Uint8Array | undefined> = {
  env: 'TIERLINE_MASTER_KEY',
  description:
    'The key that encrypts stored secrets: 32 bytes in base64. Not set: a key file made once in the data directory. Whoever loses it loses the stored secrets.',
  schema: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/)
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .or(z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32))
    .optional(),
  fromText: asIs,
  fallback: undefined,
  fallbackText: '',
  type: 'base64',
  expects: '32 bytes in base64, 44 characters (openssl rand -base64 32 makes one)',
  secret: true,
};

const codesFile: Setting<string | undefined> = {
  env: 'TIERLINE_CODES_FILE',
  description:
    'A JSON file with codes to be added to the lists that requests are checked with: time zones, cultures, industries, company sizes, data centers of onboarding. Read at the start.',
  schema: visible.transform((path) => resolve(path)).optional(),
  fromText: asIs,
  fallback: undefined,
  fallbackText: '',
  type: 'path',
  expects: 'the path of a JSON file',
  secret: false,
};

/** Every setting, in the order of the reference page. */
export const settings = {
  host,
  port: integer({
    env: 'TIERLINE_PORT',
    flag: '--port',
    description: 'The port the server listens on; 0 picks a free one.',
    fallback: 7420,
    min: 0,
    max: 65_535,
  }),
  publicUrl,
  dataDir,
  databaseUrl,
  databasePoolSize: integer({
    env: 'TIERLINE_DATABASE_POOL_SIZE',
    description:
      'Connections to the database. 4 to 8 are as good as 32. What is done once at a time holds one while it goes on.',
    fallback: 8,
    min: 2,
    max: 200,
  }),
  backgroundProcesses: integer({
    env: 'TIERLINE_BACKGROUND_PROCESSES',
    description:
      'Processes for what is done beside requests: renewals and everything else that is due, provisioning, reports. With 0 the process that answers requests does it.',
    fallback: 1,
    min: 0,
    max: 64,
  }),
  masterKey,
  codesFile,
  logLevel: choice({
    env: 'TIERLINE_LOG_LEVEL',
    flag: '--log-level',
    description: 'The least level that is logged.',
    options: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    fallback: 'info',
  }),
  accessLogLevel: choice({
    env: 'TIERLINE_ACCESS_LOG_LEVEL',
    description: 'The level of the one line logged for each request; `silent` writes none.',
    options: ['trace', 'debug', 'info', 'silent'],
    fallback: 'info',
  }),
  maxBodyBytes: integer({
    env: 'TIERLINE_MAX_BODY_BYTES',
    description: 'The largest request body; a longer one is refused. Imports stream and have no limit of their own.',
    fallback: 1024 * 1024,
    min: 1024,
    max: 64 * 1024 * 1024,
    unit: 'bytes',
  }),
  headersTimeoutMs: integer({
    env: 'TIERLINE_HEADERS_TIMEOUT_MS',
    description: 'How long a client may take to send the head of a request.',
    fallback: 10_000,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
  requestTimeoutMs: integer({
    env: 'TIERLINE_REQUEST_TIMEOUT_MS',
    description: 'How long a client may take to send a whole request.',
    fallback: 30_000,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
  keepAliveTimeoutMs: integer({
    env: 'TIERLINE_KEEP_ALIVE_TIMEOUT_MS',
    description: 'How long an idle connection stays open. Longer than the proxy before the server keeps its own.',
    fallback: 65_000,
    min: 10,
    max: 600_000,
    unit: 'ms',
  }),
  shutdownGraceMs: integer({
    env: 'TIERLINE_SHUTDOWN_GRACE_MS',
    description: 'How long requests in progress may take to finish after SIGTERM, before they are cut off.',
    fallback: 10_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
  }),
  catalogCacheBytes: integer({
    env: 'TIERLINE_CATALOG_CACHE_BYTES',
    description: 'Memory for catalog pages kept ready to send.',
    fallback: 256 * 1024 * 1024,
    min: 1024 * 1024,
    max: 64 * 1024 * 1024 * 1024,
    unit: 'bytes',
  }),
  catalogPollMs: integer({
    env: 'TIERLINE_CATALOG_POLL_MS',
    description:
      'How often a node looks for catalog changes of others, behind the notification that usually comes first.',
    fallback: 500,
    min: 50,
    max: 60_000,
    unit: 'ms',
  }),
  orderBatchMax: integer({
    env: 'TIERLINE_ORDER_BATCH_MAX',
    description: 'The most orders combined into one statement under load; 1 combines none.',
    fallback: 64,
    min: 1,
    max: 1000,
  }),
  lmpiClockSkewSeconds: integer({
    env: 'TIERLINE_LMPI_CLOCK_SKEW_SECONDS',
    description: "How far the clock of an LMPI caller may be from the server's.",
    fallback: 900,
    min: 1,
    max: 86_400,
    unit: 'seconds',
  }),
  lmpiReplayProtection: flag({
    env: 'TIERLINE_LMPI_REPLAY_PROTECTION',
    description: 'Refuse an LMPI request whose signature was seen before.',
    fallback: false,
  }),
  lmpiKeyOverlapHours: integer({
    env: 'TIERLINE_LMPI_KEY_OVERLAP_HOURS',
    description: 'How long the older LMPI keys of a partner go on to work after new ones were made over LMPI.',
    fallback: 720,
    min: 0,
    max: 87_600,
    unit: 'hours',
  }),
  simpleapiTokenSeconds: integer({
    env: 'TIERLINE_SIMPLEAPI_TOKEN_SECONDS',
    description: 'How long a SimpleAPI access token is good for.',
    fallback: 1500,
    min: 10,
    max: 86_400,
    unit: 'seconds',
  }),
  simpleapiCallsPerMinute: integer({
    env: 'TIERLINE_SIMPLEAPI_CALLS_PER_MINUTE',
    description: 'Calls a SimpleAPI subscription key may make in a minute; 0 sets no limit.',
    fallback: 0,
    min: 0,
    max: 1_000_000,
  }),
  simpleapiCallsPerDay: integer({
    env: 'TIERLINE_SIMPLEAPI_CALLS_PER_DAY',
    description: 'Calls a SimpleAPI subscription key may make in a day; 0 sets no limit.',
    fallback: 0,
    min: 0,
    max: 1_000_000_000,
  }),
  sessionHours: integer({
    env: 'TIERLINE_SESSION_HOURS',
    description: 'How long a login lasts.',
    fallback: 12,
    min: 1,
    max: 720,
    unit: 'hours',
  }),
  portalSessionHours: integer({
    env: 'TIERLINE_PORTAL_SESSION_HOURS',
    description: 'How long somebody of a customer stays signed in to the portal.',
    fallback: 12,
    min: 1,
    max: 720,
    unit: 'hours',
  }),
  webhookTimeoutMs: integer({
    env: 'TIERLINE_WEBHOOK_TIMEOUT_MS',
    description: 'How long the receiver of a webhook may take to answer.',
    fallback: 10_000,
    min: 100,
    max: 45_000,
    unit: 'ms',
  }),
  sandboxPrivateWebhooks: flag({
    env: 'TIERLINE_SANDBOX_PRIVATE_WEBHOOKS',
    description:
      'Whether vendors of sandboxes may have webhooks at addresses of this machine or its network. Every owner or admin can make a sandbox, so only where all of them are trusted.',
    fallback: false,
  }),
} as const;

export type SettingName = keyof typeof settings;

/** The value of every setting. */
export type Settings = {
  readonly [Name in SettingName]: (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
};

/** Variables with our prefix that are no settings of the server, so that they are not taken for misspelled ones. */
export const otherVariables: Readonly<Record<string, string>> = {
  TIERLINE_CONFIG: 'The path of a JSON file with settings, as `--config` names one.',
  TIERLINE_URL: 'Where the command line client finds the server.',
  TIERLINE_API_KEY: 'The API key of the command line client.',
};

export const settingNames = Object.keys(settings).filter((name): name is SettingName => name in settings);
