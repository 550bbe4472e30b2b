import { addMoney, formatMoney, Temporal, zeroMoney, type Money, type SubscriptionId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { OrderDetail } from '../orders/index.ts';

let world: World;
let channel: Awaited<ReturnType<typeof aChannel>>;

beforeAll(async () => {
  world = await openWorld({ at: '2026-03-02T09:00:00Z', poolSize: 10 });
  channel = await aChannel();
});
afterAll(() => world.close());

/** Three edges, in zones whose dates differ; setup, a tiered price and an add-on of a second plan that needs nobody. */
async function aChannel() {
  const provider = await world.provider({ timeZone: 'Pacific/Kiritimati' });
  const distributor = await world.distributor(provider, { timeZone: 'UTC' });
  const reseller = await world.reseller(distributor, { timeZone: 'Pacific/Honolulu' });
  const sell = async (mpn: string, provisioning: 'manual' | 'instant') => {
    const { id: vendorId } = await world.vendor(provider, { provisioning });
    const product = await world.product(provider, { vendorId });
    const rates = [
      { mpn, prices: { recurring: '3.333', setup: '7.5' }, chargeTypes: ['setup', 'recurring'] as const },
      { mpn: `${mpn}-MORE`, prices: '0.005' },
    ];
    const plan = await world.plan(provider, { product, name: `Plan ${mpn}`, rates });
    await world.delegate([provider, distributor, reseller], plan);
  };
  await sell('MANUAL', 'manual');
  await sell('INSTANT', 'instant');
  const { id: vendorId } = await world.vendor(provider, { provisioning: 'manual' });
  const product = await world.product(provider, { vendorId });
  const terms = { licenseVersion: 'trial', pricing: 'free', autoRenewalMonths: null } as const;
  const trial = await world.plan(provider, { product, name: 'Trial', terms, rates: [{ mpn: 'MANUAL-TRIAL' }] });
  await world.delegate([provider, distributor, reseller], trial);
  await world.priceList(distributor, { markup: '10' });
  await world.priceList(reseller, { markup: '10' });
  return { provider, distributor, reseller, customer: await world.customer(reseller) };
}

const place = (...mpns: readonly string[]): Promise<OrderDetail> =>
  world.order(
    channel.customer,
    mpns.map((mpn) => ({ mpn, quantity: '7' })),
  );

const fail = (order: OrderDetail, at?: string): Promise<void> =>
  world.engine.provisioning.acknowledge(
    world.cause(at === undefined ? {} : { at }),
    channel.reseller.id,
    order.subscriptions.find(({ status }) => status === 'pending')!.id,
    'removed',
    'No such tenant.',
  );

const again = ({ ownerId, id }: OrderDetail): Promise<OrderDetail> => world.engine.orders.get(ownerId, { id });

/** What each edge comes to, by its seller. */
function sums({ charges }: OrderDetail, of?: string): Record<string, string> {
  const sellers = Map.groupBy(
    charges.filter(({ subscriptionId }) => of === undefined || of === subscriptionId),
    ({ sellerId }) => sellerId,
  );
  const sum = (amounts: readonly Money[]): string =>
    formatMoney(amounts.reduce((total, amount) => addMoney(total, amount), zeroMoney(amounts[0]!.currency)));
  return Object.fromEntries([...sellers].map(([id, of_]) => [id, sum(of_.map(({ amount }) => amount))]));
}

const nothing = () =>
  Object.fromEntries([channel.provider, channel.distributor, channel.reseller].map(({ id }) => [id, '0']));

const dueRows = async ({ subscriptions }: OrderDetail): Promise<number> => {
  const ids = subscriptions.map(({ id }) => id);
  const rows = await world.db.kysely
    .selectFrom('subscription_due')
    .select('due_at')
    .where('subscription_id', 'in', ids)
    .execute();
  return rows.length;
};

/** All that was ever charged for a subscription: how many lines, the sum of each edge, and the totals of the orders. */
async function ofSubscription(id: SubscriptionId) {
  const { orders } = await world.engine.lifecycle.timeline(channel.reseller.id, id);
  const charges = orders.flatMap((order) => order.charges);
  const edges = sums({ ...orders[0]!, charges });
  return { count: charges.length, edges, orders: orders.map(({ total }) => total) };
}

describe('a subscription that can not be made real', () => {
  test('takes back every charge on every edge, in the order that it was sold with', async () => {
    const order = await place('MANUAL', 'MANUAL-MORE');
    expect(await dueRows(order)).toBe(0);
    await fail(order, '2026-03-03T05:00:00Z');
    const after = await again(order);
    expect(after).toMatchObject({ status: 'error', total: '0' });
    expect(sums(after)).toEqual(nothing());
    expect(await dueRows(order)).toBe(0);

    const facts = ({ charges }: OrderDetail, is: (type: string) => boolean, sign: bigint) =>
      charges
        .filter(({ type }) => is(type))
        .map(({ id: _, type: _t, bookedOn: _b, amount, ...same }) => {
          const { period, source, ...plain } = same;
          const days = `${period.start.toString()} to ${period.end.toString()}`;
          return { ...plain, days, source, amount: { ...amount, minor: sign * amount.minor } };
        });
    const taken = facts(after, (type) => type === 'adjustment', -1n);
    const sold = facts(order, () => true, 1n);
    expect(taken).toHaveLength(9);
    expect(taken).toEqual(expect.arrayContaining(sold));
    // Booked on each seller's own day of that moment.
    const days = new Map(
      after.charges.slice(order.charges.length).map(({ sellerId, bookedOn }) => [sellerId, bookedOn]),
    );
    expect([channel.provider, channel.distributor, channel.reseller].map(({ id }) => days.get(id))).toEqual([
      '2026-03-03',
      '2026-03-03',
      '2026-03-02',
    ]);
    // What was there before is as it was.
    expect(after.charges.slice(0, order.charges.length)).toEqual(order.charges);
  });

  test('names in its event what takes back what', async () => {
    const order = await place('MANUAL');
    await fail(order);
    const { events } = await world.engine.lifecycle.timeline(channel.reseller.id, order.subscriptions[0]!.id);
    const { data } = events.find(({ type }) => type === 'subscription.provisioning_failed')!;
    const told = data['adjustments'] as { charge_id: string; adjusts: string }[];
    expect(told.map(({ adjusts }) => adjusts)).toEqual(order.charges.map(({ id }) => id).toSorted());
    const { charges } = await again(order);
    const taken = charges.filter(({ type }) => type === 'adjustment').map(({ id }) => id);
    expect(told.map(({ charge_id: id }) => id).toSorted()).toEqual(taken.toSorted());
    expect(data).toMatchObject({ reason: 'No such tenant.', order_id: order.id, set: { status: 'removed' } });
  });

  test('leaves alone what else was sold with the order', async () => {
    const order = await place('MANUAL', 'INSTANT');
    const [failing, kept] = ['pending', 'active'].map((is) => order.subscriptions.find(({ status }) => status === is)!);
    await fail(order);
    const after = await again(order);
    expect(sums(after, failing!.id)).toEqual(nothing());
    expect(sums(after, kept!.id)).toEqual(sums(order, kept!.id));
    expect(
      after.charges.filter(({ type, subscriptionId }) => type === 'adjustment' && subscriptionId === kept!.id),
    ).toEqual([]);
    expect(after.total).toBe(sums(order, kept!.id)[channel.reseller.id]);
    expect(await dueRows(order)).toBe(1);
  });

  test('takes back once, said again', async () => {
    const order = await place('MANUAL');
    const { id } = order.subscriptions[0]!;
    await fail(order);
    const then = await again(order);
    await world.engine.provisioning.acknowledge(world.cause(), channel.reseller.id, id, 'removed', null);
    expect(await again(order)).toEqual(then);
  });

  test('takes back once, said by several at the same moment', async () => {
    const orders = await Promise.all(Array.from({ length: 10 }, () => place('MANUAL', 'MANUAL-MORE')));
    await Promise.all(orders.flatMap((order) => Array.from({ length: 3 }, () => fail(order))));
    for (const order of orders) {
      const after = await again(order);
      expect(sums(after)).toEqual(nothing());
      expect(after.charges).toHaveLength(order.charges.length * 2);
      expect(after).toMatchObject({ status: 'error', total: '0' });
    }
  });

  // Of "it is real" and "it can't be" at one moment, one is told that it comes too late.
  test('is not taken back where it became real at the same moment', async () => {
    const orders = await Promise.all(Array.from({ length: 10 }, () => place('MANUAL')));
    const said = await Promise.allSettled(
      orders.flatMap((order) =>
        (['removed', 'active'] as const).map((outcome) =>
          world.engine.provisioning.acknowledge(
            world.cause(),
            channel.reseller.id,
            order.subscriptions[0]!.id,
            outcome,
            null,
          ),
        ),
      ),
    );
    expect(said.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    for (const order of orders) {
      const after = await again(order);
      const isReal = after.subscriptions[0]!.status === 'active';
      expect(sums(after)).toEqual(isReal ? sums(order) : nothing());
      expect(await dueRows(after)).toBe(isReal ? 1 : 0);
    }
  });

  // While the vendor thinks, no period begins: what isn't there is not billed.
  test('was not billed while it was waiting', async () => {
    const order = await place('MANUAL', 'MANUAL-MORE');
    const { id } = order.subscriptions[0]!;
    const until = Temporal.Instant.from('2026-05-10T00:00:00Z');
    await world.engine.worker.runDue({ sandboxId: null }, until);
    expect(await ofSubscription(id)).toEqual({
      count: order.charges.length,
      edges: sums(order),
      orders: [order.total],
    });
    await fail(order, until.toString());
    expect(await ofSubscription(id)).toEqual({ count: order.charges.length * 2, edges: nothing(), orders: ['0'] });
    expect(await dueRows(order)).toBe(0);
  });

  test('has used up no trial: the customer can have it, and then has had it', async () => {
    const trial = () => world.order(channel.customer, [{ mpn: 'MANUAL-TRIAL', quantity: '1' }]);
    const first = await trial();
    await expect(trial()).rejects.toMatchObject({ kind: 'invalid' });
    await fail(first);
    const second = await trial();
    await world.engine.provisioning.acknowledge(
      world.cause(),
      channel.reseller.id,
      second.subscriptions[0]!.id,
      'active',
      null,
    );
    await expect(trial()).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('takes it back once where both happen at the same moment', async () => {
    const orders = await Promise.all(Array.from({ length: 8 }, () => place('MANUAL', 'MANUAL-MORE')));
    const until = Temporal.Instant.from('2026-06-10T00:00:00Z');
    await Promise.all([
      world.engine.worker.runDue({ sandboxId: null }, until),
      ...orders.flatMap((order) => [fail(order, until.toString()), fail(order, until.toString())]),
    ]);
    await world.engine.worker.runDue({ sandboxId: null }, until);
    for (const order of orders) {
      const { edges, orders: all } = await ofSubscription(order.subscriptions[0]!.id);
      expect(edges).toEqual(nothing());
      expect(all).toEqual(all.map(() => '0'));
      expect(await dueRows(order)).toBe(0);
    }
  });
});

describe('a subscription that becomes real late', () => {
  const acknowledge = (order: OrderDetail, at: string): Promise<void> =>
    world.engine.provisioning.acknowledge(
      world.cause({ at }),
      channel.reseller.id,
      order.subscriptions[0]!.id,
      'active',
      null,
    );
  const get = (order: OrderDetail) =>
    world.engine.subscriptions.get(channel.reseller.id, { id: order.subscriptions[0]!.id });

  // Sold on March 1 in Honolulu; on May 10 the vendor has it. Its term began when it was sold.
  test('catches up in order what was due meanwhile, each on its own day, and goes on from there', async () => {
    const order = await place('MANUAL');
    const { id } = order.subscriptions[0]!;
    await acknowledge(order, '2026-05-10T09:00:00Z');
    expect(await get(order)).toMatchObject({ status: 'active', startOn: '2026-05-01', endOn: '2026-06-01' });
    const { orders, events } = await world.engine.lifecycle.timeline(channel.reseller.id, id);
    const inOrder = orders.toSorted((a, b) => (a.placedAt < b.placedAt ? -1 : 1));
    expect(inOrder.map(({ type, placedAt }) => `${type} ${placedAt}`)).toEqual([
      'sales 2026-03-02T09:00:00Z',
      'renewal 2026-04-01T10:00:00Z',
      'renewal 2026-05-01T10:00:00Z',
    ]);
    const real = events.findIndex(({ type }) => type === 'subscription.provisioned');
    const renewed = events.flatMap(({ type }, index) => (type === 'subscription.renewed' ? [index] : []));
    expect(renewed).toHaveLength(2);
    expect(renewed.every((index) => index > real)).toBe(true);
    expect(await dueRows(order)).toBe(1);
    await world.engine.worker.runDue({ sandboxId: null }, Temporal.Instant.from('2026-06-02T00:00:00Z'));
    expect((await get(order)).endOn).toBe('2026-07-01');
  });

  test('whose renewal is off has ended by then', async () => {
    const order = await place('MANUAL');
    const { id } = order.subscriptions[0]!;
    const off = { kind: 'auto_renewal', on: false, months: null } as const;
    const asked = { command: off, moment: { at: 'now' } } as const;
    await world.engine.lifecycle.place(world.cause(), channel.reseller.id, id, asked, { surface: 'api' });
    await acknowledge(order, '2026-05-10T09:00:00Z');
    expect(await get(order)).toMatchObject({ startOn: '2026-03-01', endOn: '2026-04-01' });
    expect((await get(order)).status).not.toBe('active');
    const { orders } = await world.engine.lifecycle.timeline(channel.reseller.id, id);
    expect(orders.map(({ type }) => type)).toEqual(['sales']);
  });
});
