import { decimal, parseId, TierlineError } from '@tierline/kernel';
import { errorResponse } from '@tierline/server/dialects/lmpi/errors.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLmpi, type LmpiWorld } from './setup.ts';

// License pools: LMPI reference, part 2, 1.3 and 3.6.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
});
afterAll(() => lmpi.stop());

type Listed = { readonly products: readonly { readonly product_id: string; readonly available: number }[] };

test('what is sold on a plan of the protocol goes down from what the partner has available', async () => {
  const { distributor, reseller } = lmpi.partners;
  const product = await lmpi.stocked({ code: 'PLZBXXE1X', name: 'Pooled' }, [[distributor, 10n]]);
  const created = await lmpi.post(lmpi.credentials.distributor, '/LMPI/v3/partners/serviceplan', {
    partner_id: distributor.id,
    product_id: product.id,
    service_plan_name: 'Out of stock',
    type: 'SaaS',
    version: '1',
    period: '12',
    activation_type: '0',
    price_type: 'U',
  });
  const planId = parseId<'plan'>((created.json as { readonly service_plan_id: string }).service_plan_id)!;
  await lmpi.delegate([distributor, reseller], { id: planId });
  const node = await lmpi.engine.directory.get(reseller.id);
  const { rates } = await lmpi.engine.offers.page(node, 0, 10);
  const customer = await lmpi.customer(reseller);
  const sell = (units: string) =>
    lmpi.engine.orders.place(lmpi.cause(), reseller.id, {
      customer: { id: customer.id },
      lines: [{ name: { rateId: rates.find((rate) => rate.planId === planId)!.rateId }, quantity: decimal(units) }],
      poNumber: null,
      attributes: null,
      surface: 'lmpi',
      addMissingBases: false,
    });
  await sell('4');
  const listed = (await lmpi.send(lmpi.credentials.distributor, { target: '/LMPI/v3/partners/product' }))
    .json as Listed;
  expect(listed.products.find(({ product_id: id }) => id === product.id)).toMatchObject({ available: 6 });
  await expect(sell('7')).rejects.toMatchObject({ code: 'pools.exhausted', field: 'lines.0.quantity' });
});

// LMPI reference, part 1, 3.4: units out of range or pool exhausted; no source names the subject of an assignment's.
test.each([
  ['lines.0.quantity', 'InvalidParametersunits_per_license'],
  ['items.SEAT', 'InvalidParametersunits_per_license'],
  ['plan_id', 'InvalidParametersunits_per_license'],
  ['units', 'InvalidParameterscount'],
])('an exhausted pool that the engine tells of by %s is %s', async (field, subject) => {
  const answer = errorResponse(new TierlineError('pools.exhausted', 'conflict', 'Too few.', { field }));
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ error_subject: subject, error_message: 'Too few.' });
});
