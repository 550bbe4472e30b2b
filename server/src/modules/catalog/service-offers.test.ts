import { newId, type PlanId } from '@tierline/kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runsOf, type Offering } from './service-offers.ts';

function anOffering(rateCounts: readonly number[]): Offering {
  const offers = rateCounts.map((_, index) => ({
    planId: newId<'plan'>(),
    number: String(10_001 + index),
    version: 1,
    name: '',
    shortDescription: '',
  }));
  const starts = new Int32Array(rateCounts.length + 1);
  for (const [index, count] of rateCounts.entries()) starts[index + 1] = starts[index]! + count;
  return {
    offers,
    byPlan: new Map(offers.map((offer) => [offer.planId, offer])),
    starts,
    total: starts[rateCounts.length]!,
  };
}

const rateOf = (planId: PlanId, position: number): string => `${planId}/${position}`;

/** All rates written out one by one, and a page cut out of them: what the sums must come to without writing them out. */
function naivePage(of: Offering, rateCounts: readonly number[], offset: number, limit: number): string[] {
  const all = of.offers.flatMap((offer, index) =>
    Array.from({ length: rateCounts[index]! }, (_, position) => rateOf(offer.planId, position)),
  );
  return all.slice(offset, offset + limit);
}

const pageOf = (of: Offering, offset: number, limit: number): string[] =>
  runsOf(of, offset, limit).flatMap((run) =>
    Array.from({ length: run.count }, (_, index) => rateOf(run.planId, run.from + index)),
  );

test('a page of any offset and length is the slice of all rates', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 }),
      fc.integer({ min: 0, max: 80 }),
      fc.integer({ min: 0, max: 30 }),
      (rateCounts, offset, limit) => {
        const of = anOffering(rateCounts);
        expect(pageOf(of, offset, limit)).toEqual(naivePage(of, rateCounts, offset, limit));
        expect(runsOf(of, offset, limit).every((run) => run.count > 0)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('pages one after another are everything once', () => {
  const rateCounts = [3, 0, 0, 5, 1, 0, 4];
  const of = anOffering(rateCounts);
  for (const limit of [1, 2, 3, 7, 100]) {
    const pages: string[] = [];
    for (let offset = 0; offset < of.total; offset += limit) pages.push(...pageOf(of, offset, limit));
    expect(pages).toEqual(naivePage(of, rateCounts, 0, 1000));
  }
});

test('an account without plans has empty pages', () => {
  expect(runsOf(anOffering([]), 0, 50)).toEqual([]);
  expect(runsOf(anOffering([0, 0]), 0, 50)).toEqual([]);
});

test('a page of a plan reads that plan alone, however many stand before it', () => {
  const of = anOffering(Array.from({ length: 1000 }, () => 1000));
  expect(runsOf(of, 999_950, 50)).toEqual([{ planId: of.offers[999]!.planId, version: 1, from: 950, count: 50 }]);
});
