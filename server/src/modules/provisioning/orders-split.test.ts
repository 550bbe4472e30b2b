import { decimal, formatDecimal, type SubscriptionId } from '@tierline/kernel';
import { expect, test } from 'vitest';
import type { NamedCommand } from '../lifecycle/index.ts';
import {
  acknowledge,
  ask,
  channel,
  clock,
  edges,
  eventsOf,
  get,
  inWork,
  on,
  order,
  runner,
  sold,
  stored,
  vendorServer,
  world,
} from '../../../../test/support/orders-in-work.ts';

const split = (mpn: string, quantity: string): NamedCommand => ({
  kind: 'move',
  items: [{ mpn, quantity: decimal(quantity) }],
  targetId: null,
  opens: { planId: null, end: 'own' },
});

async function splitOff(mpn: string) {
  const id = await sold(mpn);
  on('2026-03-11');
  const before = await edges(id);
  const { order: made, subscriptions } = await ask(id, split(mpn, '4'));
  return { id, before, orderId: made!.id, status: made!.status, newId: subscriptions[1]!.id };
}

const units = async (id: SubscriptionId) => {
  const { status, items, licenses } = await get(id);
  return [status, ...items.map(({ quantity }) => formatDecimal(quantity)), licenses[0]!.enabled];
};

test('a vendor is told of both subscriptions; what it takes is there and has a history of its own', async () => {
  const { id, orderId, status, newId } = await splitOff('HOOK');
  expect(status).toBe('processing');
  await runner.runDue();
  const [delivery] = vendorServer.deliveries;
  const told = JSON.parse(delivery!.text) as { action: string; subscriptions: { subscription_id: string }[] };
  expect(told).toMatchObject({ action: 'move' });
  expect(told.subscriptions.toSorted((a, b) => (a.subscription_id < b.subscription_id ? -1 : 1))).toMatchObject([
    { subscription_id: id, before: { items: [{ quantity: '10' }] }, after: { items: [{ quantity: '6' }] } },
    {
      subscription_id: newId,
      before: { status: 'removed', items: [] },
      after: { status: 'active', items: [{ quantity: '4' }] },
    },
  ]);
  expect(await order(orderId)).toMatchObject({ status: 'completed' });
  expect([await units(id), await units(newId), await inWork()]).toEqual([
    ['active', '6', true],
    ['active', '4', true],
    0,
  ]);
  expect(await eventsOf(newId)).toEqual([
    'subscription.created',
    'subscription.moved_in',
    'subscription.change_provisioned',
  ]);
  expect(await get(newId)).toMatchObject({ orderId, version: 1, origin: { kind: 'split', subscriptionId: id } });
  const history = await world.engine.lifecycle.asOf(channel.reseller.id, newId, clock.now());
  expect(history).toMatchObject({ status: 'active' });
});

test('a vendor that refuses it leaves the first one as it was, and of the new one nothing but that it never came to be', async () => {
  const { id, before, orderId, newId } = await splitOff('HAND');
  const { version: _, updated_at: _u, ...source } = await stored(id);
  await acknowledge(id, 'removed', orderId);
  expect(await order(orderId)).toMatchObject({ status: 'error' });
  expect([await units(id), await units(newId), await inWork()]).toEqual([
    ['active', '10', true],
    ['removed', false],
    0,
  ]);
  expect(await edges(id)).toEqual(before);
  expect(source).toMatchObject({ status: 'active' });
});

test('nothing is stored when the subscription was changed meanwhile', async () => {
  const id = await sold('NOW');
  const [first, second] = await Promise.allSettled([ask(id, split('NOW', '4')), ask(id, split('NOW', '4'))]);
  const outcomes = [first, second].map(({ status }) => status).toSorted();
  const all = await world.engine.subscriptions.page(
    { scope: { within: channel.reseller.id }, customerId: channel.customer.id },
    { limit: 100 },
    true,
  );
  const parts = all.filter(({ origin }) => origin?.subscriptionId === id);
  expect(parts).toHaveLength(outcomes.filter((status) => status === 'fulfilled').length);
  expect(await units(id)).toEqual(['active', parts.length === 2 ? '2' : '6', true]);
});
