import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const yearly = { unit: 'year', count: 1 } as const;
type Held = Awaited<ReturnType<Story['get']>>;

describe('renewals of the 31st through a leap year', () => {
  let story: Story;
  let monthly: Held;
  let annual: Held;

  test('January 31, 2028: one seat by the month; and a seat by the year, billed by the month', async () => {
    story = await openStory(world, { sellers: [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '31' } }] });
    const byYear = await story.plan({ terms: { subscriptionPeriod: yearly, autoRenewalMonths: 12 } });
    await story.on('2028-01-31', async () => {
      monthly = (await story.sell({ SEAT: '1' })).subscriptions[0]!;
      annual = (await story.sell({ SEAT: '1' }, { plan: byYear })).subscriptions[0]!;
    });
    expect(await story.state(monthly)).toBe('active 2028-01-31 to 2028-02-29: 1 SEAT');
    expect(await story.state(annual)).toBe('active 2028-01-31 to 2029-01-31: 1 SEAT');
  });

  test('February 10: a second seat costs 19 of 29 days', async () => {
    for (const seats of [monthly, annual]) {
      const added = await story.on('2028-02-10', () => story.change(seats, { SEAT: '2' }));
      expect(story.bill(added)).toEqual(
        table('2028-02-10 Berlin: recurring 1 SEAT x 31 19/29, 2028-02-10 to 2028-02-29 = 20.31'),
      );
    }
  });

  test('every month is paid whole, and the 31st comes back after each month that lacks it', async () => {
    await story.until('2029-03-01');
    const months = [
      '2028-02-29 to 2028-03-31',
      '2028-03-31 to 2028-04-30',
      '2028-04-30 to 2028-05-31',
      '2028-05-31 to 2028-06-30',
      '2028-06-30 to 2028-07-31',
      '2028-07-31 to 2028-08-31',
      '2028-08-31 to 2028-09-30',
      '2028-09-30 to 2028-10-31',
      '2028-10-31 to 2028-11-30',
      '2028-11-30 to 2028-12-31',
      '2028-12-31 to 2029-01-31',
      '2029-01-31 to 2029-02-28',
      '2029-02-28 to 2029-03-31',
    ].map((days) => `${days.slice(0, 10)} Berlin: recurring 2 SEAT x 31, ${days} = 62`);
    expect(await story.booked(monthly, { from: '2028-02-29' })).toEqual(months);
    expect(await story.booked(annual, { from: '2028-02-29' })).toEqual(months);
    expect(await story.state(monthly)).toBe('active 2029-02-28 to 2029-03-31: 2 SEAT');
    expect(await story.state(annual)).toBe('active 2029-01-31 to 2030-01-31: 2 SEAT');
  });

  test('March 15, 2029: a seat goes back for 16 of 31 days: the month is 31 days long again', async () => {
    for (const seats of [monthly, annual]) {
      const removed = await story.on('2029-03-15', () => story.change(seats, { SEAT: '1' }));
      expect(story.bill(removed)).toEqual(
        table('2029-03-15 Berlin: refund 1 SEAT x 31 16/31, 2029-03-15 to 2029-03-31 = -16'),
      );
    }
  });
});

describe('years that begin on a leap day', () => {
  test('February 29, 2028 renews on February 28 three times, and on the 29th in 2032', async () => {
    const story = await openStory(world, {
      sellers: [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '100' } }],
      plan: { terms: { subscriptionPeriod: yearly, billingPeriod: yearly, autoRenewalMonths: 12 } },
    });
    const { subscriptions } = await story.on('2028-02-29', () => story.sell({ SEAT: '1' }));
    await story.until('2032-03-01');
    expect(await story.booked(subscriptions[0]!)).toEqual(
      table(`
        2028-02-29 Berlin: recurring 1 SEAT x 100, 2028-02-29 to 2029-02-28 = 100
        2029-02-28 Berlin: recurring 1 SEAT x 100, 2029-02-28 to 2030-02-28 = 100
        2030-02-28 Berlin: recurring 1 SEAT x 100, 2030-02-28 to 2031-02-28 = 100
        2031-02-28 Berlin: recurring 1 SEAT x 100, 2031-02-28 to 2032-02-29 = 100
        2032-02-29 Berlin: recurring 1 SEAT x 100, 2032-02-29 to 2033-02-28 = 100
      `),
    );
  });
});

describe('a partner in Kiritimati and one in Honolulu on one order', () => {
  // The two are 24 hours apart: it is always the same hour, one day later in Kiritimati.
  let story: Story;
  let seats: Held;

  test('January 31 in Honolulu is February 1 in Kiritimati, where another price counts from that day on', async () => {
    story = await openStory(world, {
      sellers: [
        { name: 'Honolulu', zone: 'Pacific/Honolulu', prices: { SEAT: '10' } },
        { name: 'Kiritimati', zone: 'Pacific/Kiritimati', prices: { SEAT: '20' } },
      ],
    });
    await story.reprice('Honolulu', '2026-02-01', { SEAT: '11' });
    await story.reprice('Kiritimati', '2026-02-01', { SEAT: '22' });
    const order = await story.on('2026-01-31T22:00Z', () => story.sell({ SEAT: '1' }));
    seats = order.subscriptions[0]!;
    expect(story.bill(order)).toEqual(
      table(`
        2026-01-31 Honolulu:   recurring 1 SEAT x 10, 2026-01-31 to 2026-02-28 = 10
        2026-02-01 Kiritimati: recurring 1 SEAT x 22, 2026-02-01 to 2026-03-01 = 22
      `),
    );
  });

  test('one minute before midnight: the last day of the period on both edges', async () => {
    const added = await story.on('2026-02-28T09:59Z', () => story.change(seats, { SEAT: '2' }));
    expect(story.bill(added)).toEqual(
      table(`
        2026-02-27 Honolulu:   recurring 1 SEAT x 10 1/28, 2026-02-27 to 2026-02-28 = 0.36
        2026-02-28 Kiritimati: recurring 1 SEAT x 22 1/28, 2026-02-28 to 2026-03-01 = 0.79
      `),
    );
  });

  test('midnight: both edges begin their next period at the same instant, each with its own days and price', async () => {
    await story.until('2026-02-28T10:00Z');
    expect((await story.booked(seats)).slice(4)).toEqual(
      table(`
        2026-02-28 Honolulu:   recurring 2 SEAT x 11, 2026-02-28 to 2026-03-31 = 22
        2026-03-01 Kiritimati: recurring 2 SEAT x 22, 2026-03-01 to 2026-04-01 = 44
      `),
    );
  });

  test('one minute after midnight: a seat goes back whole', async () => {
    const removed = await story.on('2026-02-28T10:01Z', () => story.change(seats, { SEAT: '1' }));
    expect(story.bill(removed)).toEqual(
      table(`
        2026-02-28 Honolulu:   refund 1 SEAT x 11, 2026-02-28 to 2026-03-31 = -11
        2026-03-01 Kiritimati: refund 1 SEAT x 22, 2026-03-01 to 2026-04-01 = -22
      `),
    );
  });
});

describe('the other way around, with months that end on one day for both', () => {
  // Sold on the 30th in Honolulu and the 31st in Kiritimati: February ends both, a day apart from each other in time.
  let story: Story;
  let seats: Held;

  test('January 30 in Honolulu, the customer’s seller; January 31 in Kiritimati above it', async () => {
    story = await openStory(world, {
      sellers: [
        { name: 'Kiritimati', zone: 'Pacific/Kiritimati', prices: { SEAT: '28' } },
        { name: 'Honolulu', zone: 'Pacific/Honolulu', prices: { SEAT: '56' } },
      ],
    });
    const order = await story.on('2026-01-30', () => story.sell({ SEAT: '1' }));
    seats = order.subscriptions[0]!;
    expect(story.bill(order)).toEqual(
      table(`
        2026-01-31 Kiritimati: recurring 1 SEAT x 28, 2026-01-31 to 2026-02-28 = 28
        2026-01-30 Honolulu:   recurring 1 SEAT x 56, 2026-01-30 to 2026-02-28 = 56
      `),
    );
  });

  test('February 27 in Honolulu: in Kiritimati that day belongs to the next period, which is not paid yet', async () => {
    const added = await story.on('2026-02-27', () => story.change(seats, { SEAT: '2' }));
    // 1/29 of 56 in Honolulu; in Kiritimati no day of the paid period is left.
    expect(story.bill(added).at(-1)).toBe(
      '2026-02-27 Honolulu: recurring 1 SEAT x 56 1/29, 2026-02-27 to 2026-02-28 = 1.93',
    );
    expect(
      added.order?.charges.filter(({ sellerId, amount }) => sellerId === story.accounts[0]!.id && amount.minor !== 0n),
    ).toEqual([]);
  });

  test('February 28: the next period has both seats, from the day on which the one before ended', async () => {
    await story.until('2026-03-01');
    expect(await story.booked(seats, { from: '2026-02-28' })).toEqual(
      table(`
        2026-02-28 Kiritimati: recurring 2 SEAT x 28, 2026-02-28 to 2026-03-31 = 56
        2026-02-28 Honolulu:   recurring 2 SEAT x 56, 2026-02-28 to 2026-03-30 = 112
      `),
    );
  });
});

describe('a leap day in Honolulu is March 1 in Kiritimati: from then on their months begin days apart', () => {
  test('each edge is billed on its own days, and a change in between counts by the day on both', async () => {
    const story = await openStory(world, {
      sellers: [
        { name: 'Kiritimati', zone: 'Pacific/Kiritimati', prices: { SEAT: '30' } },
        { name: 'Honolulu', zone: 'Pacific/Honolulu', prices: { SEAT: '62' } },
      ],
      plan: { terms: { subscriptionPeriod: yearly, autoRenewalMonths: 12 } },
    });
    const { subscriptions } = await story.on('2028-02-29', () => story.sell({ SEAT: '1' }));
    await story.on('2028-04-10', () => story.change(subscriptions[0]!, { SEAT: '2' }));
    await story.until('2028-05-02');
    expect(await story.booked(subscriptions[0]!)).toEqual(
      table(`
        2028-03-01 Kiritimati: recurring 1 SEAT x 30, 2028-03-01 to 2028-04-01 = 30
        2028-02-29 Honolulu:   recurring 1 SEAT x 62, 2028-02-29 to 2028-03-29 = 62
        2028-03-29 Honolulu:   recurring 1 SEAT x 62, 2028-03-29 to 2028-04-29 = 62
        2028-04-01 Kiritimati: recurring 1 SEAT x 30, 2028-04-01 to 2028-05-01 = 30
        2028-04-11 Kiritimati: recurring 1 SEAT x 30 20/30, 2028-04-11 to 2028-05-01 = 20
        2028-04-10 Honolulu:   recurring 1 SEAT x 62 19/31, 2028-04-10 to 2028-04-29 = 38
        2028-04-29 Honolulu:   recurring 2 SEAT x 62, 2028-04-29 to 2028-05-29 = 124
        2028-05-01 Kiritimati: recurring 2 SEAT x 30, 2028-05-01 to 2028-06-01 = 60
      `),
    );
  });
});
