import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { aVendorServer, type Delivery } from '@tierline/server/modules/provisioning/testing.ts';
import { openPortal } from '../../../support/portal.ts';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

// LMPI reference, part 2, 5.4: plans may be activated when somebody first signs in to the customer portal.

let world: World;
beforeAll(async () => {
  world = await openWorld({ at: '2026-01-20T20:00:00Z' });
});
afterAll(() => world.close());

const terms = {
  activationPolicy: 'first_sign_in',
  subscriptionPeriod: { unit: 'year', count: 1 },
  autoRenewalMonths: 12,
  expirationNoticeDays: 0,
} as const;
/** Noon in Auckland is still the day before in Honolulu. */
const sellers = [
  { name: 'Honolulu', zone: 'Pacific/Honolulu', prices: { SEAT: '10', HELP: '1' } },
  { name: 'Auckland', zone: 'Pacific/Auckland', prices: { SEAT: '12', HELP: '2' } },
] as const;

const plainOrder = { poNumber: null, attributes: null, surface: 'api', addMissingBases: false };

const signIn = (story: Story): Promise<number> =>
  world.engine.activations.begin(story.at(), story.owner.id, story.customer.id);

describe('ordered on January 20, signed in on February 3', () => {
  let story: Story;
  let held: Subscription;

  test('January 20: the order is submitted at the prices of its day, and nothing is charged', async () => {
    story = await openStory(world, { sellers, plan: { terms } });
    const order = await story.on('2026-01-20', () => story.sell({ SEAT: '5' }));
    held = order.subscriptions[0]!;
    expect(order).toMatchObject({ type: 'sales', status: 'submitted', total: '0', charges: [], completedAt: null });
    expect(held).toMatchObject({ status: 'pending', waitsFor: 'first_sign_in' });
    await story.reprice('Auckland', '2026-02-01', { SEAT: '99' });
    expect(await story.until('2026-02-03')).toEqual({ steps: 0 });
  });

  test('February 3 in Auckland, February 2 in Honolulu: the term begins on each edge, at the prices of the order', async () => {
    expect(await signIn(story)).toBe(1);
    expect(await story.state(held)).toBe('active 2026-02-03 to 2027-02-03: 5 SEAT');
    expect(await story.booked(held)).toEqual(
      table(`
        2026-02-02 Honolulu: recurring 5 SEAT x 10, 2026-02-02 to 2026-03-02 = 50
        2026-02-03 Auckland: recurring 5 SEAT x 12, 2026-02-03 to 2026-03-03 = 60`),
    );
    const { licenses, anchorOn, startChargeOn } = await story.get(held);
    expect({ anchorOn, startChargeOn }).toEqual({ anchorOn: '2026-02-03', startChargeOn: '2026-02-03' });
    expect(licenses).toMatchObject([{ startOn: '2026-02-03', endOn: '2027-02-03', startChargeOn: '2026-02-03' }]);
  });

  test('the sale is completed, and its total is what it charges: nothing; the charges are those of an order of their own', async () => {
    const sale = await world.engine.orders.get(story.owner.id, { id: held.orderId });
    expect(sale).toMatchObject({ status: 'completed', total: '0', charges: [] });
    const { orders } = await world.engine.lifecycle.timeline(story.owner.id, held.id);
    expect(orders.map(({ type, total, surface }) => `${type} ${total} ${surface}`).toSorted()).toEqual([
      'billing 60 portal',
      'sales 0 api',
    ]);
    expect(await story.events(held)).toEqual(['2026-01-20 subscription.created', '2026-02-03 subscription.activated']);
  });

  test('the past is told as it was', async () => {
    const then = await world.engine.lifecycle.asOf(story.owner.id, held.id, story.now().subtract({ hours: 24 }));
    expect(then).toMatchObject({ status: 'pending', waitsFor: 'first_sign_in' });
    const now = await world.engine.lifecycle.asOf(story.owner.id, held.id, story.now());
    expect(now).toMatchObject({ status: 'active', waitsFor: null, startOn: '2026-02-03' });
  });

  test('another sign-in changes nothing', async () => {
    expect(await signIn(story)).toBe(0);
    expect((await story.get(held)).version).toBe(2);
  });

  test('a month later it is billed, and on February 3, 2027 it renews at the prices of that day', async () => {
    await story.until('2026-03-03T01:00');
    expect((await story.booked(held, { seller: 'Auckland', from: '2026-03-03' })).length).toBe(1);
    await story.until('2027-02-03T01:00');
    expect(await story.state(held)).toBe('active 2027-02-03 to 2028-02-03: 5 SEAT');
    expect(await story.booked(held, { seller: 'Auckland', from: '2027-02-03' })).toEqual(
      table('2027-02-03 Auckland: recurring 5 SEAT x 99, 2027-02-03 to 2027-03-03 = 495'),
    );
  });
});

describe('everything of the customer that waits begins at once', () => {
  test('two orders, one of them with a plan that waits for nothing', async () => {
    const story = await openStory(world, { sellers, plan: { terms } });
    const other = await story.plan({ rates: [{ mpn: 'HELP' }] });
    const [first, second] = await story.on('2026-01-20', async () => {
      const placed = await world.engine.orders.place(story.at(), story.owner.id, {
        customer: { id: story.customer.id },
        lines: [
          { name: { rateId: story.main.rates['SEAT']! }, quantity: { coefficient: 1n, scale: 0 } },
          { name: { rateId: other.rates['HELP']! }, quantity: { coefficient: 2n, scale: 0 } },
        ],
        ...plainOrder,
      });
      return [placed, await story.sell({ SEAT: '3' })];
    });
    expect([first, second].map((order) => [order.status, order.total])).toEqual([
      ['submitted', '4'],
      ['submitted', '0'],
    ]);
    expect(first.subscriptions.map(({ status }) => status).toSorted()).toEqual(['active', 'pending']);
    await story.until('2026-02-03');
    expect(await signIn(story)).toBe(2);
    for (const { id } of [first, second]) {
      expect(await world.engine.orders.get(story.owner.id, { id })).toMatchObject({ status: 'completed' });
    }
  });

  test('a vendor is asked at the sign-in, and not before', async () => {
    const vendor = await aVendorServer();
    const provider = await world.account('provider', null);
    const { id: vendorId } = await world.vendor(provider, { provisioning: 'webhook', webhookUrl: vendor.url });
    const product = await world.product(provider, { vendorId });
    const plan = await world.plan(provider, { product, rates: [{ mpn: 'BOX', prices: '7' }], terms });
    const customer = await world.customer(provider);
    const order = await world.order(customer, [{ mpn: 'BOX' }]);
    const jobs = () =>
      world.db.query<{ id: string }>({ name: 'jobs_of', text: 'select id from jobs where subject_id = $1' }, [
        order.subscriptions[0]!.id,
      ]);
    expect(plan.status).toBe('published');
    expect(await jobs()).toEqual([]);
    await expect(
      world.engine.provisioning.acknowledge(world.cause(), provider.id, order.subscriptions[0]!.id, 'active', null),
    ).rejects.toMatchObject({ code: 'provisioning.not_pending' });
    expect(await world.engine.activations.begin(world.cause(), provider.id, customer.id)).toBe(1);
    expect(await world.engine.orders.get(provider.id, { id: order.id })).toMatchObject({ status: 'processing' });
    const [job] = await jobs();
    const work = { id: job!.id, ownerId: provider.id, subjectId: order.subscriptions[0]!.id };
    await world.engine.provisioning.run({ ...work, kind: 'provision', attempts: 0, payload: {} });
    expect(vendor.deliveries.map(({ text }: Delivery) => (JSON.parse(text) as { type: string }).type)).toEqual([
      'subscription.provision',
    ]);
    const done = await world.engine.subscriptions.get(provider.id, { id: order.subscriptions[0]!.id });
    expect(done).toMatchObject({ status: 'active', waitsFor: null });
    expect(await world.engine.orders.get(provider.id, { id: order.id })).toMatchObject({ status: 'completed' });
    await vendor.close();
  });
});

describe('canceled before anybody signed in', () => {
  test('by a command: nothing was charged, the sale is canceled, and a trial may be had again', async () => {
    const trial = { ...terms, licenseVersion: 'trial', autoRenewalMonths: null } as const;
    const policies = { trial: { one_per_customer: true } };
    const story = await openStory(world, { sellers, plan: { terms: { ...trial, policies } } });
    const { subscriptions, id } = await story.on('2026-01-20', () => story.sell({ SEAT: '1' }));
    const outcome = await story.ask(subscriptions[0]!, { kind: 'cancel', reason: null });
    expect(outcome.order).toMatchObject({ type: 'cancellation', total: '0', charges: [] });
    expect(await story.get(subscriptions[0]!)).toMatchObject({ status: 'removed' });
    expect(await world.engine.orders.get(story.owner.id, { id })).toMatchObject({ status: 'canceled' });
    expect(await signIn(story)).toBe(0);
    expect((await story.sell({ SEAT: '1' })).status).toBe('submitted');
  });

  test('with its order', async () => {
    const story = await openStory(world, { sellers, plan: { terms } });
    const { subscriptions, id } = await story.on('2026-01-20', () => story.sell({ SEAT: '1' }));
    await world.engine.provisioning.cancel(story.at(), story.owner.id, id, 'not wanted');
    expect(await world.engine.orders.get(story.owner.id, { id })).toMatchObject({ status: 'canceled', charges: [] });
    expect(await story.get(subscriptions[0]!)).toMatchObject({ status: 'removed' });
    expect(await signIn(story)).toBe(0);
  });
});

test('a retry of the order is told what it was told first, also when the term has begun', async () => {
  const story = await openStory(world, { sellers, plan: { terms } });
  await story.until('2026-01-20');
  const place = () =>
    world.engine.orders.place(
      world.cause({ at: '2026-01-19T23:00:00Z', key: 'once', owner: story.owner.id }),
      story.owner.id,
      {
        ...plainOrder,
        customer: { id: story.customer.id },
        lines: [{ name: { rateId: story.main.rates['SEAT']! }, quantity: { coefficient: 2n, scale: 0 } }],
      },
    );
  const first = await place();
  expect(await signIn(story)).toBe(1);
  const again = await place();
  expect(again).toMatchObject({ id: first.id, status: 'submitted', total: '0', completedAt: null });
  expect(again.subscriptions).toMatchObject([{ status: 'pending', waitsFor: 'first_sign_in', version: 1 }]);
});

test('of twenty sign-ins at one moment one begins the term, and all of them get in', async () => {
  const provider = await world.account('provider', null);
  const portal = openPortal(world);
  const person = await portal.person(provider);
  await world.plan(provider, { rates: [{ mpn: 'RACE', prices: '7' }], terms });
  const orders = await Promise.all([1, 2, 3].map(() => world.order(person.customer, [{ mpn: 'RACE' }])));
  const all = await Promise.all(Array.from({ length: 20 }, () => portal.browser().signIn(person)));
  expect(all.map(({ status }) => status)).toEqual(Array<number>(20).fill(303));
  for (const { subscriptions } of orders) {
    const { orders: of, events } = await world.engine.lifecycle.timeline(provider.id, subscriptions[0]!.id);
    expect(of.flatMap(({ charges }) => charges)).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'subscription.activated')).toHaveLength(1);
  }
});

test('a sign-in and a cancellation at one moment: one of them happens', async () => {
  const story = await openStory(world, { sellers, plan: { terms } });
  for (let round = 0; round < 5; round += 1) {
    const { subscriptions } = await story.on('2026-01-20', () => story.sell({ SEAT: '1' }));
    const { id } = subscriptions[0]!;
    const command = { command: { kind: 'cancel', reason: null }, moment: { at: 'now' } } as const;
    const [began, canceled] = await Promise.allSettled([
      signIn(story),
      world.engine.lifecycle.place(story.at(), story.owner.id, id, command, { surface: 'api' }),
    ]);
    const { status } = await story.get({ id });
    const charges = await story.booked({ id });
    expect(began.status).toBe('fulfilled');
    if (canceled.status === 'fulfilled' && status === 'removed') expect(charges).toEqual([]);
    else expect(charges.length).toBeGreaterThan(0);
  }
});
