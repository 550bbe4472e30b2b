import { aConnection } from '@tierline/server/platform/http/testing.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { brokenBodies, brokenFields, brokenValues, oddTexts, type Hostile } from '../support/hostile.ts';
import { rowCounts } from '../support/rows.ts';
import { bytesOf, faultOf, openWire, type Answer, type Form, type Target, type Wire } from '../support/wire.ts';

// Whatever comes in over the wire is refused in the surface's own form, without a trace in the database and without
// harm to the server; on every surface alike.

let wire: Wire;
beforeAll(async () => {
  wire = await openWire();
});
afterAll(() => wire.stop());

/** Whatever it was sent, the server is as well as before: it answers, sells, and has met no bug. */
async function checkHealth(): Promise<void> {
  expect((await fetch(`${wire.server.url}/healthz`)).status).toBe(200);
  for (const target of wire.targets) expect([target.name, (await valid(target)).status]).toEqual([target.name, 2]);
  expect(JSON.stringify(wire.server.lines)).not.toMatch(/"level":"(error|fatal)"/);
}
afterEach(checkHealth);

/** Sends what the target accepts; the first figure of the status. After many wrong secrets the right one has to wait. */
async function valid(target: Target): Promise<{ status: number }> {
  let answer = await wire.send(target, bytesOf(target, target.body()));
  if (answer.status === 429) {
    wire.moveTo(wire.clock.now().add({ seconds: 61 }).toString());
    answer = await wire.send(target, bytesOf(target, target.body()));
  }
  return { status: Math.floor(answer.status / 100) };
}

/** Answers to all of them, some at a time, in their order. */
async function sendAll<Sent>(sent: readonly Sent[], send: (one: Sent) => Promise<Answer>): Promise<[Sent, Answer][]> {
  const answers: [Sent, Answer][] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < sent.length; at = next++) answers[at] = [sent[at]!, await send(sent[at]!)];
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return answers;
}

/** What is not as it should be, with what was sent. */
function faults(form: Form, answers: readonly [Hostile, Answer][]): string[] {
  return answers.flatMap(([{ what }, answer]) => {
    const fault = faultOf(form, answer);
    return fault === undefined ? [] : [`${what}: ${fault}`];
  });
}

const names = [
  'customers of our API',
  'orders of our API',
  'plans of LMPI v2',
  'plans of LMPI v3',
  'customers of SimpleAPI',
  'orders of SimpleAPI',
  'token of SimpleAPI',
  'token of OpenID Connect',
] as const;
const targetOf = (name: (typeof names)[number]): Target => wire.targets.find((target) => target.name === name)!;
const formats = [
  ['/api/v1', 'api'],
  ['/LMPI/v2', 'lmpi'],
  ['/LMPI/v3', 'lmpi'],
  ['/marketplace', 'simpleapi'],
  ['/auth', 'openid'],
] as const;

test('the names above are all that there are', () => {
  expect(wire.targets.map(({ name }) => name)).toEqual(names);
});

describe.each(names)('%s', (name) => {
  test('broken values and bodies', { timeout: 120_000 }, async () => {
    const target = targetOf(name);
    const isForm = target.form === 'openid';
    const all = [...(isForm ? brokenFields(target) : brokenValues(target)), ...brokenBodies(target)];
    const send = ({ bytes, headers }: Hostile) => wire.send(target, bytes, headers);
    // Some odd values mean something: a number for a name, an empty list of contacts.
    const first = await sendAll(all, send);
    const accepted = first.filter(([{ mayBeAccepted }, { status }]) => mayBeAccepted === true && status < 300);
    const refused = first.filter((each) => !accepted.includes(each));
    expect(faults(target.form, refused)).toEqual([]);
    expect(refused.length).toBeGreaterThan(accepted.length);

    // The same again, alone: what is refused leaves every table as it was.
    const before = await rowCounts(wire.db);
    const again = await sendAll(
      refused.map(([hostile]) => hostile),
      send,
    );
    expect(faults(target.form, again)).toEqual([]);
    expect(await rowCounts(wire.db)).toEqual(before);
  });

  test('a body that breaks off', async () => {
    const target = targetOf(name);
    const before = await rowCounts(wire.db);
    const connection = aConnection(wire.server.port);
    connection.send(...headOf(target, bytesOf(target, target.body())), '{"a":');
    const seen = wire.server.lines.length;
    connection.socket.end();
    await connection.closed;
    const gone = () => expect(wire.server.lines.slice(seen)).toContainEqual(expect.objectContaining({ status: 499 }));
    await vi.waitFor(gone, { interval: 2, timeout: 10_000 });
    expect(await rowCounts(wire.db)).toEqual(before);
  });

  test('a body that does not go on', async () => {
    const target = targetOf(name);
    const impatient = await wire.listening({ requestTimeoutMs: 150, headersTimeoutMs: 100 });
    const before = await rowCounts(wire.db);
    const connection = aConnection(impatient.port);
    connection.send(...headOf(target, bytesOf(target, target.body())), '{"a":');
    expect(faultOf(target.form, answerIn(await connection.closed))).toBeUndefined();
    expect(answerIn(await connection.closed).status).toBe(408);
    expect(await rowCounts(wire.db)).toEqual(before);
    await impatient.close();
  });

  test('two requests, and something else after them', async () => {
    const target = targetOf(name);
    const body = bytesOf(target, target.body());
    const one = Buffer.from([...headOf(target, body), Buffer.from(body).toString('latin1')].join('\r\n'), 'latin1');
    const connection = aConnection(wire.server.port);
    connection.socket.write(Buffer.concat([one, Buffer.from('\0\x01GARBAGE\r\n\r\n'), one]));
    const text = await connection.closed;
    // The first is answered before the rest is read, or falls with it; the second never reaches anybody.
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses.at(-1)).toBe('400');
    expect(statuses.length).toBeLessThanOrEqual(2);
  });
});

/** The lines of a request's head, with the empty one after it. */
function headOf(target: Target, body: Uint8Array): string[] {
  const { method, path, contentType, admission } = target;
  const headers = { host: 'a', 'content-type': contentType, ...admission(method, path, body) };
  return [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    '',
  ];
}

/** The one answer in what came over a connection. */
function answerIn(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    contentType: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
    text: body,
  };
}

describe.each(formats)('paths below %s', (base, form) => {
  const target = (): Target => wire.targets.find(({ path }) => path.startsWith(base))!;
  const get = (path: string, method = 'GET') =>
    wire.send({ ...target(), path, method }, Buffer.alloc(0), { 'content-length': null, 'content-type': null });

  test('that lead nowhere', async () => {
    const before = await rowCounts(wire.db);
    const paths = ['', '/', '/nothing', '/nothing/at/all', '//', '/%2e', ...oddTexts.map((text) => `/${text}`)];
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const answers = await sendAll(paths, (path) => get(base + path, method));
      const wrong = answers.flatMap(([path, answer]) => {
        // A path that climbs out of the base belongs to the server itself.
        const fault = path.endsWith('..') ? undefined : faultOf(form, answer);
        return fault === undefined ? [] : [`${method} ${path.slice(0, 40)}: ${fault}`];
      });
      expect(wrong).toEqual([]);
    }
    expect(await rowCounts(wire.db)).toEqual(before);
  });

  test('with other methods than they have', async () => {
    const { path } = target();
    for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'MKCOL']) {
      const answer = await get(path, method);
      expect([method, answer.status, faultOf(form, answer)]).toEqual([method, 405, undefined]);
    }
  });
});

const reads = [
  ['api', '/api/v1/customers'],
  ['api', '/api/v1/orders'],
  ['api', '/api/v1/subscriptions'],
  ['api', '/api/v1/events'],
  ['api', '/api/v1/catalog'],
  ['lmpi', '/LMPI/v2/partners/product'],
  ['lmpi', '/LMPI/v3/me/serviceplans'],
  ['simpleapi', '/marketplace/products'],
  ['simpleapi', '/marketplace/plans'],
  ['simpleapi', '/marketplace/customers'],
  ['simpleapi', '/marketplace/orders'],
  ['simpleapi', '/marketplace/subscriptions'],
] as const;

const fields = ['limit', 'offset', 'cursor', 'id', 'status', 'name', 'mpn', 'customerId', 'customer_id', 'placed_from'];

test.each(reads)('odd ids and queries (%s %s)', async (form, path) => {
  const target = wire.targets.find((each) => each.form === form)!;
  const read = (of: string) =>
    wire.send({ ...target, method: 'GET', path: of }, Buffer.alloc(0), {
      'content-length': null,
      'content-type': null,
    });
  const queries = [
    ...fields.flatMap((field) => oddTexts.map((text) => `?${field}=${text}`)),
    ...oddTexts.map((text) => `?${text}`),
    ...oddTexts.map((text) => `/${text}`),
    '?limit=1&limit=2',
    '?limit[]=1',
    '?__proto__=1&constructor=2',
    `?${'a=1&'.repeat(2000)}`,
    '?=',
    '?&&&',
  ];
  const answers = await sendAll(queries, (query) => read(path + query));
  const wrong = answers.flatMap(([query, answer]) => {
    const fault = answer.status < 300 || query === '/..' ? undefined : faultOf(form, answer);
    return fault === undefined ? [] : [`${query.slice(0, 60)}: ${fault}`];
  });
  expect(wrong).toEqual([]);
  expect(answers.some(([, { status }]) => status >= 400)).toBe(true);
});

describe('connections', () => {
  test('a head that does not end', async () => {
    const impatient = await wire.listening({ requestTimeoutMs: 150, headersTimeoutMs: 100 });
    const connection = aConnection(impatient.port);
    connection.send('GET /api/v1/orders HTTP/1.1', 'Host: a', 'X-Slow: ');
    const answer = answerIn(await connection.closed);
    expect([answer.status, faultOf('api', answer)]).toEqual([408, undefined]);
    await impatient.close();
  });

  test.each([
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a length below zero', 'Content-Length: -1\r\n\r\n'],
    ['a length that is no number', 'Content-Length: 1e3\r\n\r\n'],
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk without a size', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a chunk of endless size', 'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n'],
    ['a transfer encoding that nobody knows', 'Transfer-Encoding: gzip, chunked, identity\r\n\r\n'],
    ['a NUL in a header', 'X-Odd: a\0b\r\n\r\n'],
    ['a header over two lines', 'X-Odd: a\r\n b: c\r\n d\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n'],
    ['30 KB of headers', `X-Long: ${'x'.repeat(30_000)}\r\n\r\n`],
  ])('%s', async (_, rest) => {
    const before = await rowCounts(wire.db);
    for (const [base] of formats) {
      const connection = aConnection(wire.server.port);
      connection.send(`POST ${base}/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${rest}`);
      // Some of it is refused by the reader of HTTP, some by the surface, for which the caller is nobody.
      const text = await connection.received(/^HTTP\/1\.1 \d{3} [^]*\r\n\r\n[^]*\}$/);
      expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
      connection.socket.destroy();
    }
    expect(await rowCounts(wire.db)).toEqual(before);
  });
});
