import { once } from 'node:events';
import { createServer } from 'node:http';
import { Hono } from 'hono';
import { afterEach, expect, test } from 'vitest';
import type { ConfigOverrides } from '../config/index.ts';
import { readBody, readForm, readJson, streamBody, type HttpEnv, type Surface } from './index.ts';
import { aConnection, anEcho, aServer, aSurface } from './testing.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function listening(app: Surface['app'] = anEcho(), overrides: ConfigOverrides = {}) {
  const made = aServer([aSurface(app)], { shutdownGraceMs: 0, ...overrides });
  open.push(made.server);
  const { port, url } = await made.server.listen();
  return { ...made, port, url };
}

/** The JSON body of the last answer in what a connection received. */
function lastBody(received: string): unknown {
  return JSON.parse(received.slice(received.lastIndexOf('\r\n\r\n') + 4));
}

test('the raw target is what stood in the request line', async () => {
  const app = new Hono<HttpEnv>();
  app.get('/a b', (c) => c.text(c.get('rawTarget')));
  const { port } = await listening(app);
  const connection = aConnection(port);
  connection.send('GET /api/v1/x/../a%20b?q=%7e~ HTTP/1.1', 'Host: a', 'Connection: close', '', '');
  expect(await connection.closed).toMatch(/\/api\/v1\/x\/\.\.\/a%20b\?q=%7e~$/);
});

test('a body over the limit is refused from its length, and while it arrives in chunks', async () => {
  const { port } = await listening(anEcho(), { maxBodyBytes: 1024 });
  const long = aConnection(port);
  // Nothing of the body is sent: the answer does not wait for it.
  long.send('POST /api/v1/length HTTP/1.1', 'Host: a', 'Content-Length: 1025', '', '');
  const received = await long.received(/request_id/);
  expect(received).toMatch(/^HTTP\/1\.1 413 /);
  expect(lastBody(received)).toMatchObject({ code: 'http.body_too_large', limit_bytes: 1024 });
  long.socket.destroy();

  const chunked = aConnection(port);
  chunked.send('POST /api/v1/length HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', '', '');
  chunked.send('400', 'x'.repeat(1024), '1', 'x', '');
  expect(await chunked.received(/request_id/)).toMatch(/^HTTP\/1\.1 413 /);
  chunked.socket.destroy();

  const fits = aConnection(port);
  fits.send('POST /api/v1/length HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked', 'Connection: close', '', '');
  fits.send('400', 'x'.repeat(1024), '0', '', '');
  expect(await fits.closed).toMatch(/\{"length":1024\}$/);
});

test('a large body that is refused while it is being sent does not lose its answer', async () => {
  const { url } = await listening();
  const response = await fetch(`${url}/api/v1/length`, { method: 'POST', body: new Uint8Array(8 * 1024 * 1024) });
  expect(response.status).toBe(413);
  // The server is as it was.
  const next = await fetch(`${url}/api/v1/length`, { method: 'POST', body: 'abc' });
  expect(await next.json()).toEqual({ length: 3 });
});

test('a client that dawdles over its body gets 408 in the form of the surface, and is closed', async () => {
  const { port, lines } = await listening(anEcho(), { requestTimeoutMs: 40, headersTimeoutMs: 40 });
  const connection = aConnection(port);
  connection.send('POST /api/v1/length HTTP/1.1', 'Host: a', 'Content-Length: 10', '', 'abc');
  const received = await connection.closed;
  expect(received).toMatch(/^HTTP\/1\.1 408 /);
  expect(received).toMatch(/connection: close/i);
  expect(lastBody(received)).toMatchObject({ code: 'http.request_timeout' });
  expect(lines).toMatchObject([{ status: 408 }]);
});

test('a client that dawdles over the head gets 408 and is closed', async () => {
  const { port } = await listening(anEcho(), { headersTimeoutMs: 40 });
  const connection = aConnection(port);
  connection.send('GET /api/v1/hello HTTP/1.1', 'Host:');
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
});

test('a client that leaves in the middle of its body leaves no handler behind and is no 5xx', async () => {
  const app = new Hono<HttpEnv>();
  const entered = Promise.withResolvers<void>();
  const left = Promise.withResolvers<unknown>();
  app.post('/length', async (c) => {
    const body = readBody(c);
    entered.resolve();
    try {
      return c.json({ length: (await body).length });
    } catch (error) {
      left.resolve(error);
      throw error;
    }
  });
  const { port, lines, server } = await listening(app);
  const connection = aConnection(port);
  connection.send('POST /api/v1/length HTTP/1.1', 'Host: a', 'Content-Length: 10', '', 'abc');
  await entered.promise;
  connection.socket.destroy();
  expect(await left.promise).toMatchObject({ code: 'http.client_gone' });
  await server.close();
  expect(lines).toMatchObject([{ msg: 'request', status: 499 }]);
});

test('a body can be asked for twice, and streamed in pieces', async () => {
  const app = new Hono<HttpEnv>();
  app.post('/twice', async (c) => c.json([(await readBody(c)).length, await readJson(c)]));
  app.post('/stream', async (c) => {
    let length = 0;
    for await (const piece of streamBody(c)) length += piece.length;
    return c.json({ length });
  });
  const { url, server } = await listening(app, { maxBodyBytes: 1024 });
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  const twice = { method: 'POST', body: '{"a":1}', headers };
  const stream = { method: 'POST', body: new Uint8Array(300_000) };
  for (const send of [(path: string, init: RequestInit) => fetch(url + path, init), inProcess(server)]) {
    expect(await (await send('/api/v1/twice', twice)).json()).toEqual([7, { a: 1 }]);
    expect(await (await send('/api/v1/stream', stream)).json()).toEqual({ length: 300_000 });
    const large = await send('/api/v1/twice', { ...twice, body: ' '.repeat(1025) });
    expect(large.status).toBe(413);
  }
});

function inProcess(server: { fetch(request: Request): Promise<Response> }) {
  return (path: string, init: RequestInit) => server.fetch(new Request(`http://tierline.example${path}`, init));
}

test('a piece of a stream that does not come in time is 408', async () => {
  const app = new Hono<HttpEnv>();
  app.post('/stream', async (c) => {
    for await (const piece of streamBody(c, 30)) expect(piece).toHaveLength(3);
    return c.text('all');
  });
  const { port } = await listening(app);
  const connection = aConnection(port);
  connection.send('POST /api/v1/stream HTTP/1.1', 'Host: a', 'Content-Length: 10', '', 'abc');
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 /);
});

test.each([
  [{ 'content-encoding': 'gzip', 'content-type': 'application/json' }, 415, 'http.unsupported_encoding'],
  [{ 'content-encoding': 'identity', 'content-type': 'application/json' }, 200, undefined],
  [{ 'content-type': 'text/plain' }, 415, 'http.unsupported_media_type'],
  [{ 'content-type': 'application/json; charset=latin1' }, 415, 'http.unsupported_media_type'],
])('a body with %j is answered %d', async (headers, status, code) => {
  const app = new Hono<HttpEnv>();
  app.post('/json', async (c) => c.json({ got: await readJson(c) }));
  const { url } = await listening(app);
  const response = await fetch(`${url}/api/v1/json`, { method: 'POST', body: '{}', headers });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(code === undefined ? { got: {} } : { code });
});

test.each([
  ['name=M%C3%BCller&x=a+b', 200, { name: 'Müller', x: 'a b' }],
  ['name=Müller', 200, { name: 'Müller' }],
  ['name=a&password=%00', 400, { code: 'http.invalid_character', field: 'password' }],
  ['name=%ff', 400, { code: 'http.invalid_encoding', field: 'name' }],
  ['name=\0', 400, { code: 'http.invalid_character' }],
])('the form %j is answered %d', async (body, status, expected) => {
  const app = new Hono<HttpEnv>();
  app.post('/form', async (c) => c.json(Object.fromEntries(await readForm(c))));
  const { url } = await listening(app);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(`${url}/api/v1/form`, { method: 'POST', body, headers });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject(expected);
});

test.each([
  ['a bad request line', 'GARBAGE\r\n\r\n', 400],
  ['a bad header', 'GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n', 400],
  ['an asterisk', 'GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['length and chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a large head', `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ['a long target', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
  ['a bad chunk', 'POST /api/v1/length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
])('%s is answered with a status and the server lives', async (_, bytes, status) => {
  const { port, url, lines } = await listening();
  const connection = aConnection(port);
  connection.send(bytes);
  expect(await connection.received(new RegExp(`HTTP/1\\.1 ${status} `))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  connection.socket.destroy();
  expect((await fetch(`${url}/api/v1/hello`)).status).toBe(200);
  expect(JSON.stringify(lines)).not.toContain('"level":"error"');
});

test('a port that is taken is named together with the way out', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { server } = aServer([], { port });
  await expect(server.listen()).rejects.toMatchObject({
    code: 'http.port_in_use',
    kind: 'conflict',
    message: expect.stringMatching(new RegExp(`${port}.*--port`)) as unknown,
  });
  other.close();
  // The same server can try again.
  await once(other, 'close');
  expect((await server.listen()).port).toBe(port);
  await server.close();
});

test('an address that is not of this machine is named', async () => {
  const { server } = aServer([], { host: '192.0.2.1' });
  await expect(server.listen()).rejects.toMatchObject({ code: 'http.host_unavailable', field: '--host' });
});

test('closing answers the request in progress, says that the connection ends, and takes no new ones', async () => {
  const app = new Hono<HttpEnv>();
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  app.get('/slow', async (c) => {
    entered.resolve();
    await release.promise;
    return c.text('done');
  });
  app.get('/hello', (c) => c.text('hello'));
  const { server, port, url } = await listening(app, { shutdownGraceMs: 60_000 });
  const idle = aConnection(port);
  idle.send('GET /api/v1/hello HTTP/1.1', 'Host: a', '', '');
  await idle.received(/hello$/);
  const silent = aConnection(port);
  await once(silent.socket, 'connect');
  const slow = aConnection(port);
  slow.send('GET /api/v1/slow HTTP/1.1', 'Host: a', '', '');
  await entered.promise;

  const closed = server.close();
  expect(server.close()).toStrictEqual(closed);
  await Promise.all([idle.closed, silent.closed]);
  await expect(fetch(`${url}/api/v1/hello`)).rejects.toThrow('fetch failed');
  release.resolve();
  expect(await slow.closed).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*done$/i);
  await closed;
});

test('a request that does not end is cut off after the grace period', async () => {
  const app = new Hono<HttpEnv>();
  const entered = Promise.withResolvers<void>();
  app.get('/never', () => {
    entered.resolve();
    return new Promise<Response>(() => undefined);
  });
  const { server, port } = await listening(app, { shutdownGraceMs: 1 });
  const connection = aConnection(port);
  connection.send('GET /api/v1/never HTTP/1.1', 'Host: a', '', '');
  await entered.promise;
  await server.close();
  expect(await connection.closed).toBe('');
});

test('a streamed answer is finished before closing ends', async () => {
  const app = new Hono<HttpEnv>();
  const release = Promise.withResolvers<void>();
  app.get('/stream', () => {
    const text = new TextEncoder();
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(text.encode('first'));
        await release.promise;
        controller.enqueue(text.encode('last'));
        controller.close();
      },
    });
    return new Response(body);
  });
  const { server, port } = await listening(app, { shutdownGraceMs: 60_000 });
  const connection = aConnection(port);
  connection.send('GET /api/v1/stream HTTP/1.1', 'Host: a', '', '');
  await connection.received(/first/);
  const closed = server.close();
  release.resolve();
  // The head said keep-alive long before the server was told to close.
  expect(await connection.closed).toMatch(/keep-alive[^]*first[^]*last/i);
  await closed;
});
