import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOrders, usd, type Body, type OrderClient, type OrderWorld } from './order-world.ts';

let world: OrderWorld;
let reseller: OrderClient;
let schema: OrderClient;
beforeAll(async () => {
  world = await openOrders();
  reseller = await world.client();
  schema = await world.client(world.channel.reseller, '1.15');
});
afterAll(() => world.api.close());

const month = { type: 'month', duration: 1 };
const seats = (quantity: number) => ({ mpn: 'SEAT', quantity, subscriptionPeriod: month });

async function sold(products: readonly Body[] = [seats(4)]): Promise<string> {
  return (await reseller.place(world.sale(products))).subscriptionId;
}
const change = (subscriptionId: string, products: readonly Body[], more: Body = {}): Body => ({
  type: 'change',
  customerId: world.customerId,
  subscriptionId,
  products,
  ...more,
});

// SimpleAPI reference 4.4 and 11: the new total goes in, a signed difference is read back (seen live); by the schema it is what was asked for.
test('a change takes the new total and reads back as a signed difference', async () => {
  const id = await sold();
  // As the BPMN blueprint sends it (SimpleAPI reference 6): subscription and periods on the line, an explicit null.
  const body = {
    type: 'change',
    customerId: world.customerId,
    poNumber: null,
    products: [{ ...seats(6), subscriptionId: id, vendor: null, billingPeriod: month }],
  };
  const estimate = await reseller.estimate(body);
  const placed = await reseller.place(body);
  const { id: orderId, orderNumber, creationDate, provisioningDate, status, statusCode, ...same } = placed;
  expect(estimate).toEqual({ ...same, details: same.details?.map((one) => ({ ...one })) });
  expect([orderNumber.slice(0, 2), status, statusCode, creationDate === provisioningDate]).toEqual([
    'CH',
    'completed',
    'CP',
    true,
  ]);
  expect(placed.subscriptionId).toBe(id);
  expect(placed.products).toMatchObject([{ mpn: 'SEAT', quantity: 2, subscriptionId: id }]);
  // 2 more at 9.68 and their setup at 4.84
  expect(placed.total).toEqual(usd('29.04'));
  expect(placed.details?.map(({ type, quantity, extendedPrice }) => [type, quantity, extendedPrice.amount])).toEqual([
    ['setup', 2, '9.68'],
    ['recurring', 2, '19.36'],
  ]);
  expect(placed.details?.[1]?.description).toBe('Seat Recurring (1 Month(s) term) from 2026-03-02 through 2026-04-01');
  expect(await reseller.order(orderId)).toEqual(placed);
  expect((await schema.order(orderId)).products).toMatchObject([{ mpn: 'SEAT', quantity: 6 }]);
  const fewer = await reseller.place(change(id, [{ mpn: 'SEAT', quantity: '5.0' }]));
  expect(fewer.products).toMatchObject([{ quantity: -1 }]);
  expect(fewer.details).toMatchObject([
    {
      type: 'recurringRefund',
      description: 'Seat Recurring Refund (1 Month(s) term) from 2026-03-02 through 2026-04-01',
    },
  ]);
  expect((await reseller.get(`/subscriptions/${id}`)).body['products']).toMatchObject([{ mpn: 'SEAT', quantity: 5 }]);
});

test('several lines; new products come in, others stay, one that becomes another one goes', async () => {
  const id = await sold([seats(2)]);
  const placed = await reseller.place(
    change(id, [
      { mpn: 'EXTRA', quantity: 1 },
      { mpn: 'VIEW', quantity: 5 },
    ]),
  );
  expect(placed.products).toMatchObject([
    { mpn: 'EXTRA', quantity: 1 },
    { mpn: 'VIEW', quantity: 5 },
  ]);
  expect(await held(id)).toEqual({ EXTRA: 1, SEAT: 2, VIEW: 5 });
  await reseller.place(
    change(id, [
      { mpn: 'EXTRA', quantity: 0 },
      { mpn: 'VIEW', quantity: 4 },
    ]),
  );
  expect(await held(id)).toEqual({ SEAT: 2, VIEW: 4 });
  const other = await sold([{ mpn: 'VIEW', quantity: 3, subscriptionPeriod: month }]).catch(() => undefined);
  // Two plans by the month have a viewer: the id of the product tells them apart.
  expect(other).toBeUndefined();
  const viewer = placed.products?.find(({ mpn }) => mpn === 'VIEW')?.id;
  const viewers = await sold([{ id: viewer, quantity: 3 }]);
  const swapped = await reseller.place(change(viewers, [{ mpn: 'VIEW', newMPN: 'SEAT' }]));
  expect(swapped.products).toMatchObject([
    { mpn: 'VIEW', quantity: -3 },
    { mpn: 'SEAT', quantity: 3 },
  ]);
  expect(await held(viewers)).toEqual({ SEAT: 3 });
});

async function held(id: string): Promise<Record<string, unknown>> {
  const { body } = await reseller.get(`/subscriptions/${id}`);
  return Object.fromEntries((body['products'] as Body[]).map(({ mpn, quantity }) => [String(mpn), quantity]));
}

// SimpleAPI reference 4.4: planId, subscriptionPeriod, upgradeStartType in any letter case.
test('another plan by planId, keeping the old start', async () => {
  const id = await sold();
  world.api.moveTo('2026-03-10T09:00:00Z');
  const client = await world.client();
  const placed = await client.place(
    change(id, [], {
      planId: world.plans.yearly.number,
      subscriptionPeriod: { type: 'year', duration: 1 },
      upgradeStartType: 'from_old_start_date',
    }),
  );
  expect(placed.subscriptions).toMatchObject([{ planId: world.plans.yearly.number }]);
  expect(placed.details?.map(({ type }) => type)).toEqual(['recurringRefund', 'recurring']);
  const { body } = await client.get(`/subscriptions/${id}`);
  expect([body['planId'], body['expirationDate']]).toEqual([Number(world.plans.yearly.number), '2027-03-01']);
});

test('another period alone finds the plan that has it; from the date of the upgrade unless said otherwise', async () => {
  const client = await world.client();
  const id = (await client.place(world.sale([seats(1)]))).subscriptionId;
  const placed = await client.place(
    change(id, [{ mpn: 'SEAT', quantity: 2 }], {
      subscriptionPeriod: { type: 'year', duration: 1 },
      upgradeStartType: 'From_Date_Of_Upgrade',
    }),
  );
  expect(placed.subscriptions).toMatchObject([{ planId: world.plans.yearly.number }]);
  const { body } = await client.get(`/subscriptions/${id}`);
  expect([body['expirationDate'], body['products']]).toMatchObject(['2027-03-09', [{ quantity: 2 }]]);
});

test('a product becomes another one: newMPN finds the plan that has it', async () => {
  const client = await world.client();
  const id = (await client.place(world.sale([seats(3)]))).subscriptionId;
  const placed = await client.place(change(id, [{ mpn: 'SEAT', newMPN: 'PRO' }]));
  expect(placed.subscriptions).toMatchObject([{ planId: world.plans.pro.number }]);
  expect((await client.get(`/subscriptions/${id}`)).body['products']).toMatchObject([{ mpn: 'PRO', quantity: 3 }]);
});

test('units move into another subscription', async () => {
  const client = await world.client();
  const [from, to] = [await client.place(world.sale([seats(5)])), await client.place(world.sale([seats(1)]))];
  const body = change(from.subscriptionId, [seats(2)], {
    placementType: 'MOVE',
    targetSubscriptionId: to.subscriptionId,
  });
  const placed = await client.place(body);
  expect(placed.products).toMatchObject([
    {
      mpn: 'SEAT',
      quantity: -2,
      type: 'MOVE',
      subscriptionId: from.subscriptionId,
      targetSubscriptionId: to.subscriptionId,
      newProductId: from.products?.[0]?.id,
      newSubscription: { id: Number(to.subscriptionId), coterming: true, type: 'EXISTING' },
    },
  ]);
  expect((await client.get(`/subscriptions/${to.subscriptionId}`)).body['products']).toMatchObject([{ quantity: 3 }]);
});

// SimpleAPI reference 4.4: an end that is aligned, at purchase and later.
test('alignExpirationDate: at the end of the calendar month, and as another subscription', async () => {
  const client = await world.client();
  const month_ = { alignExpirationDate: { alignmentType: 'match_end_of_calendar_month' } };
  const sale = await client.place(world.sale([seats(1)], month_));
  expect(sale.subscriptions).toMatchObject([{ alignedExpirationDate: '2026-03-31' }]);
  const other = {
    alignExpirationDate: { alignmentType: 'CO_TERM_ON_SUBSCRIPTION', subscriptionId: Number(sale.subscriptionId) },
  };
  const coterm = await client.place(world.sale([seats(1)], other));
  expect(coterm.subscriptions).toMatchObject([{ alignedExpirationDate: '2026-03-31' }]);
  // 22 of 31 days of the term are what the contract is worth; a whole period is more.
  const [value] = coterm.subscriptions?.[0]?.tcvs?.slice(-1) ?? [];
  expect([value?.total.amount, value?.planPeriod.total.amount]).toEqual(['11.71', '9.68']);
});

// Seen live (SimpleAPI reference 4.4): it waits in processing, with its scheduledOn and the target total.
test('scheduledOn renewal waits as an order, is done with the renewal, and can be taken back', async () => {
  const own = await openOrders();
  const client = await own.client();
  const { subscriptionId: id } = await client.place(own.sale([seats(4)]));
  const body = {
    ...change(id, [{ mpn: 'SEAT', quantity: 7 }], { scheduledOn: 'renewal', poNumber: 'later-1' }),
    customerId: own.customerId,
  };
  expect((await client.estimate(body)).scheduledOn).toBe('renewal');
  const waiting = await client.place(body);
  expect(waiting).toMatchObject({
    status: 'processing',
    statusCode: 'AS',
    scheduledOn: 'renewal',
    total: usd('0'),
    products: [{ mpn: 'SEAT', quantity: 7 }],
  });
  expect(await client.order(waiting.id)).toEqual(waiting);
  expect(await client.place(body)).toEqual(waiting);
  expect((await client.orders('?status=processing')).map((one) => one.id)).toEqual([waiting.id]);
  expect((await client.orders(`?subscriptionId=${id}`)).map((one) => one.id)).toContain(waiting.id);

  const other = await client.place({
    ...body,
    poNumber: 'later-2',
    scheduledOn: '2026-03-20T12:00:00Z',
    products: [{ mpn: 'SEAT', quantity: 5 }],
  });
  expect(other).toMatchObject({
    status: 'processing',
    scheduledOn: '2026-03-20T00:00:00Z',
    products: [{ quantity: 1 }],
  });
  const canceled = await client.patch(`/orders/${other.id}`, { statusCode: 'CL' });
  expect([canceled.status, canceled.body['status'], canceled.body['statusCode']]).toEqual([200, 'cancelled', 'CL']);
  expect((await client.patch(`/orders/${other.id}`, { statusCode: 'cl' })).status).toBe(200);

  own.api.moveTo('2026-04-02T12:00:00Z');
  await own.api.engine.worker.runDue({ sandboxId: null }, own.api.clock.now());
  const later = await own.client();
  const done = await later.order(waiting.id);
  expect(done).toMatchObject({
    status: 'completed',
    provisioningDate: '2026-04-02T04:00:00Z',
    products: [{ quantity: 7 }],
  });
  const [renewal, ...before] = await later.orders();
  expect([renewal?.type, renewal?.orderNumber.slice(0, 2), before.length]).toEqual(['renewal', 'RN', 3]);
  expect(await later.order(renewal!.id)).not.toHaveProperty('details');
  expect((await (await own.client(own.channel.reseller, '1.15')).order(renewal!.id)).details).toMatchObject([
    { type: 'renew', quantity: 7 },
  ]);
  const completed = await later.patch(`/orders/${waiting.id}`, { statusCode: 'CL' });
  expect([completed.status, completed.body['code']]).toEqual([409, 'simpleapi.order_ended']);
  await own.api.close();
});
