import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeReports } from '../../test/support/reports.ts';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
beforeAll(async () => {
  cli = await cliWorld();
});
afterAll(() => cli.close());

test('a report is set up, asked for and downloaded', async () => {
  const { world, tierline } = cli;
  const { reseller, customer, base } = await world.channel();
  await world.order(customer, [{ mpn: base.mpn, quantity: '3' }]);
  const key = (await world.credentials(reseller)).apiKey;
  const run = (words: string[]) => tierline(['report', ...words], { key });
  expect((await run(['schedule', 'Payments', '--every', 'monthly', '--format', 'xlsx'])).exitCode).toBe(0);
  const words = ['schedule', 'Payments', '--from', '2026-03-01', '--format'];
  const { id } = json(await run([...words, 'csv', '--json'])) as { id: string };
  expect((await run(['download', id])).exitCode).not.toBe(0);
  const sheet = json(await run([...words, 'xlsx', '--json'])) as { id: string };
  await makeReports(world.engine);

  expect(json(await run(['list', '--json']))).toMatchObject([{ id: sheet.id }, { id, status: 'completed', rows: '1' }]);
  expect((await run(['download', id])).out).toMatch(/^orderId,.*\r\n.*59\.4,USD/s);
  expect((await run(['download', sheet.id, '--output', 'a.xlsx'])).exitCode).toBe(0);
  // Byte by byte: a sheet is no text.
  const { bytes } = await world.engine.reports.file(reseller.id, sheet.id as never);
  const written = await readFile(join(cli.cwd, 'a.xlsx'));
  expect(written.length).toBe(Number(bytes));
  expect(written.subarray(0, 2).toString()).toBe('PK');

  expect((await run(['schedule', 'Nothing', '--from', '2026-03-01'])).exitCode).toBe(3);
  expect((await run(['schedule', 'Payments'])).exitCode).toBe(2);
});
