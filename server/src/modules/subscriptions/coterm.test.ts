import { TierlineError } from '@tierline/kernel';
import type { PolicyDocument } from '@tierline/contract';
import { describe, expect, test } from 'vitest';
import { aPlanVersion } from '../../../../test/support/values.ts';
import { resolvePolicies } from '../policies/index.ts';
import { anchorsOf, cotermAnchor, cotermEnds, type CotermTarget } from './coterm.ts';
import type { Subscription } from './subscription.ts';

const year = (coterm: PolicyDocument['coterm'] = {}) =>
  aPlanVersion({ subscriptionPeriod: { unit: 'year', count: 1 }, policies: resolvePolicies({}, { coterm }) });
const to = (status: Subscription['status'], ...ends: string[]): CotermTarget => ({
  kind: 'subscription',
  other: { status, ledger: ends.map((endOn) => ({ endOn })) } as unknown as Subscription,
});
const month: CotermTarget = { kind: 'calendar_month' };

function code(plan: ReturnType<typeof year>, target: CotermTarget, ...starts: string[]): string {
  try {
    return cotermEnds(plan, target, starts).join();
  } catch (error) {
    if (error instanceof TierlineError) return error.code;
    throw error;
  }
}

describe('an aligned term ends', () => {
  test('with the other subscription, on each edge as that does', () => {
    expect(cotermEnds(year(), to('active', '2026-06-01', '2026-06-02'), ['2026-03-01', '2026-03-02'])).toEqual([
      '2026-06-01',
      '2026-06-02',
    ]);
  });

  test('with the owner’s month on every edge; where that is over, the first term there is empty', () => {
    expect(cotermEnds(year(), month, ['2026-03-30', '2026-03-31'])).toEqual(['2026-04-01', '2026-04-01']);
    expect(cotermEnds(year(), month, ['2026-03-31', '2026-04-01'])).toEqual(['2026-05-01', '2026-05-01']);
    expect(cotermEnds(year(), month, ['2026-04-02', '2026-03-31'])).toEqual(['2026-04-02', '2026-04-01']);
    expect(cotermEnds(year(), month, ['2026-12-31'])).toEqual(['2027-01-01']);
  });

  test('or is refused, each time for a reason of its own', () => {
    const active = to('active', '2026-06-01');
    expect(code(year({ allowed: false }), active, '2026-03-01')).toBe('subscriptions.coterm_not_allowed');
    expect(code(year({ to_calendar_month: false }), month, '2026-03-01')).toBe(
      'subscriptions.coterm_month_not_allowed',
    );
    expect(code(year({ to_subscription: false }), active, '2026-03-01')).toBe(
      'subscriptions.coterm_subscription_not_allowed',
    );
    expect(code(year(), { kind: 'subscription', other: undefined }, '2026-03-01')).toBe('subscriptions.coterm_unknown');
    expect(code(year(), to('active', '2026-06-01', '2026-06-01'), '2026-03-01')).toBe('subscriptions.coterm_unknown');
    expect(code(year(), to('hold', '2026-06-01'), '2026-03-01')).toBe('subscriptions.coterm_not_active');
    expect(code(year(), active, '2026-06-01')).toBe('subscriptions.coterm_in_the_past');
    expect(code(year({ min_days: 31 }), active, '2026-05-02')).toBe('subscriptions.coterm_too_short');
    expect(code(year({ min_days: 30 }), active, '2026-05-02')).toBe('2026-06-01');
    expect(code(year(), active, '2025-05-31')).toBe('subscriptions.coterm_too_long');
    expect(code(year(), active, '2025-06-01')).toBe('2026-06-01');
  });

  test('a refusal names the field that asked for it', () => {
    const refusedFor = (field: string): unknown =>
      expect.objectContaining({ reasons: [expect.objectContaining({ field })] });
    const refused = year({ allowed: false });
    expect(() => cotermEnds(refused, month, ['2026-03-01'])).toThrow(refusedFor('align'));
    expect(() => cotermEnds(refused, { ...month, field: 'end_on' }, ['2026-03-01'])).toThrow(refusedFor('end_on'));
  });
});

describe('the grid of an aligned term', () => {
  const plan = aPlanVersion({ billingPeriod: { unit: 'month', count: 1 } });

  test('is anchored at its end, or with the other subscription, whose 31st comes back', () => {
    expect(cotermAnchor(plan, '2026-02-28', undefined)).toBe('2026-02-28');
    expect(cotermAnchor(plan, '2026-02-28', '2026-01-31')).toBe('2026-01-31');
  });

  test('is that of the other one’s last term, edge by edge', () => {
    const next = { from: '2026-03-15', anchorOn: '2026-03-15', prices: {}, next: null };
    const ledger = [
      { anchorOn: '2026-01-31', upcoming: null },
      { anchorOn: '2026-01-31', upcoming: next },
    ];
    expect(anchorsOf({ ledger } as unknown as Subscription)).toEqual(['2026-01-31', '2026-03-15']);
  });
});
