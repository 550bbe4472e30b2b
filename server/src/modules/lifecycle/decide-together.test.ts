import { decimal, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Command } from './command.ts';
import { aLife, aPlan, id } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const seats = (quantity: string) => ({ rateId: id<RateId>('plan.SEAT'), quantity: decimal(quantity) });
const together = (...commands: Extract<Command, { kind: 'together' }>['commands']) =>
  ({ kind: 'together', commands }) as const;
const change = (quantity: string) => ({ kind: 'change', items: [seats(quantity)], cascade: false }) as const;
const expiry = (endOn: string) => ({ kind: 'expiry', endOn }) as const;
const cancel = { kind: 'cancel', reason: null } as const;

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
  });
});
