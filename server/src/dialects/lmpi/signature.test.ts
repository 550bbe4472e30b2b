import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedWith, looksSigned, signatureOf, signedTarget } from './signature.ts';

const secretKey = 'bG9jYWwtdGVzdC1rZXktbm90LWEtcmVhbC1zZWNyZXQ=';
const key = createSecretKey(Buffer.from(secretKey, 'utf8'));
const posixTime = '1700000000';
const customer = '11111111-2222-4333-8444-555555555555';
const subscription = '66666666-7777-4888-9999-aaaaaaaaaaaa';
const bytes = (text: string) => Buffer.from(text, 'utf8');

const escaped = '?user_modified_start=2024-01-01T00%3A00%3A00Z&user_modified_end=2024-02-01T00%3A00%3A00Z';
const unescaped = escaped.replaceAll('%3A', ':');

/** LMPI reference, part 1, 1.4. */
const vectors = [
  ['GET', '/LMPI/v2/me/serviceplans', '', '7esDstqIAkuLii24Dy9AI4LJ1BpAe/0+sIw16f0FLvI='],
  [
    'PUT',
    `/LMPI/v2/customers/${customer}/subscriptions/${subscription}`,
    '{"units_per_license":30}',
    'HPDH+y9OgndOB5nIYarkIO+Int5Qi8XWNfdCcHrSQrs=',
  ],
  ['GET', `/LMPI/v2/customers${escaped}`, '', 's5kAhoXP10l6oY3rEUPsi0B7SYHf4rTEHyaqqUd3//E='],
  ['GET', `/LMPI/v2/customers${unescaped}`, '', 'MR4j5VTD/4O33/lokcxgasGTnqxwpH7AjmOWzF0yi7k='],
  [
    'PUT',
    `/LMPI/v3/customers/${customer}`,
    '{"name":"株式会社テスト"}',
    'k7y1OTMU4bluMY0G6bEBe6NaZzy1q1lCIbW9U+v91Rg=',
  ],
  [
    'PUT',
    `/LMPI/v3/customers/${customer}/subscriptions/${subscription}/suspend`,
    '',
    'yOHQOd7Zzz/RpQqimeR0r/TKRWFpL7ZmYL8wmMA9TSE=',
  ],
] as const;

describe('the signature (LMPI reference, part 1, 1.3 and 1.4)', () => {
  it.each(vectors)('%s %s', (method, target, body, signature) => {
    expect(signatureOf(key, { posixTime, method, target, body: bytes(body) })).toBe(signature);
  });

  it('is accepted when it was made over the percent-decoded query, which not every client encodes first', () => {
    const madeOverDecoded = vectors[3][3];
    const sent = { posixTime, method: 'GET', target: `/LMPI/v2/customers${escaped}`, body: bytes('') };
    expect(isSignedWith(key, sent, madeOverDecoded)).toBe(true);
    expect(isSignedWith(key, { ...sent, target: sent.target.replace('Z', 'X') }, madeOverDecoded)).toBe(false);
  });

  it('understands decoded text beyond ASCII as UTF-8', () => {
    const target = `/LMPI/v2/customers?name=${encodeURIComponent('株式会社')}`;
    const decoded = Buffer.from('/LMPI/v2/customers?name=株式会社', 'utf8').toString('latin1');
    const signature = signatureOf(key, { posixTime, method: 'GET', target: decoded, body: bytes('') });
    expect(isSignedWith(key, { posixTime, method: 'GET', target, body: bytes('') }, signature)).toBe(true);
  });

  it('covers every part: any other time, method, target, body or key is refused', () => {
    const signed = { posixTime, method: 'PUT', target: '/LMPI/v2/x?a=1', body: bytes('{"a":1}') };
    const signature = signatureOf(key, signed);
    expect(isSignedWith(key, signed, signature)).toBe(true);
    const others = [
      { ...signed, posixTime: '1700000001' },
      { ...signed, method: 'POST' },
      { ...signed, target: '/LMPI/v3/x?a=1' },
      { ...signed, target: '/LMPI/v2/x?a=2' },
      { ...signed, body: bytes('{"a": 1}') },
      { ...signed, body: bytes('') },
    ];
    for (const other of others) expect(isSignedWith(key, other, signature)).toBe(false);
    // The key is the text as issued, not what it may decode to.
    expect(isSignedWith(createSecretKey(Buffer.from(secretKey, 'base64')), signed, signature)).toBe(false);
  });

  it('never accepts a signature that was changed in one character', () => {
    const signed = { posixTime, method: 'GET', target: '/LMPI/v2/me/serviceplans', body: bytes('') };
    const right = signatureOf(key, signed);
    const change = fc.record({ at: fc.nat(right.length - 1), to: fc.string({ minLength: 1, maxLength: 1 }) });
    fc.assert(
      fc.property(change, ({ at, to }) => {
        const wrong = right.slice(0, at) + to + right.slice(at + 1);
        fc.pre(wrong !== right);
        expect(isSignedWith(key, signed, wrong)).toBe(false);
      }),
    );
  });

  it('is told by its looks before anything is computed', () => {
    expect(looksSigned(vectors[0][3])).toBe(true);
    for (const wrong of ['', 'a', 'a'.repeat(44), `${'-'.repeat(43)}=`, `${'a'.repeat(43)}=\n`, `${'é'.repeat(43)}=`]) {
      expect(looksSigned(wrong)).toBe(false);
    }
  });

  it('leaves scheme and host out, which a request to a proxy carries', () => {
    expect(signedTarget('/LMPI/v2/x?a=1')).toBe('/LMPI/v2/x?a=1');
    expect(signedTarget('http://lmpi.example.com:8080/LMPI/v2/x?u=http://a/b')).toBe('/LMPI/v2/x?u=http://a/b');
    expect(signedTarget('http://lmpi.example.com')).toBe('/');
  });
});
