import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
});
afterAll(() => api.close());

// SimpleAPI reference 1.2: the form of an error. That a license pool can be exhausted is ours.
test('what takes more units than a license pool has is a conflict, by the quantity of its product', async () => {
  const channel = await api.channel();
  reseller = await api.client(channel.reseller);
  const { provider, distributor } = channel;
  const product = await api.product(provider, { name: 'Pooled' });
  const plan = await api.plan(distributor, {
    product,
    rates: [{ mpn: 'POOLED' }],
    terms: { pricing: 'free', licensePool: 'owner' },
  });
  await api.delegate([distributor, channel.reseller], plan);
  const units = { productId: product.id, licenseVersion: 'full', units: 5n } as const;
  await api.engine.pools.mint(api.cause(), provider, units);
  await api.engine.pools.assign(api.cause(), provider, distributor.id, units);
  const order = (quantity: number) => ({
    type: 'sales',
    customerId: channel.customer.number,
    products: [{ mpn: 'POOLED', quantity }],
  });
  const refused = await reseller.post('/orders', order(6));
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({
    code: 'pools.exhausted',
    details: [{ code: 'pools.exhausted', field: 'products[0].quantity' }],
  });
  expect((await reseller.post('/orders', order(5))).status).toBeLessThan(300);
});
