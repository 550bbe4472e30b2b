// A special price and a discount are agreed on with the order: they count on one edge, for as many terms as was agreed on.
import { decimal, zero } from '@tierline/kernel';
import { discountOf } from '@tierline/server/modules/pricing/index.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story, type StoryDeal } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const price = (amount: string, terms: number | null = 1): StoryDeal => ({
  kind: 'price',
  from: 'now',
  terms,
  currency: null,
  tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
});
const percent = (value: string, terms: number | null = 1): StoryDeal => ({
  kind: 'discount',
  from: 'now',
  terms,
  discount: { type: 'percent', value: decimal(value) },
});

const open = (renewal: 'current' | 'locked' = 'current'): Promise<Story> =>
  openStory(world, {
    sellers: [
      { name: 'Root', prices: { SEAT: '7', DISK: '1' } },
      { name: 'Shop', prices: { SEAT: '10', DISK: '2' } },
    ],
    plan: { terms: { policies: { renewal: { price: renewal } } } },
  });

describe('with the order', () => {
  test('the reseller gives its customer a tenth off for two terms, the provider gives the reseller a special price', async () => {
    const story = await open();
    const deals = { SEAT: [percent('10', 2), { ...price('6.5'), seller: 'Root' }] };
    const order = await story.on('2026-03-01', () => story.sell({ SEAT: '3' }, { deals, as: 'Root' }));
    const seats = order.subscriptions[0]!;
    expect(story.bill(order)).toEqual(
      table(`
        2026-03-01 Root: recurring 3 SEAT x 6.5, 2026-03-01 to 2026-04-01 = 19.5
        2026-03-01 Shop: recurring 3 SEAT x 9, 2026-03-01 to 2026-04-01 = 27
      `),
    );
    expect(order.charges.map(({ source }) => source.kind)).toEqual(['special', 'explicit']);
    expect(order.charges.map((charge) => discountOf(charge))).toEqual([
      undefined,
      { type: 'percent', value: '10', unitPrice: '10', amount: { minor: 300n, currency: 'USD' } },
    ]);
    // A seat more in the term has the same deal; on April 1 the special price is over, the discount in its second term of a risen price.
    const more = await story.on('2026-03-11', () => story.change(seats, { SEAT: '4' }));
    expect(story.bill(more)[1]).toBe('2026-03-11 Shop: recurring 1 SEAT x 9 21/31, 2026-03-11 to 2026-04-01 = 6.1');
    await story.reprice('Shop', '2026-03-20', { SEAT: '11' });
    await story.until('2026-05-02');
    expect(await story.booked(seats, { from: '2026-04-01' })).toEqual(
      table(`
        2026-04-01 Root: recurring 4 SEAT x 7, 2026-04-01 to 2026-05-01 = 28
        2026-04-01 Shop: recurring 4 SEAT x 9.9, 2026-04-01 to 2026-05-01 = 39.6
        2026-05-01 Root: recurring 4 SEAT x 7, 2026-05-01 to 2026-06-01 = 28
        2026-05-01 Shop: recurring 4 SEAT x 11, 2026-05-01 to 2026-06-01 = 44
      `),
    );
  });

  test('nobody sets a price above its own sale', async () => {
    const story = await open();
    const deals = { SEAT: [{ ...price('1'), seller: 'Root' }] };
    await expect(story.on('2026-03-01', () => story.sell({ SEAT: '1' }, { deals }))).rejects.toMatchObject({
      kind: 'not_found',
      field: 'lines.0.deals.0.seller_id',
    });
  });

  test('a discount above the price, one too many, and a price in another currency are told together', async () => {
    const story = await open();
    const amount: StoryDeal = {
      kind: 'discount',
      from: 'now',
      terms: 1,
      discount: { type: 'amount', value: decimal('11') },
    };
    const foreign: StoryDeal = {
      ...price('5'),
      kind: 'price',
      currency: 'EUR',
      tiers: [{ lowerLimit: zero, amount: zero }],
    };
    const deals = { SEAT: [amount, amount], DISK: [foreign] };
    await expect(story.on('2026-03-01', () => story.sell({ SEAT: '1', DISK: '1' }, { deals }))).rejects.toMatchObject({
      reasons: [
        { code: 'pricing.discount_above_price', field: 'lines.0.deals.0.discount' },
        { code: 'pricing.deal_repeated', field: 'lines.0.deals.1' },
        { code: 'pricing.deal_currency', field: 'lines.1.deals.0.currency' },
      ],
    });
  });
});

describe('later', () => {
  test('a product that comes in with a change may have a deal, one that is held already may not', async () => {
    const story = await open();
    const order = await story.on('2026-03-01', () => story.sell({ SEAT: '3' }));
    const seats = order.subscriptions[0]!;
    const item = (mpn: string, quantity: string) => ({
      rateId: story.main.rates[mpn]!,
      quantity: decimal(quantity),
      deals: [{ ...price('1.5'), kind: 'price', chargeType: 'recurring', sellerId: story.owner.id } as const],
    });
    const change = (items: ReturnType<typeof item>[]) =>
      story.ask(seats, { kind: 'change', cascade: false, items } as never);
    await expect(story.on('2026-03-11', () => change([item('SEAT', '4')]))).rejects.toMatchObject({
      reasons: [{ code: 'lifecycle.deals_only_now', field: 'items.0.deals' }],
    });
    expect(story.bill(await story.on('2026-03-11', () => change([item('DISK', '2')])))).toEqual(
      table(`
        2026-03-11 Root: recurring 2 DISK x 1 21/31, 2026-03-11 to 2026-04-01 = 1.35
        2026-03-11 Shop: recurring 2 DISK x 1.5 21/31, 2026-03-11 to 2026-04-01 = 2.03
      `),
    );
  });

  test('a discount on what is held, from the next term on and for that term only', async () => {
    const story = await open('locked');
    const seats = (await story.on('2026-03-01', () => story.sell({ SEAT: '3' }))).subscriptions[0]!;
    const agreed = { ...percent('50'), from: 'renewal' as const };
    const rateId = story.main.rates['SEAT']!;
    const set = await story.on('2026-03-11', () =>
      story.ask(seats, { kind: 'prices', prices: [{ rateId, sellerIndex: 1, agreed }] }),
    );
    expect(story.bill(set)).toEqual([]);
    await story.until('2026-05-02');
    expect((await story.booked(seats, { seller: 'Shop' })).map((line) => line.split(': ')[1])).toEqual([
      'recurring 3 SEAT x 10, 2026-03-01 to 2026-04-01 = 30',
      'recurring 3 SEAT x 5, 2026-04-01 to 2026-05-01 = 15',
      'recurring 3 SEAT x 10, 2026-05-01 to 2026-06-01 = 30',
    ]);
  });
});
