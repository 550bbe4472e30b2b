import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from './testing.ts';

const waits = { activationPolicy: 'first_sign_in' } as const;
const monthly = (facts = {}) => aPlan('month', { SEAT: { price: '31', setup: '5' } }, { ...waits, ...facts });
const yearly = { ...waits, subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;

// LMPI reference, part 2, 5.4: a plan may be activated when somebody first signs in to the customer portal.
describe('until somebody signs in', () => {
  test('nothing is charged and nothing is due, however long that takes', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '2' }, sold: '2026-01-20' });
    life.until('2027-06-01');
    expect(life.bill()).toEqual([]);
    expect(life.state()).toMatchObject({ status: 'pending', waitsFor: 'first_sign_in', version: 1 });
  });

  test('canceled, it is gone: no charge on any edge, and no vendor hears of it', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '2' }, sold: '2026-01-20' });
    const { order, charges } = life.ask('2026-03-01', { kind: 'cancel', reason: 'not wanted' });
    expect({ order, charges }).toEqual({ order: 'cancellation', charges: [] });
    expect(life.state()).toMatchObject({ status: 'removed', waitsFor: null });
    expect(life.refusal('2026-03-02', { kind: 'cancel', reason: null }).codes).toEqual(['lifecycle.already_ended']);
  });

  test('there is nothing to change, to suspend or to renew yet', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '2' }, sold: '2026-01-20' });
    const inactive = { codes: ['lifecycle.not_active'], nearest: undefined };
    expect(life.noChange('2026-01-21', { SEAT: '3' })).toEqual(inactive);
    expect(life.refusal('2026-01-21', { kind: 'suspend', endOn: null })).toEqual(inactive);
    expect(life.refusal('2026-01-21', { kind: 'expiry', endOn: '2026-02-01' })).toEqual(inactive);
    expect(life.refusal('2026-01-21', { kind: 'cancel', reason: null }, { at: 'renewal' })).toEqual(inactive);
  });
});

describe('the first sign-in', () => {
  test('begins the term on its day, at the prices of the order, and renews a term later', () => {
    const price = (date: string) => (date < '2026-02-01' ? '10' : '12');
    const plan = aPlan('year', { SEAT: { price } }, yearly);
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-01-20' });
    const { order, events } = life.signIn('2026-02-03');
    expect(order).toBe('billing');
    expect(events.map(({ type }) => type)).toEqual(['subscription.activated']);
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 10, 2026-02-03 to 2026-03-03 = 10']);
    expect(life.shown()).toBe('active 2026-02-03 to 2027-02-03: 1 SEAT');
    expect(life.state()).toMatchObject({ anchorOn: '2026-02-03', startChargeOn: '2026-02-03' });
    life.until('2027-02-03T01:00');
    expect(life.shown()).toBe('active 2027-02-03 to 2028-02-03: 1 SEAT');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 12, 2027-02-03 to 2027-03-03 = 12']);
  });

  test('each edge counts from the date of its seller', () => {
    // 11:00 in Honolulu on February 3 is 11:00 of February 4 in Kiritimati.
    const zones = ['Pacific/Kiritimati', 'Pacific/Honolulu'];
    const life = aLife({ plan: monthly(), zones, items: { SEAT: '1' }, sold: '2026-01-20' });
    life.signIn('2026-02-03T11:00');
    expect(life.days(1, 0)).toEqual(['2026-02-04 to 2026-03-04', '2026-02-04 to 2026-03-04']);
    expect(life.days(1, 1)).toEqual(['2026-02-03 to 2026-03-03', '2026-02-03 to 2026-03-03']);
    expect(life.state().startOn).toBe('2026-02-03');
  });

  test('setup is charged then, and chargeable months are counted from then', () => {
    const life = aLife({ plan: monthly({ chargeableMonths: 1 }), items: { SEAT: '1' }, sold: '2026-01-20' });
    life.signIn('2026-02-03');
    expect(life.state().startChargeOn).toBe('2026-03-03');
    life.until('2026-03-03T01:00');
    expect(life.bill().filter((text) => !text.endsWith(' = 0'))).toEqual([
      'setup 1 SEAT x 5, 2026-02-03 to 2026-03-03 = 5',
      'recurring 1 SEAT x 31, 2026-03-03 to 2026-04-03 = 31',
    ]);
  });

  test('what its vendor has to provide goes on to be pending, and is charged', () => {
    const vendor = { ...monthly().plan.vendor, provisioning: 'webhook' } as const;
    const life = aLife({ plan: monthly({ vendor }), items: { SEAT: '1' }, sold: '2026-01-20' });
    life.signIn('2026-02-03');
    expect(life.state()).toMatchObject({ status: 'pending', waitsFor: null, startOn: '2026-02-03' });
    expect(life.lastBill()).toHaveLength(2);
  });

  test('what can be given back is counted from the first day', () => {
    const life = aLife({ plan: monthly(), items: { SEAT: '3' }, sold: '2026-01-20' });
    life.signIn('2026-02-03');
    expect(life.state().items[0]!.batches.map(({ at }) => at)).toEqual(['2026-02-03T12:00:00Z']);
  });

  test('charges each product at its own price, and tells the dates of the term', () => {
    const plan = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, waits);
    const life = aLife({ plan, items: { SEAT: '2', DISK: '1' }, sold: '2026-01-20' });
    const { events, lines } = life.signIn('2026-02-03');
    expect(life.lastBill()).toEqual([
      'recurring 1 DISK x 3.1, 2026-02-03 to 2026-03-03 = 3.1',
      'recurring 2 SEAT x 31, 2026-02-03 to 2026-03-03 = 62',
    ]);
    expect(lines.map(({ origin }) => origin)).toEqual(['requested', 'requested']);
    expect(events[0]!.data).toEqual({ start_on: '2026-02-03', end_on: '2026-03-03' });
  });
});
