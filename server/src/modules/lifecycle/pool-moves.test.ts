import { decimal, isTierlineError, type PlanId, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { PlanVersion } from '../catalog/index.ts';
import { keyText, type Stocks } from '../pools/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Command } from './command.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import type { Decision, DecidedLine } from './draft.ts';
import { poolMovesOf, statesWithoutPlan, withinPools } from './pool-moves.ts';
import { aLife, aPlan, id, other, type Life, type RateWanted } from './testing.ts';

const seats = (
  name: string,
  product: string,
  facts: Partial<PlanVersion> = {},
  rates: Record<string, RateWanted> = {},
) =>
  aPlan(
    name,
    {
      SEAT: { price: '31' },
      ROOM: { price: '5' },
      DISK: { price: '3.1', dependsOn: [id<RateId>(`${name}.SEAT`)] },
      ...rates,
    },
    {
      licensePool: 'owner',
      product: {
        ...aPlan('any', {}).plan.product,
        id: id(product),
        name: `Product ${product}`,
        parts: [id('a'), id('b')],
      },
      ...facts,
    },
  );
const a = seats('plan-a', 'a');
const b = seats('plan-b', 'b');
const free = seats('plan-free', 'c', { licensePool: 'none' });
const key = (productId: string) => ({ accountId: 'seller-0', productId, licenseVersion: 'full' });
const poolOf = (productId: string) => keyText(key(productId) as Parameters<typeof keyText>[0]);
const stock = (available: bigint, minimum = 0n) => ({ available, minimum, autoRefillBelow: 0n });

const sold = (plan = a, zones = ['UTC']): Life =>
  aLife({ plan, others: [a, b, free].filter((one) => one !== plan), zones, items: { SEAT: '5' }, sold: '2026-03-10' });
const change = (life: Life, quantities: Record<string, string>, cascade = false): Command => ({
  kind: 'change',
  items: life.wanted(quantities),
  cascade,
});
const toPlan = (name: string): Command => ({ kind: 'switch', planId: id<PlanId>(name), start: 'now', items: null });

function decided(life: Life, command: Command, found: Partial<Context> = {}) {
  const context = life.context(life.instant('2026-03-12'), found);
  return { context, decision: decide(context, life.state(), { command, moment: { at: 'now' } }) };
}
function moved(life: Life, command: Command, more: readonly PlanVersion[] = []) {
  const { context, decision } = decided(life, command);
  return poolMovesOf(context, decision, more);
}

describe('what a decision takes from pools', () => {
  test('is what is held afterwards less what was held', () => {
    expect(moved(sold(), change(sold(), { SEAT: '7' })).moves).toEqual([{ ...key('a'), units: 2n }]);
    expect(moved(sold(), change(sold(), { SEAT: '3' }))).toEqual({ moves: [{ ...key('a'), units: -2n }], ifShort: [] });
    expect(moved(sold(), { kind: 'cancel', reason: null }).moves).toEqual([{ ...key('a'), units: -5n }]);
    const life = sold(free);
    expect(moved(life, change(life, { SEAT: '7' }))).toEqual({ moves: [], ifShort: [] });
  });

  test('goes from one pool to another with a switch, and to none or from none', () => {
    expect(moved(sold(), toPlan('plan-b')).moves).toEqual([
      { ...key('a'), units: -5n },
      { ...key('b'), units: 5n },
    ]);
    const open = { product: { ...free.plan.product, id: a.plan.product.id } };
    const same = seats('plan-same', 'a', { ...open, licensePool: 'none' });
    const out = aLife({ plan: a, others: [same], items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(moved(out, toPlan('plan-same')).moves).toEqual([{ ...key('a'), units: -5n }]);
    const into = aLife({ plan: same, others: [a], items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(moved(into, toPlan('plan-a')).moves).toEqual([{ ...key('a'), units: 5n }]);
  });

  test('of two subscriptions on one pool is nothing when units move between them', () => {
    const life = sold();
    const [name, there] = other(sold(b), 'target', b);
    const targetId = id<Subscription['id']>(name);
    const command = { kind: 'move', items: life.wanted({ SEAT: '2' }), targetId } as const;
    const { context, decision } = decided(life, command, { others: new Map([[name, there]]), plans: new Map() });
    expect(poolMovesOf(context, decision).moves).toEqual([
      { ...key('a'), units: -2n },
      { ...key('b'), units: 2n },
    ]);
    const [same, beside] = other(sold(), 'target', a);
    const within = decided(life, command, { others: new Map([[same, beside]]) });
    expect(poolMovesOf(within.context, within.decision).moves).toEqual([]);
  });

  test('is found by the version of the plan, too: with another one the plan has to be given', () => {
    const life = sold();
    life.ask('2026-03-11', toPlan('plan-b'));
    const { context, decision } = decided(life, change(life, { SEAT: '6' }));
    const elsewhere = { ...context, current: { ...b, plan: { ...b.plan, version: 2 } }, plans: new Map() };
    expect(statesWithoutPlan(elsewhere, decision).map(({ planId, planVersion }) => [planId, planVersion])).toEqual([
      ['plan-b', 1],
      ['plan-b', 1],
    ]);
    expect(poolMovesOf(elsewhere, decision)).toEqual({ moves: [], ifShort: [] });
    expect(poolMovesOf(elsewhere, decision, [b.plan]).moves).toEqual([{ ...key('b'), units: 1n }]);
    expect(poolMovesOf(elsewhere, decision, [a.plan, { ...b.plan, version: 3 }]).moves).toEqual([]);
    expect(statesWithoutPlan(context, decision)).toEqual([]);
  });

  test('goes back to the pool where only the plan before is known', () => {
    const life = sold();
    const { context, decision } = decided(life, toPlan('plan-b'));
    const elsewhere = { ...context, plans: new Map() };
    expect(statesWithoutPlan(elsewhere, decision)).toEqual([decision.subscriptions[0]!.after]);
    expect(poolMovesOf(elsewhere, decision).moves).toEqual([{ ...key('a'), units: -5n }]);
    expect(poolMovesOf({ ...elsewhere, current: b }, decision).moves).toEqual([{ ...key('b'), units: 5n }]);
  });
});

describe('what is said of a pool that is short', () => {
  const fields = (lines: readonly Partial<Record<'mpn' | 'from' | 'to', string>>[], plan = a) => {
    const life = sold();
    const { context, decision } = decided(life, change(life, { SEAT: '7' }));
    const wanted = lines.map(({ mpn = 'SEAT', from, to = '7' }): DecidedLine => ({
      ...decision.lines[0]!,
      rate: [...plan.rates.values()].find((rate) => rate.mpn === mpn)!,
      quantity: decimal(to),
      previousQuantity: from === undefined ? null : decimal(from),
    }));
    return poolMovesOf(context, { ...decision, lines: wanted }).ifShort.map(({ code, field }) => {
      expect(code).toBe('pools.exhausted');
      return field;
    });
  };

  test('names each product that grows and depends on nothing, once', () => {
    expect(fields([{ from: '5' }])).toEqual(['items.SEAT']);
    expect(fields([{}, { mpn: 'ROOM' }, { from: '1' }])).toEqual(['items.SEAT', 'items.ROOM']);
    expect(fields([{ mpn: 'DISK' }, { mpn: 'ROOM', from: '7' }, { from: '5' }])).toEqual(['items.SEAT']);
  });

  test('names the plan where no product grows', () => {
    for (const lines of [[], [{ mpn: 'DISK' }], [{ from: '7' }], [{ from: '8' }], [{ from: '5', to: '0' }]])
      expect(fields(lines)).toEqual(['plan_id']);
  });

  test('names the product of the pool that is short', () => {
    const { ifShort } = moved(sold(), toPlan('plan-b'));
    expect(ifShort.map(({ field, message }) => [field, message.includes('Product b')])).toEqual([['plan_id', true]]);
  });
});

describe('a decision', () => {
  const asked = (life: Life, stocks: Stocks | null, quantity = '7') => {
    const { context, decision } = decided(life, change(life, { SEAT: quantity }));
    return () => withinPools({ ...context, stocks }, decision);
  };
  const refused = (of: () => Decision) => {
    try {
      of();
    } catch (error) {
      if (isTierlineError(error)) return [error.code, error.reasons.map(({ code, field }) => [code, field])];
      throw error;
    }
    return [];
  };

  test('that takes more than there is is refused', () => {
    const short = ['pools.exhausted', [['pools.exhausted', 'items.SEAT']]];
    expect(refused(asked(sold(), new Map([[poolOf('a'), stock(1n)]])))).toEqual(short);
    expect(refused(asked(sold(), new Map()))).toEqual(short);
    expect(refused(asked(sold(), new Map([[poolOf('a'), stock(2n)]])))).toEqual([]);
    expect(refused(asked(sold(), new Map(), '3'))).toEqual([]);
    expect(refused(asked(sold(), null))).toEqual([]);
  });

  test('that leaves few in a pool of the owner tells so, and of no other’s', () => {
    const low = new Map([[poolOf('a'), stock(3n, 2n)]]);
    const [warning, ...more] = asked(sold(), low)().warnings;
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ code: 'pools.low' });
    expect(warning?.message).toContain('Product a');
    expect(asked(sold(), new Map([[poolOf('a'), stock(4n, 2n)]]))().warnings).toEqual([]);
    expect(asked(sold(a, ['UTC', 'UTC']), low)().warnings).toEqual([]);
  });

  test('keeps what else it says, and names the product of the pool that it goes to', () => {
    const life = sold();
    const { context, decision } = decided(life, toPlan('plan-b'));
    const before = { code: 'lifecycle.intent_kept', message: 'It stays.' };
    const stocks = new Map([[poolOf('b'), stock(5n, 1n)]]);
    const { warnings } = withinPools({ ...context, stocks }, { ...decision, warnings: [before] });
    expect(warnings).toMatchObject([before, { code: 'pools.low' }]);
    expect(warnings[1]!.message).toContain('Product b');
  });

  test('that comes from a plan without a pool names the product of the one that it goes to', () => {
    const none = seats('plan-none', 'a', { licensePool: 'none' });
    const life = aLife({ plan: none, others: [a], items: { SEAT: '5' }, sold: '2026-03-10' });
    const { context, decision } = decided(life, toPlan('plan-a'));
    const { warnings } = withinPools({ ...context, stocks: new Map([[poolOf('a'), stock(5n, 1n)]]) }, decision);
    expect(warnings).toMatchObject([{ code: 'pools.low' }]);
    expect(warnings[0]!.message).toContain('Product a');
  });

  test('names the product of another subscription that units move to', () => {
    const life = sold();
    const [name, there] = other(sold(b), 'target', b);
    const command = {
      kind: 'move',
      items: life.wanted({ SEAT: '2' }),
      targetId: id<Subscription['id']>(name),
    } as const;
    const { decision } = decided(life, command, {
      others: new Map([[name, there]]),
      plans: new Map(),
      stocks: new Map([[poolOf('b'), stock(2n, 1n)]]),
    });
    expect(decision.warnings.map(({ message }) => message).join()).toContain('Product b');
  });
});
