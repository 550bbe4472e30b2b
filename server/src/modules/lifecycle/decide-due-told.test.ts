import { TierlineError } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { decideDue } from './decide-due.ts';
import type { Decision } from './draft.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const renewal = { at: 'renewal' } as const;
const on = (day: string) => ({ at: 'date', on: day }) as const;
const plan = (facts = {}, policies = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);
const sold = (facts = {}, policies = {}) =>
  aLife({ plan: plan(facts, policies), items: { SEAT: '5' }, sold: '2026-03-10' });
const last = (life: Life): Decision => life.history.at(-1)!.decision;
const requested = (mpn: string, origin: string) => [{ rate: { mpn }, origin }];

describe('which intent comes first', () => {
  test('for a date: the one of the earliest date, then the one that was asked for first, in whatever order they are read', () => {
    const life = sold();
    life.change('2026-03-11', { DISK: '9' }, renewal);
    life.change('2026-03-11', { DISK: '1' }, on('2026-03-25'));
    life.change('2026-03-12', { DISK: '2' }, on('2026-03-20'));
    life.change('2026-03-13', { SEAT: '6' }, on('2026-03-20'));
    const at = life.instant('2026-03-20T00:00');
    for (const intents of [life.intents(), life.intents().toReversed()]) {
      const { lines } = decideDue(life.context(at, { intents }), life.state(), { kind: 'intent', at });
      expect(lines).toMatchObject(requested('DISK', 'requested'));
      expect(lines[0]!.quantity).toMatchObject({ coefficient: 2n });
    }
    life.until('2026-03-21');
    expect(life.shown()).toContain('2 DISK, 6 SEAT');
    expect(life.intents()).toHaveLength(2);
  });

  test('for the end of the term: the one that was asked for first; what is for a later day waits', () => {
    const life = sold();
    life.change('2026-03-11', { SEAT: '6' }, on('2026-04-15'));
    life.change('2026-03-12', { SEAT: '7' }, renewal);
    life.change('2026-03-13', { DISK: '1' }, renewal);
    const at = life.instant('2026-04-10T00:00');
    for (const intents of [life.intents(), life.intents().toReversed()]) {
      const { lines } = decideDue(life.context(at, { intents }), life.state(), { kind: 'term', at });
      expect(lines).toMatchObject(requested('SEAT', 'requested'));
    }
    life.until('2026-04-11');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 DISK, 7 SEAT');
    expect(life.intents()).toMatchObject([{ moment: on('2026-04-15') }]);
  });

  test('a later day of what is planned beside a switch of renewal does not come with the end of the term', () => {
    const life = sold();
    life.ask('2026-03-11', { kind: 'auto_renewal', on: false, months: null }, renewal);
    life.ask('2026-03-11', { kind: 'cancel', reason: null }, on('2026-04-09'));
    life.until('2026-04-09');
    expect(life.shown()).toBe('terminated 2026-03-10 to 2026-04-09: 5 SEAT');
  });
});

test('what is done for a date tells what becomes of what waits beside it; that it was done has no reason', () => {
  const life = sold();
  life.change('2026-03-11', { SEAT: '7' }, renewal);
  life.ask('2026-03-12', { kind: 'cancel', reason: null }, on('2026-03-20'));
  const [change, cancel] = life.intents();
  life.until('2026-03-20');
  expect(last(life).intents).toEqual([
    { kind: 'end', intent: change, status: 'dropped', reason: 'The subscription was canceled.' },
    { kind: 'end', intent: cancel, status: 'done', reason: null },
  ]);
});

test('what fails says why in its end and in an event, and leaves all else as it is', () => {
  const life = sold();
  life.change('2026-03-11', { SEAT: '7', DISK: '1' }, on('2026-03-20'));
  const [intent] = life.intents();
  const before = life.state();
  life.customer.mayOrder = false;
  life.customer.why = 'has an unpaid balance';
  life.until('2026-03-20');
  const { reason } = life.ended()[0]!;
  expect(reason).toContain('has an unpaid balance');
  expect(last(life)).toEqual({
    order: null,
    subscriptions: [{ before, after: before }],
    lines: [],
    charges: [],
    intents: [{ kind: 'end', intent, status: 'failed', reason }],
    events: [{ type: 'intent.failed', subscriptionId: before.id, data: { intent_id: intent!.id, reason } }],
    warnings: [],
  });
});

describe('an error that is no refusal', () => {
  const bugs = [new Error('connection lost'), new TierlineError('kernel.impossible', 'bug', 'This can’t be.')];

  test.each(bugs)('is neither the end of an intent nor of a renewal: %s', (error) => {
    const life = sold();
    life.change('2026-03-11', { DISK: '1' }, on('2026-03-20'));
    const prices = () => {
      throw error;
    };
    const found = { pricesNow: prices, pricesAtEnd: prices };
    const day = life.instant('2026-03-20T00:00');
    expect(() => decideDue(life.context(day, found), life.state(), { kind: 'intent', at: day })).toThrow(error);
    const end = life.instant('2026-04-10T00:00');
    const atEnd = life.context(end, { ...found, intents: [] });
    expect(() => decideDue(atEnd, life.state(), { kind: 'term', at: end })).toThrow(error);
  });
});

describe('what an event tells', () => {
  test('a notice: when it ends, and whether it renews by itself', () => {
    const life = sold({ expirationNoticeDays: 10 });
    life.until('2026-03-31');
    expect(last(life)).toMatchObject({
      order: null,
      events: [{ type: 'subscription.expiring', data: { end_on: '2026-04-10', auto_renewal: true } }],
    });
  });

  test('a renewal that failed: why, how often, and when it is tried again', () => {
    const life = sold();
    life.customer.mayOrder = false;
    life.until('2026-04-10T01:30');
    expect(last(life).events).toMatchObject([
      {
        type: 'subscription.renewal_failed',
        data: {
          reasons: [{ code: 'lifecycle.customer_may_not_order' }],
          attempts: 2,
          retry_at: '2026-04-10T03:00:00Z',
        },
      },
    ]);
  });

  test('an expiry after that: every reason', () => {
    const life = sold({}, { renewal: { retry_days: 0, on_revoked_delegation: 'retry' } });
    life.customer.mayOrder = false;
    life.customer.why = 'has an unpaid balance';
    life.sale.delegated = false;
    life.until('2026-04-10');
    expect(last(life).events).toMatchObject([
      {
        type: 'subscription.expired',
        data: {
          why: "The customer has an unpaid balance, so it can't renew. month was taken back, so it can't be renewed.",
        },
      },
    ]);
  });
});

describe('the order of what happens by itself', () => {
  const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;

  test('a billing period is an order, with lines that renew', () => {
    const life = sold(yearly);
    life.until('2026-04-10');
    expect(last(life)).toMatchObject({
      order: 'billing',
      lines: requested('SEAT', 'renewed'),
      events: [{ type: 'subscription.billed' }],
    });
  });

  test('what is billed afterwards makes an order of the end of a term, with lines that renew', () => {
    const life = sold({ billingModel: 'after_billing_period', autoRenewalMonths: null });
    life.until('2026-04-10');
    expect(last(life)).toMatchObject({ order: 'billing', lines: requested('SEAT', 'renewed') });
  });

  test('and of the day to which a suspension left the right to use; without a charge there is none', () => {
    const afterwards = sold({ ...yearly, graceMonths: 1, billingModel: 'after_billing_period' });
    const before = sold({ ...yearly, graceMonths: 1 });
    for (const life of [afterwards, before]) {
      life.ask('2026-03-15', { kind: 'suspend', endOn: '2026-03-20' });
      life.until('2026-03-20');
      expect(last(life).events).toMatchObject([{ type: 'subscription.paused' }]);
    }
    expect(last(afterwards)).toMatchObject({ order: 'billing', lines: requested('SEAT', 'requested') });
    expect(last(before)).toMatchObject({ order: null, lines: [], charges: [] });
  });
});

describe('the end of a trial', () => {
  const full = aPlan('full', { SEAT: { price: '31' } }, { number: '10007' });
  const trial = (atEnd: 'convert' | 'expire') =>
    aLife({
      plan: aPlan(
        'trial',
        { SEAT: { price: '0' } },
        { licenseVersion: 'trial', autoRenewalMonths: null },
        { trial: { convert_to: '10007', at_end: atEnd } },
      ),
      others: [full],
      items: { SEAT: '5' },
      sold: '2026-01-31',
    });

  test('comes whether or not anything could be ordered', () => {
    const life = trial('expire');
    life.customer.mayOrder = false;
    life.until('2026-02-28');
    expect(life.shown()).toBe('terminated 2026-01-31 to 2026-02-28: 5 SEAT');
  });

  test('that makes it paid is an order, and drops what was about products of the trial', () => {
    const life = trial('convert');
    life.ask('2026-02-01', { kind: 'change', items: life.wanted({ SEAT: '6' }), cascade: false }, on('2026-02-20'));
    const [intent] = life.intents();
    const at = life.instant('2026-02-28T00:00');
    const late = { ...intent!, moment: on('2026-03-05') };
    const decision = decideDue(life.context(at, { intents: [late] }), life.state(), { kind: 'term', at });
    expect(decision.order).toBe('change');
    expect(decision.subscriptions[0]!.after.planId).toBe(id('full'));
    expect(decision.warnings).toMatchObject([{ code: 'lifecycle.intent_dropped' }]);
    expect(decision.intents).toMatchObject([{ kind: 'end', intent: late, status: 'dropped' }]);
  });
});
