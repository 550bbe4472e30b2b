import { formatMoney, type PriceListId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../../test/support/story.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { NewPrice } from '../pricing/index.ts';
import type { Impact, SupposedChange } from './service-impact.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const sellers = [
  { name: 'Root', zone: 'UTC', prices: { SEAT: '10', DISK: '2' } },
  { name: 'Middle', zone: 'Pacific/Kiritimati', prices: { SEAT: '12', DISK: '3' } },
  { name: 'Shop', zone: 'America/New_York', prices: { SEAT: '15', DISK: '4' } },
] as const;

const account = ({ accounts }: Story, name: string): Account => accounts.find((one) => one.name === name)!;

async function listOf(of: Account): Promise<PriceListId> {
  const { rows } = await sql<{ id: PriceListId }>`select id from price_lists where account_id = ${of.id}`.execute(
    world.db.kysely,
  );
  return rows[0]!.id;
}

/** Other prices of some sellers' own list from a day on, as they would be set. */
async function prices(
  story: Story,
  seller: string,
  from: string,
  wanted: Record<string, string>,
): Promise<SupposedChange> {
  const of = account(story, seller);
  const news = Object.entries(wanted).map(([mpn, amount]): NewPrice => ({
    targetId: story.main.rates[mpn]!,
    targetKind: 'rate',
    chargeType: 'recurring',
    effectiveFrom: from,
    tiers: [{ lowerLimit: '0', amount }],
  }));
  const node = await world.engine.directory.get(of.id);
  return { kind: 'prices', ...(await world.engine.pricing.supposePrices(story.at(), node, await listOf(of), news)) };
}

async function publish(story: Story, seller: string, change: SupposedChange): Promise<void> {
  if (change.kind !== 'prices') throw new Error('Only prices are published here.');
  const node = await world.engine.directory.get(account(story, seller).id);
  const news = change.supposed.entries.map(({ priceListId: _, lowerLimit, amount, ...target }) => ({
    ...target,
    tiers: [{ lowerLimit, amount }],
  }));
  await world.engine.pricing.setPrices(story.at(), node, change.list.id, news);
}

const look = (story: Story, seller: string, change: SupposedChange, page = { limit: 50 }): Promise<Impact> =>
  world.engine.impact.of(account(story, seller).id, change, page);

/** Each subscription in a line per edge. */
function lines(story: Story, { subscriptions }: Impact): string[] {
  return subscriptions.flatMap(({ asIs, changed, edges }) => [
    `${asIs.outcome} -> ${changed.outcome}${changed.reason === null ? '' : `: ${changed.reason}`}`,
    ...edges.map(({ sellerId, period, asIs: before, changed: after, difference }) => {
      const { name } = story.accounts.find(({ id }) => id === sellerId)!;
      return `${name} ${period.start} to ${period.end}: ${formatMoney(before)} -> ${formatMoney(after)} (${formatMoney(difference)})`;
    }),
  ]);
}

describe('other prices, before they are published', () => {
  // The guarantee: what is foretold is what is charged when the day comes.
  test('show each edge of the next renewal as it will be charged, and are charged so', async () => {
    const story = await openStory(world, { sellers });
    const [sold] = (await story.on('2026-01-31', () => story.sell({ SEAT: '7', DISK: '3' }))).subscriptions;
    const change = await prices(story, 'Middle', '2026-02-01', { SEAT: '13.333' });
    const impact = await look(story, 'Root', change);
    expect(impact).toMatchObject({ affected: 1, totals: { considered: 1, changed: 1, isSample: false } });
    expect(lines(story, impact)).toEqual(
      table(`
        renewed -> renewed
        Root   2026-02-28 to 2026-03-31: 76 -> 76 (0)
        Middle 2026-03-01 to 2026-04-01: 93 -> 102.33 (9.33)
        Shop   2026-02-28 to 2026-03-31: 117 -> 117 (0)`),
    );
    await publish(story, 'Middle', change);
    await story.until('2026-03-01');
    expect((await story.booked(sold!, { from: '2026-02-02' })).filter((line) => line.includes('Middle'))).toEqual(
      table(`
        2026-03-01 Middle: recurring 7 SEAT x 13.333, 2026-03-01 to 2026-04-01 = 93.33
        2026-03-01 Middle: recurring 3 DISK x 3, 2026-03-01 to 2026-04-01 = 9`),
    );
  });

  test('change nothing that renews before they count', async () => {
    const story = await openStory(world, { sellers });
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const impact = await look(story, 'Root', await prices(story, 'Shop', '2026-02-11', { SEAT: '99' }));
    expect(impact).toMatchObject({ affected: 1, totals: { considered: 1, changed: 0 } });
    // A day later on that edge's calendar it would be another price.
    const sooner = await look(story, 'Root', await prices(story, 'Shop', '2026-02-10', { SEAT: '99' }));
    expect(sooner.totals).toMatchObject({ changed: 1 });
  });

  test.each([
    ['locked', 'renewed -> renewed', '15 -> 15 (0)'],
    ['guarded', 'renewed -> renewed', '15 -> 16.5 (1.5)'],
    ['current', 'renewed -> renewed', '15 -> 30 (15)'],
  ] as const)('count as the policy says: %s', async (price, outcome, shop) => {
    const story = await openStory(world, { sellers, plan: { terms: { policies: { renewal: { price } } } } });
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const impact = await look(story, 'Shop', await prices(story, 'Shop', '2026-02-01', { SEAT: '30' }));
    expect(lines(story, impact)).toEqual([outcome, `Shop 2026-02-10 to 2026-03-10: ${shop}`]);
    expect(impact.subscriptions[0]!.pricePolicy).toBe(price);
  });

  test('go down the channel where prices below follow by a rule', async () => {
    const story = await openStory(world, { sellers: [{ ...sellers[0] }, { name: 'Shop', prices: {} }] });
    const shop = account(story, 'Shop');
    const node = await world.engine.directory.get(shop.id);
    const rule = {
      scope: 'all',
      scopeId: null,
      chargeType: null,
      percent: '50',
      amount: '0',
      decimals: 2,
      effectiveFrom: '2020-01-01',
    } as const;
    await world.engine.pricing.addRule(story.at(), shop, await listOf(shop), rule);
    await story.on('2026-01-10', () => story.sell({ SEAT: '2' }));
    const rise = await look(story, 'Root', await prices(story, 'Root', '2026-02-01', { SEAT: '11' }));
    expect(lines(story, rise)).toEqual(
      table(`
        renewed -> renewed
        Root 2026-02-10 to 2026-03-10: 20 -> 22 (2)
        Shop 2026-02-10 to 2026-03-10: 30 -> 33 (3)`),
    );
    const supposed = await world.engine.pricing.supposeRule(node.account, await listOf(shop), {
      ...rule,
      percent: '100',
    });
    const other = await look(story, 'Shop', { kind: 'prices', ...supposed });
    expect(lines(story, other)).toEqual(['renewed -> renewed', 'Shop 2026-02-10 to 2026-03-10: 30 -> 40 (10)']);
    expect(other.totals?.levels.map(({ level, difference }) => [level, formatMoney(difference)])).toEqual([[0, '10']]);
  });

  test('are foretold with what is planned until then, also over billing periods and billed afterwards', async () => {
    const year = { unit: 'year', count: 1 } as const;
    const terms = { subscriptionPeriod: year, billingModel: 'after_billing_period' } as const;
    const story = await openStory(world, { sellers, plan: { terms } });
    const [sold] = (await story.on('2026-01-10', () => story.sell({ SEAT: '2' }))).subscriptions;
    await story.on('2026-03-01', () => story.change(sold!, { SEAT: '3' }, { at: 'date', on: '2026-06-01' }));
    await story.on('2026-03-02', () => story.change(sold!, { SEAT: '5' }, { at: 'renewal' }));
    const change = await prices(story, 'Shop', '2027-01-01', { SEAT: '20' });
    const impact = await look(story, 'Shop', change);
    expect(lines(story, impact)).toEqual(['renewed -> renewed', 'Shop 2027-01-10 to 2027-02-10: 75 -> 100 (25)']);
    await publish(story, 'Shop', change);
    await story.until('2027-02-10');
    expect((await story.booked(sold!, { from: '2027-02-10' })).filter((line) => line.includes('Shop'))).toEqual(
      table('2027-02-10 Shop: recurring 5 SEAT x 20, 2027-01-10 to 2027-02-10 = 100'),
    );
  });

  test('mean nothing to what ends, and much to a trial that becomes paid', async () => {
    const story = await openStory(world, { sellers });
    const [sold] = (await story.on('2026-01-10', () => story.sell({ SEAT: '1' }))).subscriptions;
    await story.ask(sold!, { kind: 'cancel', reason: null }, { at: 'renewal' });
    const toPaid = { trial: { at_end: 'convert' as const, convert_to: story.main.number } };
    const terms = {
      licenseVersion: 'trial' as const,
      pricing: 'free' as const,
      autoRenewalMonths: null,
      policies: toPaid,
    };
    const trial = await story.plan({ terms, prices: { Root: {}, Middle: {}, Shop: {} } });
    await story.sell({ SEAT: '2' }, { plan: trial });
    const of = account(story, 'Shop').id;
    const target = {
      targetId: (await story.get(sold!)).items[0]!.resourceId,
      targetKind: 'resource',
      chargeType: 'recurring',
    } as const;
    const node = await world.engine.directory.get(of);
    const news = [{ ...target, effectiveFrom: '2026-01-15', tiers: [{ lowerLimit: '0', amount: '99' }] }];
    // The rate has a price of its own, which beats that of its resource: both are touched, neither is changed.
    const supposed = await world.engine.pricing.supposePrices(
      story.at(),
      node,
      await listOf(account(story, 'Shop')),
      news,
    );
    const impact = await look(story, 'Shop', { kind: 'prices', ...supposed });
    expect(lines(story, impact)).toEqual(
      table(`
        canceled -> canceled
        converted -> converted
        Shop 2026-02-10 to 2026-03-10: 30 -> 30 (0)`),
    );
    const lost = await look(story, 'Shop', { kind: 'retire', planId: story.main.id, within: story.accounts[0]!.id });
    expect(lines(story, lost)).toEqual(
      table(`
        canceled -> canceled
        converted -> expired: The trial is over.
        Shop 2026-02-10 to 2026-03-10: 30 -> 0 (-30)`),
    );
    const dearer = await look(story, 'Shop', await prices(story, 'Shop', '2026-02-01', { SEAT: '16' }));
    expect(lines(story, dearer).slice(1)).toEqual(
      table(`
        converted -> converted
        Shop 2026-02-10 to 2026-03-10: 30 -> 32 (2)`),
    );
  });

  test('touch only buyers that the list is for, and sellers below the account', async () => {
    const story = await openStory(world, { sellers });
    const [sold] = (await story.on('2026-01-10', () => story.sell({ SEAT: '1' }))).subscriptions;
    const shop = account(story, 'Shop');
    const other = await world.customer(shop);
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }, { customer: other }));
    const list = await world.priceList(shop, { name: 'Special', audience: 'buyer', buyerId: story.customer.id });
    const node = await world.engine.directory.get(shop.id);
    const entry = { targetId: story.main.rates['SEAT']!, targetKind: 'rate', chargeType: 'recurring' } as const;
    const wanted = [{ ...entry, effectiveFrom: '2026-02-01', tiers: [{ lowerLimit: '0', amount: '14' }] }];
    const supposed = await world.engine.pricing.supposePrices(story.at(), node, list.id, wanted);
    const impact = await look(story, 'Shop', { kind: 'prices', ...supposed });
    expect(impact.affected).toBe(1);
    expect(impact.subscriptions.map(({ subscription }) => subscription.id)).toEqual([sold!.id]);
    const all = await look(story, 'Shop', await prices(story, 'Shop', '2026-02-01', { SEAT: '14' }));
    expect(all.affected).toBe(2);
  });

  test('come in pages, with sums over all, or over a sample whose size is told', async () => {
    const story = await openStory(world, { sellers });
    for (let count = 0; count < 7; count += 1) await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const change = await prices(story, 'Shop', '2026-02-01', { SEAT: '16' });
    const first = await look(story, 'Middle', change, { limit: 3 });
    expect(first).toMatchObject({ affected: 7, totals: { considered: 7, changed: 7, isSample: false } });
    expect(first.totals?.levels.map((of) => [of.level, formatMoney(of.asIs), formatMoney(of.changed)])).toEqual([
      [0, '84', '84'],
      [1, '105', '112'],
    ]);
    expect(first.subscriptions).toHaveLength(4);
    const after = first.subscriptions[2]!.subscription.id;
    const id = account(story, 'Middle').id;
    const rest = await world.engine.impact.of(id, change, { limit: 50, after });
    expect(rest).toMatchObject({ affected: 7, totals: null });
    expect(rest.subscriptions).toHaveLength(4);
    const sampled = await world.engine.impact.of(id, change, { limit: 1 }, { allMax: 6, sampleSize: 3 });
    expect(sampled.totals).toMatchObject({ considered: 3, isSample: true, changed: 3 });
  });

  test('store nothing', async () => {
    const story = await openStory(world, { sellers });
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const count = async () => {
      const { rows } =
        await sql`select (select count(*) from events) as events, (select count(*) from prices) as prices,
        (select count(*) from price_rules) as rules, (select sum(version) from subscriptions) as versions,
        (select count(*) from charges) as charges`.execute(world.db.kysely);
      return rows;
    };
    const before = await count();
    await look(story, 'Root', await prices(story, 'Shop', '2026-02-01', { SEAT: '16' }));
    await look(story, 'Root', { kind: 'retire', planId: story.main.id, within: account(story, 'Root').id });
    expect(await count()).toEqual(before);
  });
});

describe('the end of a plan, before it comes', () => {
  const withPolicy = (renewal: object) => openStory(world, { sellers, plan: { terms: { policies: { renewal } } } });

  test.each([
    ['expire', 'renewed -> expired: Plan is not sold any more.', 1],
    ['renew', 'renewed -> renewed', 0],
  ] as const)('retired, with the policy %s', async (onRetiredPlan, outcome, changed) => {
    const story = await withPolicy({ on_retired_plan: onRetiredPlan });
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const impact = await look(story, 'Shop', {
      kind: 'retire',
      planId: story.main.id,
      within: account(story, 'Root').id,
    });
    expect(lines(story, impact)[0]!.replace(/: .* is not/, ': Plan is not')).toBe(outcome);
    expect(impact.totals).toMatchObject({ changed });
    const lost = impact.totals!.levels.map(({ difference }) => formatMoney(difference));
    expect(lost).toEqual([changed === 1 ? '-15' : '0']);
  });

  test.each([
    ['expire', 'expired'],
    ['retry', 'retried'],
    ['renew', 'renewed'],
  ] as const)('taken back from a seller, with the policy %s', async (onRevoked, outcome) => {
    const story = await withPolicy({ on_revoked_delegation: onRevoked });
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const change = { kind: 'revoke', planId: story.main.id, accountId: account(story, 'Middle').id } as const;
    const { totals, affected } = await look(story, 'Root', change);
    expect(affected).toBe(1);
    expect(totals).toMatchObject({ outcomes: { asIs: { renewed: 1 }, changed: { [outcome]: 1 } } });
  });
});
