import { decimal, newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowCounts, rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { ordinary } from './opening.ts';
import { decidePlacement } from './place.ts';
import { selectStored } from './store.ts';
import { storePlacements, type PlacementWrite } from './store-placement.ts';

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
  channel = await world.channel();
});
afterAll(() => world.close());

let serial = 0;

/** A decided order that is not stored yet, under a key if one is given. */
async function aWrite(key?: string, quantity = '2'): Promise<PlacementWrite> {
  const { engine, clock } = world;
  const owner = await engine.directory.get(channel.reseller.id);
  const named = await engine.offers.find(owner, { mpn: channel.base.mpn });
  serial += 1;
  const order = decidePlacement({
    owner,
    customer: channel.customer,
    lines: [{ named: named[0]!, quantity: decimal(quantity), origin: 'requested', parameters: null, index: 0 }],
    prices: await engine.prices.of(owner, named, channel.customer, clock.now()),
    poNumber: null,
    attributes: null,
    surface: 'api',
    actor: 'system',
    at: clock.now(),
    identity: {
      orderId: newId<'order'>(),
      orderSerial: String(serial),
      subscription: () => ({
        id: newId<'subscription'>(),
        serial: String(serial),
        licenseId: newId<'license'>(),
        activationCode: 'CODE',
      }),
      chargeId: () => newId<'charge'>(),
    },
    terms: ordinary,
    trialsHad: new Set(),
  });
  const requestHash = Buffer.from('the request');
  const idempotency = key === undefined ? undefined : { ownerId: channel.provider.id, scope: 'test', key, requestHash };
  const due = order.subscriptions.map(({ id }) => ({ subscriptionId: id, at: '2026-04-02T04:00:00Z' }));
  const real = { realAt: clock.now().toString(), unlessHeld: null, sandboxId: null, trials: [], pools: [] };
  return { order, due, customerVersion: channel.customer.version, requestId: 'request', ...real, idempotency };
}

const aBatch = (...keys: readonly (string | undefined)[]) => Promise.all(keys.map((key) => aWrite(key)));

/** Until so many statements of this database wait for a lock. */
async function waitingForLocks(count: number): Promise<void> {
  const text = `select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  for (;;) {
    const [row] = await world.db.query<{ waiting: number }>({ name: 'waiting', text }, []);
    if (row!.waiting >= count) return;
  }
}

/** A transaction that holds a key and is given up in the end. */
async function holdKey(key: string): Promise<() => Promise<void>> {
  const client = await world.db.connect();
  await client.query('begin');
  await client.query(`insert into idempotency_keys values ($1, 'test', $2, '', $1, null, now())`, [
    channel.provider.id,
    key,
  ]);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

const orderRows = {
  orders: 1,
  order_lines: 1,
  subscriptions: 1,
  subscription_items: 1,
  licenses: 1,
  subscription_due: 1,
  charges: 3,
  events: 2,
};

describe('keys', () => {
  test('two of one batch under one key: the first is stored, nothing of the second', async () => {
    const [first, second, other] = await aBatch('twice', 'twice', undefined);
    let stored = new Set<string>();
    const added = await rowsAdded(
      world.db,
      async () => (stored = await storePlacements(world.db, [first!, second!, other!])),
    );
    expect(stored).toEqual(new Set([first!.order.id, other!.order.id]));
    expect(added).toEqual({
      ...Object.fromEntries(Object.entries(orderRows).map(([table, count]) => [table, 2 * count])),
      idempotency_keys: 1,
    });
  });

  test('of two statements at once with the same key the second waits, and stores nothing', async () => {
    const release = await holdKey('waits');
    const writes = await aBatch('waits', 'waits');
    const statements = writes.map((write) => storePlacements(world.db, [write]));
    await waitingForLocks(2);
    await release();
    const stored = await Promise.all(statements);
    expect(new Set(stored.map(({ size }) => size))).toEqual(new Set([0, 1]));
  });

  /** Clients that retry reach any server, in any order: statements with the same keys must not wait for each other in a ring. */
  test('two statements with the same keys in opposite order do not deadlock', async () => {
    const keys = Array.from({ length: 11 }, (_, index) => `ring-${String(index).padStart(2, '0')}`);
    // Held in the middle, so that each has taken half of the keys before either can go on.
    const release = await holdKey(keys[5]!);
    const batches = [await aBatch(...keys), await aBatch(...keys.toReversed())];
    const statements = batches.map((batch) => storePlacements(world.db, batch));
    await waitingForLocks(2);
    await release();
    const stored = await Promise.all(statements);
    expect(new Set(stored.map(({ size }) => size))).toEqual(new Set([0, keys.length]));
  });
});

test('a batch of which the database refuses one order stores none of them', async () => {
  const [good, bad] = await aBatch(undefined, undefined);
  const broken = { ...bad!, order: { ...bad!.order, currency: 'a\0b' } };
  const before = await rowCounts(world.db);
  await expect(storePlacements(world.db, [good!, broken])).rejects.toThrow('invalid byte sequence');
  expect(await rowCounts(world.db)).toEqual(before);
  expect(await selectStored(world.db, [good!.order, bad!.order])).toEqual(new Set());
  await storePlacements(world.db, [good!]);
  expect(await selectStored(world.db, [good!.order, bad!.order])).toEqual(new Set([good!.order.id]));
});

test('an order of a customer under another owner is stored by nobody', async () => {
  const write = await aWrite();
  const foreign = { ...write, order: { ...write.order, customerId: channel.sibling.customer.id } };
  expect(await rowsAdded(world.db, () => storePlacements(world.db, [foreign]))).toEqual({});
});

test('an order that must not overlap is left out with all its rows while its customer holds one of the plans and it is active', async () => {
  const first = await aWrite();
  const { planId } = first.order.subscriptions[0]!;
  const unlessHeld = [nowhere, planId];
  const guarded = async () => ({ ...(await aWrite()), unlessHeld });
  const [held, other] = [await guarded(), { ...(await aWrite()), unlessHeld: [nowhere] }];
  await storePlacements(world.db, [first]);
  expect(await storePlacements(world.db, [held, other])).toEqual(new Set([other.order.id]));
  await world.db.query({ name: 'end_all', text: `update subscriptions set status = 'terminated'` }, []);
  const again = await guarded();
  expect(await storePlacements(world.db, [again])).toEqual(new Set([again.order.id]));
});

const nowhere = '00000000-0000-4000-8000-000000000000';
