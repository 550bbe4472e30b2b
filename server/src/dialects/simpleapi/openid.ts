import { isTierlineError, TierlineError } from '@tierline/kernel';
import { Hono } from 'hono';
import { checkClient, type SimpleApiUser } from '../../modules/access/index.ts';
import { readForm, type HttpEnv, type Surface } from '../../platform/http/index.ts';
import { basicCredentials, headerOf, type BasicCredentials, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { correlationPrefix, retryAfter, statusOf } from './errors.ts';

const realm = 'tierline';
const path = `/realms/${realm}/protocol/openid-connect/token`;

/**
 * The OpenID Connect password token endpoint, laid out as Keycloak has it (SimpleAPI reference 2.2). No subscription key
 * is sent here. Errors have the form of RFC 6749, 5.2.
 */
export function openIdSurface(dependencies: SimpleApiDependencies): Surface {
  const app = new Hono<HttpEnv>();
  const handler = tokenHandler(dependencies);
  app.post(path, handler);
  app.post(`${path}/`, handler);
  return {
    name: 'openid',
    base: '/auth',
    app,
    errorResponse: oauthError,
    notFound: () => oauthResponse(404, 'not_found', 'There is nothing here.'),
    requestIdHeader: { name: 'X-Correlation-ID', prefix: correlationPrefix },
  };
}

function tokenHandler({ authenticate }: SimpleApiDependencies) {
  return async (c: Call): Promise<Response> => {
    const form = await readForm(c);
    const grantType = requiredField(form, 'grant_type');
    if (grantType !== 'password') {
      const message = 'Only the grant type password is supported.';
      throw new TierlineError('simpleapi.unsupported_grant_type', 'invalid', message, { field: 'grant_type' });
    }
    const client = clientOf(c, form);
    const username = requiredField(form, 'username');
    const password = requiredField(form, 'password');
    const user = await authenticate.simpleApiPassword(username, password, (known) => checkClientOf(known, client));
    if (user === undefined) {
      throw new TierlineError('simpleapi.invalid_grant', 'unauthenticated', 'Invalid user credentials.');
    }
    c.set('accountId', user.principal.accountId);
    const { token, expiresInSeconds } = await authenticate.simpleApiToken(user);
    return tokenResponse({
      access_token: token,
      expires_in: expiresInSeconds,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
    });
  };
}

/** In the form or, as RFC 6749, 2.3.1 prefers, in a Basic header. */
function clientOf(c: Call, form: URLSearchParams): BasicCredentials {
  const inHeader = basicCredentials(headerOf(c, 'authorization'));
  if (inHeader !== undefined) return inHeader;
  return { username: form.get('client_id') ?? '', password: form.get('client_secret') ?? '' };
}

function checkClientOf(user: SimpleApiUser, client: BasicCredentials): void {
  if (checkClient(user, client.username, client.password)) return;
  throw new TierlineError(
    'simpleapi.invalid_client',
    'unauthenticated',
    'Invalid client or invalid client credentials.',
  );
}

function requiredField(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value !== null && value !== '') return value;
  throw new TierlineError('simpleapi.missing_form_parameter', 'invalid', `Missing form parameter: ${name}.`, {
    field: name,
  });
}

/** Keycloak answers 401 for a wrong password and for a wrong client secret (SimpleAPI reference 2.2). */
const oauthCodes: Readonly<Record<string, string>> = {
  'simpleapi.unsupported_grant_type': 'unsupported_grant_type',
  'simpleapi.invalid_grant': 'invalid_grant',
  'simpleapi.invalid_client': 'invalid_client',
};

function oauthError(error: TierlineError): Response {
  const status = statusOf(error);
  const isOurs = status >= 500 || !isTierlineError(error);
  const code = oauthCodes[error.code] ?? (isOurs ? 'server_error' : status === 429 ? 'slow_down' : 'invalid_request');
  const message = error.kind === 'bug' ? 'Something went wrong on our side.' : error.message;
  return oauthResponse(status, code, message, error.retryAfterSeconds);
}

function oauthResponse(status: number, error: string, description: string, retryAfterSeconds?: number): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (status === 401) headers['www-authenticate'] = `Basic realm="${realm}"`;
  if (retryAfterSeconds !== undefined) headers['retry-after'] = retryAfter(retryAfterSeconds);
  return new Response(JSON.stringify({ error, error_description: description }), { status, headers });
}

function tokenResponse(body: Readonly<Record<string, unknown>>): Response {
  return new Response(JSON.stringify(body), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' },
  });
}
