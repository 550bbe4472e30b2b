import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimpleApi, someText, type Answer, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
});
afterAll(() => api.close());

const tokenPath = '/marketplace/token';
const openIdPath = '/auth/realms/tierline/protocol/openid-connect/token';

// SimpleAPI reference 2.1
describe('POST /token', () => {
  const ask = (changes: Record<string, string | undefined> = {}, sent: { body?: unknown; raw?: string } = {}) => {
    const { username, password, subscriptionKey } = reseller.login;
    const headers = {
      authorization: api.basic(username, password),
      'x-subscription-key': subscriptionKey,
      'content-type': 'application/json',
      ...changes,
    };
    return api.send('POST', tokenPath, { ...sent, headers });
  };

  test('answers a token that lists products', async () => {
    const answer = await ask({}, { body: { marketplace: 'US' } });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ token: someText, expiresInSeconds: 1500 });
    expect(answer.headers.get('x-correlation-id')).toMatch(/^a8n-./);
    const headers = {
      authorization: `Bearer ${String(answer.body['token'])}`,
      'x-subscription-key': reseller.login.subscriptionKey,
    };
    expect((await api.send('GET', '/marketplace/products', { headers })).status).toBe(200);
  });

  test.each([
    ['an empty body', {}],
    ['an empty object', { body: {} }],
    ['the marketplace in another letter case', { body: { marketplace: 'us' } }],
    ['a null', { body: { marketplace: null } }],
  ])('takes %s', async (_, sent) => {
    expect((await ask({}, sent)).status).toBe(200);
  });

  test('and a slash at the end', async () => {
    const { username, password, subscriptionKey } = reseller.login;
    const headers = { authorization: api.basic(username, password), 'x-subscription-key': subscriptionKey };
    expect((await api.send('POST', `${tokenPath}/`, { headers })).status).toBe(200);
  });

  test.each([
    ['without a subscription key', { 'x-subscription-key': undefined }, 'simpleapi.subscription_key_missing'],
    ['with a wrong subscription key', { 'x-subscription-key': 'f'.repeat(32) }, 'simpleapi.wrong_subscription_key'],
    ['without credentials', { authorization: undefined }, 'simpleapi.credentials_missing'],
    ['with a bearer token', { authorization: 'Bearer x' }, 'simpleapi.credentials_missing'],
    ['with a header that is no base64', { authorization: 'Basic %%%' }, 'simpleapi.credentials_missing'],
    ['with a wrong password', { authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' }, 'simpleapi.login_failed'],
  ])('401 %s', async (_, headers, code) => {
    const answer = await ask(headers, { body: {} });
    expect(answer.status).toBe(401);
    expect(answer.body['code']).toBe(code);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  test('401 for another marketplace', async () => {
    expect((await ask({}, { body: { marketplace: 'se' } })).body['code']).toBe('simpleapi.login_failed');
  });

  test.each([
    ['broken JSON', { raw: '{' }],
    ['a list', { body: [] }],
    ['an object as the marketplace', { body: { marketplace: {} } }],
  ])('400 for %s', async (_, sent) => {
    expect((await ask({}, sent)).status).toBe(400);
  });

  test('415 for a body of another type', async () => {
    expect((await ask({ 'content-type': 'text/plain' }, { raw: '{}' })).status).toBe(415);
  });
});

// SimpleAPI reference 2.2
describe('POST /auth/realms/tierline/protocol/openid-connect/token', () => {
  const ask = (changes: Record<string, string | undefined> = {}): Promise<Answer> => {
    const { username, password, clientId, clientSecret } = reseller.login;
    const fields = Object.entries({
      grant_type: 'password',
      username,
      password,
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'openid',
      ...changes,
    }).filter((field): field is [string, string] => field[1] !== undefined);
    return api.send('POST', openIdPath, {
      raw: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  };

  test('answers a token for the same API, without a subscription key', async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ access_token: someText, expires_in: 1500, token_type: 'Bearer' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-correlation-id')).toMatch(/^a8n-./);
    const headers = {
      authorization: `Bearer ${String(answer.body['access_token'])}`,
      'x-subscription-key': reseller.login.subscriptionKey,
    };
    expect((await api.send('GET', '/marketplace/products', { headers })).status).toBe(200);
  });

  test.each([
    ['a wrong password', { password: 'wrong' }, 401, 'invalid_grant'],
    ['a wrong client secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['a wrong client id', { client_id: 'wrong' }, 401, 'invalid_client'],
    ['no client', { client_id: undefined, client_secret: undefined }, 401, 'invalid_client'],
    ['no user name', { username: undefined }, 400, 'invalid_request'],
    ['no password', { password: undefined }, 400, 'invalid_request'],
    ['no grant type', { grant_type: undefined }, 400, 'invalid_request'],
    ['another grant type', { grant_type: 'client_credentials' }, 400, 'unsupported_grant_type'],
  ])('%s is refused as RFC 6749 says', async (_, changes, status, error) => {
    const answer = await ask(changes);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: someText });
  });

  test('refuses another form, realm and method in its own form', async () => {
    const json = await api.send('POST', openIdPath, { body: {} });
    expect([json.status, json.body['error']]).toEqual([415, 'invalid_request']);
    const realm = await api.send('POST', '/auth/realms/other/protocol/openid-connect/token');
    expect([realm.status, realm.body['error']]).toEqual([404, 'not_found']);
    const method = await api.send('GET', openIdPath);
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('slows down guessing, and says for how long', async () => {
    let last = await ask({ username: 'guessed', password: 'wrong' });
    for (let count = 0; count < 6 && last.status === 401; count += 1) {
      last = await ask({ username: 'guessed', password: 'wrong' });
    }
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  // A password that leaked is not enough, and the other secret can't be guessed either.
  test('a wrong client secret or subscription key beside the right password is slowed down as well', async () => {
    const { login } = await api.client(channel.distributor);
    const { username, password, clientId, marketplace } = login;
    const tries = [
      () => ask({ username, password, client_id: clientId, client_secret: 'guess' }),
      () => native({ 'x-subscription-key': 'guess' }),
    ];
    const native = (headers: Record<string, string>): Promise<Answer> =>
      api.send('POST', '/marketplace/token', {
        body: { marketplace },
        headers: { authorization: api.basic(username, password), ...headers },
      });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await tries[count % tries.length]!()).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });
});

describe('a bearer token', () => {
  const ask = (headers: Record<string, string | undefined>) =>
    api.send('GET', '/marketplace/products', {
      headers: {
        authorization: `Bearer ${reseller.token}`,
        'x-subscription-key': reseller.login.subscriptionKey,
        ...headers,
      },
    });

  test.each([
    ['missing', { authorization: undefined }, 'simpleapi.token_missing'],
    ['of another kind', { authorization: 'Basic eDp5' }, 'simpleapi.token_missing'],
    ['empty', { authorization: 'Bearer ' }, 'simpleapi.token_missing'],
    ['no token at all', { authorization: 'Bearer nonsense' }, 'simpleapi.invalid_token'],
    ['without a subscription key', { 'x-subscription-key': undefined }, 'simpleapi.subscription_key_missing'],
    ['with a wrong subscription key', { 'x-subscription-key': 'f'.repeat(32) }, 'simpleapi.wrong_subscription_key'],
  ])('401 when %s', async (_, headers, code) => {
    const answer = await ask(headers);
    expect(answer.status).toBe(401);
    expect(answer.body['code']).toBe(code);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('401 when changed by one character', async () => {
    const changed = `${reseller.token.slice(0, -2)}${reseller.token.endsWith('A') ? 'B' : 'A'}${reseller.token.slice(-1)}`;
    expect((await ask({ authorization: `Bearer ${changed}` })).body['code']).toBe('simpleapi.invalid_token');
  });

  test("401 with another tenant's subscription key", async () => {
    const { login } = await api.client(channel.sibling.reseller);
    const answer = await ask({ 'x-subscription-key': login.subscriptionKey });
    expect(answer.body['code']).toBe('simpleapi.wrong_subscription_key');
  });

  test('is taken in any letter case of its scheme', async () => {
    expect((await ask({ authorization: `bearer ${reseller.token}` })).status).toBe(200);
  });

  test('401 after its 1500 seconds', async () => {
    const other = await openSimpleApi();
    const { reseller: account } = await other.channel();
    const client = await other.client(account);
    other.moveTo('2026-03-02T09:24:59Z');
    expect((await client.get('/products')).status).toBe(200);
    other.moveTo('2026-03-02T09:25:00Z');
    expect((await client.get('/products')).status).toBe(401);
    await other.close();
  });
});

// SimpleAPI reference 1.3
describe('limits of a subscription key', () => {
  test('429 with Retry-After when a minute is used up, and again when the day is', async () => {
    const limited = await openSimpleApi({ simpleapiCallsPerMinute: 3, simpleapiCallsPerDay: 4 });
    const { reseller: account, sibling } = await limited.channel();
    // Asking for the token is the first call.
    const client = await limited.client(account);
    const other = await limited.client(sibling.reseller);
    expect((await client.get('/products')).status).toBe(200);
    limited.moveTo('2026-03-02T09:00:15Z');
    expect((await client.get('/plans')).status).toBe(200);
    const refused = await client.get('/products');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('45');
    expect(refused.body['code']).toBe('simpleapi.rate_limited');
    expect((await other.get('/products')).status).toBe(200);
    limited.moveTo('2026-03-02T09:01:00Z');
    expect((await client.get('/products')).status).toBe(200);
    const today = await client.get('/products');
    expect([today.status, today.headers.get('retry-after')]).toEqual([429, String(86_400 - 60)]);
    await limited.close();
  });

  test('a limit of the key itself counts instead of the setting, from the next call on; 0 lifts it', async () => {
    const limited = await openSimpleApi({ simpleapiCallsPerMinute: 4 });
    const { provider, reseller: account } = await limited.channel();
    const client = await limited.client(account);
    const acting = { accountId: provider.id, role: 'owner' } as const;
    const limit = (perMinute: number | null) =>
      limited.engine.access.limitSimpleApiUser(limited.cause(), acting, client.login.id, { perMinute });
    await limit(2);
    expect((await client.get('/plans')).status).toBe(200);
    const refused = await client.get('/plans');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(refused.body['message']).toContain('2 calls per minute');
    await limit(0);
    for (let call = 0; call < 6; call += 1) expect((await client.get('/plans')).status).toBe(200);
    await limit(null);
    const back = await Promise.all(Array.from({ length: 4 }, () => client.get('/plans')));
    expect(back.filter(({ status }) => status === 429)).not.toEqual([]);
    await limited.close();
  });
});
