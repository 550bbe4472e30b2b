import { isTierlineError, newId, type Reason } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlanTerms, Product } from './catalog.ts';
import { checkPlan, rateCountMax, type RateDraft } from './plan.ts';

const product: Product = {
  id: newId<'product'>(),
  rootId: newId<'account'>(),
  vendorId: newId<'vendor'>(),
  code: 'OFFICE365',
  name: 'Office 365',
  type: 'saas',
  family: 'standard',
  serviceName: 'O365',
  unitTypes: ['U', 'S'],
  dataCenters: ['22', '24'],
  parts: [],
  status: 'active',
  version: 1,
  createdAt: '2026-01-01T00:00:00Z',
};

const terms: PlanTerms = {
  licenseVersion: 'full',
  subscriptionPeriod: { unit: 'year', count: 1 },
  billingPeriod: { unit: 'month', count: 1 },
  billingModel: 'before_billing_period',
  activationPolicy: 'immediate',
  chargeableMonths: 0,
  autoRenewalMonths: 12,
  expirationNoticeDays: 30,
  graceMonths: 0,
  dataCenter: null,
  unitType: 'U',
  managed: false,
  pricing: 'required',
  licensePool: 'none',
  policies: {},
};

function aDraft(mpn: string, facts: Partial<RateDraft> = {}): RateDraft {
  return {
    mpn,
    quantityMin: '0',
    quantityMax: '100',
    priceModel: 'flat',
    chargeTypes: ['recurring'],
    dependsOn: [],
    ...facts,
  };
}

function reasonsOf(wanted: Partial<PlanTerms>, rates: readonly RateDraft[], of: Product = product): readonly Reason[] {
  try {
    checkPlan(of, { ...terms, ...wanted }, rates);
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'invalid') return error.reasons;
    throw error;
  }
  return [];
}

const codesOf = (...given: Parameters<typeof reasonsOf>): string[] => reasonsOf(...given).map(({ code }) => code);

test('all reasons come at once, each with its field', () => {
  const reasons = reasonsOf(
    { billingPeriod: { unit: 'month', count: 5 }, dataCenter: '99', unitType: 'X' },
    [
      aDraft('A', { quantityMin: '2', quantityMax: '1' }),
      aDraft('A'),
      aDraft('B', { dependsOn: ['C', 'GONE'] }),
      aDraft('C', { dependsOn: ['B'] }),
    ],
    { ...product, status: 'end_of_sale' },
  );
  expect(reasons.map(({ code, field }) => [code, field])).toEqual([
    ['catalog.billing_period_does_not_divide', 'billing_period'],
    ['catalog.product_not_sold', 'product_id'],
    ['catalog.unknown_data_center', 'data_center'],
    ['catalog.unknown_unit_type', 'unit_type'],
    ['catalog.mpn_repeated', 'rates'],
    ['catalog.quantity_bounds', 'rates.0.quantity_max'],
    ['catalog.unknown_base', 'rates.2.depends_on'],
    ['catalog.circular_dependency', 'rates'],
  ]);
});

describe('periods', () => {
  const periods = (subscription: string, billing: string) => {
    const of = (text: string) => {
      const [count = '', unit = ''] = text.split(' ');
      return { count: Number(count), unit: unit as 'day' | 'month' | 'year' };
    };
    return codesOf({ subscriptionPeriod: of(subscription), billingPeriod: of(billing) }, [aDraft('A')]);
  };

  test.each([
    ['1 year', '1 month'],
    ['1 year', '3 month'],
    ['12 month', '1 year'],
    ['3 year', '1 year'],
    ['90 day', '30 day'],
    ['1 day', '1 day'],
  ])('%s is a whole number of %s', (subscription, billing) => {
    expect(periods(subscription, billing)).toEqual([]);
  });

  test.each([
    ['1 year', '5 month'],
    ['1 month', '1 year'],
    ['1 month', '30 day'],
    ['90 day', '1 month'],
    ['100 day', '30 day'],
  ])('%s is no whole number of %s', (subscription, billing) => {
    expect(periods(subscription, billing)).toEqual(['catalog.billing_period_does_not_divide']);
  });
});

test.each(['end_of_sale', 'end_of_life'] as const)('a product at %s gets no new plan', (status) => {
  expect(codesOf({}, [aDraft('A')], { ...product, status })).toEqual(['catalog.product_not_sold']);
});

test('a data center and a unit type that the product has', () => {
  expect(codesOf({ dataCenter: '24', unitType: 'S' }, [aDraft('A')])).toEqual([]);
});

test.each([
  ['', '5'],
  ['1', 'x'],
  ['-1', '5'],
  ['1e3', '5000'],
  ['5.1', '5'],
])('bounds from %j to %j are refused', (quantityMin, quantityMax) => {
  expect(codesOf({}, [aDraft('A', { quantityMin, quantityMax })])).toEqual(['catalog.quantity_bounds']);
});

test('bounds may be equal and may be fractions', () => {
  expect(codesOf({}, [aDraft('A', { quantityMin: '0.5', quantityMax: '0.50' })])).toEqual([]);
});

test('a plan has between one and the greatest number of rates', () => {
  const rates = Array.from({ length: rateCountMax }, (_, index) => aDraft(`MPN-${index}`));
  expect(codesOf({}, [])).toEqual(['catalog.rate_count']);
  expect(codesOf({}, rates)).toEqual([]);
  expect(codesOf({}, [...rates, aDraft('MPN-more')])).toEqual(['catalog.rate_count']);
});

describe('circles of dependencies', () => {
  const circleOf = (dependencies: Readonly<Record<string, readonly string[]>>) => {
    const drafts = Object.entries(dependencies).map(([mpn, dependsOn]) => aDraft(mpn, { dependsOn }));
    return reasonsOf({}, drafts).map(({ message }) => message.replace('Rates depend on each other in a circle: ', ''));
  };

  test('the message names the circle and nothing else', () => {
    expect(circleOf({ A: ['A'] })).toEqual(['A -> A.']);
    expect(circleOf({ A: ['B'], B: ['C'], C: ['B'] })).toEqual(['B -> C -> B.']);
    expect(circleOf({ A: [], B: ['A', 'C'], C: ['D'], D: ['A', 'B'] })).toEqual(['B -> C -> D -> B.']);
  });

  test('two ways to one base are no circle', () => {
    expect(circleOf({ A: ['B', 'C'], B: ['D'], C: ['D'], D: [] })).toEqual([]);
  });

  /** A plan may have as many levels as rates; looking for circles must neither overflow the stack nor take forever. */
  test('a chain of all rates is no circle, and one when its end is joined to its start', () => {
    const name = (index: number) => `MPN-${index}`;
    const chain = Array.from({ length: rateCountMax }, (_, index) =>
      aDraft(name(index), { dependsOn: index + 1 < rateCountMax ? [name(index + 1)] : [] }),
    );
    expect(codesOf({}, chain)).toEqual([]);
    const closed = chain.with(rateCountMax - 1, aDraft(name(rateCountMax - 1), { dependsOn: [name(0)] }));
    expect(codesOf({}, closed)).toEqual(['catalog.circular_dependency']);
  });

  test('found exactly when repeated removal of rates without bases leaves some', () => {
    const graphs = fc.integer({ min: 1, max: 7 }).chain((size) =>
      fc.array(fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
    );
    fc.assert(
      fc.property(graphs, (graph) => {
        const left = new Map(graph.map((bases, index) => [index, new Set(bases)]));
        for (let removed = true; removed;) {
          removed = false;
          for (const [index, bases] of left) {
            if ([...bases].some((base) => left.has(base))) continue;
            left.delete(index);
            removed = true;
          }
        }
        const found = circleOf(
          Object.fromEntries(graph.map((bases, index) => [`R${index}`, bases.map((b) => `R${b}`)])),
        );
        expect(found.length).toBe(left.size > 0 ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });
});
