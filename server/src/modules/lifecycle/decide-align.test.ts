import { expect, test } from 'vitest';
import { aLife, aPlan, id, other } from './testing.ts';

const plan = (policies = {}) => aPlan('month', { SEAT: { price: '31' } }, {}, policies);
const sold = (on: string, policies = {}) => aLife({ plan: plan(policies), items: { SEAT: '1' }, sold: on });
const withOther = { kind: 'renew', from: 'expiry', months: null, items: [] } as const;
const align = { kind: 'subscription', subscriptionId: id<never>('first') } as const;

test('a term can’t be aligned to a subscription that is not the customer’s', () => {
  const life = sold('2026-03-10');
  expect(life.refusal('2026-03-20', { ...withOther, align }).codes).toEqual(['subscriptions.coterm_unknown']);
});

test('what a policy has for the end of months says nothing about other subscriptions, and the other way round', () => {
  const month = { kind: 'calendar_month' } as const;
  const onlyMonths = sold('2026-03-10', { coterm: { to_subscription: false } });
  expect(onlyMonths.refusal('2026-03-20', { ...withOther, align }).codes).toEqual([
    'subscriptions.coterm_subscription_not_allowed',
  ]);
  onlyMonths.ask('2026-03-20', { ...withOther, align: month });
  expect(onlyMonths.shown()).toBe('active 2026-03-10 to 2026-05-01: 1 SEAT');
  const onlyOthers = sold('2026-03-10', { coterm: { to_calendar_month: false } });
  expect(onlyOthers.refusal('2026-03-20', { ...withOther, align: month }).codes).toEqual([
    'subscriptions.coterm_month_not_allowed',
  ]);
  const first = sold('2026-04-05');
  const others = new Map([other(first, 'first', plan())]);
  onlyOthers.ask('2026-04-06', { ...withOther, align }, { at: 'now' }, { others });
  expect(onlyOthers.shown()).toBe('active 2026-03-10 to 2026-05-05: 1 SEAT');
});
