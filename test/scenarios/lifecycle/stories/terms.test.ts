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
const toBerlin = [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '31', DISK: '3.1' } }] as const;

describe('a second subscription is brought to the end of the first', () => {
  let story: Story;
  let first: Held;
  let second: Held;

  test('2026: one year from March 15, another from June 10', async () => {
    story = await openStory(world, {
      sellers: [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '100' } }],
      plan: { terms: { subscriptionPeriod: yearly, billingPeriod: yearly, autoRenewalMonths: 12 } },
    });
    first = (await story.on('2026-03-15', () => story.sell({ SEAT: '1' }))).subscriptions[0]!;
    second = (await story.on('2026-06-10', () => story.sell({ SEAT: '1' }))).subscriptions[0]!;
    expect(await story.state(first)).toBe('active 2026-03-15 to 2027-03-15: 1 SEAT');
    expect(await story.state(second)).toBe('active 2026-06-10 to 2027-06-10: 1 SEAT');
  });

  test('January 20, 2027: the second is renewed to the end of the first, which was renewed before; nothing is paid yet', async () => {
    const renew = { kind: 'renew', from: 'expiry', months: null, items: [], align: null } as const;
    const align = { kind: 'subscription', subscriptionId: first.id } as const;
    await story.on('2027-01-20', async () => {
      expect(story.bill(await story.ask(first, renew))).toEqual([]);
      expect(story.bill(await story.ask(second, { ...renew, align }))).toEqual([]);
    });
    expect(await story.state(first)).toBe('active 2026-03-15 to 2028-03-15: 1 SEAT');
    expect(await story.state(second)).toBe('active 2026-06-10 to 2028-03-15: 1 SEAT');
  });

  test('June 10, 2027: the short term costs 279 of the 366 days of its year', async () => {
    await story.until('2027-06-10');
    expect(await story.booked(second, { from: '2027-06-10' })).toEqual(
      table('2027-06-10 Berlin: recurring 1 SEAT x 100 279/366, 2027-06-10 to 2028-03-15 = 76.23'),
    );
    // A second seat on January 1: 74 of the 366 days are left.
    const added = await story.on('2028-01-01', () => story.change(second, { SEAT: '2' }));
    expect(story.bill(added)).toEqual(
      table('2028-01-01 Berlin: recurring 1 SEAT x 100 74/366, 2028-01-01 to 2028-03-15 = 20.22'),
    );
  });

  test('March 15, 2028: both renew on one day, for whole years', async () => {
    await story.until('2028-03-15');
    expect(await story.booked(first, { from: '2028-01-02' })).toEqual(
      table('2028-03-15 Berlin: recurring 1 SEAT x 100, 2028-03-15 to 2029-03-15 = 100'),
    );
    expect(await story.booked(second, { from: '2028-01-02' })).toEqual(
      table('2028-03-15 Berlin: recurring 2 SEAT x 100, 2028-03-15 to 2029-03-15 = 200'),
    );
  });

  test('at the purchase: the first term is short, and its months are those of the end', async () => {
    const monthly = await story.plan({ terms: { subscriptionPeriod: yearly, autoRenewalMonths: 12 } });
    const order = await story.on('2028-06-20', () => story.sell({ SEAT: '1' }, { plan: monthly, alignedTo: first }));
    const aligned = order.subscriptions[0]!;
    expect(await story.state(aligned)).toBe('active 2028-06-20 to 2029-03-15: 1 SEAT');
    await story.until('2028-08-15');
    // June 15 to July 15 has 30 days; 25 of them are left.
    expect(await story.booked(aligned)).toEqual(
      table(`
        2028-06-20 Berlin: recurring 1 SEAT x 100 25/30, 2028-06-20 to 2028-07-15 = 83.33
        2028-07-15 Berlin: recurring 1 SEAT x 100, 2028-07-15 to 2028-08-15 = 100
        2028-08-15 Berlin: recurring 1 SEAT x 100, 2028-08-15 to 2028-09-15 = 100
      `),
    );
  });

  test('what can’t be aligned is refused, each time for its own reason', async () => {
    const renew = { kind: 'renew', from: 'expiry', months: null, items: [] } as const;
    const align = { kind: 'subscription', subscriptionId: first.id } as const;
    const refusal = (of: Held, wanted: typeof align | { kind: 'calendar_month' }): Promise<unknown> =>
      story.on('2028-08-16', () => story.ask(of, { ...renew, align: wanted })).catch((error: unknown) => error);
    // The other ends on the very day on which the aligned term would begin.
    expect(await refusal(second, align)).toMatchObject({ code: 'subscriptions.coterm_in_the_past' });
    const strict = await story.plan({ terms: { policies: { coterm: { allowed: false } } } });
    const alone = (await story.sell({ SEAT: '1' }, { plan: strict })).subscriptions[0]!;
    expect(await refusal(alone, align)).toMatchObject({ code: 'subscriptions.coterm_not_allowed' });
    const others = await story.plan({ terms: { policies: { coterm: { to_calendar_month: false, min_days: 366 } } } });
    const third = (await story.sell({ SEAT: '1' }, { plan: others })).subscriptions[0]!;
    expect(await refusal(third, { kind: 'calendar_month' })).toMatchObject({
      code: 'subscriptions.coterm_month_not_allowed',
    });
    expect(await refusal(third, align)).toMatchObject({ code: 'subscriptions.coterm_too_short' });
    const stranger = await world.channel();
    const far = (await world.order(stranger.customer, [{ mpn: stranger.base.mpn }])).subscriptions[0]!;
    expect(await refusal(second, { kind: 'subscription', subscriptionId: far.id })).toMatchObject({
      code: 'subscriptions.coterm_unknown',
    });
  });
});

describe('a trial becomes paid', () => {
  let story: Story;
  let seats: Held;
  let asked: Held;

  test('February 10: two trials of a month, free of charge', async () => {
    story = await openStory(world, { sellers: toBerlin });
    const trial = await story.plan({
      terms: {
        licenseVersion: 'trial',
        pricing: 'free',
        autoRenewalMonths: null,
        policies: { trial: { at_end: 'convert', convert_to: story.main.number, one_per_customer: false } },
      },
      prices: { Berlin: {} },
    });
    await story.on('2026-02-10', async () => {
      const orders = [
        await story.sell({ SEAT: '5' }, { plan: trial }),
        await story.sell({ SEAT: '2' }, { plan: trial }),
      ];
      for (const order of orders) expect(story.bill(order)).toEqual([]);
      [seats, asked] = orders.map(({ subscriptions }) => subscriptions[0]!) as [Held, Held];
    });
  });

  test('February 20: one of them is converted on request, and paid from that day on', async () => {
    const converted = await story.on('2026-02-20', () => story.ask(asked, { kind: 'convert', planId: null }));
    expect(story.bill(converted)).toEqual(
      table('2026-02-20 Berlin: recurring 2 SEAT x 31, 2026-02-20 to 2026-03-20 = 62'),
    );
    expect(await story.state(asked)).toBe('active 2026-02-20 to 2026-03-20: 2 SEAT');
  });

  test('March 10: the other one becomes paid by itself, as the same subscription', async () => {
    await story.until('2026-03-09');
    expect(await story.booked(seats)).toEqual([]);
    await story.until('2026-04-10');
    expect(await story.booked(seats)).toEqual(
      table(`
        2026-03-10 Berlin: recurring 5 SEAT x 31, 2026-03-10 to 2026-04-10 = 155
        2026-04-10 Berlin: recurring 5 SEAT x 31, 2026-04-10 to 2026-05-10 = 155
      `),
    );
    const now = await story.get(seats);
    expect(now).toMatchObject({ planId: story.main.id, origin: { kind: 'trial' }, autoRenewal: true });
    expect(now.licenses).toMatchObject([{ version: 'full', endOn: '2026-05-10', enabled: true }]);
  });

  test('a trial that nothing was said about ends', async () => {
    const plain = await story.plan({
      terms: { licenseVersion: 'trial', pricing: 'free', autoRenewalMonths: null },
      prices: { Berlin: {} },
    });
    const other = await world.customer(story.owner);
    const order = await story.on('2026-04-11', () => story.sell({ SEAT: '1' }, { plan: plain, customer: other }));
    await story.until('2026-05-11');
    expect(await story.state(order.subscriptions[0]!)).toBe('terminated 2026-04-11 to 2026-05-11: 1 SEAT');
    expect(await story.booked(order.subscriptions[0]!)).toEqual([]);
  });
});

describe('a suspended license is restored', () => {
  let story: Story;
  let seats: Held;

  test('January 15: a year, billed by the month, with three months of grace', async () => {
    story = await openStory(world, {
      sellers: toBerlin,
      plan: { terms: { subscriptionPeriod: yearly, autoRenewalMonths: 12, graceMonths: 3 } },
    });
    seats = (await story.on('2026-01-15', () => story.sell({ SEAT: '1' }))).subscriptions[0]!;
    expect(await story.state(seats)).toBe('active 2026-01-15 to 2027-01-15: 1 SEAT');
  });

  test('May 20: suspended at once; the license ends, renewal is off, nothing is given back', async () => {
    const suspended = await story.on('2026-05-20', () => story.ask(seats, { kind: 'suspend', endOn: null }));
    expect(story.bill(suspended)).toEqual([]);
    const held = await story.get(seats);
    expect(held).toMatchObject({ status: 'hold', holdReason: 'suspended', autoRenewal: false, endOn: '2026-05-20' });
    expect(held.licenses).toMatchObject([{ endOn: '2026-05-20', enabled: false }]);
    await expect(story.change(seats, { SEAT: '2' })).rejects.toMatchObject({ code: 'lifecycle.not_active' });
  });

  test('July 25: restored to its original end; the billing periods that lay wholly in between are not charged', async () => {
    const resumed = await story.on('2026-07-25', () => story.ask(seats, { kind: 'resume', endOn: null }));
    // July 15 to August 15 has 31 days; 21 of them are left.
    expect(story.bill(resumed)).toEqual(
      table('2026-07-25 Berlin: recurring 1 SEAT x 31 21/31, 2026-07-25 to 2026-08-15 = 21'),
    );
    const back = await story.get(seats);
    expect(back).toMatchObject({ status: 'active', autoRenewal: true, endOn: '2027-01-15' });
    expect(back.licenses).toMatchObject([{ endOn: '2027-01-15', enabled: true }]);
  });

  test('from August 15 on it goes on as before; a pause within one period costs and saves nothing', async () => {
    await story.on('2026-08-20', () => story.ask(seats, { kind: 'suspend', endOn: null }));
    const resumed = await story.on('2026-08-30', () => story.ask(seats, { kind: 'resume', endOn: null }));
    expect(story.bill(resumed)).toEqual([]);
    await story.until('2026-10-01');
    expect(await story.booked(seats, { from: '2026-05-01' })).toEqual(
      table(`
        2026-05-15 Berlin: recurring 1 SEAT x 31,       2026-05-15 to 2026-06-15 = 31
        2026-07-25 Berlin: recurring 1 SEAT x 31 21/31, 2026-07-25 to 2026-08-15 = 21
        2026-08-15 Berlin: recurring 1 SEAT x 31,       2026-08-15 to 2026-09-15 = 31
        2026-09-15 Berlin: recurring 1 SEAT x 31,       2026-09-15 to 2026-10-15 = 31
      `),
    );
  });

  test('October 5: suspended to October 31, which is paid for; nobody restores it, and three months later it ends', async () => {
    await story.on('2026-10-05', () => story.ask(seats, { kind: 'suspend', endOn: '2026-10-31' }));
    expect((await story.get(seats)).licenses).toMatchObject([{ endOn: '2026-10-31', enabled: true }]);
    await story.until('2027-01-30');
    expect(await story.state(seats)).toBe('hold (suspended) 2026-01-15 to 2026-10-31: 1 SEAT');
    await story.until('2027-01-31');
    expect(await story.state(seats)).toBe('terminated 2026-01-15 to 2026-10-31: 1 SEAT');
    // The right to use went on to the end of the month, and so did what it costs.
    expect(await story.booked(seats, { from: '2026-10-01' })).toEqual(
      table('2026-10-15 Berlin: recurring 1 SEAT x 31 16/31, 2026-10-15 to 2026-10-31 = 16'),
    );
  });
});

describe('other quantities from the renewal on', () => {
  let story: Story;
  let seats: Held;

  test('March 2: ten seats that can’t be given back within the term', async () => {
    story = await openStory(world, {
      sellers: toBerlin,
      plan: {
        terms: {
          policies: {
            cancellation: { window: { count: 7, unit: 'day' }, after: 'refused' },
            commitment: { minimum: 'initial' },
          },
        },
      },
    });
    seats = (await story.on('2026-03-02', () => story.sell({ SEAT: '10' }))).subscriptions[0]!;
    expect(await story.state(seats)).toContain('10 SEAT');
  });

  test('March 20: fewer are refused for now, and kept for the renewal, where anybody sees them', async () => {
    await expect(story.on('2026-03-20', () => story.change(seats, { SEAT: '4' }))).rejects.toMatchObject({
      kind: 'invalid',
    });
    const planned = await story.change(seats, { SEAT: '4', DISK: '2' }, { at: 'renewal' });
    expect(planned.order).toBe(null);
    expect(planned.planned).toHaveLength(1);
    expect(await story.state(seats)).toBe('active 2026-03-02 to 2026-04-02: 10 SEAT');
    const waiting = await world.engine.lifecycle.intentsOf(story.owner.id, seats.id);
    expect(waiting).toMatchObject([{ status: 'waiting', moment: { at: 'renewal' } }]);
  });

  test('April 2: the new term has the new quantities, and nothing of the old one is given back', async () => {
    await story.until('2026-04-02');
    expect(await story.state(seats)).toBe('active 2026-04-02 to 2026-05-02: 2 DISK, 4 SEAT');
    expect((await story.booked(seats, { from: '2026-03-03' })).toSorted()).toEqual(
      table(`
        2026-04-02 Berlin: recurring 2 DISK x 3.1, 2026-04-02 to 2026-05-02 = 6.2
        2026-04-02 Berlin: recurring 4 SEAT x 31,  2026-04-02 to 2026-05-02 = 124
      `),
    );
    const [intent] = await world.engine.lifecycle.intentsOf(story.owner.id, seats.id);
    expect(intent).toMatchObject({ status: 'done', reason: null });
  });

  test('a change for a date happens on that date, after downtime too', async () => {
    await story.on('2026-04-05', () => story.change(seats, { SEAT: '6' }, { at: 'date', on: '2026-04-17' }));
    await story.until('2026-06-01');
    expect((await story.booked(seats, { from: '2026-04-03' })).toSorted()).toEqual(
      table(`
        2026-04-17 Berlin: recurring 2 SEAT x 31 15/30, 2026-04-17 to 2026-05-02 = 31
        2026-05-02 Berlin: recurring 2 DISK x 3.1, 2026-05-02 to 2026-06-02 = 6.2
        2026-05-02 Berlin: recurring 6 SEAT x 31, 2026-05-02 to 2026-06-02 = 186
      `),
    );
  });
});
