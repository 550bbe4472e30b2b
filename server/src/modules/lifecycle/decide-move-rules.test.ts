import { decimal, type SubscriptionId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { MoveCommand, NewTarget } from './command.ts';
import type { Context } from './context.ts';
import { aLife, aPlan, id, other, type Life, type Plan } from './testing.ts';

const month = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
const next = aPlan('next', { SEAT: { price: '62', setup: '9' }, DISK: { price: '6.2' } });

const source = (quantities: Record<string, string> = { SEAT: '5', DISK: '2' }, plan = month) =>
  aLife({ plan, others: [next], items: quantities, sold: '2026-03-10' });
const target = (quantities: Record<string, string> = { SEAT: '1' }) =>
  aLife({ plan: next, items: quantities, sold: '2026-03-01' });

const move = (life: Life, items: Record<string, string>, targetId = 'target'): MoveCommand => ({
  kind: 'move',
  items: life.wanted(items),
  targetId: id<SubscriptionId>(targetId),
});
const beside = (there: Life, plan: Plan = next, name = 'target'): Partial<Context> => ({
  others: new Map([other(there, name, plan)]),
});

function moved(life: Life, there: Life, items: Record<string, string>, at = '2026-03-20') {
  const { subscriptions } = life.ask(at, move(life, items), { at: 'now' }, beside(there));
  return subscriptions.find(({ after }) => after.id === 'target')!.after;
}

describe('a move is refused', () => {
  test('with the place in the request that is wrong', () => {
    const life = source();
    const asked = (items: Record<string, string>) => life.reasons('2026-03-20', move(life, items), beside(target()));
    expect(asked({ SEAT: '1', DISK: '3' })).toEqual(['items.1.quantity lifecycle.move_too_many']);
    expect(asked({ SEAT: '-1' })).toEqual(['items.0.quantity lifecycle.move_too_many']);
    expect(asked({ SEAT: '5', DISK: '2' })).toEqual(['items lifecycle.nothing_left']);
    const seats = aPlan('seats', { SEAT: { price: '1' } });
    expect(life.reasons('2026-03-20', move(life, { SEAT: '1', DISK: '1' }), beside(target(), seats))).toEqual([
      'items.1.rate_id lifecycle.no_match_in_plan',
    ]);
  });

  test('to itself, to what is not there, not active, or of another customer; and from what is not active', () => {
    const life = source();
    const command = move(life, { SEAT: '1' });
    const asked = (facts: Parameters<Life['become']>[0]) => {
      const there = target();
      there.become(facts);
      return life.reasons('2026-03-20', command, beside(there));
    };
    expect(asked({})).toEqual([]);
    expect(asked({ customerId: id('somebody') })).toEqual(['target_id lifecycle.move_target_unknown']);
    expect(life.reasons('2026-03-20', command)).toEqual(['target_id lifecycle.move_target_unknown']);
    expect(asked({ status: 'hold', holdReason: 'expired' })).toEqual(['lifecycle.not_active']);
    const own = life.state().id;
    expect(life.reasons('2026-03-20', move(life, { SEAT: '1' }, own), beside(life, month, own))).toEqual([
      'target_id lifecycle.move_to_itself',
    ]);
    life.become({ status: 'hold', holdReason: 'expired' });
    expect(life.reasons('2026-03-20', command, beside(target()))).toEqual(['lifecycle.not_active']);
  });
});

describe('units that are moved', () => {
  test('may be all of a product where another one stays', () => {
    const life = source();
    expect(moved(life, target(), { SEAT: '5' }).items.map(({ quantity }) => quantity)).toEqual([decimal('6')]);
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 2 DISK');
  });

  test('come as one from two products that are the same there, and the oldest first', () => {
    const life = source({ SEAT: '5', DISK: '2' });
    life.become({ items: life.state().items.map((item) => ({ ...item, resourceId: id('SEAT') })) });
    life.change('2026-03-12', { SEAT: '6' });
    const there = target({ SEAT: '1', DISK: '1' });
    there.change('2026-03-11', { SEAT: '2' });
    const { items } = moved(life, there, { DISK: '1', SEAT: '2' });
    expect(items.map(({ mpn, quantity, committed }) => [mpn, quantity, committed])).toEqual([
      ['DISK', decimal('1'), decimal('1')],
      ['SEAT', decimal('5'), decimal('3')],
    ]);
    expect(items[1]!.batches.map(({ quantity, at }) => `${quantity.coefficient} ${at}`)).toEqual([
      '1 2026-03-01T12:00:00Z',
      '1 2026-03-10T12:00:00Z',
      '1 2026-03-10T12:00:00Z',
      '1 2026-03-11T12:00:00Z',
      '1 2026-03-12T12:00:00Z',
    ]);
    expect(items[0]!.batches).toHaveLength(1);
  });

  test('come with their commitment also where nothing of the product was held', () => {
    const there = target({ SEAT: '1' });
    const { items } = moved(source(), there, { DISK: '1' });
    const one = decimal('1');
    expect(items.map(({ mpn, committed, batches }) => [mpn, committed, batches])).toEqual([
      ['DISK', one, [{ quantity: one, at: '2026-03-10T12:00:00Z' }]],
      ['SEAT', one, [{ quantity: one, at: '2026-03-01T12:00:00Z' }]],
    ]);
  });

  test('are bound where fewer are held than the term began with', () => {
    const life = source();
    life.change('2026-03-15', { SEAT: '3' });
    const { items } = moved(life, target(), { SEAT: '2' });
    expect(items[0]).toMatchObject({ committed: decimal('3') });
    expect(life.state().items.map(({ mpn, committed }) => [mpn, committed])).toEqual([
      ['DISK', decimal('2')],
      ['SEAT', decimal('3')],
    ]);
  });

  test('are told on both sides, each with the other', () => {
    const life = source();
    const { events, order } = life.ask('2026-03-20', move(life, { SEAT: '1' }), { at: 'now' }, beside(target()));
    expect(order).toBe('change');
    expect(events.map(({ type, subscriptionId, data }) => [type, subscriptionId, data])).toEqual([
      ['subscription.moved_out', life.state().id, { to_subscription_id: 'target' }],
      ['subscription.moved_in', 'target', { from_subscription_id: life.state().id }],
    ]);
  });

  test('do not take add-ons along', () => {
    const based = aPlan(
      'month',
      { SEAT: { price: '31' }, DISK: { price: '3.1', dependsOn: ['month.SEAT' as never] }, PLUS: { price: '1' } },
      {},
      { add_ons: { within_base: true } },
    );
    const life = source({ SEAT: '5', DISK: '5', PLUS: '1' }, based);
    expect(life.reasons('2026-03-20', move(life, { SEAT: '1' }), beside(target()))).toEqual([
      'items.DISK lifecycle.add_on_in_the_way',
    ]);
  });
});

describe('a move into a subscription that it makes', () => {
  const identity: Context['newIdentity'] = {
    id: id<SubscriptionId>('made'),
    serial: '77',
    licenseId: id('license-made'),
    activationCode: 'CODE',
  };
  const split = (life: Life, opens: NewTarget): MoveCommand => ({
    kind: 'move',
    items: life.wanted({ SEAT: '2' }),
    targetId: null,
    opens,
  });

  test('begins it with the units that are moved, and tells so first', () => {
    const life = source();
    const command = split(life, { planId: null, end: 'same' });
    const { subscriptions, events, warnings } = life.ask(
      '2026-03-20',
      command,
      { at: 'now' },
      { newIdentity: identity },
    );
    const made = subscriptions.find(({ after }) => after.id === 'made')!;
    expect(made.before.status).toBe('removed');
    expect(made.after).toMatchObject({
      status: 'active',
      serial: '77',
      startOn: '2026-03-20',
      endOn: '2026-04-10',
      origin: { kind: 'split', subscriptionId: life.state().id },
      licenses: [{ id: 'license-made', enabled: true, units: decimal('2') }],
      items: [{ mpn: 'SEAT', quantity: decimal('2'), committed: decimal('2') }],
    });
    expect(events.map(({ type, subscriptionId }) => [type, subscriptionId])).toEqual([
      ['subscription.created', 'made'],
      ['subscription.moved_out', life.state().id],
      ['subscription.moved_in', 'made'],
    ]);
    expect(events[0]!.data).toEqual({ status: 'active', end_on: '2026-04-10' });
    expect(warnings).toEqual([]);
    expect(life.bill(1)).toEqual([
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = 42',
    ]);
  });

  test('may have another plan, with a term of its own and without its setup', () => {
    const life = source();
    const command = split(life, { planId: next.plan.planId, end: 'own' });
    const { subscriptions } = life.ask('2026-03-20', command, { at: 'now' }, { newIdentity: identity });
    expect(subscriptions[1]!.after).toMatchObject({ name: 'next', startOn: '2026-03-20', endOn: '2026-04-20' });
    expect(life.bill(1)).toEqual([
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 2 SEAT x 62, 2026-03-20 to 2026-04-20 = 124',
    ]);
  });

  test('needs what it is called taken before', () => {
    const life = source();
    expect(() => life.reasons('2026-03-20', split(life, { planId: null, end: 'own' }))).toThrow('Nothing was taken');
  });
});
