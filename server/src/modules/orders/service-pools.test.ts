import { decimal, isTierlineError } from '@tierline/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkUnits, poolChannel, type PoolChannel } from '../../../../test/support/pool-channel.ts';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { SalesRequest } from './request.ts';

let world: World;
let channel: PoolChannel;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
beforeEach(async () => {
  channel = await poolChannel(world);
});
afterEach(() => checkUnits(world));
afterAll(() => world.close());

const request = (lines: readonly (readonly [mpn: string, quantity: string])[]): SalesRequest => ({
  customer: { id: channel.customer.id },
  lines: lines.map(([mpn, quantity]) => ({ name: { mpn }, quantity: decimal(quantity) })),
  poNumber: null,
  attributes: null,
  surface: 'api',
  addMissingBases: false,
});
const place = (wanted: SalesRequest, cause = world.cause()) =>
  world.engine.orders.place(cause, channel.reseller.id, wanted);
const preview = (wanted: SalesRequest, within = channel.reseller.id) =>
  world.engine.orders.preview(world.cause(), within, wanted);

test('a sale takes its units from the pool of the account that made the plan, whoever sells it', async () => {
  await channel.plan({ mpn: 'OWN' });
  await channel.fill(10n);
  await channel.sell('OWN', '4');
  expect(await channel.left()).toBe(6);
  expect(await world.engine.pools.list(channel.reseller.id)).toEqual([]);
});

test('a plan that draws on none takes none, and trials draw on the pool of trials', async () => {
  await channel.plan({ mpn: 'NONE', terms: { licensePool: 'none' } });
  await channel.plan({ mpn: 'TRY', terms: { licenseVersion: 'trial' } });
  await channel.fill(3n);
  await channel.fill(3n, channel.product, 'trial');
  await channel.sell('NONE', '100');
  await channel.sell('TRY', '2');
  expect(await channel.left()).toBe(3);
  expect(await channel.pool(channel.product, channel.msp, 'trial')).toMatchObject({ available: '1' });
});

test('of a suite the units are those of the suite, not of its parts', async () => {
  const part = channel.product;
  const suite = await world.product(channel.provider, { vendorId: part.vendorId, type: 'suite', parts: [part.id] });
  await channel.plan({ mpn: 'SUITE', product: suite });
  await channel.fill(5n);
  await channel.fill(5n, suite);
  await channel.sell('SUITE', '2');
  expect([await channel.left(), await channel.left(suite)]).toEqual([5, 3]);
});

test('add-ons take no units, and a part of a unit takes a whole one', async () => {
  const { msp, reseller, product } = channel;
  const plan = await world.plan(msp, {
    product,
    rates: [
      { mpn: 'BASE', quantityMin: '0.5' },
      { mpn: 'MORE', dependsOn: ['BASE'] },
    ],
    terms: { pricing: 'free', licensePool: 'owner' },
  });
  await world.delegate([msp, reseller], plan);
  await channel.fill(10n);
  await place(
    request([
      ['BASE', '2.5'],
      ['MORE', '9'],
    ]),
  );
  expect(await channel.left()).toBe(7);
});

describe('refused, with nothing stored, and in a preview just so', () => {
  const exhausted = (index = 0) => ({ code: 'pools.exhausted', kind: 'conflict', field: `lines.${index}.quantity` });
  async function refused(wanted: SalesRequest) {
    const previewed = await preview(wanted).catch((error: unknown) => error);
    const { error, stored } = await refusalOf(world.db, () => place(wanted));
    expect(stored).toEqual([]);
    expect(error).toEqual(previewed);
    return error;
  }

  test('more than there are, down to the unit', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(10n);
    expect(await refused(request([['OWN', '11']]))).toMatchObject(exhausted());
    await place(request([['OWN', '10']]));
    expect(await refused(request([['OWN', '1']]))).toMatchObject(exhausted());
  });

  test('from a pool that does not exist', async () => {
    await channel.plan({ mpn: 'OWN' });
    expect(await refused(request([['OWN', '1']]))).toMatchObject(exhausted());
  });

  test('all of an order of which one line is short, named by that line', async () => {
    const other = await world.product(channel.provider, { vendorId: channel.product.vendorId });
    await channel.plan({ mpn: 'OWN' });
    await channel.plan({ mpn: 'OTHER', product: other });
    await channel.fill(10n);
    await channel.fill(1n, other);
    const error = await refused(
      request([
        ['OWN', '5'],
        ['OTHER', '2'],
      ]),
    );
    expect(error).toMatchObject({ ...exhausted(1), reasons: [{ field: 'lines.1.quantity' }] });
  });

  test('two lines that together take more than there are', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.plan({ mpn: 'OWN-2' });
    await channel.fill(10n);
    const error = await refused(
      request([
        ['OWN', '6'],
        ['OWN-2', '5'],
      ]),
    );
    expect(error).toMatchObject({ reasons: [exhausted(0), exhausted(1)].map(({ code, field }) => ({ code, field })) });
  });
});

test('a preview tells the owner of a pool that few are left; those who sell its plans are not told', async () => {
  await channel.plan({ mpn: 'OWN' });
  await channel.fill(10n);
  const of = { accountId: channel.msp.id, productId: channel.product.id, licenseVersion: 'full' } as const;
  await world.engine.pools.set(world.cause(), channel.msp, of, { minimum: 6n });
  const warnings = async (quantity: string, within = channel.msp.id) =>
    (await preview(request([['OWN', quantity]]), within)).warnings ?? [];
  expect(await warnings('4')).toEqual([]);
  expect(await warnings('5')).toMatchObject([{ code: 'pools.low' }]);
  expect(await warnings('5', channel.reseller.id)).toEqual([]);
});

describe('many at once', () => {
  // Stock is handed out to the unit, however many take it at a time, and nobody is refused while there is some.
  test('1,000 provisions on a pool of 500 are exactly 500', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(500n);
    const customers = await Promise.all(Array.from({ length: 4 }, () => world.customer(channel.reseller)));
    const all = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, index) => channel.sell('OWN', '1', { to: customers[index % 4]! })),
    );
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(all.length - refused.length).toBe(500);
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'pools.exhausted', kind: 'conflict', field: 'lines.0.quantity' });
    }
    expect(await channel.left()).toBe(0);
  });

  test('retries take nothing twice, and get their answer also when nothing is left', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(50n);
    const key = (index: number) => world.cause({ key: `${channel.msp.id}/${index}`, owner: channel.provider.id });
    const times = <Result>(work: (index: number) => Promise<Result>) =>
      Promise.allSettled(Array.from({ length: 100 }, (_, index) => work(index)));
    const twice = await Promise.all(
      [1, 2].map(() => times((index) => channel.sell('OWN', '1', { cause: key(index) }))),
    );
    const [first = [], second = []] = twice;
    for (const one of twice.flat())
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'pools.exhausted' });
    expect(await channel.left()).toBe(0);
    expect(await channel.left()).toBe(0);
    const again = await times((index) => channel.sell('OWN', '1', { cause: key(index) }));
    const orderOf = (one: (typeof first)[number] | undefined) =>
      one?.status === 'fulfilled' ? one.value.id : 'refused';
    expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    for (const [index, one] of again.entries()) {
      const answers = [orderOf(first[index]), orderOf(second[index])].filter((answer) => answer !== 'refused');
      for (const answer of answers) expect(orderOf(one)).toBe(answer);
    }
    expect(await channel.left()).toBe(0);
  });

  test('one that wants too much does not keep out others of its batch that have enough', async () => {
    await channel.plan({ mpn: 'OWN' });
    await channel.fill(10n);
    const wanted = ['9', '9', '1', '8', '1', '1'];
    const all = await Promise.allSettled(wanted.map((quantity) => channel.sell('OWN', quantity)));
    const taken = all.reduce((sum, one, index) => sum + (one.status === 'fulfilled' ? Number(wanted[index]) : 0), 0);
    expect(taken).toBeLessThanOrEqual(10);
    // Whoever was refused would be refused alone, too.
    for (const [index, { status }] of all.entries())
      if (status === 'rejected') expect(Number(wanted[index])).toBeGreaterThan(10 - taken);
    expect(await channel.left()).toBe(10 - taken);
  });

  test('orders over two pools in both directions neither wait for each other for ever nor take too much', async () => {
    const other = await world.product(channel.provider, { vendorId: channel.product.vendorId });
    await channel.plan({ mpn: 'OWN' });
    await channel.plan({ mpn: 'OTHER', product: other });
    await channel.fill(60n);
    await channel.fill(40n, other);
    const all = await Promise.allSettled(
      Array.from({ length: 120 }, (_, index) =>
        place(
          request(
            index % 2 === 0
              ? [
                  ['OWN', '1'],
                  ['OTHER', '1'],
                ]
              : [
                  ['OTHER', '1'],
                  ['OWN', '1'],
                ],
          ),
        ),
      ),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(40);
    for (const one of all) if (one.status === 'rejected') expect(isTierlineError(one.reason)).toBe(true);
    expect([await channel.left(), await channel.left(other)]).toEqual([20, 0]);
  });
});
