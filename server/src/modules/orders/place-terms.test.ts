import { decimal, isTierlineError, type TierlineError } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { aChain, aPlacement, at, edgesOf, line, named } from './testing.ts';
import { anEdgePrice, aPlanVersion } from '../../../../test/support/values.ts';
import type { NamedRate } from '../catalog/index.ts';
import { resolvePolicies } from '../policies/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import { ordinary, type Migration } from './opening.ts';
import { decidePlacement, firstDue, type Placement } from './place.ts';

const utc = { timeZone: 'UTC' };
const owner = aChain(utc, utc);
const plan = aPlanVersion({ makerId: owner.chain[0]!.id });
const base = named(plan, { mpn: 'BASE', name: 'Base', quantityMin: decimal('5'), quantityMax: decimal('10') });
const priced = edgesOf(owner, ['1', '2']);
const place = (facts: Partial<Placement>) =>
  aPlacement({ owner, lines: [line(base, '5')], prices: [priced], ...facts });

function refusalOf(placement: Placement): TierlineError {
  try {
    decidePlacement(placement);
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'invalid') return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

const reasonsOf = (placement: Placement): string[] =>
  refusalOf(placement).reasons.map(({ code, field }) => `${field} ${code}`);

describe('what was brought over from another system', () => {
  // Today is 2026-03-01.
  const migration: Migration = {
    startOn: '2025-06-15',
    endOn: '2026-06-15',
    anchorOn: '2025-06-15',
    billedUntil: '2026-03-15',
    system: null,
  };
  const brought = (facts: Partial<Migration>) =>
    place({ terms: { ...ordinary, migration: { ...migration, ...facts } } });

  test('is an order of its own type, an ordinary sale is one of sales', () => {
    expect(decidePlacement(brought({}))).toMatchObject({ type: 'migration', charges: [] });
    expect(decidePlacement(place({})).type).toBe('sales');
  });

  test.each<[keyof Migration, string]>([
    ['startOn', '2026-03-01'],
    ['endOn', '2026-03-15'],
    ['billedUntil', '2026-03-01'],
    ['billedUntil', '2026-06-15'],
  ])('%s may be %s', (member, on) => {
    expect(decidePlacement(brought({ [member]: on })).type).toBe('migration');
  });

  test.each<[string, Partial<Migration>, string[]]>([
    ['began after today', { startOn: '2026-03-02' }, ['start_on']],
    ['ended before today', { endOn: '2026-02-28', billedUntil: '2026-03-01' }, ['end_on', 'billed_until']],
    ['ends today', { endOn: '2026-03-01', billedUntil: '2026-03-01' }, ['end_on']],
    ['is not billed up to today', { billedUntil: '2026-02-28' }, ['billed_until']],
    ['is billed beyond its end', { billedUntil: '2026-06-16' }, ['billed_until']],
  ])('is refused where it %s', (_, facts, fields) => {
    expect(reasonsOf(brought(facts))).toEqual(fields.map((field) => `migration.${field} orders.migration_dates`));
  });
});

describe('what begins with the first sign-in', () => {
  const waiting = named(aPlanVersion({ activationPolicy: 'first_sign_in' }), { mpn: 'WAITS' });
  const slow = named(aPlanVersion({ vendor: { ...plan.vendor, provisioning: 'webhook' } }), { mpn: 'SLOW' });
  const sold = (...of: NamedRate[]) =>
    place({ lines: of.map((one, index) => line(one, '5', index)), prices: of.map(() => priced) });

  test.each([
    ['completed', [base]],
    ['submitted', [waiting]],
    ['submitted', [base, waiting]],
    ['processing', [waiting, slow]],
    ['processing', [base, slow]],
  ])('an order is %s', (status, of) => {
    const order = decidePlacement(sold(...of));
    expect(order).toMatchObject({ status, completedAt: status === 'completed' ? at.toString() : null });
  });

  test('is charged for when its term begins; the lines beside it are charged for at once', () => {
    const { charges, subscriptions, total } = decidePlacement(sold(waiting, base));
    expect(charges.map(({ position }) => position)).toEqual([1, 1]);
    expect(total).toBe('10');
    expect(subscriptions.map(({ waitsFor, status }) => [waitsFor, status])).toEqual([
      ['first_sign_in', 'pending'],
      [null, 'active'],
    ]);
  });

  test('has no end that could be aligned before', () => {
    const aligned = { ...ordinary, endsOn: ['2026-03-15', '2026-03-15'] };
    expect(reasonsOf({ ...sold(base, waiting), terms: aligned })).toEqual(['lines.1 orders.begins_with_sign_in']);
    expect(decidePlacement({ ...sold(base), terms: aligned }).subscriptions).toMatchObject([{ endOn: '2026-03-15' }]);
  });
});

describe('a trial', () => {
  const trial = (facts: Parameters<typeof aPlanVersion>[0], onePerCustomer: boolean, had: boolean) => {
    const of = aPlanVersion({
      ...facts,
      policies: resolvePolicies({}, { trial: { one_per_customer: onePerCustomer } }),
    });
    const lines = [line(base, '5', 0), line(named(of), '1', 1)];
    return place({ lines, prices: [priced, priced], trialsHad: new Set(had ? [of.planId] : []) });
  };

  test('is refused where the customer has had it, on its own line', () => {
    expect(reasonsOf(trial({ licenseVersion: 'trial' }, true, true))).toEqual(['lines.1 orders.trial_used']);
  });

  test.each([
    ['the first one', { licenseVersion: 'trial' }, true, false],
    ['another one where the plan allows it', { licenseVersion: 'trial' }, false, true],
    ['what is no trial', { licenseVersion: 'full' }, true, true],
  ] as const)('%s is sold', (_, facts, onePerCustomer, had) => {
    expect(decidePlacement(trial(facts, onePerCustomer, had)).lines).toHaveLength(2);
  });
});

describe('prices', () => {
  const lacking = { recurring: { from: 'EUR', to: 'JPY', date: '2026-03-01' } };
  const lackingOn = (wanted: number): RatePrices =>
    priced.map((edge, index) => (index === wanted ? { ...edge, byType: {}, missing: lacking } : edge));

  test('without an exchange rate it is refused for that alone; currencies are told only to those whose rates they are', () => {
    const own = refusalOf(place({ prices: [lackingOn(1)] })).reasons;
    expect(own).toMatchObject([{ code: 'pricing.no_exchange_rate', field: 'lines.0' }]);
    expect(own[0]!.message).toContain('JPY');
    const above = refusalOf(place({ prices: [lackingOn(0)] })).reasons;
    expect(above).toMatchObject([{ code: 'pricing.no_exchange_rate', field: 'lines.0' }]);
    expect(above[0]!.message).not.toContain('JPY');
  });

  test('the same holds for a price that is missing', () => {
    const messageOf = (...tiers: (string | undefined)[]) =>
      refusalOf(place({ prices: [edgesOf(owner, tiers)] })).reasons[0]!.message;
    expect(messageOf('1', undefined)).toContain('Set one in a price list');
    expect(messageOf(undefined, '2')).not.toContain('Set one in a price list');
  });

  test('what is not for resale needs none', () => {
    const order = decidePlacement(place({ prices: [lackingOn(1)], terms: { ...ordinary, notForResale: true } }));
    expect(order.subscriptions[0]).toMatchObject({ notForResale: true });
    expect(decidePlacement(place({ terms: { ...ordinary, notForResale: true } })).total).toBe('0');
  });

  test('of what recurs a setup fee alone is no price; of what does not, it is', () => {
    const setup = priced.map((edge) => ({ ...edge, byType: { setup: anEdgePrice('EUR', '3') } }));
    const both = named(plan, { chargeTypes: ['setup', 'recurring'] });
    expect(reasonsOf(place({ lines: [line(both, '1')], prices: [setup] }))).toEqual(['lines.0 orders.unpriced']);
    const only = named(plan, { chargeTypes: ['setup'] });
    expect(decidePlacement(place({ lines: [line(only, '1')], prices: [setup] })).total).toBe('3');
  });

  test('one price below cost is enough where the floor forbids it, on whichever edge', () => {
    const byType = { setup: anEdgePrice('EUR', '3'), recurring: anEdgePrice('EUR', '0.5', { belowCost: true }) };
    for (const below of [0, 1]) {
      const floored = priced.map((edge, index) =>
        index === below ? { ...edge, floor: 'cost' as const, byType } : edge,
      );
      expect(reasonsOf(place({ prices: [floored] }))).toEqual(['lines.0 orders.below_floor']);
    }
  });

  test('where nothing has a price the order is in the currency that the customer is billed in', () => {
    const three = aChain(utc, utc, utc);
    const free = named(aPlanVersion({ pricing: 'free' }));
    const prices = edgesOf(three, []).map((edge, index) => ({ ...edge, billedIn: ['USD', 'GBP', 'CHF'][index]! }));
    const order = (of: RatePrices) =>
      decidePlacement(aPlacement({ owner: three, lines: [line(free, '1')], prices: [of] })).currency;
    expect(order(prices)).toBe('CHF');
    expect(order(edgesOf(three, []))).toBe('EUR');
  });
});

describe('quantities', () => {
  const half = named(plan, { mpn: 'HALF', quantityMin: decimal('0.5'), quantityMax: decimal('2') });
  const free = named(plan, { mpn: 'FREE', quantityMin: decimal('0') });
  const place3 = (...quantities: [string, string, string]) =>
    place({
      lines: [base, half, free].map((of, index) => line(of, quantities[index]!, index)),
      prices: [priced, priced, priced],
    });

  test('their bounds are within', () => {
    expect(decidePlacement(place3('10', '0.5', '0.001')).lines).toHaveLength(3);
    expect(decidePlacement(place3('5', '2', '1000000')).lines).toHaveLength(3);
  });

  test('the nearest valid request changes only what is out of bounds', () => {
    expect(refusalOf(place3('7', '0.1', '0')).details).toEqual({
      nearest_valid: {
        lines: [
          { mpn: 'BASE', quantity: '7' },
          { mpn: 'HALF', quantity: '0.5' },
          { mpn: 'FREE', quantity: '1' },
        ],
      },
    });
  });

  test('there is none where something else is wrong too', () => {
    const placement = place3('4', '1', '1');
    const prices = [edgesOf(owner, ['1', undefined]), priced, priced];
    const refusal = refusalOf({ ...placement, prices });
    expect(refusal.reasons.map(({ code }) => code)).toEqual(['orders.quantity_out_of_bounds', 'orders.unpriced']);
    expect(refusal.details ?? {}).not.toHaveProperty('nearest_valid');
    const other = refusalOf({ ...place3('5', '1', '1'), prices });
    expect(other.details ?? {}).not.toHaveProperty('nearest_valid');
  });
});

describe('what first comes due by itself', () => {
  const yearly = aPlanVersion({ subscriptionPeriod: { unit: 'year', count: 1 }, expirationNoticeDays: 0 });
  const noticed = aPlanVersion({ expirationNoticeDays: 10 });
  const slow = aPlanVersion({ vendor: { ...plan.vendor, provisioning: 'webhook' } });

  test('is told for each subscription by its own plan; for one that is not real yet, nothing', () => {
    const honolulu = aChain(utc, { timeZone: 'Pacific/Honolulu' });
    const placement = aPlacement({
      owner: honolulu,
      lines: [yearly, slow, noticed].map((of, index) => line(named(of, { mpn: `M${index}` }), '1', index)),
      prices: [1, 2, 3].map(() => edgesOf(honolulu, ['1', '2'])),
    });
    const order = decidePlacement(placement);
    const [first, , third] = order.subscriptions;
    expect(firstDue(placement, order)).toEqual([
      { subscriptionId: first!.id, at: '2026-04-01T10:00:00Z' },
      { subscriptionId: third!.id, at: '2026-03-22T10:00:00Z' },
    ]);
  });
});
