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
