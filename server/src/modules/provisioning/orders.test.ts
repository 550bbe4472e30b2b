import {
  addMoney,
  decimal,
  formatDecimal,
  formatMoney,
  manualClock,
  Temporal,
  zeroMoney,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { jobRunner, type JobRunner } from '../../platform/jobs/index.ts';
import type { NamedCommand, Outcome } from '../lifecycle/index.ts';
import type { OrderDetail } from '../orders/index.ts';
import { answering, accepted, aVendorServer, isSigned, provisioned, refused } from './testing.ts';

let world: World;
let vendorServer: Awaited<ReturnType<typeof aVendorServer>>;
let channel: Awaited<ReturnType<typeof aChannel>>;
let runner: JobRunner;
const failures: unknown[] = [];
const clock = manualClock('2026-03-01T09:00:00Z');
const secret = 'a secret of some length';

beforeAll(async () => {
  world = await openWorld({ clock, poolSize: 10 });
  vendorServer = await aVendorServer();
  channel = await aChannel();
  const { provisioning } = world.engine;
  const handlers = { provision: provisioning.run, order: provisioning.runOrder };
  runner = jobRunner({ db: world.db, clock, handlers, onError: (error) => void failures.push(error) });
});
afterAll(async () => {
  await vendorServer.close();
  await world.close();
});
beforeEach(async () => {
  await sql`delete from jobs`.execute(world.db.kysely);
  await sql`delete from subscription_due`.execute(world.db.kysely);
  failures.length = 0;
  vendorServer.react(provisioned);
  clock.set(Temporal.Instant.from('2026-03-01T09:00:00Z'));
});

/** Three edges in three zones; the same plan of a vendor that is told by webhook and of one that works by hand. */
async function aChannel() {
  const provider = await world.provider({ timeZone: 'Pacific/Kiritimati' });
  const distributor = await world.distributor(provider, { timeZone: 'UTC' });
  const reseller = await world.reseller(distributor, { timeZone: 'America/New_York' });
  const sell = async (mpn: string, vendor: Parameters<World['vendor']>[1]) => {
    const { id: vendorId } = await world.vendor(provider, vendor);
    const product = await world.product(provider, { vendorId });
    const rates = [{ mpn, prices: '3.33' }];
    const plan = await world.plan(provider, { product, name: `Plan ${mpn}`, rates, terms: { autoRenewalMonths: 1 } });
    await world.delegate([provider, distributor, reseller], plan);
  };
  await sell('HOOK', { provisioning: 'webhook', webhookUrl: vendorServer.url, webhookSecret: secret });
  await sell('HAND', { provisioning: 'manual' });
  await sell('NOW', { provisioning: 'instant' });
  await world.priceList(distributor, { markup: '10' });
  await world.priceList(reseller, { markup: '10' });
  return { provider, distributor, reseller, customer: await world.customer(reseller) };
}

const on = (day: string): void => clock.set(Temporal.Instant.from(day.includes('T') ? day : `${day}T15:00:00Z`));
const cause = () => world.cause({ at: clock.now().toString() });
const later = (seconds: number): void => clock.set(clock.now().add({ seconds }));

/** A subscription of ten units that is there. */
async function sold(mpn: string): Promise<SubscriptionId> {
  const order = await world.order(channel.customer, [{ mpn, quantity: '10' }], { cause: cause() });
  const { id } = order.subscriptions[0]!;
  if (mpn !== 'NOW') await world.engine.provisioning.acknowledge(cause(), channel.reseller.id, id, 'active', null);
  await sql`delete from jobs`.execute(world.db.kysely);
  return id;
}

function ask(id: SubscriptionId, command: NamedCommand): Promise<Outcome> {
  const asked = { command, moment: { at: 'now' } } as const;
  return world.engine.lifecycle.place(cause(), channel.reseller.id, id, asked, { surface: 'api' });
}

const toUnits = (mpn: string, quantity: string): NamedCommand => ({
  kind: 'change',
  items: [{ mpn, quantity: decimal(quantity) }],
  cascade: false,
});

const get = (id: SubscriptionId) => world.engine.subscriptions.get(channel.reseller.id, { id });
const order = (id: OrderId): Promise<OrderDetail> => world.engine.orders.get(channel.reseller.id, { id });
const due = () => world.engine.worker.runDue({ sandboxId: null }, clock.now());
const acknowledge = (id: SubscriptionId, outcome: 'active' | 'removed', of?: OrderId): Promise<void> =>
  world.engine.provisioning.acknowledge(cause(), channel.reseller.id, id, outcome, 'No such tenant.', of);
const cancel = (id: OrderId): Promise<void> =>
  world.engine.provisioning.cancel(cause(), channel.reseller.id, id, 'Not wanted any more.');

async function ordersOf(id: SubscriptionId) {
  const filter = { scope: { within: channel.reseller.id }, subscriptionId: id };
  const found = await world.engine.orders.page(filter, { limit: 50 });
  return (await world.engine.orders.details(found)).toReversed();
}

/** What each edge was charged for a subscription, over all of its orders; and that orders and charges say the same. */
async function edges(id: SubscriptionId): Promise<Record<string, string>> {
  const orders = await ordersOf(id);
  for (const { charges, total, customerId, currency } of orders) {
    const paid = charges.filter(({ buyerId }) => buyerId === customerId);
    expect(formatMoney(paid.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency)))).toBe(total);
  }
  const bySeller = Map.groupBy(
    orders.flatMap(({ charges }) => charges),
    ({ sellerId }) => sellerId,
  );
  const names = new Map<string, string>(
    [channel.provider, channel.distributor, channel.reseller].map((account, index) => [account.id, `edge ${index}`]),
  );
  return Object.fromEntries(
    [...bySeller]
      .map(([seller, charges]): [string, string] => [
        names.get(seller)!,
        formatMoney(charges.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(charges[0]!.amount.currency))),
      ])
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

async function stored(id: SubscriptionId) {
  return world.db.kysely.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

const ledgerOf = async (id: SubscriptionId): Promise<unknown> =>
  ((await stored(id)).life as { readonly ledger: unknown }).ledger;

async function eventsOf(id: string): Promise<string[]> {
  const rows = await world.db.kysely.selectFrom('events').select('type').where('subject_id', '=', id).orderBy('id').execute();
  return rows.map(({ type }) => type);
}

const inWork = async (): Promise<number> =>
  (await world.db.kysely.selectFrom('order_work').select('order_id').execute()).length;

describe('told by webhook', () => {
  test('a change is charged at once, its order is completed when the vendor says so', async () => {
    const id = await sold('HOOK');
    on('2026-03-11');
    const placed = await ask(id, toUnits('HOOK', '15'));
    expect(placed.order).toMatchObject({ status: 'processing', completedAt: null, statusReason: null });
    expect(placed.order!.charges.length).toBeGreaterThan(0);
    expect(formatDecimal((await get(id)).items[0]!.quantity)).toBe('15');
    expect(await runner.runDue()).toBe(1);
    expect(failures).toEqual([]);

    const [delivery] = vendorServer.deliveries;
    expect(isSigned(delivery!, secret)).toBe(true);
    expect(JSON.parse(delivery!.text)).toMatchObject({
      type: 'subscription.change',
      action: 'change',
      order_id: placed.order!.id,
      order_number: expect.stringMatching(/^CH\d{6}/),
      order_type: 'change',
      owner_id: channel.reseller.id,
      customer: { id: channel.customer.id },
      subscriptions: [
        {
          subscription_id: id,
          plan: { name: 'Plan HOOK' },
          before: { status: 'active', items: [{ mpn: 'HOOK', quantity: '10' }], end_on: '2026-04-01' },
          after: { status: 'active', items: [{ mpn: 'HOOK', quantity: '15' }], end_on: '2026-04-01' },
        },
      ],
    });
    expect(await order(placed.order!.id)).toMatchObject({ status: 'completed', completedAt: clock.now().toString() });
    expect(await eventsOf(placed.order!.id)).toEqual(['order.ended']);
    expect(await eventsOf(id)).toContain('subscription.change_provisioned');
    expect(await runner.runDue()).toBe(0);
  });

  test.each([
    ['suspend', { kind: 'suspend', endOn: null }, { status: 'hold' }],
    ['cancel', { kind: 'cancel', reason: null }, { status: 'terminated' }],
    ['renew', { kind: 'renew', from: 'expiry', months: null, items: [], align: null }, { end_on: '2026-05-01' }],
  ] as const)('%s is told, and undone when it is refused for good', async (action, command, after) => {
    const id = await sold('HOOK');
    const before = await stored(id);
    const billed = await edges(id);
    const { order: made } = await ask(id, command);
    expect(made).toMatchObject({ status: 'processing' });
    vendorServer.react(answering(200, { status: 'failed', reason: 'The tenant is locked.' }));
    await runner.runDue();
    expect(failures).toEqual([]);
    expect(JSON.parse(vendorServer.deliveries[0]!.text)).toMatchObject({ action, subscriptions: [{ after }] });
    expect(await order(made!.id)).toMatchObject({ status: 'error', statusReason: 'The tenant is locked.' });
    expect(await edges(id)).toEqual(billed);
    const { version, updated_at: at } = await stored(id);
    expect(await stored(id)).toEqual({ ...before, version, updated_at: at, attributes: {} });
    expect(await inWork()).toBe(0);
  });

  test('it is tried again, later each time, with the same delivery id, until the vendor takes it', async () => {
    const id = await sold('HOOK');
    const { order: made } = await ask(id, toUnits('HOOK', '11'));
    vendorServer.react(refused, refused, accepted, provisioned);
    await runner.runDue();
    for (const seconds of [1, 2]) {
      later(seconds - 1);
      expect(await runner.runDue()).toBe(0);
      later(1);
      expect(await runner.runDue()).toBe(1);
    }
    expect(await order(made!.id)).toMatchObject({ status: 'processing' });
    later(900);
    await runner.runDue();
    expect(new Set(vendorServer.deliveries.map(({ headers }) => headers['tierline-delivery'])).size).toBe(1);
    expect(vendorServer.deliveries).toHaveLength(4);
    expect(await order(made!.id)).toMatchObject({ status: 'completed' });
  });

  test('killed between the commit and the request, the work is there for whoever comes next', async () => {
    const id = await sold('HOOK');
    const { order: made } = await ask(id, toUnits('HOOK', '12'));
    // A runner that dies holds its lease, and nothing else: its work is taken over when that ends.
    await sql`update jobs set attempts = 1, locked_until = ${clock.now().add({ seconds: 60 }).toString()}::timestamptz
      where subject_id = ${made!.id}`.execute(world.db.kysely);
    expect(await runner.runDue()).toBe(0);
    later(61);
    expect(await runner.runDue()).toBe(1);
    expect(await order(made!.id)).toMatchObject({ status: 'completed' });
    expect(vendorServer.deliveries).toHaveLength(1);
  });
});

test('a change of 11 March that is refused on the 21st: each edge is back to the cent', async () => {
  const id = await sold('HAND');
  const ledger = await ledgerOf(id);
  const billed = await edges(id);
  expect(billed).toEqual({ 'edge 0': '33.3', 'edge 1': '36.6', 'edge 2': '40.3' });
  on('2026-03-11');
  const { order: made } = await ask(id, toUnits('HAND', '15'));
  expect(await edges(id)).not.toEqual(billed);
  on('2026-03-21');
  await acknowledge(id, 'removed', made!.id);
  expect(await edges(id)).toEqual(billed);
  const { charges, total } = await order(made!.id);
  expect(total).toBe('0');
  const adjusting = charges.filter(({ type }) => type === 'adjustment');
  expect(adjusting).toHaveLength(charges.length / 2);
  expect(new Set(adjusting.map(({ bookedOn }) => bookedOn))).toEqual(new Set(['2026-03-21', '2026-03-22']));
  expect(await ledgerOf(id)).toEqual(ledger);
  expect(await eventsOf(id)).toContain('subscription.change_taken_back');
  // What was before is what a later change is counted from.
  const { order: again } = await ask(id, toUnits('HAND', '15'));
  expect(again!.lines[0]!.previousQuantity).toEqual(decimal('10'));
});

test('refused after the next month was billed, that month is billed for what is held', async () => {
  const id = await sold('HAND');
  const other = await sold('HAND');
  on('2026-03-11');
  const { order: made } = await ask(id, toUnits('HAND', '15'));
  on('2026-04-02');
  await due();
  const [, , renewal] = await ordersOf(id);
  // The platform goes on; its vendor hears of it when it has answered what came before.
  expect(renewal).toMatchObject({ type: 'renewal', status: 'submitted' });
  await acknowledge(id, 'removed', made!.id);
  expect(await order(renewal!.id)).toMatchObject({ status: 'canceled', total: '0' });
  await due();
  expect(formatDecimal((await get(id)).items[0]!.quantity)).toBe('10');
  expect(await edges(id)).toEqual(await edges(other));
  expect((await get(id)).endOn).toBe('2026-05-01');
  expect((await ordersOf(id)).at(-1)).toMatchObject({ type: 'renewal', status: 'processing' });
});

test('orders of a subscription are told one after another', async () => {
  const id = await sold('HOOK');
  on('2026-03-31');
  vendorServer.react(accepted);
  const { order: made } = await ask(id, toUnits('HOOK', '12'));
  await runner.runDue();
  on('2026-04-02');
  await due();
  const renewal = (await ordersOf(id)).at(-1)!;
  await runner.runDue();
  later(60);
  await runner.runDue();
  const told = (): unknown[] => vendorServer.deliveries.map(({ text }) => (JSON.parse(text) as { action: string }).action);
  expect(new Set(told())).toEqual(new Set(['change']));
  await expect(acknowledge(id, 'active', renewal.id)).rejects.toMatchObject({ code: 'provisioning.not_its_turn' });
  vendorServer.react(provisioned);
  await acknowledge(id, 'active', made!.id);
  await runner.runDue();
  expect(told()).toEqual(['renew']);
  expect(await order(renewal.id)).toMatchObject({ status: 'completed' });
});

test('a renewal that the vendor refuses is tried again later, and given up in the end', async () => {
  const id = await sold('HOOK');
  const billed = await edges(id);
  vendorServer.react(answering(200, { status: 'failed', reason: 'Not in this country.' }));
  on('2026-04-01');
  await due();
  await runner.runDue();
  expect(failures).toEqual([]);
  expect((await ordersOf(id)).at(-1)).toMatchObject({ type: 'renewal', status: 'error' });
  const failed = await get(id);
  expect(failed.renewalFailure).toMatchObject({ attempts: 1, reasons: [{ message: 'Not in this country.' }] });
  expect(await edges(id)).toEqual(billed);
  // Nothing more before its time.
  expect(await due()).toEqual({ steps: 0 });
  for (let day = 0; day < 40 && (await get(id)).status === 'active'; day += 1) {
    later(86_400);
    await due();
    await runner.runDue();
  }
  expect(await get(id)).toMatchObject({ status: 'terminated', autoRenewal: false });
  expect(await edges(id)).toEqual(billed);
});

describe('while an order is in work', () => {
  test('another command is refused with its number; what needs no order is not', async () => {
    const id = await sold('HAND');
    const { order: made } = await ask(id, toUnits('HAND', '15'));
    const refusal = {
      code: 'lifecycle.order_in_work',
      kind: 'conflict',
      message: expect.stringContaining(`CH${made!.serial.padStart(6, '0')}`),
      details: { order_id: made!.id, order_status: 'processing' },
    };
    await expect(ask(id, toUnits('HAND', '16'))).rejects.toMatchObject(refusal);
    await expect(ask(id, { kind: 'cancel', reason: null })).rejects.toMatchObject(refusal);
    await ask(id, { kind: 'details', autoRenewal: false, autoRenewalMonths: null, attributes: null });
    await acknowledge(id, 'removed', made!.id);
    // It was switched off meanwhile, which has nothing to do with the order.
    expect(await get(id)).toMatchObject({ autoRenewal: false });
    await ask(id, toUnits('HAND', '16'));
  });

  test('a sale is named, too', async () => {
    const sale = await world.order(channel.customer, [{ mpn: 'HAND', quantity: '1' }]);
    await expect(ask(sale.subscriptions[0]!.id, toUnits('HAND', '2'))).rejects.toMatchObject({
      code: 'lifecycle.order_in_work',
      details: { order_id: sale.id },
    });
  });

  test('of two changes at once the second names the first', async () => {
    const id = await sold('HAND');
    const both = await Promise.allSettled([ask(id, toUnits('HAND', '11')), ask(id, toUnits('HAND', '12'))]);
    const placed = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value.order!.id] : []));
    const refusals = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(placed).toHaveLength(1);
    expect(refusals).toMatchObject([{ code: 'lifecycle.order_in_work', details: { order_id: placed[0] } }]);
  });

  test('without its id it is not clear which order was meant', async () => {
    const id = await sold('HAND');
    const { order: made } = await ask(id, toUnits('HAND', '15'));
    await expect(acknowledge(id, 'active')).rejects.toMatchObject({
      code: 'provisioning.order_needed',
      details: { nearest_valid: { order_id: made!.id } },
    });
    await acknowledge(id, 'active', made!.id);
    await acknowledge(id, 'active', made!.id);
    await expect(acknowledge(id, 'removed', made!.id)).rejects.toMatchObject({ code: 'orders.ended' });
    expect(await order(made!.id)).toMatchObject({ status: 'completed' });
  });
});

describe('canceled', () => {
  test('what is done by hand returns to what it was, until somebody says it is done', async () => {
    const id = await sold('HAND');
    const billed = await edges(id);
    const { order: made } = await ask(id, toUnits('HAND', '15'));
    await runner.runDue();
    await cancel(made!.id);
    await cancel(made!.id);
    expect(await order(made!.id)).toMatchObject({ status: 'canceled', statusReason: 'Not wanted any more.' });
    expect(await edges(id)).toEqual(billed);
    const { order: other } = await ask(id, toUnits('HAND', '12'));
    await acknowledge(id, 'active', other!.id);
    await expect(cancel(other!.id)).rejects.toMatchObject({ code: 'orders.ended', kind: 'conflict' });
  });

  test('a vendor that may know of it has begun', async () => {
    const id = await sold('HOOK');
    const { order: first } = await ask(id, toUnits('HOOK', '15'));
    await cancel(first!.id);
    expect(await runner.runDue()).toBe(0);
    vendorServer.react(refused);
    const { order: second } = await ask(id, toUnits('HOOK', '16'));
    await runner.runDue();
    await expect(cancel(second!.id)).rejects.toMatchObject({ code: 'orders.begun', kind: 'conflict' });
    expect(await order(second!.id)).toMatchObject({ status: 'processing' });
  });

  test('a sale ends with its subscription, and costs nothing', async () => {
    const sale = await world.order(channel.customer, [{ mpn: 'HOOK', quantity: '3' }]);
    const { id } = sale.subscriptions[0]!;
    await cancel(sale.id);
    expect(await order(sale.id)).toMatchObject({ status: 'canceled', total: '0' });
    expect(await get(id)).toMatchObject({ status: 'removed' });
    expect(new Set(Object.values(await edges(id)))).toEqual(new Set(['0']));
    expect(await runner.runDue()).toBe(0);
    const told = await world.order(channel.customer, [{ mpn: 'HOOK', quantity: '3' }]);
    vendorServer.react(accepted);
    await runner.runDue();
    await expect(cancel(told.id)).rejects.toMatchObject({ code: 'orders.begun' });
  });

  test('a stranger is told that there is no such order', async () => {
    const id = await sold('HAND');
    const { order: made } = await ask(id, toUnits('HAND', '15'));
    const stranger = await world.provider();
    await expect(
      world.engine.provisioning.cancel(cause(), stranger.id, made!.id, null),
    ).rejects.toMatchObject({ code: 'orders.not_found' });
    expect(await order(made!.id)).toMatchObject({ status: 'processing' });
  });
});

test('what is there at once has no work left behind', async () => {
  const id = await sold('NOW');
  const { order: made } = await ask(id, toUnits('NOW', '15'));
  expect(made).toMatchObject({ status: 'completed', completedAt: clock.now().toString() });
  expect(await world.db.kysely.selectFrom('jobs').select('id').execute()).toEqual([]);
  await ask(id, toUnits('NOW', '16'));
});
