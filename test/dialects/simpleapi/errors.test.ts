import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  reseller = await api.client((await api.channel()).reseller);
});
afterAll(() => api.close());

// SimpleAPI reference 1.2: a superset of the variants that clients read
describe('the body of an error', () => {
  test('has the members of all variants', async () => {
    const { status, body, headers } = await reseller.get('/orders/9999999');
    expect(status).toBe(404);
    const correlationId = headers.get('x-correlation-id');
    expect(correlationId).toMatch(/^a8n-[0-9a-f-]{36}$/);
    expect(body).toEqual({
      timeStamp: '2026-03-02T09:00:00Z',
      timestamp: '2026-03-02T09:00:00Z',
      status: 404,
      error: 'Not Found',
      message: 'No entity has been found. There is no such order.',
      path: '/orders/9999999',
      correlationId,
      code: 'orders.not_found',
      details: [{ code: 'orders.not_found', message: 'There is no such order.' }],
    });
  });

  test.each([
    ['GET', '/nothing', 404, 'http.no_such_route'],
    ['GET', '', 404, 'http.no_such_route'],
    ['DELETE', '/products', 405, 'http.method_not_allowed'],
    ['PUT', '/orders/1000001', 405, 'http.method_not_allowed'],
    ['GET', '/products?name=%ff', 400, 'http.invalid_encoding'],
    ['GET', '/products?name=%00', 400, 'http.invalid_character'],
    ['GET', '/customers/%ff', 400, 'http.invalid_encoding'],
  ])('is the same for %s %s', async (method, path, status, code) => {
    const answer = await api.send(method, `/marketplace${path}`);
    expect([answer.status, answer.body['status'], answer.body['code']]).toEqual([status, status, code]);
    expect(answer.body['correlationId']).toBe(answer.headers.get('x-correlation-id'));
  });

  test('names a field of a broken text in the spelling of the body', async () => {
    const raw = '{"customerId":"1","products":[{"mpn":"a\\u0000"}]}';
    const answer = await reseller.post('/orders', undefined, { raw, headers: { 'content-type': 'application/json' } });
    expect(answer.body['details']).toMatchObject([{ field: 'products[0].mpn' }]);
  });

  test('shows nothing of a failure of our own', async () => {
    const broken = await openSimpleApi();
    const client = await broken.client((await broken.channel()).reseller);
    await broken.db.close();
    const answer = await client.get('/customers');
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'internal.bug', details: [] });
    expect(answer.text).not.toMatch(/pool|driver|destroyed|select/i);
    broken.engine.revisions.stop();
  });
});
