import { manualClock, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { isUnreachable } from '../../platform/db/errors.ts';
import { jobRunner, type JobRunner } from '../../platform/jobs/index.ts';
import type { OrderDetail } from '../orders/index.ts';
import {
  accepted,
  answering,
  aVendorServer,
  hangingUp,
  isSigned,
  provisioned,
  refused,
  signedAt,
  silent,
} from './testing.ts';

let world: World;
let vendorServer: Awaited<ReturnType<typeof aVendorServer>>;
let channel: Awaited<ReturnType<typeof aChannel>>;
let runner: JobRunner;
const failures: unknown[] = [];
const clock = manualClock('2026-03-02T09:00:00Z');
const secret = 'a secret with ümläut';

beforeAll(async () => {
  world = await openWorld({ clock, poolSize: 10 });
  vendorServer = await aVendorServer();
  channel = await aChannel();
  const handlers = { provision: world.engine.provisioning.run };
  runner = jobRunner({ db: world.db, clock, handlers, onError: (error) => void failures.push(error) });
});
afterAll(async () => {
  await vendorServer.close();
  await world.close();
});
beforeEach(async () => {
  await sql`delete from jobs`.execute(world.db.kysely);
  failures.length = 0;
  vendorServer.react(provisioned);
});

/** Three vendors of one provider, each with its own way of provisioning, and plans of theirs at the reseller. */
async function aChannel() {
  const provider = await world.provider();
  const reseller = await world.reseller(await world.distributor(provider));
  const [distributor] = (await world.engine.directory.get(reseller.id)).chain.slice(1);
  const { url: webhookUrl } = vendorServer;
  const sell = async (mpn: string, vendor: Parameters<World['vendor']>[1]) => {
    const { id: vendorId } = await world.vendor(provider, vendor);
    const product = await world.product(provider, { vendorId });
    const plan = await world.plan(provider, { product, name: `Plan ${mpn}`, rates: [{ mpn, prices: '3' }] });
    await world.delegate([provider, distributor!, reseller], plan);
    return { vendorId, plan, product };
  };
  const webhook = { provisioning: 'webhook', webhookUrl } as const;
  const sold = {
    signed: await sell('SIGNED', { ...webhook, webhookSecret: secret }),
    other: await sell('OTHER', { ...webhook, webhookSecret: 'another' }),
    unsigned: await sell('UNSIGNED', webhook),
    manual: await sell('MANUAL', { provisioning: 'manual' }),
    manual2: await sell('MANUAL2', { provisioning: 'manual' }),
    instant: await sell('INSTANT', { provisioning: 'instant' }),
  };
  await world.priceList(distributor!, { markup: '10' });
  await world.priceList(reseller, { markup: '10' });
  return { provider, reseller, sold, customer: await world.customer(reseller) };
}

const place = (...mpns: readonly string[]): Promise<OrderDetail> =>
  world.order(
    channel.customer,
    mpns.map((mpn) => ({ mpn, quantity: '2.5' })),
  );

const later = (seconds: number): void => clock.set(clock.now().add({ seconds }));

function acknowledge(
  id: SubscriptionId,
  outcome: 'active' | 'removed' = 'active',
  within: AccountId = channel.reseller.id,
): Promise<void> {
  return world.engine.provisioning.acknowledge(world.cause(), within, id, outcome, null);
}

/** The order as it is now: its status, those of its subscriptions, what has happened to both, the work that is left. */
async function stateOf({ id, ownerId, subscriptions }: OrderDetail) {
  const order = await world.engine.orders.get(ownerId, { id });
  const ids = [id, ...subscriptions.map((subscription) => subscription.id)];
  const events = await world.db.kysely
    .selectFrom('events')
    .select('type')
    .where('owner_id', '=', ownerId)
    .where('subject_id', 'in', ids)
    .where('type', 'not in', ['order.placed', 'subscription.created'])
    .orderBy('type')
    .execute();
  const jobs = await world.db.kysely.selectFrom('jobs').select('id').where('subject_id', 'in', ids).execute();
  return {
    order: order.status,
    completedAt: order.completedAt,
    subscriptions: order.subscriptions.map(({ status }) => status),
    events: events.map(({ type }) => type),
    jobs: jobs.length,
  };
}

const waiting = { order: 'processing', completedAt: null, subscriptions: ['pending'], events: [], jobs: 1 };
const done = () => ({
  order: 'completed',
  completedAt: clock.now().toString(),
  subscriptions: ['active'],
  events: ['order.ended', 'subscription.provisioned'],
  jobs: 0,
});

describe('by webhook', () => {
  test('the vendor is told what was sold, signed with its secret at the time of sending', async () => {
    const order = await place('SIGNED');
    expect(await stateOf(order)).toEqual(waiting);
    later(5);
    expect(await runner.runDue()).toBe(1);
    expect(await stateOf(order)).toEqual(done());
    expect(failures).toEqual([]);

    const [delivery] = vendorServer.deliveries;
    expect(vendorServer.deliveries).toHaveLength(1);
    expect(isSigned(delivery!, secret)).toBe(true);
    expect(isSigned(delivery!, 'another')).toBe(false);
    expect(isSigned({ ...delivery!, text: `${delivery!.text} ` }, secret)).toBe(false);
    expect(signedAt(delivery!)).toBe(clock.now().epochMilliseconds / 1000);
    expect(delivery!.headers['content-type']).toBe('application/json');
    const [subscription] = order.subscriptions;
    const { plan, product } = channel.sold.signed;
    expect(JSON.parse(delivery!.text)).toEqual({
      type: 'subscription.provision',
      subscription_id: subscription!.id,
      order_id: order.id,
      owner_id: channel.reseller.id,
      customer: { id: channel.customer.id, name: channel.customer.name, country: channel.customer.address.countryCode },
      plan: { id: plan.id, version: 1, name: 'Plan SIGNED', product_code: product.code },
      items: [{ mpn: 'SIGNED', quantity: '2.5' }],
      start_on: subscription!.startOn,
      end_on: subscription!.endOn,
    });
  });

  test('a vendor without a secret gets no signature', async () => {
    await place('UNSIGNED');
    await runner.runDue();
    expect(vendorServer.deliveries[0]!.headers).not.toHaveProperty('tierline-signature');
  });

  test('is tried again after refusals, silence and dropped connections, always with the same delivery id', async () => {
    const elsewhere = answering(302);
    vendorServer.react(refused, hangingUp, silent, elsewhere, answering(404), provisioned);
    const order = await place('SIGNED');
    for (const [attempt, seconds] of [1, 2, 4, 8, 16].entries()) {
      expect(await runner.runDue()).toBe(1);
      expect(failures).toHaveLength(attempt + 1);
      expect(await stateOf(order)).toEqual(waiting);
      later(seconds - 1);
      expect(await runner.runDue()).toBe(0);
      later(1);
    }
    expect(await runner.runDue()).toBe(1);
    expect(await stateOf(order)).toEqual(done());
    const { deliveries } = vendorServer;
    expect(deliveries).toHaveLength(6);
    expect(deliveries.every((delivery) => isSigned(delivery, secret))).toBe(true);
    const ids = deliveries.map(({ headers }) => headers['tierline-delivery']);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(deliveries.map(({ text }) => text)).size).toBe(1);
  });

  test.each([
    ['an answer that is no JSON', (text: string) => `<html>${text}</html>`],
    ['an empty answer', () => ''],
    ['an answer of a megabyte', () => `{"status":"accepted","more":"${'x'.repeat(1_000_000)}"}`],
    ['a list', () => '["provisioned"]'],
  ])('%s with a 2xx only says that it was accepted', async (_, body) => {
    vendorServer.react((response) => void response.writeHead(200).end(body('provisioned')));
    const order = await place('SIGNED');
    await runner.runDue();
    expect(failures).toEqual([]);
    expect(await stateOf(order)).toEqual(waiting);
  });

  test('an accepted one may be acknowledged later, and the vendor is not asked again', async () => {
    vendorServer.react(accepted);
    const order = await place('SIGNED');
    await runner.runDue();
    later(600);
    expect(await runner.runDue()).toBe(0);
    await acknowledge(order.subscriptions[0]!.id);
    expect(await stateOf(order)).toEqual({ ...done(), jobs: 1 });
    const then = done();
    later(300);
    expect(await runner.runDue()).toBe(1);
    expect(await stateOf(order)).toEqual(then);
    expect(vendorServer.deliveries).toHaveLength(1);
  });

  test('an accepted one that nobody acknowledges is asked for again, under the same delivery id', async () => {
    vendorServer.react(accepted, provisioned);
    const order = await place('SIGNED');
    await runner.runDue();
    later(900);
    await runner.runDue();
    expect(await stateOf(order)).toEqual(done());
    const [first, second] = vendorServer.deliveries.map(({ headers }) => headers['tierline-delivery']);
    expect(second).toBe(first);
  });

  test('what an operator settled while the vendor was thinking stays as it is', async () => {
    const asked = Promise.withResolvers<() => void>();
    vendorServer.react((response, delivery) => asked.resolve(() => provisioned(response, delivery)));
    const order = await place('SIGNED');
    const running = runner.runDue();
    const answer = await asked.promise;
    await acknowledge(order.subscriptions[0]!.id, 'removed');
    answer();
    await running;
    expect(failures).toMatchObject([{ code: 'provisioning.not_pending' }]);
    later(1);
    await runner.runDue();
    expect(await stateOf(order)).toMatchObject({
      order: 'error',
      subscriptions: ['removed'],
      events: ['order.ended', 'subscription.provisioning_failed'],
      jobs: 0,
    });
  });
});

describe('by an operator', () => {
  test('nothing happens until somebody says so', async () => {
    const order = await place('MANUAL');
    await runner.runDue();
    expect(vendorServer.deliveries).toEqual([]);
    expect(await stateOf(order)).toEqual(waiting);
    await acknowledge(order.subscriptions[0]!.id);
    const then = done();
    expect(await stateOf(order)).toEqual({ ...then, jobs: 1 });
    later(900);
    await runner.runDue();
    expect(await stateOf(order)).toEqual(then);
  });

  test('saying it twice changes nothing, and saying the opposite is refused', async () => {
    const order = await place('MANUAL');
    const { id } = order.subscriptions[0]!;
    await acknowledge(id);
    const then = await stateOf(order);
    later(10);
    await acknowledge(id);
    await expect(acknowledge(id, 'removed')).rejects.toMatchObject({
      code: 'provisioning.not_pending',
      kind: 'conflict',
    });
    expect(await stateOf(order)).toEqual(then);
  });

  test('a failure ends the order with an error', async () => {
    const order = await place('MANUAL');
    await acknowledge(order.subscriptions[0]!.id, 'removed');
    expect(await stateOf(order)).toMatchObject({
      order: 'error',
      completedAt: clock.now().toString(),
      subscriptions: ['removed'],
      events: ['order.ended', 'subscription.provisioning_failed'],
    });
  });

  test('what belongs to another is not found', async () => {
    const order = await place('MANUAL');
    const stranger = await world.provider();
    await expect(acknowledge(order.subscriptions[0]!.id, 'active', stranger.id)).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await stateOf(order)).toEqual(waiting);
  });
});

describe('an order of several subscriptions', () => {
  test('ends with the last of them', async () => {
    vendorServer.react(accepted);
    const order = await place('INSTANT', 'SIGNED', 'OTHER', 'MANUAL');
    const [instant, signed, other, manual] = order.subscriptions;
    expect(order.subscriptions.map(({ status }) => status)).toEqual(['active', 'pending', 'pending', 'pending']);
    expect(instant!.status).toBe('active');
    expect(await runner.runDue()).toBe(3);
    for (const { id } of [other!, manual!]) {
      await acknowledge(id);
      expect(await stateOf(order)).toMatchObject({ order: 'processing', completedAt: null });
    }
    later(7);
    await acknowledge(signed!.id);
    expect(await stateOf(order)).toMatchObject({ order: 'completed', completedAt: clock.now().toString() });
  });

  test('has an error when one of them failed, whichever came last', async () => {
    for (const [first, second] of [['active', 'removed'] as const, ['removed', 'active'] as const]) {
      const order = await place('MANUAL', 'MANUAL2');
      const [one, two] = order.subscriptions;
      await acknowledge(one!.id, first);
      await acknowledge(two!.id, second);
      expect(await stateOf(order)).toMatchObject({ order: 'error', subscriptions: [first, second] });
    }
  });

  // Two transactions that settle one each don't see the other's; the order ends all the same, and once.
  test('ends once when all are settled at the same moment', async () => {
    const orders = await Promise.all(Array.from({ length: 15 }, () => place('MANUAL', 'MANUAL2', 'SIGNED')));
    const ids = orders.flatMap(({ subscriptions }) => subscriptions.map(({ id }) => id));
    await Promise.all(ids.map((id) => acknowledge(id)));
    for (const order of orders) {
      const { events, ...state } = await stateOf(order);
      expect(state).toMatchObject({ order: 'completed', subscriptions: ['active', 'active', 'active'] });
      expect(events.filter((type) => type === 'order.ended')).toHaveLength(1);
    }
  });
});

describe('cut off between the end of a subscription and that of its order', () => {
  /** Has the second statement wait for a lock, and cuts its connection while it waits: the first one is committed. */
  async function cutOff(order: OrderDetail, work: () => Promise<unknown>): Promise<void> {
    const holder = await world.db.connect();
    try {
      await holder.query('begin');
      await holder.query('select from orders where id = $1 for update', [order.id]);
      const outcome = work().then(
        () => 'done',
        (error: unknown) => error,
      );
      const waiters = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      for (let cut = 0; cut === 0;) {
        const { rowCount } = await holder.query(`select pg_terminate_backend(pid) from (${waiters}) waiters`);
        cut = rowCount ?? 0;
      }
      expect(isUnreachable(await outcome)).toBe(true);
      // The pool may hand out the lost connection once more before it hears of its end.
      await sql`select 1`.execute(world.db.kysely).catch(() => undefined);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
    expect(await stateOf(order)).toMatchObject({ order: 'processing', subscriptions: ['active'], jobs: 1 });
  }

  test.each(['SIGNED', 'MANUAL'])('the job ends the order (%s)', async (mpn) => {
    vendorServer.react(accepted);
    const order = await place(mpn);
    await runner.runDue();
    await cutOff(order, () => acknowledge(order.subscriptions[0]!.id));
    later(900);
    await runner.runDue();
    expect(await stateOf(order)).toEqual(done());
    expect(vendorServer.deliveries.length).toBe(mpn === 'SIGNED' ? 1 : 0);
  });

  test('the job that did it tries again, at the latest when its lease ends', async () => {
    const order = await place('SIGNED');
    const failing = jobRunner({
      db: world.db,
      clock,
      handlers: { provision: world.engine.provisioning.run },
      onError: (error) => void failures.push(error),
    });
    await cutOff(order, async () => {
      await failing.runDue();
      throw failures[0];
    });
    later(61);
    await runner.runDue();
    expect(await stateOf(order)).toEqual(done());
    expect(vendorServer.deliveries).toHaveLength(1);
  });

  test('so does whoever says it again', async () => {
    const order = await place('MANUAL');
    const { id } = order.subscriptions[0]!;
    await cutOff(order, () => acknowledge(id));
    await acknowledge(id);
    expect(await stateOf(order)).toEqual({ ...done(), jobs: 1 });
  });
});
