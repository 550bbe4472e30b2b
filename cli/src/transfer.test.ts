import type { Transfer, TransferPreview } from '@tierline/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
let channel: Awaited<ReturnType<(typeof cli)['world']['channel']>>;
let key: string;
beforeAll(async () => {
  cli = await cliWorld();
  channel = await cli.world.channel();
  key = (await cli.world.credentials(channel.distributor)).apiKey;
});
afterAll(() => cli.close());

const run = (...words: string[]) => cli.tierline(words, { key });

test('a subscription is previewed, moved once for one key, and told', async () => {
  const order = await cli.world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '5' }]);
  const { id } = order.subscriptions[0]!;
  const to = channel.sibling.reseller.id;
  const words = ['subscription', 'transfer', id, '--to', to, '--customer', channel.sibling.customer.id];
  const preview = await run(...words, '--preview');
  expect(preview).toMatchObject({ exitCode: 0, err: '' });
  expect(preview.out).toContain(`${channel.base.mpn}=5`);
  // A month that was just paid for goes back whole: 5 x 19.8. The sibling takes 20 percent on top of 17.5.
  expect(preview.out).toMatch(new RegExp(`${channel.reseller.id} +${channel.customer.id} +-99\\.00 USD +0\\.00 USD`));
  expect(preview.out).toMatch(new RegExp(`${to} +${channel.sibling.customer.id} +0\\.00 USD +105\\.00 USD`));
  const placed = json(await run(...words, '--idempotency-key', 'once', '--json')) as Transfer;
  expect(placed).toMatchObject({ is_new_customer: false, subscriptions: [{ to: { owner_id: to, status: 'active' } }] });
  expect(json(await run(...words, '--idempotency-key', 'once', '--json'))).toEqual(placed);
});

test('what stands in the way is told, and nothing is moved', async () => {
  const customer = await cli.world.customer(channel.reseller);
  const words = ['customer', 'transfer', customer.id, '--to', channel.reseller.id];
  const preview = await run(...words, '--preview');
  expect(preview.exitCode).toBe(0);
  expect(preview.out).toContain('blocked: It is with');
  expect(json(await run(...words, '--preview', '--json')) as TransferPreview).toMatchObject({ is_blocked: true });
  expect((await run(...words)).exitCode).toBe(5);
});

test('a customer is moved', async () => {
  const customer = await cli.world.customer(channel.reseller);
  await cli.world.order(customer, [{ mpn: channel.base.mpn, quantity: '1' }]);
  const moved = json(await run('customer', 'transfer', customer.id, '--to', channel.sibling.reseller.id, '--json'));
  expect(moved).toMatchObject({ is_new_customer: true, customer: { name: customer.name }, subscriptions: [{}] });
});

test('what is not said right is told before anything is sent', async () => {
  for (const words of [
    ['subscription', 'transfer', channel.customer.id],
    ['subscription', 'transfer', 'x', '--to', channel.reseller.id],
    ['customer', 'transfer', channel.customer.id, '--to', 'x'],
  ]) {
    expect((await run(...words)).exitCode, `${words.join(' ')}.`).toBe(2);
  }
});
