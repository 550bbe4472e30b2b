import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let distributor: Client;
let sibling: Client;
/** Ids of the orders that were placed, newest first. */
let placed: Record<string, unknown>[];
const instants = ['2026-03-02T09:00:00.250Z', '2026-03-02T09:10:00.500Z', '2026-03-03T23:59:59.900Z'];

beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  const other = await api.customer(channel.reseller);
  placed = [];
  for (const [index, at] of instants.entries()) {
    api.moveTo(at);
    const client = await api.client(channel.reseller);
    const customerId = index === 1 ? other.number : channel.customer.number;
    const body = { customerId, poNumber: `p${index}`, attributes: { a: 'b' }, products: [{ mpn: channel.base.mpn }] };
    placed.unshift((await client.post('/orders', body)).body);
  }
  reseller = await api.client(channel.reseller);
  distributor = await api.client(channel.distributor);
  sibling = await api.client(channel.sibling.reseller);
});
afterAll(() => api.close());

const idsOf = (body: Record<string, unknown>): string[] => (body['data'] as { id: string }[]).map(({ id }) => id);

// SimpleAPI reference 4.4, "Seen live": no poNumber, products or quantities in lists; every type carries subscriptionId.
test('newest first, without what only details have', async () => {
  const { status, body } = await reseller.get('/orders/');
  expect(status).toBe(200);
  expect(body['pagination']).toEqual({ offset: 0, limit: 10, total: 3 });
  expect(body['data']).toEqual(
    placed.map(
      ({ poNumber: _, products: __, details: ___, subscriptions: ____, billingModel: _____, ...entry }) => entry,
    ),
  );
  expect((await distributor.get('/orders')).text).toBe((await reseller.get('/orders')).text);
  expect(idsOf((await sibling.get('/orders')).body)).toEqual([]);
});

test('pages', async () => {
  const ids = placed.map(({ id }) => id);
  expect(idsOf((await reseller.get('/orders?offset=1&limit=1')).body)).toEqual([ids[1]]);
  expect((await reseller.get('/orders?offset=3')).body).toEqual({
    data: [],
    pagination: { offset: 3, limit: 10, total: 3 },
  });
});

test('filters', async () => {
  const [third, second, first] = placed.map(({ id }) => String(id));
  const found = async (query: string, client = reseller) => idsOf((await client.get(`/orders?${query}`)).body);
  expect(await found(`customerId=${channel.customer.number}`)).toEqual([third, first]);
  expect(await found(`customerId=${channel.customer.number}`, sibling)).toEqual([]);
  expect(await found('customerId=9999999')).toEqual([]);
  expect(await found('customerId=nonsense')).toEqual([]);
  expect(await found(`subscriptionId=${String(placed[1]?.['subscriptionId'])}`)).toEqual([second]);
  expect(await found(`subscriptionId=${String(placed[1]?.['subscriptionId'])}`, sibling)).toEqual([]);
  expect(await found('subscriptionId=x')).toEqual([]);
  const number = String(placed[0]?.['orderNumber']);
  expect(await found(`orderNumber=${number}`)).toEqual([third]);
  expect(await found(`orderNumber=${number.replace('SO', 'CH')}`)).toEqual([]);
  expect(await found('orderNumber=SO99')).toEqual([]);
  expect(await found('orderNumber=x')).toEqual([]);
  expect(await found('status=completed&statusCode=CP')).toEqual([third, second, first]);
  expect(await found('status=processing')).toEqual([]);
  expect(await found('statusCode=CL')).toEqual([]);
  expect(await found('statusCode=ZZ')).toEqual([]);
  expect(await found('status=completed&statusCode=AS')).toEqual([]);
  expect(await found('status=')).toEqual([third, second, first]);
});

// Section 11: both bounds are included; what an order says of itself finds it.
test('filters by time', async () => {
  const [third, second, first] = placed.map(({ id }) => String(id));
  const found = async (query: string) => idsOf((await reseller.get(`/orders?${query}`)).body);
  expect(await found('creationTimeFrom=2026-03-02T09:10:00Z')).toEqual([third, second]);
  expect(await found('creationTimeTo=2026-03-02T09:10:00Z')).toEqual([second, first]);
  expect(await found('creationTimeFrom=2026-03-02T09:10:01Z&creationTimeTo=2026-03-03T23:59:58Z')).toEqual([]);
  expect(await found('creationTimeFrom=2026-03-02T11:10:00%2B02:00')).toEqual([third, second]);
  expect(await found('creationTimeFrom=2026-03-02T11:10:00+02:00')).toEqual([third, second]);
  expect(await found('creationTimeFrom=2026-03-02%2009:10')).toEqual([third, second]);
  expect(await found('creationTimeFrom=2026-03-03')).toEqual([third]);
  expect(await found('creationTimeTo=2026-03-02')).toEqual([second, first]);
  expect(await found('creationTimeFrom=0001-01-01T00:00:00&creationTimeTo=9999-12-31T23:59:59.9999999')).toHaveLength(
    3,
  );
  expect(await found('creationTimeFrom=0000-01-01T00:00:00Z')).toHaveLength(3);
});

test.each([
  ['offset', 'offset=-1'],
  ['offset', 'offset=x'],
  ['offset', 'offset=1.5'],
  ['offset', 'offset=1e3'],
  ['offset', 'offset=9999999999999999'],
  ['limit', 'limit=0'],
  ['limit', 'limit=1001'],
  ['limit', 'limit=%20'],
  ['status', 'status=active,pending'],
  ['status', 'status=canceled'],
  ['status', 'status=constructor'],
  ['creationTimeFrom', 'creationTimeFrom=yesterday'],
  ['creationTimeFrom', 'creationTimeFrom=2026-02-30T00:00:00Z'],
  ['creationTimeTo', 'creationTimeTo=2026-03-02T25:00:00Z'],
  ['creationTimeTo', 'creationTimeTo=%2B275760-09-13T00:00:01Z'],
])('400 naming %s for %s', async (field, query) => {
  const answer = await reseller.get(`/orders?${query}`);
  expect([answer.status, answer.body['code']]).toEqual([400, 'simpleapi.invalid_parameter']);
  expect(answer.body['message']).toContain(`${field}: `);
});

test('400 naming offset and limit at once', async () => {
  const { body } = await reseller.get('/orders?offset=a&limit=b');
  expect((body['details'] as { field: string }[]).map(({ field }) => field)).toEqual(['offset', 'limit']);
});

// SimpleAPI reference 4.4 knows sales, change, renewal, cancellation and migration; what the engine bills by itself is none of them.
test('shows no order of a type that the documents don’t have', async () => {
  const [newest, ...older] = placed.map(({ id }) => String(id));
  const number = String(placed[0]!['orderNumber']);
  const text = `update orders set type = 'billing' where serial = $1`;
  await api.db.query({ name: 'become_billing', text }, [number.slice(2)]);
  const { body } = await reseller.get('/orders');
  expect(idsOf(body)).toEqual(older);
  expect(body['pagination']).toMatchObject({ total: 2 });
  expect((await reseller.get(`/orders/${newest}`)).status).toBe(404);
  expect(idsOf((await reseller.get(`/orders?orderNumber=${number.replace('SO', 'BO')}`)).body)).toEqual([]);
  expect((await reseller.get(`/orders/${older[0]}`)).status).toBe(200);
});
