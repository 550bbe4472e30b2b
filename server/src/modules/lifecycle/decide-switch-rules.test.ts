import { decimal, formatDecimal, zero, type AccountId, type PlanId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Deal } from '../pricing/index.ts';
import type { SwitchCommand, WantedItem } from './command.ts';
import { aLife, aPlan, id, type Life, type Plan } from './testing.ts';

const to = (plan: Plan, facts: Partial<SwitchCommand> = {}): SwitchCommand => ({
  kind: 'switch',
  planId: plan.plan.planId,
  start: 'now',
  items: null,
  ...facts,
});
const convert = (planId: string | null) => ({ kind: 'convert', planId: planId as PlanId | null }) as const;

const month = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
const next = aPlan('next', { SEAT: { price: '62' }, DISK: { price: '6.2' } });
const trial = aPlan('trial', { SEAT: { price: '0' } }, { licenseVersion: 'trial', autoRenewalMonths: null });
const sold = (items: Record<string, string> = { SEAT: '5' }, plan = month, others: readonly Plan[] = [next, trial]) =>
  aLife({ plan, others, items, sold: '2026-03-10' });

describe('what stands in the way of a switch', () => {
  test('is named with its place in the request', () => {
    const life = sold();
    const asked = (...of: Parameters<typeof to>) => life.reasons('2026-03-20', to(...of));
    const nowhere = { ...next, plan: { ...next.plan, planId: id<PlanId>('nowhere') } };
    expect(asked(nowhere)).toEqual(['plan_id lifecycle.unknown_plan']);
    expect(asked(trial)).toEqual(['plan_id lifecycle.switch_to_trial']);
    expect(sold({ SEAT: '1' }, trial).reasons('2026-03-20', to(next))).toEqual(['plan_id lifecycle.trial_switch']);
    const product = { ...next.plan.product, id: id<typeof next.plan.product.id>('other') };
    const stranger = aPlan('stranger', { SEAT: { price: '1' } }, { product });
    const offering = sold({ SEAT: '5' }, month, [stranger]);
    expect(offering.reasons('2026-03-20', to(stranger))).toEqual(['plan_id lifecycle.no_way_to_plan']);
    expect(asked(next, { items: life.wanted({ SEAT: '0' }, 'next') })).toEqual(['items lifecycle.nothing_left']);
    expect(asked(next, { items: life.wanted({ SEAT: '1', PRO: '1' }, 'next') })).toEqual([
      'items.1.rate_id lifecycle.unknown_rate',
    ]);
    const bare = aPlan('bare', { PRO: { price: '1' }, MAX: { price: '1' } });
    expect(sold({ SEAT: '5' }, month, [bare]).reasons('2026-03-20', to(bare))).toEqual([
      'items lifecycle.no_match_in_plan',
    ]);
  });

  test('is that it is on the plan already, but not that it is on another version of it', () => {
    const life = sold();
    const offered = (plan: Plan) => ({ plans: new Map([[plan.plan.planId, plan]]) });
    expect(life.reasons('2026-03-20', to(month), offered(month))).toEqual(['plan_id lifecycle.nothing_changes']);
    const second = aPlan('month', { SEAT: { price: '40' }, DISK: { price: '3.1' } }, { version: 2 });
    const both = sold({ SEAT: '5', DISK: '2' });
    const { lines } = both.ask('2026-03-20', to(second), { at: 'now' }, offered(second));
    expect(both.state()).toMatchObject({ planId: 'month', planVersion: 2 });
    expect(lines).toMatchObject([
      { quantity: decimal('2'), previousQuantity: decimal('2') },
      { quantity: decimal('5'), previousQuantity: decimal('5') },
    ]);
  });

  test('is that it is on hold', () => {
    const life = sold();
    life.become({ status: 'hold', holdReason: 'admin' });
    expect(life.reasons('2026-03-20', to(next))).toEqual(['lifecycle.not_active']);
    const tried = sold({ SEAT: '1' }, trial);
    tried.become({ status: 'hold', holdReason: 'admin' });
    expect(tried.reasons('2026-03-20', convert('next'))).toEqual(['lifecycle.not_active']);
  });

  test('of a conversion is named, too', () => {
    expect(sold().reasons('2026-03-20', convert('next'))).toEqual(['subscription lifecycle.not_a_trial']);
    const life = sold({ SEAT: '1' }, trial, [next, { ...trial, plan: { ...trial.plan, planId: id('again') } }]);
    expect(life.reasons('2026-03-20', convert('nowhere'))).toEqual(['plan_id lifecycle.unknown_plan']);
    expect(life.reasons('2026-03-20', convert(null))).toEqual(['plan_id lifecycle.unknown_plan']);
    expect(life.reasons('2026-03-20', convert('again'))).toEqual(['plan_id lifecycle.convert_to_trial']);
  });
});

describe('what a switch tells', () => {
  const shown = ({ lines }: ReturnType<Life['ask']>) =>
    lines.map(({ rate, quantity, previousQuantity, origin }) => {
      const before = previousQuantity === null ? 'none' : formatDecimal(previousQuantity);
      return `${rate.rateId} ${before} to ${formatDecimal(quantity)}, ${origin}`;
    });

  test('is one event, from which plan it came', () => {
    const told = (life: Life, command: SwitchCommand | ReturnType<typeof convert>) => {
      const { order, events } = life.ask('2026-03-20', command);
      return [order, ...events.map(({ type, data }) => [type, data])];
    };
    expect(told(sold(), to(next))).toEqual(['change', ['subscription.plan_switched', { from_plan_id: 'month' }]]);
    expect(told(sold({ SEAT: '1' }, trial), convert('next'))).toEqual([
      'change',
      ['subscription.converted', { from_plan_id: 'trial' }],
    ]);
  });

  test('is a line for each product of both plans, with what was held before', () => {
    const life = sold({ SEAT: '5', DISK: '2' });
    expect(shown(life.ask('2026-03-20', to(next, { items: life.wanted({ SEAT: '5', DISK: '2' }, 'next') })))).toEqual([
      'next.SEAT 5 to 5, requested',
      'next.DISK 2 to 2, requested',
      'month.DISK 2 to 0, requested',
      'month.SEAT 5 to 0, requested',
    ]);
    const pro = aPlan('pro', { SEAT: { price: '1' }, PRO: { price: '1' } });
    const mixed = sold({ SEAT: '5' }, month, [pro]);
    expect(shown(mixed.ask('2026-03-20', to(pro, { items: mixed.wanted({ PRO: '5', SEAT: '1' }, 'pro') })))).toEqual([
      'pro.PRO none to 5, requested',
      'pro.SEAT 5 to 1, requested',
      'month.SEAT 5 to 0, requested',
    ]);
  });

  test('of two products that become one is what was held of both', () => {
    const life = sold({ SEAT: '5', DISK: '2' });
    life.become({ items: life.state().items.map((item) => ({ ...item, resourceId: id('SEAT') })) });
    life.change('2026-03-12', { DISK: '3' });
    expect(shown(life.ask('2026-03-20', to(next)))[0]).toBe('next.SEAT 8 to 8, requested');
    expect(life.state().items).toMatchObject([
      {
        quantity: decimal('8'),
        batches: [
          { quantity: decimal('2'), at: '2026-03-10T12:00:00Z' },
          { quantity: decimal('5'), at: '2026-03-10T12:00:00Z' },
          { quantity: decimal('1'), at: '2026-03-12T12:00:00Z' },
        ],
      },
    ]);
  });
});

describe('a product of the plan that is left', () => {
  const becomes = (rates: Parameters<typeof aPlan>[1], items: Record<string, string> = { SEAT: '5' }): string => {
    const plan = aPlan('found', rates);
    const life = sold(items, month, [plan]);
    life.ask('2026-03-20', to(plan));
    return life.shown().split(': ')[1]!;
  };
  const free = { price: '1' };

  test('is found by what it is, then by its name at the vendor, then where there is but one', () => {
    const elsewhere = { ...free, resourceId: id<never>('elsewhere') };
    expect(becomes({ OTHER: free, NEW: { ...free, resourceId: id<never>('SEAT') } })).toBe('5 NEW');
    expect(becomes({ OTHER: free, SEAT: elsewhere })).toBe('5 SEAT');
    expect(becomes({ SEAT: elsewhere, NEW: { ...free, resourceId: id<never>('SEAT') } })).toBe('5 NEW');
    expect(becomes({ ONLY: free })).toBe('5 ONLY');
    expect(() => becomes({ SEAT: { ...elsewhere, vendorCode: 'another' }, OTHER: free })).toThrow('no counterpart');
    expect(() => becomes({ ONLY: free }, { SEAT: '5', DISK: '1' })).toThrow('no counterpart');
  });
});

describe('what a switch keeps', () => {
  const renewing = { autoRenewalMonths: 1 };

  test('is whether it renews, where the new plan does so at all', () => {
    const once = aPlan('once', { SEAT: { price: '1' } }, { autoRenewalMonths: null });
    const again = aPlan('again', { SEAT: { price: '1' } }, renewing);
    const switched = (plan: Plan, autoRenewal: boolean) => {
      const life = sold({ SEAT: '5' }, month, [plan]);
      life.become({ autoRenewal });
      life.ask('2026-03-20', to(plan));
      return life.state().autoRenewal;
    };
    expect([switched(once, true), switched(again, true), switched(again, false)]).toEqual([false, true, false]);
  });

  test('is not that its license was switched off', () => {
    const life = sold();
    life.become({ licenses: life.state().licenses.map((license) => ({ ...license, enabled: false })) });
    life.ask('2026-03-20', to(next));
    expect(life.state().licenses).toMatchObject([{ enabled: true, productId: 'product', endOn: '2026-04-20' }]);
  });

  test('is when units came; what it is committed to only with the dates of the term', () => {
    const after = (
      start: SwitchCommand['start'],
      items: Record<string, string>,
      had: Record<string, string> = { SEAT: '5', DISK: '2' },
    ) => {
      const life = sold(had);
      life.change('2026-03-12', { SEAT: '6' });
      life.ask('2026-03-20', to(next, { start, items: life.wanted(items, 'next') }));
      return life.state().items.map(({ mpn, committed, batches }) => {
        const came = batches.map(({ quantity, at }) => `${formatDecimal(quantity)} on ${at.slice(5, 10)}`);
        return `${mpn} committed ${formatDecimal(committed)}: ${came.join(', ')}`;
      });
    };
    expect(after('keep', { SEAT: '6', DISK: '2' })).toEqual([
      'DISK committed 2: 2 on 03-10',
      'SEAT committed 5: 5 on 03-10, 1 on 03-12',
    ]);
    expect(after('now', { SEAT: '6', DISK: '2' })).toEqual([
      'DISK committed 2: 2 on 03-10',
      'SEAT committed 6: 5 on 03-10, 1 on 03-12',
    ]);
    expect(after('keep', { SEAT: '7', DISK: '1' })).toEqual([
      'DISK committed 1: 1 on 03-10',
      'SEAT committed 5: 5 on 03-10, 1 on 03-12, 1 on 03-20',
    ]);
    // What is new to the term is committed to from then on.
    const seats = { SEAT: '5' };
    expect(after('keep', { SEAT: '6', DISK: '1' }, seats)).toEqual([
      'DISK committed 1: 1 on 03-20',
      'SEAT committed 5: 5 on 03-10, 1 on 03-12',
    ]);
  });

  test('is when units came also where others of them become another product: no window to give them back begins', () => {
    const window = { count: 7, unit: 'day' } as const;
    const bound = aPlan('bound', { SEAT: { price: '62' }, DISK: { price: '6.2' } }, {}, { reduction: { window } });
    const switched = (items: Record<string, string>) => {
      const life = sold({ SEAT: '5', DISK: '2' }, month, [bound]);
      life.change('2026-03-12', { SEAT: '6' });
      life.ask('2026-03-20', to(bound, { items: life.wanted(items, 'bound') }));
      return life;
    };
    const cameOn = (life: Life) =>
      life.state().items.map(({ mpn, batches }) => [mpn, batches.map(({ at }) => at.slice(5, 10))]);
    const life = switched({ SEAT: '5', DISK: '3' });
    expect(cameOn(life)).toEqual([
      ['DISK', ['03-10', '03-20']],
      ['SEAT', ['03-10']],
    ]);
    expect(life.noChange('2026-03-21', { SEAT: '4' }).codes).toEqual(['lifecycle.return_window_over']);
    expect(life.noChange('2026-03-21', { DISK: '1' }).codes).toEqual(['lifecycle.return_window_over']);
    life.change('2026-03-21', { DISK: '2' });
    expect(cameOn(switched({ DISK: '8' }))).toEqual([['DISK', ['03-10', '03-20']]]);
  });
});

describe('what a switch comes to', () => {
  const paidMonthly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;

  test('is the rest of the period, not of the term, where that is paid by the month', () => {
    const year = aPlan('year', { SEAT: { price: '31' } }, paidMonthly);
    const life = sold({ SEAT: '1' }, year);
    life.ask('2026-03-20', to(next));
    expect(life.lastBill()).toEqual([
      'refund 1 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -21',
      'recurring 1 SEAT x 62, 2026-03-20 to 2026-04-20 = 62',
    ]);
  });

  test('between two terms has every period of the one that is over charged, on every edge', () => {
    const life = aLife({
      plan: month,
      others: [next],
      zones: ['UTC', 'UTC'],
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    // The grid of the upper edge ends a day sooner, so there the last day is a period of its own.
    const [first, last] = life.state().ledger;
    life.become({ ledger: [{ ...first!, window: { start: '2026-03-10', end: '2026-04-09' } }, last!] });
    life.customer.mayOrder = false;
    life.until('2026-04-10T00:30');
    life.customer.mayOrder = true;
    life.ask('2026-04-10T00:30', to(next));
    expect(life.lastBill(0)).toEqual([
      'recurring 1 SEAT x 31 1/31, 2026-04-09 to 2026-04-10 = 1',
      'recurring 1 SEAT x 62, 2026-04-10 to 2026-05-10 = 62',
    ]);
    expect(life.lastBill(1)).toEqual(['recurring 1 SEAT x 62, 2026-04-10 to 2026-05-10 = 62']);
  });

  test('is what was agreed on for what comes in with it', () => {
    const life = sold({ SEAT: '1' });
    const deal = (amount: string): Deal => ({
      from: 'now',
      terms: 1,
      sellerId: id<AccountId>('seller-0'),
      chargeType: 'recurring',
      kind: 'price',
      currency: null,
      tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
    });
    const [seat, disk] = life.wanted({ SEAT: '1', DISK: '1' }, 'next') as [WantedItem, WantedItem];
    const asked = (deals: readonly Deal[]) => to(next, { items: [seat, { ...disk, deals }] });
    expect(life.reasons('2026-03-20', asked([deal('-1')]))).toEqual(['items.1.deals.0.tiers pricing.tiers_incomplete']);
    life.ask('2026-03-20', asked([deal('5')]));
    expect(life.lastBill().slice(1)).toEqual([
      'recurring 1 SEAT x 62, 2026-03-20 to 2026-04-20 = 62',
      'recurring 1 DISK x 5, 2026-03-20 to 2026-04-20 = 5',
    ]);
  });
});
