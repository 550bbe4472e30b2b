import { decimal, type OrderId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkUnits, poolChannel, type PoolChannel } from '../../../../test/support/pool-channel.ts';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';

let world: World;
let channel: PoolChannel;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
beforeEach(async () => {
  world.moveTo('2026-03-02T09:00:00Z');
  await sql`delete from subscription_due`.execute(world.db.kysely);
  channel = await poolChannel(world);
});
afterEach(() => checkUnits(world));
afterAll(() => world.close());

const exhausted = { code: 'pools.exhausted', kind: 'conflict' };

/** Ten seats out of a pool of twenty. */
async function tenOfTwenty(): Promise<SubscriptionId> {
  await channel.plan({ mpn: 'OWN', terms: { graceMonths: 1 } });
  await channel.fill(20n);
  return channel.sold('OWN', '10');
}

describe('a change', () => {
  test('of quantities takes what is more and gives back what is less', async () => {
    const id = await tenOfTwenty();
    await channel.ask(id, channel.to('OWN', '17'));
    expect(await channel.left()).toBe(3);
    await channel.ask(id, channel.to('OWN', '2'));
    expect(await channel.left()).toBe(18);
  });

  test('to more than there are is refused by its units, and its preview says the same', async () => {
    const id = await tenOfTwenty();
    const command = channel.to('OWN', '21');
    const { lifecycle } = world.engine;
    const asked = { command, moment: { at: 'now' } } as const;
    const previewed = await lifecycle
      .preview(world.cause(), channel.reseller.id, id, asked, { surface: 'api' })
      .catch((error: unknown) => error);
    const { error, stored } = await refusalOf(world.db, () => channel.ask(id, command));
    expect(stored).toEqual([]);
    expect(error).toMatchObject({ ...exhausted, field: 'items.OWN' });
    expect(error).toEqual(previewed);
    expect(await channel.left()).toBe(10);
  });

  test('to another plan of the same pool takes only what is more', async () => {
    const other = await channel.plan({ mpn: 'OTHER' });
    const id = await tenOfTwenty();
    await channel.ask(id, channel.onto(other, '15'));
    expect(await channel.left()).toBe(5);
  });

  test('to a plan of another product gives back here and takes there; where there is too little, nothing happens', async () => {
    const id = await tenOfTwenty();
    const { product } = channel;
    const facts = { vendorId: product.vendorId, type: 'suite', parts: [product.id] } as const;
    const suite = await world.product(channel.provider, facts);
    const plan = await channel.plan({ mpn: 'SUITE', product: suite });
    const command = channel.onto(plan, '10');
    await channel.fill(9n, suite);
    await expect(channel.ask(id, command)).rejects.toMatchObject(exhausted);
    expect([await channel.left(), await channel.left(suite)]).toEqual([10, 9]);
    await channel.fill(1n, suite);
    await channel.ask(id, command);
    expect([await channel.left(), await channel.left(suite)]).toEqual([20, 0]);
  });

  test('from a plan that draws on no pool to one that does takes all units', async () => {
    await channel.plan({ mpn: 'FREE', terms: { licensePool: 'none' } });
    const plan = await channel.plan({ mpn: 'OWN' });
    await channel.fill(10n);
    const id = await channel.sold('FREE', '4');
    await channel.ask(id, channel.onto(plan, '4'));
    expect(await channel.left()).toBe(6);
  });

  test('of a trial to paid gives back trial units and takes full ones', async () => {
    const full = await channel.plan({ mpn: 'OWN' });
    await channel.plan({ name: 'TRIAL', mpn: 'OWN', terms: { licenseVersion: 'trial' } });
    await channel.fill(10n);
    await channel.fill(10n, channel.product, 'trial');
    const id = await channel.sold('TRIAL', '4');
    const trials = () => channel.pool(channel.product, channel.msp, 'trial');
    expect(await trials()).toMatchObject({ available: '6' });
    await channel.ask(id, { kind: 'convert', planId: full.id });
    expect([await channel.left(), (await trials())!.available]).toEqual([6, '10']);
  });

  test('that moves units to another subscription of the customer leaves the pool as it is', async () => {
    const id = await tenOfTwenty();
    const target = await channel.sold('OWN', '5');
    const [item] = (await channel.get(id)).items;
    await channel.ask(id, {
      kind: 'move',
      targetId: target,
      items: [{ rateId: item!.rateId, quantity: decimal('3') }],
    });
    expect(await channel.left()).toBe(5);
  });

  test('that moves units into a subscription that it makes leaves the pool as it is', async () => {
    const id = await tenOfTwenty();
    const [item] = (await channel.get(id)).items;
    const items = [{ rateId: item!.rateId, quantity: decimal('3') }];
    const opens = { planId: null, end: 'same' } as const;
    const made = await channel.ask(id, { kind: 'move', targetId: null, opens, items });
    expect(await channel.left()).toBe(10);
    await channel.ask(made.subscriptions[1]!.id, { kind: 'cancel', reason: null });
    expect(await channel.left()).toBe(13);
  });
});

describe('an end and a pause', () => {
  test('canceled: all units go back at once', async () => {
    const id = await tenOfTwenty();
    await channel.ask(id, { kind: 'cancel', reason: null });
    expect((await channel.get(id)).status).toBe('terminated');
    expect(await channel.left()).toBe(20);
  });

  test('suspended and resumed: the units stay taken', async () => {
    const id = await tenOfTwenty();
    await channel.ask(id, { kind: 'suspend', endOn: null });
    expect((await channel.get(id)).status).toBe('hold');
    expect(await channel.left()).toBe(10);
    await channel.ask(id, { kind: 'resume', endOn: null });
    expect(await channel.left()).toBe(10);
  });

  test('expired: they stay taken in the grace period, in which it may be renewed, and go back after it', async () => {
    const id = await tenOfTwenty();
    await channel.ask(id, { kind: 'auto_renewal', on: false, months: null });
    world.moveTo('2026-04-03T09:00:00Z');
    await channel.due();
    expect((await channel.get(id)).status).toBe('hold');
    expect(await channel.left()).toBe(10);
    world.moveTo('2026-05-04T09:00:00Z');
    await channel.due();
    expect((await channel.get(id)).status).toBe('terminated');
    expect(await channel.left()).toBe(20);
  });

  test('renewed as it was: nothing is taken', async () => {
    const id = await tenOfTwenty();
    world.moveTo('2026-04-03T09:00:00Z');
    await channel.due();
    expect((await channel.get(id)).endOn).toBe('2026-05-02');
    expect(await channel.left()).toBe(10);
  });
});

describe('what was planned', () => {
  const planned = (id: SubscriptionId, quantity: string) =>
    channel.ask(id, channel.to('OWN', quantity), { at: 'date', on: '2026-03-10' });
  const intentsOf = (id: SubscriptionId) =>
    world.db.kysely.selectFrom('intents').select(['status', 'reason']).where('subscription_id', '=', id).execute();

  test('takes its units when its day comes, not before', async () => {
    const id = await tenOfTwenty();
    await planned(id, '15');
    expect(await channel.left()).toBe(10);
    world.moveTo('2026-03-11T09:00:00Z');
    await channel.due();
    expect(await channel.left()).toBe(5);
  });

  test('fails where there are too few by then, is kept with the reason, and holds up nothing else', async () => {
    const id = await tenOfTwenty();
    await planned(id, '15');
    const others = [await channel.sold('OWN', '2'), await channel.sold('OWN', '2')];
    for (const other of others) await planned(other, '4');
    await channel.sold('OWN', '2');
    world.moveTo('2026-03-11T09:00:00Z');
    await channel.due();
    const [failed] = await intentsOf(id);
    expect(failed?.status).toBe('failed');
    expect(failed?.reason).toContain('license pool');
    for (const other of others) expect(await intentsOf(other)).toMatchObject([{ status: 'done' }]);
    expect(await channel.left()).toBe(0);
  });

  // All of them looked at the pool before any of them took from it.
  test('by many for one day takes what there is and no more, and every one is settled', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(45n);
    const ids: SubscriptionId[] = [];
    for (let count = 0; count < 30; count += 1) ids.push(await channel.sold('OWN', '1'));
    for (const id of ids) await planned(id, '2');
    world.moveTo('2026-03-11T09:00:00Z');
    await channel.due();
    const all = (await Promise.all(ids.map(intentsOf))).flat();
    expect(all.filter(({ status }) => status === 'done')).toHaveLength(15);
    expect(all.filter(({ status }) => status === 'failed')).toHaveLength(15);
    expect(await channel.left()).toBe(0);
  });
});

test('many changes at once take what there is and no more; whoever is refused is told why', async () => {
  await channel.plan({ mpn: 'OWN' });
  await channel.fill(70n);
  const ids: SubscriptionId[] = [];
  for (let count = 0; count < 40; count += 1) ids.push(await channel.sold('OWN', '1'));
  const all = await Promise.allSettled(ids.map((id) => channel.ask(id, channel.to('OWN', '2'))));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject(exhausted);
  expect(await channel.left()).toBe(0);
});

test('a subscription that goes to another partner keeps its units, which stay those of the owner of the plan', async () => {
  const id = await tenOfTwenty();
  await channel.sell('OWN', '10');
  const other = await world.reseller(channel.msp, { name: 'Other' });
  await world.engine.catalog.delegate(world.cause(), channel.msp, other.id, (await channel.get(id)).planId, {});
  const wanted = { subscriptionIds: [id], toOwnerId: other.id, toCustomerId: 'copy' } as const;
  const moved = await world.engine.transfers.place(world.cause(), channel.msp.id, wanted);
  expect(await channel.left()).toBe(0);
  const { id: there } = moved.parts[0]!.to!;
  const asked = { command: { kind: 'cancel', reason: null }, moment: { at: 'now' } } as const;
  await world.engine.lifecycle.place(world.cause(), other.id, there, asked, { surface: 'api' });
  expect(await channel.left()).toBe(10);
});

describe('a vendor that takes its time', () => {
  const acknowledge = (id: SubscriptionId, outcome: 'active' | 'removed', of?: OrderId) =>
    world.engine.provisioning.acknowledge(world.cause(), channel.reseller.id, id, outcome, 'No.', of);
  beforeEach(async () => {
    channel = await poolChannel(world, { provisioning: 'manual' });
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(20n);
  });

  test('a sale that it refuses gives its units back, once', async () => {
    const id = await channel.sold('OWN', '10');
    expect(await channel.left()).toBe(10);
    await acknowledge(id, 'removed');
    await acknowledge(id, 'removed');
    expect(await channel.left()).toBe(20);
  });

  test('a sale that is canceled before it is made real gives them back', async () => {
    const order = await channel.sell('OWN', '10');
    await world.engine.provisioning.cancel(world.cause(), channel.reseller.id, order.id, null);
    expect(await channel.left()).toBe(20);
  });

  test('more units that it refuses go back', async () => {
    const id = await channel.sold('OWN', '10');
    await acknowledge(id, 'active');
    const { order } = await channel.ask(id, channel.to('OWN', '15'));
    expect(await channel.left()).toBe(5);
    await acknowledge(id, 'removed', order!.id);
    expect(await channel.left()).toBe(10);
  });

  test('units in a subscription that a move makes stay taken, also when it refuses the move', async () => {
    const id = await channel.sold('OWN', '10');
    await acknowledge(id, 'active');
    const [item] = (await channel.get(id)).items;
    const opens = { planId: null, end: 'same' } as const;
    const items = [{ rateId: item!.rateId, quantity: decimal('3') }];
    const { order } = await channel.ask(id, { kind: 'move', targetId: null, opens, items });
    expect(await channel.left()).toBe(10);
    await acknowledge(id, 'removed', order!.id);
    expect(await channel.left()).toBe(10);
  });

  test('fewer units that it refuses are taken again; what is gone by then the pool owes, and pays with what comes next', async () => {
    const id = await channel.sold('OWN', '10');
    await acknowledge(id, 'active');
    const { order } = await channel.ask(id, channel.to('OWN', '4'));
    await channel.sell('OWN', '14');
    expect(await channel.left()).toBe(2);
    await acknowledge(id, 'removed', order!.id);
    expect(await channel.pool()).toMatchObject({ available: '0', owed: '4' });
    await expect(channel.sell('OWN', '1')).rejects.toMatchObject(exhausted);
    await channel.fill(3n);
    expect(await channel.pool()).toMatchObject({ available: '0', owed: '1' });
    await channel.fill(3n);
    expect(await channel.pool()).toMatchObject({ available: '2', owed: '0' });
  });
});
