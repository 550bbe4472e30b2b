import { createHash, createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';

/** What a request's signature is made over (LMPI reference, part 1, 1.3). */
export type Signed = {
  /** The digits of x-posix-time as sent. */
  readonly posixTime: string;
  readonly method: string;
  /** Path and query from the host's root, as sent, each byte one character. */
  readonly target: string;
  readonly body: Uint8Array;
};

/** Base64 of HMAC-SHA256 over time, method, target and, where there is a body, Base64 of its MD5. */
export function signatureOf(key: KeyObject, { posixTime, method, target, body }: Signed): string {
  const hmac = createHmac('sha256', key).update(posixTime + method + target, 'latin1');
  if (body.length > 0) hmac.update(createHash('md5').update(body).digest('base64'), 'latin1');
  return hmac.digest('base64');
}

/** 32 bytes in Base64: whatever looks otherwise is wrong without any computing. */
const signaturePattern = /^[A-Za-z0-9+/]{43}=$/;

export function looksSigned(signature: string): boolean {
  return signaturePattern.test(signature);
}

/**
 * Whether the signature is the caller's own. A client that made it over decoded text is understood too: when the target
 * as sent doesn't fit, its query is tried once more percent-decoded (LMPI reference, part 1, 1.3).
 */
export function isSignedWith(key: KeyObject, signed: Signed, signature: string): boolean {
  if (isSame(signatureOf(key, signed), signature)) return true;
  const target = withDecodedQuery(signed.target);
  return target !== undefined && isSame(signatureOf(key, { ...signed, target }), signature);
}

/** In constant time. Both are 44 ASCII characters. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected, 'latin1'), Buffer.from(given, 'latin1')];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The target with its query decoded, again one character per byte; undefined when that changes nothing. */
function withDecodedQuery(target: string): string | undefined {
  const questionMark = target.indexOf('?');
  if (questionMark === -1 || !target.includes('%', questionMark)) return undefined;
  try {
    const query = decodeURIComponent(target.slice(questionMark));
    return target.slice(0, questionMark) + Buffer.from(query, 'utf8').toString('latin1');
  } catch {
    return undefined;
  }
}

/** The part of a request target that is signed: without scheme and host, which a request to a proxy carries too. */
export function signedTarget(rawTarget: string): string {
  if (rawTarget.startsWith('/')) return rawTarget;
  const path = rawTarget.indexOf('/', rawTarget.indexOf('://') + 3);
  return path === -1 ? '/' : rawTarget.slice(path);
}
