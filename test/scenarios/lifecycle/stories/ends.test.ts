import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Held = Awaited<ReturnType<Story['get']>>;
const toBerlin = [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '31' } }] as const;
const cancel = { kind: 'cancel', reason: null } as const;

describe('canceled within seven days of the purchase, and after', () => {
  let story: Story;

  test('March 8: the seventh day still counts, and what is left of the month is given back', async () => {
    story = await openStory(world, {
      sellers: toBerlin,
      plan: { terms: { policies: { preset: 'microsoft_like' } } },
    });
    const seats = (await story.on('2026-03-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    const canceled = await story.on('2026-03-08T23:59', () => story.ask(seats, cancel));
    expect(story.bill(canceled)).toEqual(
      table('2026-03-08 Berlin: refund 2 SEAT x 31 25/31, 2026-03-08 to 2026-04-02 = -50'),
    );
    expect(await story.state(seats)).toBe('terminated 2026-03-02 to 2026-03-08: 2 SEAT');
    await story.until('2026-04-03');
    expect(await story.total(seats, 'Berlin')).toBe('12');
  });

  test('the eighth day: refused, with what would be possible; seats that came later have days of their own', async () => {
    const seats = (await story.on('2026-05-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    await expect(story.on('2026-05-09', () => story.ask(seats, cancel))).rejects.toMatchObject({
      code: 'lifecycle.cancellation_window_over',
      details: { nearest_valid: { moment: { at: 'renewal' } } },
    });
    await story.on('2026-05-20', () => story.change(seats, { SEAT: '5' }));
    await expect(story.on('2026-05-26', () => story.change(seats, { SEAT: '1' }))).rejects.toMatchObject({
      code: 'lifecycle.return_window_over',
    });
    const removed = await story.change(seats, { SEAT: '2' });
    expect(story.bill(removed)).toEqual(
      table('2026-05-26 Berlin: refund 3 SEAT x 31 7/31, 2026-05-26 to 2026-06-02 = -21'),
    );
    await expect(story.on('2026-05-27', () => story.change(seats, { SEAT: '1' }))).rejects.toMatchObject({
      code: 'lifecycle.return_window_over',
    });
  });

  test('for the end of the term: it can be taken back until then, and given again', async () => {
    const seats = (await story.on('2026-07-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    const planned = await story.on('2026-07-15', () => story.ask(seats, cancel, { at: 'renewal' }));
    const { lifecycle } = world.engine;
    const by = { surface: 'api' };
    await lifecycle.changeIntent(story.at(), story.owner.id, seats.id, planned.planned[0]!.id, { cancel: true }, by);
    await story.until('2026-08-02');
    expect(await story.state(seats)).toBe('active 2026-08-02 to 2026-09-02: 2 SEAT');
    await story.on('2026-08-20', () => story.ask(seats, cancel, { at: 'renewal' }));
    await story.until('2026-09-02');
    expect(await story.state(seats)).toBe('terminated 2026-08-02 to 2026-09-02: 2 SEAT');
    expect(await story.total(seats, 'Berlin')).toBe('124');
    const intents = await lifecycle.intentsOf(story.owner.id, seats.id);
    expect(intents.map(({ status }) => status)).toEqual(['canceled', 'done']);
  });
});

describe('other refunds by policy', () => {
  test('fourteen days for everything, setup included; after that it ends with its term, renewing no more', async () => {
    const story = await openStory(world, {
      sellers: [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: { recurring: '31', setup: '5.5' } } }],
      plan: { terms: { policies: { preset: 'adobe_like' } } },
      rates: [{ mpn: 'SEAT', chargeTypes: ['recurring', 'setup'] }],
    });
    const seats = (await story.on('2026-03-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    const canceled = await story.on('2026-03-15', () => story.ask(seats, cancel));
    expect(story.bill(canceled)).toEqual(
      table(`
        2026-03-15 Berlin: refund 2 SEAT x 5.5, 2026-03-15 to 2026-04-02 = -11
        2026-03-15 Berlin: refund 2 SEAT x 31,  2026-03-02 to 2026-04-02 = -62
      `),
    );
    expect(await story.total(seats, 'Berlin')).toBe('0');
    const late = (await story.on('2026-05-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    const planned = await story.on('2026-05-16', () => story.ask(late, cancel));
    expect(planned.warnings).toMatchObject([{ code: 'lifecycle.scheduled_at_renewal' }]);
    expect(await story.state(late)).toBe('active 2026-05-02 to 2026-06-02: 2 SEAT');
    await story.until('2026-06-02');
    expect(await story.state(late)).toBe('terminated 2026-05-02 to 2026-06-02: 2 SEAT');
  });

  test('no refund at all, whenever it ends', async () => {
    const story = await openStory(world, {
      sellers: toBerlin,
      plan: { terms: { policies: { preset: 'lmpi_like' } } },
    });
    const seats = (await story.on('2026-03-02', () => story.sell({ SEAT: '2' }))).subscriptions[0]!;
    const canceled = await story.on('2026-03-02T13:00', () => story.ask(seats, cancel));
    expect(story.bill(canceled)).toEqual([]);
    expect(canceled.warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    expect(await story.state(seats)).toBe('terminated 2026-03-02 to 2026-03-02: 2 SEAT');
  });

  test('hours count exactly: 72 of them over the change to summer time', async () => {
    const story = await openStory(world, {
      sellers: toBerlin,
      plan: { terms: { policies: { cancellation: { window: { count: 72, unit: 'hour' }, after: 'refused' } } } },
    });
    const sold = async (): Promise<Held> => (await story.sell({ SEAT: '1' })).subscriptions[0]!;
    const [first, second] = await story.on('2026-03-27T12:00', async () => [await sold(), await sold()] as const);
    // Berlin loses an hour on March 29, so 72 hours after noon it is one o'clock.
    await story.on('2026-03-30T12:59', () => story.ask(first, cancel));
    await expect(story.on('2026-03-30T13:00', () => story.ask(second, cancel))).rejects.toMatchObject({
      code: 'lifecycle.cancellation_window_over',
    });
  });
});

describe('a renewal that fails', () => {
  let story: Story;
  let seats: Held;
  const status = (value: 'active' | 'credit_hold'): Promise<unknown> =>
    world.engine.customers.change(story.at(), story.owner.id, { id: story.customer.id }, { status: value });

  test('March 31: the customer has an unpaid balance; it stays active, and the reason is told', async () => {
    story = await openStory(world, { sellers: toBerlin });
    seats = (await story.on('2026-01-31', () => story.sell({ SEAT: '1' }))).subscriptions[0]!;
    await story.on('2026-03-20', () => status('credit_hold'));
    await story.until('2026-03-31');
    const held = await story.get(seats);
    expect(held).toMatchObject({ status: 'active', endOn: '2026-03-31' });
    expect(held.renewalFailure).toMatchObject({ reasons: [{ code: 'lifecycle.customer_may_not_order' }] });
  });

  test('April 3: paid; the next attempt renews it from the day on which the term ended', async () => {
    await story.on('2026-04-03', () => status('active'));
    await story.until('2026-04-04');
    expect(await story.state(seats)).toBe('active 2026-03-31 to 2026-04-30: 1 SEAT');
    expect((await story.get(seats)).renewalFailure).toBe(null);
    // It is booked on the day on which it is made: the report of March may have been opened.
    expect(await story.booked(seats, { from: '2026-03-01' })).toEqual(
      table('2026-04-04 Berlin: recurring 1 SEAT x 31, 2026-03-31 to 2026-04-30 = 31'),
    );
  });

  test('April 30: on hold again, and nothing comes for a week: it expires and is not charged', async () => {
    await story.on('2026-04-20', () => status('credit_hold'));
    await story.until('2026-05-06');
    expect(await story.state(seats)).toBe('active 2026-03-31 to 2026-04-30: 1 SEAT');
    await story.until('2026-05-08');
    expect(await story.state(seats)).toBe('terminated 2026-03-31 to 2026-04-30: 1 SEAT');
    expect(await story.booked(seats, { from: '2026-04-05' })).toEqual([]);
    expect((await story.events(seats)).at(-1)).toBe('2026-05-07 subscription.expired');
    await status('active');
  });

  test('the same when a price is missing: it is renewed once there is one again', async () => {
    const sold = (await story.on('2026-07-15', () => story.sell({ SEAT: '1' }))).subscriptions[0]!;
    const { pricing } = world.engine;
    const list = story.listOf('Berlin');
    await pricing.changeList(story.at(), story.owner, list.id, { effectiveTo: '2026-08-01' });
    await story.until('2026-08-15');
    expect((await story.get(sold)).renewalFailure).toMatchObject({ reasons: [{ code: 'lifecycle.unpriced' }] });
    await story.on('2026-08-17', () => pricing.changeList(story.at(), story.owner, list.id, { effectiveTo: null }));
    await story.until('2026-08-19');
    expect(await story.booked(sold, { from: '2026-08-01' })).toEqual(
      table('2026-08-18 Berlin: recurring 1 SEAT x 31, 2026-08-15 to 2026-09-15 = 31'),
    );
  });
});

describe('a term that ends, and a month of grace', () => {
  let story: Story;
  const renew = { kind: 'renew', months: null, items: [], align: null } as const;
  const sold = async (day: string): Promise<Held> =>
    (await story.on(day, () => story.sell({ SEAT: '1' }))).subscriptions[0]!;

  test('April 2: expired but in grace, the right to use goes on; renewed late from the day on which it ended', async () => {
    story = await openStory(world, {
      sellers: toBerlin,
      plan: { terms: { autoRenewalMonths: null, graceMonths: 1 } },
    });
    const seats = await sold('2026-03-02');
    await story.until('2026-04-12');
    expect(await story.state(seats)).toBe('hold (expired) 2026-03-02 to 2026-04-02: 1 SEAT');
    expect((await story.get(seats)).licenses).toMatchObject([{ enabled: true, endOn: '2026-04-02' }]);
    const renewed = await story.ask(seats, { ...renew, from: 'expiry' });
    expect(story.bill(renewed)).toEqual(
      table('2026-04-12 Berlin: recurring 1 SEAT x 31, 2026-04-02 to 2026-05-02 = 31'),
    );
    expect(await story.state(seats)).toBe('active 2026-04-02 to 2026-05-02: 1 SEAT');
  });

  test('renewed late from the day of the request', async () => {
    const seats = await sold('2026-06-02');
    const renewed = await story.on('2026-07-12', () => story.ask(seats, { ...renew, from: 'now_if_expired' }));
    expect(story.bill(renewed)).toEqual(
      table('2026-07-12 Berlin: recurring 1 SEAT x 31, 2026-07-12 to 2026-08-12 = 31'),
    );
    expect(await story.state(seats)).toBe('active 2026-07-12 to 2026-08-12: 1 SEAT');
  });

  test('renewed early: from the end of the term, or from now with the rest of this one given back', async () => {
    const [first, second] = [await sold('2026-09-01'), await sold('2026-09-01')];
    const later = await story.on('2026-09-16', () => story.ask(first, { ...renew, from: 'now_if_expired' }));
    expect(story.bill(later)).toEqual([]);
    expect(await story.state(first)).toBe('active 2026-09-01 to 2026-11-01: 1 SEAT');
    const restarted = await story.ask(second, { ...renew, from: 'now' });
    expect(story.bill(restarted)).toEqual(
      table(`
        2026-09-16 Berlin: refund    1 SEAT x 31 15/30, 2026-09-16 to 2026-10-01 = -15.5
        2026-09-16 Berlin: recurring 1 SEAT x 31,       2026-09-16 to 2026-10-16 = 31
      `),
    );
    await story.until('2026-10-02');
    expect(await story.booked(first, { from: '2026-10-01' })).toEqual(
      table('2026-10-01 Berlin: recurring 1 SEAT x 31, 2026-10-01 to 2026-11-01 = 31'),
    );
  });

  test('after the grace nothing can be renewed any more', async () => {
    const seats = await sold('2026-12-02');
    await story.until('2027-02-02');
    expect(await story.state(seats)).toBe('terminated 2026-12-02 to 2027-01-02: 1 SEAT');
    await expect(story.ask(seats, { ...renew, from: 'now' })).rejects.toMatchObject({
      code: 'lifecycle.not_renewable',
    });
  });
});
