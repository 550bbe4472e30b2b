import { describe, expect, test } from 'vitest';
import type { RenewCommand } from './command.ts';
import { aLife, aPlan, other } from './testing.ts';

const renew = (from: RenewCommand['from'] = 'expiry', facts: Partial<RenewCommand> = {}): RenewCommand => ({
  kind: 'renew',
  from,
  months: null,
  items: [],
  align: null,
  ...facts,
});
const year = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const rises = (date: string) => (date < '2026-04-10' ? '31' : '62');
const month = (facts = {}, policies = {}, price: (date: string) => string = () => '31') =>
  aPlan('month', { SEAT: { price }, DISK: { price: '3.1' } }, facts, policies);

describe('early', () => {
  test('from the end of the term: nothing is charged before the next term begins, at the prices of its first day', () => {
    const life = aLife({ plan: month({}, {}, rises), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-20', renew());
    expect(life.lastBill()).toEqual([]);
    expect(life.shown()).toBe('active 2026-03-10 to 2026-05-10: 1 SEAT');
    life.change('2026-03-26', { SEAT: '2' });
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 15/31, 2026-03-26 to 2026-04-10 = 15']);
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual(['recurring 2 SEAT x 62, 2026-04-10 to 2026-05-10 = 124']);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 2 SEAT');
    expect(life.state().items).toMatchObject([
      { committed: { coefficient: 2n }, batches: [{ at: '2026-04-10T00:00:00Z' }] },
    ]);
  });

  test('with quantities for the next term: planned for its first day, where nothing of this one binds', () => {
    const life = aLife({
      plan: month({}, { cancellation: { window: { count: 0, unit: 'day' } } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', renew('expiry', { items: life.wanted({ SEAT: '3', DISK: '1' }) }));
    expect(life.intents()).toMatchObject([{ moment: { at: 'date', on: '2026-04-10' }, command: { kind: 'change' } }]);
    life.until('2026-04-10');
    expect(life.bill(1)).toEqual([
      'recurring 1 DISK x 3.1, 2026-04-10 to 2026-05-10 = 3.1',
      'recurring 3 SEAT x 31, 2026-04-10 to 2026-05-10 = 93',
    ]);
    expect(life.ended()).toMatchObject([{ status: 'done', reason: null }]);
    const unknown = renew('expiry', { items: life.wanted({ OTHER: '3' }) });
    expect(life.refusal('2026-04-20', unknown).codes).toEqual(['lifecycle.unknown_rate']);
  });

  test('from now: what is left is given back by the day, and a whole term begins', () => {
    const life = aLife({ plan: month({}, {}, rises), items: { SEAT: '2' }, sold: '2026-03-10' });
    life.ask('2026-03-20', renew('now', { items: life.wanted({ SEAT: '3' }) }));
    expect(life.lastBill()).toEqual([
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 3 SEAT x 31, 2026-03-20 to 2026-04-20 = 93',
    ]);
    expect(life.shown()).toBe('active 2026-03-20 to 2026-04-20: 3 SEAT');
    expect(life.state()).toMatchObject({
      anchorOn: '2026-03-20',
      licenses: [{ startOn: '2026-03-20', endOn: '2026-04-20' }],
    });
  });

  test('now if expired is from the end where it has not', () => {
    const life = aLife({ plan: month(), items: { SEAT: '2' }, sold: '2026-03-10' });
    life.ask('2026-03-20', renew('now_if_expired'));
    expect(life.shown()).toBe('active 2026-03-10 to 2026-05-10: 2 SEAT');
  });

  test('not sooner than the policy has it, not of a trial, not of what is suspended', () => {
    const life = aLife({
      plan: month({}, { renewal: { allow_early_days: 10 } }),
      items: { SEAT: '2' },
      sold: '2026-03-10',
    });
    expect(life.refusal('2026-03-30', renew()).codes).toEqual(['lifecycle.early_renewal']);
    life.ask('2026-03-31', renew());
    const trial = aLife({ plan: month({ licenseVersion: 'trial' }), items: { SEAT: '2' }, sold: '2026-03-10' });
    expect(trial.refusal('2026-03-31', renew()).codes).toEqual(['lifecycle.trial_renewal']);
    const held = aLife({ plan: month(), items: { SEAT: '2' }, sold: '2026-03-10' });
    held.ask('2026-03-30', { kind: 'suspend', endOn: null });
    expect(held.refusal('2026-03-31', renew()).codes).toEqual(['lifecycle.not_renewable']);
  });

  test('twice: the terms follow one another', () => {
    const life = aLife({ plan: month(), items: { SEAT: '1' }, sold: '2026-03-31' });
    life.ask('2026-04-01', renew());
    life.ask('2026-04-02', renew('expiry', { months: 2 }));
    expect(life.shown()).toBe('active 2026-03-31 to 2026-07-31: 1 SEAT');
    life.until('2026-07-01');
    expect(life.days()).toEqual([
      '2026-03-31 to 2026-04-30',
      '2026-04-30 to 2026-05-31',
      '2026-05-31 to 2026-06-30',
      '2026-06-30 to 2026-07-31',
    ]);
  });
});

describe('late', () => {
  const expiring = (policies = {}, facts = {}) =>
    aLife({
      plan: month({ autoRenewalMonths: null, graceMonths: 2, ...facts }, policies, rises),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });

  test('from the end of the term, every period since at the prices of that day', () => {
    const life = expiring();
    life.ask('2026-05-20', renew('expiry', { months: 3 }));
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2026-04-10 to 2026-05-10 = 62']);
    life.until('2026-05-20');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2026-05-10 to 2026-06-10 = 62']);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-07-10: 1 SEAT');
    life.until('2026-07-10');
    expect(life.total()).toBe('217');
  });

  test('with other quantities from the first day of that term on', () => {
    const life = expiring();
    life.ask('2026-05-01', renew('expiry', { items: life.wanted({ SEAT: '0', DISK: '2' }) }));
    expect(life.lastBill()).toEqual(['recurring 2 DISK x 3.1, 2026-04-10 to 2026-05-10 = 6.2']);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 2 DISK');
  });

  test('from today: what was not held in between is not charged, on no edge', () => {
    for (const billingModel of ['before_billing_period', 'after_billing_period'] as const) {
      const life = aLife({
        plan: month({ autoRenewalMonths: null, graceMonths: 2, billingModel }),
        items: { SEAT: '1' },
        zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
        sold: '2026-03-10T01:00',
      });
      life.ask('2026-05-01', renew('now_if_expired'));
      life.until('2026-06-10');
      expect(life.days(0, 0)).toEqual(['2026-03-09 to 2026-04-09', '2026-04-30 to 2026-05-30']);
      expect(life.days(0, 1)).toEqual(['2026-03-10 to 2026-04-10', '2026-05-01 to 2026-06-01']);
    }
  });

  test('not after the grace, not where the policy has none of it', () => {
    expect(expiring({ renewal: { allow_late: false } }).refusal('2026-04-20', renew()).codes).toEqual([
      'lifecycle.late_renewal',
    ]);
    expect(expiring().refusal('2026-06-10', renew()).codes).toEqual(['lifecycle.not_renewable']);
  });

  test('opens a window to give back from its own day', () => {
    const life = expiring({ cancellation: { window: { count: 7, unit: 'day' }, basis: 'purchase' } });
    life.ask('2026-05-01', renew());
    life.ask('2026-05-07', { kind: 'cancel', reason: null });
    expect(life.state().status).toBe('terminated');
  });
});

describe('the price of the next term', () => {
  const next = (
    renewal: object,
    before: string | [string, string][],
    after: string | [string, string][],
    priceModel: 'flat' | 'volume' = 'flat',
    quantity = '1',
  ) => {
    const price = (date: string) => (date < '2026-04-10' ? before : after);
    const life = aLife({
      plan: aPlan('month', { SEAT: { price, priceModel } }, {}, { renewal }),
      items: { SEAT: quantity },
      sold: '2026-03-10',
    });
    life.until('2026-04-10');
    return life.lastBill()[0]!.split(' x ')[1]!.split(',')[0];
  };

  test('is that of the day, the one before, or a rise that is held back', () => {
    expect(next({ price: 'current' }, '10', '20')).toBe('20');
    expect(next({ price: 'locked' }, '10', '20')).toBe('10');
    expect(next({ price: 'guarded', guard_percent: '10' }, '10', '20')).toBe('11');
    expect(next({ price: 'guarded', guard_percent: '10' }, '10', '10.5')).toBe('10.5');
    expect(next({ price: 'guarded', guard_percent: '10' }, '10', '5')).toBe('5');
    expect(next({ price: 'guarded', guard_percent: '0' }, '10', '20')).toBe('10');
  });

  test('is held back for the quantity that there is, also where a tier went away or came', () => {
    const tiers: [string, string][] = [
      ['0', '10'],
      ['100', '8'],
    ];
    expect(next({ price: 'guarded', guard_percent: '10' }, tiers, '12', 'volume', '150')).toBe('8.8');
    expect(
      next(
        { price: 'guarded', guard_percent: '10' },
        '10',
        [
          ['0', '12'],
          ['100', '11.5'],
        ],
        'volume',
        '150',
      ),
    ).toBe('11');
  });

  test('stays zero where it is not for resale', () => {
    const life = aLife({ plan: aPlan('month', { SEAT: { price: '0' } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    const paid = aLife({ plan: month({}, {}, rises), items: { SEAT: '1' }, sold: '2026-03-10' });
    paid.become({
      notForResale: true,
      ledger: life.state().ledger.map((edge) => ({
        ...edge,
        items: edge.items.map((item) => ({ ...item, rateId: 'month.SEAT' as never })),
      })),
    });
    paid.until('2026-04-10');
    expect(paid.lastBill()).toEqual(['recurring 1 SEAT x 0, 2026-04-10 to 2026-05-10 = 0']);
  });
});

describe('an aligned term', () => {
  const sold = (on: string, policies = {}, zones = ['UTC']) =>
    aLife({
      plan: aPlan('year', { SEAT: { price: '365' } }, { ...year, billingPeriod: { unit: 'year', count: 1 } }, policies),
      items: { SEAT: '1' },
      sold: on,
      zones,
    });

  test('ends with the other subscription; its grid is anchored there, so that the first term is a part and the next one whole', () => {
    const first = sold('2026-09-15');
    const life = sold('2026-06-10');
    const target = other(first, 'first', aPlan('year', { SEAT: {} }));
    const align = { kind: 'subscription', subscriptionId: 'first' as never } as const;
    life.ask('2027-06-01', renew('expiry', { align }), { at: 'now' }, { others: new Map([target]) });
    expect(life.shown()).toBe('active 2026-06-10 to 2027-09-15: 1 SEAT');
    life.until('2027-09-15');
    expect(life.bill(1)).toEqual([
      'recurring 1 SEAT x 365 97/365, 2027-06-10 to 2027-09-15 = 97',
      'recurring 1 SEAT x 365, 2027-09-15 to 2028-09-15 = 365',
    ]);
    expect(life.state().anchorOn).toBe('2026-09-15');
  });

  test('from now, with the end of the month: the owner’s month, on every edge', () => {
    const life = sold('2026-03-10', {}, ['Pacific/Kiritimati', 'Pacific/Honolulu']);
    // In Kiritimati it is April already.
    life.ask('2026-03-31', renew('now', { align: { kind: 'calendar_month' } }));
    expect(life.state().ledger.map(({ endOn }) => endOn)).toEqual(['2026-04-01', '2026-04-01']);
    expect(life.lastBill(1).at(-1)).toBe('recurring 1 SEAT x 365 1/365, 2026-03-31 to 2026-04-01 = 1');
    expect(life.lastBill(0).filter((line) => line.startsWith('recurring'))).toEqual([]);
    life.until('2026-04-02');
    expect(life.lastBill(0)).toEqual(['recurring 1 SEAT x 365, 2026-04-01 to 2027-04-01 = 365']);
    expect(life.lastBill(1)).toEqual(['recurring 1 SEAT x 365, 2026-04-01 to 2027-04-01 = 365']);
  });
});

test('is tried by request and refused with every reason', () => {
  const life = aLife({
    plan: month(
      {},
      { renewal: { on_retired_plan: 'expire', on_revoked_delegation: 'retry', on_end_of_sale: 'expire' } },
    ),
    items: { SEAT: '1' },
    sold: '2026-03-10',
  });
  Object.assign(life.sale, { retired: true, delegated: false, productStatus: 'end_of_sale' });
  life.customer.mayOrder = false;
  expect(life.refusal('2026-03-20', renew()).codes).toEqual([
    'lifecycle.customer_may_not_order',
    'lifecycle.plan_retired',
    'lifecycle.plan_revoked',
    'lifecycle.end_of_sale',
  ]);
});
