import { formatDecimal, newId, type PriceListId, type RateId } from '@tierline/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { BuiltPlan } from '../../../../test/support/world-catalog.ts';
import type { Account } from '../accounts/index.ts';
import type { NewPrice, NewPriceList, NewRule } from './index.ts';

let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let plan: BuiltPlan;
let mpn: string;
let rateId: RateId;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A channel of its own for each test: 10 from the provider, and whatever the test sets below. */
beforeEach(async () => {
  provider = await world.provider({ timeZone: 'UTC' });
  distributor = await world.distributor(provider, { timeZone: 'Pacific/Kiritimati' });
  reseller = await world.reseller(distributor, { timeZone: 'Pacific/Honolulu', buyerGroup: 'gold' });
  mpn = `MPN-${newId<'test'>()}`;
  plan = await world.plan(provider, { rates: [{ mpn, chargeTypes: ['setup', 'recurring'], prices: '10' }] });
  await world.delegate([provider, distributor, reseller], plan);
  rateId = plan.rates[mpn]!;
});

/** The recurring price on each edge down to the account's customers, `-` where there is none. */
async function pricesFor(
  account: Account,
  at?: string,
  buyer?: { id: string; buyerGroup: string | null },
): Promise<string> {
  const node = await world.engine.directory.get(account.id);
  const named = await world.engine.offers.find(node, { mpn });
  const [edges] = await world.engine.prices.of(node, named, buyer, world.cause(at === undefined ? {} : { at }).at);
  return edges!
    .map(({ byType }) => byType.recurring?.tiers.map(({ amount }) => formatDecimal(amount)).join('/') ?? '-')
    .join(' ');
}

const price = (amount: string, facts: Partial<NewPrice> = {}): NewPrice => ({
  targetId: rateId,
  targetKind: 'rate',
  chargeType: 'recurring',
  effectiveFrom: '2026-01-01',
  tiers: [{ lowerLimit: '0', amount }],
  ...facts,
});

async function setPrices(account: Account, listId: PriceListId, ...prices: readonly NewPrice[]) {
  const node = await world.engine.directory.get(account.id);
  return world.engine.pricing.setPrices(world.cause(), node, listId, prices);
}

const plainRule: NewRule = {
  scope: 'all',
  scopeId: null,
  chargeType: null,
  percent: '10',
  amount: '0',
  decimals: null,
  effectiveFrom: '2026-01-01',
};

test('the price on one edge is the cost on the next, and a change is seen by the next question', async () => {
  expect(await pricesFor(reseller)).toBe('10 - -');
  await world.priceList(distributor, { markup: '20' });
  expect(await pricesFor(reseller)).toBe('10 12 -');
  await world.priceList(reseller, { markup: '50' });
  expect(await pricesFor(reseller)).toBe('10 12 18');
  await world.priceList(provider, { prices: { [mpn]: '11' } });
  expect(await pricesFor(reseller)).toBe('11 13.2 19.8');
  expect(await pricesFor(distributor)).toBe('11 13.2');
});

describe('dates are those of the seller of the edge', () => {
  /** Noon in UTC on March 2: already March 3 in Kiritimati (+14), still March 2 in Honolulu (-10). */
  const noon = '2026-03-02T12:00:00Z';

  test('a list from tomorrow on applies tomorrow where the seller is', async () => {
    await world.priceList(distributor, { name: 'Now', prices: { [mpn]: '12' } });
    await world.priceList(distributor, { name: 'Later', effectiveFrom: '2026-03-04', prices: { [mpn]: '13' } });
    expect(await pricesFor(reseller, noon)).toBe('10 12 -');
    expect(await pricesFor(reseller, '2026-03-03T09:59:59Z')).toBe('10 12 -');
    expect(await pricesFor(reseller, '2026-03-03T10:00:00Z')).toBe('10 13 -');
  });

  test('a price from a day on applies on that day, each edge for itself', async () => {
    const lists = [await world.priceList(distributor), await world.priceList(reseller)];
    for (const [account, list] of [
      [distributor, lists[0]!],
      [reseller, lists[1]!],
    ] as const) {
      await setPrices(account, list.id, price('20'), price('30', { effectiveFrom: '2026-03-03' }));
    }
    expect(await pricesFor(reseller, noon)).toBe('10 30 20');
    expect(await pricesFor(reseller, '2026-03-02T09:59:59Z')).toBe('10 20 20');
    expect(await pricesFor(reseller, '2026-03-03T10:00:00Z')).toBe('10 30 30');
  });

  test('a list that has ended applies no more', async () => {
    const facts = { effectiveFrom: '2026-01-01', effectiveTo: '2026-03-03' };
    await world.priceList(reseller, { ...facts, name: 'Ends', prices: { [mpn]: '5' } });
    expect(await pricesFor(reseller, '2026-03-03T09:59:59Z')).toBe('10 - 5');
    expect(await pricesFor(reseller, '2026-03-03T10:00:00Z')).toBe('10 - -');
  });
});

test('the buyer before its group before all, for accounts and for customers', async () => {
  await world.priceList(distributor, { name: 'All', prices: { [mpn]: '12' } });
  expect(await pricesFor(reseller)).toBe('10 12 -');
  await world.priceList(distributor, { name: 'Gold', buyerGroup: 'gold', prices: { [mpn]: '11.5' } });
  expect(await pricesFor(reseller)).toBe('10 11.5 -');
  await world.priceList(distributor, { name: 'Own', buyerId: reseller.id, prices: { [mpn]: '11.25' } });
  expect(await pricesFor(reseller)).toBe('10 11.25 -');
  const customer = await world.customer(reseller, { buyerGroup: 'vip' });
  await world.priceList(reseller, { name: 'All', prices: { [mpn]: '20' } });
  await world.priceList(reseller, { name: 'Vip', buyerGroup: 'vip', prices: { [mpn]: '19' } });
  expect(await pricesFor(reseller)).toBe('10 11.25 20');
  expect(await pricesFor(reseller, undefined, customer)).toBe('10 11.25 19');
  await world.priceList(reseller, { name: 'One', buyerId: customer.id, prices: { [mpn]: '18' } });
  expect(await pricesFor(reseller, undefined, customer)).toBe('10 11.25 18');
  expect((await world.order(customer, [{ mpn }])).total).toBe('18');
});

test('new tiers replace those that were there, and no others', async () => {
  const list = await world.priceList(reseller);
  const tiers = (...pairs: readonly (readonly [string, string])[]) => ({
    tiers: pairs.map(([lowerLimit, amount]) => ({ lowerLimit, amount })),
  });
  await setPrices(
    reseller,
    list.id,
    price('', tiers(['0', '9'], ['10', '8'], ['20', '7'])),
    price('1', { chargeType: 'setup' }),
  );
  expect(await pricesFor(reseller)).toBe('10 - 9/8/7');
  await setPrices(reseller, list.id, price('', tiers(['0.0', '9'], ['15', '6'])));
  expect(await pricesFor(reseller)).toBe('10 - 9/6');
  const rows = await world.engine.pricing.entries(list.id, { limit: 10 });
  expect(rows.map(({ chargeType, lowerLimit, amount }) => `${chargeType} ${Number(lowerLimit)} ${amount}`)).toEqual([
    'recurring 0 9',
    'recurring 15 6',
    'setup 0 1',
  ]);
});

describe('why a price', () => {
  test('names every decision from the provider down', async () => {
    const list = await world.priceList(distributor, { markup: { percent: '20', decimals: null } });
    await world.priceList(reseller, { name: 'Shop', prices: { [mpn]: '11.999' } });
    const node = await world.engine.directory.get(reseller.id);
    const [named] = await world.engine.offers.find(node, { mpn });
    const steps = await world.engine.pricing.explain(node, named!, undefined, world.cause().at);
    expect(
      steps.map(({ sellerName, buyerId, tiers, source, belowCost }) => ({
        sellerName,
        buyerId,
        tiers,
        kind: source.kind,
        belowCost,
      })),
    ).toEqual([
      {
        sellerName: provider.name,
        buyerId: distributor.id,
        tiers: [{ lowerLimit: '0', amount: '10' }],
        kind: 'explicit',
        belowCost: false,
      },
      {
        sellerName: distributor.name,
        buyerId: reseller.id,
        tiers: [{ lowerLimit: '0', amount: '12' }],
        kind: 'rule',
        belowCost: false,
      },
      {
        sellerName: reseller.name,
        buyerId: null,
        tiers: [{ lowerLimit: '0', amount: '11.999' }],
        kind: 'explicit',
        belowCost: true,
      },
    ]);
    expect(steps[1]!.source).toMatchObject({ priceListId: list.id, scope: 'all', percent: '20' });
  });
});

describe('the floor', () => {
  test.each([
    [
      'the account itself',
      () => world.engine.accounts.change(world.cause(), distributor.id, reseller.id, { priceFloor: 'cost' }),
    ],
    ['who delegated the plan', () => world.delegate([distributor, reseller], plan, { priceFloor: 'cost' })],
  ])('set by %s forbids a price below cost', async (_, setFloor) => {
    await world.priceList(distributor, {
      prices: {
        [mpn]: [
          ['0', '12'],
          ['100', '8'],
        ],
      },
    });
    const list = await world.priceList(reseller);
    await setPrices(reseller, list.id, price('11.99'));
    await setFloor();
    const refuse = (wanted: NewPrice) =>
      expect(setPrices(reseller, list.id, wanted)).rejects.toMatchObject({
        kind: 'invalid',
        reasons: [{ code: 'pricing.below_floor', field: 'prices.0.tiers' }],
      });
    await refuse(price('11.999999'));
    // Above the lowest cost, but below it where it counts.
    await refuse(
      price('', {
        tiers: [
          { lowerLimit: '0', amount: '12' },
          { lowerLimit: '50', amount: '9' },
        ],
      }),
    );
    // What was set before can't be sold at any more.
    const customer = await world.customer(reseller);
    await expect(world.order(customer, [{ mpn }])).rejects.toMatchObject({ code: 'orders.below_floor' });
    await setPrices(
      reseller,
      list.id,
      price('', {
        tiers: [
          { lowerLimit: '0', amount: '12' },
          { lowerLimit: '100', amount: '8' },
        ],
      }),
    );
    expect((await world.order(customer, [{ mpn }])).total).toBe('12');
  });

  test('without one a price may be below cost', async () => {
    await world.priceList(distributor, { prices: { [mpn]: '12' } });
    await world.priceList(reseller, { prices: { [mpn]: '1' } });
    expect((await world.order(await world.customer(reseller), [{ mpn }])).total).toBe('1');
  });
});

describe('refused, with nothing stored', () => {
  const refused = (work: () => Promise<unknown>) => refusalOf(world.db, work);
  const list = (facts: Partial<NewPriceList>) =>
    world.engine.pricing.createList(world.cause(), reseller, {
      name: 'List',
      currency: 'USD',
      audience: 'global',
      buyerGroup: null,
      buyerId: null,
      effectiveFrom: '2026-01-01',
      effectiveTo: null,
      ...facts,
    });

  test('a list that can be no list, for all reasons at once', async () => {
    expect(
      await refused(() =>
        list({ currency: 'XXX', audience: 'group', buyerId: reseller.id, effectiveTo: '2026-01-01' }),
      ),
    ).toMatchObject({
      stored: [],
      error: {
        kind: 'invalid',
        reasons: [
          { field: 'currency', code: 'pricing.unknown_currency' },
          { field: 'buyer_group', code: 'pricing.audience_unclear' },
          { field: 'buyer_id', code: 'pricing.audience_unclear' },
          { field: 'effective_to', code: 'pricing.never_effective' },
        ],
      },
    });
  });

  test('a list for somebody who does not buy here', async () => {
    const theirs = await world.customer(distributor);
    for (const buyerId of [theirs.id, provider.id, distributor.id, reseller.id, newId<'account'>()]) {
      expect(await refused(() => list({ audience: 'buyer', buyerId }))).toMatchObject({
        stored: [],
        error: { code: 'buyers.not_found', field: 'buyer_id' },
      });
    }
  });

  test('a second list of the same name', async () => {
    await list({});
    expect(await refused(() => list({}))).toMatchObject({
      stored: [],
      error: { code: 'pricing.list_exists', kind: 'conflict' },
    });
  });

  test('a rule that can be no rule', async () => {
    const { id } = await world.priceList(reseller);
    const rule = { ...plainRule, scopeId: rateId, percent: '-100.1', amount: 'x', decimals: 13 };
    expect(await refused(() => world.engine.pricing.addRule(world.cause(), reseller, id, rule))).toMatchObject({
      stored: [],
      error: {
        kind: 'invalid',
        reasons: [{ field: 'scope_id' }, { field: 'percent' }, { field: 'amount' }, { field: 'decimals' }],
      },
    });
  });

  test('prices that can be no prices, for all reasons at once', async () => {
    const { id } = await world.priceList(reseller);
    const tiers = (...limits: readonly string[]) => ({
      tiers: limits.map((lowerLimit) => ({ lowerLimit, amount: '1' })),
    });
    const work = () =>
      setPrices(
        reseller,
        id,
        price('-1'),
        price('1'),
        price('1e3', { chargeType: 'setup' }),
        price('', { effectiveFrom: '2026-02-01', ...tiers('5') }),
        price('', { effectiveFrom: '2026-02-02', ...tiers('0', '5', '5.0') }),
        price('', { effectiveFrom: '2026-02-03', ...tiers() }),
      );
    expect(await refused(work)).toMatchObject({
      stored: [],
      error: {
        kind: 'invalid',
        reasons: [
          { field: 'prices.0.tiers', code: 'pricing.invalid_amount' },
          { field: 'prices.1', code: 'pricing.price_repeated' },
          { field: 'prices.2.tiers', code: 'pricing.invalid_amount' },
          { field: 'prices.3.tiers', code: 'pricing.tiers_incomplete' },
          { field: 'prices.4.tiers', code: 'pricing.tiers_incomplete' },
          { field: 'prices.5.tiers', code: 'pricing.tiers_incomplete' },
        ],
      },
    });
  });

  test('a price of a rate that the account does not sell', async () => {
    const { id } = await world.priceList(reseller);
    expect(await refused(() => setPrices(reseller, id, price('5', { targetId: newId<'rate'>() })))).toMatchObject({
      stored: [],
      error: {
        reasons: [{ code: 'pricing.unknown_rate', field: 'prices.0.target_id' }],
      },
    });
  });

  test('prices and rules in a list of somebody else', async () => {
    const { id } = await world.priceList(distributor);
    expect(await refused(() => setPrices(reseller, id, price('5')))).toMatchObject({
      stored: [],
      error: { code: 'price_lists.not_found' },
    });
    expect(await refused(() => world.engine.pricing.addRule(world.cause(), reseller, id, plainRule))).toMatchObject({
      stored: [],
      error: {
        code: 'price_lists.not_found',
      },
    });
  });
});

test('of concurrent changes of one list none is lost in silence', async () => {
  const list = await world.priceList(reseller);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, index) => setPrices(reseller, list.id, price(String(20 + index)))),
  );
  const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'price_lists.version_mismatch' });
  }
  expect((await world.engine.pricing.ownList(reseller, list.id)).version).toBe(1 + done);
});
