import { describe, expect, test } from 'vitest';
import { decimal, type PlanId } from '@tierline/kernel';
import type { SwitchCommand } from './command.ts';
import { aLife, aPlan, type Plan } from './testing.ts';

const to = (plan: Plan, facts: Partial<SwitchCommand> = {}): SwitchCommand => ({
  kind: 'switch',
  planId: plan.plan.planId,
  start: 'now',
  items: null,
  ...facts,
});
const year = {
  subscriptionPeriod: { unit: 'year', count: 1 },
  billingPeriod: { unit: 'year', count: 1 },
  autoRenewalMonths: 12,
} as const;
const month = (facts = {}) => aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts);
const suiteProduct = {
  id: 'suite' as never,
  code: 'SUITE0001',
  name: 'Suite',
  type: 'suite',
  family: 'standard',
  status: 'active',
  parts: ['product' as never],
} as const;

describe('a switch', () => {
  test('from now: the rest of the old plan is given back by the day, and a term of the new one begins', () => {
    const next = aPlan('next', { SEAT: { price: '365' }, DISK: { price: '36.5' } }, year);
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' });
    life.change('2026-03-11', { SEAT: '3' }, { at: 'renewal' });
    life.ask('2026-03-20', to(next));
    expect(life.lastBill()).toEqual([
      'refund 1 DISK x 3.1 21/31, 2026-03-20 to 2026-04-10 = -2.1',
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 1 DISK x 36.5, 2026-03-20 to 2027-03-20 = 36.5',
      'recurring 2 SEAT x 365, 2026-03-20 to 2027-03-20 = 730',
    ]);
    expect(life.shown()).toBe('active 2026-03-20 to 2027-03-20: 1 DISK, 2 SEAT');
    expect(life.state()).toMatchObject({ name: 'next', anchorOn: '2026-03-20', autoRenewalMonths: 12 });
    expect(life.ended()).toEqual([
      { kind: 'change', status: 'dropped', reason: 'it was about products of the plan that is left.' },
    ]);
    life.until('2027-03-19');
    expect(life.history).toHaveLength(2);
  });

  test('keeping the dates of a plan of the same length charges the new price for what is left', () => {
    const next = aPlan('next', { SEAT: { price: '62' } });
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-20', to(next, { start: 'keep' }));
    expect(life.lastBill()).toEqual([
      'refund 1 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -21',
      'recurring 1 SEAT x 62 21/31, 2026-03-20 to 2026-04-10 = 42',
    ]);
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 1 SEAT');
  });

  test('keeping the start date of a longer plan ends with its term from then, also where the grid is anchored at its end', () => {
    const next = aPlan('next', { SEAT: { price: '365' } }, year);
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-20', to(next, { start: 'keep' }));
    expect(life.shown()).toBe('active 2026-03-10 to 2027-03-10: 1 SEAT');
    expect(life.lastBill().at(-1)).toBe('recurring 1 SEAT x 365 355/365, 2026-03-20 to 2027-03-10 = 355');
    const aligned = aLife({ plan: month(), others: [next], items: { SEAT: '1' }, sold: '2026-03-10' });
    aligned.become({ ledger: aligned.state().ledger.map((edge) => ({ ...edge, anchorOn: '2026-04-10' })) });
    aligned.ask('2026-03-20', to(next, { start: 'keep' }));
    expect(aligned.shown()).toBe('active 2026-03-10 to 2026-04-10: 1 SEAT');
  });

  test('and back on one day comes to nothing', () => {
    const plan = month();
    const next = aPlan('next', { SEAT: { price: '62.123' } });
    const life = aLife({ plan, others: [next], items: { SEAT: '3' }, sold: '2026-03-10' });
    life.ask('2026-03-20', to(next, { start: 'keep' }));
    life.ask('2026-03-20', to(plan, { start: 'keep' }));
    expect(life.total()).toBe('93');
  });

  test('of what is billed afterwards bills what was used', () => {
    const next = aPlan('next', { SEAT: { price: '62' } }, { billingModel: 'after_billing_period' });
    const life = aLife({
      plan: month({ billingModel: 'after_billing_period' }),
      others: [next],
      items: { SEAT: '1', DISK: '1' },
      sold: '2026-03-10',
    });
    life.change('2026-03-15', { DISK: '0' });
    life.ask('2026-03-20', to(next));
    expect(life.lastBill()).toEqual([
      'recurring 1 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = 10',
      'recurring 1 DISK x 3.1 5/31, 2026-03-10 to 2026-03-15 = 0.5',
    ]);
    life.until('2026-04-20');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2026-03-20 to 2026-04-20 = 62']);
  });

  test('into a suite that covers the product, whatever its product is called there; and not out of it', () => {
    const suite = aPlan(
      'suite',
      { ALL: { price: '50' }, PLUS: { price: '5', dependsOn: ['suite.ALL' as never] } },
      { product: suiteProduct },
    );
    const plan = month();
    const life = aLife({ plan, others: [suite], items: { SEAT: '2' }, sold: '2026-03-10' });
    life.ask('2026-03-20', to(suite));
    expect(life.shown()).toBe('active 2026-03-20 to 2026-04-20: 2 ALL');
    expect(life.state().licenses).toMatchObject([{ productId: 'suite', units: decimal('2') }]);
    expect(life.refusal('2026-03-21', to(plan)).codes).toEqual(['lifecycle.no_way_to_plan']);
    const two = aLife({ plan, others: [suite], items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' });
    expect(two.refusal('2026-03-20', to(suite)).codes).toEqual(['lifecycle.no_match_in_plan']);
    two.ask('2026-03-20', to(suite, { items: two.wanted({ ALL: '2', PLUS: '1' }, 'suite') }));
    expect(two.shown()).toContain(': 2 ALL, 1 PLUS');
  });

  test('makes one item of two that become the same', () => {
    const next = aPlan('next', {
      SEAT: { price: '62', resourceId: 'SEAT' as never },
      OTHER: { price: '1', dependsOn: ['next.SEAT' as never] },
    });
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' });
    life.become({ items: life.state().items.map((item) => ({ ...item, resourceId: 'SEAT' as never })) });
    life.ask('2026-03-20', to(next));
    expect(life.shown()).toContain(': 3 SEAT');
  });

  test('obeys the rules of the new plan, and says what would do', () => {
    const next = aPlan('next', { SEAT: { price: '62', quantityMin: decimal('5') } });
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '2' }, sold: '2026-03-10' });
    expect(life.refusal('2026-03-20', to(next))).toEqual({
      codes: ['lifecycle.quantity_out_of_bounds'],
      nearest: { items: [{ rate_id: 'next.SEAT', mpn: 'SEAT', quantity: '5' }] },
    });
    expect(life.refusal('2026-03-20', to(next, { items: life.wanted({ SEAT: '0' }, 'next') })).codes).toEqual([
      'lifecycle.nothing_left',
    ]);
  });

  test('is refused into and out of a trial, to nowhere, to where it is, for whom may not order, and of what is not sold', () => {
    const trial = aPlan('trial', { SEAT: { price: '0' } }, { licenseVersion: 'trial' });
    const gone = aPlan('gone', { SEAT: { price: '1' } });
    const frozen = {
      ...gone,
      plan: { ...gone.plan, product: { ...gone.plan.product, status: 'end_of_sale' } },
    } as const;
    const plan = month();
    const life = aLife({ plan, others: [trial, frozen], items: { SEAT: '2' }, sold: '2026-03-10' });
    const codes = (asked: SwitchCommand) => life.refusal('2026-03-20', asked).codes;
    expect(codes(to(trial))).toEqual(['lifecycle.switch_to_trial']);
    expect(codes(to(plan))).toEqual(['lifecycle.unknown_plan']);
    expect(codes({ ...to(plan), planId: 'nowhere' as PlanId })).toEqual(['lifecycle.unknown_plan']);
    expect(codes(to(frozen))).toEqual(['lifecycle.end_of_sale']);
    life.customer.mayOrder = false;
    expect(codes(to(frozen))).toEqual(['lifecycle.customer_may_not_order']);
    const from = aLife({ plan: trial, others: [plan], items: { SEAT: '2' }, sold: '2026-03-10' });
    expect(from.refusal('2026-03-20', to(plan)).codes).toEqual(['lifecycle.trial_switch']);
  });

  test('gives no months free of charge once more, and stays free where it is not for resale', () => {
    const next = aPlan('next', { SEAT: { price: '62' } }, { chargeableMonths: 1 });
    const life = aLife({ plan: month(), others: [next], items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-20', to(next));
    expect(life.lastBill().at(-1)).toBe('recurring 1 SEAT x 62, 2026-03-20 to 2026-04-20 = 62');
    const free = aLife({ plan: month(), others: [next], items: { SEAT: '1' }, sold: '2026-03-10' });
    free.become({ notForResale: true });
    free.ask('2026-03-20', to(next));
    expect(free.lastBill().at(-1)).toBe('recurring 1 SEAT x 0, 2026-03-20 to 2026-04-20 = 0');
  });

  test('counts on each edge on its own date, within the period that is current there', () => {
    const next = aPlan('next', { SEAT: { price: '62' } });
    const life = aLife({
      plan: month(),
      others: [next],
      zones: ['Pacific/Kiritimati', 'Pacific/Honolulu'],
      items: { SEAT: '1' },
      sold: '2026-03-10T01:00',
    });
    life.ask('2026-04-09T12:00', to(next));
    expect(life.days(1, 0)).toEqual(['2026-04-10 to 2026-04-11', '2026-04-10 to 2026-05-10']);
    expect(life.days(1, 1)).toEqual(['2026-04-09 to 2026-04-10', '2026-04-09 to 2026-05-09']);
  });

  test('right after a boundary does not reach back on an edge where it is still the day before', () => {
    const next = aPlan('next', { SEAT: { price: '62' } });
    const life = aLife({
      plan: month(),
      others: [next],
      zones: ['America/New_York', 'Asia/Tokyo'],
      items: { SEAT: '1' },
      sold: '2026-03-10T20:00',
    });
    life.ask('2026-04-10T01:00', to(next));
    expect(life.days(2, 0)).toEqual(['2026-04-10 to 2026-05-10', '2026-04-10 to 2026-05-10']);
    expect(life.total(0)).toBe('93');
  });
});

describe('a trial', () => {
  const trial = aPlan(
    'trial',
    { SEAT: { price: '0' } },
    { licenseVersion: 'trial', autoRenewalMonths: null },
    { trial: { convert_to: '10007' } },
  );
  const full = month({ number: '10007', chargeableMonths: 1 });
  const convert = (planId: string | null = null) => ({ kind: 'convert', planId: planId as PlanId | null }) as const;

  test('becomes paid on request: the same subscription and license, with the months free of charge that the plan has', () => {
    const life = aLife({ plan: trial, others: [full], items: { SEAT: '2' }, sold: '2026-03-10' });
    const { id, licenses } = life.state();
    life.ask('2026-03-20', convert());
    expect(life.shown()).toBe('active 2026-03-20 to 2026-04-20: 2 SEAT');
    expect(life.state()).toMatchObject({
      id,
      startChargeOn: '2026-04-20',
      autoRenewal: true,
      origin: { kind: 'trial' },
      licenses: [{ id: licenses[0]!.id, version: 'full', startOn: '2026-03-20', startChargeOn: '2026-04-20' }],
    });
    life.until('2026-05-01');
    expect(life.bill(1).filter((line) => line.startsWith('recurring'))).toEqual([
      'recurring 2 SEAT x 31, 2026-04-20 to 2026-05-20 = 62',
    ]);
  });

  test('becomes the plan that is named, which must be a full one', () => {
    const life = aLife({
      plan: trial,
      others: [
        full,
        aPlan('other', { SEAT: { price: '7' } }),
        aPlan('try', { SEAT: { price: '0' } }, { licenseVersion: 'trial' }),
      ],
      items: { SEAT: '2' },
      sold: '2026-03-10',
    });
    expect(life.refusal('2026-03-20', convert('try')).codes).toEqual(['lifecycle.convert_to_trial']);
    expect(life.refusal('2026-03-20', convert('nowhere')).codes).toEqual(['lifecycle.unknown_plan']);
    life.ask('2026-03-20', convert('other'));
    expect(life.state().name).toBe('other');
    expect(life.refusal('2026-03-20', convert()).codes).toEqual(['lifecycle.not_a_trial']);
  });
});

describe('a switch to fewer units', () => {
  const next = aPlan('next', { SEAT: { price: '62' }, DISK: { price: '6.2' }, PRO: { price: '90' } });
  const sold = (policies: object) =>
    aLife({
      plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, {}, policies),
      others: [next],
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
  const items = (quantities: Record<string, string>) =>
    Object.entries(quantities).map(([mpn, quantity]) => ({
      rateId: `next.${mpn}` as never,
      quantity: decimal(quantity),
    }));
  const four = to(next, { items: items({ SEAT: '4' }) });

  test('is bound by the policies of a reduction: refused, put off, or without a refund', () => {
    const window = { count: 7, unit: 'day' } as const;
    expect(sold({ reduction: { window } }).refusal('2026-03-20', four)).toEqual({
      codes: ['lifecycle.return_window_over'],
      nearest: { moment: { at: 'renewal' } },
    });
    const later = sold({ reduction: { window, after: 'term_end' } });
    expect(later.ask('2026-03-20', four)).toMatchObject({
      order: null,
      warnings: [{ code: 'lifecycle.scheduled_at_renewal' }],
    });
    later.until('2026-04-10');
    expect(later.shown()).toBe('active 2026-04-10 to 2026-05-10: 4 SEAT');
    const lost = sold({ reduction: { window, after: 'no_refund' } });
    expect(lost.ask('2026-03-20', four).warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    expect(lost.lastBill()).toEqual([
      'refund 4 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -84',
      'recurring 4 SEAT x 62, 2026-03-20 to 2026-04-20 = 248',
    ]);
    const full = sold({ reduction: { window: null, refund: 'full' } });
    full.ask('2026-03-20', four);
    expect(full.lastBill()).toEqual([
      'refund 1 SEAT x 31, 2026-03-10 to 2026-04-10 = -31',
      'refund 4 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -84',
      'recurring 4 SEAT x 62, 2026-03-20 to 2026-04-20 = 248',
    ]);
  });

  test('is bound by the commitment of the term, until its end', () => {
    const life = sold({ commitment: { minimum: 'initial' } });
    expect(life.refusal('2026-03-12', four)).toMatchObject({ codes: ['lifecycle.below_commitment'] });
    expect(life.ask('2026-03-12', to(next, { items: items({ SEAT: '5' }), start: 'keep' })).order).toBe('change');
    expect(life.state().items).toMatchObject([{ committed: decimal('5') }]);
    const free = sold({ commitment: { minimum: 'initial' } });
    free.ask('2026-03-12', four, { at: 'renewal' });
    free.until('2026-04-10');
    expect(free.shown()).toBe('active 2026-04-10 to 2026-05-10: 4 SEAT');
  });

  test('counts units of another product instead, and an add-on only where the new plan has it', () => {
    const window = { count: 0, unit: 'day' } as const;
    const moved = sold({ reduction: { window } });
    moved.ask('2026-03-20', to(next, { items: items({ SEAT: '2', PRO: '3' }) }));
    expect(moved.shown()).toBe('active 2026-03-20 to 2026-04-20: 3 PRO, 2 SEAT');
  });

  test('opens no new window for the units that stay', () => {
    const life = sold({ reduction: { window: { count: 7, unit: 'day' } } });
    life.ask('2026-03-12', four);
    expect(life.state().items[0]!.batches).toMatchObject([{ at: '2026-03-10T12:00:00Z' }]);
    const more = sold({});
    more.ask('2026-03-12', to(next, { items: items({ SEAT: '6' }) }));
    expect(more.state().items[0]!.batches.map(({ at }) => at)).toEqual([
      '2026-03-10T12:00:00Z',
      '2026-03-12T12:00:00Z',
    ]);
  });
});
