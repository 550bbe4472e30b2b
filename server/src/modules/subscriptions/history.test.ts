import { decimal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from '../lifecycle/testing.ts';
import { changedFields, fieldsOf, fold, withFields } from './history.ts';

const sold = () =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }),
    items: { SEAT: '5' },
    sold: '2026-03-10',
  }).state();

describe('what changed', () => {
  test('is nothing of what stayed, and the whole of a list of which something changed', () => {
    const before = sold();
    expect(changedFields(before, before)).toEqual({});
    const items = before.items.map((item) => ({ ...item, quantity: decimal('6') }));
    expect(changedFields(before, { ...before, items, endOn: '2026-05-10' })).toEqual({
      end_on: '2026-05-10',
      items: [expect.objectContaining({ rate_id: 'month.SEAT', quantity: '6' })],
    });
  });

  test('says so where a value went away', () => {
    const before = { ...sold(), holdReason: 'admin' } as const;
    expect(changedFields(before, { ...before, holdReason: null })).toEqual({ hold_reason: null });
  });
});

describe('the fold of what changed', () => {
  test('is the state after it, at every point', () => {
    const first = sold();
    const second = { ...first, endOn: '2026-05-10', attributes: { a: '1' } };
    const third = { ...second, status: 'hold', holdReason: 'suspended', attributes: {} } as const;
    const sets = [fieldsOf(first), changedFields(first, second), changedFields(second, third)];
    expect(fold(sets.slice(0, 1))).toEqual(fieldsOf(first));
    expect(fold(sets.slice(0, 2))).toEqual(fieldsOf(second));
    expect(fold(sets)).toEqual(fieldsOf(third));
  });

  test('over what there is now is what there was then, also of items that are gone', () => {
    const then = sold();
    const now = { ...then, endOn: '2026-05-10', items: [], version: 7 };
    const back = withFields(now, fieldsOf(then));
    expect(fieldsOf(back)).toEqual(fieldsOf(then));
    expect(back.version).toBe(7);
    expect(back.licenses).toEqual(then.licenses);
  });
});

// After every step of a life the simulator compares the fold of its events with the state; here is a life that has all of them.
test('the events of a whole life fold to its state after each of them', () => {
  const month = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, { graceMonths: 1 });
  const next = aPlan('next', { SEAT: { price: '1' }, DISK: { price: '2' } }, { graceMonths: 1 });
  const life = aLife({ plan: month, others: [next], items: { SEAT: '5' }, sold: '2026-01-31' });
  life.change('2026-02-01', { DISK: '2', SEAT: '7' });
  life.change('2026-02-02', { DISK: '0' });
  life.ask('2026-02-03', {
    kind: 'details',
    autoRenewal: null,
    autoRenewalMonths: 3,
    attributes: { cost_center: '7' },
  });
  life.ask('2026-02-04', { kind: 'suspend', endOn: null });
  life.ask('2026-02-05', { kind: 'resume', endOn: null });
  life.ask('2026-02-06', { kind: 'renew', from: 'expiry', months: 1, items: [], align: null });
  life.ask('2026-03-01', { kind: 'switch', planId: next.plan.planId, start: 'now', items: null });
  life.ask('2026-03-02', { kind: 'expiry', endOn: '2026-03-20' });
  life.ask('2026-03-03', { kind: 'auto_renewal', on: false, months: null });
  life.until('2026-03-25');
  expect(life.state().holdReason).toBe('expired');
  life.ask('2026-03-26', { kind: 'renew', from: 'now', months: null, items: [], align: null });
  life.ask('2026-03-27', { kind: 'cancel', reason: null });
  expect(life.history.length).toBeGreaterThan(12);
  expect(life.state().status).toBe('terminated');
});
