import { decimal } from '@tierline/kernel';
import { discountOf, type Agreement } from '@tierline/server/modules/pricing/index.ts';
import { openStory } from '../../../support/story.ts';
import { charged, held, type Figures } from './table.ts';

const twoMonths = { unit: 'month', count: 2 } as const;

/** Worked examples of docs/concepts/prices.md. */
export const prices: Figures = {
  async exchange(world) {
    const story = await openStory(world, {
      sellers: [
        { name: 'Root', currency: 'USD', prices: { SEAT: '10' } },
        { name: 'Middle', currency: 'EUR', billedIn: 'EUR', prices: { SEAT: '12' } },
        { name: 'Shop', currency: 'JPY', billedIn: 'JPY', prices: { SEAT: '2400' } },
      ],
      plan: { terms: { subscriptionPeriod: twoMonths, policies: { renewal: { price: 'current' } } } },
    });
    await story.exchange('Root', 'USD', 'EUR', '0.9215', '2026-01-01');
    await story.exchange('Middle', 'EUR', 'JPY', '163.333', '2026-01-01');
    const seats = held(await story.on('2026-01-01', () => story.sell({ SEAT: '3' })));
    await story.exchange('Root', 'USD', 'EUR', '0.95', '2026-01-20');
    await story.on('2026-02-15', () => story.change(seats, { SEAT: '2' }));
    await story.until('2026-03-02');
    const lines = await Promise.all(['Root', 'Middle'].map((seller) => story.booked(seats, { seller })));
    return charged(lines.flat());
  },

  async discount(world) {
    const story = await openStory(world, {
      sellers: [{ name: 'Shop', prices: { SEAT: '9.99' } }],
      plan: { terms: { policies: { renewal: { price: 'current' } } } },
    });
    const tenth: Agreement = {
      kind: 'discount',
      from: 'now',
      terms: 2,
      discount: { type: 'percent', value: decimal('10') },
    };
    const sold = await story.on('2026-03-01', () => story.sell({ SEAT: '3' }, { deals: { SEAT: [tenth] } }));
    const seats = held(sold);
    await story.on('2026-03-11', () => story.change(seats, { SEAT: '4' }));
    await story.until('2026-05-02');
    const { orders } = await world.engine.lifecycle.timeline(story.owner.id, seats.id);
    const inOrder = orders.toSorted((a, b) => Number(a.serial) - Number(b.serial)).flatMap(({ charges }) => charges);
    const taken = inOrder.map((charge) => {
      const amount = discountOf(charge)?.amount;
      return amount ? (Number(amount.minor) / 100).toFixed(2) : '';
    });
    const [head, ...rows] = charged(await story.booked(seats));
    return [[...head!, 'discount'], ...rows.map((row, index) => [...row, taken[index]!])];
  },
};
