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
/** A plan with other rates; the policies and quantities are those of `input`. */
const withRates = (of: RuleInput, rates: Parameters<typeof aPlan>[1]): RuleInput => ({
  ...of,
  rates: aPlan('plan', rates).rates,
});
const within = { add_ons: { within_base: true } } as const;

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
    const whole = { commitment: { minimum: 'initial', percent: '75' } } as const;
    expect(codes(input({ BASE: '9' }, whole, { BASE: '10' }))).toEqual(['below_commitment items.BASE']);
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
    expect(codes(input({ BASE: '10', ADD: '10' }, policies))).toEqual([]);
    expect(codes(input({ BASE: '10' }, policies))).toEqual([]);
  });

  test('no commitment binds where the policy has none', () => {
    const none = { commitment: { minimum: 'none', percent: '75' } } as const;
    expect(codes(input({ BASE: '1' }, none, { BASE: '10' }))).toEqual([]);
    expect(codes(input({}, none, { BASE: '10' }))).toEqual([]);
  });

  test('what came in during the term is committed to nothing', () => {
    const initial = { commitment: { minimum: 'initial' } } as const;
    expect(codes(input({ BASE: '10', ADD: '2' }, initial, { BASE: '10' }))).toEqual([]);
  });

  test('what the plan does not have is for others to refuse', () => {
    expect(codes(input({ OTHER: '3' }))).toEqual([]);
    expect(codes(input({}, { commitment: { minimum: 'initial' } }, { OTHER: '3' }))).toEqual([]);
  });

  test('an add-on needs each of its bases, and counts the units of all of them', () => {
    const two = { A: {}, B: {}, ADD: { dependsOn: [r('A'), r('B')] } };
    const reasons = (wanted: Record<string, string>) => codes(withRates(input(wanted, within), two));
    expect(reasons({ A: '2', ADD: '2' })).toEqual(['base_missing items.ADD']);
    expect(reasons({ ADD: '2' })).toEqual([
      'base_missing items.ADD',
      'base_missing items.ADD',
      'more_than_base items.ADD',
    ]);
    expect(reasons({ A: '2', B: '1', ADD: '3' })).toEqual([]);
    expect(reasons({ A: '2', B: '1', ADD: '4' })).toEqual(['more_than_base items.ADD']);
  });

  test('an add-on of something that the plan has no more lacks its base', () => {
    expect(codes(withRates(input({ ADD: '2' }), { ADD: { dependsOn: [r('GONE')] } }))).toEqual([
      'base_missing items.ADD',
    ]);
  });
});

test('orphans are those without a base, and those that are more than it where that counts', () => {
  const of = (wanted: Record<string, string>, policies = {}) =>
    orphans(input(wanted, policies)).map(({ rate, most }) => `${rate.mpn} ${formatDecimal(most)}`);
  expect(of({ BASE: '0', ADD: '5', TOP: '5' })).toEqual(['ADD 0']);
  expect(of({ BASE: '3', ADD: '5' })).toEqual([]);
  expect(of({ BASE: '3', ADD: '5' }, { add_ons: { within_base: true } })).toEqual(['ADD 3']);
  expect(of({ BASE: '5', ADD: '5' }, within)).toEqual([]);
  // Two are the fewest that may be had of it.
  expect(of({ BASE: '2', ADD: '5' }, within)).toEqual(['ADD 2']);
  expect(of({ BASE: '1', ADD: '5' }, within)).toEqual(['ADD 0']);
  expect(of({ BASE: '0', ADD: '0', OTHER: '3' })).toEqual([]);
  expect(shown(cascaded(input({ BASE: '0', ADD: '5', TOP: '5' })))).toEqual({ BASE: '0', ADD: '0', TOP: '0' });
});

test('of two bases one is not enough', () => {
  const two = { A: {}, B: {}, ADD: { dependsOn: [r('A'), r('B')] } };
  const of = (wanted: Record<string, string>) =>
    orphans(withRates(input(wanted), two)).map(({ rate, most }) => `${rate.mpn} ${formatDecimal(most)}`);
  expect(of({ A: '3', B: '0', ADD: '2' })).toEqual(['ADD 0']);
  expect(of({ A: '3', B: '1', ADD: '2' })).toEqual([]);
});

test('what was asked for as it is is not taken along, nor what depends on it', () => {
  const of = input({ BASE: '0', ADD: '5', TOP: '5' });
  expect(shown(cascaded(of, new Set([r('TOP')])))).toEqual({ BASE: '0', ADD: '0', TOP: '5' });
  expect(shown(cascaded(of, new Set([r('ADD')])))).toEqual({ BASE: '0', ADD: '5', TOP: '5' });
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

  test('leaves what is not asked for, what is none and what the plan does not have', () => {
    expect(shown(nearestValid(input({ BASE: '3', ADD: '0', OTHER: '7' })))).toEqual({
      BASE: '3',
      ADD: '0',
      OTHER: '7',
    });
    expect(shown(nearestValid(input({ BASE: '500', ADD: '0', OTHER: '7' })))).toEqual({
      BASE: '100',
      ADD: '0',
      OTHER: '7',
    });
    const gone = input({ BASE: '3' }, { commitment: { minimum: 'initial' } }, { BASE: '2', OTHER: '7' });
    expect(shown(nearestValid(gone))).toEqual({ BASE: '3' });
  });

  test('takes a share that is whole as it is, and rounds another one up', () => {
    const share = { add_ons: { percent_minimum: '50' } } as const;
    expect(shown(nearestValid(input({ BASE: '10', ADD: '2' }, share)))).toEqual({ BASE: '10', ADD: '5' });
    expect(shown(nearestValid(input({ BASE: '11', ADD: '2' }, share)))).toEqual({ BASE: '11', ADD: '6' });
    // What binds is the greater of the bounds, the commitment and the share.
    const bound = { ...share, commitment: { minimum: 'initial' } } as const;
    expect(shown(nearestValid(input({ BASE: '10', ADD: '2' }, bound, { ADD: '7' })))).toEqual({ BASE: '10', ADD: '7' });
  });

  test('reduces an add-on to the units of its bases where they bind it, and to its own bound otherwise', () => {
    expect(shown(nearestValid(input({ BASE: '10', ADD: '12' }, within)))).toEqual({ BASE: '10', ADD: '10' });
    expect(shown(nearestValid(input({ BASE: '60', ADD: '55' }, within)))).toEqual({ BASE: '60', ADD: '50' });
    expect(shown(nearestValid(input({ BASE: '10', ADD: '55' })))).toEqual({ BASE: '10', ADD: '50' });
  });

  test('adds a base with the fewest units that may be had of it, one at least', () => {
    const rates = { FREE: {}, FEW: { quantityMin: decimal('3') }, ADD: { dependsOn: [r('FREE'), r('FEW')] } };
    const nearest = (policies: PolicyDocument) => shown(nearestValid(withRates(input({ ADD: '2' }, policies), rates)));
    expect(nearest({})).toEqual({ ADD: '2', FREE: '1', FEW: '3' });
    expect(nearest(within)).toEqual({ ADD: '2', FREE: '2', FEW: '3' });
  });

  test('is nothing where the plan does not have the base', () => {
    expect(nearestValid(withRates(input({ ADD: '2' }), { ADD: { dependsOn: [r('GONE')] } }))).toBe(undefined);
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
