import { expect, test } from 'vitest';
import type { PlanId } from '@tierline/kernel';
import { nextOf } from './next-due.ts';
import { aLife, aPlan, type Life } from './testing.ts';

// What is shown as next is what the worker does next, on that day.

const monthly = (facts = {}) => aPlan('month', { SEAT: { price: '31' } }, { number: '10007', ...facts });
const trial = (policy: object) =>
  aPlan('trial', { SEAT: { price: '0' } }, { licenseVersion: 'trial', autoRenewalMonths: null }, { trial: policy });
const sold = (plan = monthly()): Life =>
  aLife({
    plan,
    others: plan.plan.name === 'trial' ? [monthly()] : [],
    items: { SEAT: '2' },
    sold: '2026-03-10',
    zones: ['Asia/Tokyo'],
  });

function next(life: Life): string | null {
  const { plan } = life.context(life.instant('2026-03-20')).current;
  const found = nextOf(life.state(), plan, 'Asia/Tokyo', life.intents());
  return found && `${found.kind} ${found.at.toZonedDateTimeISO('Asia/Tokyo').toPlainDate().toString()}`;
}

test('what comes next is named, with its day on the seller’s calendar', () => {
  const renewal = { at: 'renewal' } as const;
  const year = { subscriptionPeriod: { unit: 'year', count: 1 } } as const;
  expect(next(sold())).toBe('renewal 2026-04-10');
  expect(next(sold(monthly(year)))).toBe('billing_period 2026-04-10');
  expect(next(sold(monthly({ expirationNoticeDays: 5 })))).toBe('notice 2026-04-05');
  expect(next(sold(monthly({ autoRenewalMonths: null })))).toBe('expiry 2026-04-10');
  expect(next(sold(trial({ at_end: 'expire' })))).toBe('expiry 2026-04-10');
  expect(next(sold(trial({ at_end: 'convert', convert_to: '10007' })))).toBe('conversion 2026-04-10');

  const planned = sold();
  planned.change('2026-03-11', { SEAT: '3' }, { at: 'date', on: '2026-03-25' });
  expect(next(planned)).toBe('planned 2026-03-25');
  const converted = sold(trial({ at_end: 'expire' }));
  converted.ask('2026-03-11', { kind: 'convert', planId: 'month' as PlanId }, renewal);
  expect(next(converted)).toBe('conversion 2026-04-10');
  const off = sold();
  off.ask('2026-03-11', { kind: 'auto_renewal', on: false, months: null }, renewal);
  expect(next(off)).toBe('expiry 2026-04-10');
  off.ask('2026-03-11', { kind: 'cancel', reason: null }, renewal);
  expect(next(off)).toBe('cancellation 2026-04-10');

  const failed = sold();
  failed.customer.mayOrder = false;
  failed.until('2026-04-10');
  expect(next(failed)).toBe('renewal_retry 2026-04-10');
  const paused = sold(monthly({ graceMonths: 1 }));
  paused.ask('2026-03-12', { kind: 'suspend', endOn: '2026-03-20' });
  expect(next(paused)).toBe('pause 2026-03-20');
  paused.until('2026-03-21');
  expect(next(paused)).toBe('end_of_grace 2026-04-20');
  const gone = sold();
  gone.ask('2026-03-12', { kind: 'cancel', reason: null });
  expect(next(gone)).toBeNull();
});

test('the end of a term is told by what is planned for it, and by nothing else', () => {
  const renewal = { at: 'renewal' } as const;
  const off = { kind: 'auto_renewal', on: false, months: null } as const;
  const life = sold();
  life.ask('2026-03-11', { kind: 'cancel', reason: null }, { at: 'date', on: '2026-04-05' });
  life.ask('2026-03-12', { kind: 'expiry', endOn: '2026-03-30' });
  expect(next(life)).toBe('renewal 2026-03-30');
  const changed = sold();
  changed.ask('2026-03-11', off, renewal);
  changed.change('2026-03-12', { SEAT: '3' }, renewal);
  expect(next(changed)).toBe('expiry 2026-04-10');
  changed.ask('2026-03-13', { ...off, on: true }, renewal);
  expect(next(changed)).toBe('renewal 2026-04-10');
});

test('a trial ends as its policy says, which converts it only where it names a plan', () => {
  expect(next(sold(trial({ at_end: 'expire', convert_to: '10007' })))).toBe('expiry 2026-04-10');
  expect(next(sold(trial({ at_end: 'convert' })))).toBe('expiry 2026-04-10');
});
