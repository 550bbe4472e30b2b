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
