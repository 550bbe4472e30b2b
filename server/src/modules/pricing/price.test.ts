import { decimal, formatDecimal, newId, type PriceListId, type RateId, type ResourceId } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applicable,
  priceOnEdge,
  roundTo,
  type EdgePrice,
  type PriceEntry,
  type PriceList,
  type PriceRule,
  type PriceTarget,
} from './price.ts';

const today = '2026-03-15';
const ids = { older: '019c0000-0000-7000-8000-000000000001', younger: '019c0000-0000-7000-8000-000000000002' };

const target: PriceTarget = {
  rateId: 'rate' as RateId,
  resourceId: 'resource' as ResourceId,
  planId: 'plan',
  productId: 'product',
  vendorId: 'vendor',
};

function aList(facts: Partial<PriceList> = {}): PriceList {
  return {
    id: newId<'price_list'>(),
    accountId: newId<'account'>(),
    name: 'Standard',
    currency: 'EUR',
    audience: 'global',
    buyerGroup: null,
    buyerId: null,
    effectiveFrom: '2026-01-01',
    effectiveTo: null,
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    ...facts,
  };
}

function anEntry(list: PriceList, amount: string, facts: Partial<PriceEntry> = {}): PriceEntry {
  return {
    priceListId: list.id,
    targetId: target.rateId,
    targetKind: 'rate',
    chargeType: 'recurring',
    effectiveFrom: '2026-01-01',
    lowerLimit: '0',
    amount,
    ...facts,
  };
}

function aRule(list: PriceList, percent: string, facts: Partial<PriceRule> = {}): PriceRule {
  return {
    id: newId<'rule'>(),
    priceListId: list.id,
    scope: 'all',
    scopeId: null,
    chargeType: null,
    percent,
    amount: '0',
    decimals: null,
    effectiveFrom: '2026-01-01',
    ...facts,
  };
}

/** What the seller pays itself, as tiers `[[from, amount], ...]`. */
function aCost(currency: string, ...tiers: readonly (readonly [from: string, amount: string])[]): EdgePrice {
  return {
    currency,
    tiers: tiers.map(([from, amount]) => ({ lowerLimit: decimal(from), amount: decimal(amount) })),
    source: { kind: 'free' },
    belowCost: false,
  };
}

function tiersOf(price: EdgePrice | undefined): string[] | undefined {
  return price?.tiers.map((tier) => `${formatDecimal(tier.lowerLimit)}:${formatDecimal(tier.amount)}`);
}

function priceFrom(
  lists: readonly { list: PriceList; entries?: readonly PriceEntry[]; rules?: readonly PriceRule[] }[],
  cost?: EdgePrice,
): EdgePrice | undefined {
  const whole = lists.map(({ list, entries = [], rules = [] }) => ({ list, entries, rules }));
  return priceOnEdge(whole, target, 'recurring', today, cost);
}

describe('which lists apply, and in which order', () => {
  const buyer = { id: 'buyer', buyerGroup: 'gold' };

  test('the buyer before its group before all', () => {
    const global = aList();
    const group = aList({ audience: 'group', buyerGroup: 'gold' });
    const own = aList({ audience: 'buyer', buyerId: 'buyer' as PriceList['buyerId'] });
    expect(applicable([global, group, own], buyer, today)).toEqual([own, group, global]);
  });

  test('lists for others do not apply', () => {
    const others = [
      aList({ audience: 'group', buyerGroup: 'silver' }),
      aList({ audience: 'buyer', buyerId: 'other' as PriceList['buyerId'] }),
    ];
    expect(applicable(others, buyer, today)).toEqual([]);
    expect(applicable(others, { id: 'buyer', buyerGroup: null }, today)).toEqual([]);
  });

  test('before a buyer is known only global lists apply', () => {
    const global = aList();
    const group = aList({ audience: 'group', buyerGroup: 'gold' });
    expect(applicable([group, global], undefined, today)).toEqual([global]);
  });

  test('among equals the one that began later comes first, then the one that was made later', () => {
    const early = aList({ effectiveFrom: '2026-01-01', id: ids.younger as PriceListId });
    const late = aList({ effectiveFrom: '2026-02-01', id: ids.older as PriceListId });
    const lateYounger = aList({ effectiveFrom: '2026-02-01', id: ids.younger as PriceListId });
    for (const given of [
      [early, late, lateYounger],
      [lateYounger, late, early],
      [late, lateYounger, early],
    ]) {
      expect(applicable(given, buyer, today)).toEqual([lateYounger, late, early]);
    }
  });

  test('a list is valid from its first day on, and no longer on the day of its end', () => {
    const list = aList({ effectiveFrom: '2026-03-15', effectiveTo: '2026-04-01' });
    const on = (date: string) => applicable([list], buyer, date).length === 1;
    expect([on('2026-03-14'), on('2026-03-15'), on('2026-03-31'), on('2026-04-01')]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('explicit prices', () => {
  test('the price of the rate beats the price of its resource, which beats a rule', () => {
    const list = aList();
    const ofResource = anEntry(list, '8', { targetId: target.resourceId, targetKind: 'resource' });
    const rules = [aRule(list, '100')];
    const cost = aCost('EUR', ['0', '5']);
    expect(tiersOf(priceFrom([{ list, rules }], cost))).toEqual(['0:10']);
    expect(tiersOf(priceFrom([{ list, rules, entries: [ofResource] }], cost))).toEqual(['0:8']);
    const both = priceFrom([{ list, rules, entries: [ofResource, anEntry(list, '9')] }], cost);
    expect(both).toMatchObject({ source: { kind: 'explicit', target: 'rate', priceListId: list.id } });
    expect(tiersOf(both)).toEqual(['0:9']);
  });

  test('the newest date that has begun counts, with its own tiers only', () => {
    const list = aList();
    const entries = [
      anEntry(list, '10', { effectiveFrom: '2026-01-01' }),
      anEntry(list, '7', { effectiveFrom: '2026-01-01', lowerLimit: '100' }),
      anEntry(list, '11', { effectiveFrom: today }),
      anEntry(list, '12', { effectiveFrom: '2026-03-16' }),
    ];
    const price = priceFrom([{ list, entries }]);
    expect(tiersOf(price)).toEqual(['0:11']);
    expect(tiersOf(priceFrom([{ list, entries: entries.toReversed() }]))).toEqual(['0:11']);
    expect(price?.source).toMatchObject({ effectiveFrom: today });
  });

  test('a price of the rate that has not begun yet leaves the one of the resource', () => {
    const list = aList();
    const entries = [
      anEntry(list, '9', { effectiveFrom: '2026-03-16' }),
      anEntry(list, '8', { targetId: target.resourceId, targetKind: 'resource' }),
    ];
    expect(tiersOf(priceFrom([{ list, entries }]))).toEqual(['0:8']);
  });

  test('tiers are in order of their limits as numbers, not as text', () => {
    const list = aList();
    const entries = [
      anEntry(list, '3', { lowerLimit: '1000' }),
      anEntry(list, '4', { lowerLimit: '90.5' }),
      anEntry(list, '5'),
    ];
    expect(tiersOf(priceFrom([{ list, entries }]))).toEqual(['0:5', '90.5:4', '1000:3']);
  });

  test('another charge type, rate or list is no price', () => {
    const list = aList();
    const entries = [
      anEntry(list, '1', { chargeType: 'setup' }),
      anEntry(list, '2', { targetId: newId<'rate'>() }),
      anEntry(aList(), '3'),
    ];
    expect(priceFrom([{ list, entries }])).toBeUndefined();
  });

  test('a list of higher precedence wins with whatever it has, else the next one is asked', () => {
    const [first, second] = [aList({ name: 'First' }), aList({ name: 'Second' })];
    const entries = [anEntry(second, '20')];
    const rules = [aRule(first, '10')];
    const cost = aCost('EUR', ['0', '5']);
    const lists = [
      { list: first, entries, rules },
      { list: second, entries, rules },
    ];
    expect(priceFrom(lists, cost)?.source).toMatchObject({ kind: 'rule', priceList: 'First' });
    // Without a cost a rule has nothing to add to.
    expect(priceFrom(lists)?.source).toMatchObject({ kind: 'explicit', priceList: 'Second' });
  });

  test('in one currency nothing is said of an exchange', () => {
    const list = aList();
    const cost = aCost('EUR', ['0', '5']);
    const explicit = priceFrom([{ list, entries: [anEntry(list, '9')] }], cost);
    expect(Object.keys(explicit!)).not.toContain('costExchange');
    expect(Object.keys(priceFrom([{ list, rules: [aRule(list, '10')] }], cost)!.source)).not.toContain('costExchange');
  });

  test('nothing set is no price', () => {
    expect(priceFrom([])).toBeUndefined();
    expect(priceFrom([{ list: aList() }], aCost('EUR', ['0', '5']))).toBeUndefined();
  });
});

describe('rules', () => {
  const cost = aCost('EUR', ['0', '10'], ['50', '8'], ['100', '4.5']);

  test('a markup applies to every tier of the cost', () => {
    const list = aList();
    expect(tiersOf(priceFrom([{ list, rules: [aRule(list, '12.5', { amount: '0.1' })] }], cost))).toEqual([
      '0:11.35',
      '50:9.1',
      '100:5.1625',
    ]);
  });

  test('the narrower scope wins: rate, plan, product, vendor, all', () => {
    const list = aList();
    const rules = [
      aRule(list, '5'),
      aRule(list, '4', { scope: 'vendor', scopeId: target.vendorId }),
      aRule(list, '3', { scope: 'product', scopeId: target.productId }),
      aRule(list, '2', { scope: 'plan', scopeId: target.planId }),
      aRule(list, '1', { scope: 'rate', scopeId: target.rateId }),
    ];
    const winners = [];
    while (rules.length > 0) {
      const source = priceFrom([{ list, rules }], cost)?.source;
      winners.push(source?.kind === 'rule' ? source.scope : source?.kind);
      rules.pop();
    }
    expect(winners).toEqual(['rate', 'plan', 'product', 'vendor', 'all']);
  });

  test('a scope of something else does not apply, even under the id of another kind', () => {
    const list = aList();
    const rules = [
      aRule(list, '1', { scope: 'plan', scopeId: target.productId }),
      aRule(list, '2', { scope: 'vendor', scopeId: 'other' }),
      aRule(aList(), '3'),
    ];
    expect(priceFrom([{ list, rules }], cost)).toBeUndefined();
  });

  test('in one scope: for this charge type before for all, then the newest that has begun, then the younger', () => {
    const list = aList();
    const all = aRule(list, '1', { effectiveFrom: '2026-03-01' });
    const recurring = aRule(list, '2', { chargeType: 'recurring' });
    const newer = aRule(list, '3', { chargeType: 'recurring', effectiveFrom: '2026-03-01', id: ids.older });
    const younger = { ...newer, percent: '4', id: ids.younger };
    const future = aRule(list, '5', { chargeType: 'recurring', effectiveFrom: '2026-03-16' });
    const setup = aRule(list, '6', { chargeType: 'setup' });
    const percentOf = (...rules: PriceRule[]) => {
      const source = priceFrom([{ list, rules }], cost)?.source;
      return source?.kind === 'rule' ? source.percent : undefined;
    };
    expect(percentOf(all, recurring)).toBe('2');
    expect(percentOf(recurring, all)).toBe('2');
    expect(percentOf(aRule(list, '7', { effectiveFrom: today }))).toBe('7');
    expect(percentOf(recurring, newer)).toBe('3');
    expect(percentOf(younger, newer)).toBe('4');
    expect(percentOf(future, recurring, setup)).toBe('2');
    expect(percentOf(setup, future)).toBeUndefined();
  });

  test('a rule adds nothing to a cost in another currency', () => {
    const list = aList({ currency: 'USD' });
    expect(priceFrom([{ list, rules: [aRule(list, '10')] }], cost)).toBeUndefined();
    expect(tiersOf(priceFrom([{ list, rules: [aRule(list, '10')], entries: [anEntry(list, '9')] }], cost))).toEqual([
      '0:9',
    ]);
  });

  test('a discount never makes a price negative', () => {
    const list = aList();
    expect(tiersOf(priceFrom([{ list, rules: [aRule(list, '-100')] }], cost))).toEqual(['0:0', '50:0', '100:0']);
    expect(tiersOf(priceFrom([{ list, rules: [aRule(list, '0', { amount: '-6' })] }], cost))).toEqual([
      '0:4',
      '50:2',
      '100:0',
    ]);
  });

  test.each([
    ['1.005', 2, '1.01'],
    ['1.0049', 2, '1'],
    ['2.5', 0, '3'],
    ['0.5', 0, '1'],
    ['0.49', 0, '0'],
    ['9.995', 2, '10'],
    ['3.14', 4, '3.14'],
    ['-0.005', 2, '-0.01'],
    ['-0.0049', 2, '0'],
  ])('%s to %i decimals is %s: half away from zero', (value, decimals, rounded) => {
    expect(formatDecimal(roundTo(decimal(value), decimals))).toBe(rounded);
  });

  test('decimals of a rule round each tier', () => {
    const list = aList();
    const rules = [aRule(list, '12.5', { decimals: 2 })];
    expect(tiersOf(priceFrom([{ list, rules }], aCost('EUR', ['0', '1.05'], ['10', '0.92'])))).toEqual([
      '0:1.18',
      '10:1.04',
    ]);
  });

  /** A channel may be as deep as it likes; each level's percentage lengthens the fraction. */
  test('markups on markups stay within the digits that a price may have', () => {
    const list = aList();
    const rules = [aRule(list, '12.345678901234')];
    let price: EdgePrice | undefined = aCost('EUR', ['0', '1.000001']);
    for (let depth = 0; depth < 40; depth += 1) {
      price = priceFrom([{ list, rules }], price);
      expect(price?.tiers[0]?.amount.scale).toBeLessThanOrEqual(12);
    }
    // 1.000001 x 1.12345678901234^40
    expect(formatDecimal(price!.tiers[0]!.amount)).toMatch(/^105\.2\d+$/);
  });
});

describe('below cost', () => {
  const list = aList();
  const sold = (cost: EdgePrice, ...tiers: readonly (readonly [from: string, amount: string])[]) => {
    const entries = tiers.map(([lowerLimit, amount]) => anEntry(list, amount, { lowerLimit }));
    return priceFrom([{ list, entries }], cost)?.belowCost;
  };

  test('at cost is not below', () => {
    expect(sold(aCost('EUR', ['0', '5']), ['0', '5'])).toBe(false);
    expect(sold(aCost('EUR', ['0', '5']), ['0', '4.999999'])).toBe(true);
  });

  test('each limit of either side counts, since a price only changes there', () => {
    expect(sold(aCost('EUR', ['0', '4'], ['20', '6']), ['0', '10'], ['10', '5'])).toBe(true);
    expect(sold(aCost('EUR', ['0', '6'], ['20', '4']), ['0', '10'], ['10', '5'])).toBe(true);
    expect(sold(aCost('EUR', ['0', '6'], ['10', '4']), ['0', '10'], ['10', '5'])).toBe(false);
    expect(sold(aCost('EUR', ['0', '6'], ['10', '4']), ['0', '10'], ['9', '5'])).toBe(true);
  });

  test('prices in different currencies are not compared', () => {
    expect(sold(aCost('USD', ['0', '5']), ['0', '1'])).toBe(false);
  });

  test('the same as looking at every quantity', () => {
    const tiers = fc
      .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 4 })
      .chain((limits) =>
        fc.tuple(
          fc.constant([0, ...limits.toSorted((a, b) => a - b)]),
          fc.array(fc.integer({ min: 0, max: 6 }), { minLength: limits.length + 1, maxLength: limits.length + 1 }),
        ),
      )
      .map(([limits, amounts]) => limits.map((limit, index) => [String(limit), String(amounts[index])] as const));
    const at = (of: readonly (readonly [string, string])[], quantity: number) =>
      Number(of.findLast(([limit]) => Number(limit) <= quantity)![1]);
    fc.assert(
      fc.property(tiers, tiers, (price, cost) => {
        const somewhere = Array.from({ length: 40 }, (_, quantity) => quantity).some(
          (quantity) => at(price, quantity) < at(cost, quantity),
        );
        expect(sold(aCost('EUR', ...cost), ...price)).toBe(somewhere);
      }),
    );
  });
});
