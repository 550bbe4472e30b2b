import { decimal, isTierlineError, type PlanId, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Command } from './command.ts';
import type { Decision } from './draft.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const seats = (quantity: string) => ({ rateId: id<RateId>('plan.SEAT'), quantity: decimal(quantity) });
const together = (...commands: Extract<Command, { kind: 'together' }>['commands']) =>
  ({ kind: 'together', commands }) as const;
const change = (quantity: string) => ({ kind: 'change', items: [seats(quantity)], cascade: false }) as const;
const expiry = (endOn: string) => ({ kind: 'expiry', endOn }) as const;
const cancel = { kind: 'cancel', reason: null } as const;

function refused(life: Life, command: Command): (string | undefined)[][] {
  try {
    life.ask('2026-03-16', command);
  } catch (error) {
    if (isTierlineError(error)) return error.reasons.map(({ code, field }) => [code, field]);
    throw error;
  }
  return [];
}

describe('changes together', () => {
  const plan = aPlan('plan', { SEAT: { price: '31' } }, yearly);

  test('come to what they come to one after another, in one order', () => {
    const one = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-10' });
    const two = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-10' });
    one.ask('2026-03-15', change('3'));
    const first = one.lastBill();
    one.ask('2026-03-15', expiry('2026-03-25'));
    two.ask('2026-03-15', together(change('3'), expiry('2026-03-25')));
    expect(two.lastBill()).toEqual([...first, ...one.lastBill()]);
    expect(two.state()).toEqual({ ...one.state(), version: expect.anything() as number });
  });

  test('a plan, its units and its end: what comes later is decided in the plan that comes first', () => {
    const other = aPlan('other', { SEAT: { price: '62' } }, yearly);
    const life = aLife({ plan, others: [other], items: { SEAT: '1' }, sold: '2026-01-10' });
    const [rateId] = [...other.rates.keys()];
    const items = [{ ...seats('2'), rateId: rateId! }];
    life.ask(
      '2026-03-15',
      together({ kind: 'switch', planId: other.plan.planId, start: 'keep', items }, expiry('2026-12-01')),
    );
    expect(life.state()).toMatchObject({ planId: other.plan.planId, endOn: '2026-12-01' });
    expect(life.state().licenses).toMatchObject([{ endOn: '2026-12-01', units: { coefficient: 2n } }]);
  });

  test('what changes nothing beside another is done already; alone it is refused', () => {
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', together(change('1'), expiry('2026-12-01')));
    expect(life.state()).toMatchObject({ endOn: '2026-12-01' });
    expect(() => life.ask('2026-03-16', together(change('1')))).toThrow('exactly this already');
    expect(() => life.ask('2026-03-16', together(change('1'), expiry('2026-12-01')))).toThrow('Nothing is asked for');
    expect(() => life.ask('2026-03-16', together())).toThrow('Nothing is asked for');
  });

  test('one that is refused takes the others with it', () => {
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-10' });
    life.until('2026-03-15');
    const before = life.state();
    expect(() => life.ask('2026-03-15', together(change('3'), expiry('2026-03-15')))).toThrow('after today');
    expect(life.state()).toEqual(before);
  });

  test('none is put off to the end of the term', () => {
    const strict = aPlan('plan', { SEAT: { price: '31' } }, yearly, { preset: 'adobe_like' });
    const life = aLife({ plan: strict, items: { SEAT: '3' }, sold: '2026-01-10' });
    expect(() => life.ask('2026-03-15', together(change('2')))).toThrow('only be done at the end of the term');
    expect(() => life.ask('2026-03-15', together(cancel))).toThrow('only be done at the end of the term');
    expect(life.state()).toMatchObject({ status: 'active', items: [{ quantity: { coefficient: 3n } }] });
    const other = aPlan('other', { SEAT: { price: '62' } }, yearly);
    const two = aLife({ plan: strict, others: [other], items: { SEAT: '3' }, sold: '2026-01-10' });
    const toOther = {
      kind: 'switch',
      planId: other.plan.planId,
      start: 'keep',
      items: two.wanted({ SEAT: '2' }, 'other'),
    };
    for (const [command, field] of [
      [change('2'), 'items'],
      [toOther as Command & { kind: 'switch' }, 'items'],
      [cancel, 'subscription'],
    ] as const) {
      expect(refused(two, together(command))).toEqual([['lifecycle.not_before_end', field]]);
    }
  });

  test('that ask for nothing are told so of the subscription', () => {
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-10' });
    expect(refused(life, together())).toEqual([['lifecycle.nothing_changes', 'subscription']]);
  });
});

describe('what several changes come to', () => {
  const plan = aPlan('plan', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, yearly);
  const sold = (policies = {}) =>
    aLife({
      plan: aPlan('plan', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, yearly, policies),
      items: { SEAT: '5', DISK: '2' },
      sold: '2026-01-10',
    });
  const shown = ({ lines }: Decision) =>
    lines.map(({ rate, quantity, previousQuantity, origin }) => [rate.mpn, quantity, previousQuantity, origin]);

  test('is one order of the kind of the first, with one line for each product, from what was held to what is', () => {
    const life = sold();
    life.until('2026-03-15');
    const before = life.state();
    const decision = life.ask('2026-03-15', together(change('3'), expiry('2026-04-01')));
    expect(decision.order).toBe('change');
    expect(shown(decision)).toEqual([
      ['SEAT', decimal('3'), decimal('5'), 'requested'],
      ['DISK', decimal('2'), decimal('2'), 'requested'],
    ]);
    expect(decision.subscriptions).toEqual([{ before, after: life.state() }]);
    expect(decision.events.map(({ type }) => type)).toEqual(['subscription.changed', 'subscription.expiry_changed']);
    expect(new Set(decision.charges.map(({ position }) => position))).toEqual(new Set([0, 1]));
  });

  test('of a change and a cancellation is an end, with what was planned dropped and all that is said of both', () => {
    const life = sold({ reduction: { after: 'no_refund', window: { count: 0, unit: 'day' } } });
    life.change('2026-03-12', { SEAT: '7' }, { at: 'renewal' });
    const decision = life.ask('2026-03-15', together(change('3'), cancel));
    expect(decision.order).toBe('change');
    expect(shown(decision).map(([mpn, quantity, before]) => [mpn, quantity, before])).toEqual([
      ['SEAT', decimal('0'), decimal('5')],
      ['DISK', decimal('0'), decimal('2')],
    ]);
    expect(life.state().status).toBe('terminated');
    expect(life.ended()).toMatchObject([{ kind: 'change', status: 'dropped' }]);
    expect(decision.warnings.map(({ code }) => code)).toEqual(['lifecycle.no_refund']);
    const both = sold({
      reduction: { after: 'no_refund', window: { count: 0, unit: 'day' } },
      cancellation: { after: 'no_refund', window: { count: 0, unit: 'day' } },
    });
    expect(
      both.ask('2026-03-15', together(change('3'), expiry('2026-12-01'))).warnings.map(({ code }) => code),
    ).toEqual(['lifecycle.no_refund', 'lifecycle.no_refund']);
  });

  test('of a switch that names no plan that there is is refused as the switch alone', () => {
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-01-10' });
    const nowhere = { kind: 'switch', planId: id<PlanId>('nowhere'), start: 'keep', items: null } as const;
    expect(refused(life, together(nowhere, expiry('2026-12-01')))).toEqual([['lifecycle.unknown_plan', 'plan_id']]);
  });
});
