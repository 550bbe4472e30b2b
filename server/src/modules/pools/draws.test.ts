import { decimal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { aPlanVersion } from '../../../../test/support/values.ts';
import {
  exhausted,
  exhaustedReason,
  keyText,
  lowMoves,
  movesBetween,
  poolOf,
  shortMoves,
  unitsHeld,
  type Drawing,
  type PoolMove,
  type Stock,
} from './draws.ts';

const own = aPlanVersion({ licensePool: 'owner' });
const none = aPlanVersion({ licensePool: 'none' });
const holding = (units: string, status: Drawing['status'] = 'active'): Drawing => ({
  status,
  licenses: [{ units: decimal(units) } as Drawing['licenses'][number]],
});
const on = (subscription: Drawing, plan = own) => ({ subscription, plan });
const unitsOf = (moves: readonly PoolMove[]) => moves.map(({ units }) => units);

describe('the units that a subscription has out of its pool', () => {
  test.each([
    ['pending', 5n],
    ['active', 5n],
    ['hold', 5n],
    ['terminated', 0n],
    ['removed', 0n],
  ] as const)('%s: %s', (status, units) => expect(unitsHeld(holding('5', status))).toBe(units));

  test.each([
    ['0', 0n],
    ['0.1', 1n],
    ['2.000', 2n],
    ['2.001', 3n],
  ])('a license of %s units takes %s whole ones', (quantity, units) =>
    expect(unitsHeld(holding(quantity))).toBe(units),
  );
});

describe('what moves', () => {
  test('is the difference between before and after', () => {
    const move = (before: Drawing | null, after: Drawing) =>
      unitsOf(movesBetween([{ before: before && on(before), after: on(after) }]));
    expect(move(null, holding('4'))).toEqual([4n]);
    expect(move(holding('4'), holding('6'))).toEqual([2n]);
    expect(move(holding('6'), holding('4'))).toEqual([-2n]);
    expect(move(holding('6'), holding('6', 'hold'))).toEqual([]);
    expect(move(holding('6'), holding('6', 'terminated'))).toEqual([-6n]);
  });

  test('goes back to the pool of the plan before, and out of that of the plan after', () => {
    const other = aPlanVersion({ licensePool: 'owner' });
    expect(movesBetween([{ before: on(holding('4')), after: on(holding('5'), other) }])).toEqual([
      { ...poolOf(own), units: -4n },
      { ...poolOf(other), units: 5n },
    ]);
    expect(movesBetween([{ before: on(holding('4')), after: on(holding('5'), none) }])).toEqual([
      { ...poolOf(own), units: -4n },
    ]);
  });

  test('is one move for each pool, however many subscriptions have a part in it', () => {
    const all = [3, 4].map((units) => ({ before: null, after: on(holding(String(units))) }));
    expect(unitsOf(movesBetween(all))).toEqual([7n]);
    const moved = [
      { before: on(holding('5')), after: on(holding('2')) },
      { before: on(holding('1')), after: on(holding('4')) },
    ];
    expect(movesBetween(moved)).toEqual([]);
  });
});

describe('a look at the pools', () => {
  const move = (units: bigint): PoolMove => ({ ...poolOf(own)!, units });
  const stocks = (facts: Partial<Stock>) =>
    new Map([[keyText(move(0n)), { available: 5n, minimum: 0n, autoRefillBelow: 0n, ...facts }]]);

  test('finds what is short: more than there is, but not where a pool fills itself, nor what goes back', () => {
    expect(shortMoves([move(5n)], stocks({}))).toEqual([]);
    expect(shortMoves([move(6n)], stocks({}))).toEqual([move(6n)]);
    expect(shortMoves([move(6n)], stocks({ autoRefillBelow: 1n }))).toEqual([]);
    expect(shortMoves([move(1n)], new Map())).toEqual([move(1n)]);
    expect(shortMoves([move(-1n)], new Map())).toEqual([]);
  });

  test('finds what leaves fewer than the minimum', () => {
    expect(lowMoves([move(2n)], stocks({ minimum: 3n }))).toEqual([]);
    expect(lowMoves([move(3n)], stocks({ minimum: 3n }))).toEqual([move(3n)]);
    expect(lowMoves([move(-1n)], stocks({ minimum: 9n }))).toEqual([]);
  });

  test('a refusal names the field and says how many were wanted, not how many there are', () => {
    expect(exhausted([exhaustedReason(move(6n), 'Product', 'lines.0.quantity')])).toMatchObject({
      code: 'pools.exhausted',
      kind: 'conflict',
      field: 'lines.0.quantity',
      message:
        'The license pool of Product has fewer than the 6 units that this takes. Take fewer, or have it refilled.',
    });
  });
});
