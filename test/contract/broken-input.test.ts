import { openApiDocument, refusalStatuses, routes, type Example, type Route } from '@tierline/contract';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { breaksOf, completed, resolver, type Schema } from './broken.ts';
import { apiCalls, type Answered } from './calls.ts';
import { exampleChannel } from './example-channel.ts';
import { withActualIds } from './record.ts';

// Whatever is wrong with a request: a clear refusal that names the field, nothing stored, never a 5xx.

const database = await testDatabase();
afterAll(() => database.close());
const channel = await exampleChannel(database.db);
const { call, lines } = apiCalls(channel.engine);

const document = JSON.parse(JSON.stringify(openApiDocument({}))) as {
  paths: Record<string, Record<string, { parameters?: Parameter[]; requestBody?: Body }>>;
};
type Parameter = { readonly in: string; readonly name: string; readonly schema: Schema };
type Body = { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
const resolve = resolver(document);

const all = Object.values<Route>(routes);
const withBody = all.filter(({ body }) => body !== undefined);
const withQuery = all.filter(({ query }) => query !== undefined);

const countStored = async (): Promise<number> => {
  const rows = await database.db.kysely.selectFrom('events').select('id').execute();
  return rows.length;
};

/** The address of the operation's example, with the ids of this channel. */
const addressOf = (route: Route, example: Example): string =>
  withActualIds(
    route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => example.params?.[name] ?? ''),
    channel.actual,
  );

function checkRefusal(route: Route, what: string, answered: Answered, field?: string): void {
  const about = `${route.operationId}, ${what}: ${answered.status} ${answered.text.slice(0, 500)}`;
  expect(refusalStatuses(route), `${about}.`).toContain(answered.status);
  expect(answered.headers.get('content-type'), `${about}.`).toBe('application/problem+json');
  expect(answered.body, `${about}.`).toMatchObject({
    status: answered.status,
    request_id: expect.any(String) as string,
  });
  if (field === undefined || field === '') return;
  const { errors } = answered.body as { errors: readonly { field?: string; code: string; detail: string }[] };
  expect(
    errors.map((each) => each.field),
    `${about}.`,
  ).toContain(field);
  for (const { code, detail } of errors) {
    expect(code, `${about}.`).toMatch(/^[a-z_]+\.[a-z_]+$/);
    expect(detail, `${about}.`).toMatch(/^\S.*[.?]$/s);
  }
}

test.each(withBody.map((route) => [route.operationId, route] as const))(
  '%s, its body broken in one place',
  async (_, route) => {
    const [example] = route.examples;
    const { schema } = document.paths[route.path]![route.method]!.requestBody!.content['application/json'];
    const whole = JSON.parse(withActualIds(JSON.stringify(example.body), channel.actual)) as unknown;
    const body = completed(whole, schema, resolve);
    const before = await countStored();
    let count = 0;
    for (const { what, field, body: broken } of breaksOf(schema, body, resolve)) {
      count += 1;
      const sent = { token: channel.tokens[example.as], body: JSON.stringify(broken) };
      const answered = await call(route.method.toUpperCase(), addressOf(route, example), sent);
      checkRefusal(route, `${field}: ${what}`, answered, field);
    }
    expect(count).toBeGreaterThan(3);
    expect(await countStored()).toBe(before);
  },
);

test.each([
  ['broken JSON', '{"name": ', 'http.malformed_json'],
  ['nothing', '', 'http.malformed_json'],
  ['10,000 deep', '['.repeat(10_000), 'http.too_deep'],
  ['a reserved name', '{"__proto__": {"a": 1}}', 'http.reserved_name'],
  ['more than a mebibyte', `"${'x'.repeat(1024 * 1024)}"`, 'http.body_too_large'],
] as const)('a body that is %s', async (what, body, code) => {
  for (const route of withBody) {
    const [example] = route.examples;
    const sent = { token: channel.tokens[example.as], body };
    const answered = await call(route.method.toUpperCase(), addressOf(route, example), sent);
    checkRefusal(route, what, answered);
    expect(answered.body, `${route.operationId}.`).toMatchObject({ code });
  }
});

test('a body of another kind', async () => {
  for (const route of withBody) {
    const [example] = route.examples;
    const headers = { 'content-type': 'text/plain' };
    const sent = { token: channel.tokens[example.as], body: '{}', headers };
    const answered = await call(route.method.toUpperCase(), addressOf(route, example), sent);
    expect(answered.status).toBe(415);
  }
});

test.each(withQuery.map((route) => [route.operationId, route] as const))(
  '%s, its query broken in one place',
  async (_, route) => {
    const [example] = route.examples;
    const parameters = document.paths[route.path]![route.method]!.parameters ?? [];
    const before = await countStored();
    const send = (search: string) => {
      const body = example.body === undefined ? undefined : withActualIds(JSON.stringify(example.body), channel.actual);
      const sent = { token: channel.tokens[example.as], ...(body === undefined ? {} : { body }) };
      return call(route.method.toUpperCase(), `${addressOf(route, example)}?${search}`, sent);
    };
    checkRefusal(route, 'unknown', await send('nobody_knows_this=1'), 'nobody_knows_this');
    for (const { name, schema } of parameters.filter((parameter) => parameter.in === 'query')) {
      checkRefusal(route, `${name} twice`, await send(`${name}=1&${name}=2`), name);
      const of = resolve(schema);
      const bad = [
        ...(of.enum === undefined ? [] : ['nope']),
        ...(of.format === 'uuid' || of.format === 'date-time' ? ['nope', '1'] : []),
        ...(of.type === 'integer'
          ? ['nope', '', '-1', '1.5', '1e3', '99999999999999999999', String((of.maximum ?? 0) + 1)]
          : []),
        ...(of.type === 'boolean' ? ['nope', '1'] : []),
        ...(of.maxLength === undefined ? [] : ['x'.repeat(of.maxLength + 1)]),
        ...((of.minLength ?? 0) > 0 ? [''] : []),
      ];
      for (const value of bad) {
        const search = new URLSearchParams({ [name]: value }).toString();
        checkRefusal(route, `${name}=${value.slice(0, 30)}`, await send(search), name);
      }
      checkRefusal(route, `${name} with NUL`, await send(`${name}=a%00`), name);
      checkRefusal(route, `${name} not UTF-8`, await send(`${name}=%ff`), name);
      if (name !== 'cursor') continue;
      for (const cursor of [
        'AAAA',
        'bm9wZQ',
        'WyJub3BlIl0',
        'W10',
        'WzFd',
        Buffer.from('["a","b","c","d"]').toString('base64url'),
      ]) {
        checkRefusal(route, `cursor=${cursor}`, await send(`cursor=${cursor}`), 'cursor');
      }
    }
    expect(await countStored()).toBe(before);
  },
);

test('ids in the path that are none', async () => {
  for (const route of all.filter(({ params }) => params !== undefined)) {
    const [example] = route.examples;
    for (const id of ['nope', '1', 'x'.repeat(3000), "'; drop table orders; --", '..%2f..']) {
      const path = route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
      const body = example.body === undefined ? undefined : withActualIds(JSON.stringify(example.body), channel.actual);
      const answered = await call(route.method.toUpperCase(), path, {
        token: channel.tokens[example.as],
        ...(body === undefined ? {} : { body }),
      });
      expect(answered.status, `${route.operationId} ${id}`).toBe(404);
      expect(answered.body).toMatchObject({ code: 'request.malformed_id' });
    }
  }
});

test.each([
  ['idempotency-key', 'x'.repeat(256), 'request.bad_idempotency_key'],
  ['idempotency-key', 'with space', 'request.bad_idempotency_key'],
  ['if-match', '3', 'request.bad_if_match'],
  ['if-match', 'W/"3"', 'request.bad_if_match'],
  ['tierline-account', 'nope', 'request.bad_account'],
])('a header %s that is %s', async (name, value, code) => {
  const path = `/customers/${channel.actual.customer}`;
  const sent = { token: channel.tokens.reseller, body: { name: 'x' }, headers: { [name]: value } };
  const answered = await call('PATCH', path, sent);
  expect(answered.status).toBe(400);
  expect(answered.body).toMatchObject({ code });
});

test('none of all this was a bug', () => {
  const wrong = lines.filter((line) => ['error', 'fatal'].includes(String(Reflect.get(Object(line), 'level'))));
  expect(wrong).toEqual([]);
});
