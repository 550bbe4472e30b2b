import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const plan = (facts = {}, policies = {}) =>
  aPlan('plan', { SEAT: { price: '31' } }, { ...yearly, graceMonths: 1, ...facts }, policies);
const suspend = (endOn: string | null = null) => ({ kind: 'suspend', endOn }) as const;
const resume = (endOn: string | null = null) => ({ kind: 'resume', endOn }) as const;

describe('a suspension', () => {
  test('ends the right to use at once and switches renewal off; nothing is given back, no period begins, and resuming restores all', () => {
    const life = aLife({ plan: plan({ graceMonths: 3 }), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', suspend());
    expect(life.state()).toMatchObject({
      status: 'hold',
      holdReason: 'suspended',
      autoRenewal: false,
      endOn: '2026-03-15',
      licenses: [{ enabled: false, endOn: '2026-03-15' }],
    });
    life.until('2026-05-20');
    expect(life.history.slice(3)).toEqual([]);
    life.ask('2026-05-20', resume());
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 21/31, 2026-05-20 to 2026-06-10 = 21']);
    expect(life.state()).toMatchObject({
      status: 'active',
      holdReason: null,
      suspension: null,
      autoRenewal: true,
      endOn: '2027-01-10',
      licenses: [{ enabled: true, endOn: '2027-01-10' }],
    });
    life.until('2026-07-20');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-07-10 to 2026-08-10 = 31']);
  });

  test('within one period costs and saves nothing', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', suspend());
    life.ask('2026-03-25', resume());
    expect(life.lastBill()).toEqual([]);
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31']);
  });

  test('lifted on the day on which a period begins has that period whole', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', suspend());
    life.ask('2026-04-10', resume());
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31']);
  });

  test('to a date leaves the right to use until then, which is charged for; then the license ends', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', suspend('2026-05-15'));
    expect(life.state().licenses).toMatchObject([{ enabled: true, endOn: '2026-05-15' }]);
    life.until('2026-05-14');
    expect(life.state().licenses).toMatchObject([{ enabled: true }]);
    life.until('2026-05-15');
    expect(life.state().licenses).toMatchObject([{ enabled: false }]);
    expect(life.bill(3)).toEqual([
      'recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31',
      'recurring 1 SEAT x 31 5/31, 2026-05-10 to 2026-05-15 = 5',
    ]);
    life.ask('2026-05-20', resume());
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 21/31, 2026-05-20 to 2026-06-10 = 21']);
  });

  test('that nobody lifts ends the subscription when the grace period after the right to use is over', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.change('2026-03-14', { SEAT: '2' }, { at: 'renewal' });
    life.ask('2026-03-15', suspend('2026-03-31'));
    life.until('2026-04-29');
    expect(life.state().status).toBe('hold');
    life.until('2026-04-30');
    expect(life.state()).toMatchObject({ status: 'terminated', holdReason: null, suspension: null });
    expect(life.ended()).toMatchObject([{ status: 'dropped' }]);
    expect(life.refusal('2026-05-01', resume()).codes).toEqual(['lifecycle.not_suspended']);
  });

  test('of a plan without a grace period can be lifted as long as its term would have lasted', () => {
    const life = aLife({ plan: plan({ graceMonths: 0 }), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-03-15', suspend());
    life.until('2027-01-09');
    expect(life.state().status).toBe('hold');
    life.until('2027-01-10');
    expect(life.state().status).toBe('terminated');
  });

  test('over the end of the term goes on with a term that begins when it is lifted', () => {
    const price = (date: string) => (date < '2027-01-10' ? '31' : '62');
    const life = aLife({
      plan: aPlan('plan', { SEAT: { price } }, { ...yearly, graceMonths: 2 }),
      items: { SEAT: '1' },
      sold: '2026-01-10',
    });
    life.ask('2026-12-20', suspend());
    life.ask('2027-01-20', resume());
    expect(life.shown()).toBe('active 2027-01-20 to 2028-01-20: 1 SEAT');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2027-01-20 to 2027-02-20 = 62']);
    expect(life.state()).toMatchObject({ autoRenewal: true, anchorOn: '2027-01-20' });
  });

  test('over the end of the term begins on an edge that ends a day later when that has ended', () => {
    const life = aLife({
      plan: plan({ graceMonths: 2 }),
      zones: ['Asia/Tokyo', 'America/New_York'],
      items: { SEAT: '1' },
      sold: '2026-01-10T20:00',
    });
    life.ask('2026-12-20', suspend());
    life.ask('2027-01-10T01:00', resume());
    expect(life.days(life.history.length, 0)).toEqual(['2027-01-11 to 2027-02-11']);
    expect(life.days(life.history.length, 1)).toEqual(['2027-01-10 to 2027-02-10']);
  });

  test('over the end of the term can’t be lifted where it can’t be renewed', () => {
    const life = aLife({ plan: plan({ graceMonths: 2 }), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-12-20', suspend());
    life.customer.mayOrder = false;
    expect(life.refusal('2027-01-20', resume()).codes).toEqual(['lifecycle.customer_may_not_order']);
  });

  test('over the end of a term that was renewed early goes on with the next, at its prices', () => {
    const price = (date: string) => (date < '2027-01-10' ? '31' : '62');
    const life = aLife({
      plan: aPlan('plan', { SEAT: { price } }, { ...yearly, graceMonths: 2 }),
      items: { SEAT: '1' },
      sold: '2026-01-10',
    });
    life.ask('2026-12-19', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    life.ask('2026-12-20', suspend());
    life.ask('2027-01-20', resume());
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62 21/31, 2027-01-20 to 2027-02-10 = 42']);
    expect(life.shown()).toBe('active 2027-01-10 to 2028-01-10: 1 SEAT');
    life.until('2027-02-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2027-02-10 to 2027-03-10 = 62']);
  });

  test('of what is billed afterwards bills the days of use, before and after', () => {
    const life = aLife({
      plan: plan({ billingModel: 'after_billing_period' }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', suspend());
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = 10']);
    life.ask('2026-04-15', resume());
    expect(life.lastBill()).toEqual([]);
    life.until('2026-05-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 25/30, 2026-04-15 to 2026-05-10 = 25.83']);
  });

  test('and resumption on one day, where it is billed afterwards, is as if nothing had been', () => {
    const life = aLife({
      plan: plan({ billingModel: 'after_billing_period' }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', suspend());
    life.ask('2026-03-20T13:00', resume());
    life.until('2026-04-10');
    expect(life.total()).toBe('31');
  });

  test('of a term that is paid whole changes nothing of what is paid', () => {
    const life = aLife({
      plan: plan({ billingModel: 'before_subscription_period' }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    const { length } = life.bill();
    life.ask('2026-06-20', suspend('2026-06-25'));
    life.ask('2026-07-15', resume());
    expect(life.bill()).toHaveLength(length);
    expect(life.shown()).toBe('active 2026-03-10 to 2027-03-10: 1 SEAT');
  });

  test('needs a subscription that renews by itself, and a date within its term', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    expect(life.refusal('2026-03-15', suspend('2026-03-14')).codes).toEqual(['lifecycle.expiry_out_of_range']);
    expect(life.refusal('2026-03-15', suspend('2027-01-11')).codes).toEqual(['lifecycle.expiry_out_of_range']);
    life.ask('2026-03-15', { kind: 'auto_renewal', on: false, months: null });
    expect(life.refusal('2026-03-15', suspend()).codes).toEqual(['lifecycle.suspend_needs_auto_renewal']);
  });

  test('can be lifted with another end: from the end that it has to that of its grace, or the original one', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.ask('2026-12-20', suspend());
    for (const end of ['2026-12-19', '2027-01-05', '2027-01-21'])
      expect(life.refusal('2027-01-05', resume(end)).codes).toEqual(['lifecycle.expiry_out_of_range']);
    life.ask('2027-01-05', resume('2027-01-20'));
    expect(life.shown()).toBe('active 2026-01-10 to 2027-01-20: 1 SEAT');
    life.until('2027-01-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 10/31, 2027-01-10 to 2027-01-20 = 10']);
    life.until('2027-01-20');
    expect(life.shown()).toBe('active 2027-01-20 to 2028-01-20: 1 SEAT');
  });
});

describe('another end of the term', () => {
  const ends = (on: string) => ({ kind: 'expiry', endOn: on }) as const;

  test('an earlier one cuts the period that it lies in and refunds what was paid beyond it', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-15', ends('2026-03-31'));
    expect(life.lastBill()).toEqual(['refund 1 SEAT x 31 10/31, 2026-03-31 to 2026-04-10 = -10']);
    expect(life.history.at(-1)!.decision.charges).toMatchObject([{ bookedOn: '2026-03-15' }]);
    life.until('2026-03-31');
    expect(life.shown()).toBe('active 2026-03-31 to 2027-03-31: 1 SEAT');
  });

  test('an earlier one in a later period costs and refunds nothing now', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-15', ends('2026-05-20'));
    expect(life.lastBill()).toEqual([]);
    life.until('2026-05-12');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 10/31, 2026-05-10 to 2026-05-20 = 10']);
  });

  test('of a term that is paid whole', () => {
    const life = aLife({
      plan: plan({ billingModel: 'before_subscription_period', autoRenewalMonths: null }),
      items: { SEAT: '1' },
      sold: '2026-01-01',
    });
    life.ask('2026-03-15', ends('2026-12-01'));
    expect(life.lastBill()).toEqual(['refund 1 SEAT x 31, 2026-12-01 to 2027-01-01 = -31']);
    life.ask('2026-03-16', ends('2027-02-01'));
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 2/1, 2026-12-01 to 2027-02-01 = 62']);
  });

  test('of what is billed afterwards moves what will be billed', () => {
    const life = aLife({
      plan: plan({ billingModel: 'after_billing_period', autoRenewalMonths: null }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-15', ends('2026-03-31'));
    life.until('2026-03-31');
    expect(life.bill()).toEqual(['recurring 1 SEAT x 31 21/31, 2026-03-10 to 2026-03-31 = 21']);
    expect(life.state().status).toBe('hold');
  });

  test('an earlier one needs what a cancellation needs', () => {
    const bound = (after: string) =>
      aLife({
        plan: plan({}, { cancellation: { window: { count: 7, unit: 'day' }, after } }),
        items: { SEAT: '1' },
        sold: '2026-03-10',
      });
    expect(bound('refused').refusal('2026-03-20', ends('2026-03-31')).codes).toEqual([
      'lifecycle.cancellation_window_over',
    ]);
    expect(bound('term_end').refusal('2026-03-20', ends('2026-03-31')).codes).toEqual([
      'lifecycle.cancellation_window_over',
    ]);
    const none = bound('no_refund');
    expect(none.ask('2026-03-20', ends('2026-03-31')).warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    expect(none.lastBill()).toEqual([]);
    const inside = bound('refused');
    inside.ask('2026-03-16', ends('2026-03-31'));
    expect(inside.lastBill()).toHaveLength(1);
  });

  test('a later one is charged for, at the price of the term', () => {
    const price = (date: string) => (date < '2026-03-15' ? '31' : '62');
    const life = aLife({
      plan: aPlan('plan', { SEAT: { price } }, { autoRenewalMonths: null }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', ends('2026-04-25'));
    expect(life.lastBill()).toEqual([]);
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 15/30, 2026-04-10 to 2026-04-25 = 15.5']);
  });

  // LMPI reference 7.5: one page of the original says earlier, another makes it a month later; both are accepted, renewing or not.
  test('a later one moves the renewal, too: what lies between is charged by the day, and the next term begins at the new end', () => {
    const life = aLife({ plan: aPlan('plan', { SEAT: { price: '31' } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.change('2026-03-11', { SEAT: '2' }, { at: 'renewal' });
    const { warnings } = life.ask('2026-03-20', ends('2026-04-25'));
    expect(warnings.map(({ message }) => message)).toEqual([
      'The change that was planned for the end of the term stays: it counts for the end that was moved.',
    ]);
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-25: 1 SEAT');
    life.until('2026-04-25');
    expect(life.bill()).toEqual([
      'recurring 1 SEAT x 31, 2026-03-10 to 2026-04-10 = 31',
      'recurring 1 SEAT x 31 15/30, 2026-04-10 to 2026-04-25 = 15.5',
      'recurring 2 SEAT x 31, 2026-04-25 to 2026-05-25 = 62',
    ]);
    const whole = aLife({
      plan: aPlan('plan', { SEAT: { price: '31' } }, { billingModel: 'before_subscription_period' }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    whole.ask('2026-03-20', ends('2026-05-10'));
    expect(whole.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31']);
  });

  test('is not today, not the one it has, not of a trial', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-03-10' });
    expect(life.refusal('2026-03-20', ends('2026-03-20')).codes).toEqual(['lifecycle.expiry_out_of_range']);
    expect(life.refusal('2026-03-20', ends('2027-03-10')).codes).toEqual(['lifecycle.nothing_changes']);
    const trial = aLife({ plan: plan({ licenseVersion: 'trial' }), items: { SEAT: '1' }, sold: '2026-03-10' });
    expect(trial.refusal('2026-03-20', ends('2027-03-01')).codes).toEqual(['lifecycle.trial_expiry']);
  });
});
