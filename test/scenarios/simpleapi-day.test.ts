import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { start, type Running } from '@tierline/server/app/start.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../support/database.ts';

/** Runs what docs/start/simpleapi-day.md has readers run, against a server with the demo channel and all that runs beside requests. */
const run = promisify(execFile);
const timeout = 60_000;
let database: TestDatabase;
let running: Running;
let directory: string;
let page: string;

beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(path.join(tmpdir(), 'tierline-day-'));
  page = await readFile(new URL('../../docs/start/simpleapi-day.md', import.meta.url), 'utf8');
  // A setting is a URL with a host; the socket of the test database stands in its query and beats it.
  const databaseUrl = database.url.replace('@/', '@localhost/');
  running = await start({
    demo: true,
    env: {},
    readyFile: path.join(directory, 'tierline.json'),
    overrides: { port: 0, databaseUrl, dataDir: path.join(directory, 'data'), logLevel: 'error' },
  });
}, timeout);
afterAll(async () => {
  await running.stop();
  await database.close();
  await rm(directory, { recursive: true });
});

function blocks(language: string): string {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text);
  expect(found.length).toBeGreaterThan(0);
  return found.join('\n');
}

test('the day with curl', { timeout }, async () => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', blocks('sh')], { cwd: directory });
  const [products, estimate, ...told] = stdout.trim().split(/\r?\n/);
  expect(JSON.parse(products!)).toMatchObject({ pagination: { offset: 0, limit: 2, total: 12 } });
  // 5 seats at 19.8
  expect(estimate).toBe('99');
  expect(told).toEqual([
    expect.stringMatching(/^CH\d{6}$/),
    'cancelled',
    expect.stringMatching(/^CL\d{6}$/),
    'terminated',
    '4',
    // The head line of the report, and the one charge of the sale.
    expect.stringMatching(/^orderId,orderNumber,.*,extendedCost,/),
    '1',
  ]);
});

test('the day in TypeScript', { timeout }, async () => {
  const file = path.join(directory, 'day.mts');
  await writeFile(file, blocks('ts'));
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { cwd: directory });
  const [day, report] = stdout.trim().split('\n');
  expect(day).toMatch(/^Office 365 Extra File Storage 99 SO\d{6} 3 CL\d{6} terminated$/);
  // The sale, three seats more, and what is given back for all eight; rows of one moment stand in any order.
  const [status, ...amounts] = report!.split(' ');
  expect(status).toBe('completed');
  expect(amounts.toSorted()).toEqual(['-158.4', '59.4', '99']);
});
