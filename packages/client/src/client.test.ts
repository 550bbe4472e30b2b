import { expect, test } from 'vitest';
import { ApiError, createClient } from './index.ts';

type Seen = { readonly url: string; readonly init: RequestInit };

/** A server that answers these, in order, and what it was sent. */
function aServer(...answers: readonly (Response | Error)[]) {
  const seen: Seen[] = [];
  const waited: number[] = [];
  const client = createClient({
    baseUrl: 'http://example.com/',
    token: 'tl_key_x',
    wait: (ms) => {
      waited.push(ms);
      return Promise.resolve();
    },
    fetch: (url, init) => {
      const answer = answers[seen.length];
      seen.push({ url: url instanceof Request ? url.url : url.toString(), init: init ?? {} });
      if (answer instanceof Response) return Promise.resolve(answer);
      return Promise.reject(answer ?? new Error('More was sent than was expected.'));
    },
  });
  return { client, seen, waited };
}

const header = (seen: Seen | undefined, name: string): string | null => new Headers(seen?.init.headers).get(name);
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const aCustomer = { name: 'x', address: { street: 'x', city: 'x', postal_code: 'x', country_code: 'US' } };
const customerId = '0196a000-0000-7000-8000-000000000005';

test('a request is what its description says', async () => {
  const { client, seen } = aServer(json({ id: 'x' }));
  await client.changeCustomer({ params: { customer_id: customerId }, body: { name: 'y' }, ifVersion: 3 });
  expect(seen[0]).toMatchObject({
    url: `http://example.com/api/v1/customers/${customerId}`,
    init: { method: 'PATCH', body: '{"name":"y"}' },
  });
  expect(header(seen[0], 'authorization')).toBe('Bearer tl_key_x');
  expect(header(seen[0], 'if-match')).toBe('"3"');
});

test('a write keeps its key through all tries, and waits as long as the server says', async () => {
  const { client, seen, waited } = aServer(
    json({}, 503, { 'retry-after': '2' }),
    new TypeError('the connection broke'),
    json({ id: 'x' }, 201),
  );
  await client.createCustomer({ body: aCustomer });
  const keys = seen.map((each) => header(each, 'idempotency-key'));
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(keys).size).toBe(1);
  expect(waited).toEqual([2000, 400]);
});

test('another refusal is not tried again', async () => {
  const problem = {
    type: 'urn:tierline:error:request.missing_field',
    title: 'Bad Request',
    status: 400,
    code: 'request.missing_field',
    detail: 'The field name is missing.',
    field: 'name',
    errors: [{ code: 'request.missing_field', field: 'name', detail: 'The field name is missing.' }],
    request_id: 'r-1',
    nearest_valid: { name: 'x' },
  };
  const { client, seen } = aServer(json(problem, 400));
  const refused = await client.createCustomer({ body: aCustomer }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiError);
  expect(refused).toMatchObject({ status: 400, code: 'request.missing_field', field: 'name', requestId: 'r-1' });
  expect(refused).toMatchObject({ problem: { nearest_valid: { name: 'x' } } });
  expect(seen).toHaveLength(1);
});

test('an answer that is no problem is an error all the same', async () => {
  const { client } = aServer(new Response('<html>', { status: 502 }));
  const refused = await client.getMe().catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 502, code: 'client.unreadable_answer' });
});

test('signing in is not tried again: it could lock the name', async () => {
  const { client, seen } = aServer(new TypeError('the connection broke'));
  await expect(client.login({ body: { email: 'a@example.com', password: 'x' } })).rejects.toThrow('broke');
  expect(seen).toHaveLength(1);
  expect(header(seen[0], 'idempotency-key')).toBeNull();
});

test('pages are read as they are asked for', async () => {
  const { client, seen } = aServer(
    json({ data: [{ id: '1' }, { id: '2' }], next_cursor: 'c' }),
    json({ data: [{ id: '3' }], next_cursor: null }),
  );
  const ids: string[] = [];
  for await (const customer of client.each('listCustomers', { query: { status: 'active' } })) ids.push(customer.id);
  expect(ids).toEqual(['1', '2', '3']);
  expect(seen.map(({ url }) => new URL(url).search)).toEqual(['?status=active', '?status=active&cursor=c']);
});

test('a preview is asked for in the query', async () => {
  const { client, seen } = aServer(json({ total: { amount: '1.00', currency: 'USD' } }));
  const preview = await client.previewOrder({ body: { customer_id: customerId, lines: [{ mpn: 'a', quantity: 1 }] } });
  expect(preview.total.amount).toBe('1.00');
  expect(seen[0]?.url).toBe('http://example.com/api/v1/orders?preview=true');
});
