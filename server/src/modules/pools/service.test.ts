import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { Product } from '../catalog/index.ts';
import { statusOf, type PoolSettings } from './pool.ts';

let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let stranger: Account;
let product: Product;
beforeAll(async () => {
  world = await openWorld();
  provider = await world.provider();
  distributor = await world.distributor(provider);
  reseller = await world.reseller(distributor);
  stranger = await world.account('provider', null, { name: 'Stranger' });
});
beforeEach(async () => {
  product = await world.product(provider);
});
afterAll(() => world.close());

const wanted = (units: bigint, licenseVersion: 'full' | 'trial' = 'full') => ({
  productId: product.id,
  licenseVersion,
  units,
});
const mint = (units: bigint) => world.engine.pools.mint(world.cause(), provider, wanted(units));
const assign = (seller: Account, buyer: Account, units: bigint) =>
  world.engine.pools.assign(world.cause(), seller, buyer.id, wanted(units));

async function available(account: Account): Promise<bigint> {
  const pools = await world.engine.pools.list(account.id);
  return pools
    .filter((pool) => pool.productId === product.id && pool.licenseVersion === 'full')
    .reduce((sum, pool) => sum + BigInt(pool.available), 0n);
}

test('units move down level by level, and their sum stays', async () => {
  await mint(100n);
  await assign(provider, distributor, 60n);
  await assign(distributor, reseller, 25n);
  expect([await available(provider), await available(distributor), await available(reseller)]).toEqual([40n, 35n, 25n]);
});

/** More takers than units, all at once: every unit is handed out once, and nobody gets one that is not there. */
test('1,000 at once from a pool of 500 are exactly 500', async () => {
  await mint(500n);
  const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => assign(provider, distributor, 1n)));
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  expect(outcomes.length - refused.length).toBe(500);
  for (const reason of refused) expect(reason).toMatchObject({ code: 'pools.exhausted', kind: 'conflict' });
  expect([await available(provider), await available(distributor)]).toEqual([0n, 500n]);
});

test('units that pass through several levels at once are conserved', async () => {
  await mint(300n);
  await Promise.allSettled([
    ...Array.from({ length: 60 }, () => assign(provider, distributor, 3n)),
    ...Array.from({ length: 60 }, () => assign(distributor, reseller, 2n)),
    ...Array.from({ length: 10 }, () => mint(1n)),
  ]);
  const pools = [await available(provider), await available(distributor), await available(reseller)];
  expect(pools.reduce((sum, units) => sum + units)).toBe(310n);
  expect(pools.every((units) => units >= 0n)).toBe(true);
});

describe('refused, with nothing changed', () => {
  const refused = (work: () => Promise<unknown>) => refusalOf(world.db, work);

  test('more than there are', async () => {
    await mint(10n);
    expect(await refused(() => assign(provider, distributor, 11n))).toMatchObject({
      stored: [],
      error: { code: 'pools.exhausted', field: 'units' },
    });
    expect([await available(provider), await available(distributor)]).toEqual([10n, 0n]);
  });

  test.each([0n, -1n, 1_000_000_001n])('%s units', async (units) => {
    await mint(10n);
    expect(await refused(() => assign(provider, distributor, units))).toMatchObject({
      stored: [],
      error: { code: 'pools.units_out_of_bounds', field: 'units' },
    });
    expect(await refused(() => mint(units))).toMatchObject({
      stored: [],
      error: { code: 'pools.units_out_of_bounds' },
    });
  });

  test('to an account that is not directly below', async () => {
    await mint(10n);
    for (const buyer of [reseller, stranger, provider]) {
      expect(await refused(() => assign(provider, buyer, 1n))).toMatchObject({
        stored: [],
        error: { code: 'accounts.not_found', field: 'account_id' },
      });
    }
  });

  test('of a product of another installation, or of none', async () => {
    const unknown = { code: 'products.not_found', field: 'product_id' };
    const { pools } = world.engine;
    expect(await refused(() => pools.mint(world.cause(), stranger, wanted(5n)))).toMatchObject({
      stored: [],
      error: unknown,
    });
    expect(
      await refused(() => pools.mint(world.cause(), provider, { ...wanted(5n), productId: newId<'product'>() })),
    ).toMatchObject({ stored: [], error: unknown });
  });
});

test('trial and full are two pools', async () => {
  await world.engine.pools.mint(world.cause(), provider, wanted(5n, 'trial'));
  await expect(assign(provider, distributor, 1n)).rejects.toMatchObject({ code: 'pools.exhausted' });
});

test('a retry moves nothing twice, and gets the same answer when the pool is empty by then', async () => {
  await mint(5n);
  const once = () =>
    world.engine.pools.assign(
      world.cause({ key: `assign-${product.id}`, owner: provider.id }),
      provider,
      distributor.id,
      wanted(5n),
    );
  const first = await once();
  expect(await once()).toEqual(first);
  expect([await available(provider), await available(distributor)]).toEqual([0n, 5n]);
});

describe('a refill', () => {
  const name = () => ({ productId: product.id, licenseVersion: 'full' }) as const;
  const set = (by: Account, of: Account, settings: PoolSettings) =>
    world.engine.pools.set(world.cause(), by, { ...name(), accountId: of.id }, settings);
  const refill = (of: Account) => world.engine.pools.refill(world.cause(), of, name());
  const poolOf = async (of: Account) =>
    (await world.engine.pools.list(of.id)).find((one) => one.productId === product.id);
  const refilledOf = async (of: Account) =>
    (
      await world.db.kysely
        .selectFrom('events')
        .select('data')
        .where('owner_id', '=', of.id)
        .where('subject_id', '=', product.id)
        .where('type', '=', 'pool.refilled')
        .orderBy('id')
        .execute()
    ).map(({ data }) => data);

  // LMPI reference, part 2, 7.6: each refill of a T1 adds 500 seats.
  test('at the root and, where it is allowed, at tier one adds a step of 500', async () => {
    expect(await refill(provider)).toMatchObject({ units: '500' });
    await expect(refill(distributor)).rejects.toMatchObject({ code: 'pools.refill_not_allowed', kind: 'forbidden' });
    await set(provider, distributor, { mayRefill: true });
    expect(await refill(distributor)).toMatchObject({ accountId: distributor.id, units: '500' });
    await set(provider, distributor, { refillStep: 40n });
    await refill(distributor);
    expect([await available(provider), await available(distributor)]).toEqual([500n, 540n]);
    expect(await refilledOf(distributor)).toMatchObject([
      { units: '500', why: 'step' },
      { units: '40', why: 'step' },
    ]);
  });

  // LMPI reference, part 2, 7.6: T2, if the T1 allows it, sets the stock to its maximum.
  test('below tier one goes up to the maximum, out of the pool of the parent', async () => {
    await mint(100n);
    await assign(provider, distributor, 30n);
    await assign(distributor, reseller, 5n);
    await expect(refill(reseller)).rejects.toMatchObject({ code: 'pools.refill_not_allowed' });
    await set(distributor, reseller, { mayRefill: true, maximum: 20n });
    expect(await refill(reseller)).toMatchObject({ units: '15' });
    expect([await available(distributor), await available(reseller)]).toEqual([10n, 20n]);
    await expect(refill(reseller)).rejects.toMatchObject({ code: 'pools.full', kind: 'conflict' });
    await set(distributor, reseller, { maximum: 31n });
    await expect(refill(reseller)).rejects.toMatchObject({ code: 'pools.exhausted', field: 'units' });
    expect([await available(distributor), await available(reseller)]).toEqual([10n, 20n]);
  });

  test('by many at once goes up to the maximum and not beyond', async () => {
    await mint(100n);
    await assign(provider, distributor, 100n);
    await set(distributor, reseller, { mayRefill: true, maximum: 20n });
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => refill(reseller)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect([await available(distributor), await available(reseller)]).toEqual([80n, 20n]);
  });

  // LMPI reference, part 2, 7.6: when stock falls below the threshold, 1.5 times that number is issued; 0 turns it off.
  test('by itself issues one and a half times the threshold when fewer are left, as often as it takes', async () => {
    await mint(100n);
    await assign(provider, distributor, 100n);
    await set(provider, distributor, { mayRefill: true });
    await set(distributor, distributor, { autoRefillBelow: 50n });
    await assign(distributor, reseller, 50n);
    expect(await available(distributor)).toBe(50n);
    await assign(distributor, reseller, 1n);
    expect(await available(distributor)).toBe(124n);
    await assign(distributor, reseller, 300n);
    expect(await available(distributor)).toBe(124n - 300n + 4n * 75n);
    expect(await refilledOf(distributor)).toMatchObject([
      { units: '75', why: 'automatic' },
      { units: '300', why: 'automatic' },
    ]);
    await set(distributor, distributor, { autoRefillBelow: 0n });
    await expect(assign(distributor, reseller, 125n)).rejects.toMatchObject({ code: 'pools.exhausted' });
  });

  test('that is not allowed any more does not happen by itself either', async () => {
    await set(provider, distributor, { mayRefill: true });
    await set(distributor, distributor, { autoRefillBelow: 5n });
    await set(provider, distributor, { mayRefill: false });
    expect(await poolOf(distributor)).toMatchObject({ autoRefillBelow: '0', available: '0' });
    await expect(set(distributor, distributor, { autoRefillBelow: 5n })).rejects.toMatchObject({
      code: 'pools.refill_not_allowed',
      field: 'auto_refill_below',
    });
  });

  test.each([
    ['its own permission', 'distributor', { mayRefill: true }, 'may_refill'],
    ['its own maximum', 'reseller', { maximum: 5n }, 'maximum'],
    ['its own step', 'distributor', { refillStep: 5n }, 'refill_step'],
    ['a threshold below tier one', 'reseller', { autoRefillBelow: 5n }, 'auto_refill_below'],
  ] as const)('nobody sets %s', async (_, who, settings, field) => {
    const account = who === 'reseller' ? reseller : distributor;
    const { error, stored } = await refusalOf(world.db, () => set(account, account, settings));
    expect([error, stored]).toMatchObject([{ kind: 'invalid', field }, []]);
  });

  test("a parent sets neither a child's minimum nor its threshold, and nobody sets anything of a stranger's", async () => {
    for (const settings of [{ minimum: 1n }, { autoRefillBelow: 1n }])
      await expect(set(provider, distributor, settings)).rejects.toMatchObject({
        kind: 'invalid',
        code: 'pools.setting',
      });
    for (const [by, of] of [
      [provider, reseller],
      [distributor, stranger],
      [reseller, distributor],
    ] as const)
      await expect(set(by, of, { mayRefill: true })).rejects.toMatchObject({
        code: 'accounts.not_found',
        field: 'account_id',
      });
  });

  test('a pool below its minimum is low; nothing else follows', async () => {
    await mint(3n);
    expect(statusOf(await set(provider, provider, { minimum: 4n }))).toBe('low');
    expect(statusOf(await set(provider, provider, { minimum: 3n }))).toBe('ok');
    await assign(provider, distributor, 3n);
  });
});
