import { z } from '@hono/zod-openapi';
import { role } from './accounts.ts';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, id, instant, name, page, pageQuery } from './wire.ts';

const visible = (min: number, max: number) => z.string().regex(new RegExp(`^[\\x21-\\x7e]{${min},${max}}$`));
const usernameShape = /^[^\s:\p{Cc}]{3,150}$/u;
const ofAccount = id('account', 'Whom it acts for; your own account when not given.').optional();
const listQuery = z.strictObject({ ...pageQuery, account_id: id('account').optional() });
const life = { created_at: instant, revoked_at: instant.nullable() };

export const apiKey = z
  .strictObject({
    id: id('api_key'),
    account_id: id('account'),
    name: z.string(),
    role,
    prefix: z.string().openapi({ description: 'The first characters of the key, to tell keys apart.' }),
    created_at: instant,
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
  })
  .openapi('ApiKey');
export type ApiKey = z.input<typeof apiKey>;

export const newApiKey = z
  .strictObject({
    account_id: ofAccount,
    name,
    role,
    expires_at: instant.nullable().optional(),
    key: z
      .string()
      .regex(/^tl_key_[\w-]{32,128}$/)
      .optional()
      .openapi({ description: 'To bring a key along instead of having one made.' }),
  })
  .openapi('NewApiKey');

/** Ten years. */
const lmpiOverlapHoursMax = 87_600;

export const lmpiCredential = z
  .strictObject({
    id: id('lmpi_credential'),
    account_id: id('account'),
    access_token: z.string(),
    secret_key: z.string().nullable().openapi({ description: 'Null once revoked or ended.' }),
    expires_at: instant.nullable().openapi({
      description: 'When it stops to sign, because a younger one took its place; null: when it is revoked.',
    }),
    ...life,
  })
  .openapi('LmpiCredential');
export type LmpiCredential = z.input<typeof lmpiCredential>;

export const newLmpiCredential = z
  .strictObject({
    account_id: ofAccount,
    access_token: id('lmpi_access_token').optional(),
    secret_key: visible(10, 100).optional(),
    overlap_hours: z.int().min(0).max(lmpiOverlapHoursMax).optional().openapi({
      description: 'How long the older ones of the account go on to sign; not given: until they are revoked.',
    }),
  })
  .openapi('NewLmpiCredential');

export const simpleApiProfile = z
  .enum(['21.0', '1.15'])
  .openapi({ description: 'Which edition of the SimpleAPI documents the answers follow where the editions differ.' });

const callLimit = (max: number, per: string) =>
  z
    .int()
    .min(0)
    .max(max)
    .nullable()
    .openapi({ description: `Calls per ${per}; null: as the setting says; 0: any number.` });
const callLimits = { calls_per_minute: callLimit(1_000_000, 'minute'), calls_per_day: callLimit(1_000_000_000, 'day') };

export const simpleApiUser = z
  .strictObject({
    id: id('simpleapi_user'),
    account_id: id('account'),
    username: z.string(),
    client_id: z.string(),
    marketplace: z.string(),
    profile: simpleApiProfile,
    ...callLimits,
    ...life,
  })
  .openapi('SimpleApiUser');
export type SimpleApiUser = z.input<typeof simpleApiUser>;

export const newSimpleApiUser = z
  .strictObject({
    account_id: ofAccount,
    username: z.string().regex(usernameShape).optional().openapi({ pattern: usernameShape.source }),
    password: z.string().min(8).max(200).optional(),
    client_id: visible(3, 150).optional(),
    client_secret: visible(8, 200).optional(),
    subscription_key: visible(8, 200).optional(),
    marketplace: z.string().regex(/^[A-Za-z0-9_-]{1,50}$/),
    profile: simpleApiProfile.default('21.0'),
  })
  .openapi('NewSimpleApiUser');

const simpleApiLimits = changes({
  calls_per_minute: callLimits.calls_per_minute.optional(),
  calls_per_day: callLimits.calls_per_day.optional(),
}).openapi('SimpleApiLimits');

const shownOnce = z.string().openapi({ description: 'Shown this once.' });

export const apiKeyRoutes = {
  listApiKeys: route({
    operationId: 'listApiKeys',
    method: 'get',
    path: '/api-keys',
    tag: 'API keys',
    summary: 'List API keys',
    description: 'Keys of your account and of those below, revoked ones too, without the keys themselves.',
    permission: 'keys.read',
    query: listQuery,
    answers: { 200: page(apiKey) },
    examples: [{ as: 'reseller', query: { account_id: cast.reseller }, status: 200 }],
  }),
  createApiKey: route({
    operationId: 'createApiKey',
    method: 'post',
    path: '/api-keys',
    tag: 'API keys',
    summary: 'Create an API key',
    permission: 'keys.create',
    body: newApiKey,
    answers: { 201: z.strictObject({ api_key: apiKey, key: shownOnce }) },
    examples: [
      { as: 'reseller', body: { name: 'Web shop', role: 'sales', expires_at: '2027-01-01T00:00:00Z' }, status: 201 },
    ],
  }),
  revokeApiKey: route({
    operationId: 'revokeApiKey',
    method: 'delete',
    path: '/api-keys/{api_key_id}',
    tag: 'API keys',
    summary: 'Revoke an API key',
    description: 'It stops to work at once. One that is revoked already stays as it is.',
    permission: 'keys.revoke',
    params: z.strictObject({ api_key_id: id('api_key') }),
    answers: { 200: apiKey },
    examples: [{ as: 'reseller', params: { api_key_id: cast.apiKey }, status: 200 }],
  }),
};

export const lmpiCredentialRoutes = {
  listLmpiCredentials: route({
    operationId: 'listLmpiCredentials',
    method: 'get',
    path: '/lmpi-credentials',
    tag: 'LMPI credentials',
    summary: 'List LMPI credentials',
    description: 'With their secret keys, which signers need again and again.',
    permission: 'credentials.read',
    query: listQuery,
    answers: { 200: page(lmpiCredential) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createLmpiCredential: route({
    operationId: 'createLmpiCredential',
    method: 'post',
    path: '/lmpi-credentials',
    tag: 'LMPI credentials',
    summary: 'Create LMPI credentials',
    permission: 'credentials.create',
    body: newLmpiCredential,
    answers: { 201: lmpiCredential },
    examples: [{ as: 'distributor', body: { account_id: cast.reseller }, status: 201 }],
  }),
  revokeLmpiCredential: route({
    operationId: 'revokeLmpiCredential',
    method: 'delete',
    path: '/lmpi-credentials/{lmpi_credential_id}',
    tag: 'LMPI credentials',
    summary: 'Revoke LMPI credentials',
    permission: 'credentials.revoke',
    params: z.strictObject({ lmpi_credential_id: id('lmpi_credential') }),
    answers: { 200: lmpiCredential },
    examples: [{ as: 'reseller', params: { lmpi_credential_id: cast.lmpiCredential }, status: 200 }],
  }),
};

export const simpleApiUserRoutes = {
  listSimpleApiUsers: route({
    operationId: 'listSimpleApiUsers',
    method: 'get',
    path: '/simpleapi-users',
    tag: 'SimpleAPI users',
    summary: 'List SimpleAPI users',
    permission: 'simpleapi_users.read',
    query: listQuery,
    answers: { 200: page(simpleApiUser) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createSimpleApiUser: route({
    operationId: 'createSimpleApiUser',
    method: 'post',
    path: '/simpleapi-users',
    tag: 'SimpleAPI users',
    summary: 'Create a SimpleAPI user',
    description: 'What is not given is made. What it signs in with is shown this once.',
    permission: 'simpleapi_users.create',
    body: newSimpleApiUser,
    answers: {
      201: z.strictObject({
        simpleapi_user: simpleApiUser,
        username: z.string(),
        password: shownOnce,
        client_id: z.string(),
        client_secret: shownOnce,
        subscription_key: shownOnce,
      }),
    },
    examples: [{ as: 'reseller', body: { marketplace: 'US' }, status: 201 }],
  }),
  limitSimpleApiUser: route({
    operationId: 'limitSimpleApiUser',
    method: 'post',
    path: '/simpleapi-users/{simpleapi_user_id}/limits',
    tag: 'SimpleAPI users',
    summary: 'Limit the calls of a SimpleAPI user',
    description:
      'A call over the limit is answered with 429 and `Retry-After`. What is not given stays. The limits of a key are set by an account above the one that has it, and by the root for its own.',
    permission: 'simpleapi_users.limit',
    params: z.strictObject({ simpleapi_user_id: id('simpleapi_user') }),
    body: simpleApiLimits,
    answers: { 200: simpleApiUser },
    examples: [
      {
        as: 'provider',
        params: { simpleapi_user_id: cast.simpleApiUser },
        body: { calls_per_minute: 60, calls_per_day: 5000 },
        status: 200,
      },
    ],
  }),
  revokeSimpleApiUser: route({
    operationId: 'revokeSimpleApiUser',
    method: 'delete',
    path: '/simpleapi-users/{simpleapi_user_id}',
    tag: 'SimpleAPI users',
    summary: 'Revoke a SimpleAPI user',
    permission: 'simpleapi_users.revoke',
    params: z.strictObject({ simpleapi_user_id: id('simpleapi_user') }),
    answers: { 200: simpleApiUser },
    examples: [{ as: 'reseller', params: { simpleapi_user_id: cast.simpleApiUser }, status: 200 }],
  }),
};
