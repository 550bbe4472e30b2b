import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
beforeAll(async () => {
  cli = await cliWorld();
});
afterAll(() => cli.close());

test('a month goes from the partner to the root', async () => {
  const { world, tierline } = cli;
  const { engine } = world;
  const provider = await world.provider();
  const distributor = await world.distributor(provider);
  const early = world.cause({ at: '2026-02-02T09:00:00Z' });
  const facts = { name: '=Formula IT', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const msp = await engine.accounts.create(early, distributor.id, { ...facts, kind: 'msp' });
  const year = { unit: 'year', count: 1 } as const;
  const terms = { subscriptionPeriod: year, billingPeriod: year };
  const plan = await world.plan(provider, { rates: [{ mpn: 'SEAT', prices: '10' }], terms });
  await world.delegate([provider, distributor, msp], plan);
  for (const seller of [distributor, msp]) await world.priceList(seller, { markup: '20' });
  await world.order(await world.customer(msp), [{ mpn: 'SEAT', quantity: '4' }], { cause: early });
  await engine.billingReportWork.runDue({ sandboxId: null }, world.clock.now());

  const as = async (account: typeof msp) => {
    const key = (await world.credentials(account)).apiKey;
    return (words: string[]) => tierline(['billing-report', ...words], { key });
  };
  const [partner, seller, root] = [await as(msp), await as(distributor), await as(provider)];
  const [listed] = json(await seller(['list', '--month', '2026-02', '--json'])) as { id: string; status: string }[];
  expect(listed).toMatchObject({ status: 'preparing', partner_name: '=Formula IT' });
  const { id } = listed!;

  expect((await partner(['edit', id, '--line', '1'])).exitCode).toBe(2);
  const edited = await partner([
    'edit',
    id,
    '--line',
    '1',
    '--chargeable',
    '3',
    '--comment',
    'One too many.',
    '--json',
  ]);
  expect(json(edited)).toMatchObject({
    lines: [{ chargeable_units: '3', comment: 'One too many.', price: null, cost: { amount: '48.00' }, margin: null }],
  });
  expect((await partner(['submit', id, '--po', 'PO-9'])).exitCode).toBe(0);
  expect((await partner(['approve', id])).exitCode).not.toBe(0);
  expect((await seller(['reject', id, '--comment', 'Which one?'])).exitCode).toBe(0);
  expect((await partner(['submit', id])).exitCode).toBe(0);
  expect((await seller(['approve', id])).exitCode).toBe(0);
  expect((await root(['return', id, '--comment', 'Once more.'])).exitCode).toBe(0);
  expect((await seller(['approve', id])).exitCode).toBe(0);
  expect(json(await root(['complete', id, '--json']))).toMatchObject({ status: 'completed', po_number: 'PO-9' });
  const steps = json(await partner(['history', id, '--json'])) as { action: string }[];
  expect(steps.map(({ action }) => action).join()).toBe(
    'opened,edited,submitted,rejected,submitted,approved,returned,approved,completed',
  );
  expect((await seller(['show', id])).out).toMatch(/48\.00 USD\s+40\.00 USD/);

  expect((await seller(['export', '--month', '2026-02', '--output', 'a.csv'])).exitCode).toBe(0);
  const [head, line, rest] = (await readFile(join(cli.cwd, 'a.csv'), 'utf8')).split('\r\n');
  expect(head).toMatch(/^month,partner,partner_id,.*,margin$/);
  // What somebody typed is no formula in a spreadsheet.
  expect(line).toMatch(
    /^2026-02,'=Formula IT,.*,4,,,3,false,One too many\.,USD,12,48,0,48\.00,USD,10,40,0,40\.00,8\.00$/,
  );
  expect(rest).toBe('');
  expect((await root(['export', '--month', '2026-02'])).out).toMatch(/,USD,10,40,0,40\.00,,,,,,\r\n$/);

  expect(json(await seller(['terms', '--days', '5', '--tolerance', '12.50', '--json']))).toMatchObject({
    submit_after_days: 5,
    tolerance_percent: '12.5',
  });
  expect((await seller(['terms', '--partner', msp.id])).out).toMatch(/12\.5/);
});
