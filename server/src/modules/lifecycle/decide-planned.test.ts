import { describe, expect, test } from 'vitest';
import type { PlanId } from '@tierline/kernel';
import { aLife, aPlan } from './testing.ts';

const renewal = { at: 'renewal' } as const;
const on = (day: string) => ({ at: 'date', on: day }) as const;

describe('a conversion that is planned', () => {
  const full = aPlan('month', { SEAT: { price: '31' } }, { number: '10007' });
  const dear = aPlan('dear', { SEAT: { price: '62' } }, { number: '10008' });
  const trial = (policies: object = {}) =>
    aPlan(
      'trial',
      { SEAT: { price: '0' } },
      { licenseVersion: 'trial', autoRenewalMonths: null },
      { trial: { convert_to: '10007', ...policies } },
    );
  const sold = (policies: object = {}) =>
    aLife({ plan: trial(policies), others: [full, dear], items: { SEAT: '5' }, sold: '2026-01-31' });
  const convert = (planId: string | null = null) => ({ kind: 'convert', planId: planId as PlanId | null }) as const;

  test('makes a trial paid at its end, although its policy lets it expire', () => {
    const life = sold({ at_end: 'expire' });
    life.ask('2026-02-10', convert(), renewal);
    expect(life.shown()).toBe('active 2026-01-31 to 2026-02-28: 5 SEAT');
    life.until('2026-02-28');
    expect(life.shown()).toBe('active 2026-02-28 to 2026-03-28: 5 SEAT');
    expect(life.lastBill()).toEqual(['recurring 5 SEAT x 31, 2026-02-28 to 2026-03-28 = 155']);
    expect(life.ended()).toEqual([{ kind: 'convert', status: 'done', reason: null }]);
    expect(life.state().origin).toEqual({ kind: 'trial' });
  });

  test('names the plan, whatever the policy names; and on a day before the end it is paid from that day on', () => {
    const life = sold({ at_end: 'convert' });
    life.ask('2026-02-10', convert('dear'), on('2026-02-14'));
    life.until('2026-02-14');
    expect(life.shown()).toBe('active 2026-02-14 to 2026-03-14: 5 SEAT');
    expect(life.lastBill()).toContain('recurring 5 SEAT x 62, 2026-02-14 to 2026-03-14 = 310');
  });

  test('that can’t be done at its moment fails, and the policy counts', () => {
    const life = sold({ at_end: 'convert' });
    life.ask('2026-02-10', convert('dear'), renewal);
    life.customer.mayOrder = false;
    life.until('2026-02-28');
    expect(life.ended()).toMatchObject([{ kind: 'convert', status: 'failed' }]);
    expect(life.state().renewalFailure).not.toBeNull();
    life.customer.mayOrder = true;
    life.until('2026-03-02');
    expect(life.state().name).toBe('month');
  });

  test('is refused for what is no trial, for a plan that is not there or no full one, and after the end of the trial', () => {
    const life = sold();
    expect(life.refusal('2026-02-10', convert('nowhere'), renewal).codes).toEqual(['lifecycle.unknown_plan']);
    expect(life.refusal('2026-02-10', convert(), on('2026-02-28')).codes).toEqual(['lifecycle.moment_after_end']);
    const paid = aLife({ plan: full, others: [dear], items: { SEAT: '5' }, sold: '2026-01-31' });
    expect(paid.refusal('2026-02-10', convert('dear'), renewal).codes).toEqual(['lifecycle.not_a_trial']);
    const nothing = aLife({ plan: trial({ convert_to: null }), items: { SEAT: '5' }, sold: '2026-01-31' });
    expect(nothing.refusal('2026-02-10', convert(), renewal).codes).toEqual(['lifecycle.unknown_plan']);
  });

  test('gives way to a newer one, whatever its moment, since a trial becomes paid once', () => {
    for (const moment of [renewal, on('2026-02-20'), { at: 'now' } as const]) {
      const life = sold();
      life.ask('2026-02-10', convert(), renewal);
      const { warnings } = life.ask('2026-02-11', convert('dear'), moment);
      expect(warnings).toMatchObject([{ code: 'lifecycle.intent_dropped' }]);
      expect(life.ended()).toEqual([{ kind: 'convert', status: 'dropped', reason: 'a newer one takes its place.' }]);
      life.until('2026-03-01');
      expect(life.state().name).toBe('dear');
    }
  });

  test('tells what of the changes and cancellations that wait it touches', () => {
    const life = sold({ at_end: 'convert' });
    life.change('2026-02-10', { SEAT: '6' }, on('2026-02-12'));
    life.change('2026-02-10', { SEAT: '7' }, on('2026-02-20'));
    const planned = life.ask('2026-02-11', convert(), on('2026-02-15'));
    expect(planned.warnings.map(({ message }) => message)).toEqual([
      'The change that was planned for 2026-02-20 stays: it is dropped when the trial becomes paid, unless it is done before.',
    ]);
    const { warnings } = life.ask('2026-02-11', { kind: 'cancel', reason: null }, on('2026-02-14'));
    expect(warnings.map(({ message }) => message)).toEqual([
      'The change that was planned for 2026-02-20 stays: the subscription ends before it could be done.',
      'The convert that was planned for 2026-02-15 stays: the subscription ends before it could be done.',
    ]);
    expect(life.ask('2026-02-11', convert(), renewal).warnings.map(({ code }) => code)).toEqual([
      'lifecycle.intent_dropped',
      'lifecycle.intent_kept',
    ]);
  });
});
