import { decimal } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStory, table, type Story } from '../../../support/story.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const renewal = { at: 'renewal' } as const;
const open = (wanted: Partial<Parameters<typeof openStory>[1]> = {}): Promise<Story> =>
  openStory(world, {
    sellers: [{ name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '31' } }],
    ...wanted,
  });

describe('a trial that is to be paid when it ends', () => {
  test('is planned on February 12, planned anew for a day and again for the end, and paid from February 28 on', async () => {
    const story = await open();
    const trial = await story.plan({
      terms: {
        licenseVersion: 'trial',
        pricing: 'free',
        autoRenewalMonths: null,
        policies: { trial: { at_end: 'expire', one_per_customer: false } },
      },
    });
    const { subscriptions } = await story.on('2026-01-31', () => story.sell({ SEAT: '2' }, { plan: trial }));
    const held = subscriptions[0]!;
    const convert = { kind: 'convert', planId: story.main.id } as const;
    const { planned } = await story.on('2026-02-12', () => story.ask(held, convert, renewal));
    expect(planned).toMatchObject([{ moment: renewal, command: convert, status: 'waiting' }]);
    const sooner = await story.on('2026-02-13', () => story.ask(held, convert, { at: 'date', on: '2026-02-20' }));
    expect(sooner.warnings).toMatchObject([{ code: 'lifecycle.intent_dropped' }]);
    const back = await story.on('2026-02-14', () => story.ask(held, convert, renewal));
    expect(back.ended).toMatchObject([{ status: 'dropped', reason: 'a newer one takes its place.' }]);
    await story.until('2026-03-01');
    expect(await story.state(held)).toBe('active 2026-02-28 to 2026-03-28: 2 SEAT');
    expect(await story.booked(held, { from: '2026-02-01' })).toEqual(
      table('2026-02-28 Berlin: recurring 2 SEAT x 31, 2026-02-28 to 2026-03-28 = 62'),
    );
  });
});

describe('beside a subscription of the 31st', () => {
  test('one that is aligned to its end of February 28 goes on with it on March 31', async () => {
    const story = await open();
    const { subscriptions } = await story.on('2026-01-31', () => story.sell({ SEAT: '1' }));
    const first = subscriptions[0]!;
    const order = await story.on('2026-02-10', () => story.sell({ SEAT: '2' }, { alignedTo: first }));
    const aligned = order.subscriptions[0]!;
    expect(await story.get(aligned)).toMatchObject({ anchorOn: '2026-01-31', endOn: '2026-02-28' });
    await story.until('2026-05-01');
    expect(await story.booked(aligned)).toEqual(
      table(`
        2026-02-10 Berlin: recurring 2 SEAT x 31 18/28, 2026-02-10 to 2026-02-28 = 39.86
        2026-02-28 Berlin: recurring 2 SEAT x 31, 2026-02-28 to 2026-03-31 = 62
        2026-03-31 Berlin: recurring 2 SEAT x 31, 2026-03-31 to 2026-04-30 = 62
        2026-04-30 Berlin: recurring 2 SEAT x 31, 2026-04-30 to 2026-05-31 = 62
      `),
    );
    expect((await story.get(first)).endOn).toBe('2026-05-31');
    // And so does one that is renewed to its end.
    const late = await story.on('2026-05-10', () => story.sell({ SEAT: '1' }));
    const align = { kind: 'subscription', subscriptionId: first.id } as const;
    const renew = { kind: 'renew', from: 'now', months: null, items: [], align } as const;
    const other = late.subscriptions[0]!;
    await story.on('2026-06-10', () => story.ask(other, renew));
    expect(await story.get(other)).toMatchObject({ anchorOn: '2026-01-31', endOn: '2026-06-30' });
    await story.until('2026-07-01');
    expect(await story.state(other)).toBe('active 2026-06-30 to 2026-07-31: 1 SEAT');
  });
});

describe('a switch to fewer seats, and a return after a special price', () => {
  test('the switch waits for the end of the term where a reduction does; what goes back then is what was charged', async () => {
    const policies = {
      reduction: { window: { count: 7, unit: 'day' }, after: 'term_end' },
      cancellation: { window: { count: 60, unit: 'day' }, refund: 'full' },
    } as const;
    const terms = { subscriptionPeriod: { unit: 'year', count: 1 }, policies } as const;
    const story = await open({ plan: { terms } });
    const smaller = await story.plan({ terms: {}, prices: { Berlin: { SEAT: '20' } } });
    const held = (await story.on('2026-03-10', () => story.sell({ SEAT: '3' }))).subscriptions[0]!;
    const items = [{ rateId: smaller.rates['SEAT']!, quantity: decimal('2') }];
    const command = { kind: 'switch', planId: smaller.id, start: 'now', items } as const;
    const put = await story.on('2026-03-20', () => story.ask(held, command));
    expect(put).toMatchObject({ order: null, warnings: [{ code: 'lifecycle.scheduled_at_renewal' }] });
    const prices = [{ rateId: story.main.rates['SEAT']!, unitPrice: decimal('9.99'), sellerIndex: 0 }];
    await story.on('2026-03-25', () => story.ask(held, { kind: 'prices', prices }));
    const canceled = await story.on('2026-04-15', () => story.ask(held, { kind: 'cancel', reason: null }));
    expect(story.bill(canceled)).toEqual(
      table(`
        2026-04-15 Berlin: refund 3 SEAT x 31 15/31, 2026-03-10 to 2026-03-25 = -45
        2026-04-15 Berlin: refund 3 SEAT x 9.99 16/31, 2026-03-25 to 2026-04-10 = -15.47
        2026-04-15 Berlin: refund 3 SEAT x 9.99, 2026-04-10 to 2026-05-10 = -29.97
      `),
    );
    expect(await story.total(held, 'Berlin')).toBe('0');
  });
});
