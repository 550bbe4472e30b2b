import { decimal, zero, type OrderId, type PlanId, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { LaterCommand } from './command.ts';
import { decide } from './decide.ts';
import type { Decision } from './draft.ts';
import type { IntentChange } from './intent.ts';
import { noId, orderOf } from './plan-order.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const plan = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
const other = aPlan('other', { SEAT: { price: '40' }, DISK: { price: '4' }, ROOM: { price: '1' } });
const sold = (): Life => aLife({ plan, others: [other], items: { SEAT: '5', DISK: '2' }, sold: '2026-03-10' });
const renewal = { at: 'renewal' } as const;
const ordering = { ordersPlans: true };

/** What is decided on a day, without carrying it out. */
function decided(life: Life, command: Parameters<Life['ask']>[1], later = true) {
  const context = life.context(life.instant('2026-03-12'));
  const decision = decide(context, life.state(), { command, moment: later ? renewal : { at: 'now' } });
  return { context, decision };
}
const ordered = (life: Life, command: LaterCommand, by = ordering) => {
  const { context, decision } = decided(life, command);
  return orderOf(context, decision, by, true);
};
const shown = ({ order }: ReturnType<typeof orderOf>) =>
  order.lines.map(({ rate, quantity, previousQuantity, subscription, origin }) => {
    expect({ subscription, origin }).toEqual({ subscription: id(sold().state().id), origin: 'requested' });
    return [rate.rateId, quantity, previousQuantity];
  });
const change = (life: Life, quantities: Record<string, string>) =>
  ({ kind: 'change', items: life.wanted(quantities), cascade: false }) as const;
const toOther = (items: readonly { rateId: RateId; quantity: ReturnType<typeof decimal> }[] | null = null) =>
  ({ kind: 'switch', planId: id<PlanId>('other'), start: 'now', items }) as const;

describe('what is done now', () => {
  test('is an order of its own, with an id of its own where it is to be stored', () => {
    const life = sold();
    const { context, decision } = decided(life, change(life, { SEAT: '6' }), false);
    const real = orderOf(context, decision, {}, true);
    expect(real).toMatchObject({ order: { order: 'change', lines: decision.lines }, plan: null });
    expect(real.orderId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(orderOf(context, decision, {}, true).orderId).not.toBe(real.orderId);
    expect(orderOf(context, decision, {}, false)).toEqual({ ...real, orderId: noId });
    expect(noId).toMatch(/^[0-]{36}$/);
  });

  test('is one with lines or with charges; with neither, or with no kind, none is made', () => {
    const life = sold();
    const { context, decision } = decided(life, change(life, { SEAT: '6' }), false);
    const of = (facts: Partial<Decision>) => {
      const { order, plan: does, orderId } = orderOf(context, { ...decision, ...facts }, ordering, false);
      return [order.order, order.lines.length, does, orderId];
    };
    expect(of({ charges: [] })).toEqual(['change', 1, null, noId]);
    expect(of({ lines: [] })).toEqual(['change', 0, null, noId]);
    expect(of({ lines: [], charges: [] })).toEqual([null, 0, null, null]);
    expect(of({ order: null })).toEqual([null, 0, null, null]);
  });
});

describe('what is put off', () => {
  test('is no order unless that is asked for', () => {
    const life = sold();
    const none = { order: { order: null, lines: [] }, plan: null, orderId: null };
    expect(ordered(life, change(life, { SEAT: '6' }), { ordersPlans: false })).toEqual(none);
    const { context, decision } = decided(life, change(life, { SEAT: '6' }));
    expect(orderOf(context, decision, {}, true)).toEqual(none);
    expect(ordered(life, { kind: 'auto_renewal', on: false, months: null })).toEqual(none);
    const nothing: IntentChange = { kind: 'add', moment: renewal, command: toOther([]) };
    expect(orderOf(context, { ...decision, intents: [nothing] }, ordering, true)).toEqual(none);
  });

  test('is placed with what is to be and what is held: a change', () => {
    const life = sold();
    const wanted = { kind: 'change', items: life.wanted({ SEAT: '6', DISK: '0' }), cascade: false } as const;
    const placed = ordered(life, wanted);
    expect(placed).toMatchObject({ plan: 'placed', order: { order: 'change' } });
    expect(placed.orderId).not.toBe(noId);
    expect(shown(placed)).toEqual([
      ['month.SEAT', decimal('6'), decimal('5')],
      ['month.DISK', zero, decimal('2')],
    ]);
  });

  test('has nothing before where it is new, and no line for what the plan of today does not have', () => {
    const life = aLife({ plan, others: [other], items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(shown(ordered(life, change(life, { DISK: '1' })))).toEqual([['month.DISK', decimal('1'), null]]);
    life.ask('2026-03-11', toOther(), { at: 'date', on: '2026-03-20' });
    const later = { kind: 'change', items: life.wanted({ SEAT: '6' }, 'other'), cascade: false } as const;
    expect(ordered(life, later).order.lines).toEqual([]);
  });

  test('a cancellation: none of all that is held', () => {
    const placed = ordered(sold(), { kind: 'cancel', reason: null });
    expect(placed).toMatchObject({ plan: 'placed', order: { order: 'cancellation' } });
    expect(shown(placed)).toEqual([
      ['month.DISK', zero, decimal('2')],
      ['month.SEAT', zero, decimal('5')],
    ]);
    const life = sold();
    life.become({ items: life.state().items.map((item) => ({ ...item, rateId: id<RateId>(`old.${item.mpn}`) })) });
    expect(ordered(life, { kind: 'cancel', reason: null }).order.lines).toEqual([]);
  });

  test('a switch: the products of the other plan, each with what it is held as', () => {
    const life = sold();
    expect(shown(ordered(life, toOther()))).toEqual([
      ['other.DISK', decimal('2'), decimal('2')],
      ['other.SEAT', decimal('5'), decimal('5')],
    ]);
    expect(shown(ordered(life, toOther(life.wanted({ SEAT: '6', ROOM: '1' }, 'other'))))).toEqual([
      ['other.SEAT', decimal('6'), decimal('5')],
      ['other.ROOM', decimal('1'), null],
    ]);
  });

  test('a switch to a plan that is not there is none, and a conversion is one only when it comes', () => {
    const life = sold();
    const { context, decision } = decided(life, toOther());
    const elsewhere = { ...context, plans: new Map() };
    expect(orderOf(elsewhere, decision, ordering, true)).toMatchObject({ plan: null, orderId: null });
    const trial = aPlan('trial', { SEAT: { price: '0' } }, { licenseVersion: 'trial', autoRenewalMonths: null });
    const tried = aLife({ plan: trial, others: [plan], items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(ordered(tried, { kind: 'convert', planId: plan.plan.planId })).toMatchObject({ plan: null, orderId: null });
  });
});

describe('what was placed before', () => {
  const before = id<OrderId>('order-1');
  const ended = (life: Life, status: 'done' | 'failed', orderId: OrderId | null = before): IntentChange => {
    const asked = change(life, { SEAT: '6' });
    life.ask('2026-03-11', asked, renewal);
    return { kind: 'end', intent: { ...life.intents()[0]!, orderId }, status, reason: null };
  };

  test('gets the charges of its moment', () => {
    const life = sold();
    const done = ended(life, 'done');
    const { context, decision } = decided(life, change(life, { SEAT: '6' }), false);
    const carriedOut = orderOf(context, { ...decision, intents: [done] }, ordering, true);
    expect(carriedOut).toMatchObject({ plan: 'carried_out', orderId: before, order: { lines: decision.lines } });
  });

  test('only if it was placed, and is what is done', () => {
    for (const [status, orderId] of [
      ['failed', before],
      ['done', null],
    ] as const) {
      const life = sold();
      const intent = ended(life, status, orderId);
      const { context, decision } = decided(life, change(life, { SEAT: '6' }), false);
      expect(orderOf(context, { ...decision, intents: [intent] }, ordering, false)).toMatchObject({
        plan: null,
        orderId: noId,
      });
    }
  });

  test('waits on with the same number where it is put off again', () => {
    const life = sold();
    const done = ended(life, 'done');
    const { context, decision } = decided(life, change(life, { SEAT: '4' }));
    const again = { ...decision, intents: [done, ...decision.intents] };
    expect(orderOf(context, again, ordering, true)).toEqual({
      order: { order: null, lines: [] },
      plan: null,
      orderId: before,
    });
  });

  test('has no order where it is done without any', () => {
    const life = sold();
    const done = ended(life, 'done');
    const { context, decision } = decided(life, { kind: 'auto_renewal', on: false, months: null }, false);
    expect(orderOf(context, { ...decision, intents: [done] }, ordering, true)).toMatchObject({
      plan: null,
      orderId: null,
    });
  });
});
