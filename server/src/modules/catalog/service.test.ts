import { newId, type AccountId, type PlanId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';

let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let sibling: Account;
let stranger: Account;
beforeAll(async () => {
  world = await openWorld();
  provider = await world.provider();
  distributor = await world.distributor(provider);
  reseller = await world.reseller(distributor);
  sibling = await world.reseller(distributor, { name: 'Sibling' });
  stranger = await world.account('provider', null, { name: 'Stranger' });
});
afterAll(() => world.close());

/** The plans that an account may sell, of those given. */
async function offered(account: Account, ...plans: readonly { id: PlanId }[]): Promise<boolean[]> {
  const { byPlan } = await world.engine.offers.offering(await world.engine.directory.get(account.id));
  return plans.map(({ id }) => byPlan.has(id));
}

const aPlan = (maker: Account = provider) => world.plan(maker, { rates: [{ mpn: `MPN-${newId<'test'>()}` }] });

describe('delegation goes level by level', () => {
  test('a plan is seen from its maker down to the last who was given it, and by nobody beside', async () => {
    const plan = await aPlan();
    const all = () =>
      Promise.all([provider, distributor, reseller, sibling, stranger].map((account) => offered(account, plan)));
    expect((await all()).flat()).toEqual([true, false, false, false, false]);
    await world.delegate([provider, distributor], plan);
    expect((await all()).flat()).toEqual([true, true, false, false, false]);
    await world.delegate([distributor, reseller], plan);
    expect((await all()).flat()).toEqual([true, true, true, false, false]);
  });

  test('taken back in the middle it is hidden from all below, and back when it is given again', async () => {
    const plan = await aPlan();
    await world.delegate([provider, distributor, reseller], plan);
    await world.delegate([provider, distributor], plan, { status: 'revoked' });
    expect([await offered(distributor, plan), await offered(reseller, plan)]).toEqual([[false], [false]]);
    await expect(world.delegate([distributor, sibling], plan)).rejects.toMatchObject({ code: 'plans.not_found' });
    await world.delegate([provider, distributor], plan);
    expect([await offered(distributor, plan), await offered(reseller, plan)]).toEqual([[true], [true]]);
  });

  test('a plan of the middle is not seen above', async () => {
    const plan = await aPlan(distributor);
    await world.delegate([distributor, reseller], plan);
    expect(
      await Promise.all([provider, distributor, reseller, sibling].map((account) => offered(account, plan))),
    ).toEqual([[false], [true], [true], [false]]);
  });

  test('only to an account directly below, and only what one has', async () => {
    const plan = await aPlan();
    const { catalog } = world.engine;
    const delegate = (seller: Account, buyer: AccountId, planId: PlanId) =>
      catalog.delegate(world.cause(), seller, buyer, planId, {});
    const foreign = await aPlan(stranger);
    const refusals = [
      [provider, reseller.id, plan.id, 'accounts.not_found'],
      [provider, stranger.id, plan.id, 'accounts.not_found'],
      [provider, newId<'account'>(), plan.id, 'accounts.not_found'],
      [reseller, distributor.id, plan.id, 'accounts.not_found'],
      [distributor, reseller.id, plan.id, 'plans.not_found'],
      [provider, distributor.id, newId<'plan'>(), 'plans.not_found'],
      [provider, distributor.id, foreign.id, 'plans.not_found'],
    ] as const;
    const added = await rowsAdded(world.db, async () => {
      for (const [seller, buyer, planId, code] of refusals) {
        await expect(delegate(seller, buyer, planId)).rejects.toMatchObject({ code, kind: 'not_found' });
      }
    });
    expect(added).toEqual({});
  });

  test('the text nearest to the account counts; null takes it back, and what is not said stays', async () => {
    const plan = await aPlan();
    await world.delegate([provider, distributor, reseller], plan);
    const nameFor = async (account: Account) =>
      (await world.engine.offers.offering(await world.engine.directory.get(account.id))).byPlan.get(plan.id)?.name;
    await world.delegate([provider, distributor], plan, { name: 'For distributors' });
    expect([await nameFor(distributor), await nameFor(reseller)]).toEqual(['For distributors', 'For distributors']);
    await world.delegate([distributor, reseller], plan, { name: 'For resellers' });
    await world.delegate([provider, distributor], plan, { priceFloor: 'cost' });
    expect([await nameFor(distributor), await nameFor(reseller)]).toEqual(['For distributors', 'For resellers']);
    await world.delegate([distributor, reseller], plan, { name: null });
    expect(await nameFor(reseller)).toBe('For distributors');
    expect(await nameFor(provider)).toBe(plan.name);
  });

  test('of concurrent changes none is lost in silence', async () => {
    const plan = await aPlan();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => world.delegate([provider, distributor], plan, { name: `Name ${index}` })),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'delegations.version_mismatch' });
    }
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const stored = await world.db.kysely
      .selectFrom('delegations')
      .select('version')
      .where('plan_id', '=', plan.id)
      .execute();
    expect(stored).toEqual([{ version: done }]);
  });
});

describe('versions', () => {
  const mpn = `VERSIONED-${newId<'test'>().slice(-6)}`;
  const draft = (max: string) => ({
    terms: {
      licenseVersion: 'full' as const,
      subscriptionPeriod: { unit: 'month' as const, count: 1 },
      billingPeriod: { unit: 'month' as const, count: 1 },
      billingModel: 'before_billing_period' as const,
      activationPolicy: 'immediate' as const,
      chargeableMonths: 0,
      autoRenewalMonths: 1,
      expirationNoticeDays: 30,
      graceMonths: 0,
      dataCenter: null,
      unitType: 'U',
      managed: false,
      pricing: 'required' as const,
      licensePool: 'none' as const,
      policies: {},
    },
    rates: [
      {
        mpn,
        quantityMin: '0',
        quantityMax: max,
        priceModel: 'flat' as const,
        chargeTypes: ['recurring' as const],
        dependsOn: [],
      },
    ],
  });
  const sold = async (account: Account, named: string) => {
    const found = await world.engine.offers.find(await world.engine.directory.get(account.id), { mpn: named });
    return found.map(({ rate }) => ({
      version: rate.version,
      max: Number(rate.quantityMax.coefficient),
      rateId: rate.rateId,
    }));
  };

  test('policies that are none are refused with their field, wherever they come from, and none is stored as nothing', async () => {
    const { catalog } = world.engine;
    const product = await world.product(provider);
    const facts = { ...draft('7'), publish: true };
    for (const [policies, field] of [
      [{ cancellation: { window: { count: -1, unit: 'day' } } }, 'terms.policies.cancellation.window.count'],
      [{ renewal: { retry_days: 61 } }, 'terms.policies.renewal.retry_days'],
      [{ commitment: { percent: '100.1' } }, 'terms.policies.commitment.percent'],
      [{ surprises: true }, 'terms.policies'],
    ] as const) {
      const terms = { ...facts.terms, policies: policies as object };
      const wanted = { ...facts, terms, productId: product.id, name: 'P', shortDescription: '', longDescription: '' };
      const making = catalog.createPlan(world.cause(), provider, wanted);
      const there: unknown = expect.stringMatching(field);
      const refused = { kind: 'invalid', reasons: [expect.objectContaining({ field: there })] };
      await expect(making).rejects.toMatchObject(refused);
    }
    const vendor = { code: 'odd', name: 'Odd', provisioning: 'instant', webhookUrl: null } as const;
    const odd = { renewal: { retry_days: 61 } };
    await expect(catalog.createVendor(world.cause(), provider, { ...vendor, policies: odd })).rejects.toMatchObject({
      reasons: [{ field: 'policies.renewal.retry_days' }],
    });
  });

  test('a new version is sold by all who have the plan from its publication on, under the same rate id', async () => {
    const plan = await world.plan(provider, { rates: [{ mpn, quantityMax: '7' }] });
    await world.delegate([provider, distributor], plan);
    const [first] = await sold(distributor, mpn);
    expect(first).toMatchObject({ version: 1, max: 7 });
    const { catalog } = world.engine;
    await catalog.addVersion(world.cause(), provider, plan.id, { ...draft('8'), publish: false });
    expect(await sold(distributor, mpn)).toEqual([first]);
    await catalog.publish(world.cause(), provider, plan.id, 2);
    expect(await sold(distributor, mpn)).toEqual([{ ...first, version: 2, max: 8 }]);
    await expect(catalog.publish(world.cause(), provider, plan.id, 2)).rejects.toMatchObject({
      code: 'catalog.version_published',
    });
  });

  test('of versions added at once each has its own number, or is told that the plan was changed', async () => {
    const plan = await world.plan(provider, { rates: [{ mpn }] });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () =>
        world.engine.catalog.addVersion(world.cause(), provider, plan.id, { ...draft('9'), publish: true }),
      ),
    );
    const added = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.currentVersion] : []));
    expect(new Set(added).size).toBe(added.length);
    expect(added.length).toBeGreaterThan(0);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'plans.version_mismatch' });
    }
  });

  test('a retired plan is sold no more, and stays retired', async () => {
    const plan = await world.plan(provider, { rates: [{ mpn }] });
    await world.delegate([provider, distributor], plan);
    await world.engine.catalog.retire(world.cause(), provider, plan.id);
    expect(await offered(distributor, plan)).toEqual([false]);
    const retired = { code: 'catalog.plan_retired', kind: 'conflict' };
    const { catalog } = world.engine;
    await expect(catalog.publish(world.cause(), provider, plan.id, 1)).rejects.toMatchObject(retired);
    await expect(
      catalog.addVersion(world.cause(), provider, plan.id, { ...draft('9'), publish: true }),
    ).rejects.toMatchObject(retired);
    expect(await offered(distributor, plan)).toEqual([false]);
  });

  test('the plan of another account is not found, even by who has it delegated', async () => {
    const plan = await aPlan();
    await world.delegate([provider, distributor], plan);
    const { catalog } = world.engine;
    for (const account of [distributor, stranger]) {
      await expect(catalog.retire(world.cause(), account, plan.id)).rejects.toMatchObject({ code: 'plans.not_found' });
    }
  });
});

describe('things of another installation are not found', () => {
  test('vendors, products, and parts of a suite', async () => {
    const { catalog } = world.engine;
    const foreign = await world.product(stranger);
    const own = await world.product(provider);
    const { id: _i, rootId: _r, status: _s, version: _v, createdAt: _c, ...facts } = own;
    const added = await rowsAdded(world.db, async () => {
      await expect(
        catalog.createProduct(world.cause(), provider, { ...facts, code: 'FOREIGN01', vendorId: foreign.vendorId }),
      ).rejects.toMatchObject({ code: 'vendors.not_found' });
      await expect(
        catalog.createProduct(world.cause(), provider, {
          ...facts,
          code: 'FOREIGN02',
          type: 'suite',
          parts: [own.id, foreign.id],
        }),
      ).rejects.toMatchObject({ code: 'products.not_found', field: 'parts.1' });
      await expect(
        catalog.createResource(world.cause(), provider, { productId: foreign.id, mpn: 'X', name: 'X', unitType: 'U' }),
      ).rejects.toMatchObject({ code: 'products.not_found' });
    });
    expect(added).toEqual({});
    const suite = await catalog.createProduct(world.cause(), provider, {
      ...facts,
      code: 'SUITE0001',
      type: 'suite',
      parts: [own.id],
    });
    expect(suite.parts).toEqual([own.id]);
  });

  test('an MPN may be taken by another installation, and by another vendor of the own', async () => {
    const mpn = 'SHARED-MPN';
    const [own, foreign] = [await world.product(provider), await world.product(stranger)];
    const other = await world.product(provider, { vendorId: (await world.vendor(provider)).id });
    for (const [account, product] of [
      [provider, own],
      [provider, other],
      [stranger, foreign],
    ] as const) {
      await world.resource(account, product, mpn);
    }
    await expect(world.resource(provider, own, mpn)).rejects.toMatchObject({
      code: 'catalog.resource_exists',
      kind: 'conflict',
    });
  });
});

test('any page of an offering is what the one long page has there', async () => {
  const seller = await world.reseller(distributor, { name: 'Pager' });
  for (const size of [3, 1, 4]) {
    const plan = await world.plan(provider, {
      rates: Array.from({ length: size }, () => ({ mpn: `PAGE-${newId<'test'>()}` })),
    });
    await world.delegate([provider, distributor, seller], plan);
  }
  const node = await world.engine.directory.get(seller.id);
  const whole = await world.engine.offers.page(node, 0, 100);
  expect(whole).toMatchObject({ total: 8 });
  expect(whole.rates).toHaveLength(8);
  for (const [offset, limit] of [
    [0, 3],
    [2, 3],
    [3, 1],
    [7, 50],
    [8, 50],
    [1000, 50],
  ] as const) {
    const { rates, total } = await world.engine.offers.page(node, offset, limit);
    expect(rates.map(({ mpn }) => mpn)).toEqual(whole.rates.slice(offset, offset + limit).map(({ mpn }) => mpn));
    expect(total).toBe(8);
  }
  const { rates, total } = await world.engine.offers.search(node, { nameContains: 'page-' }, { offset: 5, limit: 10 });
  expect([rates.length, total]).toEqual([3, 8]);
  const wild = await world.engine.offers.search(node, { nameContains: '%' }, { offset: 0, limit: 10 });
  expect(wild).toEqual({ rates: [], total: 0 });
});
