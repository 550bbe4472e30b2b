import { describe, expect, test } from 'vitest';
import { transferred } from './testing-transfer.ts';
import { aLife, aPlan } from './testing.ts';

const plan = (facts = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1', setup: '5' } }, facts, { renewal: { retry_days: 7 } });

/** Its term ends on March 28, and the customer may not order until April 2. */
const late = (facts = {}, zones = ['UTC']) => {
  const life = aLife({ plan: plan(facts), zones, items: { SEAT: '1' }, sold: '2026-02-28' });
  life.customer.mayOrder = false;
  life.until('2026-04-02');
  expect(life.state().renewalFailure).not.toBeNull();
  return life;
};
const booked = (life: ReturnType<typeof aLife>, step = life.history.length) =>
  life.history[step - 1]!.decision.charges.map(
    ({ type, rateId, bookedOn, period }) => `${type} ${rateId.slice(6)} from ${period.start.toString()} on ${bookedOn}`,
  );

// What was booked before may have been told to somebody in the report of its month, and that never changes.
describe('what is made late is booked on the day on which it is made, for the days that it is for', () => {
  test('a renewal that could be made at a later attempt', () => {
    const life = late();
    life.customer.mayOrder = true;
    life.until('2026-04-03');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-03-28 to 2026-04-28 = 31']);
    expect(booked(life)).toEqual(['recurring SEAT from 2026-03-28 on 2026-04-03']);
    // The next one is made in time.
    life.until('2026-04-28');
    expect(booked(life)).toEqual(['recurring SEAT from 2026-04-28 on 2026-04-28']);
  });

  test('on each edge on the date of its seller', () => {
    const life = late({}, ['Pacific/Kiritimati', 'Pacific/Honolulu']);
    life.customer.mayOrder = true;
    life.until('2026-04-03');
    const [root, own] = life.history.at(-1)!.decision.charges;
    expect(life.history.at(-1)!.at).toBe('2026-04-03T17:00:00Z');
    expect([root!.bookedOn, own!.bookedOn]).toEqual(['2026-04-04', '2026-04-03']);
  });

  test('a change while a renewal is tried again', () => {
    const life = late();
    life.customer.mayOrder = true;
    life.change('2026-04-02', { DISK: '1' });
    expect(booked(life)).toEqual(['setup DISK from 2026-03-28 on 2026-04-02']);
  });

  test('what is billed afterwards, when the renewal is given up or it is canceled', () => {
    const expired = late({ billingModel: 'after_billing_period' });
    expired.until('2026-04-05');
    expect(expired.shown()).toBe('terminated 2026-02-28 to 2026-03-28: 1 SEAT');
    expect(booked(expired)).toEqual(['recurring SEAT from 2026-02-28 on 2026-04-04']);
    const canceled = late({ billingModel: 'after_billing_period' });
    canceled.ask('2026-04-02', { kind: 'cancel', reason: null });
    expect(booked(canceled)).toEqual(['recurring SEAT from 2026-02-28 on 2026-04-02']);
  });

  test('what is billed afterwards, when it goes to another partner while its renewal is tried again', () => {
    const life = late({ billingModel: 'after_billing_period' }, ['UTC', 'UTC']);
    const { moved } = transferred(life, { at: '2026-04-02', shared: 1, price: () => '31' });
    expect(moved!.given.charges.map(({ bookedOn, period }) => `${period.start.toString()} on ${bookedOn}`)).toEqual([
      '2026-02-28 on 2026-04-02',
      '2026-02-28 on 2026-04-02',
    ]);
  });

  test('a renewal by request in the grace period', () => {
    const life = aLife({
      plan: plan({ autoRenewalMonths: null, graceMonths: 1 }),
      items: { SEAT: '1' },
      sold: '2026-02-28',
    });
    life.ask('2026-04-02', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    expect(booked(life)).toEqual(['recurring SEAT from 2026-03-28 on 2026-04-02']);
  });
});

// Sold on January 30 in Honolulu, which is the 31st in Kiritimati: both have a boundary on February 28, when it is March 1 in Kiritimati.
test('what is made in time is booked on the boundary, also on an edge where that day is over', () => {
  const life = aLife({
    plan: plan(),
    zones: ['Pacific/Kiritimati', 'Pacific/Honolulu'],
    items: { SEAT: '1' },
    sold: '2026-01-30',
  });
  life.change('2026-02-01', { DISK: '1' }, { at: 'renewal' });
  life.until('2026-02-28T00:00');
  expect(life.history.at(-1)!.at).toBe('2026-02-28T10:00:00Z');
  const day = 'from 2026-02-28 on 2026-02-28';
  expect(booked(life, 2)).toEqual([`setup DISK ${day}`, `setup DISK ${day}`]);
  const onEdge = [`recurring DISK ${day}`, `recurring SEAT ${day}`];
  expect(booked(life)).toEqual([...onEdge, ...onEdge]);
});
