import { routes, type Example, type Route } from '@tierline/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { apiCalls } from './calls.ts';
import { exampleChannel } from './example-channel.ts';
import { withActualIds } from './record.ts';

const database = await testDatabase();
afterAll(() => database.close());
const channel = await exampleChannel(database.db);
const { call } = apiCalls(channel.engine);
const { actual, tokens } = channel;
const { reseller, distributor, provider } = tokens;

type Page = { readonly data: readonly unknown[]; readonly next_cursor: string | null; readonly total?: number };
const all = Object.values<Route>(routes);
const addressOf = (route: Route, { params }: Example = route.examples[0]): string =>
  withActualIds(
    route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params?.[name] ?? ''),
    actual,
  );

beforeAll(async () => {
  for (const name of ['Ash', 'Birch', 'Cedar']) {
    const body = { ...(routes.createCustomer.examples[0].body as object), name };
    const made = await call('POST', '/customers', { token: reseller, body });
    const { id } = made.body as { id: string };
    await call('POST', '/orders', {
      token: reseller,
      body: { customer_id: id, lines: [{ mpn: 'HR-SEAT', quantity: 1 }] },
    });
  }
});

const lists = all.filter(({ query }) => query !== undefined && 'cursor' in query.shape);

test.each(lists.map((route) => [route.operationId, route] as const))(
  '%s: its pages cover everything once and in order',
  async (_, route) => {
    // What comes in pages is the answer to a GET, or to the preview of a write.
    const example = route.examples.find(({ query }) => query?.['preview'] === 'true') ?? route.examples[0];
    const token = tokens[example.as];
    const preview = example.query?.['preview'] === undefined ? {} : { preview: example.query['preview'] };
    const read = async (query: Record<string, string>): Promise<Page> => {
      const body =
        example.body === undefined
          ? {}
          : { body: JSON.parse(withActualIds(JSON.stringify(example.body), actual)) as unknown };
      const asked = { token, query: { ...preview, ...query }, ...body };
      const answered = await call(route.method.toUpperCase(), addressOf(route, example), asked);
      expect(answered.status, `${answered.text}.`).toBe(200);
      return answered.body as Page;
    };
    const whole = await read({ limit: '200' });
    expect(whole.next_cursor).toBeNull();
    for (const limit of [1, 2]) {
      const collected: unknown[] = [];
      let page = await read({ limit: String(limit) });
      for (;;) {
        expect(page.data.length).toBeLessThanOrEqual(limit);
        collected.push(...page.data);
        if (page.next_cursor === null) break;
        page = await read({ limit: String(limit), cursor: page.next_cursor });
        expect(page.data.length, 'a page after another is not empty').toBeGreaterThan(0);
      }
      expect(collected).toEqual(whole.data);
    }
  },
);

test('the lists have something to cover', async () => {
  for (const path of ['/customers', '/orders', '/subscriptions', '/events', '/catalog']) {
    const { body } = await call('GET', path, { token: reseller });
    expect((body as Page).data.length, `${path}.`).toBeGreaterThan(1);
  }
});

test('a catalog that is filtered is paged too', async () => {
  const read = async (query: Record<string, string>) =>
    (await call('GET', '/catalog', { token: reseller, query: { name: 'HOSTED', ...query } })).body as Page;
  const whole = await read({});
  expect(whole).toMatchObject({ total: 2, next_cursor: null });
  const first = await read({ limit: '1' });
  const second = await read({ limit: '1', cursor: first.next_cursor! });
  expect([...first.data, ...second.data]).toEqual(whole.data);
  expect(second.next_cursor).toBeNull();
});

const single = all.filter(({ method, hasVersion }) => method === 'get' && hasVersion === true);

test.each(single.map((route) => [route.operationId, route] as const))(
  '%s has an ETag and knows it again',
  async (_, route) => {
    const token = tokens[route.examples[0].as];
    const read = (headers: Record<string, string> = {}) => call('GET', addressOf(route), { token, headers });
    const first = await read();
    const etag = first.headers.get('etag')!;
    expect(etag).toBe(`"${(first.body as { version: number }).version}"`);
    const again = await read({ 'if-none-match': `"0", W/${etag}` });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    expect(again.headers.get('etag')).toBe(etag);
  },
);

const patches = all.filter(({ method }) => method === 'patch');

test.each(patches.map((route) => [route.operationId, route] as const))(
  '%s is refused on an old version',
  async (_, route) => {
    const [example] = route.examples;
    const sent = { token: tokens[example.as], body: withActualIds(JSON.stringify(example.body), actual) };
    const before = await call('GET', addressOf(route), { token: sent.token });
    const etag = before.headers.get('etag')!;
    const { version } = before.body as { version: number };
    const stale = await call('PATCH', addressOf(route), { ...sent, headers: { 'if-match': `"${version + 1}"` } });
    expect(stale.status).toBe(412);
    expect(stale.body).toMatchObject({ current_version: version });
    expect((await call('GET', addressOf(route), { token: sent.token })).body).toEqual(before.body);
    const fresh = await call('PATCH', addressOf(route), { ...sent, headers: { 'if-match': etag } });
    expect(fresh.status, `${fresh.text}.`).toBe(200);
    expect(fresh.headers.get('etag')).toBe(`"${version + 1}"`);
  },
);

test('the catalog is known again until a price changes', async () => {
  const read = (etag?: string) =>
    call('GET', '/catalog', { token: reseller, headers: etag === undefined ? {} : { 'if-none-match': etag } });
  const first = await read();
  const etag = first.headers.get('etag')!;
  expect((await read(etag)).status).toBe(304);
  expect((await call('GET', '/catalog', { token: distributor, headers: { 'if-none-match': etag } })).status).toBe(200);
  const price = { target_id: actual.seatRate, effective_from: '2026-03-01', tiers: [{ amount: '21' }] };
  const set = await call('POST', `/price-lists/${actual.priceList}/prices`, {
    token: reseller,
    body: { prices: [price] },
  });
  expect(set.status, `${set.text}.`).toBe(200);
  const second = await read(etag);
  expect(second.status).toBe(200);
  expect(second.headers.get('etag')).not.toBe(etag);
  const { data } = second.body as { data: { mpn: string }[] };
  expect(data.find(({ mpn }) => mpn === 'HR-SEAT')).toMatchObject({
    costs: { recurring: { currency: 'USD', tiers: [{ lower_limit: '0', amount: '17.5' }] } },
    prices: { recurring: { currency: 'USD', tiers: [{ lower_limit: '0', amount: '21' }] } },
  });
  expect(provider).toBeDefined();
});
