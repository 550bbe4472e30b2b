import { TierlineError } from '@tierline/kernel';
import { checkMediaType, parseJsonBody, readBody } from '../../platform/http/index.ts';
import { basicCredentials, checkKey, headerOf, requireKey, type Call, type CallGate } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { membersOf, newProblems } from './request.ts';

/**
 * `POST /token`, the native method (SimpleAPI reference 2.1). The body names the marketplace whose brand the login is
 * checked against; older clients send none, and then the user's own is meant.
 */
export function tokenHandler({ authenticate }: SimpleApiDependencies, gate: CallGate) {
  return async (c: Call): Promise<Response> => {
    const key = requireKey(c);
    const credentials = basicCredentials(headerOf(c, 'authorization'));
    if (credentials === undefined) {
      throw new TierlineError(
        'simpleapi.credentials_missing',
        'unauthenticated',
        'Send user name and password in the header Authorization: Basic base64(username:password).',
      );
    }
    const marketplace = await readMarketplace(c);
    const user = await authenticate.simpleApiPassword(credentials.username, credentials.password, (known) =>
      checkKey(known, key),
    );
    // Which marketplace it is, is no secret that could be guessed.
    if (user === undefined || (marketplace !== undefined && !isSame(marketplace, user.marketplace)))
      throw loginFailed();
    c.set('accountId', user.principal.accountId);
    gate.count(user);
    const { token, expiresInSeconds } = await authenticate.simpleApiToken(user);
    return new Response(JSON.stringify({ token, expiresInSeconds }), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  };
}

function loginFailed(): TierlineError {
  const message = 'The user name, the password or the marketplace is wrong.';
  return new TierlineError('simpleapi.login_failed', 'unauthenticated', message);
}

async function readMarketplace(c: Call): Promise<string | undefined> {
  const bytes = await readBody(c);
  // The header Content-Type comes with an empty body, too (SimpleAPI reference 8).
  if (bytes.length === 0) return undefined;
  checkMediaType(c, ['application/json']);
  const problems = newProblems();
  const marketplace = membersOf(parseJsonBody(bytes), '', problems).text('marketplace');
  problems.throwIfAny();
  return marketplace;
}

function isSame(given: string, own: string): boolean {
  return given.toLowerCase() === own.toLowerCase();
}
