import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimpleApi, type SimpleApi } from './setup.ts';

let api: SimpleApi;
beforeAll(async () => {
  api = await openSimpleApi();
});
afterAll(() => api.close());

// SimpleAPI reference 4.4: details of type adjustment take back what was charged; the order comes to nothing.
test('an order that could not be provisioned shows what takes its charges back', async () => {
  const provider = await api.provider();
  const reseller = await api.reseller(await api.distributor(provider));
  const { id: vendorId } = await api.vendor(provider, { provisioning: 'manual' });
  const product = await api.product(provider, { vendorId });
  const plan = await api.plan(provider, { product, rates: [{ mpn: 'SEAT', prices: '10' }] });
  const [, distributor] = (await api.engine.directory.get(reseller.id)).chain;
  await api.delegate([provider, distributor!, reseller], plan);
  await api.priceList(distributor!, { markup: '10' });
  await api.priceList(reseller, { markup: '10' });
  const order = await api.order(await api.customer(reseller), [{ mpn: 'SEAT', quantity: '3' }]);
  const [pending] = order.subscriptions;
  await api.engine.provisioning.acknowledge(api.cause(), reseller.id, pending!.id, 'removed', null);

  const client = await api.client(reseller);
  const { status, body } = await client.get(`/orders/${1_000_000 + Number(order.serial)}`);
  expect(status).toBe(200);
  const price = { quantity: 3, unitPrice: { currency: 'USD', amount: '12.1' } };
  expect(body).toMatchObject({
    status: 'error',
    total: { currency: 'USD', amount: '0' },
    details: [
      { type: 'recurring', ...price, extendedPrice: { currency: 'USD', amount: '36.3' } },
      { type: 'adjustment', ...price, extendedPrice: { currency: 'USD', amount: '-36.3' } },
    ],
  });
});
