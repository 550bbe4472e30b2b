import { describe, expect, test } from 'vitest';
import type { RateId } from '@tierline/kernel';
import { aLife, aPlan } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const monthly = (facts = {}, policies = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);

describe('what was planned for the renewal', () => {
  const bound = {
    cancellation: { window: { count: 7, unit: 'day' }, after: 'refused' },
    commitment: { minimum: 'initial' },
  } as const;

  test('is done one after the other, each with an order of its own, and then it renews with the new quantities', () => {
    const price = (date: string) => (date < '2026-04-10' ? '31' : '33');
    const plan = aPlan('month', { SEAT: { price }, DISK: { price: '3.1', setup: '5' } }, {}, bound);
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '3' }, { at: 'renewal' });
    life.change('2026-03-13', { DISK: '2' }, { at: 'renewal' });
    life.until('2026-04-10');
    expect(life.ended()).toEqual([
      { kind: 'change', status: 'done', reason: null },
      { kind: 'change', status: 'done', reason: null },
    ]);
    expect(life.bill(3)).toEqual([
      'setup 2 DISK x 5, 2026-04-10 to 2026-04-10 = 10',
      'recurring 2 DISK x 3.1, 2026-04-10 to 2026-05-10 = 6.2',
      'recurring 3 SEAT x 33, 2026-04-10 to 2026-05-10 = 99',
    ]);
    expect(life.history.slice(2).map(({ decision }) => decision.order)).toEqual(['change', 'change', 'renewal']);
    expect(life.state().items.map(({ committed }) => committed)).toEqual(
      life.state().items.map(({ quantity }) => quantity),
    );
  });

  test('fails with its reason where it can’t be done then, and the rest goes on', () => {
    const life = aLife({
      plan: aPlan('month', {
        SEAT: { price: '31' },
        PRO: { price: '62' },
        DISK: { price: '1', dependsOn: ['month.PRO' as RateId] },
      }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    const { warnings } = life.change('2026-03-12', { DISK: '1' }, { at: 'renewal' });
    expect(warnings).toMatchObject([{ code: 'lifecycle.refused_as_planned' }]);
    life.until('2026-04-10');
    expect(life.ended()).toMatchObject([{ status: 'failed' }]);
    expect(life.ended()[0]!.reason).toContain('MPN PRO');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 5 SEAT');
  });

  test('waits with the renewal while that can’t be made, and is dropped with a reason when it is given up', () => {
    const life = aLife({ plan: monthly({}, { renewal: { retry_days: 1 } }), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '7' }, { at: 'renewal' });
    life.customer.mayOrder = false;
    life.until('2026-04-10T06:00');
    expect(life.intents()).toHaveLength(1);
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 5 SEAT');
    life.until('2026-04-12');
    expect(life.ended()).toMatchObject([{ status: 'dropped', reason: 'The subscription expired.' }]);
    expect(life.total()).toBe('155');
  });

  test('is not done for a term that does not come', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { DISK: '7' }, { at: 'renewal' });
    const { warnings } = life.ask('2026-03-13', { kind: 'auto_renewal', on: false, months: null });
    expect(warnings).toMatchObject([{ code: 'lifecycle.intent_kept' }]);
    life.until('2026-04-10');
    expect(life.ended()).toMatchObject([{ status: 'dropped', reason: 'The subscription expired.' }]);
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 5 SEAT');
  });

  test('a cancellation ends it whatever else waits, all of which is told', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '7' }, { at: 'renewal' });
    const { warnings } = life.ask('2026-03-13', { kind: 'cancel', reason: 'moved' }, { at: 'renewal' });
    expect(warnings.map(({ message }) => message)).toEqual([
      'The change that was planned for the end of the term stays: the subscription ends before it could be done.',
    ]);
    life.until('2026-04-10');
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 5 SEAT');
    expect(life.ended()).toEqual([
      { kind: 'cancel', status: 'done', reason: null },
      { kind: 'change', status: 'dropped', reason: 'The subscription ended with its term.' },
    ]);
    expect(life.history.at(-1)!.decision.order).toBe('cancellation');
  });

  test('a switch to another period begins its term at the renewal, and that is the renewal', () => {
    const year = aPlan('year', { SEAT: { price: '300' } }, { ...yearly, billingPeriod: { unit: 'year', count: 1 } });
    const life = aLife({ plan: monthly(), others: [year], items: { SEAT: '5' }, sold: '2026-03-10' });
    life.ask('2026-03-20', { kind: 'switch', planId: year.plan.planId, start: 'now', items: null }, { at: 'renewal' });
    life.until('2026-04-20');
    expect(life.shown()).toBe('active 2026-04-10 to 2027-04-10: 5 SEAT');
    expect(life.bill(1)).toEqual(['recurring 5 SEAT x 300, 2026-04-10 to 2027-04-10 = 1500']);
    expect(life.history).toHaveLength(2);
  });

  test('a switch away from a plan that is retired is what lets it go on', () => {
    const next = aPlan('next', { SEAT: { price: '30' } });
    const life = aLife({
      plan: monthly({}, { renewal: { on_retired_plan: 'expire' } }),
      others: [next],
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', { kind: 'switch', planId: next.plan.planId, start: 'now', items: null }, { at: 'renewal' });
    life.sale.retired = true;
    life.until('2026-04-20');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 5 SEAT');
  });

  test('on a boundary every edge changes on its own boundary, whatever its date is then', () => {
    const plan = aPlan('month', { SEAT: { price: '31' } });
    const life = aLife({
      plan,
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
      items: { SEAT: '5' },
      sold: '2026-03-11T01:00',
    });
    expect(life.bill(0, 0)).toEqual(['recurring 5 SEAT x 31, 2026-03-10 to 2026-04-10 = 155']);
    life.change('2026-03-12', { SEAT: '7' }, { at: 'renewal' });
    life.until('2026-04-12');
    expect(life.bill(1, 0)).toEqual(['recurring 7 SEAT x 31, 2026-04-10 to 2026-05-10 = 217']);
    expect(life.bill(1, 1)).toEqual(['recurring 7 SEAT x 31, 2026-04-11 to 2026-05-11 = 217']);
  });
});

describe('what was planned for a date', () => {
  test('is done at the first instant of the day, the older first', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '7' }, { at: 'date', on: '2026-03-20' });
    life.change('2026-03-13', { DISK: '2' }, { at: 'date', on: '2026-03-20' });
    life.until('2026-03-20T00:00');
    expect(life.bill(1)).toEqual([
      'recurring 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = 42',
      'recurring 2 DISK x 3.1 21/31, 2026-03-20 to 2026-04-10 = 4.2',
    ]);
    expect(life.ended()).toHaveLength(2);
  });

  test('on the day of a renewal it is for the term that comes, and nothing of the old one binds', () => {
    const plan = monthly({}, { cancellation: { window: { count: 0, unit: 'day' } } });
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '3' }, { at: 'date', on: '2026-04-10' });
    life.until('2026-04-10');
    expect(life.bill(1)).toEqual(['recurring 3 SEAT x 31, 2026-04-10 to 2026-05-10 = 93']);
    expect(life.ended()).toMatchObject([{ status: 'done' }]);
  });

  test('is put off where the policy has that, as another intent that says so', () => {
    const plan = monthly({}, { reduction: { window: { count: 0, unit: 'day' }, after: 'term_end' } });
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-12', { SEAT: '3' }, { at: 'date', on: '2026-03-20' });
    life.until('2026-03-20');
    expect(life.ended()).toMatchObject([{ status: 'done' }]);
    expect(life.ended()[0]!.reason).toContain('end of the term');
    expect(life.intents()).toMatchObject([{ moment: { at: 'renewal' } }]);
    life.until('2026-04-10');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 3 SEAT');
    expect(life.intents()).toEqual([]);
  });

  test('a cancellation for a date ends it then; one for the day on which the term ends needs no window', () => {
    const life = aLife({
      plan: monthly({}, { cancellation: { window: { count: 1, unit: 'day' } } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-12', { kind: 'cancel', reason: null }, { at: 'date', on: '2026-04-10' });
    life.until('2026-04-10');
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 5 SEAT');
    expect(life.total()).toBe('155');
  });
});

describe('the end of a trial', () => {
  const full = monthly({ number: '10007' });
  const trial = (policies: object) =>
    aPlan(
      'trial',
      { SEAT: { price: '0' } },
      { licenseVersion: 'trial', autoRenewalMonths: null },
      { trial: { convert_to: '10007', ...policies } },
    );

  test('makes it paid where the policy says so: the same subscription, a term that begins on the day on which the trial ended', () => {
    const life = aLife({
      plan: trial({ at_end: 'convert' }),
      others: [full],
      items: { SEAT: '5' },
      sold: '2026-01-31',
    });
    const { id } = life.state();
    life.until('2026-03-29');
    expect(life.shown()).toBe('active 2026-03-28 to 2026-04-28: 5 SEAT');
    expect(life.state()).toMatchObject({ id, anchorOn: '2026-02-28', autoRenewal: true, origin: { kind: 'trial' } });
    expect(life.state().licenses).toMatchObject([{ version: 'full', startOn: '2026-02-28' }]);
    expect(life.bill(1)).toEqual([
      'recurring 5 SEAT x 31, 2026-02-28 to 2026-03-28 = 155',
      'recurring 5 SEAT x 31, 2026-03-28 to 2026-04-28 = 155',
    ]);
  });

  test('ends it where the policy says so, or where there is no plan to convert it to', () => {
    for (const [policies, others] of [
      [{ at_end: 'expire' }, [full]],
      [{ at_end: 'convert' }, []],
    ] as const) {
      const life = aLife({ plan: trial(policies), others, items: { SEAT: '5' }, sold: '2026-01-31' });
      life.until('2026-03-01');
      expect(life.state().status).toBe('terminated');
    }
  });

  test('is converted to the plan of its policy, whatever other plan is known', () => {
    const life = aLife({
      plan: trial({ at_end: 'convert' }),
      others: [aPlan('wrong', { SEAT: { price: '1' } }), full],
      items: { SEAT: '5' },
      sold: '2026-01-31',
    });
    life.until('2026-03-01');
    expect(life.state().name).toBe('month');
  });

  test('waits for a customer that may not order', () => {
    const life = aLife({
      plan: trial({ at_end: 'convert' }),
      others: [full],
      items: { SEAT: '5' },
      sold: '2026-01-31',
    });
    life.customer.mayOrder = false;
    life.until('2026-03-01');
    expect(life.state().renewalFailure?.reasons).toMatchObject([{ code: 'lifecycle.customer_may_not_order' }]);
    life.customer.mayOrder = true;
    life.until('2026-03-03');
    expect(life.shown()).toBe('active 2026-02-28 to 2026-03-28: 5 SEAT');
  });
});

describe('grace', () => {
  test('counts in months from the end of the term, and the right to use goes on', () => {
    const life = aLife({
      plan: monthly({ autoRenewalMonths: null, graceMonths: 1 }),
      items: { SEAT: '5' },
      sold: '2026-01-31',
    });
    life.until('2026-03-27');
    expect(life.shown()).toBe('hold (expired) 2026-01-31 to 2026-02-28: 5 SEAT');
    expect(life.state().licenses).toMatchObject([{ enabled: true }]);
    life.until('2026-03-28');
    expect(life.state()).toMatchObject({ status: 'terminated', licenses: [{ enabled: false }] });
  });
});
