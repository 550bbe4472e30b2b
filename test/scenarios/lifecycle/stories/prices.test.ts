import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Held = Awaited<ReturnType<Story['get']>>;
const yearly = { unit: 'year', count: 1 } as const;

const threeTiers = [
  { name: 'Provider', zone: 'America/Los_Angeles', prices: { SEAT: '10', DISK: '1' } },
  { name: 'Distributor', zone: 'Europe/London', prices: { SEAT: '12', DISK: '2' } },
  { name: 'Reseller', zone: 'Europe/Berlin', prices: { SEAT: '15', DISK: '3' } },
] as const;

describe('a price rise on three tiers during a term', () => {
  let story: Story;
  let seats: Held;

  test('March 15, 2026: ten seats for a year, billed by the month', async () => {
    story = await openStory(world, {
      sellers: threeTiers,
      plan: { terms: { subscriptionPeriod: yearly, autoRenewalMonths: 12 } },
    });
    const order = await story.on('2026-03-15', () => story.sell({ SEAT: '10' }));
    seats = order.subscriptions[0]!;
    expect(order.total).toBe('150');
  });

  test('July: the provider rises first, the distributor in August, the reseller in the week before the term ends', async () => {
    await story.on('2026-06-01', async () => {
      await story.reprice('Provider', '2026-07-01', { SEAT: '11', DISK: '1.1' });
      await story.reprice('Distributor', '2026-08-15', { SEAT: '13', DISK: '2.2' });
      await story.reprice('Reseller', '2027-03-08', { SEAT: '17', DISK: '3.3' });
      // After the end of the term: not its business yet.
      await story.reprice('Provider', '2027-03-16', { SEAT: '99' });
    });
    await story.until('2026-09-15');
    expect(await story.booked(seats, { from: '2026-09-15' })).toEqual(
      table(`
        2026-09-15 Provider:    recurring 10 SEAT x 10, 2026-09-15 to 2026-10-15 = 100
        2026-09-15 Distributor: recurring 10 SEAT x 12, 2026-09-15 to 2026-10-15 = 120
        2026-09-15 Reseller:    recurring 10 SEAT x 15, 2026-09-15 to 2026-10-15 = 150
      `),
    );
  });

  test('September 30: two seats more come at the price of the term, a disk at the price of its day', async () => {
    const added = await story.on('2026-09-30', () => story.change(seats, { SEAT: '12', DISK: '4' }));
    expect(story.bill(added).toSorted()).toEqual(
      table(`
        2026-09-30 Provider:    recurring 2 SEAT x 10  15/30, 2026-09-30 to 2026-10-15 = 10
        2026-09-30 Provider:    recurring 4 DISK x 1.1 15/30, 2026-09-30 to 2026-10-15 = 2.2
        2026-09-30 Distributor: recurring 2 SEAT x 12  15/30, 2026-09-30 to 2026-10-15 = 12
        2026-09-30 Distributor: recurring 4 DISK x 2.2 15/30, 2026-09-30 to 2026-10-15 = 4.4
        2026-09-30 Reseller:    recurring 2 SEAT x 15  15/30, 2026-09-30 to 2026-10-15 = 15
        2026-09-30 Reseller:    recurring 4 DISK x 3   15/30, 2026-09-30 to 2026-10-15 = 6
      `).toSorted(),
    );
  });

  test('March 15, 2027: the next term has the prices of that day on each edge', async () => {
    await story.until('2027-03-15');
    expect((await story.booked(seats, { from: '2027-03-15' })).toSorted()).toEqual(
      table(`
        2027-03-15 Provider:    recurring 12 SEAT x 11,  2027-03-15 to 2027-04-15 = 132
        2027-03-15 Provider:    recurring 4 DISK x 1.1, 2027-03-15 to 2027-04-15 = 4.4
        2027-03-15 Distributor: recurring 12 SEAT x 13,  2027-03-15 to 2027-04-15 = 156
        2027-03-15 Distributor: recurring 4 DISK x 2.2, 2027-03-15 to 2027-04-15 = 8.8
        2027-03-15 Reseller:    recurring 12 SEAT x 17,  2027-03-15 to 2027-04-15 = 204
        2027-03-15 Reseller:    recurring 4 DISK x 3.3, 2027-03-15 to 2027-04-15 = 13.2
      `).toSorted(),
    );
  });

  test('a plan that holds rises back: 10 percent at most; and one that keeps its prices for good', async () => {
    const guarded = await story.plan({
      terms: { policies: { renewal: { price: 'guarded', guard_percent: '10' } } },
      prices: { Provider: { SEAT: '10' }, Distributor: { SEAT: '12' }, Reseller: { SEAT: '15' } },
    });
    const kept = await story.plan({ terms: { policies: { renewal: { price: 'locked' } } } });
    const made = await story.on('2028-01-10', async () => [
      (await story.sell({ SEAT: '1' }, { plan: guarded })).subscriptions[0]!,
      (await story.sell({ SEAT: '1' }, { plan: kept })).subscriptions[0]!,
    ]);
    for (const plan of [guarded, kept]) await story.reprice('Reseller', '2028-02-01', { SEAT: '17' }, plan);
    for (const plan of [guarded, kept]) await story.reprice('Distributor', '2028-02-01', { SEAT: '13' }, plan);
    await story.until('2028-03-11');
    // 15 + 10 % = 16.5, and 10 % of that again is more than what is left of the rise; 12 + 10 % = 13.2 is more than 13.
    expect(await story.booked(made[0]!, { from: '2028-02-01' })).toEqual(
      table(`
        2028-02-10 Provider:    recurring 1 SEAT x 10,   2028-02-10 to 2028-03-10 = 10
        2028-02-10 Distributor: recurring 1 SEAT x 13,   2028-02-10 to 2028-03-10 = 13
        2028-02-10 Reseller:    recurring 1 SEAT x 16.5, 2028-02-10 to 2028-03-10 = 16.5
        2028-03-10 Provider:    recurring 1 SEAT x 10,   2028-03-10 to 2028-04-10 = 10
        2028-03-10 Distributor: recurring 1 SEAT x 13,   2028-03-10 to 2028-04-10 = 13
        2028-03-10 Reseller:    recurring 1 SEAT x 17,   2028-03-10 to 2028-04-10 = 17
      `),
    );
    expect(await story.booked(made[1]!, { seller: 'Reseller', from: '2028-02-01' })).toEqual(
      table(`
        2028-02-10 Reseller: recurring 1 SEAT x 15, 2028-02-10 to 2028-03-10 = 15
        2028-03-10 Reseller: recurring 1 SEAT x 15, 2028-03-10 to 2028-04-10 = 15
      `),
    );
  });
});

describe('nothing runs for months', () => {
  let story: Story;
  let seats: Held;

  test('January 20, 2026: two seats by the month; then the worker is down, and prices change', async () => {
    story = await openStory(world, { sellers: threeTiers });
    seats = (await story.on('2026-01-20', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    await story.meanwhile('2026-02-01', () => story.reprice('Reseller', '2026-03-01', { SEAT: '16' }));
    await story.meanwhile('2026-02-01', () => story.reprice('Reseller', '2026-04-01', { SEAT: '18' }));
    await story.meanwhile('2026-03-10', () => story.reprice('Provider', '2026-03-19', { SEAT: '10.5' }));
    expect(await story.state(seats)).toBe('active 2026-01-20 to 2026-02-20: 2 SEAT');
  });

  test('April 10: both boundaries are worked off in order, each with the prices of its own date', async () => {
    await story.until('2026-04-10');
    expect(await story.booked(seats, { from: '2026-02-20' })).toEqual(
      table(`
        2026-02-20 Provider:    recurring 2 SEAT x 10,   2026-02-20 to 2026-03-20 = 20
        2026-02-20 Distributor: recurring 2 SEAT x 12,   2026-02-20 to 2026-03-20 = 24
        2026-02-20 Reseller:    recurring 2 SEAT x 15,   2026-02-20 to 2026-03-20 = 30
        2026-03-20 Provider:    recurring 2 SEAT x 10.5, 2026-03-20 to 2026-04-20 = 21
        2026-03-20 Distributor: recurring 2 SEAT x 12,   2026-03-20 to 2026-04-20 = 24
        2026-03-20 Reseller:    recurring 2 SEAT x 16,   2026-03-20 to 2026-04-20 = 32
      `),
    );
    expect(await story.events(seats)).toEqual(
      table(`
        2026-01-20 subscription.created
        2026-01-21 subscription.expiring
        2026-02-20 subscription.renewed
        2026-03-20 subscription.renewed
        2026-03-21 subscription.expiring
      `),
    );
  });

  test('June 1: a change finds two boundaries missed, and meets the subscription as it should be by then', async () => {
    const added = await story.meanwhile('2026-06-01', () => story.change(seats, { SEAT: '3' }));
    // May 20 to June 20 has 31 days, 19 of them left, at the prices of the term that began on May 20.
    expect(story.bill(added)).toEqual(
      table(`
        2026-06-01 Provider:    recurring 1 SEAT x 10.5 19/31, 2026-06-01 to 2026-06-20 = 6.44
        2026-06-01 Distributor: recurring 1 SEAT x 12 19/31,   2026-06-01 to 2026-06-20 = 7.35
        2026-06-01 Reseller:    recurring 1 SEAT x 18 19/31,   2026-06-01 to 2026-06-20 = 11.03
      `),
    );
    expect(await story.booked(seats, { seller: 'Reseller', from: '2026-04-20' })).toEqual(
      table(`
        2026-04-20 Reseller: recurring 2 SEAT x 18, 2026-04-20 to 2026-05-20 = 36
        2026-05-20 Reseller: recurring 2 SEAT x 18, 2026-05-20 to 2026-06-20 = 36
        2026-06-01 Reseller: recurring 1 SEAT x 18 19/31, 2026-06-01 to 2026-06-20 = 11.03
      `),
    );
  });
});
