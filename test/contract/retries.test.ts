import { routes, type Route } from '@tierline/contract';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { apiCalls } from './calls.ts';
import { exampleChannel } from './example-channel.ts';
import { withActualIds } from './record.ts';

// A retry with the same key is answered the same, and happens once; whatever the operation.

const database = await testDatabase();
afterAll(() => database.close());
const channel = await exampleChannel(database.db);
const { call } = apiCalls(channel.engine);

const countEvents = async (): Promise<number> =>
  (await database.db.kysely.selectFrom('events').select('id').execute()).length;

const writes = Object.values<Route>(routes)
  .filter(({ method, isNotRepeatable }) => method !== 'get' && isNotRepeatable !== true)
  .map((route) => [route.operationId, route] as const);

test.each(writes)('%s', async (operationId, route) => {
  const [example] = route.examples;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => example.params?.[name] ?? '');
  const send = (body: unknown, headers: Record<string, string>) =>
    call(route.method.toUpperCase(), withActualIds(path, channel.actual), {
      token: channel.tokens[example.as],
      ...(body === undefined ? {} : { body: withActualIds(JSON.stringify(body), channel.actual) }),
      headers: { 'idempotency-key': `retry-${operationId}`, ...headers },
    });
  const first = await send(example.body, {});
  expect(first.status, `${first.text}.`).toBe(example.status);
  const stored = await countEvents();
  const again = await send(reordered(example.body), {});
  expect(again.status, `${again.text}.`).toBe(first.status);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(await countEvents()).toBe(stored);
  const other = otherRequest(route);
  if (other === undefined) return;
  const reused = await send(other, {});
  expect(reused.status, `${reused.text}.`).toBe(409);
  expect(reused.body).toMatchObject({ code: 'idempotency.key_reused', field: 'Idempotency-Key' });
  expect(await countEvents()).toBe(stored);
});

test('without a key a write happens each time', async () => {
  const send = () => {
    const body = { ...(routes.createCustomer.examples[0].body as object), name: 'Twice' };
    return call('POST', '/customers', { token: channel.tokens.reseller, body });
  };
  const [one, two] = [await send(), await send()];
  expect([one.status, two.status]).toEqual([201, 201]);
  expect(one.body).not.toEqual(two.body);
});

test('a key of one account is another key of another account', async () => {
  const headers = { 'idempotency-key': 'the-same-key' };
  const body = routes.createCustomer.examples[0].body;
  const one = await call('POST', '/customers', { token: channel.tokens.reseller, body, headers });
  const other = await call('POST', '/customers', { token: channel.tokens.distributor, body, headers });
  expect([one.status, other.status]).toEqual([201, 201]);
  expect(Reflect.get(Object(other.body), 'owner_id')).toBe(channel.actual.distributor);
});

test('a retry is told of the first answer even when the same request would be refused by now', async () => {
  const sent = { token: channel.tokens.reseller, headers: { 'idempotency-key': 'before-the-hold' } };
  const order = { customer_id: channel.actual.customer, lines: [{ mpn: 'HR-SEAT', quantity: 1 }] };
  const first = await call('POST', '/orders', { ...sent, body: order });
  expect(first.status).toBe(201);
  const held = { token: channel.tokens.reseller, body: { status: 'credit_hold' } };
  expect((await call('PATCH', `/customers/${channel.actual.customer}`, held)).status).toBe(200);
  const retried = await call('POST', '/orders', { ...sent, body: order });
  expect(retried.status).toBe(201);
  expect(retried.body).toEqual(first.body);
  const refused = await call('POST', '/orders', { token: channel.tokens.reseller, body: order });
  expect(refused.body).toMatchObject({ status: 400, code: 'orders.customer_may_not_order', field: 'customer_id' });
});

/** The same request with its members in another order: it is still the same. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, reordered(each)]),
  );
}

/** A valid body that is another request; undefined where an operation has no such body. */
function otherRequest({ body, examples: [example] }: Route): unknown {
  const { body: sent } = example;
  if (typeof sent !== 'object' || sent === null) return undefined;
  const candidates = [
    { name: 'Another name' },
    { po_number: 'PO-other' },
    { amount: '1' },
    { units: 7 },
    { version: 2 },
    { marketplace: 'EU' },
  ];
  return candidates.map((change) => ({ ...sent, ...change })).find((candidate) => body?.safeParse(candidate).success);
}
