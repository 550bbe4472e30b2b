import { describe, expect, test } from 'vitest';
import { decimal, zero } from '@tierline/kernel';
import { aLife, aPlan } from './testing.ts';

const cancel = { kind: 'cancel', reason: null } as const;
const renewal = { at: 'renewal' } as const;
const plan = (facts = {}, policies = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);
const sold = (facts = {}, policies = {}) =>
  aLife({ plan: plan(facts, policies), items: { SEAT: '5', DISK: '2' }, sold: '2026-03-10' });
const never = { window: { count: 0, unit: 'day' } } as const;

/** What an order that ends it says: nothing is held afterwards, and what was before. */
const nothingLeft = [
  { rate: { mpn: 'DISK' }, quantity: zero, previousQuantity: decimal('2'), origin: 'requested' },
  { rate: { mpn: 'SEAT' }, quantity: zero, previousQuantity: decimal('5'), origin: 'requested' },
];

describe('the order of a cancellation', () => {
  test('now has a line for each item, and its event the reason', () => {
    const life = sold();
    const decision = life.ask('2026-03-20', { kind: 'cancel', reason: 'moved' });
    expect(decision).toMatchObject({
      order: 'cancellation',
      lines: nothingLeft,
      events: [{ type: 'subscription.canceled', subscriptionId: life.state().id, data: { reason: 'moved' } }],
      warnings: [],
    });
  });

  test('at the end of the term, too; the reason is the one that was given when it was planned', () => {
    const life = sold();
    life.ask('2026-03-20', { kind: 'cancel', reason: 'moved' }, renewal);
    life.until('2026-04-10');
    const [event] = life.history.at(-1)!.decision.events;
    expect(life.history.at(-1)!.decision).toMatchObject({ order: 'cancellation', lines: nothingLeft, charges: [] });
    expect(event).toMatchObject({ type: 'subscription.canceled', data: { reason: 'moved' } });
    expect(life.state()).toMatchObject({
      status: 'terminated',
      endOn: '2026-04-10',
      licenses: [{ enabled: false, endOn: '2026-04-10' }],
      ledger: [{ endOn: '2026-04-10', window: { start: '2026-03-10', end: '2026-04-10' }, upcoming: null }],
    });
  });

  test('of what nobody signed in to yet gives the license back, and tells the reason', () => {
    const life = aLife({
      plan: plan({ activationPolicy: 'first_sign_in' }),
      items: { SEAT: '5', DISK: '2' },
      sold: '2026-03-10',
    });
    life.become({ licenses: life.state().licenses.map((license) => ({ ...license, enabled: true })) });
    const decision = life.ask('2026-03-20', { kind: 'cancel', reason: 'not wanted' });
    expect(decision).toMatchObject({
      order: 'cancellation',
      lines: nothingLeft,
      events: [{ type: 'subscription.canceled', data: { reason: 'not wanted' } }],
    });
    expect(life.state().licenses).toMatchObject([{ enabled: false }]);
  });
});

describe('what is left of the subscription', () => {
  test('of a suspended one: nothing of the suspension, and the end that it brought', () => {
    const life = sold({ graceMonths: 1 });
    life.ask('2026-03-15', { kind: 'suspend', endOn: null });
    life.ask('2026-03-20', cancel);
    expect(life.state()).toMatchObject({
      status: 'terminated',
      holdReason: null,
      suspension: null,
      endOn: '2026-03-15',
      licenses: [{ enabled: false, endOn: '2026-03-15' }],
    });
  });

  test('of one whose renewal is tried again: no failure, and nothing that is due', () => {
    const life = sold();
    life.customer.mayOrder = false;
    life.ask('2026-04-11', cancel);
    expect(life.state()).toMatchObject({ status: 'terminated', renewalFailure: null, endOn: '2026-04-10' });
    const { length } = life.history;
    life.until('2026-06-01');
    expect(life.history).toHaveLength(length);
  });

  test('of one that has not begun: no day', () => {
    const life = aLife({ plan: plan(), items: { SEAT: '5' }, sold: '2026-03-10', startOn: '2026-03-25' });
    expect(life.shown()).toBe('active 2026-03-25 to 2026-04-25: 5 SEAT');
    life.ask('2026-03-20', cancel);
    expect(life.shown()).toBe('terminated 2026-03-25 to 2026-03-25: 5 SEAT');
    expect(life.state().licenses).toMatchObject([{ enabled: false, endOn: '2026-03-25' }]);
    expect(life.total()).toBe('0');
  });

  test('of one that was put on hold: it ends on the day on which it is canceled', () => {
    const life = sold();
    life.become({ status: 'hold', holdReason: 'admin' });
    life.ask('2026-03-20', cancel);
    expect(life.state()).toMatchObject({ status: 'terminated', holdReason: null, endOn: '2026-03-20' });
    expect(life.total()).toBe('52');
  });
});

describe('a cancellation is refused', () => {
  test.each([
    ['pending', 'lifecycle.not_active', null],
    ['terminated', 'lifecycle.already_ended', null],
    ['removed', 'lifecycle.already_ended', null],
    ['removed', 'lifecycle.already_ended', 'first_sign_in'],
  ] as const)('of what is %s (%s, waits for: %s)', (status, code, waitsFor) => {
    const life = sold();
    life.become({ status, waitsFor });
    expect(() => life.ask('2026-03-20', cancel)).toThrow(
      expect.objectContaining({ code, kind: 'invalid', field: 'subscription' }),
    );
  });

  test('where the policy has no more than the end of the term, with that as what can be asked for', () => {
    const life = sold({}, { cancellation: { ...never, after: 'refused' } });
    expect(() => life.ask('2026-03-20', cancel)).toThrow(
      expect.objectContaining({
        code: 'lifecycle.cancellation_window_over',
        field: 'moment',
        details: { nearest_valid: { moment: renewal } },
      }),
    );
  });
});

test('what the policy puts off is an intent with its reason and no order, and the subscription stays as it is', () => {
  const life = sold({}, { cancellation: { ...never, after: 'term_end' } });
  const before = life.state();
  const command = { kind: 'cancel', reason: 'moved' } as const;
  expect(life.ask('2026-03-20', command)).toMatchObject({
    order: null,
    lines: [],
    charges: [],
    events: [],
    intents: [{ kind: 'add', moment: renewal, command }],
    warnings: [{ code: 'lifecycle.scheduled_at_renewal' }],
  });
  expect(life.state()).toEqual(before);
});

test('that nothing is refunded is told once, however many items it is about; not where all is refunded', () => {
  const kept = sold({}, { cancellation: { ...never, after: 'no_refund' } });
  expect(kept.ask('2026-03-20', cancel).warnings.map(({ code }) => code)).toEqual(['lifecycle.no_refund']);
  expect(kept.lastBill()).toEqual([]);
  // Suspended, what the policy would refuse goes, without a refund.
  const stuck = sold({ graceMonths: 1 }, { cancellation: { ...never, after: 'refused' } });
  stuck.ask('2026-03-15', { kind: 'suspend', endOn: null });
  expect(stuck.ask('2026-03-20', cancel).warnings.map(({ code }) => code)).toEqual(['lifecycle.no_refund']);
  expect(sold().ask('2026-03-20', cancel).warnings).toEqual([]);
});

describe('an edge whose last period ends a day before the term', () => {
  const days = [
    '2026-03-31 to 2026-04-30',
    '2026-04-30 to 2026-05-31',
    '2026-05-31 to 2026-06-30',
    '2026-06-30 to 2026-07-01',
  ];
  const moved = () => {
    const life = aLife({
      plan: aPlan(
        'year',
        { SEAT: { price: '31' } },
        { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 },
        { cancellation: { ...never, after: 'refused' } },
      ),
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
      items: { SEAT: '1' },
      sold: '2026-04-01',
    });
    life.become({ endOn: '2026-07-01', ledger: life.state().ledger.map((edge) => ({ ...edge, endOn: '2026-07-01' })) });
    return life;
  };

  test('has that day billed when it is canceled between two terms, where nothing binds it', () => {
    const life = moved();
    life.customer.mayOrder = false;
    life.ask('2026-07-02', cancel);
    expect(life.days(0, 0)).toEqual(days);
    expect(life.shown()).toBe('terminated 2026-04-01 to 2026-07-01: 1 SEAT');
  });

  test('and when it ends with its term', () => {
    const life = moved();
    life.ask('2026-05-02', cancel, renewal);
    life.until('2026-07-01');
    expect(life.days(0, 0)).toEqual(days);
    expect(life.shown()).toBe('terminated 2026-04-01 to 2026-07-01: 1 SEAT');
    expect(life.history.at(-1)!.decision.intents).toMatchObject([{ kind: 'end', status: 'done', reason: null }]);
  });
});

test('one item that can’t go any more holds back all of them', () => {
  const life = aLife({
    plan: plan({}, { cancellation: { window: { count: 7, unit: 'day' }, after: 'refused' } }),
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
  life.change('2026-03-18', { DISK: '2' });
  expect(life.refusal('2026-03-20', cancel).codes).toEqual(['lifecycle.cancellation_window_over']);
});

test('what went before it and is not billed yet has a line of its own', () => {
  const life = sold({ billingModel: 'after_billing_period' });
  life.change('2026-03-15', { DISK: '0' });
  const { lines } = life.ask('2026-03-20', cancel);
  expect(lines.map(({ rate, origin }) => `${rate.mpn} ${origin}`)).toEqual(['SEAT requested', 'DISK renewed']);
  expect(life.bill()).toEqual([
    'recurring 5 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = 50',
    'recurring 2 DISK x 3.1 5/31, 2026-03-10 to 2026-03-15 = 1',
  ]);
});

describe('a term that ends and is not renewed', () => {
  const ends = (graceMonths: number) => {
    const life = sold({ autoRenewalMonths: null, graceMonths });
    life.change('2026-03-12', { SEAT: '6' }, renewal);
    life.until('2026-04-10');
    return life;
  };
  const expired = (graceMonths: number) => [
    { type: 'subscription.expired', data: { why: 'It does not renew by itself.', grace_months: graceMonths } },
  ];

  test('with a grace period is on hold with the right to use, and what waits goes on waiting', () => {
    const life = ends(1);
    expect(life.history.at(-1)!.decision.events).toMatchObject(expired(1));
    expect(life.state()).toMatchObject({ status: 'hold', holdReason: 'expired', licenses: [{ enabled: true }] });
    expect(life.intents()).toHaveLength(1);
    life.until('2026-05-10');
    expect(life.history.at(-1)!.decision).toMatchObject({
      order: null,
      events: [{ type: 'subscription.ended', data: { why: 'grace period over' } }],
    });
    expect(life.state()).toMatchObject({ status: 'terminated', holdReason: null, licenses: [{ enabled: false }] });
    expect(life.ended()).toMatchObject([{ status: 'dropped', reason: 'The subscription ended.' }]);
  });

  test('without one ends, with the right to use and with what waits', () => {
    const life = ends(0);
    expect(life.history.at(-1)!.decision.events).toMatchObject(expired(0));
    expect(life.state()).toMatchObject({ status: 'terminated', holdReason: null, licenses: [{ enabled: false }] });
    expect(life.ended()).toMatchObject([{ status: 'dropped', reason: 'The subscription expired.' }]);
  });

  test('after a renewal that was given up has no failure any more', () => {
    const life = sold({ graceMonths: 1 }, { renewal: { retry_days: 1 } });
    life.customer.mayOrder = false;
    life.until('2026-04-12');
    expect(life.state()).toMatchObject({ status: 'hold', holdReason: 'expired', renewalFailure: null });
  });

  test('of a suspension that nobody lifted says so', () => {
    const life = sold({ graceMonths: 1 });
    life.ask('2026-03-15', { kind: 'suspend', endOn: null });
    life.until('2026-04-15');
    expect(life.history.at(-1)!.decision.events).toMatchObject([
      { type: 'subscription.ended', data: { why: 'suspension not lifted' } },
    ]);
    expect(life.state()).toMatchObject({ status: 'terminated', suspension: null, holdReason: null });
  });
});
