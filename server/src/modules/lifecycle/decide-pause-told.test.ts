import { describe, expect, test } from 'vitest';
import { aLife, aPlan, type Life } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const plan = (facts = {}, policies = {}) =>
  aPlan('plan', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, { ...yearly, graceMonths: 1, ...facts }, policies);
const sold = (facts = {}, policies = {}) =>
  aLife({ plan: plan(facts, policies), items: { SEAT: '1' }, sold: '2026-01-10' });
const suspend = (endOn: string | null = null) => ({ kind: 'suspend', endOn }) as const;
const resume = (endOn: string | null = null) => ({ kind: 'resume', endOn }) as const;
const ends = (on: string) => ({ kind: 'expiry', endOn: on }) as const;
const early = { kind: 'renew', from: 'expiry', months: null, items: [], align: null } as const;
const afterwards = { billingModel: 'after_billing_period' } as const;
const refused = (code: string, field: string): unknown => expect.objectContaining({ code, kind: 'invalid', field });
const seats = [{ rate: { mpn: 'SEAT' }, origin: 'requested' }];

describe('a suspension', () => {
  test('is an order with an event; it has lines where something is charged', () => {
    const life = sold();
    expect(life.ask('2026-03-15', suspend())).toMatchObject({
      order: 'change',
      lines: [],
      events: [{ type: 'subscription.suspended', subscriptionId: life.state().id }],
    });
    expect(sold(afterwards).ask('2026-03-15', suspend())).toMatchObject({ order: 'change', lines: seats });
  });

  test('is refused, with the field, where it doesn’t renew by itself or for a day that is not within the term', () => {
    const life = sold();
    for (const day of ['2026-03-14', '2027-01-11']) {
      expect(() => life.ask('2026-03-15', suspend(day))).toThrow(refused('lifecycle.expiry_out_of_range', 'end_on'));
    }
    life.become({ autoRenewal: false });
    expect(() => life.ask('2026-03-15', suspend())).toThrow(
      refused('lifecycle.suspend_needs_auto_renewal', 'subscription'),
    );
  });

  test('may leave the right to use until the end of the term', () => {
    const life = sold();
    life.ask('2026-03-15', suspend('2027-01-10'));
    expect(life.shown()).toBe('hold (suspended) 2026-01-10 to 2027-01-10: 1 SEAT');
    life.until('2027-01-09');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-12-10 to 2027-01-10 = 31']);
    life.until('2027-01-10');
    expect(life.state().licenses).toMatchObject([{ enabled: false }]);
  });

  test('of what has not begun ends on the day on which it would have', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-03-10', startOn: '2026-03-25' });
    expect(() => life.ask('2026-03-15', suspend('2026-03-24'))).toThrow(
      refused('lifecycle.expiry_out_of_range', 'end_on'),
    );
    life.ask('2026-03-15', suspend());
    expect(life.shown()).toBe('hold (suspended) 2026-03-25 to 2026-03-25: 1 SEAT');
  });
});

describe('while the right to use lasts, a period is billed on each edge', () => {
  const kiritimati = ['Pacific/Kiritimati', 'Pacific/Honolulu'];

  test('together, also where it begins a day later', () => {
    const life = aLife({ plan: plan(), zones: kiritimati, items: { SEAT: '1' }, sold: '2026-03-31' });
    life.ask('2026-04-10', suspend('2026-06-15'));
    life.until('2026-04-30T00:00');
    expect(life.days(life.history.length, 0)).toEqual(['2026-05-01 to 2026-06-01']);
    expect(life.days(life.history.length, 1)).toEqual(['2026-04-30 to 2026-05-31']);
  });

  // Sold on February 29, which is March 1 in Kiritimati: from then on their months begin days apart.
  test('not before its time, where it begins days later', () => {
    const life = aLife({ plan: plan(), zones: kiritimati, items: { SEAT: '1' }, sold: '2028-02-29' });
    life.ask('2028-03-10', suspend('2028-05-15'));
    life.until('2028-03-29');
    expect(life.days(life.history.length, 0)).toEqual([]);
    expect(life.days(life.history.length, 1)).toEqual(['2028-03-29 to 2028-04-29']);
    life.until('2028-04-01');
    expect(life.days(life.history.length, 0)).toEqual(['2028-04-01 to 2028-05-01']);
    expect(life.days(life.history.length, 1)).toEqual([]);
  });

  test('not before it ends, where it is billed afterwards and ends with the right to use', () => {
    const life = aLife({ plan: plan(afterwards), zones: kiritimati, items: { SEAT: '1' }, sold: '2026-03-31' });
    life.ask('2026-04-10', suspend('2026-05-01'));
    life.until('2026-04-30T00:00');
    expect([life.lastBill(0), life.days(life.history.length, 1)]).toEqual([[], ['2026-03-31 to 2026-04-30']]);
    life.until('2026-05-01');
    expect(life.lastBill(0)).toEqual(['recurring 1 SEAT x 31, 2026-04-01 to 2026-05-01 = 31']);
    expect(life.days(life.history.length, 1)).toEqual(['2026-04-30 to 2026-05-01']);
  });
});

describe('lifting a suspension', () => {
  test('is an order with an event; it has lines where something is charged', () => {
    const free = sold();
    free.ask('2026-03-15', suspend());
    expect(free.ask('2026-03-20', resume())).toMatchObject({
      order: 'change',
      lines: [],
      events: [{ type: 'subscription.resumed', subscriptionId: free.state().id }],
    });
    const charged = sold({ graceMonths: 3 });
    charged.ask('2026-03-15', suspend());
    expect(charged.ask('2026-05-20', resume())).toMatchObject({ order: 'change', lines: seats });
  });

  test('is refused where there is none, also of what somebody else put on hold meanwhile', () => {
    const life = sold();
    expect(() => life.ask('2026-03-14', resume())).toThrow(refused('lifecycle.not_suspended', 'subscription'));
    life.ask('2026-03-15', suspend());
    life.become({ holdReason: 'admin' });
    expect(life.refusal('2026-03-16', resume()).codes).toEqual(['lifecycle.not_suspended']);
  });

  test('may give it the end that the suspension brought, where that lies ahead', () => {
    const life = sold();
    life.ask('2026-03-15', suspend('2026-04-20'));
    expect(() => life.ask('2026-03-20', resume('2026-04-19'))).toThrow(
      refused('lifecycle.expiry_out_of_range', 'end_on'),
    );
    life.ask('2026-03-20', resume('2026-04-20'));
    expect(life.shown()).toBe('active 2026-01-10 to 2026-04-20: 1 SEAT');
  });

  test('and tomorrow, where that is later', () => {
    const life = sold();
    life.ask('2026-03-15', suspend());
    expect(life.refusal('2026-03-20', resume('2026-03-20')).codes).toEqual(['lifecycle.expiry_out_of_range']);
    life.ask('2026-03-20', resume('2026-03-21'));
    expect(life.shown()).toBe('active 2026-01-10 to 2026-03-21: 1 SEAT');
  });

  test('with an earlier end, within a period that is paid, gives nothing back', () => {
    const life = sold({ billingModel: 'before_subscription_period' });
    life.ask('2026-03-15', suspend());
    life.ask('2026-03-20', resume('2026-09-10'));
    expect(life.lastBill()).toEqual([]);
    expect(life.shown()).toBe('active 2026-01-10 to 2026-09-10: 1 SEAT');
  });

  test('with an earlier end, after the period that was paid, begins one that day and bills up to that end', () => {
    const life = sold({ graceMonths: 3, autoRenewalMonths: null });
    life.become({ autoRenewal: true });
    life.ask('2026-03-15', suspend());
    life.ask('2026-05-20', resume('2026-06-20'));
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 21/31, 2026-05-20 to 2026-06-10 = 21']);
    life.until('2026-06-11');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 10/30, 2026-06-10 to 2026-06-20 = 10.33']);
  });
});

describe('lifting the suspension of what was renewed early', () => {
  const price = (date: string) => (date < '2027-01-10' ? '31' : '62');
  const renewed = (until: string) => {
    const life = aLife({
      plan: aPlan('plan', { SEAT: { price } }, { ...yearly, graceMonths: 6 }),
      items: { SEAT: '1' },
      sold: '2026-01-10',
    });
    life.ask('2026-11-20', early);
    life.ask('2026-11-25', suspend());
    life.until(until);
    return life;
  };
  const oldest = (life: Life) => life.state().items[0]!.batches[0]!.at;

  test('before the next term begins goes on with the one that it is in', () => {
    const life = renewed('2026-12-20');
    life.ask('2026-12-20', resume());
    expect(life.shown()).toBe('active 2026-01-10 to 2028-01-10: 1 SEAT');
    expect(oldest(life)).toBe('2026-01-10T12:00:00Z');
  });

  test('on the day on which it begins, begins it', () => {
    const life = renewed('2027-01-10');
    life.ask('2027-01-10', resume());
    expect(life.shown()).toBe('active 2027-01-10 to 2028-01-10: 1 SEAT');
    expect(oldest(life)).toBe('2027-01-10T12:00:00Z');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62, 2027-01-10 to 2027-02-10 = 62']);
  });

  test.each([
    ['2027-01-05', '16/31, 2026-12-20 to 2027-01-05 = 16', null],
    ['2027-01-10', '21/31, 2026-12-20 to 2027-01-10 = 21', null],
    ['2027-03-20', '21/31, 2026-12-20 to 2027-01-10 = 21', '2027-01-10'],
  ])('with its end on %s goes on until then, with of the next term what lies before', (end, line, next) => {
    const life = renewed('2026-12-20');
    life.ask('2026-12-20', resume(end));
    expect(life.state()).toMatchObject({ endOn: end, ledger: [{ endOn: end }] });
    expect(life.state().ledger.map(({ upcoming }) => upcoming?.from ?? null)).toEqual([next]);
    expect(life.lastBill()).toEqual([`recurring 1 SEAT x 31 ${line}`]);
  });
});

describe('another end of the term', () => {
  test('is an order with lines, and an event', () => {
    const life = sold();
    life.become({ noticedOn: '2027-01-10' });
    expect(life.ask('2026-03-15', ends('2026-12-10'))).toMatchObject({
      order: 'change',
      lines: seats,
      events: [{ type: 'subscription.expiry_changed', subscriptionId: life.state().id }],
    });
    // A notice of the end that it had says nothing of the new one.
    expect(life.state()).toMatchObject({ noticedOn: null, licenses: [{ endOn: '2026-12-10' }] });
  });

  test('is refused, with the field', () => {
    const life = sold();
    expect(() => life.ask('2026-03-15', ends('2026-03-15'))).toThrow(
      refused('lifecycle.expiry_out_of_range', 'end_on'),
    );
    expect(() => life.ask('2026-03-15', ends('2027-01-10'))).toThrow(refused('lifecycle.nothing_changes', 'end_on'));
    const trial = sold({ licenseVersion: 'trial' });
    expect(() => trial.ask('2026-03-15', ends('2026-12-10'))).toThrow(refused('lifecycle.trial_expiry', 'end_on'));
    const bound = sold({}, { cancellation: { window: { count: 7, unit: 'day' }, after: 'refused' } });
    expect(() => bound.ask('2026-03-15', ends('2026-12-10'))).toThrow(
      expect.objectContaining({
        code: 'lifecycle.cancellation_window_over',
        field: 'end_on',
        details: { nearest_valid: { end_on: '2027-01-10' } },
      }),
    );
    // A later one gives nothing back, so nothing binds it.
    bound.ask('2026-03-15', ends('2027-01-20'));
    expect(bound.shown()).toBe('active 2026-01-10 to 2027-01-20: 1 SEAT');
  });

  test('is after the day on which it begins', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '1' }, sold: '2026-03-10', startOn: '2026-03-25' });
    for (const day of ['2026-03-24', '2026-03-25']) {
      expect(() => life.ask('2026-03-15', ends(day))).toThrow(refused('lifecycle.expiry_out_of_range', 'end_on'));
    }
    life.ask('2026-03-15', ends('2026-03-26'));
    expect(life.shown()).toBe('active 2026-03-25 to 2026-03-26: 1 SEAT');
  });

  test('an earlier one refunds all that goes or, where some of it came too long ago, nothing', () => {
    const life = sold(
      { billingModel: 'before_subscription_period' },
      {
        cancellation: { window: { count: 7, unit: 'day' }, after: 'no_refund' },
      },
    );
    life.change('2026-03-14', { SEAT: '3' });
    const { warnings } = life.ask('2026-03-15', ends('2026-12-10'));
    expect(warnings.map(({ code }) => code)).toEqual(['lifecycle.no_refund']);
    expect(life.lastBill()).toEqual([]);
  });
});

describe('switching renewal', () => {
  const auto = (isOn: boolean, months: number | null = null) => ({ kind: 'auto_renewal', on: isOn, months }) as const;

  test('is an event and no order; the length of the next terms stays where none is given', () => {
    const life = sold();
    expect(life.ask('2026-03-15', auto(false, 24))).toMatchObject({
      order: null,
      events: [{ type: 'subscription.auto_renewal_set', subscriptionId: life.state().id }],
    });
    expect(life.state()).toMatchObject({ autoRenewal: false, autoRenewalMonths: 24 });
    life.ask('2026-03-16', auto(true));
    expect(life.state()).toMatchObject({ autoRenewal: true, autoRenewalMonths: 24 });
  });

  test('can be done while it is provisioned, and not while it is on hold', () => {
    const life = sold();
    life.become({ status: 'pending' });
    life.ask('2026-03-15', auto(false));
    expect(life.state()).toMatchObject({ status: 'pending', autoRenewal: false });
    life.become({ status: 'hold', holdReason: 'expired' });
    expect(life.refusal('2026-01-15', auto(true)).codes).toEqual(['lifecycle.not_active']);
  });
});
