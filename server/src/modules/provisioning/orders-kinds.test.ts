import { decimal, formatDecimal, type PlanId, type SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { NamedCommand } from '../lifecycle/index.ts';
import { answering, refused } from './testing.ts';
import {
  acknowledge,
  ask,
  cancel,
  cause,
  channel,
  clock,
  edges,
  get,
  inWork,
  ledgerOf,
  on,
  order,
  runner,
  secret,
  vendorServer,
  world,
} from '../../../../test/support/orders-in-work.ts';

// Moves, switches and conversions of vendors that take their time: carried out, refused and taken back, by webhook and by hand.

type Plans = Readonly<Record<'first' | 'second' | 'trial', PlanId>>;
const plans: Record<string, Plans> = {};

beforeAll(async () => {
  const { provider, distributor, reseller } = channel;
  const webhook = { provisioning: 'webhook', webhookUrl: vendorServer.url, webhookSecret: secret } as const;
  plans['hook'] = await plansOf([provider, distributor, reseller], 'K', webhook);
  plans['hand'] = await plansOf([provider, distributor, reseller], 'D', { provisioning: 'manual' });
});

async function plansOf(
  chain: readonly (typeof channel.provider)[],
  name: string,
  vendor: Parameters<typeof world.vendor>[1],
): Promise<Plans> {
  const root = chain[0]!;
  const { id: vendorId } = await world.vendor(root, vendor);
  const product = await world.product(root, { vendorId });
  const make = async (part: string, price: string, terms: object) => {
    const wanted = { product, name: `${part} of ${name}`, rates: [{ mpn: `${name}-${part}`, prices: price }], terms };
    const plan = await world.plan(root, wanted);
    await world.delegate([...chain], plan);
    return plan.id;
  };
  const trial = { licenseVersion: 'trial', pricing: 'free', autoRenewalMonths: null } as const;
  return {
    first: await make('ONE', '3.33', { autoRenewalMonths: 1 }),
    second: await make('TWO', '5.55', { autoRenewalMonths: 1 }),
    trial: await make('TRY', '0', trial),
  };
}

type Way = 'hook' | 'hand';
const letter: Readonly<Record<Way, string>> = { hook: 'K', hand: 'D' };

async function soldOf(way: Way, part: 'ONE' | 'TRY'): Promise<SubscriptionId> {
  const customer = part === 'TRY' ? await world.customer(channel.reseller) : channel.customer;
  const made = await world.order(customer, [{ mpn: `${letter[way]}-${part}`, quantity: '10' }], { cause: cause() });
  const { id } = made.subscriptions[0]!;
  await acknowledge(id, 'active');
  await sql`delete from jobs`.execute(world.db.kysely);
  return id;
}

const switched = (way: Way): NamedCommand => ({
  kind: 'switch',
  planId: plans[way]!.second,
  start: 'now',
  items: [{ mpn: `${letter[way]}-TWO`, quantity: decimal('4') }],
});
const converted = (way: Way): NamedCommand => ({ kind: 'convert', planId: plans[way]!.first });

const shown = async (id: SubscriptionId) => {
  const { status, planId, items, licenses, autoRenewal, origin } = await get(id);
  const held = items.map(({ mpn, quantity }) => `${formatDecimal(quantity)} ${mpn}`);
  return { status, planId, held, isEnabled: licenses[0]!.enabled, autoRenewal, origin };
};

type Kind = { readonly action: string; readonly part: 'ONE' | 'TRY'; readonly command: (way: Way) => NamedCommand };
const kinds: readonly Kind[] = [
  { action: 'switch', part: 'ONE', command: switched },
  { action: 'convert', part: 'TRY', command: converted },
];

describe.each(kinds)('a $action', ({ action, part, command }) => {
  async function asked(way: Way) {
    const id = await soldOf(way, part);
    const before = { state: await shown(id), edges: await edges(id), ledger: await ledgerOf(id) };
    on('2026-03-11');
    const placed = (await ask(id, command(way))).order!;
    expect(placed).toMatchObject({ status: 'processing' });
    expect(placed.charges.length).toBeGreaterThan(0);
    return { id, before, placed };
  }

  test('is told with both plans, and is done when the vendor says so', async () => {
    const { id, before, placed } = await asked('hook');
    await runner.runDue();
    const told = JSON.parse(vendorServer.deliveries[0]!.text) as unknown;
    expect(told).toMatchObject({
      type: 'subscription.change',
      action,
      order_id: placed.id,
      subscriptions: [
        {
          subscription_id: id,
          before: { plan_id: before.state.planId },
          after: { plan_id: action === 'switch' ? plans['hook']!.second : plans['hook']!.first },
        },
      ],
    });
    expect([(await order(placed.id)).status, await inWork()]).toEqual(['completed', 0]);
  });

  test('that the vendor refuses for good leaves everything as it was, to the cent', async () => {
    const { id, before, placed } = await asked('hook');
    vendorServer.react(answering(200, { status: 'failed', reason: 'No such edition.' }));
    on('2026-03-21');
    await runner.runDue();
    expect(await order(placed.id)).toMatchObject({ status: 'error', statusReason: 'No such edition.' });
    expect({ state: await shown(id), ledger: await ledgerOf(id) }).toEqual({
      state: before.state,
      ledger: before.ledger,
    });
    expect(backTo(before.edges, await edges(id))).toEqual(before.edges);
  });

  test('that is canceled before anybody did it leaves everything as it was', async () => {
    const { id, before, placed } = await asked('hand');
    await cancel(placed.id);
    expect(await order(placed.id)).toMatchObject({ status: 'canceled' });
    expect({ state: await shown(id), ledger: await ledgerOf(id) }).toEqual({
      state: before.state,
      ledger: before.ledger,
    });
    expect([backTo(before.edges, await edges(id)), await inWork()]).toEqual([before.edges, 0]);
    // It is as free as before: the same can be asked for again, and done.
    const again = (await ask(id, command('hand'))).order!;
    await acknowledge(id, 'active', again.id);
    expect([(await order(again.id)).status, (await get(id)).version > 1]).toEqual(['completed', true]);
  });

  test('that the vendor does not answer is asked again until it does', async () => {
    const { placed } = await asked('hook');
    vendorServer.react(refused);
    await runner.runDue();
    expect(await order(placed.id)).toMatchObject({ status: 'processing' });
    vendorServer.react(answering(200, { status: 'provisioned' }));
    clock.set(clock.now().add({ hours: 1 }));
    await runner.runDue();
    expect(await order(placed.id)).toMatchObject({ status: 'completed' });
  });
});

/** An edge that was never charged for before has nothing left of what was taken back. */
function backTo(before: Record<string, string>, now: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(now).filter(([edge, amount]) => edge in before || amount !== '0'));
}

describe('a move into another subscription', () => {
  const move = (way: Way, targetId: SubscriptionId): NamedCommand => ({
    kind: 'move',
    items: [{ mpn: `${letter[way]}-ONE`, quantity: decimal('4') }],
    targetId,
  });

  test.each(['hook', 'hand'] as const)('that is not done leaves both as they were: %s', async (way) => {
    const [id, other] = [await soldOf(way, 'ONE'), await soldOf(way, 'ONE')];
    const ledgers = async () => [await ledgerOf(id), await ledgerOf(other), await edges(id), await edges(other)];
    const before = { states: [await shown(id), await shown(other)], ledgers: await ledgers() };
    on('2026-03-11');
    const placed = (await ask(id, move(way, other))).order!;
    expect((await shown(other)).held).toEqual([`14 ${letter[way]}-ONE`]);
    // Neither of the two can be changed while it is in work.
    await expect(ask(other, move(way, id))).rejects.toMatchObject({ code: 'lifecycle.order_in_work' });
    if (way === 'hook') {
      vendorServer.react(answering(200, { status: 'failed', reason: 'Not between these.' }));
      await runner.runDue();
    } else await cancel(placed.id);
    expect(await order(placed.id)).toMatchObject({ status: way === 'hook' ? 'error' : 'canceled' });
    expect([await shown(id), await shown(other)]).toEqual(before.states);
    expect([(await ledgers()).slice(0, 2), await inWork()]).toEqual([before.ledgers.slice(0, 2), 0]);
  });
});
