import { sql } from 'kysely';
import { readFile } from 'node:fs/promises';
import { decimal, formatDecimal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { accepted, answering, isSigned, provisioned, refused } from './testing.ts';
import {
  world,
  vendorServer,
  channel,
  runner,
  failures,
  clock,
  secret,
  on,
  later,
  sold,
  ask,
  toUnits,
  get,
  order,
  due,
  acknowledge,
  ordersOf,
  edges,
  stored,
  ledgerOf,
  eventsOf,
  inWork,
} from '../../../../test/support/orders-in-work.ts';

/** Names and kinds of all members, without their values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, shapeOf(of)]));
}

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
      order_number: `CH${placed.order!.serial.padStart(6, '0')}`,
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
    // The documented example has the very members that are sent.
    const docs = await readFile(new URL('../../../../docs/concepts/orders.md', import.meta.url), 'utf8');
    const example: unknown = JSON.parse(/```json\n(\{\n {2}"type": "subscription.change"[\s\S]*?)```/.exec(docs)![1]!);
    expect(shapeOf(JSON.parse(delivery!.text))).toEqual(shapeOf(example));
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
  const told = (): unknown[] =>
    vendorServer.deliveries.map(({ text }) => (JSON.parse(text) as { action: string }).action);
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
