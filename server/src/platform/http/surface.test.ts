import { TierlineError } from '@tierline/kernel';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { HttpEnv, Surface } from './index.ts';
import { aServer, aSurface } from './testing.ts';

/** A dialect with a form of its own, to be told from problem+json. */
function aDialect(app: Surface['app'], more: Partial<Surface> = {}): Surface {
  return {
    name: 'dialect',
    base: '/Dialect',
    app,
    errorResponse: (error, c) => c.json({ error_subject: error.code, error_message: error.message }, 400),
    notFound: (c) => c.json({ error_subject: 'NoSuchRoute' }, 404),
    ...more,
  };
}

function anApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use('*', async (c, next) => {
    c.set('accountId', 'acme');
    await next();
  });
  app.get('/things', (c) => c.json({ id: c.get('requestId'), target: c.get('rawTarget') }));
  app.post('/things', (c) => c.json({}, 201));
  app.get('/things/:id', (c) => c.json({ id: c.req.param('id') }));
  app.get('/refused', () => {
    throw new TierlineError('thing.busy', 'conflict', 'Busy.');
  });
  app.get('/broken', () => {
    throw new Error('hunter2');
  });
  app.get('/broken-later', () => Promise.reject(new Error('hunter2')));
  // oxlint-disable-next-line prefer-promise-reject-errors -- the point of the route
  app.get('/text-thrown', () => Promise.reject('hunter2'));
  return app;
}

const get = (path: string, init?: RequestInit): Request => new Request(`http://tierline.example${path}`, init);

test('a handler has the request id and the raw target, and the answer carries the id', async () => {
  const { server } = aServer([aSurface(anApp())]);
  const response = await server.fetch(get('/api/v1/things?a=%41'));
  const body: unknown = await response.json();
  const id = response.headers.get('x-request-id');
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(body).toEqual({ id, target: '/api/v1/things?a=%41' });
});

test.each([
  ['my-id:1', true],
  ['!~', true],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
  ['two words', false],
  ['', false],
])('an incoming request id is kept if it is sane: %j', async (sent, kept) => {
  const { server } = aServer([aSurface(anApp())]);
  const response = await server.fetch(get('/api/v1/things', { headers: { 'x-request-id': sent } }));
  expect(response.headers.get('x-request-id') === sent).toBe(kept);
});

test('a surface names its own header for the id, with a prefix, or none', async () => {
  const more = { requestIdHeader: { name: 'X-Correlation-ID', prefix: 'a8n-' } };
  const named = await aServer([aDialect(anApp(), more)]).server.fetch(get('/Dialect/things'));
  expect(named.headers.get('x-correlation-id')).toMatch(/^a8n-[0-9a-f-]{36}$/);
  expect(named.headers.has('x-request-id')).toBe(false);
  const none = await aServer([aDialect(anApp())]).server.fetch(get('/Dialect/things'));
  expect([...none.headers.keys()]).toEqual(['content-type']);
});

test('whatever goes wrong under a base comes out in the form of its surface', async () => {
  const { server } = aServer([aSurface(anApp()), aDialect(anApp())]);
  const dialect = async (path: string, init?: RequestInit) => {
    const response = await server.fetch(get(path, init));
    const body: unknown = await response.json();
    return [response.status, body];
  };
  expect(await dialect('/Dialect/nothing')).toEqual([404, { error_subject: 'NoSuchRoute' }]);
  expect(await dialect('/Dialect')).toEqual([404, { error_subject: 'NoSuchRoute' }]);
  expect(await dialect('/Dialect/things', { method: 'PUT' })).toMatchObject([
    400,
    { error_subject: 'http.method_not_allowed' },
  ]);
  expect(await dialect('/Dialect/refused')).toEqual([400, { error_subject: 'thing.busy', error_message: 'Busy.' }]);
  expect(await dialect('/Dialect/%zz')).toMatchObject([400, { error_subject: 'http.invalid_encoding' }]);
  for (const path of ['/Dialect/broken', '/Dialect/broken-later', '/Dialect/text-thrown']) {
    expect(await dialect(path)).toMatchObject([400, { error_subject: 'internal.bug' }]);
  }
  // A path that only begins like the base belongs to nobody.
  expect(await dialect('/DialectX/things')).toMatchObject([404, { code: 'http.no_such_route' }]);
  expect(await dialect('/nowhere')).toMatchObject([404, { code: 'http.no_such_route' }]);
});

test('an unknown method is 405 with the methods the path has; OPTIONS tells them; HEAD works where GET does', async () => {
  const { server } = aServer([aSurface(anApp())]);
  const put = await server.fetch(get('/api/v1/things', { method: 'PUT' }));
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  expect(await put.json()).toMatchObject({ code: 'http.method_not_allowed', allow: ['GET', 'HEAD', 'POST'] });
  const one = await server.fetch(get('/api/v1/things/7', { method: 'DELETE' }));
  expect(one.headers.get('allow')).toBe('GET, HEAD');
  const odd = await server.fetch(get('/api/v1/things', { method: 'PROPFIND' }));
  expect(odd.status).toBe(405);
  const options = await server.fetch(get('/api/v1/things', { method: 'OPTIONS' }));
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST']);
  const head = await server.fetch(get('/api/v1/things', { method: 'HEAD' }));
  expect([head.status, await head.text()]).toEqual([200, '']);
  const unknown = await server.fetch(get('/api/v1/nothing', { method: 'PUT' }));
  expect(unknown.status).toBe(404);
});

test('a surface may answer a wrong method itself', async () => {
  const methodNotAllowed: Surface['methodNotAllowed'] = (allow, c) => c.json({ use: allow }, 405);
  const { server } = aServer([aDialect(anApp(), { methodNotAllowed })]);
  const response = await server.fetch(get('/Dialect/things/1', { method: 'PUT' }));
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await response.json()).toEqual({ use: ['GET', 'HEAD'] });
});

test('a bug is logged with its stack and the request id, and shows nothing of itself', async () => {
  const { server, lines } = aServer([aSurface(anApp())]);
  const responses = await Promise.all(
    ['broken', 'broken-later', 'text-thrown'].map((path) => server.fetch(get(`/api/v1/${path}`))),
  );
  for (const response of responses) {
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
  }
  const id = responses[0]?.headers.get('x-request-id');
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      requestId: id,
      err: expect.objectContaining({
        message: 'hunter2',
        stack: expect.stringContaining('surface.test.ts') as unknown,
      }) as unknown,
    }),
  );
  const refused = await server.fetch(get('/api/v1/refused'));
  expect(refused.status).toBe(409);
  expect(lines.filter((line) => JSON.stringify(line).includes('"level":"error"'))).toHaveLength(3);
});

test('an error inside the form of errors still gets an answer', async () => {
  const errorResponse = (): Response => {
    throw new Error('hunter2');
  };
  const { server, lines } = aServer([aDialect(anApp(), { errorResponse })]);
  const response = await server.fetch(get('/Dialect/refused'));
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: 'internal.bug' });
  expect(JSON.stringify(lines)).toContain('a surface could not answer an error');
});

test('each request is one access line, with the account and without the query, and is counted under its route', async () => {
  const { server, lines, metrics } = aServer([aSurface(anApp())]);
  await server.fetch(get('/api/v1/things/7?token=hush'));
  await server.fetch(get('/api/v1/things/8', { method: 'HEAD' }));
  await server.fetch(get('/api/v1/nothing'));
  expect(lines).toMatchObject([
    { msg: 'request', method: 'GET', path: '/api/v1/things/7', status: 200, surface: 'api', accountId: 'acme' },
    { msg: 'request', method: 'HEAD', path: '/api/v1/things/8', status: 200 },
    { msg: 'request', path: '/api/v1/nothing', status: 404 },
  ]);
  expect(JSON.stringify(lines)).not.toContain('hush');
  const text = metrics.text();
  expect(text).toContain('http_requests_total{surface="api",method="GET",route="/api/v1/things/:id",status="200"} 2\n');
  expect(text).toContain('http_requests_total{surface="api",method="GET",route="<none>",status="404"} 1\n');
  expect(text).toContain('http_request_duration_seconds_count{surface="api",route="/api/v1/things/:id"} 2\n');
});

test('health: up at once, ready when marked and all checks pass, not ready while stopping', async () => {
  const { server, health } = aServer([aSurface(anApp())]);
  const ready = async () => {
    const response = await server.fetch(get('/readyz'));
    const body: unknown = await response.json();
    return [response.status, body];
  };
  expect((await server.fetch(get('/healthz'))).status).toBe(200);
  expect(await ready()).toEqual([503, { status: 'not ready', reasons: ['the server is starting'] }]);
  let database = Promise.resolve();
  health.addCheck('database', () => database);
  health.markReady();
  expect(await ready()).toEqual([200, { status: 'ready', reasons: [] }]);
  database = Promise.reject(new Error('hunter2'));
  expect(await ready()).toEqual([503, { status: 'not ready', reasons: ['database failed'] }]);
  await server.close();
  expect(await ready()).toEqual([503, { status: 'not ready', reasons: ['the server is stopping'] }]);
  expect((await server.fetch(get('/healthz'))).status).toBe(200);
});

test('a surface at the root gets what is left, but not the paths of the system', async () => {
  const app = new Hono<HttpEnv>();
  app.get('/', (c) => c.text('home'));
  const { server } = aServer([aSurface(app, { base: '/', name: 'pages' }), aSurface(anApp())]);
  expect(await (await server.fetch(get('/'))).text()).toBe('home');
  expect((await server.fetch(get('/healthz'))).status).toBe(200);
  expect(await (await server.fetch(get('/x'))).json()).toMatchObject({ code: 'nothing here' });
  expect(await (await server.fetch(get('/metrics'))).text()).toContain('http_requests_total{surface="pages"');
});
