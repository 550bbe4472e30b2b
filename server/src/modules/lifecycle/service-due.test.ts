import type { SubscriptionId } from '@tierline/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 10 });
});
afterAll(() => world.close());

/** A subscription of a month, sold in a sandbox of its own on March 2, 2026. */
async function soldInSandbox() {
  const facts = { name: 'Next year', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const { sandbox } = await world.engine.sandboxes.create(world.cause(), null, facts);
  const root = (await world.engine.directory.get(sandbox.id)).account;
  const reseller = await world.reseller(root, { timeZone: 'UTC' });
  const plan = await world.plan(root, { rates: [{ mpn: 'SEAT', prices: '10' }] });
  await world.delegate([root, reseller], plan);
  await world.priceList(reseller, { markup: '10' });
  const order = await world.order(await world.customer(reseller), [{ mpn: 'SEAT', quantity: '1' }]);
  return { id: sandbox.id, owner: reseller.id, held: order.subscriptions[0]!.id };
}

// A worker skips what somebody else holds. An advance that skipped it would show a clock at which it should have happened.
test('an advance does not end before what another request holds is done, too', async () => {
  const { id, owner, held } = await soldInSandbox();
  const holder = await world.db.connect();
  await holder.query('begin');
  await holder.query('select 1 from subscription_due where subscription_id = $1 for update', [held]);
  const to = '2026-05-10T00:00:00Z';
  const advanced = world.engine.sandboxes.advance(world.cause(), id, id, { to });
  await Promise.race([isWaitedFor(holder), advanced]);
  expect(await world.engine.sandboxes.get(id, id)).toMatchObject({ status: 'advancing', advancingTo: to });
  await holder.query('commit');
  holder.release();
  expect(await advanced).toMatchObject({ status: 'standing', nowAt: to });
  expect(await endOf(owner, held)).toBe('2026-06-02');
});

async function endOf(owner: Parameters<typeof world.engine.subscriptions.get>[0], id: SubscriptionId): Promise<string> {
  return (await world.engine.subscriptions.get(owner, { id })).endOn;
}

/** Until somebody waits for a row that a client holds; given up when nobody has for a long time. */
async function isWaitedFor(holder: Awaited<ReturnType<World['db']['connect']>>): Promise<void> {
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  const asked = { name: 'blocked', text: 'select pid from pg_stat_activity where $1 = any(pg_blocking_pids(pid))' };
  for (let looks = 0; looks < 20_000; looks += 1) {
    const blocked = await world.db.query<{ pid: number }>(asked, [rows[0]!.pid]);
    if (blocked.length > 0) return;
  }
}
