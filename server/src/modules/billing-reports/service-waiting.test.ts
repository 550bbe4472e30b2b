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
