import { expect, test } from 'vitest';
import { isSigned, provisioned, refused } from './testing.ts';
import {
  cause,
  channel,
  failures,
  later,
  on,
  runner,
  secret,
  sold,
  vendorServer,
  world,
} from '../../../../test/support/orders-in-work.ts';

// A subscription that goes to another partner gets another id: its vendor is told, with what it was called before.
async function transferred(mpn: string) {
  const id = await sold(mpn);
  on('2026-03-11');
  const { provider, distributor, reseller } = channel;
  const other = await world.reseller(distributor, { timeZone: 'UTC' });
  const subscription = await world.engine.subscriptions.get(reseller.id, { id });
  await world.delegate([distributor, other], { id: subscription.planId });
  await world.priceList(other, { markup: '10' });
  const wanted = { subscriptionIds: [id], toOwnerId: other.id, toCustomerId: 'copy' } as const;
  const preview = await world.engine.transfers.preview(cause(), provider.id, wanted);
  const placed = await world.engine.transfers.place(cause(), provider.id, wanted);
  return { id, other, to: placed.parts[0]!.to!, warnings: preview.parts[0]!.warnings.map(({ code }) => code) };
}

test('a vendor with a webhook is told the new id, again until it has heard it', async () => {
  const { id, other, to, warnings } = await transferred('HOOK');
  expect(warnings).toEqual([]);
  vendorServer.react(refused, provisioned);
  await runner.runDue();
  expect([vendorServer.deliveries.length, failures.length]).toEqual([1, 1]);
  later(60);
  await runner.runDue();
  const [first, second] = vendorServer.deliveries;
  expect([second!.text, second!.headers['tierline-delivery']]).toEqual([
    first!.text,
    first!.headers['tierline-delivery'],
  ]);
  expect(isSigned(first!, secret)).toBe(true);
  expect(JSON.parse(first!.text)).toEqual({
    type: 'subscription.transferred',
    subscription_id: to.id,
    from_subscription_id: id,
    order_id: to.orderId,
    owner_id: other.id,
    customer: { id: to.customerId, name: expect.any(String) as string, country: expect.any(String) as string },
    plan: expect.objectContaining({ id: to.planId }) as object,
    items: [{ mpn: 'HOOK', quantity: '10' }],
    start_on: to.startOn,
    end_on: to.endOn,
  });
  later(3600);
  await runner.runDue();
  expect(vendorServer.deliveries).toHaveLength(2);
});

test('one that works by hand is told by whoever transfers it, and one that is instant need not know', async () => {
  expect((await transferred('HAND')).warnings).toEqual(['lifecycle.transfer_vendor_not_told']);
  expect((await transferred('NOW')).warnings).toEqual([]);
  expect(await runner.runDue()).toBe(0);
});
