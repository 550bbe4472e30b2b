import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe('a seat is added in the middle of a month and removed the same day', () => {
  let story: Story;
  let seats: Awaited<ReturnType<Story['get']>>;

  test('March 2: five seats are sold over three edges, March has 31 days to April 2', async () => {
    story = await openStory(world, {
      sellers: [
        { name: 'Los Angeles', zone: 'America/Los_Angeles', prices: { SEAT: '15.2', DESK: '0.07' } },
        { name: 'London', zone: 'Europe/London', prices: { SEAT: '17.5', DESK: '0.08' } },
        { name: 'New York', zone: 'America/New_York', prices: { SEAT: '19.8', DESK: '0.09' } },
      ],
    });
    const order = await story.on('2026-03-02', () => story.sell({ SEAT: '5', DESK: '10' }));
    seats = order.subscriptions[0]!;
    expect(story.bill(order)).toEqual(
      table(`
        2026-03-02 Los Angeles: recurring  5 SEAT x 15.2, 2026-03-02 to 2026-04-02 = 76
        2026-03-02 Los Angeles: recurring 10 DESK x 0.07, 2026-03-02 to 2026-04-02 = 0.7
        2026-03-02 London:      recurring  5 SEAT x 17.5, 2026-03-02 to 2026-04-02 = 87.5
        2026-03-02 London:      recurring 10 DESK x 0.08, 2026-03-02 to 2026-04-02 = 0.8
        2026-03-02 New York:    recurring  5 SEAT x 19.8, 2026-03-02 to 2026-04-02 = 99
        2026-03-02 New York:    recurring 10 DESK x 0.09, 2026-03-02 to 2026-04-02 = 0.9
      `),
    );
  });

  test('March 17 at noon: a sixth seat costs 16 of 31 days', async () => {
    const added = await story.on('2026-03-17', () => story.change(seats, { SEAT: '6' }));
    expect(story.bill(added)).toEqual(
      table(`
        2026-03-17 Los Angeles: recurring 1 SEAT x 15.2 16/31, 2026-03-17 to 2026-04-02 = 7.85
        2026-03-17 London:      recurring 1 SEAT x 17.5 16/31, 2026-03-17 to 2026-04-02 = 9.03
        2026-03-17 New York:    recurring 1 SEAT x 19.8 16/31, 2026-03-17 to 2026-04-02 = 10.22
      `),
    );
    expect(added.order?.total).toBe('10.22');
  });

  test('March 17 in the evening: it goes back at exactly what it cost, unless it is the 18th already, as in London', async () => {
    const removed = await story.on('2026-03-17T17:00', () => story.change(seats, { SEAT: '5' }));
    expect(story.bill(removed)).toEqual(
      table(`
        2026-03-17 Los Angeles: refund 1 SEAT x 15.2 16/31, 2026-03-17 to 2026-04-02 = -7.85
        2026-03-17 London:      refund 1 SEAT x 17.5 16/31, 2026-03-17 to 2026-04-02 = -9.03
        2026-03-17 New York:    refund 1 SEAT x 19.8 16/31, 2026-03-17 to 2026-04-02 = -10.22
      `),
    );
    // Half past eight in the evening in New York is after midnight in London: there the seat was held for a day, which costs 17.5 / 31.
    await story.change(seats, { SEAT: '6' });
    const later = await story.on('2026-03-17T20:30', () => story.change(seats, { SEAT: '5' }));
    expect(story.bill(later)).toEqual(
      table(`
        2026-03-17 Los Angeles: refund 1 SEAT x 15.2 16/31, 2026-03-17 to 2026-04-02 = -7.85
        2026-03-18 London:      refund 1 SEAT x 17.5 15/31, 2026-03-18 to 2026-04-02 = -8.47
        2026-03-17 New York:    refund 1 SEAT x 19.8 16/31, 2026-03-17 to 2026-04-02 = -10.22
      `),
    );
  });

  test('March 17 at night: three desks one by one cost what three at once do', async () => {
    // In New York 9 cents x 16/31 are 4.645 cents each, 13.94 for three: 5 + 4 + 5, where each for itself would make 15.
    const amounts: string[][] = [];
    for (const quantity of ['9', '8', '7']) amounts.push(story.bill(await story.change(seats, { DESK: quantity })));
    expect(amounts.map((lines) => lines[2])).toEqual(
      table(`
        2026-03-17 New York: refund 1 DESK x 0.09 16/31, 2026-03-17 to 2026-04-02 = -0.05
        2026-03-17 New York: refund 1 DESK x 0.09 16/31, 2026-03-17 to 2026-04-02 = -0.04
        2026-03-17 New York: refund 1 DESK x 0.09 16/31, 2026-03-17 to 2026-04-02 = -0.05
      `),
    );
    await story.change(seats, { DESK: '10' });
    const atOnce = await story.change(seats, { DESK: '7' });
    expect(story.bill(atOnce)[2]).toBe(
      '2026-03-17 New York: refund 3 DESK x 0.09 16/31, 2026-03-17 to 2026-04-02 = -0.14',
    );
  });

  test('April 2: the month after is for what is held, as if nothing had been', async () => {
    await story.until('2026-04-02');
    expect(await story.booked(seats, { seller: 'New York', from: '2026-03-18' })).toEqual(
      table(`
        2026-04-02 New York: recurring 5 SEAT x 19.8, 2026-04-02 to 2026-05-02 = 99
        2026-04-02 New York: recurring 7 DESK x 0.09, 2026-04-02 to 2026-05-02 = 0.63
      `),
    );
    expect(await story.state(seats)).toBe('active 2026-04-02 to 2026-05-02: 5 SEAT, 7 DESK');
    // 99 + 0.9 - 0.14 for March, 99 + 0.63 for April.
    expect(await story.total(seats, 'New York')).toBe('199.39');
  });
});
