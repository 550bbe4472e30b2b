import { isTierlineError, zero, type LicenseId, type PlanId, type SubscriptionId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { NewTarget } from './command.ts';
import type { Context } from './context.ts';
import { born, unborn, unbornTarget, type NewIdentity } from './split.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const identity: NewIdentity = {
  id: id<SubscriptionId>('subscription-new'),
  serial: '8',
  licenseId: id<LicenseId>('license-new'),
  activationCode: 'CODE-NEW',
};
const month = (facts = {}, policies = {}) => aPlan('month', { SEAT: { price: '31' } }, facts, policies);
const year = (facts = {}) =>
  aPlan(
    'year',
    { SEAT: { price: '365' } },
    { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12, version: 3, graceMonths: 2, ...facts },
  );
// At noon in Honolulu it is noon of the next day in Kiritimati.
const zones = ['UTC', 'Pacific/Kiritimati', 'Pacific/Honolulu'];
const sold = (plan = month(), others = [year()], day = '2026-03-10'): Life =>
  aLife({ plan, others, zones, items: { SEAT: '5' }, sold: day });

function made(life: Life, wanted: Partial<NewTarget> = {}, at = '2026-03-20', found: Partial<Context> = {}) {
  life.until(at);
  const context = life.context(life.instant(at), found);
  return unbornTarget(context, life.state(), { planId: null, end: 'own', ...wanted }, identity);
}

function refused(...of: Parameters<typeof made>): (string | undefined)[][] {
  try {
    made(...of);
  } catch (error) {
    if (isTierlineError(error)) return error.reasons.map(({ code, field }) => [code, field]);
    throw error;
  }
  return [];
}

describe('a subscription that a move makes', () => {
  test('is of the customer and of no vendor yet, has no units, and is removed until the order makes it', () => {
    const life = sold();
    life.become({
      vendorSubscriptionId: 'vendor-1',
      attributes: { room: '1' },
      noticedOn: '2026-04-10',
      renewalFailure: { since: '2026-03-01', retryAt: '2026-04-11T00:00:00Z', attempts: 1, reasons: [] },
      suspension: { on: '2026-03-01', autoRenewal: true, endOn: '2026-04-10' },
    });
    const { subscription, loaded } = made(life);
    const { vendorSubscriptionId: _, ...source } = life.state();
    const dates = { startOn: '2026-03-20', endOn: '2026-04-20', startChargeOn: '2026-03-20' };
    const at = '2026-03-20T22:00:00Z';
    expect(loaded.plan.name).toBe('month');
    expect(subscription).toEqual({
      ...source,
      ...dates,
      id: 'subscription-new',
      serial: '8',
      status: 'removed',
      anchorOn: '2026-03-20',
      attributes: {},
      version: unborn,
      createdAt: at,
      updatedAt: at,
      items: [],
      licenses: [
        {
          id: 'license-new',
          productId: 'product',
          version: 'full',
          activationCode: 'CODE-NEW',
          units: zero,
          ...dates,
          graceMonths: 0,
          enabled: false,
        },
      ],
      ledger: expect.anything() as never,
      suspension: null,
      renewalFailure: null,
      noticedOn: null,
      origin: { kind: 'split', subscriptionId: source.id },
    });
    expect(subscription).not.toHaveProperty('vendorSubscriptionId');
    expect(born(subscription)).toEqual({
      status: 'active',
      licenses: [{ ...subscription.licenses[0], enabled: true }],
    });
  });

  test('has a term of its own from the date of each seller', () => {
    const { subscription } = made(sold());
    expect(subscription.ledger.map(({ anchorOn, endOn, chargeFrom }) => [anchorOn, endOn, chargeFrom])).toEqual([
      ['2026-03-20', '2026-04-20', '2026-03-20'],
      ['2026-03-21', '2026-04-21', '2026-03-21'],
      ['2026-03-20', '2026-04-20', '2026-03-20'],
    ]);
    expect(subscription.ledger.map(({ sellerId, buyerId }) => [sellerId, buyerId])).toEqual([
      ['seller-0', 'seller-1'],
      ['seller-1', 'seller-2'],
      ['seller-2', 'customer'],
    ]);
  });

  test('of another plan has its term, its months free of charge and its renewal', () => {
    const { subscription } = made(sold(month(), [year({ chargeableMonths: 1 })]), { planId: id<PlanId>('year') });
    expect(subscription).toMatchObject({
      planId: 'year',
      planVersion: 3,
      name: 'year',
      endOn: '2027-03-20',
      startChargeOn: '2026-04-20',
      autoRenewal: true,
      autoRenewalMonths: 12,
      licenses: [{ graceMonths: 2, startChargeOn: '2026-04-20' }],
    });
  });

  test('renews by itself where the plan does and what it comes from did', () => {
    const ofPlan = (autoRenewalMonths: number | null) => sold(month(), [year({ autoRenewalMonths })]);
    const renews = (life: Life) => made(life, { planId: id<PlanId>('year') }).subscription.autoRenewal;
    expect(renews(ofPlan(12))).toBe(true);
    expect(renews(ofPlan(null))).toBe(false);
    const off = ofPlan(12);
    off.become({ autoRenewal: false });
    expect(renews(off)).toBe(false);
  });

  test('ends with the other where that is asked for, today and after every further term', () => {
    const { subscription } = made(sold(month(), [], '2026-01-31'), { end: 'same' }, '2026-02-10');
    expect(subscription.ledger.map(({ anchorOn, endOn }) => [anchorOn, endOn])).toEqual([
      ['2026-01-31', '2026-02-28'],
      ['2026-02-01', '2026-03-01'],
      ['2026-01-31', '2026-02-28'],
    ]);
    expect(subscription).toMatchObject({ startOn: '2026-02-10', endOn: '2026-02-28' });
  });

  test('ends with no other where the policy forbids it', () => {
    const life = sold(month({}, { coterm: { allowed: false } }));
    expect(refused(life, { end: 'same' })).toEqual([['subscriptions.coterm_not_allowed', 'new_subscription.end']]);
    expect(refused(life)).toEqual([]);
  });
});

describe('the plan of a subscription that a move makes', () => {
  const toYear = { planId: id<PlanId>('year') };
  const unknown = [['lifecycle.unknown_plan', 'new_subscription.plan_id']];
  const sale = (facts: Partial<Context['sale']>) => ({
    sale: { delegated: true, retired: false, productStatus: 'active' as const, ...facts },
  });

  test('is one that there is', () => {
    expect(refused(sold(), { planId: id<PlanId>('nowhere') })).toEqual(unknown);
    expect(refused(sold(), toYear)).toEqual([]);
  });

  test('may be the same one as long as that is sold, which counts for no other', () => {
    for (const facts of [{ delegated: false }, { retired: true }]) {
      expect(refused(sold(), {}, '2026-03-20', sale(facts))).toEqual(unknown);
      expect(refused(sold(), { planId: id<PlanId>('month') }, '2026-03-20', sale(facts))).toEqual(unknown);
      expect(refused(sold(), toYear, '2026-03-20', sale(facts))).toEqual([]);
    }
    expect(refused(sold(), { planId: id<PlanId>('month') })).toEqual([]);
  });

  test('is no trial, and the other is none either', () => {
    const trial = [['lifecycle.move_of_trial', 'new_subscription.plan_id']];
    expect(refused(sold(month(), [year({ licenseVersion: 'trial' })]), toYear)).toEqual(trial);
    const tried = sold(month({ licenseVersion: 'trial', autoRenewalMonths: null }));
    expect(refused(tried, toYear)).toEqual(trial);
    expect(refused(tried)).toEqual(trial);
  });

  test('is not had by a customer that may not order', () => {
    const customer = { mayOrder: false, why: 'is on hold' };
    expect(refused(sold(), {}, '2026-03-20', { customer })).toEqual([
      ['lifecycle.customer_may_not_order', 'subscription'],
    ]);
  });
});

test('a move into it charges there from today, and gives its units back here', () => {
  const life = sold();
  const opens = { planId: id<PlanId>('year'), end: 'own' } as const;
  const move = { kind: 'move', items: life.wanted({ SEAT: '2' }), targetId: null, opens } as const;
  const decision = life.ask('2026-03-20', move, { at: 'now' }, { newIdentity: identity });
  const made = decision.subscriptions.find(({ before }) => before.version === unborn)!;
  expect(made.after).toMatchObject({
    status: 'active',
    items: [{ mpn: 'SEAT', quantity: life.wanted({ x: '2' })[0]!.quantity }],
  });
  expect(made.after.licenses).toMatchObject([{ enabled: true }]);
  expect(life.shown()).toContain(': 3 SEAT');
  expect(decision.events.map(({ type }) => type)).toEqual([
    'subscription.created',
    'subscription.moved_out',
    'subscription.moved_in',
  ]);
});
