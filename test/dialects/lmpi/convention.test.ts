import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type LmpiWorld } from './setup.ts';

// The calling convention and its errors, over a real connection (LMPI reference, part 1, 1.2, 1.3, 3).

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
});
afterAll(() => lmpi.stop());

const plans = '/LMPI/v2/me/serviceplans';
const create = '/LMPI/v2/partners/serviceplan';

describe('200', () => {
  it('answers a signed request as JSON in UTF-8', async () => {
    const answer = await lmpi.get(lmpi.credentials.msp, plans);
    expect(answer).toMatchObject({ status: 200, text: '[]' });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('knows the access token in any letter case (part 1, 2)', async () => {
    const { accessToken, secretKey } = lmpi.credentials.msp;
    expect(await lmpi.get({ accessToken: accessToken.toUpperCase(), secretKey }, plans)).toMatchObject({ status: 200 });
  });

  it.each([-900, 900])('takes a clock that is %i seconds off', async (seconds) => {
    const posixTime = String(lmpi.nowSeconds() + seconds);
    expect(await lmpi.get(lmpi.credentials.msp, plans, { posixTime })).toMatchObject({ status: 200 });
  });

  it.each(['TRACE0123456789', randomUUID().toUpperCase(), 'x'])('takes the trace id %s', async (traceId) => {
    const headers = { 'x-traceid': traceId };
    expect(await lmpi.get(lmpi.credentials.msp, plans, { headers })).toMatchObject({ status: 200 });
  });

  it.each([null, 'text/plain', 'application/xml; charset=ascii'])(
    'does not look at the media type %s of a request without a body',
    async (type) => {
      const headers = { 'content-type': type };
      expect(await lmpi.get(lmpi.credentials.msp, plans, { headers })).toMatchObject({ status: 200 });
    },
  );

  it('takes a GET with a body that its signature covers, and ignores the body', async () => {
    expect(await lmpi.get(lmpi.credentials.msp, plans, { body: { anything: true } })).toMatchObject({ status: 200 });
  });

  it('is signed over the target as sent, also where its escapes could be written otherwise', async () => {
    for (const target of [`${plans}?a=%3A`, `${plans}?a=:`, `${plans}?b=2&a=1`, `${plans}?`]) {
      expect(await lmpi.get(lmpi.credentials.msp, target)).toMatchObject({ status: 200 });
    }
  });

  it('is understood when it was signed over the percent-decoded query', async () => {
    const sign = (right: string) => right.replaceAll('%3A', ':');
    expect(await lmpi.get(lmpi.credentials.msp, `${plans}?a=1%3A2`, { sign })).toMatchObject({ status: 200 });
  });

  it('answers HEAD as GET without the body', async () => {
    const answer = await lmpi.send(lmpi.credentials.msp, { method: 'HEAD', target: plans });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });
});

describe('400: a header is missing, in the order of part 1, 1.3', () => {
  const headers = [
    ['x-access-token', 'MissingHeaderAccessToken'],
    ['x-posix-time', 'MissingHeaderPosixTime'],
    ['x-signature', 'MissingHeaderSignature'],
    ['x-traceid', 'MissingHeaderTraceID'],
  ] as const;

  it.each(headers)('without %s: %s', async (name, subject) => {
    for (const value of [null, '']) {
      const answer = await lmpi.get(lmpi.credentials.msp, plans, { headers: { [name]: value } });
      expect(refusal(answer)).toEqual({ status: 400, subject });
    }
  });

  it.each(headers.map(([, subject], index) => [subject, headers.slice(index).map(([name]) => name)] as const))(
    '%s comes before what is missing after it, and before a wrong token',
    async (subject, names) => {
      const missing = Object.fromEntries(names.map((name) => [name, null]));
      const stranger = { accessToken: randomUUID(), secretKey: 'no secret at all' };
      expect(refusal(await lmpi.get(stranger, plans, { headers: missing }))).toEqual({ status: 400, subject });
    },
  );

  it('does not know x-trace-id, which is not its name (part 1, 1.2)', async () => {
    const headers = { 'x-traceid': null, 'x-trace-id': randomUUID() };
    const answer = await lmpi.get(lmpi.credentials.msp, plans, { headers });
    expect(refusal(answer)).toEqual({ status: 400, subject: 'MissingHeaderTraceID' });
  });
});

describe('401', () => {
  it.each(['abc', 'token', '1', `${randomUUID()}0`, `{${randomUUID()}}`, randomUUID().replaceAll('-', '')])(
    'InvalidHeaderAccessToken: %s is no GUID',
    async (accessToken) => {
      const answer = await lmpi.get({ accessToken, secretKey: 'secret-key' }, plans);
      expect(refusal(answer)).toEqual({ status: 401, subject: 'InvalidHeaderAccessToken' });
    },
  );

  it('AuthenticationFailureAccessToken: a token nobody has', async () => {
    const answer = await lmpi.get({ accessToken: randomUUID(), secretKey: 'secret-key' }, plans, { posixTime: 'x' });
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureAccessToken' });
  });

  it('AuthenticationFailureAccessToken: a token that was revoked', async () => {
    const made = await lmpi.credential(lmpi.partners.msp);
    expect(await lmpi.get(made, plans)).toMatchObject({ status: 200 });
    const acting = { accountId: lmpi.partners.msp.id, role: 'owner' as const };
    await lmpi.engine.access.revokeLmpiCredential(lmpi.cause(), acting, made.id);
    const answer = await lmpi.get(made, plans);
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureAccessToken' });
  });

  it.each(['', '-1', '1.5', '0x10', '12345678901', 'now', '1e9', ' 1'])(
    'AuthenticationFailurePosixTime: %j is no time of this wire',
    async (posixTime) => {
      const answer = await lmpi.get(lmpi.credentials.msp, plans, { posixTime });
      const subject = posixTime === '' ? 'MissingHeaderPosixTime' : 'AuthenticationFailurePosixTime';
      expect(refusal(answer)).toEqual({ status: posixTime === '' ? 400 : 401, subject });
    },
  );

  it.each([-901, 901, -1_000_000])('AuthenticationFailurePosixTime: %i seconds off', async (seconds) => {
    const posixTime = String(lmpi.nowSeconds() + seconds);
    // Also with a wrong signature: the time is looked at first.
    const answer = await lmpi.get(lmpi.credentials.msp, plans, { posixTime, sign: () => 'wrong' });
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailurePosixTime' });
  });

  it.each(['x', 'A'.repeat(43), `${'A'.repeat(43)}=`, '='.repeat(44), 'A'.repeat(2000)])(
    'AuthenticationFailureSignature: %.50s',
    async (signature) => {
      const answer = await lmpi.get(lmpi.credentials.msp, plans, { headers: { 'x-signature': signature } });
      expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureSignature' });
    },
  );

  it('AuthenticationFailureSignature: signed with the key of somebody else', async () => {
    const { accessToken } = lmpi.credentials.msp;
    const answer = await lmpi.get({ accessToken, secretKey: lmpi.credentials.reseller.secretKey }, plans);
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureSignature' });
  });

  it.each([
    ['another path', (right: string) => right.replace('/v2/', '/v3/')],
    ['another method', (right: string) => right.replace('POST', 'PUT')],
    ['a body that differs in a space', (right: string) => right.slice(0, -24) + 'YL1tllKX1fW+Q5jZmLpH6g=='],
    ['no body', (right: string) => right.slice(0, -24)],
    ['a time of its own', (right: string) => right.replace(/^\d+/, '1700000000')],
    ['the path without /LMPI', (right: string) => right.replace('/LMPI', '')],
  ])('AuthenticationFailureSignature: signed over %s', async (_, sign) => {
    // The media type is wrong too: the signature is looked at first.
    const answer = await lmpi.post(
      lmpi.credentials.msp,
      create,
      {},
      { sign, headers: { 'content-type': 'text/plain' } },
    );
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureSignature' });
  });

  it('does not wait for the body of a caller it does not know', async () => {
    const headers = { 'content-length': '1000000', 'x-signature': `${'A'.repeat(42)}=` };
    // Only two bytes of the million are sent; an answer that waited for the rest would not come.
    const answer = await lmpi.post(lmpi.credentials.msp, create, '{}', { headers, alone: true });
    expect(refusal(answer)).toEqual({ status: 401, subject: 'AuthenticationFailureSignature' });
  });
});

describe('403', () => {
  it('AccessDenied comes before the media type and the parameters', async () => {
    const headers = { 'content-type': 'text/plain' };
    const answer = await lmpi.post(lmpi.credentials.reseller, create, 'no JSON', { headers });
    expect(refusal(answer)).toEqual({ status: 403, subject: 'AccessDenied' });
  });
});

describe('404 and 405, which the protocol leaves open', () => {
  it.each(['/LMPI', '/LMPI/', '/LMPI/v2', '/LMPI/v1/me/serviceplans', '/LMPI/v2/me', `${plans}/`, '/LMPI/v2/nothing'])(
    'NotFound: %s',
    async (target) => {
      expect(refusal(await lmpi.get(lmpi.credentials.msp, target))).toEqual({ status: 404, subject: 'NotFound' });
    },
  );

  it.each(['DELETE', 'PUT', 'PATCH', 'POST'] as const)('MethodNotAllowed: %s', async (method) => {
    const answer = await lmpi.send(lmpi.credentials.msp, { method, target: plans });
    expect(refusal(answer)).toEqual({ status: 405, subject: 'MethodNotAllowed' });
    expect(answer.headers.allow).toBe('GET, HEAD');
  });
});

describe('415', () => {
  it.each([null, 'text/plain', 'application/xml', 'application/json; charset=iso-8859-1', 'text/json'])(
    'InvalidHeaderContentType: %s',
    async (type) => {
      const answer = await lmpi.post(lmpi.credentials.msp, create, {}, { headers: { 'content-type': type } });
      expect(refusal(answer)).toEqual({ status: 415, subject: 'InvalidHeaderContentType' });
    },
  );

  it.each(['application/json', 'APPLICATION/JSON;charset=UTF-8', 'application/json ; charset="utf-8"'])(
    'but takes %s',
    async (type) => {
      const answer = await lmpi.post(lmpi.credentials.msp, create, {}, { headers: { 'content-type': type } });
      expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParameterspartner_id' });
    },
  );

  it('InvalidHeaderContentEncoding: a compressed body', async () => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, {}, { headers: { 'content-encoding': 'gzip' } });
    expect(refusal(answer)).toEqual({ status: 415, subject: 'InvalidHeaderContentEncoding' });
  });
});

describe('400: a body that cannot be read', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each([
    ['broken JSON', '{"partner_id":'],
    ['a text', '"text"'],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['10,000 lists in each other', nested(10_000)],
    ['10,000 lists in a member', `{"partner_id":${nested(10_000)}}`],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a raw NUL', '{"partner_id":"\0"}'],
    ['only spaces', '   '],
  ])('InvalidParametersbody: %s', async (_, body) => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, body);
    expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParametersbody' });
  });

  it('names the member that holds a NUL', async () => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, { service_plan_name: 'a\0b' });
    expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParametersservice_plan_name' });
  });

  it('does not repeat what a caller makes up at any length', async () => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, { ['x'.repeat(5000)]: 'a\0b' });
    expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParametersbody' });
  });

  it('InvalidParametersbody: larger than the limit', async () => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, { a: 'x'.repeat(2 * 1024 * 1024) }, { alone: true });
    expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParametersbody' });
  });

  it('names the first parameter when there is no body at all', async () => {
    const answer = await lmpi.post(lmpi.credentials.msp, create, undefined);
    expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParameterspartner_id' });
  });

  it.each(['%', '%zz', '%ff', 'a=%00'])('refuses the query %s, which is no text', async (query) => {
    const answer = refusal(await lmpi.get(lmpi.credentials.msp, `${plans}?${query}`));
    expect(answer.status).toBe(400);
    expect(answer.subject).toMatch(/^InvalidParameters./);
  });
});

describe('replay protection (part 1, 1.3)', () => {
  const twice = { headers: { 'x-traceid': 'the same' } };

  it('is off: a request that is sent again in the same second is answered again', async () => {
    expect(await lmpi.get(lmpi.credentials.msp, plans, twice)).toMatchObject({ status: 200 });
    expect(await lmpi.get(lmpi.credentials.msp, plans, twice)).toMatchObject({ status: 200 });
  });

  it('on, it takes a signature once', async () => {
    const careful = await openLmpi({ replayProtection: true });
    try {
      const { msp, reseller } = careful.credentials;
      expect(await careful.get(msp, plans, twice)).toMatchObject({ status: 200 });
      expect(refusal(await careful.get(msp, plans, twice))).toEqual({
        status: 401,
        subject: 'AuthenticationFailureSignature',
      });
      expect(await careful.get(reseller, plans, twice)).toMatchObject({ status: 200 });
      expect(await careful.get(msp, `${plans}?again`, twice)).toMatchObject({ status: 200 });
    } finally {
      await careful.stop();
    }
  });
});

it('the time that a clock may be off is a setting', async () => {
  const strict = await openLmpi({ clockSkewSeconds: 10 });
  try {
    const at = (seconds: number) => ({ posixTime: String(strict.nowSeconds() + seconds) });
    expect(await strict.get(strict.credentials.msp, plans, at(10))).toMatchObject({ status: 200 });
    expect(await strict.get(strict.credentials.msp, plans, at(-11))).toMatchObject({ status: 401 });
  } finally {
    await strict.stop();
  }
});
