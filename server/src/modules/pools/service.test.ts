import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { Product } from '../catalog/index.ts';

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
