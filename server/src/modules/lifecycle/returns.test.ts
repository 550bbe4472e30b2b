import { decimal, formatDecimal, Temporal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { isInside, planReturn, together, type Returned, type ReturnPolicy } from './returns.ts';

const at = (text: string) => Temporal.Instant.from(text);
const batch = (quantity: string, came: string) => ({ quantity: decimal(quantity), at: came });
const policy = (facts: Partial<ReturnPolicy>): ReturnPolicy => ({
  window: { count: 7, unit: 'day' },
  basis: 'batch',
  refund: 'prorated',
  after: 'refused',
  ...facts,
});

function plan(of: ReturnPolicy, batches: ReturnType<typeof batch>[], count: string, now: string, zone = 'UTC') {
  const item = { batches };
  const subscription = { startOn: '2026-03-01', items: [{ ...item }] as never };
  const { parts, stuck, batches: left } = planReturn(of, item, decimal(count), subscription, at(now), zone);
  return {
    parts: parts.map(({ quantity, refund }) => `${formatDecimal(quantity)} ${refund}`),
    stuck: formatDecimal(stuck),
    left: left.map(({ quantity }) => formatDecimal(quantity)),
  };
}
const two = [batch('5', '2026-03-01T12:00:00Z'), batch('3', '2026-03-06T12:00:00Z')];

describe('what is given back', () => {
  test('the youngest first, and of an older batch only what is still asked for', () => {
    expect(plan(policy({}), two, '4', '2026-03-07T12:00:00Z')).toEqual({
      parts: ['3 prorated', '1 prorated'],
      stuck: '0',
      left: ['4'],
    });
  });

  test('each batch has its own window; what is outside is stuck', () => {
    expect(plan(policy({}), two, '4', '2026-03-08T00:00:00Z')).toEqual({
      parts: ['3 prorated'],
      stuck: '1',
      left: ['4'],
    });
  });

  test('outside it goes without a refund, or with one, where the policy has that', () => {
    expect(plan(policy({ after: 'no_refund', refund: 'full' }), two, '4', '2026-03-08T00:00:00Z').parts).toEqual([
      '3 full',
      '1 none',
    ]);
    expect(plan(policy({ after: 'prorated', refund: 'full' }), two, '4', '2026-03-08T00:00:00Z').parts).toEqual([
      '3 full',
      '1 prorated',
    ]);
    expect(plan(policy({ after: 'term_end' }), two, '4', '2026-03-08T00:00:00Z').stuck).toBe('1');
  });

  test('by the purchase the first units count for all', () => {
    expect(plan(policy({ basis: 'purchase' }), two, '4', '2026-03-08T00:00:00Z')).toMatchObject({
      parts: [],
      stuck: '4',
    });
    expect(plan(policy({ basis: 'purchase' }), two, '4', '2026-03-07T23:59:59Z')).toMatchObject({ stuck: '0' });
  });

  test('by the purchase hours count from its instant, and after a late renewal from that', () => {
    const hours = policy({ basis: 'purchase', window: { count: 24, unit: 'hour' } });
    expect(plan(hours, [batch('5', '2026-03-01T12:00:00Z')], '1', '2026-03-02T11:59:59Z').stuck).toBe('0');
    expect(plan(hours, [batch('5', '2026-03-01T12:00:00Z')], '1', '2026-03-02T12:00:00Z').stuck).toBe('1');
    expect(
      plan(policy({ basis: 'purchase' }), [batch('5', '2026-03-20T12:00:00Z')], '1', '2026-03-26T12:00:00Z').stuck,
    ).toBe('0');
  });
});

describe('what all of it leaves', () => {
  const all = policy({ basis: 'purchase' });

  test('is no batch', () => {
    expect(plan(all, two, '8', '2026-03-07T12:00:00Z').left).toEqual([]);
    expect(plan(all, two, '7', '2026-03-07T12:00:00Z').left).toEqual(['1']);
  });

  test('is nothing either of units of which nobody knows when they came: they were bought when the term began', () => {
    expect(plan(all, [], '5', '2026-03-07T23:59:59Z')).toEqual({ parts: ['5 prorated'], stuck: '0', left: [] });
    expect(plan(all, [], '5', '2026-03-08T00:00:00Z')).toMatchObject({ parts: [], stuck: '5' });
  });
});

test('what came before the term began was bought when it began', () => {
  const early = [batch('5', '2026-02-10T12:00:00Z')];
  expect(plan(policy({ basis: 'purchase' }), early, '1', '2026-03-07T12:00:00Z').stuck).toBe('0');
  expect(plan(policy({}), early, '1', '2026-03-07T12:00:00Z').stuck).toBe('1');
});

describe('parts that go back together', () => {
  const part = (quantity: string, refund: Returned['refund']): Returned => ({
    quantity: decimal(quantity),
    refund,
    cameAt: at('2026-03-01T12:00:00Z'),
  });
  const shown = (...parts: Returned[]) =>
    together(parts).map(({ quantity, refund }) => `${formatDecimal(quantity)} ${refund}`);

  test('are those that follow each other and are refunded from the same day on', () => {
    expect(shown(part('1', 'prorated'), part('2', 'prorated'), part('3', 'prorated'))).toEqual(['6 prorated']);
    expect(shown(part('1', 'prorated'), part('2', 'none'), part('3', 'none'))).toEqual(['1 prorated', '5 none']);
    expect(shown()).toEqual([]);
  });

  test('are none that are refunded whole: each from when it came', () => {
    expect(shown(part('1', 'full'), part('2', 'full'))).toEqual(['1 full', '2 full']);
  });
});

describe('a window', () => {
  test('of days is of the owner’s calendar and half open: seven days from March 3 are over when March 10 begins', () => {
    const week = { window: { count: 7, unit: 'day' } } as const;
    const came = at('2026-03-03T22:30:00Z');
    expect(isInside(week, came, at('2026-03-09T23:59:59Z'), 'UTC')).toBe(true);
    expect(isInside(week, came, at('2026-03-10T00:00:00Z'), 'UTC')).toBe(false);
    // In Berlin that was March 3, 23:30.
    expect(isInside(week, came, at('2026-03-09T22:59:59Z'), 'Europe/Berlin')).toBe(true);
    expect(isInside(week, came, at('2026-03-09T23:00:00Z'), 'Europe/Berlin')).toBe(false);
  });

  test('of hours is exact, also over a change of the clock', () => {
    const hours = { window: { count: 48, unit: 'hour' } } as const;
    const came = at('2026-03-28T12:00:00Z');
    expect(isInside(hours, came, at('2026-03-30T11:59:59Z'), 'Europe/Berlin')).toBe(true);
    expect(isInside(hours, came, at('2026-03-30T12:00:00Z'), 'Europe/Berlin')).toBe(false);
  });

  test('may be always or never', () => {
    const came = at('2026-03-03T12:00:00Z');
    expect(isInside({ window: null }, came, at('2036-03-03T12:00:00Z'), 'UTC')).toBe(true);
    expect(isInside({ window: { count: 0, unit: 'day' } }, came, came, 'UTC')).toBe(false);
    expect(isInside({ window: { count: 0, unit: 'hour' } }, came, came, 'UTC')).toBe(false);
    // Nor before what was sold for a later day has begun.
    const before = at('2026-03-01T12:00:00Z');
    expect(isInside({ window: { count: 0, unit: 'day' } }, came, before, 'UTC')).toBe(false);
    expect(isInside({ window: { count: 0, unit: 'hour' } }, came, before, 'UTC')).toBe(false);
  });
});
