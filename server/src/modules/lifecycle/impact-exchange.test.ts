import { formatMoney } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../../test/support/story.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Impact } from './service-impact.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

// The provider's list is in dollars and the distributor is billed in euros, in which it sells; the shop's customer is billed in yen.
const open = (): Promise<Story> =>
  openStory(world, {
    sellers: [
      { name: 'Root', prices: { SEAT: '10' } },
      { name: 'Middle', currency: 'EUR', billedIn: 'EUR', prices: { SEAT: '12' } },
      { name: 'Shop', currency: 'EUR', prices: { SEAT: '15' } },
    ],
    billedIn: 'JPY',
  });

async function look(story: Story, seller: string, whose: string, rates: readonly string[]): Promise<Impact> {
  const idOf = (name: string) => story.accounts.find((one) => one.name === name)!.id;
  const wanted = rates.map((text) => {
    const [from, to, rate, date] = text.split(' ') as [string, string, string, string];
    return { from, to, rate, date };
  });
  const supposed = world.engine.rates.suppose(idOf(whose), wanted);
  return world.engine.impact.of(idOf(seller), { kind: 'exchange', supposed }, { limit: 50 });
}

function lines(story: Story, { subscriptions }: Impact): string[] {
  return subscriptions.flatMap(({ asIs, changed, edges }) => [
    `${asIs.outcome} -> ${changed.outcome}`,
    ...edges.map(({ sellerId, asIs: before, changed: after }) => {
      const { name } = story.accounts.find(({ id }) => id === sellerId)!;
      return `${name}: ${formatMoney(before)} -> ${formatMoney(after)} ${after.currency}`;
    }),
  ]);
}

describe('an exchange rate, before it is set', () => {
  // The guarantee: what is foretold is what is charged when the day comes.
  test('shows each edge of the next renewal as it will be charged, and is charged so', async () => {
    const story = await open();
    await story.exchange('Root', 'USD', 'EUR', '0.9', '2026-01-01');
    await story.exchange('Root', 'EUR', 'JPY', '160', '2026-01-01');
    const [sold] = (await story.on('2026-01-10', () => story.sell({ SEAT: '3' }))).subscriptions;
    const rate = 'USD EUR 0.95123 2026-02-01';
    const impact = await look(story, 'Root', 'Root', [rate]);
    expect(impact).toMatchObject({ affected: 1, totals: { considered: 1, changed: 1, isSample: false } });
    expect(lines(story, impact)).toEqual(
      table(`
        renewed -> renewed
        Root: 27 -> 28.54 EUR
        Middle: 36 -> 36 EUR
        Shop: 7200 -> 7200 JPY`),
    );
    // The shop sees what it takes, and so that nothing changes there.
    expect(lines(story, await look(story, 'Shop', 'Root', [rate]))).toHaveLength(2);
    const both = await look(story, 'Root', 'Root', [rate, 'EUR JPY 150 2026-02-10']);
    expect(lines(story, both)[3]).toBe('Shop: 7200 -> 6750 JPY');
    await story.exchange('Root', 'USD', 'EUR', '0.95123', '2026-02-01');
    await story.until('2026-02-10');
    expect((await story.booked(sold!, { from: '2026-02-10', seller: 'Root' }))[0]).toContain('= 28.54');
  });

  test('counts from its day on, and gives way to a later one and to one of an account below', async () => {
    const story = await open();
    await story.exchange('Root', 'USD', 'EUR', '0.9', '2026-02-05');
    await story.exchange('Root', 'EUR', 'JPY', '160', '2026-01-01');
    await story.exchange('Shop', 'EUR', 'JPY', '165', '2026-01-01');
    await story.exchange('Root', 'USD', 'EUR', '0.8', '2026-01-01');
    await story.on('2026-01-10', () => story.sell({ SEAT: '3' }));
    const changed = async (...rates: string[]) => (await look(story, 'Root', 'Root', rates)).totals!.changed;
    expect(await changed('USD EUR 0.5 2026-02-04')).toBe(0);
    expect(await changed('USD EUR 0.5 2026-02-11')).toBe(0);
    // Of two for one day the younger counts.
    expect(await changed('USD EUR 0.5 2026-02-05')).toBe(1);
    expect(await changed('USD EUR 0.5 2026-02-10', 'USD EUR 0.9 2026-02-11')).toBe(1);
    expect(await changed('EUR JPY 170 2026-02-01')).toBe(0);
    const shops = await look(story, 'Shop', 'Shop', ['EUR JPY 170 2026-02-01']);
    expect(lines(story, shops)).toEqual(['renewed -> renewed', 'Shop: 7425 -> 7650 JPY']);
  });

  test('makes a renewal possible that fails for want of one', async () => {
    const story = await open();
    await story.exchange('Root', 'USD', 'EUR', '0.9', '2026-01-01');
    await story.exchange('Root', 'EUR', 'JPY', '160', '2026-01-01');
    const [sold] = (await story.on('2026-01-10', () => story.sell({ SEAT: '3' }))).subscriptions;
    await world.engine.customers.change(
      story.at(),
      story.owner.id,
      { id: story.customer.id },
      { billingCurrency: 'CHF' },
    );
    const impact = await look(story, 'Shop', 'Middle', ['EUR CHF 0.97 2026-01-01']);
    expect(lines(story, impact)).toEqual(['retried -> renewed', 'Shop: 0 -> 43.65 CHF']);
    expect((await story.get(sold!)).version).toBe(1);
  });

  test('touches what is converted so in the tree of its account, and nothing else', async () => {
    const story = await open();
    await story.exchange('Root', 'USD', 'EUR', '0.9', '2026-01-01');
    await story.exchange('Root', 'EUR', 'JPY', '160', '2026-01-01');
    await story.on('2026-01-10', () => story.sell({ SEAT: '3' }));
    const plain = await world.customer(story.owner, {});
    await story.on('2026-01-10', () => story.sell({ SEAT: '3' }, { customer: plain }));
    const affected = async (whose: string, rate: string) => (await look(story, whose, whose, [rate])).affected;
    expect(await affected('Root', 'USD EUR 0.5 2026-02-01')).toBe(2);
    expect(await affected('Root', 'EUR JPY 5 2026-02-01')).toBe(1);
    expect(await affected('Shop', 'EUR JPY 5 2026-02-01')).toBe(1);
    // Who buys in euros of a list in dollars stands above these.
    expect(await affected('Middle', 'USD EUR 0.5 2026-02-01')).toBe(0);
    expect(await affected('Root', 'EUR USD 0.5 2026-02-01')).toBe(0);
    expect(await affected('Root', 'JPY EUR 0.5 2026-02-01')).toBe(0);
  });

  test('touches what a rule makes of a cost in another currency', async () => {
    const story = await openStory(world, {
      sellers: [
        { name: 'Root', prices: { SEAT: '10' } },
        { name: 'Shop', currency: 'EUR', prices: {} },
      ],
    });
    const shop = story.accounts[1]!;
    await world.priceList(shop, { markup: '10', currency: 'EUR' });
    await story.exchange('Shop', 'USD', 'EUR', '0.9', '2026-01-01');
    await story.on('2026-01-10', () => story.sell({ SEAT: '1' }));
    const impact = await look(story, 'Shop', 'Shop', ['USD EUR 0.8 2026-02-01']);
    expect(lines(story, impact)).toEqual(['renewed -> renewed', 'Shop: 9.9 -> 8.8 EUR']);
  });

  test('is refused as it would be when it is set, and stores nothing', async () => {
    const story = await open();
    await expect(look(story, 'Root', 'Root', ['USD USD 0 2026-01-01'])).rejects.toMatchObject({
      reasons: [{ code: 'pricing.same_currency' }, { code: 'pricing.invalid_rate' }],
    });
    await look(story, 'Root', 'Root', ['USD EUR 0.9 2026-01-01']);
    expect(await world.engine.rates.of(story.accounts[0]!.id, { limit: 5 })).toEqual([]);
  });
});
