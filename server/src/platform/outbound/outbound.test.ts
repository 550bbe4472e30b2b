import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isTierlineError } from '@tierline/kernel';
import { afterEach, expect, test } from 'vitest';
import { isPublicAddress, post } from './index.ts';

let server: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve()))));

async function listening(answer: string, status = 200): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => (body += String(chunk)));
    incoming.on('end', () => {
      seen.push(`${incoming.method} ${incoming.url} ${String(incoming.headers['x-test'])} ${body}`);
      outgoing.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end(answer);
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, seen };
}

const options = { headers: { 'x-test': 'yes' }, body: '{"a":1}', timeoutMs: 5000 };

test('posts the body and reads the answer', async () => {
  const { port, seen } = await listening('done', 202);
  expect(await post({ ...options, url: `http://127.0.0.1:${port}/hook?x=1`, publicOnly: false })).toEqual({
    status: 202,
    text: 'done',
  });
  expect(seen).toEqual(['POST /hook?x=1 yes {"a":1}']);
});

test('reads only the beginning of a long answer, and follows no redirect', async () => {
  const { port, seen } = await listening('x'.repeat(100_000), 302);
  const answer = await post({ ...options, url: `http://127.0.0.1:${port}/`, publicOnly: false });
  expect([answer.status, answer.text.length]).toEqual([302, 10_000]);
  expect(seen).toHaveLength(1);
});

test.each([
  'http://127.0.0.1',
  'http://localhost',
  'http://[::1]',
  'http://10.1.2.3',
  'http://169.254.169.254/latest',
  'http://0.0.0.0',
])('on behalf of somebody else, nothing is sent to %s', async (url) => {
  const { port, seen } = await listening('secret');
  const target = new URL(url);
  target.port = String(port);
  const refused: unknown = await post({ ...options, url: target.href, publicOnly: true }).catch(
    (error: unknown) => error,
  );
  expect(isTierlineError(refused) && refused.code).toBe('outbound.private_address');
  expect(seen).toEqual([]);
});

test('addresses of this machine, its network and special use are not public', () => {
  const inner = [
    '127.0.0.1',
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ];
  expect(inner.filter(isPublicAddress)).toEqual([]);
  const outer = ['1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'];
  expect(outer.filter(isPublicAddress)).toEqual(outer);
});
