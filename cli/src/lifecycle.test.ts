import type { Outcome } from '@tierline/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
let channel: Awaited<ReturnType<(typeof cli)['world']['channel']>>;
let key: string;
beforeAll(async () => {
  cli = await cliWorld();
  channel = await cli.world.channel();
  key = (await cli.world.credentials(channel.reseller)).apiKey;
});
afterAll(() => cli.close());

const sold = async (): Promise<string> => {
  const order = await cli.world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '5' }]);
  return order.subscriptions[0]!.id;
};
const run = (...words: string[]) => cli.tierline(['subscription', ...words], { key });

test('a change is previewed, made once for one key, and told', async () => {
  const id = await sold();
  const { mpn } = channel.base;
  const words = ['change', id, '--item', `${mpn}=7`];
  const preview = await run(...words, '--preview');
  expect(preview).toMatchObject({ exitCode: 0, err: '' });
  expect(preview.out).toMatch(/ 5 -> 7 +requested\n/);
  expect(preview.out).toContain(`${channel.reseller.id} sells to ${channel.customer.id}: 39.60 USD`);
  expect(preview.out).toMatch(/^total +39\.60 USD$/m);
  const place = [...words, '--po', 'PO-1', '--idempotency-key', 'seven', '--if-version', '1', '--json'];
  const placed = json(await run(...place)) as Outcome;
  expect(placed).toMatchObject({ order: { type: 'change', po_number: 'PO-1', total: { amount: '39.60' } } });
  expect(json(await run(...place))).toEqual(placed);
  const late = await run('change', id, '--item', `${mpn}=8`, '--if-version', '1');
  expect(late.exitCode).toBe(5);
  const timeline = await run('timeline', id);
  expect(timeline.out).toMatch(new RegExp(`subscription\\.changed .* ${placed.order!.number} +39\\.60 USD`));
  expect(json(await run('timeline', id, '--json'))).toMatchObject([{ type: 'subscription.created' }, {}]);
  expect((await run('get', id, '--as-of', '2026-03-02T08:59:59Z')).exitCode).not.toBe(0);
});

test('a cancellation is planned, warned about, taken back and done', async () => {
  const id = await sold();
  const planned = json(await run('cancel', id, '--at', 'renewal', '--json')) as Outcome;
  expect(planned).toMatchObject({ order: null, planned: [{ moment: { at: 'renewal' }, command: { kind: 'cancel' } }] });
  const change = await run('change', id, '--item', `${channel.base.mpn}=6`, '--preview');
  expect(change.out).toContain('warning: The cancel that was planned for the end of the term stays');
  const intent = planned.planned[0]!.id;
  expect((await run('intent-change', id, intent, '--at', '2026-03-20')).exitCode).toBe(0);
  expect((await run('intents', id)).out).toMatch(new RegExp(`${intent} +2026-03-20 +cancel +waiting`));
  expect((await run('intent-cancel', id, intent)).out).toMatch(new RegExp(`${intent} +canceled`));
  const canceled = await run('cancel', id, '--reason', 'moved away');
  expect(canceled.out).toMatch(/ 5 -> 0 +requested\n/);
  expect(canceled.out).toContain('-99.00 USD');
  expect(canceled.out).toMatch(/^status +terminated$/m);
  const again = await run('cancel', id);
  expect(again.exitCode).not.toBe(0);
  expect(again.err).toContain('terminated already');
});

test('what is not said right is told before anything is sent', async () => {
  const id = await sold();
  for (const words of [
    ['change', id],
    ['change', id, '--item', 'x'],
    ['change', id, '--item', 'x=1', '--at', 'tomorrow'],
    ['change', 'x', '--item', 'x=1'],
    ['auto-renewal', id, 'maybe'],
    ['renew', id, '--align', 'week'],
    ['intent-change', id, id],
    ['switch', id],
  ]) {
    expect((await run(...words)).exitCode, `${words.join(' ')}.`).toBe(2);
  }
});

test('renewal is switched off and on, and a subscription is paused', async () => {
  const id = await sold();
  const off = json(await run('auto-renewal', id, 'off', '--json')) as Outcome;
  expect(off.subscriptions[0]).toMatchObject({ auto_renewal: false, auto_renewal_months: 1 });
  expect((await run('suspend', id)).err).toContain('renews by itself');
  expect((await run('auto-renewal', id, 'on', '--months', '3')).out).toMatch(/^renews +yes, by 3 months$/m);
  const planned = await run('auto-renewal', id, 'off', '--at', '2026-03-20');
  expect(planned.out).toMatch(/^2026-03-20 +switch renewal off$/m);
  expect(planned.out).toMatch(/^renews +yes/m);
  expect((await run('intents', id)).out).toMatch(/2026-03-20 +switch renewal off +waiting/);
  expect((await run('get', id)).out).toMatch(/^next +notice on 2026-03-03$/m);
  const until = ['--until', '2026-03-20'];
  expect((await run('suspend', id, ...until)).out).toMatch(/^status +hold \(suspended\)$/m);
  expect((await run('resume', id)).out).toMatch(/^end +2026-04-02$/m);
});
