import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

test('the ready-made channel sells over three edges, and each edge has its own price', async () => {
  const { customer, reseller, distributor, provider, base, addOn } = await world.channel();
  const order = await world.order(customer, [{ mpn: base.mpn, quantity: '3' }, { mpn: addOn.mpn }]);
  expect(order).toMatchObject({ status: 'completed', currency: 'USD', total: '60.55' });
  const priced = order.charges.map(
    (charge) => `${charge.sellerId} ${charge.unitPrice.coefficient}e-${charge.unitPrice.scale}`,
  );
  expect(new Set(priced).size).toBe(6);
  expect(new Set(order.charges.map(({ sellerId }) => sellerId))).toEqual(
    new Set([provider.id, distributor.id, reseller.id]),
  );
});

test('a sibling sees nothing of the reseller beside it', async () => {
  const { customer, sibling } = await world.channel();
  await expect(world.engine.customers.get(sibling.reseller.id, { id: customer.id })).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('credentials of every kind sign in', async () => {
  const { reseller } = await world.channel();
  const { apiKey, lmpi, simpleapi } = await world.credentials(reseller);
  const { authenticate } = world.engine;
  expect((await authenticate.byApiKey(apiKey))?.accountId).toBe(reseller.id);
  expect((await authenticate.lmpiCredential(lmpi!.accessToken))?.secretKey).toBe(lmpi!.secretKey);
  expect((await authenticate.simpleApiPassword(simpleapi.username, simpleapi.password))?.username).toBe(
    simpleapi.username,
  );
});
