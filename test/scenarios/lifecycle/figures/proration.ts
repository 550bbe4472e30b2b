import { openStory, type Story } from '../../../support/story.ts';
import type { PricesWanted } from '../../../support/world-catalog.ts';
import type { World } from '../../../support/world.ts';
import { charged, compared, held, type Figures } from './table.ts';

const shop = (price: PricesWanted, currency = 'USD') => [
  { name: 'Shop', zone: 'Europe/Berlin', currency, prices: { SEAT: price } },
];

/** Three seats of March 1 that go on March 11, at once or one by one. */
async function removed(world: World, steps: readonly string[]): Promise<string[]> {
  const story = await openStory(world, { sellers: shop('10') });
  const seats = held(await story.on('2026-03-01', () => story.sell({ SEAT: '4' })));
  for (const quantity of steps) await story.on('2026-03-11', () => story.change(seats, { SEAT: quantity }));
  return story.booked(seats, { from: '2026-03-02' });
}

async function addedTo(story: Story, quantity: string): Promise<string[]> {
  const seats = held(await story.on('2026-03-01', () => story.sell({ SEAT: '8' })));
  return story.bill(await story.on('2026-03-17', () => story.change(seats, { SEAT: quantity })));
}

/** Worked examples of docs/concepts/proration.md. */
export const proration: Figures = {
  async added(world) {
    const story = await openStory(world, { sellers: shop('31') });
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '10' })));
    await story.on('2026-03-17', () => story.change(seats, { SEAT: '13' }));
    await story.until('2026-04-02');
    return charged(await story.booked(seats));
  },

  async undone(world) {
    const story = await openStory(world, { sellers: shop('9.99') });
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '1' })));
    await story.on('2026-03-17T09:00', () => story.change(seats, { SEAT: '2' }));
    await story.on('2026-03-17T17:00', () => story.change(seats, { SEAT: '1' }));
    return charged(await story.booked(seats));
  },

  rounding: async (world) =>
    compared([
      ['three at once', await removed(world, ['1'])],
      ['one by one', await removed(world, ['3', '2', '1'])],
    ]),

  async edges(world) {
    const story = await openStory(world, {
      sellers: [
        { name: 'Root', zone: 'UTC', prices: { SEAT: '0.333' } },
        { name: 'Middle', zone: 'Asia/Tokyo', prices: { SEAT: '0.4' } },
        { name: 'Shop', zone: 'America/New_York', prices: { SEAT: '0.5' } },
      ],
    });
    const order = await story.on('2026-03-17T20:00', () => story.sell({ SEAT: '7' }));
    return charged(story.bill(order));
  },

  async currencies(world) {
    const parts: (readonly [string, string[]])[] = [];
    for (const currency of ['JPY', 'USD', 'KWD']) {
      const story = await openStory(world, { sellers: shop('99.9999', currency) });
      const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '1' })));
      await story.on('2026-03-17', () => story.change(seats, { SEAT: '2' }));
      parts.push([currency, await story.booked(seats)]);
    }
    return compared(parts);
  },

  async tiers(world) {
    const parts: (readonly [string, string[]])[] = [];
    for (const priceModel of ['tiered', 'volume'] as const) {
      const tiers = [
        ['0', '31'],
        ['10', '15.5'],
      ] as const;
      const story = await openStory(world, { sellers: shop(tiers), rates: [{ mpn: 'SEAT', priceModel }] });
      parts.push([`\`${priceModel}\``, await addedTo(story, '12')]);
    }
    return compared(parts);
  },

  async refunds(world) {
    const parts: (readonly [string, string[]])[] = [];
    for (const refund of ['full', 'prorated', 'none'] as const) {
      const policies = { cancellation: { window: { count: 14, unit: 'day' as const }, refund } };
      const sellers = shop({ recurring: '31', setup: '5' });
      const rates = [{ mpn: 'SEAT', chargeTypes: ['setup' as const, 'recurring' as const] }];
      const story = await openStory(world, { sellers, rates, plan: { terms: { policies } } });
      const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '2' })));
      await story.on('2026-03-12', () => story.ask(seats, { kind: 'cancel', reason: null }));
      parts.push([`\`${refund}\``, await story.booked(seats)]);
    }
    return compared(parts);
  },
};
