import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
beforeAll(async () => {
  cli = await cliWorld();
});
afterAll(() => cli.close());

test('a price is looked at, then set', async () => {
  const { world, tierline } = cli;
  const { reseller, customer, base } = await world.channel();
  await world.order(customer, [{ mpn: base.mpn, quantity: '3' }]);
  const key = (await world.credentials(reseller)).apiKey;
  const lists = json(await tierline(['price-list', 'list', '--json'], { key })) as { id: string }[];
  expect(lists).toHaveLength(1);
  const words = ['price-list', 'set', lists[0]!.id, '--rate', base.rateId, '--amount', '21.5', '--from', '2026-03-20'];

  const preview = await tierline([...words, '--preview'], { key });
  expect(preview.exitCode).toBe(0);
  expect(preview.out).toMatch(/subscriptions +1\n/);
  expect(preview.out).toMatch(/renewals changed +1 of 1\n/);
  expect(preview.out).toMatch(/you take +59\.40 USD -> 64\.50 USD \(5\.10 USD\)/);
  expect(json(await tierline([...words, '--preview', '--json'], { key }))).toMatchObject({ affected: 1 });
  expect(json(await tierline(['price-list', 'list', '--json'], { key }))).toEqual(lists);

  expect(json(await tierline([...words, '--json'], { key }))).toMatchObject({ id: lists[0]!.id, version: 3 });
  // What it is now is no change any more.
  expect((await tierline([...words, '--preview'], { key })).out).toMatch(/renewals changed +0 of 1\n/);
  expect(
    (await tierline(['price-list', 'set', lists[0]!.id, '--amount', '1', '--from', '2026-03-20'], { key })).exitCode,
  ).toBe(2);
});

test('an exchange rate is set and listed; the younger of a day counts', async () => {
  const { world, tierline } = cli;
  const { reseller } = await world.channel();
  const key = (await world.credentials(reseller)).apiKey;
  const set = (rate: string, on: string) => tierline(['exchange-rate', 'set', 'USD', 'EUR', rate, '--on', on], { key });
  const looked = await tierline(['exchange-rate', 'set', 'USD', 'EUR', '0.9215', '--on', '2026-03-01', '--preview'], {
    key,
  });
  expect(looked.out).toMatch(/subscriptions +0\n/);
  expect(json(await tierline(['exchange-rate', 'list', '--json'], { key }))).toEqual([]);
  const first = await set('0.9215', '2026-03-01');
  expect(first.exitCode).toBe(0);
  expect(first.out).toMatch(/USD +EUR +0\.9215 +2026-03-01/);
  await set('0.93', '2026-03-01');
  await set('0.95', '2026-04-01');
  const listed = async (...words: string[]) =>
    (json(await tierline(['exchange-rate', 'list', '--json', ...words], { key })) as { rate: string }[]).map(
      ({ rate }) => rate,
    );
  expect(await listed()).toEqual(['0.95', '0.93', '0.9215']);
  expect(await listed('--on', '2026-03-31')).toEqual(['0.93']);
  expect(await listed('--on', '2026-02-28')).toEqual([]);
  expect(await listed('--from', 'EUR')).toEqual([]);
  expect((await set('0', '2026-03-01')).exitCode).not.toBe(0);
});
