import { createHash, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { parseId, type AccountId } from '@tierline/kernel';
import { errors, jwtVerify, SignJWT } from 'jose';

const keyPrefix = 'tl_key_';
const sessionPrefix = 'tl_ses_';

const random = (): string => randomBytes(32).toString('base64url');

export function newApiKey(): string {
  return keyPrefix + random();
}

/** With which a person of a customer chooses a password. */
export function newResetToken(): string {
  return `tl_reset_${random()}`;
}

/** Of a person of a customer who signed in to the portal. */
export function newPortalToken(): string {
  return `tl_portal_${random()}`;
}

export function isApiKey(text: string): boolean {
  return /^tl_key_[\w-]{32,128}$/.test(text);
}

export function isSessionToken(text: string): boolean {
  return accountOfSession(text) !== undefined;
}

/** The first characters of an API key: enough for a person to tell keys apart, no help in guessing one. */
export function shownPrefix(key: string): string {
  return key.slice(0, keyPrefix.length + 6);
}

/** A session's token carries the account it was opened for; its hash is stored over the whole text, so nobody changes that. */
export function newSessionToken(accountId: AccountId): string {
  return `${sessionPrefix}${random()}.${accountId}`;
}

/** The account that a session's token was opened for; undefined when the text is no token of a session. */
export function accountOfSession(token: string): AccountId | undefined {
  const [, accountId] = /^tl_ses_[\w-]{43}\.([0-9a-f-]{36})$/.exec(token) ?? [];
  return accountId === undefined ? undefined : parseId<'account'>(accountId);
}

/** What is stored of a token. It has 256 bits of chance, so a plain hash is enough. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** Whether the text has this hash, in a time that says nothing about how much of it was right. */
export function hasHash(text: string | undefined, hash: Buffer): boolean {
  return timingSafeEqual(tokenHash(text ?? ''), hash) && text !== undefined;
}

const issuer = 'tierline';
const audience = 'simpleapi';

export type BearerClaims = { readonly userId: string; readonly accountId: string; readonly expiresAtMs: number };

/** A SimpleAPI access token: an HS256 JWT. `at` and `lifeSeconds` are whole seconds of the epoch. */
export function signBearer(
  key: KeyObject,
  claims: { userId: string; accountId: string; atSeconds: number; lifeSeconds: number },
): Promise<string> {
  return new SignJWT({
    iss: issuer,
    aud: audience,
    sub: claims.userId,
    account: claims.accountId,
    // Two tokens of one second are two tokens.
    jti: randomBytes(9).toString('base64url'),
    iat: claims.atSeconds,
    exp: claims.atSeconds + claims.lifeSeconds,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(key);
}

/** The claims of a token that this key signed and that is still good; undefined for any other text. */
export async function verifyBearer(key: KeyObject, token: string, nowMs: number): Promise<BearerClaims | undefined> {
  try {
    const { payload } = await jwtVerify<Record<string, unknown>>(token, key, {
      algorithms: ['HS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'sub', 'account'],
      currentDate: new Date(nowMs),
    });
    const { sub, exp, account } = payload;
    if (typeof sub !== 'string' || typeof account !== 'string' || typeof exp !== 'number') return undefined;
    return { userId: sub, accountId: account, expiresAtMs: exp * 1000 };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
