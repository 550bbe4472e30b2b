import { createSecretKey, randomBytes } from 'node:crypto';
import { newId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import {
  accountOfSession,
  hasHash,
  isApiKey,
  newApiKey,
  newSessionToken,
  shownPrefix,
  signBearer,
  tokenHash,
  verifyBearer,
} from './tokens.ts';

describe('tokens', () => {
  test('say what they are, and no two are alike', () => {
    const accountId = newId<'account'>();
    const [key, session] = [newApiKey(), newSessionToken(accountId)];
    expect(key).toMatch(/^tl_key_[\w-]{43}$/);
    expect(session).toMatch(/^tl_ses_[\w-]{43}\.[0-9a-f-]{36}$/);
    expect([isApiKey(key), isApiKey(session), isApiKey(`${key}\u0000`), isApiKey('')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(accountOfSession(session)).toBe(accountId);
    expect([accountOfSession(key), accountOfSession(`${session}0`)]).toEqual([undefined, undefined]);
    expect(key.startsWith(shownPrefix(key))).toBe(true);
    expect(shownPrefix(key)).toHaveLength(13);
    expect(new Set(Array.from({ length: 100 }, newApiKey)).size).toBe(100);
  });

  test('are compared by their hash; nothing at all never fits', () => {
    const key = newApiKey();
    expect(hasHash(key, tokenHash(key))).toBe(true);
    expect(hasHash(`${key}x`, tokenHash(key))).toBe(false);
    expect(hasHash(undefined, tokenHash(''))).toBe(false);
  });
});

describe('bearer tokens', () => {
  const key = createSecretKey(randomBytes(32));
  const claims = { userId: 'u', accountId: 'a', atSeconds: 1_000_000, lifeSeconds: 1500 };
  const validMs = 1_000_001_000;

  test('hold for exactly their life', async () => {
    const token = await signBearer(key, claims);
    expect(await verifyBearer(key, token, validMs)).toEqual({
      userId: 'u',
      accountId: 'a',
      expiresAtMs: 1_001_500_000,
    });
    expect(await verifyBearer(key, token, 1_001_499_999)).toBeDefined();
    expect(await verifyBearer(key, token, 1_001_500_000)).toBeUndefined();
    expect(await signBearer(key, claims)).not.toBe(token);
  });

  test('do not survive the change of a single character', async () => {
    const token = await signBearer(key, claims);
    for (let at = 0; at < token.length; at += 1) {
      // The last character of each part carries spare bits that base64url leaves unread, so it is replaced far enough.
      const other = token[at] === 'A' ? 'z' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(await verifyBearer(key, changed, validMs), `character ${at}`).toBeUndefined();
    }
  });

  test('of another key, of no key or of another kind are refused', async () => {
    const token = await signBearer(createSecretKey(randomBytes(32)), claims);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
    for (const text of [token, unsigned, 'a.b.c', '', 'x'])
      expect(await verifyBearer(key, text, validMs)).toBeUndefined();
  });
});
