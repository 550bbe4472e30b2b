import { decimal } from '@tierline/kernel';
import { openStory } from '../../../support/story.ts';
import { charged, compared, held, type Figures } from './table.ts';

const year = { unit: 'year', count: 1 } as const;
const shop = (price: string, zone = 'Europe/Berlin') => [{ name: 'Shop', zone, prices: { SEAT: price } }];

/** Worked examples of docs/concepts/periods.md. */
export const periods: Figures = {
  async anchor(world) {
    const story = await openStory(world, { sellers: shop('10') });
    const seats = held(await story.on('2027-10-31', () => story.sell({ SEAT: '1' })));
    await story.until('2028-04-01');
    return charged(await story.booked(seats));
  },

  async edges(world) {
    const story = await openStory(world, {
      sellers: [
        { name: 'Kiritimati', zone: 'Pacific/Kiritimati', prices: { SEAT: '31' } },
        { name: 'Honolulu', zone: 'Pacific/Honolulu', prices: { SEAT: '62' } },
      ],
    });
    const seats = held(await story.on('2026-05-10', () => story.sell({ SEAT: '1' })));
    await story.on('2026-05-31T23:30', () => story.change(seats, { SEAT: '2' }));
    await story.until('2026-06-10');
    return charged(await story.booked(seats));
  },

  async models(world) {
    const models = ['before_billing_period', 'after_billing_period', 'before_subscription_period'] as const;
    const parts: (readonly [string, string[]])[] = [];
    for (const billingModel of models) {
      const terms = { subscriptionPeriod: year, billingModel };
      const story = await openStory(world, { sellers: shop('31'), plan: { terms } });
      const seats = held(await story.on('2026-03-15', () => story.sell({ SEAT: '1' })));
      await story.on('2026-05-01', () => story.change(seats, { SEAT: '2' }));
      await story.until('2026-06-15');
      parts.push([`\`${billingModel}\``, await story.booked(seats)]);
    }
    return compared(parts);
  },

  async aligned(world) {
    const story = await openStory(world, { sellers: shop('31') });
    const order = await story.on('2026-03-17', () =>
      world.engine.orders.place(story.at(), story.owner.id, {
        customer: { id: story.customer.id },
        lines: [{ name: { rateId: story.main.rates['SEAT']! }, quantity: decimal('1') }],
        poNumber: null,
        attributes: null,
        surface: 'api',
        addMissingBases: false,
        sale: { align: { kind: 'calendar_month' } },
      }),
    );
    await story.until('2026-06-01');
    return charged(await story.booked(held(order)));
  },
};
