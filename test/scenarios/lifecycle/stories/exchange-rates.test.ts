// A provider in dollars, a distributor that is billed in euros and a reseller that is billed in yen: prices are locked with
// their rates, so what the currencies do in between is felt at the next term, and not before.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
let story: Story;
beforeAll(async () => {
  world = await openWorld();
  story = await openStory(world, {
    sellers: [
      { name: 'Root', currency: 'USD', prices: { SEAT: '10' } },
      { name: 'Middle', currency: 'EUR', billedIn: 'EUR', prices: { SEAT: '12' } },
      { name: 'Shop', currency: 'JPY', billedIn: 'JPY', prices: { SEAT: '2400' } },
    ],
    plan: {
      terms: {
        subscriptionPeriod: { unit: 'month', count: 2 },
        billingPeriod: { unit: 'month', count: 1 },
        policies: { renewal: { price: 'current' } },
      },
    },
  });
});
afterAll(() => world.close());

let seats: Awaited<ReturnType<Story['get']>>;

describe('before there are rates', () => {
  test('a sale is refused: its owner is told to ask, whoever may set the rate is told which', async () => {
    const sale = story.on('2026-01-01', () => story.sell({ SEAT: '3' }));
    await expect(sale).rejects.toMatchObject({
      reasons: [
        {
          code: 'pricing.no_exchange_rate',
          field: 'lines.0',
          message:
            "Resource SEAT can't be sold for now: a seller above you lacks an exchange rate for it. Ask your seller.",
        },
      ],
    });
    const own = await openStory(world, {
      sellers: [{ name: 'Own', currency: 'USD', prices: { SEAT: '10' } }],
      billedIn: 'KWD',
    });
    await expect(own.on('2026-01-02', () => own.sell({ SEAT: '1' }))).rejects.toMatchObject({
      reasons: [
        {
          code: 'pricing.no_exchange_rate',
          message:
            'Resource SEAT is priced in USD and billed in KWD, and there is no exchange rate from USD to KWD for 2026-01-02. Set one for that day or a day before.',
        },
      ],
    });
  });
});

describe('January 1: three seats for two months', () => {
  test('each edge is billed in the currency of its buyer', async () => {
    await story.exchange('Root', 'USD', 'EUR', '0.9', '2026-01-01');
    // The distributor's own rate comes before that of the provider.
    await story.exchange('Root', 'EUR', 'JPY', '155', '2026-01-01');
    await story.exchange('Middle', 'EUR', 'JPY', '160', '2025-12-31');
    const order = await story.on('2026-01-01', () => story.sell({ SEAT: '3' }));
    seats = order.subscriptions[0]!;
    expect(story.bill(order)).toEqual(
      table(`
        2026-01-01 Root: recurring 3 SEAT x 9, 2026-01-01 to 2026-02-01 = 27
        2026-01-01 Middle: recurring 3 SEAT x 1920, 2026-01-01 to 2026-02-01 = 5760
        2026-01-01 Shop: recurring 3 SEAT x 2400, 2026-01-01 to 2026-02-01 = 7200
      `),
    );
    expect(order.charges.map(({ amount, source }) => [amount.currency, source.exchange])).toEqual([
      ['EUR', { from: 'USD', to: 'EUR', rate: '0.9', date: '2026-01-01' }],
      ['JPY', { from: 'EUR', to: 'JPY', rate: '160', date: '2025-12-31' }],
      ['JPY', undefined],
    ]);
  });
});

describe('January 20: the currencies move', () => {
  test('the second month of the term still has the rates of its first', async () => {
    await story.exchange('Root', 'USD', 'EUR', '0.95', '2026-01-20');
    await story.exchange('Middle', 'EUR', 'JPY', '163.333', '2026-01-20');
    await story.until('2026-02-02');
    expect(await story.booked(seats, { from: '2026-02-01' })).toEqual(
      table(`
        2026-02-01 Root: recurring 3 SEAT x 9, 2026-02-01 to 2026-03-01 = 27
        2026-02-01 Middle: recurring 3 SEAT x 1920, 2026-02-01 to 2026-03-01 = 5760
        2026-02-01 Shop: recurring 3 SEAT x 2400, 2026-02-01 to 2026-03-01 = 7200
      `),
    );
  });

  test('a seat that is taken back in between is refunded at the rate that it was charged at', async () => {
    const outcome = await story.on('2026-02-15', () => story.change(seats, { SEAT: '2' }));
    expect(story.bill(outcome)).toEqual(
      table(`
        2026-02-15 Root: refund 1 SEAT x 9 14/28, 2026-02-15 to 2026-03-01 = -4.5
        2026-02-15 Middle: refund 1 SEAT x 1920 14/28, 2026-02-15 to 2026-03-01 = -960
        2026-02-15 Shop: refund 1 SEAT x 2400 14/28, 2026-02-15 to 2026-03-01 = -1200
      `),
    );
  });

  test('a rate that replaces another one of its day reaches nothing that was sold', async () => {
    await story.exchange('Root', 'USD', 'EUR', '0.5', '2026-01-01');
    const outcome = await story.on('2026-02-16', () => story.change(seats, { SEAT: '3' }));
    expect(story.bill(outcome)[0]).toMatch(/^2026-02-16 Root: recurring 1 SEAT x 9 13\/28/);
    await story.on('2026-02-16T13:00', () => story.change(seats, { SEAT: '2' }));
  });
});

describe('March 1: the next term', () => {
  test('has the prices of the day at the rates of the day', async () => {
    await story.until('2026-03-02');
    expect(await story.booked(seats, { from: '2026-03-01' })).toEqual(
      table(`
        2026-03-01 Root: recurring 2 SEAT x 9.5, 2026-03-01 to 2026-04-01 = 19
        2026-03-01 Middle: recurring 2 SEAT x 1959.996, 2026-03-01 to 2026-04-01 = 3920
        2026-03-01 Shop: recurring 2 SEAT x 2400, 2026-03-01 to 2026-04-01 = 4800
      `),
    );
  });
});
