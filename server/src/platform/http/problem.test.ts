import { invalid, TierlineError, versionMismatch, type ErrorKind } from '@tierline/kernel';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import { problemResponse, statusOf, toTierlineError } from './index.ts';

test.each<[string, ErrorKind, number]>([
  ['order.no_lines', 'invalid', 400],
  ['access.no_credentials', 'unauthenticated', 401],
  ['access.forbidden', 'forbidden', 403],
  ['order.not_found', 'not_found', 404],
  ['http.method_not_allowed', 'invalid', 405],
  ['http.request_timeout', 'invalid', 408],
  ['order.already_placed', 'conflict', 409],
  ['plan.version_mismatch', 'conflict', 409],
  ['http.body_too_large', 'invalid', 413],
  ['http.unsupported_encoding', 'invalid', 415],
  ['http.unsupported_media_type', 'invalid', 415],
  ['access.too_many_calls', 'limited', 429],
  ['http.head_too_large', 'invalid', 431],
  ['database.unreachable', 'unavailable', 503],
  ['order.impossible_state', 'bug', 500],
])('%s (%s) is %d', (code, kind, status) => {
  expect(statusOf(new TierlineError(code, kind, 'Text.'))).toBe(status);
});

test('a condition on a version that failed is 412', () => {
  expect(statusOf(versionMismatch('plan', 2))).toBe(412);
});

test('a refusal is problem+json with every reason, and its facts cannot replace the standard members', async () => {
  const error = invalid(
    [
      { code: 'order.bad_quantity', message: 'At least 1.', field: 'lines.0.quantity' },
      { code: 'order.unknown_mpn', message: 'No such MPN.', field: 'lines.1.mpn' },
    ],
    { nearest: { quantity: 1 }, status: 200, code: 'fake' },
  );
  const response = problemResponse(error, 'r1');
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toEqual({
    type: 'urn:tierline:error:order.bad_quantity',
    title: 'Bad Request',
    status: 400,
    code: 'order.bad_quantity',
    detail: 'At least 1.',
    field: 'lines.0.quantity',
    errors: [
      { code: 'order.bad_quantity', field: 'lines.0.quantity', detail: 'At least 1.' },
      { code: 'order.unknown_mpn', field: 'lines.1.mpn', detail: 'No such MPN.' },
    ],
    request_id: 'r1',
    nearest: { quantity: 1 },
  });
});

test('the internal text and cause of an error, and anything of a bug, stay inside', async () => {
  const errors = [
    new Error('password is hunter2'),
    'hunter2',
    new TierlineError('order.impossible', 'bug', 'hunter2', { details: { a: 'hunter2' }, field: 'hunter2' }),
    new TierlineError('order.bad', 'invalid', 'Bad.', { internal: 'hunter2', cause: new Error('hunter2') }),
  ];
  const texts = await Promise.all(errors.map((error) => problemResponse(error, 'r1').text()));
  for (const text of texts) expect(text).not.toContain('hunter2');
  for (const text of texts.slice(0, 3)) expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'internal.bug' });
});

test('when to try again is told in whole seconds', () => {
  const error = new TierlineError('access.too_many_calls', 'limited', 'Slower.', { retryAfterSeconds: 1.2 });
  expect(problemResponse(error, 'r1').headers.get('retry-after')).toBe('2');
});

test("the framework's own refusals keep their kind", () => {
  expect(toTierlineError(new HTTPException(400, { message: 'Malformed JSON' }))).toMatchObject({
    code: 'http.malformed_request',
    kind: 'invalid',
  });
  expect(toTierlineError(new HTTPException(401)).kind).toBe('unauthenticated');
  expect(toTierlineError(new HTTPException(500)).kind).toBe('bug');
});
