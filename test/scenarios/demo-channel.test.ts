import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDecimal, type AccountId } from '@tierline/kernel';
import { buildDemoChannel, demoCause, openDemoChannel, readyFile } from '@tierline/server/app/demo/index.ts';
import { samples } from '@tierline/server/app/demo/cast.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, type Line, type World } from '../support/world.ts';

const id = (access: { accounts: Readonly<Record<string, string>> }, name: string) => access.accounts[name] as AccountId;

async function eventsOf(world: World): Promise<string[]> {
  const rows = await world.db.kysely.selectFrom('events').select('type').orderBy('id').execute();
  return rows.map(({ type }) => type);
}

/** What a partner may sell, in the order of its catalog, with what it pays and takes per unit. */
async function catalogOf({ engine }: World, account: AccountId) {
  const node = await engine.directory.get(account);
  const { rates, total } = await engine.offers.page(node, 0, 100);
  const named = await engine.offers.withPlans(node, rates);
  const prices = await engine.prices.of(node, named, undefined, engine.clock.now());
  return {
    total,
    rates: named.map(({ rate, plan }, index) => {
      const [cost, price] = prices[index]!.slice(-2).map(({ byType }) => byType.recurring);
      const tiers = (of: typeof cost) => of?.tiers.map(({ amount }) => formatDecimal(amount)).join('/');
      return { mpn: rate.mpn, name: rate.name, plan: plan.name, cost: tiers(cost), price: tiers(price), rate };
    }),
  };
}

describe('a demo channel on an empty database', () => {
  let world: World;
  let dataDir: string;
  let access: Awaited<ReturnType<typeof openDemoChannel>>;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tierline-demo-'));
    world = await openWorld();
    access = await openDemoChannel(world.engine, { dataDir });
  });
  afterAll(async () => {
    await world.close();
    await rm(dataDir, { recursive: true });
  });

  test('a reseller sees cost and price of the samples first, and twelve products in all', async () => {
    const { rates, total } = await catalogOf(world, id(access, 'reseller'));
    expect(total).toBe(12);
    expect(rates.slice(0, 2)).toMatchObject([
      { mpn: samples.addOn.mpn, name: 'Office 365 Extra File Storage', cost: '1.05', price: '1.15' },
      { mpn: samples.base.mpn, name: 'Office 365 Enterprise E1', cost: '17.5', price: '19.8' },
    ]);
    const [addOn, base] = rates.map(({ rate }) => rate);
    expect([addOn!.quantityMin, addOn!.quantityMax].map((bound) => formatDecimal(bound))).toEqual(['0', '5000']);
    expect([base!.quantityMin, base!.quantityMax].map((bound) => formatDecimal(bound))).toEqual(['1', '5000']);
    expect(addOn!.dependsOn).toEqual([base!.rateId]);
    expect(addOn!.serviceName).toBe('O365');
  });

  test('every rate of a partner that has to have a price has one', async () => {
    for (const name of ['distributor', 'isp', 'msp', 'msp2', 'reseller']) {
      const { rates } = await catalogOf(world, id(access, name));
      const node = await world.engine.directory.get(id(access, name));
      const plans = await world.engine.offers.withPlans(
        node,
        rates.map(({ rate }) => rate),
      );
      const unpriced = rates.filter(
        ({ price }, index) => price === undefined && plans[index]!.plan.pricing === 'required',
      );
      expect({ name, unpriced }).toEqual({ name, unpriced: [] });
    }
  });

  test('an MPN of two vendors and two periods is told apart as the reference says', async () => {
    const { engine } = world;
    const mpn = 'bd938-058f-4927-bba3-ae36b1d2501c';
    const reseller = id(access, 'reseller');
    const [customer] = await engine.customers.page(
      { scope: { ownerId: reseller }, externalId: 'demo:larkspur_dental_group' },
      { limit: 1 },
    );
    const place = (more: Partial<Line>) => world.order(customer!, [{ mpn, ...more }]);
    await expect(place({})).rejects.toMatchObject({ reasons: [{ code: 'orders.ambiguous_product' }] });
    await expect(place({ vendorCode: 'somevendor' })).rejects.toMatchObject({
      reasons: [{ code: 'orders.ambiguous_product' }],
    });
    const year = {
      subscriptionPeriod: { unit: 'year', count: 1 },
      billingPeriod: { unit: 'month', count: 1 },
    } as const;
    const order = await place({ vendorCode: 'somevendor', ...year });
    expect(order.subscriptions[0]?.name).toBe('Mailbox Archive, yearly');
    expect((await place({ vendorCode: 'othervendor' })).status).toBe('completed');
    expect(await engine.orders.count({ scope: { ownerId: reseller } })).toBe(9);
  });

  test('the distributor has the stock of the product list and the plans of both LMPI pages', async () => {
    const { engine, db } = world;
    const pools = await engine.pools.list(id(access, 'distributor'));
    const products = await db.kysely.selectFrom('products').select(['id', 'code', 'name', 'type']).execute();
    const codeOf = new Map(products.map((product) => [product.id, product.code]));
    const full = pools.filter(({ licenseVersion }) => licenseVersion === 'full');
    expect(full.slice(0, 2).map((pool) => [codeOf.get(pool.productId), pool.licenseVersion, pool.available])).toEqual([
      ['NNZBXXE1X', 'full', '1498'],
      ['CCZBXXE1X', 'full', '1477'],
    ]);
    expect(products.filter(({ type }) => type === 'suite').map(({ name }) => name)).toEqual([
      'Worry Free Complete Suite',
    ]);
    const node = await engine.directory.get(id(access, 'distributor'));
    const { offers } = await engine.offers.offering(node);
    const plans = await engine.offers.planVersions(node, offers);
    const own = plans.filter(({ makerId }) => makerId === node.account.id);
    expect(
      own.map((plan) => [plan.name, plan.product.code, plan.dataCenter, plan.autoRenewalMonths, plan.licenseVersion]),
    ).toEqual([
      ['Deep Security -Enterprise(H)', 'NNZBXXE1X', '22', 1, 'full'],
      ['Deep Security -Enterprise(Not H)', 'NNZBXXE1X', '22', 1, 'full'],
      ['Worry Free Business Security Service', 'AAZBXXE1X', '22', 1, 'full'],
      ['Cloud App Security', 'BBZBXXE1X', '22', 1, 'full'],
    ]);
    expect(plans.map(({ product }) => product.code)).not.toContain('CCZBXXE1X');
  });

  test('the price of a customer with a list of its own is explained from the provider down', async () => {
    const { engine } = world;
    const node = await engine.directory.get(id(access, 'reseller'));
    const [named] = await engine.offers.find(node, { mpn: samples.base.mpn });
    const buyer = { id: access.accounts['blackbriar_freight']!, buyerGroup: null };
    const steps = await engine.pricing.explain(node, named!, buyer, engine.clock.now());
    expect(steps.map(({ sellerName, tiers }) => [sellerName, tiers[0]?.amount])).toEqual([
      ['Halcyon Reef Cloud', '15.2'],
      ['Quillfeather Distribution', '17.5'],
      ['Umberfold Solutions', '18.9'],
    ]);
  });

  test('what was bought before the first start is in the past, and free and paid things are both there', async () => {
    const orders = await world.db.kysely
      .selectFrom('orders')
      .select(['po_number', 'total', 'currency', 'placed_at', 'status'])
      .where('surface', '=', 'system')
      .where('po_number', 'is not', null)
      .orderBy('id')
      .execute();
    expect(orders.map(({ po_number, total, currency }) => [po_number, `${total} ${currency}`])).toEqual([
      ['LDG-2291', '506.5 USD'],
      ['GSS-118', '258 USD'],
      // 60 of E1 at the price of the customer's own list; 500 GB and 300 GB of the first two tiers.
      ['BBF-70043', '1252.72 USD'],
      ['SK-2026-04', '104.5 EUR'],
      ['OAK-0917', '116 USD'],
      ['TIDE-55', '0 USD'],
      // Twelve setups, and twelve rooms at the price of ten and more.
      ['SPB-12', '985.44 USD'],
      ['LDG-2304', '117.25 USD'],
      ['OAK-0931', '0 USD'],
      ['LDG-2311', '62.92 USD'],
    ]);
    // Done by hand, so that one sees an order that waits.
    expect(orders.filter(({ status }) => status !== 'completed')).toMatchObject([
      { po_number: 'LDG-2311', status: 'processing' },
    ]);
    const now = world.clock.now().epochMilliseconds;
    expect(orders.every(({ placed_at }) => placed_at.epochMilliseconds < now)).toBe(true);
  });

  test('every credential signs in, and the ready file says where', async () => {
    const { authenticate } = world.engine;
    for (const [name, { api_key }] of Object.entries(access.api)) {
      expect((await authenticate.byApiKey(api_key))?.accountId).toBe(id(access, name));
    }
    for (const [name, { access_token, secret_key }] of Object.entries(access.lmpi)) {
      const caller = await authenticate.lmpiCredential(access_token);
      expect(caller).toMatchObject({ secretKey: secret_key, principal: { accountId: id(access, name) } });
    }
    for (const [name, login] of Object.entries(access.simpleapi)) {
      const user = await authenticate.simpleApiPassword(login.username, login.password);
      expect(user?.principal.accountId).toBe(id(access, name.replace('_1_15', '')));
      expect(user?.profile).toBe(name.endsWith('_1_15') ? '1.15' : '21.0');
    }
    for (const { email, password, account, role } of access.logins) {
      const { principal } = await authenticate.login(email, password);
      expect(principal).toMatchObject({ accountId: id(access, account), role });
    }
    expect(readyFile(access, 'http://127.0.0.1:8080/')).toMatchObject({
      base_url: 'http://127.0.0.1:8080',
      lmpi: { isp: { access_token: expect.any(String) as string } },
      simpleapi: {
        reseller: {
          base_url: 'http://127.0.0.1:8080/marketplace',
          auth_url: 'http://127.0.0.1:8080/auth/realms/tierline/protocol/openid-connect',
          username: access.simpleapi.reseller.username,
        },
      },
      accounts: { oakmoth_publishing: expect.any(String) as string },
    });
  });

  test('a second start changes nothing and answers the same; the file is for its owner only', async () => {
    const before = await eventsOf(world);
    expect(await openDemoChannel(world.engine, { dataDir })).toEqual(access);
    expect(await eventsOf(world)).toEqual(before);
    const path = join(dataDir, 'demo-access.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toContain(access.api.reseller.api_key);
  });

  // The last one, since it ends what the others use.
  test('a lost file means new credentials, and the old ones end; what people made stays', async () => {
    const { authenticate } = world.engine;
    const { reseller } = access.api;
    const theirs = await world.credentials((await world.engine.directory.get(id(access, 'msp'))).account);
    await rm(join(dataDir, 'demo-access.json'));
    const fresh = await openDemoChannel(world.engine, { dataDir });
    expect(fresh.accounts).toEqual(access.accounts);
    expect(await authenticate.byApiKey(reseller.api_key)).toBeUndefined();
    expect(await authenticate.lmpiCredential(access.lmpi.isp.access_token)).toBeUndefined();
    const { username, password } = access.simpleapi.reseller;
    expect(await authenticate.simpleApiPassword(username, password)).toBeUndefined();
    expect((await authenticate.byApiKey(fresh.api.reseller.api_key))?.role).toBe('owner');
    expect((await authenticate.byApiKey(theirs.apiKey))?.role).toBe('owner');
    const [login] = fresh.logins;
    expect((await authenticate.login(login!.email, login!.password)).principal.role).toBe('owner');
    expect(login!.password).not.toBe(access.logins[0]!.password);
  });
});

describe('a start that does not get far', () => {
  let world: World;
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tierline-demo-'));
    world = await openWorld();
  });
  afterEach(async () => {
    await world.close();
    await rm(dataDir, { recursive: true });
  });

  const timeout = 180_000;
  test(
    'killed again and again in the middle, the channel is in the end what one start makes',
    { timeout },
    async () => {
      const whole = await openWorld();
      await buildDemoChannel(whole.engine);
      const expected = await eventsOf(whole);
      await whole.close();
      let starts = 0;
      // Close together at first, further apart the longer the way to the next one is.
      for (let stepsLeft = 1; ; stepsLeft += 3 + starts) {
        let left = stepsLeft;
        const killed = new Error('killed');
        starts += 1;
        const built = await buildDemoChannel(world.engine, (at) => {
          if (left === 0) throw killed;
          left -= 1;
          return demoCause(at);
        }).catch((error: unknown) => {
          if (error !== killed) throw error;
          return undefined;
        });
        if (built !== undefined) break;
      }
      expect(starts).toBeGreaterThan(20);
      expect(await eventsOf(world)).toEqual(expected);
    },
  );

  test('a database that others use is left alone', async () => {
    await world.provider();
    await expect(openDemoChannel(world.engine, { dataDir })).rejects.toMatchObject({ code: 'demo.database_in_use' });
    expect(await eventsOf(world)).toEqual(['account.created']);
  });

  test('whatever the owner does with the provider account, the channel is not built twice', async () => {
    const { engine } = world;
    const { provider } = await buildDemoChannel(engine);
    await engine.accounts.change(world.cause(), provider, provider, { externalId: null, profile: {}, name: 'Mine' });
    await world.db.kysely.deleteFrom('idempotency_keys').execute();
    const before = await eventsOf(world);
    expect((await buildDemoChannel(engine)).provider).toBe(provider);
    expect(await eventsOf(world)).toEqual(before);
  });
});
