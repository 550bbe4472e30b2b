import { formatDecimal, newId } from '@tierline/kernel';
import { afterAll, expect, test } from 'vitest';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { PriceListChange } from './service.ts';

const world = await openWorld();
afterAll(() => world.close());
const provider = await world.provider({ timeZone: 'UTC' });
const distributor = await world.distributor(provider, { timeZone: 'Pacific/Kiritimati' });
const reseller = await world.reseller(distributor);
const mpn = `MPN-${newId<'test'>()}`;
const plan = await world.plan(provider, { rates: [{ mpn, prices: '10' }] });
await world.delegate([provider, distributor], plan);
const { pricing, prices, offers, directory } = world.engine;

test('a list counts no more from the day on which it is said to end, until it is said to go on', async () => {
  const { id } = await world.priceList(distributor, { prices: { [mpn]: '12' } });
  const change = (effectiveTo: string | null) => pricing.changeList(world.cause(), distributor, id, { effectiveTo });
  const on = async (at: string): Promise<string | undefined> => {
    const node = await directory.get(distributor.id);
    const [edges] = await prices.of(node, await offers.find(node, { mpn }), undefined, world.cause({ at }).at);
    const price = edges?.at(-1)?.byType.recurring;
    return price?.tiers.map(({ amount }) => formatDecimal(amount)).join('/');
  };
  expect(await change('2026-06-01')).toMatchObject({ effectiveTo: '2026-06-01', version: 3 });
  // The distributor's June begins in Kiritimati, fourteen hours before that of UTC.
  expect([await on('2026-05-31T09:59:59Z'), await on('2026-05-31T10:00:00Z')]).toEqual(['12', undefined]);
  await change(null);
  expect(await on('2026-05-31T10:00:00Z')).toBe('12');
});

test('a change of a list that would make it no list, of a name that is taken, or for another version', async () => {
  await world.priceList(reseller, { name: 'Taken' });
  const { id } = await world.priceList(reseller, { name: 'Mine', effectiveFrom: '2026-05-01' });
  const change = (wanted: PriceListChange, by: Account = reseller) =>
    refusalOf(world.db, () => pricing.changeList(world.cause(), by, id, wanted));
  const nothing = { stored: [] };
  expect(await change({ effectiveTo: '2026-05-01' })).toMatchObject({
    ...nothing,
    error: { code: 'pricing.never_effective', field: 'effective_to' },
  });
  expect(await change({ name: 'Taken' })).toMatchObject({
    ...nothing,
    error: { code: 'pricing.list_exists', field: 'name' },
  });
  expect(await change({ name: 'New', expectedVersion: 2 })).toMatchObject({
    ...nothing,
    error: { code: 'price_lists.version_mismatch', details: { current_version: 1 } },
  });
  expect(await change({ name: 'New' }, distributor)).toMatchObject({
    ...nothing,
    error: { code: 'price_lists.not_found' },
  });
});
