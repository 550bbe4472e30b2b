import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from './testing.ts';

const cancel = { kind: 'cancel', reason: null } as const;
const month = (cancellation = {}, facts = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1', setup: '5' } }, facts, { cancellation });
const paidByTheYear = {
  subscriptionPeriod: { unit: 'year', count: 1 },
  billingModel: 'before_subscription_period',
} as const;

describe('a cancellation now', () => {
  test('gives back the days that are left, and nothing is due any more', () => {
    const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.ask('2026-03-20', cancel);
    expect(life.lastBill()).toEqual(['refund 5 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -105']);
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-03-20: 5 SEAT');
    expect(life.state()).toMatchObject({
      licenses: [{ enabled: false, endOn: '2026-03-20' }],
      ledger: [{ endOn: '2026-03-20', window: { end: '2026-03-20' } }],
    });
    life.until('2027-01-01');
    expect(life.history).toHaveLength(1);
    expect(life.refusal('2027-01-01', cancel).codes).toEqual(['lifecycle.already_ended']);
  });

  test('of units that are partly in and partly out of their window: refused as a whole, or without a refund for what is out', () => {
    const sold = (after: string) => {
      const life = aLife({
        plan: month({ window: { count: 7, unit: 'day' }, after }),
        items: { SEAT: '5' },
        sold: '2026-03-10',
      });
      life.change('2026-03-17', { SEAT: '7' });
      return life;
    };
    const refused = sold('refused');
    expect(refused.refusal('2026-03-20', cancel)).toEqual({
      codes: ['lifecycle.cancellation_window_over'],
      nearest: { moment: { at: 'renewal' } },
    });
    const mixed = sold('no_refund');
    const { warnings } = mixed.ask('2026-03-20', cancel);
    expect(mixed.lastBill()).toEqual(['refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42']);
    expect(warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    const later = sold('term_end');
    expect(later.ask('2026-03-20', cancel)).toMatchObject({
      order: null,
      charges: [],
      intents: [{ kind: 'add', moment: { at: 'renewal' } }],
    });
    expect(later.shown()).toBe('active 2026-03-10 to 2026-04-10: 7 SEAT');
    // Asked for again, it is planned once.
    later.ask('2026-03-21', cancel);
    expect(later.intents()).toHaveLength(1);
    expect(later.ended()).toMatchObject([{ status: 'dropped' }]);
    later.until('2026-04-10');
    expect(later.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 7 SEAT');
    expect(later.lastBill()).toEqual([]);
  });

  test('with a full refund gives back everything: setup, and periods that are over', () => {
    const year = month(
      { window: { count: 60, unit: 'day' }, refund: 'full', basis: 'purchase' },
      { subscriptionPeriod: { unit: 'year', count: 1 } },
    );
    const life = aLife({
      plan: year,
      items: { SEAT: '5', DISK: '3' },
      sold: '2026-03-10',
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
    });
    life.change('2026-04-20', { SEAT: '9', DISK: '4' });
    life.ask('2026-05-08', cancel);
    expect([life.total(0), life.total(1)]).toEqual(['0', '0']);
  });

  test('of a term that was paid whole gives back its days', () => {
    const life = aLife({
      plan: aPlan('year', { SEAT: { price: '30' } }, paidByTheYear),
      items: { SEAT: '1' },
      sold: '2026-01-01',
    });
    expect(life.bill()).toEqual(['recurring 1 SEAT x 30 12/1, 2026-01-01 to 2027-01-01 = 360']);
    life.ask('2026-07-16', cancel);
    // Five whole months and 16 of the 31 days of July.
    expect(life.lastBill()).toEqual(['refund 1 SEAT x 30 171/31, 2026-07-16 to 2027-01-01 = -165.48']);
  });

  test.each([
    [
      'tiered',
      [
        'refund 5 SEAT x 10 21/31, 2026-03-20 to 2026-04-10 = -33.87',
        'refund 2 SEAT x 8 21/31, 2026-03-20 to 2026-04-10 = -10.84',
      ],
    ],
    ['volume', ['refund 7 SEAT x 8 21/31, 2026-03-20 to 2026-04-10 = -37.94']],
  ] as const)('of what has %s prices gives back what its tiers cost', (priceModel, lines) => {
    const price = [
      ['0', '10'],
      ['5', '8'],
    ] as const;
    const life = aLife({
      plan: aPlan('month', { SEAT: { price, priceModel } }),
      items: { SEAT: '7' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', cancel);
    expect(life.lastBill()).toEqual(lines);
  });

  test('of what is billed afterwards bills it up to the day', () => {
    const life = aLife({
      plan: month({}, { billingModel: 'after_billing_period' }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-15', { SEAT: '2' });
    life.ask('2026-03-20', cancel);
    expect(life.bill()).toEqual([
      'recurring 5 SEAT x 31 5/31, 2026-03-10 to 2026-03-15 = 25',
      'recurring 2 SEAT x 31 5/31, 2026-03-15 to 2026-03-20 = 10',
    ]);
  });

  test('after it was renewed early gives back of this term only: nothing of the next was charged', () => {
    const life = aLife({ plan: month(), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.ask('2026-03-15', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    life.ask('2026-03-20', cancel);
    expect(life.total()).toBe('10');
    expect(life.state().ledger).toMatchObject([{ upcoming: null }]);
    life.until('2026-06-01');
    expect(life.total()).toBe('10');
  });

  test('drops what was planned, and tells so', () => {
    const life = aLife({ plan: month(), items: { SEAT: '1' }, sold: '2026-03-10' });
    life.change('2026-03-11', { SEAT: '2' }, { at: 'renewal' });
    life.ask('2026-03-12', cancel);
    expect(life.ended()).toEqual([{ kind: 'change', status: 'dropped', reason: 'The subscription was canceled.' }]);
  });

  test('of what is on hold is always possible; what expired has nothing to give back', () => {
    const plan = month(
      { window: { count: 0, unit: 'day' }, after: 'refused' },
      { autoRenewalMonths: null, graceMonths: 1 },
    );
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    life.ask('2026-04-20', cancel);
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 5 SEAT');
    expect(life.lastBill()).toEqual([]);
  });

  test('of what is suspended needs no window either; what is out of it is not refunded', () => {
    const plan = month({ window: { count: 0, unit: 'day' }, after: 'refused' });
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    life.ask('2026-03-15', { kind: 'suspend', endOn: null });
    expect(life.ask('2026-03-20', cancel).warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-03-15: 5 SEAT');
    expect(life.lastBill()).toEqual([]);
  });

  test('on an edge that is on the day before ends with the period that is current there', () => {
    const life = aLife({
      plan: month(),
      items: { SEAT: '1' },
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
      sold: '2026-03-11T23:00',
    });
    expect(life.bill(0, 0)).toEqual(['recurring 1 SEAT x 31, 2026-03-10 to 2026-04-10 = 31']);
    life.ask('2026-03-11T23:30', cancel);
    expect([life.total(0), life.total(1)]).toEqual(['0', '0']);
  });
});

test('at the end of the term it can be taken back until then, and is the end of it', () => {
  const life = aLife({
    plan: month({}, { billingModel: 'after_billing_period' }),
    items: { SEAT: '1' },
    sold: '2026-03-10',
  });
  life.ask('2026-03-12', cancel, { at: 'renewal' });
  life.until('2026-04-10');
  expect(life.history.at(-1)!.decision.order).toBe('cancellation');
  expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-03-10 to 2026-04-10 = 31']);
  expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-10: 1 SEAT');
});
