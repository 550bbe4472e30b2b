import { formatDecimal, type AccountId, type Temporal } from '@tierline/kernel';
import { buildDemoChannel, type DemoChannel } from '@tierline/server/app/demo/index.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../support/world.ts';

// What the demo channel has for LMPI: stock, plans, subscriptions in every state, usage and billing reports.

const id = (of: DemoChannel, name: string) => of.accounts[name] as AccountId;

/** The last month that is over in every zone. */
function monthBefore(now: Temporal.Instant) {
  return now.subtract({ hours: 12 }).toZonedDateTimeISO('UTC').toPlainDate().subtract({ months: 1 });
}

/** How the billing reports of each partner stand, the oldest month first. */
async function reportsOf({ engine }: World, channel: DemoChannel) {
  const reports = await engine.billingReports.list({ within: id(channel, 'provider') }, { limit: 100 });
  return ['msp', 'msp2', 'distributor', 'isp'].map((name) => {
    const own = reports.filter(({ ownerId }) => ownerId === id(channel, name));
    return [name, ...own.toReversed().map(({ status, review }) => `${status}, ${review ?? 'untouched'}`)];
  });
}

const everyStatus = [
  ['msp', 'completed, manual', 'approved, manual', 'rejected, manual', 'preparing, untouched'],
  [
    'msp2',
    'completed, manual',
    'under_review, returned',
    'under_review, automatic_with_penalties',
    'under_review, manual',
  ],
  ['distributor', 'completed, automatic', 'completed, automatic', 'under_review, automatic', 'preparing, untouched'],
  ['isp', 'completed, manual', 'completed, manual', 'approved, manual', 'rejected, manual'],
];

describe('a demo channel on an empty database', () => {
  let world: World;
  let access: DemoChannel;
  beforeAll(async () => {
    world = await openWorld();
    access = await buildDemoChannel(world.engine);
  });
  afterAll(() => world.close());

  // Issued licenses, plans and reports as the documents of LMPI name them (LMPI reference, part 2, 3.6, 3.9, 5.5 and 5.6).
  test('thousands of units, full and trial, are in stock with tier one and the MSPs, and a suite with the MSPs', async () => {
    const { engine, db } = world;
    const products = await db.kysely.selectFrom('products').select(['id', 'code', 'type']).execute();
    const of = new Map(products.map((product) => [product.id, product]));
    for (const name of ['distributor', 'isp', 'msp', 'msp2']) {
      const pools = await engine.pools.list(id(access, name));
      const units = (version: string) =>
        pools
          .filter((pool) => pool.licenseVersion === version && of.get(pool.productId)!.type === 'saas')
          .reduce((sum, { available }) => sum + BigInt(available), 0n);
      expect([name, units('full') > 2000n, units('trial') > 2000n]).toEqual([name, true, true]);
      const suite = pools.find((pool) => of.get(pool.productId)!.code === 'SUZBXXE1X')!;
      expect(BigInt(suite.available)).toBeGreaterThan(0n);
    }
  });

  test('what LMPI sells is priced by U and runs in data center 22; a reseller has plans of its distributor', async () => {
    const { engine } = world;
    const node = await engine.directory.get(id(access, 'reseller'));
    const { offers } = await engine.offers.offering(node);
    const plans = await engine.offers.planVersions(node, offers);
    const assigned = plans.filter(({ makerId }) => makerId === id(access, 'distributor'));
    expect(assigned.map(({ name, unitType, dataCenter }) => [name, unitType, dataCenter])).toEqual([
      ['Worry Free Business Security Service', 'U', '22'],
      ['Cloud App Security', 'U', '22'],
    ]);
    const msp = await engine.directory.get(id(access, 'msp'));
    const vision = await engine.offers.planVersions(msp, (await engine.offers.offering(msp)).offers);
    expect(
      vision
        .filter(({ product }) => product.family === 'vision_one')
        .map(({ licenseVersion, dataCenter }) => [licenseVersion, dataCenter]),
    ).toEqual([
      ['full', '22'],
      ['trial', '22'],
    ]);
  });

  test('there are subscriptions in every state', async () => {
    const page = { scope: { within: id(access, 'msp') } };
    const all = await world.engine.subscriptions.page(page, { limit: 100 }, true);
    const today = world.clock.now().toZonedDateTimeISO('Australia/Sydney').toPlainDate();
    const in30Days = today.add({ days: 30 }).toString();
    const states = all.map(({ name, status, holdReason, autoRenewal, endOn }) =>
      [
        name,
        status,
        ...(holdReason === null ? [] : [holdReason]),
        ...(status === 'active' && !autoRenewal && endOn < in30Days ? ['expiring'] : []),
        ...(autoRenewal ? ['renews'] : []),
      ].join(', '),
    );
    expect(states.toSorted()).toEqual([
      'Office 365, active, renews',
      'Saltmarsh Cloud App Security trial, active, expiring',
      'Saltmarsh Cloud App Security, active, renews',
      'Saltmarsh Cloud App Security, from the first sign-in, pending, renews',
      'Saltmarsh Cloud App Security, hold, suspended',
      'Saltmarsh Worry Free, a quarter, active, expiring',
      'Saltmarsh Worry Free, a quarter, hold, expired',
      'Saltmarsh Worry Free, a year, active, renews',
      'Saltmarsh Worry Free, a year, terminated, renews',
      'Vision One Essentials, active, renews',
      'Worry Free Business Security Service, active, renews',
    ]);
    const others = await world.engine.subscriptions.page(
      { scope: { within: id(access, 'provider') } },
      { limit: 100 },
      true,
    );
    const waiting = others
      .filter(({ status }) => status === 'pending')
      .map(({ waitsFor }) => waitsFor ?? 'provisioning');
    expect(waiting.toSorted()).toEqual(['first_sign_in', 'provisioning']);
    expect(others.filter(({ origin }) => origin?.kind === 'trial')).toHaveLength(1);
  });

  test('billing reports of four months are in every status, with and without an MSP', async () => {
    expect(await reportsOf(world, access)).toEqual(everyStatus);
  });

  test('usage is read in each month, and what LMPI reports of the last one says so', async () => {
    const { licenseReports } = world.engine;
    const { year, month } = monthBefore(world.clock.now());
    const rows = await licenseReports.summary(id(access, 'msp'), { month: { year, month } });
    const read = rows.flatMap(({ customer, plan, provisioned, used }) =>
      used === null ? [] : [[customer, plan, formatDecimal(provisioned), formatDecimal(used)]],
    );
    expect(read).toEqual([
      ['Gullwing Surf Schools', 'Saltmarsh Cloud App Security', '55', '54'],
      ['Tidepool Aquatics', 'Saltmarsh Cloud App Security', '35', '34'],
      ['Tidepool Aquatics', 'Saltmarsh Worry Free, a year', '120', '117'],
    ]);
    const asked = { month: { year, month }, timeZone: 'UTC' };
    const changes = await licenseReports.transactions(id(access, 'provider'), asked);
    const types = new Set(changes.map(({ type }) => type));
    expect(types).toEqual(new Set(['new_purchase', 'license_change', 'license_convert']));
  });
});

describe('whenever the first start is', () => {
  // The first hours of a month, when it is still the one before elsewhere; the last hours; after a short month; in summer.
  test.each(['2026-12-01T11:59:00Z', '2026-08-31T23:59:00Z', '2026-03-31T12:00:00Z', '2028-02-29T12:30:00Z'])(
    'at %s the reports of four months are there, and one subscription has expired',
    async (at) => {
      const world = await openWorld();
      world.moveTo(at);
      const channel = await buildDemoChannel(world.engine);
      // In the first hours of a month some have a fifth one already, of the month that is just over.
      const reports = await reportsOf(world, channel);
      expect(reports.map((of) => of.slice(0, 5))).toEqual(everyStatus);
      const page = { scope: { within: id(channel, 'msp') } };
      const all = await world.engine.subscriptions.page(page, { limit: 100 });
      const held = all.flatMap(({ holdReason }) => holdReason ?? []);
      expect(held.toSorted()).toEqual(['expired', 'suspended']);
      await world.close();
    },
  );
});
