import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { billingChannel } from './testing.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
afterAll(() => world.close());

test('units that wait for a first sign-in are charged for from the month in which somebody signs in', async () => {
  const channel = await billingChannel(world);
  const { distributor, msp } = channel.sellers;
  const mpn = `WAIT-${channel.id}`;
  const plan = await world.plan(channel.root, {
    rates: [{ mpn, prices: '10' }],
    terms: { activationPolicy: 'first_sign_in' },
  });
  await world.delegate([channel.root, distributor, msp], plan);
  const customer = await channel.customer(msp);
  await channel.sell(await channel.customer(msp), '4');
  await world.order(customer, [{ mpn, quantity: '3' }], { cause: channel.cause() });
  await channel.advance('2026-02-02T00:00:00Z');
  expect((await channel.report(msp, '2026-01')).lines).toMatchObject([{ provisioned: '4', chargeable: '4' }]);

  await channel.advance('2026-02-20T09:00:00Z');
  expect(await world.engine.activations.begin(channel.cause(), customer.ownerId, customer.id)).toBe(1);
  await channel.advance('2026-03-02T00:00:00Z');
  expect((await channel.report(msp, '2026-02')).lines).toMatchObject([{ provisioned: '7', chargeable: '7' }]);
});

test('what was due while a vendor took its time is in the report of the month in which it answered', async () => {
  const channel = await billingChannel(world);
  const { root, distributor, msp } = channel.sellers;
  const vendor = await world.vendor(root, { provisioning: 'manual' });
  const product = await world.product(root, { vendorId: vendor.id });
  const mpn = `MANUAL-${channel.id}`;
  const plan = await world.plan(root, { rates: [{ mpn, prices: '10' }], product });
  await world.delegate([root, distributor, msp], plan);
  const customer = await channel.customer(msp);
  await channel.advance('2026-01-20T09:00:00Z');
  const order = await world.order(customer, [{ mpn, quantity: '4' }], { cause: channel.cause() });
  // The periods from February 20 and from March 20 begin before anybody knows that there is a subscription.
  await channel.advance('2026-04-05T09:00:00Z');
  await world.engine.provisioning.acknowledge(channel.cause(), root.id, order.subscriptions[0]!.id, 'active', null);
  await channel.advance('2026-05-05T09:00:00Z');
  const charges = await world.db.kysely
    .selectFrom('charges')
    .select(['booked_on', 'period_start'])
    .where('owner_id', '=', msp.id)
    .where('seller_id', '=', distributor.id)
    .orderBy('period_start')
    .execute();
  expect(charges.map(({ booked_on: on, period_start: from }) => `${from} on ${on}`)).toEqual([
    '2026-01-20 on 2026-01-20',
    '2026-02-20 on 2026-04-05',
    '2026-03-20 on 2026-04-05',
    '2026-04-20 on 2026-04-20',
  ]);
  const months = await Promise.all(['2026-01', '2026-04'].map((month) => channel.report(msp, month)));
  expect(months.map(({ lines }) => lines.map(({ cost }) => cost?.charges))).toEqual([['40'], ['120']]);
});
