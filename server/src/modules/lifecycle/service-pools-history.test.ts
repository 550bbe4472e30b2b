import { isTierlineError, type SubscriptionId } from '@tierline/kernel';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkUnits, poolChannel, type PoolChannel } from '../../../../test/support/pool-channel.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
afterAll(() => world.close());

type Step =
  | { readonly do: 'sell'; readonly plan: 'OWN' | 'OTHER' | 'TRIAL'; readonly units: number }
  | { readonly do: 'change' | 'plan'; readonly of: number; readonly units: number }
  | { readonly do: 'switch' | 'cancel' | 'suspend' | 'resume' | 'convert'; readonly of: number }
  | { readonly do: 'assign' | 'below'; readonly units: number }
  | { readonly do: 'refill' };

const units = fc.integer({ min: 1, max: 12 });
const of = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('sell'), plan: fc.constantFrom('OWN', 'OTHER', 'TRIAL'), units }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('change', 'plan'), of, units }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('switch', 'cancel', 'suspend', 'resume', 'convert'), of }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('convert'), of }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('assign', 'below'), units }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refill') }) },
);

/** Every history begins with three subscriptions: of OWN, OTHER and TRIAL. */
const example: Step[][] = [
  [
    { do: 'convert', of: 2 },
    { do: 'switch', of: 1 },
    { do: 'suspend', of: 0 },
  ],
  [
    { do: 'resume', of: 0 },
    { do: 'below', units: 3 },
  ],
  [{ do: 'change', of: 0, units: 5 }, { do: 'refill' }],
  [
    { do: 'plan', of: 0, units: 6 },
    { do: 'assign', units: 2 },
  ],
  [{ do: 'cancel', of: 0 }],
];

/**
 * Whatever is asked for, several things at a time and some of them refused: the units in pools and those in licenses are together the
 * units that were ever minted, and no pool has fewer than none.
 */
test('units are conserved through any history', async () => {
  const done = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 6 }),
      (history) => lived(history, done),
    ),
    // The example makes sure that every kind of step has done something, whatever the others come to.
    { examples: [[example]], numRuns: 10, seed: 20_260_302 },
  );
  expect([...done.keys()].toSorted()).toEqual(
    [
      'assign',
      'below',
      'cancel',
      'change',
      'convert',
      'plan',
      'refill',
      'resume',
      'sell',
      'suspend',
      'switch',
    ].toSorted(),
  );
});

async function lived(history: readonly (readonly Step[])[], done: Map<string, number>): Promise<void> {
  world.moveTo('2026-03-02T09:00:00Z');
  await sql`delete from subscription_due`.execute(world.db.kysely);
  const channel = await poolChannel(world);
  const plans = [await channel.plan({ mpn: 'OWN' }), await channel.plan({ name: 'OTHER', mpn: 'OWN' })];
  await channel.plan({ name: 'TRIAL', mpn: 'OWN', terms: { licenseVersion: 'trial' } });
  await channel.fill(20n);
  await channel.fill(10n, channel.product, 'trial');
  const full = { accountId: channel.distributor.id, productId: channel.product.id, licenseVersion: 'full' } as const;
  const pools = world.engine.pools;
  await pools.set(world.cause(), channel.provider, full, { mayRefill: true, refillStep: 7n });
  const sold: SubscriptionId[] = [];
  for (const plan of ['OWN', 'OTHER', 'TRIAL']) sold.push(await channel.sold(plan, '2'));
  done.set('sell', 3);
  for (const [day, steps] of history.entries()) {
    await Promise.all(steps.map((one) => taken(channel, plans, sold, one, day, done)));
    world.moveTo(`2026-0${3 + Math.floor(day / 2)}-${day % 2 === 0 ? '11' : '25'}T09:00:00Z`);
    await channel.due();
    await checkUnits(world);
  }
}

async function taken(
  channel: PoolChannel,
  plans: readonly Awaited<ReturnType<PoolChannel['plan']>>[],
  sold: SubscriptionId[],
  one: Step,
  day: number,
  done: Map<string, number>,
): Promise<void> {
  const { distributor, msp, product } = channel;
  const { pools } = world.engine;
  const full = { productId: product.id, licenseVersion: 'full' } as const;
  const id = 'of' in one ? sold[one.of % Math.max(sold.length, 1)] : undefined;
  if ('of' in one && id === undefined) return;
  try {
    switch (one.do) {
      case 'sell':
        sold.push(await channel.sold(one.plan, String(one.units)));
        break;
      case 'change':
        await channel.ask(id!, channel.to('OWN', String(one.units)));
        break;
      case 'plan':
        await channel.ask(id!, channel.to('OWN', String(one.units)), {
          at: 'date',
          on: world.clock.now().add({ hours: 24 }).toString().slice(0, 10),
        });
        break;
      case 'switch':
        await channel.ask(id!, channel.onto(plans[day % 2]!, '3'));
        break;
      case 'convert':
        await channel.ask(id!, { kind: 'convert', planId: plans[0]!.id });
        break;
      case 'cancel':
        await channel.ask(id!, { kind: 'cancel', reason: null });
        break;
      case 'suspend':
        await channel.ask(id!, { kind: 'suspend', endOn: null });
        break;
      case 'resume':
        await channel.ask(id!, { kind: 'resume', endOn: null });
        break;
      case 'assign':
        await pools.assign(world.cause(), distributor, msp.id, { ...full, units: BigInt(one.units) });
        break;
      case 'below':
        await pools.set(
          world.cause(),
          distributor,
          { ...full, accountId: distributor.id },
          { autoRefillBelow: BigInt(one.units) },
        );
        break;
      case 'refill':
        await pools.refill(world.cause(), distributor, full);
        break;
    }
    done.set(one.do, (done.get(one.do) ?? 0) + 1);
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
  }
}
