import { decimal, formatDecimal, formatMoney, newId, type OrderId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { plain, refusalOf, rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { OrderDetail } from './order.ts';
import type { SalesRequest } from './request.ts';

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
  channel = await world.channel();
});
afterAll(() => world.close());

/** Two plans of two products for the reseller of the channel, so that an order of both makes two subscriptions. */
async function secondPlan() {
  const { provider, distributor, reseller } = channel;
  const mpn = `SECOND-${newId<'test'>().slice(-6)}`;
  const plan = await world.plan(provider, { rates: [{ mpn, prices: '3' }] });
  await world.delegate([provider, distributor, reseller], plan);
  await world.priceList(distributor, { prices: { [mpn]: '4' } });
  await world.priceList(reseller, { prices: { [mpn]: '5' } });
  return { mpn, plan };
}

function request(facts: Partial<SalesRequest> = {}): SalesRequest {
  return {
    customer: { id: channel.customer.id },
    lines: [{ name: { mpn: channel.base.mpn }, quantity: decimal('2') }],
    poNumber: null,
    attributes: null,
    surface: 'api',
    addMissingBases: false,
    ...facts,
  };
}

const line = (mpn: string, quantity = '1') => ({ name: { mpn }, quantity: decimal(quantity) });

/** What is told of an order, without the ids and numbers that a preview has none of. */
function withoutIdentity(order: OrderDetail): unknown {
  const names = new Set(['id', 'orderId', 'subscriptionId', 'serial', 'activationCode']);
  return JSON.parse(JSON.stringify(plain(order), (key, value: unknown) => (names.has(key) ? undefined : value)));
}

describe('placing', () => {
  test('answers what is stored, to the last figure and in the same order', async () => {
    const second = await secondPlan();
    const placed = await world.engine.orders.place(
      world.cause(),
      channel.reseller.id,
      request({
        lines: [line(channel.base.mpn, '4999'), line(second.mpn, '0.123456789012'), line(channel.addOn.mpn, '4')],
        poNumber: 'PO 1',
        attributes: { project: 'x' },
      }),
    );
    expect(placed.subscriptions).toHaveLength(2);
    const read = await world.engine.orders.get(channel.reseller.id, { id: placed.id });
    expect(plain(read)).toEqual(plain(placed));
    const bySerial = await world.engine.orders.get(channel.provider.id, { serial: placed.serial });
    expect(bySerial.id).toBe(placed.id);
  });

  test.each([
    `O'Reilly "quoted" {braces}, commas`,
    'NULL',
    'back\\slash and \\"',
    'line\nbreak\ttab',
    'ümläut 漢字 🧾',
    '',
    ' ',
    '{}',
  ])('keeps the text %j as it is', async (text) => {
    const placed = await world.engine.orders.place(
      world.cause({ actor: text }),
      channel.reseller.id,
      request({
        poNumber: text,
        attributes: { [text]: text },
        lines: [{ ...line(channel.base.mpn), parameters: [{ name: text, value: text }, null] }],
      }),
    );
    const read = await world.engine.orders.get(channel.reseller.id, { id: placed.id });
    expect(read).toMatchObject({ poNumber: text, placedBy: text, attributes: { [text]: text } });
    expect(read.lines[0]!.parameters).toEqual([{ name: text, value: text }, null]);
  });

  test('writes the order, its parts and one event for each thing that came into being', async () => {
    const second = await secondPlan();
    const lines = [line(channel.base.mpn), line(second.mpn)];
    const place = () => world.order(channel.customer, [{ mpn: channel.base.mpn }, { mpn: second.mpn }]);
    expect(await rowsAdded(world.db, place)).toEqual({
      orders: 1,
      order_lines: lines.length,
      subscriptions: 2,
      subscription_items: 2,
      licenses: 2,
      subscription_due: 2,
      charges: 3 * lines.length,
      events: 3,
    });
  });

  test('the customer pays what its charges sum to, on lines and in total', async () => {
    const order = await world.order(channel.customer, [
      { mpn: channel.base.mpn, quantity: '3' },
      { mpn: channel.addOn.mpn, quantity: '7' },
    ]);
    expect(order.total).toBe('67.45');
    const perEdge = Map.groupBy(order.charges, ({ sellerId }) => sellerId);
    const totals = [...perEdge.values()].map((charges) => charges.reduce((sum, { amount }) => sum + amount.minor, 0n));
    expect(new Set(totals)).toEqual(new Set([5225n, 5985n, 6745n]));
  });

  test('a subscription that needs provisioning is pending, with its work stored beside it', async () => {
    const { provider, reseller, distributor } = channel;
    const webhook = { provisioning: 'webhook', webhookUrl: 'https://vendor.example/hook' } as const;
    const product = await world.product(provider, { vendorId: (await world.vendor(provider, webhook)).id });
    const plan = await world.plan(provider, { product, rates: [{ mpn: 'HOOKED', prices: '1' }] });
    await world.delegate([provider, distributor, reseller], plan);
    await world.priceList(distributor, { prices: { HOOKED: '2' } });
    await world.priceList(reseller, { prices: { HOOKED: '3' } });
    const added = await rowsAdded(world.db, async () => {
      const order = await world.order(channel.customer, [{ mpn: 'HOOKED' }]);
      expect(order).toMatchObject({ status: 'processing', completedAt: null });
      expect(order.subscriptions).toMatchObject([{ status: 'pending' }]);
    });
    expect(added).toMatchObject({ jobs: 1 });
  });
});

describe('a preview', () => {
  test('is the following placement, and stores nothing', async () => {
    const second = await secondPlan();
    const wanted = request({
      lines: [line(channel.addOn.mpn, '4'), line(second.mpn, '2.5'), line(channel.base.mpn, '3')],
      attributes: { project: 'x' },
    });
    let preview: OrderDetail | undefined;
    const added = await rowsAdded(world.db, async () => {
      preview = await world.engine.orders.preview(world.cause(), channel.reseller.id, wanted);
    });
    expect(added).toEqual({});
    const placed = await world.engine.orders.place(world.cause(), channel.reseller.id, wanted);
    expect(withoutIdentity(preview!)).toEqual(withoutIdentity(placed));
    expect(placed.charges.length).toBeGreaterThan(0);
  });

  test('is refused as the placement is, for the same reasons', async () => {
    const wanted = request({ lines: [line(channel.base.mpn, '0'), line(channel.addOn.mpn, '6000')] });
    const refusals = await Promise.all(
      (['preview', 'place'] as const).map((how) =>
        world.engine.orders[how](world.cause(), channel.reseller.id, wanted).catch((error: unknown) => error),
      ),
    );
    expect(refusals[0]).toMatchObject({
      kind: 'invalid',
      reasons: [{ field: 'lines.0.quantity' }, { field: 'lines.1.quantity' }],
    });
    expect(refusals[1]).toEqual(refusals[0]);
  });
});

describe('a refused order leaves nothing behind', () => {
  const refused = (facts: Partial<SalesRequest>) =>
    refusalOf(world.db, () =>
      world.engine.orders.place(world.cause({ key: newId<'key'>() }), channel.reseller.id, request(facts)),
    );

  test('no lines, or too many', async () => {
    expect(await refused({ lines: [] })).toMatchObject({ stored: [], error: { code: 'orders.line_count' } });
    expect(await refused({ lines: Array.from({ length: 201 }, () => line(channel.base.mpn)) })).toMatchObject({
      stored: [],
      error: { code: 'orders.line_count' },
    });
  });

  test('an unknown product', async () => {
    expect(await refused({ lines: [line('NOPE'), line('NEITHER')] })).toMatchObject({
      stored: [],
      error: {
        kind: 'invalid',
        reasons: [
          { code: 'orders.unknown_product', field: 'lines.0' },
          { code: 'orders.unknown_product', field: 'lines.1' },
        ],
      },
    });
  });

  test('a rate number or an id that is none', async () => {
    expect(
      await refused({ lines: [{ name: { number: '99999999999999999999' }, quantity: decimal('1') }] }),
    ).toMatchObject({
      stored: [],
      error: {
        code: 'orders.unknown_product',
      },
    });
    expect(await refused({ lines: [{ name: { number: 'PRD1' }, quantity: decimal('1') }] })).toMatchObject({
      stored: [],
      error: { code: 'orders.unknown_product' },
    });
    expect(await refused({ lines: [{ name: { rateId: newId<'rate'>() }, quantity: decimal('1') }] })).toMatchObject({
      stored: [],
      error: {
        code: 'orders.unknown_product',
      },
    });
  });

  test.each(['credit_hold', 'admin_hold', 'canceled'] as const)('a customer that is %s', async (status) => {
    const customer = await world.customer(channel.reseller);
    await world.engine.customers.change(world.cause(), channel.reseller.id, { id: customer.id }, { status });
    expect(await refused({ customer: { id: customer.id } })).toMatchObject({
      stored: [],
      error: { code: 'orders.customer_may_not_order' },
    });
  });

  test('a customer of a sibling, of nobody, or under a number that is none', async () => {
    const unknown = { kind: 'not_found', field: 'customer_id' };
    expect(await refused({ customer: { id: channel.sibling.customer.id } })).toMatchObject({
      stored: [],
      error: unknown,
    });
    expect(await refused({ customer: { number: channel.sibling.customer.number } })).toMatchObject({
      stored: [],
      error: unknown,
    });
    expect(await refused({ customer: { id: newId<'customer'>() } })).toMatchObject({ stored: [], error: unknown });
    expect(await refused({ customer: { number: '12345678901234567890' } })).toMatchObject({
      stored: [],
      error: unknown,
    });
    expect(await refused({ customer: { number: 'CUST-1' } })).toMatchObject({ stored: [], error: unknown });
  });

  test('a seller that is suspended', async () => {
    const { middle, seller, customer } = await aSuspendedSeller();
    const suspended = request({ customer: { id: customer.id } });
    const place = () =>
      expect(world.engine.orders.place(world.cause(), middle.id, suspended)).rejects.toMatchObject({
        code: 'orders.seller_not_active',
      });
    expect(await rowsAdded(world.db, place)).toEqual({});
    expect(seller.status).toBe('suspended');
  });

  async function aSuspendedSeller() {
    const middle = channel.distributor;
    const made = await world.reseller(middle, { name: 'Suspended' });
    const customer = await world.customer(made);
    const seller = await world.engine.accounts.change(world.cause(), middle.id, made.id, { status: 'suspended' });
    return { middle, seller, customer };
  }
});

describe('a retry', () => {
  // Months may lie between the order and its retry, and much may have happened to what was bought.
  test('is told the order as it was, whatever has happened to its subscription since', async () => {
    const idempotency = {
      ownerId: channel.reseller.id,
      scope: 'test',
      key: newId<'test'>(),
      requestHash: Buffer.from('x'),
    };
    const cause = { ...world.cause(), idempotency };
    const placed = await world.engine.orders.place(cause, channel.reseller.id, request());
    const [subscription] = placed.subscriptions;
    const items = [{ rateId: placed.lines[0]!.rateId, quantity: decimal('9') }];
    await world.engine.lifecycle.place(
      world.cause(),
      channel.reseller.id,
      subscription!.id,
      { command: { kind: 'change', items, cascade: false }, moment: { at: 'now' } },
      { surface: 'api' },
    );
    const again = await world.engine.orders.place(cause, channel.reseller.id, request());
    expect(again.id).toBe(placed.id);
    expect(again.subscriptions).toMatchObject([
      {
        version: 1,
        endOn: subscription!.endOn,
        updatedAt: subscription!.updatedAt,
        items: [{ quantity: decimal('2') }],
        licenses: subscription!.licenses,
      },
    ]);
  });
});

describe('what an add-on depends on', () => {
  test('is refused by name, with the lines that would mend it', async () => {
    const refused = request({ lines: [line(channel.addOn.mpn, '3')] });
    await expect(world.engine.orders.place(world.cause(), channel.reseller.id, refused)).rejects.toMatchObject({
      code: 'orders.base_missing',
      field: 'lines.0',
      message: expect.stringContaining(`(MPN ${channel.base.mpn})`) as string,
      details: { nearest_valid: { add_lines: [{ mpn: channel.base.mpn, quantity: '1' }] } },
    });
  });

  test('is added at its minimum where the surface does that, base of base included', async () => {
    const { provider } = channel;
    const plan = await world.plan(provider, {
      rates: [
        { mpn: 'TOP', prices: '1', dependsOn: ['MIDDLE'] },
        { mpn: 'MIDDLE', prices: '1', quantityMin: '2.5', dependsOn: ['BOTTOM'] },
        { mpn: 'BOTTOM', prices: '1', quantityMin: '5' },
      ],
    });
    const customer = await world.customer(provider);
    const order = await world.order(customer, [{ mpn: 'TOP', quantity: '9' }], { addMissingBases: true });
    expect(order.lines.map(({ mpn, quantity, origin }) => [mpn, formatDecimal(quantity), origin])).toEqual([
      ['TOP', '9', 'requested'],
      ['MIDDLE', '2.5', 'dependency'],
      ['BOTTOM', '5', 'dependency'],
    ]);
    expect(order.subscriptions).toHaveLength(1);
    expect(order.subscriptions[0]!.planId).toBe(plan.id);
    await expect(world.order(customer, [{ mpn: 'TOP' }])).rejects.toMatchObject({
      details: { nearest_valid: { add_lines: [{ mpn: 'MIDDLE', quantity: '2.5' }] } },
    });
  });
});

describe('tenants', () => {
  test('an order is seen by its owner and above, and is not found beside and by strangers', async () => {
    const order = await world.order(channel.customer, [{ mpn: channel.base.mpn }]);
    const { orders } = world.engine;
    for (const account of [channel.reseller, channel.distributor, channel.provider]) {
      expect((await orders.get(account.id, { id: order.id })).id).toBe(order.id);
    }
    const stranger = await world.account('provider', null);
    for (const account of [channel.sibling.reseller, stranger]) {
      await expect(orders.get(account.id, { id: order.id })).rejects.toMatchObject({ kind: 'not_found' });
      await expect(orders.get(account.id, { serial: order.serial })).rejects.toMatchObject({ kind: 'not_found' });
      expect(await orders.page({ scope: { within: account.id } }, { limit: 10 })).toEqual([]);
    }
    await expect(orders.get(channel.reseller.id, { id: newId<'order'>() })).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  test('a distributor may order for a customer of a reseller below; it is the reseller who sells', async () => {
    const wanted = request({ customer: { number: channel.customer.number } });
    const order = await world.engine.orders.place(world.cause(), channel.distributor.id, wanted);
    expect(order).toMatchObject({ ownerId: channel.reseller.id, customerId: channel.customer.id });
  });

  test('pages are newest first, and continue after the last one seen', async () => {
    const customer = await world.customer(channel.reseller);
    const placed: OrderId[] = [];
    for (let count = 0; count < 5; count += 1)
      placed.unshift((await world.order(customer, [{ mpn: channel.base.mpn }])).id);
    const filter = { scope: { ownerId: channel.reseller.id }, customerId: customer.id };
    const { orders } = world.engine;
    const first = await orders.page(filter, { limit: 2 });
    const second = await orders.page(filter, { limit: 10, after: first.at(-1)!.id });
    expect([...first, ...second].map(({ id }) => id)).toEqual(placed);
    expect((await orders.page(filter, { limit: 2, offset: 1 })).map(({ id }) => id)).toEqual(placed.slice(1, 3));
    expect(await orders.count(filter)).toBe(5);
  });
});

test('an order that was answered is there although the connection broke before its answer came', async () => {
  const { query } = world.db;
  vi.spyOn(world.db, 'query').mockImplementation(async (statement, values) => {
    const rows = await query<never>(statement, values);
    if (statement.name === 'place_orders') throw new Error('Connection terminated unexpectedly');
    return rows;
  });
  const order = await world.order(channel.customer, [{ mpn: channel.base.mpn }]);
  vi.restoreAllMocks();
  expect(formatMoney(order.charges.at(-1)!.amount)).toBe('19.8');
  expect((await world.engine.orders.get(channel.reseller.id, { id: order.id })).id).toBe(order.id);
});
