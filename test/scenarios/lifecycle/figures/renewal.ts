import { openStory, type Story, type StoryPlan } from '../../../support/story.ts';
import type { World } from '../../../support/world.ts';
import { charged, compared, happened, held, type Figures } from './table.ts';

const year = { unit: 'year', count: 1 } as const;
const shop = (price: string) => [{ name: 'Shop', zone: 'Europe/Berlin', prices: { SEAT: price } }];
const story = (world: World, price: string, terms: StoryPlan['terms'] = {}): Promise<Story> =>
  openStory(world, { sellers: shop(price), plan: { terms } });

async function withPolicy(world: World, price: 'current' | 'locked' | 'guarded'): Promise<string[]> {
  const of = await story(world, '20', { subscriptionPeriod: year, policies: { renewal: { price } } });
  const seats = held(await of.on('2026-03-15', () => of.sell({ SEAT: '1' })));
  await of.reprice('Shop', '2026-06-01', { SEAT: '30' });
  await of.on('2027-02-15', () => of.change(seats, { SEAT: '2' }));
  await of.until('2027-03-15');
  return of.booked(seats, { from: '2027-02-15' });
}

type From = 'expiry' | 'now' | 'now_if_expired';

/** A month from March 2 that does not renew by itself, with two months of grace, and is renewed on a day. */
async function renewed(world: World, on: string, from: From): Promise<string[]> {
  const of = await story(world, '31', { autoRenewalMonths: null, graceMonths: 2 });
  const seats = held(await of.on('2026-03-02', () => of.sell({ SEAT: '1' })));
  await of.on(on, () => of.ask(seats, { kind: 'renew', from, months: null, items: [], align: null }));
  await of.until('2026-05-01');
  return of.booked(seats, { from: '2026-03-03' });
}

/** Worked examples of docs/concepts/renewal.md. */
export const renewal: Figures = {
  prices: async (world) =>
    compared([
      ['`current`', await withPolicy(world, 'current')],
      ['`locked`', await withPolicy(world, 'locked')],
      ['`guarded`', await withPolicy(world, 'guarded')],
    ]),

  early: async (world) =>
    compared([
      ['`expiry`', await renewed(world, '2026-03-18', 'expiry')],
      ['`now`', await renewed(world, '2026-03-18', 'now')],
      ['`now_if_expired`', await renewed(world, '2026-03-18', 'now_if_expired')],
    ]),

  late: async (world) =>
    compared([
      ['`expiry`', await renewed(world, '2026-04-18', 'expiry')],
      ['`now`', await renewed(world, '2026-04-18', 'now')],
      ['`now_if_expired`', await renewed(world, '2026-04-18', 'now_if_expired')],
    ]),

  async failure(world) {
    const policies = { renewal: { on_revoked_delegation: 'retry' as const, retry_days: 1 } };
    const sellers = [{ name: 'Root', prices: { SEAT: '20' } }, ...shop('31')];
    const of = await openStory(world, { sellers, plan: { terms: { policies, expirationNoticeDays: 0 } } });
    const seats = held(await of.on('2026-03-02', () => of.sell({ SEAT: '1' })));
    const [root] = of.accounts;
    await of.on('2026-03-20', () =>
      world.engine.catalog.delegate(of.at(), root!, of.owner.id, of.main.id, { status: 'revoked' }),
    );
    await of.until('2026-04-05');
    return happened(world, of, seats, (data) => {
      const { attempts, why, reasons } = data as { attempts?: number; why?: string; reasons?: { code: string }[] };
      if (attempts !== undefined) return `attempt ${attempts}: \`${reasons![0]!.code}\``;
      return why === undefined ? '' : why.replace(of.main.name, 'The plan');
    });
  },

  async expiry(world) {
    const of = await story(world, '31', { autoRenewalMonths: null, graceMonths: 1, expirationNoticeDays: 10 });
    const seats = held(await of.on('2026-03-31', () => of.sell({ SEAT: '1' })));
    await of.until('2026-07-01');
    return happened(world, of, seats);
  },

  async trial(world) {
    const of = await story(world, '31');
    const trial = await of.plan({
      terms: {
        licenseVersion: 'trial',
        pricing: 'free',
        autoRenewalMonths: null,
        policies: { trial: { at_end: 'convert', convert_to: of.main.number, one_per_customer: false } },
      },
      prices: { Shop: {} },
    });
    const parts = await of.on('2026-02-10', async () => [
      held(await of.sell({ SEAT: '2' }, { plan: trial })),
      held(await of.sell({ SEAT: '2' }, { plan: trial })),
    ]);
    await of.on('2026-02-20', () => of.ask(parts[0]!, { kind: 'convert', planId: null }));
    await of.until('2026-03-20');
    return compared([
      ['on request', await of.booked(parts[0]!)],
      ['at its end', await of.booked(parts[1]!)],
    ]);
  },

  async downtime(world) {
    const of = await story(world, '31');
    const seats = held(await of.on('2026-01-31', () => of.sell({ SEAT: '1' })));
    await of.reprice('Shop', '2026-03-01', { SEAT: '62' });
    await of.until('2026-04-02');
    return charged(await of.booked(seats));
  },
};
