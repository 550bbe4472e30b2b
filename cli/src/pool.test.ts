import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
beforeAll(async () => {
  cli = await cliWorld();
});
afterAll(() => cli.close());

test('units are minted, assigned and refilled, and the pools are listed', async () => {
  const { world, tierline } = cli;
  const { provider, distributor, plan } = await world.channel();
  const key = (await world.credentials(provider)).apiKey;
  const below = (await world.credentials(distributor)).apiKey;
  const product = plan.productId;
  expect((await tierline(['pool', 'mint', product, '100'], { key })).out).toMatch(/units +100\n/);
  expect((await tierline(['pool', 'assign', distributor.id, product, '30'], { key })).exitCode).toBe(0);
  const refill = () => tierline(['pool', 'refill', product], { key: below });
  expect((await refill()).err).toMatch(/has not allowed you to refill/);
  const set = ['pool', 'set', product, '--account', distributor.id, '--may-refill', 'yes', '--step', '20'];
  expect((await tierline(set, { key })).out).toMatch(/refill +20 at a time\n/);
  expect((await refill()).out).toMatch(/units +20\n/);
  await tierline(['pool', 'set', product, '--auto-below', '10', '--minimum', '60'], { key: below });
  const listed = await tierline(['pool', 'list'], { key: below });
  expect(listed.out).toMatch(/full +50 +low +20 at a time, and by itself below 10\n/);
  expect(json(await tierline(['pool', 'list', '--json', '--account', distributor.id], { key }))).toMatchObject([
    { available: '50', may_refill: true, minimum: '60' },
  ]);
  expect((await tierline(['pool', 'set', product], { key: below })).exitCode).toBe(2);
});
