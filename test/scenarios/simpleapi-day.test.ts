import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWire, type Wire } from '../support/wire.ts';

/** Runs what docs/start/simpleapi-day.md has readers run, against a server that listens. */
const run = promisify(execFile);
const timeout = 60_000;
let wire: Wire;
let directory: string;
let page: string;

beforeAll(async () => {
  wire = await openWire();
  directory = await mkdtemp(path.join(tmpdir(), 'tierline-day-'));
  page = await readFile(new URL('../../docs/start/simpleapi-day.md', import.meta.url), 'utf8');
  const { simpleapi } = await wire.credentials(wire.channel.reseller);
  const login = {
    base_url: `${wire.server.url}/marketplace`,
    username: simpleapi.username,
    password: simpleapi.password,
    subscription_key: simpleapi.subscriptionKey,
  };
  await writeFile(path.join(directory, 'tierline.json'), JSON.stringify({ simpleapi: { reseller: login } }));
});
afterAll(async () => {
  await wire.stop();
  await rm(directory, { recursive: true });
});

function blocks(language: string): string {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text);
  expect(found.length).toBeGreaterThan(0);
  return found.join('\n');
}

test('the day with curl', { timeout }, async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', blocks('sh')], { cwd: directory });
  const [products, estimate, ...told] = stdout.trim().split('\n');
  expect(JSON.parse(products!)).toMatchObject({ pagination: { offset: 0, limit: 2, total: 2 } });
  // 5 seats at 19.8
  expect(estimate).toBe('99');
  expect(told).toEqual([
    expect.stringMatching(/^CH\d{6}$/),
    'cancelled',
    expect.stringMatching(/^CL\d{6}$/),
    'terminated',
    '4',
  ]);
});

test('the day in TypeScript', { timeout }, async () => {
  const file = path.join(directory, 'day.mts');
  await writeFile(file, blocks('ts'));
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { cwd: directory });
  expect(stdout.trim()).toMatch(/^Office 365 Extra File Storage 99 SO\d{6} 3 CL\d{6} terminated$/);
});
