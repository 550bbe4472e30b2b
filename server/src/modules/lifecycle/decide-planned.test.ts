import { describe, expect, test } from 'vitest';
import { decimal, type PlanId, type RateId } from '@tierline/kernel';
import type { WantedItem } from './command.ts';
import { editIntent } from './decide-intent.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

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

describe('quantities that are planned', () => {
  const ten = decimal('10');
  const plan = (policies: object = {}) =>
    aPlan(
      'month',
      {
        SEAT: { price: '31', quantityMax: ten },
        DISK: { price: '3.1', dependsOn: [id<RateId>('month.SEAT')] },
        CARE: { price: '5', dependsOn: [id<RateId>('month.PRO')] },
        PRO: { price: '62' },
      },
      {},
      policies,
    );
  const other = aPlan('other', { SEAT: { price: '40', quantityMax: decimal('6') } });
  const sold = (policies: object = {}) =>
    aLife({ plan: plan(policies), others: [other], items: { SEAT: '5' }, sold: '2026-03-10' });
  const change = (life: Life, items: Record<string, string>, of = 'month') =>
    ({ kind: 'change', items: life.wanted(items, of), cascade: false }) as const;
  const toOther = (items: WantedItem[] | null = null) =>
    ({ kind: 'switch', planId: 'other' as PlanId, start: 'now', items }) as const;

  test('are refused when they can never be: beyond the bounds, or against themselves', () => {
    const life = sold();
    expect(life.refusal('2026-03-11', change(life, { SEAT: '11' }), renewal)).toMatchObject({
      codes: ['lifecycle.quantity_out_of_bounds'],
      nearest: { items: [{ mpn: 'SEAT', quantity: '10' }] },
    });
    expect(life.refusal('2026-03-11', change(life, { CARE: '1', PRO: '0' }), on('2026-03-20')).codes).toEqual([
      'lifecycle.base_missing',
    ]);
    const tooMany = toOther(life.wanted({ SEAT: '7' }, 'other'));
    expect(life.refusal('2026-03-11', tooMany, on('2026-03-20')).codes).toEqual(['lifecycle.quantity_out_of_bounds']);
  });

  test('are told when something else may still put them right', () => {
    const life = sold();
    for (const [asked, why] of [
      [change(life, { CARE: '1' }), 'MPN PRO'],
      [change(life, { SEAT: '5' }), 'exactly this already'],
    ] as const) {
      const { warnings } = life.ask('2026-03-11', asked, on('2026-03-20'));
      expect(warnings.map(({ code }) => code)).toContain('lifecycle.refused_as_planned');
      expect(warnings.map(({ message }) => message).join()).toContain(why);
    }
    // What is planned before it counts: with a base to come, the add-on can be.
    const based = sold();
    based.ask('2026-03-11', change(based, { PRO: '1' }), on('2026-03-18'));
    expect(based.ask('2026-03-11', change(based, { CARE: '1' }), on('2026-03-21')).warnings).toEqual([]);
    based.until('2026-03-22');
    expect(based.shown()).toContain('1 CARE, 1 PRO');
  });

  test('are checked against the plan that will be: what is about its products stays through the switch', () => {
    const life = sold();
    life.ask('2026-03-11', toOther(), on('2026-03-20'));
    expect(life.refusal('2026-03-11', change(life, { SEAT: '6' }), on('2026-03-25')).codes).toEqual([
      'lifecycle.unknown_rate',
    ]);
    expect(life.refusal('2026-03-11', change(life, { SEAT: '7' }, 'other'), on('2026-03-25')).codes).toEqual([
      'lifecycle.quantity_out_of_bounds',
    ]);
    life.ask('2026-03-11', change(life, { SEAT: '6' }, 'other'), on('2026-03-25'));
    life.until('2026-03-26');
    expect(life.ended().map(({ status }) => status)).toEqual(['done', 'done']);
    expect(life.shown()).toBe('active 2026-03-20 to 2026-04-20: 6 SEAT');
  });

  test('are bound by the term that they fall in, and by none after it', () => {
    const life = sold({
      reduction: { window: { count: 7, unit: 'day' } },
      commitment: { minimum: 'percent', percent: '40' },
    });
    const fewer = change(life, { SEAT: '4' });
    expect(life.refusal('2026-03-11', change(life, { SEAT: '1' }), on('2026-03-20')).codes).toEqual([
      'lifecycle.below_commitment',
    ]);
    expect(life.refusal('2026-03-11', fewer, on('2026-03-17')).codes).toEqual(['lifecycle.return_window_over']);
    expect(life.ask('2026-03-11', fewer, on('2026-03-16')).warnings).toEqual([]);
    expect(life.ask('2026-03-11', change(life, { SEAT: '1' }), renewal).warnings).toEqual([]);
    const put = sold({ reduction: { window: { count: 7, unit: 'day' }, after: 'term_end' } });
    expect(put.ask('2026-03-11', fewer, on('2026-03-20')).warnings).toMatchObject([
      { code: 'lifecycle.scheduled_at_renewal' },
    ]);
  });

  test('are checked again when the intent is given another moment or content', () => {
    const life = sold();
    life.ask('2026-03-11', change(life, { SEAT: '7' }), renewal);
    const intent = life.intents()[0]!;
    const context = life.context(life.instant('2026-03-12'));
    const edit = (items: Record<string, string>) =>
      editIntent(context, life.state(), intent, { moment: undefined, command: change(life, items) });
    expect(() => edit({ SEAT: '11' })).toThrow(expect.objectContaining({ kind: 'invalid' }));
    expect(edit({ CARE: '1' }).warnings).toMatchObject([{ code: 'lifecycle.refused_as_planned' }]);
  });
});
