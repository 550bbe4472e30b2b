import { describe, expect, test } from 'vitest';
import { accepted, refused } from './testing.ts';
import {
  world,
  vendorServer,
  channel,
  runner,
  clock,
  cause,
  sold,
  ask,
  toUnits,
  get,
  order,
  acknowledge,
  cancel,
  edges,
} from '../../../../test/support/orders-in-work.ts';

describe('while an order is in work', () => {
  test('another command is refused with its number; what needs no order is not', async () => {
    const id = await sold('HAND');
    const { order: made } = await ask(id, toUnits('HAND', '15'));
    const number = `CH${made!.serial.padStart(6, '0')}`;
    const refusal = {
      code: 'lifecycle.order_in_work',
      kind: 'conflict',
      message: `Order ${number} of the subscription is processing, and nothing else can be changed until it has ended.`,
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
    await expect(world.engine.provisioning.cancel(cause(), stranger.id, made!.id, null)).rejects.toMatchObject({
      code: 'orders.not_found',
    });
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
