import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
beforeAll(async () => {
  cli = await cliWorld();
});
afterAll(() => cli.close());

test('readings are imported from a file and listed; bad rows are told', async () => {
  const { world, tierline, file } = cli;
  const { reseller, customer, base } = await world.channel();
  const { subscriptions } = await world.order(customer, [{ mpn: base.mpn, quantity: '3' }]);
  const { id } = subscriptions[0]!;
  const key = (await world.credentials(reseller)).apiKey;
  const run = (words: string[], stdin?: string) =>
    tierline(['usage', ...words], { key, ...(stdin === undefined ? {} : { stdin }) });
  await file('good.csv', `subscription_id,used\n${id},4\n`);
  expect(await run(['import', 'good.csv'])).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/stored +1/) as string,
  });
  const partly = await run(['import', '-'], `subscription_id,used\n${id},9\nx,1\n`);
  expect(partly.exitCode).toBe(6);
  expect(partly.out + partly.err).toContain('line 3, subscription_id');
  expect(json(await run(['list', '--json']))).toMatchObject([{ subscription_id: id, highest: '9' }]);
  expect((await run(['import', '-'], 'seats\n1\n')).exitCode).not.toBe(0);
});
