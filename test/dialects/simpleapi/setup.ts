import { simpleApiSurfaces } from '@tierline/server/dialects/simpleapi/index.ts';
import type { SimpleApiProfile } from '@tierline/server/modules/access/index.ts';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { expect } from 'vitest';
import { openWorld, type World } from '../../support/world.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; whoever reads it checks it with expect. */
  readonly body: Record<string, unknown>;
};

export type Sent = {
  readonly body?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
};

export type Client = {
  readonly token: string;
  readonly login: Awaited<ReturnType<World['credentials']>>['simpleapi'];
  get(path: string, sent?: Sent): Promise<Answer>;
  post(path: string, body: unknown, sent?: Sent): Promise<Answer>;
  patch(path: string, body: unknown, sent?: Sent): Promise<Answer>;
};

export type Settings = Partial<
  Record<'catalogCacheBytes' | 'simpleapiCallsPerMinute' | 'simpleapiCallsPerDay', number>
>;

/** A world with both surfaces of the dialect, called in process. */
export async function openSimpleApi(settings: Settings = {}) {
  const world = await openWorld();
  const surfaces = simpleApiSurfaces({
    ...world.engine,
    settings: { catalogCacheBytes: 16 << 20, simpleapiCallsPerMinute: 0, simpleapiCallsPerDay: 0, ...settings },
  });
  const { server, lines } = aServer(surfaces);

  async function send(method: string, path: string, { body, raw, headers = {} }: Sent = {}): Promise<Answer> {
    const given = Object.entries({
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    }).filter((header): header is [string, string] => header[1] !== undefined);
    const content = raw ?? (body === undefined ? null : JSON.stringify(body));
    const response = await server.fetch(
      new Request(`http://localhost${path}`, { method, headers: given, body: content }),
    );
    const text = await response.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return { status: response.status, headers: response.headers, text, body: parsed as Record<string, unknown> };
  }

  /** What is no JSON: a file, under a link. */
  const file = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    server.fetch(new Request(`http://localhost${path}`, { headers }));

  const basic = (username: string, password: string): string =>
    `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

  /** A client of an account with a token of its own. */
  async function client(of: Account, profile: SimpleApiProfile = '21.0'): Promise<Client> {
    const { simpleapi: login } = await world.credentials(of, { profile });
    const answer = await send('POST', '/marketplace/token', {
      body: { marketplace: login.marketplace },
      headers: { authorization: basic(login.username, login.password), 'x-subscription-key': login.subscriptionKey },
    });
    expect(answer.status).toBe(200);
    const token = String(answer.body['token']);
    const headers = { authorization: `Bearer ${token}`, 'x-subscription-key': login.subscriptionKey };
    const call = (method: string, path: string, sent: Sent): Promise<Answer> =>
      send(method, `/marketplace${path}`, { ...sent, headers: { ...headers, ...sent.headers } });
    return {
      token,
      login,
      get: (path, sent = {}) => call('GET', path, sent),
      post: (path, body, sent = {}) => call('POST', path, { body, ...sent }),
      patch: (path, body, sent = {}) => call('PATCH', path, { body, ...sent }),
    };
  }

  return { ...world, send, file, basic, client, lines };
}

export type SimpleApi = Awaited<ReturnType<typeof openSimpleApi>>;

/** What a valid `POST /customers` looks like; tests change one thing of it. */
export function aCustomerBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: 'Larkspur Dental Group',
    address: {
      streetAddress: '418 Maple Hollow Road',
      addressExtension: 'Suite 210',
      postalCode: '12207',
      city: 'Albany',
      state: 'NY',
      countryCode: 'US',
    },
    contactPersons: [
      {
        type: 'admin',
        firstName: 'Imani',
        lastName: 'Okafor',
        email: 'imani.okafor@example.com',
        phoneNumber: '1#518#5550142#',
      },
    ],
    language: 'en_US',
    ...changes,
  };
}

let resellers = 0;

/** What a valid `POST /resellers` looks like. Nobody signs in with an e-mail address twice, so each has one of its own. */
export function aResellerBody(
  changes: Readonly<Record<string, unknown>> = {},
  email = `reseller${(resellers += 1)}@example.com`,
): Record<string, unknown> {
  const body = aCustomerBody();
  const [contact] = body['contactPersons'] as object[];
  return { ...body, name: 'Northwind Cloud', currency: 'USD', contactPersons: [{ ...contact, email }], ...changes };
}

/** How many rows of business data there are; refused requests must leave it alone. */
export async function rowCounts({ db }: SimpleApi): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [
    'accounts',
    'users',
    'customers',
    'customer_users',
    'orders',
    'subscriptions',
    'charges',
    'idempotency_keys',
  ]) {
    const [row] = await db.query<{ count: bigint }>(
      { name: `count_${table}`, text: `select count(*) from ${table}` },
      [],
    );
    counts[table] = Number(row?.count);
  }
  return counts;
}

/** Texts that a test can't know, for whole answers that it compares. */
export const someText: unknown = expect.any(String);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
