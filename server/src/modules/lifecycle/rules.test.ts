import { decimal, formatDecimal, type RateId } from '@tierline/kernel';
import type { PolicyDocument } from '@tierline/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolvePolicies } from '../policies/index.ts';
import { cascaded, nearestValid, orphans, quantityReasons, type RuleInput } from './rules.ts';
import { aPlan } from './testing.ts';

const r = (mpn: string) => `plan.${mpn}` as RateId;
const rated = aPlan('plan', {
  BASE: { quantityMin: decimal('1'), quantityMax: decimal('100') },
  ADD: { dependsOn: [r('BASE')], quantityMin: decimal('2'), quantityMax: decimal('50') },
  TOP: { dependsOn: [r('ADD')] },
});

function input(
  wanted: Record<string, string>,
  policies: PolicyDocument = {},
  had: Record<string, string> = {},
): RuleInput {
  return {
    rates: rated.rates,
    policies: resolvePolicies({}, policies),
    items: Object.entries(had).map(([mpn, quantity]) => ({
      rateId: r(mpn),
      resourceId: mpn as never,
      mpn,
      vendorCode: 'v',
      name: mpn,
      quantity: decimal(quantity),
      committed: decimal(quantity),
      batches: [],
    })),
    wanted: new Map(Object.entries(wanted).map(([mpn, quantity]) => [r(mpn), decimal(quantity)])),
    isWithinTerm: true,
  };
}
const codes = (of: RuleInput): string[] => quantityReasons(of).map(({ code, field }) => `${code.slice(10)} ${field}`);
const shown = (wanted: ReadonlyMap<RateId, ReturnType<typeof decimal>> | undefined) =>
  wanted && Object.fromEntries([...wanted].map(([rateId, quantity]) => [rateId.slice(5), formatDecimal(quantity)]));

describe('reasons', () => {
  test('bounds hold for what is held; none of it is none', () => {
    expect(codes(input({ BASE: '101' }))).toEqual(['quantity_out_of_bounds items.BASE']);
    expect(codes(input({ BASE: '0.5' }))).toEqual(['quantity_out_of_bounds items.BASE']);
    expect(codes(input({ BASE: '100', ADD: '0' }))).toEqual([]);
  });

  test('every reason at once', () => {
    expect(codes(input({ BASE: '101', TOP: '1' }))).toEqual([
      'quantity_out_of_bounds items.BASE',
      'base_missing items.TOP',
    ]);
  });

  test('a commitment is what the term began with, or a share of it, and also forbids leaving it out', () => {
    const initial = { commitment: { minimum: 'initial' } } as const;
    expect(codes(input({ BASE: '9' }, initial, { BASE: '10' }))).toEqual(['below_commitment items.BASE']);
    expect(codes(input({ BASE: '10' }, initial, { BASE: '10' }))).toEqual([]);
    expect(codes(input({ BASE: '0' }, initial, { BASE: '10' }))).toEqual(['below_commitment items.BASE']);
    expect(codes(input({}, initial, { BASE: '10' }))).toEqual(['below_commitment items.BASE']);
    const share = { commitment: { minimum: 'percent', percent: '75' } } as const;
    expect(codes(input({ BASE: '7' }, share, { BASE: '10' }))).toEqual(['below_commitment items.BASE']);
    expect(codes(input({ BASE: '8' }, share, { BASE: '10' }))).toEqual([]);
    expect(codes({ ...input({ BASE: '1' }, initial, { BASE: '10' }), isWithinTerm: false })).toEqual([]);
  });

  test('an add-on within its base, and at least so many percent of it', () => {
    const policies = { add_ons: { within_base: true, percent_minimum: '50' } };
    expect(codes(input({ BASE: '10', ADD: '11' }, policies))).toEqual(['more_than_base items.ADD']);
    expect(codes(input({ BASE: '10', ADD: '4' }, policies))).toEqual(['below_base_share items.ADD']);
    expect(codes(input({ BASE: '10', ADD: '5' }, policies))).toEqual([]);
    expect(codes(input({ BASE: '10' }, policies))).toEqual([]);
  });
});

test('orphans are those without a base, and those that are more than it where that counts', () => {
  const of = (wanted: Record<string, string>, policies = {}) =>
    orphans(input(wanted, policies)).map(({ rate, most }) => `${rate.mpn} ${formatDecimal(most)}`);
  expect(of({ BASE: '0', ADD: '5', TOP: '5' })).toEqual(['ADD 0']);
  expect(of({ BASE: '3', ADD: '5' })).toEqual([]);
  expect(of({ BASE: '3', ADD: '5' }, { add_ons: { within_base: true } })).toEqual(['ADD 3']);
  expect(shown(cascaded(input({ BASE: '0', ADD: '5', TOP: '5' })))).toEqual({ BASE: '0', ADD: '0', TOP: '0' });
});

describe('the nearest valid request', () => {
  test('raises what is too little, reduces what is too much, adds the base that lacks', () => {
    expect(shown(nearestValid(input({ BASE: '500', ADD: '1' })))).toEqual({ BASE: '100', ADD: '2' });
    expect(shown(nearestValid(input({ TOP: '3' })))).toEqual({ TOP: '3', ADD: '2', BASE: '1' });
    expect(shown(nearestValid(input({ TOP: '3' }, { add_ons: { within_base: true } })))).toEqual({
      TOP: '3',
      ADD: '3',
      BASE: '3',
    });
    expect(shown(nearestValid(input({ BASE: '15', ADD: '2' }, { add_ons: { percent_minimum: '50' } })))).toEqual({
      BASE: '15',
      ADD: '8',
    });
    expect(
      shown(nearestValid(input({}, { commitment: { minimum: 'percent', percent: '75' } }, { BASE: '10' }))),
    ).toEqual({ BASE: '8' });
  });

  test('is nothing where the rules contradict each other', () => {
    expect(nearestValid(input({ BASE: '1', ADD: '2' }, { add_ons: { within_base: true } }))).toBe(undefined);
  });

  // Whatever is asked for: what is proposed is valid, and what is valid is proposed as it is.
  test('is always valid', () => {
    const quantity = fc.integer({ min: 0, max: 150 }).map(String);
    const policy = fc.record({
      within_base: fc.boolean(),
      percent_minimum: fc.constantFrom(null, '10', '33.3', '100'),
    });
    fc.assert(
      fc.property(
        quantity,
        quantity,
        quantity,
        quantity,
        policy,
        fc.boolean(),
        (base, add, top, had, addOns, isBound) => {
          const of = input(
            { BASE: base, ADD: add, TOP: top },
            { add_ons: addOns, commitment: { minimum: isBound ? 'initial' : 'none' } },
            { BASE: had },
          );
          const nearest = nearestValid(of);
          if (nearest === undefined) return;
          expect(quantityReasons({ ...of, wanted: nearest })).toEqual([]);
          if (quantityReasons(of).length === 0) expect(nearest).toEqual(new Map(of.wanted));
        },
      ),
      { numRuns: 300 },
    );
  });
});
