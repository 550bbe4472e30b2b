import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from './testing.ts';

const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const monthly = (facts = {}, policies = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);

describe('billing periods and terms', () => {
  test('a month after the other, anchored on the 31st', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '2' }, sold: '2028-01-31' });
    life.until('2028-04-15');
    expect(life.bill()).toEqual([
      'recurring 2 SEAT x 31, 2028-01-31 to 2028-02-29 = 62',
      'recurring 2 SEAT x 31, 2028-02-29 to 2028-03-31 = 62',
      'recurring 2 SEAT x 31, 2028-03-31 to 2028-04-30 = 62',
    ]);
    expect(life.shown()).toBe('active 2028-03-31 to 2028-04-30: 2 SEAT');
  });

  test('prices are locked for the term, and those of the day on which it ends count for the next', () => {
    const price = (date: string) => (date < '2027-01-10' ? (date < '2026-06-01' ? '10' : '11') : '12');
    const life = aLife({ plan: aPlan('year', { SEAT: { price } }, yearly), items: { SEAT: '1' }, sold: '2026-01-10' });
    life.until('2027-02-15');
    expect(life.bill().map((line) => line.split(' x ')[1]!.slice(0, 2))).toEqual([
      ...Array<string>(12).fill('10'),
      '12',
      '12',
    ]);
  });

  test('what is billed afterwards is billed when the period ends, and with the end of the term', () => {
    const plan = monthly({ billingModel: 'after_billing_period', autoRenewalMonths: null });
    const life = aLife({ plan, items: { SEAT: '2' }, sold: '2026-03-10' });
    expect(life.bill()).toEqual([]);
    life.until('2026-04-10');
    expect(life.bill()).toEqual(['recurring 2 SEAT x 31, 2026-03-10 to 2026-04-10 = 62']);
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 2 SEAT');
    expect(life.history.at(-1)!.decision.order).toBe('billing');
  });

  test('no order, and no lines of one, where a term ends without a charge', () => {
    const life = aLife({ plan: monthly({ autoRenewalMonths: null }), items: { SEAT: '2' }, sold: '2026-03-10' });
    life.until('2026-04-10');
    expect(life.history.at(-1)!.decision).toMatchObject({ order: null, lines: [], charges: [] });
  });

  // Sold on March 31 in Honolulu, which is April 1 in Kiritimati: their grids never meet. One has a period more than the other.
  test.each([
    { owner: 'Honolulu', sold: '2026-03-31', moved: '2026-04-02', inKiritimati: 0, inHonolulu: 1 },
    { owner: 'Kiritimati', sold: '2026-04-01', moved: '2026-04-03', inKiritimati: 1, inHonolulu: 0 },
  ])(
    'no edge loses a day where the end is moved by an owner in $owner',
    ({ sold, moved, inKiritimati, inHonolulu }) => {
      const zones =
        inHonolulu === 1 ? ['Pacific/Kiritimati', 'Pacific/Honolulu'] : ['Pacific/Honolulu', 'Pacific/Kiritimati'];
      const plan = aPlan('year', { SEAT: { price: '31' } }, { ...yearly, autoRenewalMonths: null });
      const life = aLife({ plan, zones, items: { SEAT: '1' }, sold });
      life.ask(moved, { kind: 'expiry', endOn: '2026-07-01' });
      life.until('2026-07-02');
      expect(life.days(0, inKiritimati)).toEqual([
        '2026-04-01 to 2026-05-01',
        '2026-05-01 to 2026-06-01',
        '2026-06-01 to 2026-07-01',
      ]);
      expect(life.days(0, inHonolulu)).toEqual([
        '2026-03-31 to 2026-04-30',
        '2026-04-30 to 2026-05-31',
        '2026-05-31 to 2026-06-30',
        '2026-06-30 to 2026-07-01',
      ]);
    },
  );
});

describe('a boundary on edges that are on other days', () => {
  const plan = (facts = {}) => aPlan('year', { SEAT: { price: '31' } }, { ...yearly, ...facts });

  test('is worked off on all of them at once, also on one that has it a day later', () => {
    const life = aLife({
      plan: plan(),
      zones: ['Pacific/Kiritimati', 'Pacific/Honolulu'],
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.until('2026-04-10T00:00');
    expect(life.days(1, 0)).toEqual(['2026-04-11 to 2026-05-11']);
    expect(life.days(1, 1)).toEqual(['2026-04-10 to 2026-05-10']);
    life.until('2026-05-10T00:00');
    expect(life.days(2, 0)).toEqual(['2026-05-11 to 2026-06-11']);
  });

  test('takes along the short period that one edge has more, so that all begin the next term together', () => {
    const life = aLife({
      plan: plan(),
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
      items: { SEAT: '1' },
      sold: '2026-04-01',
    });
    life.ask('2026-04-03', { kind: 'expiry', endOn: '2026-07-01' });
    life.ask('2026-04-04', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    life.until('2026-07-01T00:00');
    expect(life.lastBill(0)).toEqual([
      'recurring 1 SEAT x 31 1/31, 2026-06-30 to 2026-07-01 = 1',
      'recurring 1 SEAT x 31, 2026-07-01 to 2026-08-01 = 31',
    ]);
    expect(life.lastBill(1)).toEqual(['recurring 1 SEAT x 31, 2026-07-01 to 2026-08-01 = 31']);
    life.until('2026-08-01T00:00');
    expect(life.lastBill(0)).toEqual(['recurring 1 SEAT x 31, 2026-08-01 to 2026-09-01 = 31']);
  });

  test('has what is done on it counted from the boundary, where it is still the day before', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' } }),
      zones: ['America/New_York', 'Asia/Tokyo'],
      items: { SEAT: '5' },
      sold: '2026-03-11T20:00',
    });
    life.change('2026-03-12', { SEAT: '7' }, { at: 'renewal' });
    life.until('2026-04-11T00:00');
    expect(life.bill(1, 0)).toEqual(['recurring 7 SEAT x 31, 2026-04-11 to 2026-05-11 = 217']);
  });
});

describe('a notice', () => {
  test('comes once for each end of term, so many days before it', () => {
    const life = aLife({
      plan: aPlan(
        'year',
        { SEAT: { price: '31' } },
        { ...yearly, billingModel: 'before_subscription_period', expirationNoticeDays: 30 },
      ),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.until('2028-03-01');
    const notices = life.history.filter(({ decision }) =>
      decision.events.some(({ type }) => type === 'subscription.expiring'),
    );
    expect(notices.map(({ at }) => at)).toEqual(['2027-02-08T00:00:00Z', '2028-02-09T00:00:00Z']);
  });
});

describe('a renewal that can’t be made', () => {
  const attempts = (life: ReturnType<typeof aLife>) =>
    life.history
      .filter(({ decision }) => decision.events.some(({ type }) => type === 'subscription.renewal_failed'))
      .map(({ at }) => at);

  test('is tried again after 1, 2, 4, ... hours, at most a day, and given up when the days of the policy are over', () => {
    const life = aLife({
      plan: monthly({ graceMonths: 1 }, { renewal: { retry_days: 3 } }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.customer.mayOrder = false;
    life.customer.why = 'has an unpaid balance';
    life.until('2026-04-12T12:00');
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 1 SEAT');
    expect(life.state().renewalFailure).toMatchObject({
      since: '2026-04-10T00:00:00Z',
      reasons: [{ code: 'lifecycle.customer_may_not_order' }],
    });
    life.until('2026-04-14');
    expect(attempts(life)).toEqual(
      [0, 1, 3, 7, 15, 31, 55].map((hours) => new Date(Date.UTC(2026, 3, 10, hours)).toISOString().replace('.000', '')),
    );
    expect(life.shown()).toBe('hold (expired) 2026-03-10 to 2026-04-10: 1 SEAT');
    expect(life.history.at(-1)!.at).toBe('2026-04-13T00:00:00Z');
    life.until('2026-05-10');
    expect(life.state().status).toBe('terminated');
    expect(life.total()).toBe('31');
  });

  test('counts from the end of the term once it can be made, at the prices of that day', () => {
    const price = (date: string) => (date === '2026-04-10' ? '32' : date < '2026-04-10' ? '31' : '40');
    const life = aLife({ plan: aPlan('month', { SEAT: { price } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.customer.mayOrder = false;
    life.until('2026-04-12T12:00');
    life.customer.mayOrder = true;
    life.until('2026-04-14');
    expect(life.bill(1)).toEqual(['recurring 1 SEAT x 32, 2026-04-10 to 2026-05-10 = 32']);
    expect(life.state().renewalFailure).toBe(null);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 SEAT');
  });

  test('without any days to retry it expires at once', () => {
    const life = aLife({ plan: monthly({}, { renewal: { retry_days: 0 } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.customer.mayOrder = false;
    life.until('2026-04-10');
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 1 SEAT');
    expect(attempts(life)).toEqual([]);
  });

  test.each([
    ['a retired plan', { on_retired_plan: 'expire' }, { retired: true }],
    ['a delegation that was revoked', { on_revoked_delegation: 'expire' }, { delegated: false }],
    ['an end of sale', { on_end_of_sale: 'expire' }, { productStatus: 'end_of_sale' }],
    ['an end of life', {}, { productStatus: 'end_of_life' }],
  ] as const)('%s expires it at once where the policy says so', (_, renewal, sale) => {
    const life = aLife({
      plan: monthly({}, { renewal: { retry_days: 7, ...renewal } }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    Object.assign(life.sale, sale);
    life.until('2026-04-10');
    expect(life.state().status).toBe('terminated');
  });

  test.each([
    ['a retired plan', { on_retired_plan: 'renew' }, { retired: true }],
    ['a delegation that was revoked', { on_revoked_delegation: 'renew' }, { delegated: false }],
    ['an end of sale', { on_end_of_sale: 'renew' }, { productStatus: 'end_of_sale' }],
  ] as const)('%s renews it where the policy says so', (_, renewal, sale) => {
    const life = aLife({ plan: monthly({}, { renewal }), items: { SEAT: '1' }, sold: '2026-03-10' });
    Object.assign(life.sale, sale);
    life.until('2026-04-10');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 SEAT');
  });

  test('a delegation that was revoked is waited for where the policy says so', () => {
    const life = aLife({
      plan: monthly({}, { renewal: { on_revoked_delegation: 'retry' } }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.sale.delegated = false;
    life.until('2026-04-11');
    expect(life.state().renewalFailure?.reasons).toMatchObject([{ code: 'lifecycle.plan_revoked' }]);
    life.sale.delegated = true;
    life.until('2026-04-13');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 SEAT');
  });

  test('a price that is missing on an edge that has one to make is a reason too; above the maker of the plan none is needed', () => {
    const price = (date: string, edge: number) => (edge === 0 || date >= '2026-04-01' ? undefined : '31');
    const life = aLife({
      plan: aPlan('month', { SEAT: { price } }, { makerId: 'seller-1' as never }),
      zones: ['UTC', 'UTC'],
      items: { SEAT: '1' },
      sold: '2026-02-10',
    });
    life.until('2026-03-11');
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 1 SEAT');
    life.until('2026-04-11');
    expect(life.state().renewalFailure?.reasons).toMatchObject([{ code: 'lifecycle.unpriced' }]);
  });

  test('while it is tried again a change is for the term to come, and a cancellation ends it', () => {
    const life = aLife({
      plan: monthly({}, { cancellation: { window: { count: 1, unit: 'day' } } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.customer.mayOrder = false;
    life.change('2026-04-11', { SEAT: '2' });
    expect(life.lastBill()).toEqual([]);
    life.customer.mayOrder = true;
    life.until('2026-04-13');
    expect(life.lastBill()).toEqual(['recurring 2 SEAT x 31, 2026-04-10 to 2026-05-10 = 62']);
    life.customer.mayOrder = false;
    life.ask('2026-05-11', { kind: 'cancel', reason: null });
    expect(life.shown()).toBe('terminated 2026-04-10 to 2026-05-10: 2 SEAT');
    expect(life.lastBill()).toEqual([]);
  });
});
