import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '@tierline/kernel';
import type { Subscription } from '../subscriptions/index.ts';
import { aLife, aPlan, id, other, type Life, type Plan } from './testing.ts';

const plan = aPlan(
  'month',
  { SEAT: { price: '31', setup: '9' }, DISK: { price: '3.1' } },
  {},
  { reduction: { window: { count: 7, unit: 'day' } }, commitment: { minimum: 'initial' } },
);
const year = aPlan(
  'year',
  { SEAT: { price: '36.5', setup: '5' } },
  { subscriptionPeriod: { unit: 'year', count: 1 }, billingPeriod: { unit: 'year', count: 1 } },
);

function moved(life: Life, target: Life, loaded: Plan, items: Record<string, string>, at = '2026-03-20') {
  const [name, there] = other(target, 'target', loaded);
  const command = { kind: 'move', items: life.wanted(items), targetId: id<Subscription['id']>(name) } as const;
  const decision = life.ask(at, command, { at: 'now' }, { others: new Map([[name, there]]) });
  const after = decision.subscriptions.find(({ after: one }) => one.id === name)!.after;
  const lines = decision.charges.filter(({ subscriptionId }) => subscriptionId === name);
  return {
    decision,
    after,
    lines: lines.map(
      ({ type, quantity, unitPrice, amount }) =>
        `${type} ${formatDecimal(quantity)} x ${formatDecimal(unitPrice)} = ${Number(amount.minor) / 100}`,
    ),
  };
}

describe('a move', () => {
  const both = () =>
    [
      aLife({ plan, others: [year], items: { SEAT: '5' }, sold: '2026-03-10' }),
      aLife({ plan: year, items: { SEAT: '1' }, sold: '2026-01-01' }),
    ] as const;

  test('is given back here and bought there, both by the day; neither windows nor commitments stand in its way, and no setup is due', () => {
    const [life, target] = both();
    const { after, lines, decision } = moved(life, target, year, { SEAT: '2' });
    expect(life.lastBill().slice(0, 1)).toEqual(['refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42']);
    expect(lines).toEqual(['recurring 2 x 36.5 = 57.4']);
    expect(life.shown()).toContain(': 3 SEAT');
    expect(after.items.map(({ quantity }) => quantity)).toEqual([decimal('3')]);
    expect(decision.events.map(({ type }) => type)).toEqual(['subscription.moved_out', 'subscription.moved_in']);
  });

  test('brings no setup back either where all units together have a lower one', () => {
    const volume = aPlan('year', {
      SEAT: {
        price: '36.5',
        setup: [
          ['0', '9'],
          ['3', '6'],
        ],
        priceModel: 'volume',
      },
    });
    const life = aLife({ plan, others: [volume], items: { SEAT: '5' }, sold: '2026-03-10' });
    const target = aLife({ plan: volume, items: { SEAT: '1' }, sold: '2026-03-20' });
    expect(moved(life, target, volume, { SEAT: '2' }).lines).toEqual(['recurring 2 x 36.5 = 73']);
  });

  test('opens no new window to give units back in, and carries what they are bound to', () => {
    const [life, target] = both();
    const { after } = moved(life, target, year, { SEAT: '2' });
    expect(after.items[0]).toMatchObject({
      committed: decimal('3'),
      batches: [
        { quantity: decimal('1'), at: '2026-01-01T12:00:00Z' },
        { quantity: decimal('2'), at: '2026-03-10T12:00:00Z' },
      ],
    });
    expect(life.state().items[0]).toMatchObject({ committed: decimal('3'), batches: [{ quantity: decimal('3') }] });
  });

  test('of units that were added later leaves the commitment where it is', () => {
    const [life, target] = both();
    life.change('2026-03-15', { SEAT: '7' });
    expect(moved(life, target, year, { SEAT: '2' }).after.items[0]).toMatchObject({ committed: decimal('1') });
    expect(life.state().items[0]).toMatchObject({ committed: decimal('5') });
  });

  test('obeys the bounds and add-ons of both', () => {
    const bounded = aPlan('year', { SEAT: { price: '36.5', quantityMax: decimal('2') } });
    const [life, target] = both();
    expect(() => moved(life, target, bounded, { SEAT: '2' })).toThrow(
      expect.objectContaining({ reasons: [expect.objectContaining({ code: 'lifecycle.quantity_out_of_bounds' })] }),
    );
    const based = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1', dependsOn: ['month.SEAT' as never] } });
    const base = aLife({ plan: based, items: { SEAT: '1', DISK: '1' }, sold: '2026-03-10' });
    expect(() => moved(base, target, year, { SEAT: '1' })).toThrow(
      expect.objectContaining({ reasons: [expect.objectContaining({ code: 'lifecycle.add_on_in_the_way' })] }),
    );
  });

  test('is of what is held, to what there is, and leaves something', () => {
    const [life, target] = both();
    const refused = (items: Record<string, string>) => {
      try {
        moved(life, target, year, items);
        return undefined;
      } catch (error) {
        return (error as { reasons: { code: string }[] }).reasons.map(({ code }) => code);
      }
    };
    expect(refused({ SEAT: '6' })).toEqual(['lifecycle.move_too_many']);
    expect(refused({ SEAT: '0' })).toEqual(['lifecycle.move_too_many']);
    expect(refused({ DISK: '1' })).toEqual(['lifecycle.move_too_many']);
    expect(refused({ SEAT: '5' })).toEqual(['lifecycle.nothing_left']);
    life.change('2026-03-20', { DISK: '1' });
    expect(refused({ DISK: '1' })).toEqual(['lifecycle.no_match_in_plan']);
    expect(
      life.refusal('2026-03-20', { kind: 'move', items: life.wanted({ SEAT: '1' }), targetId: 'nobody' as never })
        .codes,
    ).toEqual(['lifecycle.move_target_unknown']);
  });

  test('names what waits on both sides for the same products', () => {
    const [life, target] = both();
    life.change('2026-03-15', { SEAT: '9' }, { at: 'renewal' });
    target.change('2026-03-15', { SEAT: '4' }, { at: 'renewal' });
    const { decision } = moved(life, target, year, { SEAT: '2' });
    expect(decision.warnings.map(({ code }) => code)).toEqual(['lifecycle.intent_kept', 'lifecycle.intent_kept']);
    expect(decision.warnings[1]!.message).toContain('the other subscription');
  });

  test('stays free where it is free', () => {
    const [life, target] = both();
    target.become({
      notForResale: true,
      items: [],
      ledger: target.state().ledger.map((edge) => ({ ...edge, items: [] })),
    });
    expect(moved(life, target, year, { SEAT: '2' }).lines).toEqual(['recurring 2 x 0 = 0']);
  });
});
