import { decimal, formatDecimal, isTierlineError, zero, type AccountId, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { anEdge, anEdgePrice } from '../../../../test/support/values.ts';
import { lockPrices, type LockedPrices } from '../billing/index.ts';
import type { Deal, EdgePrices, RatePrices } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { WantedItem } from './command.ts';
import {
  checkDeals,
  dealtPrices,
  dealtTerm,
  plannedItems,
  refuseFromRenewal,
  refuseHeldDeals,
  withItemDeals,
  withNext,
} from './item-deals.ts';
import { aPlan, id, sellers } from './testing.ts';

const owner = sellers('UTC', 'UTC');
const plan = aPlan('month', { SEAT: { price: '31', setup: '5' }, DISK: { price: '3.1' } });
const [seat, disk] = [...plan.rates.values()];
const deal = (sellerId: string, amount: string, facts: Partial<Deal> = {}): Deal =>
  ({
    kind: 'price',
    from: 'now',
    terms: 1,
    sellerId: id<AccountId>(sellerId),
    chargeType: 'recurring',
    currency: null,
    tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
    ...facts,
  }) as Deal;
const off = (sellerId: string, amount: string): Deal =>
  deal(sellerId, '0', { kind: 'discount', discount: { type: 'amount', value: decimal(amount) } });
/** Prices of one rate, from the provider down; undefined: none on that edge. */
const edges = (...amounts: readonly (string | undefined)[]): EdgePrices[] =>
  amounts.map((amount, index) =>
    anEdge({
      sellerId: id<AccountId>(`seller-${index}`),
      buyerId: id<AccountId>(`seller-${index + 1}`),
      byType: amount === undefined ? {} : { recurring: anEdgePrice('EUR', amount) },
    }),
  );
const wanted = (rateId: string, ...deals: Deal[]): WantedItem => ({
  rateId: id<RateId>(`month.${rateId}`),
  quantity: decimal('1'),
  deals,
});

function refused(work: () => unknown): (string | undefined)[][] {
  try {
    work();
  } catch (error) {
    if (isTierlineError(error)) return error.reasons.map(({ code, field }) => [code, field]);
    throw error;
  }
  return [];
}
const amountOf = (prices: LockedPrices | undefined): string | undefined =>
  prices?.recurring && formatDecimal(prices.recurring.tiers[0]!.amount);

describe('prices of an item that comes in', () => {
  const dealt = (prices: RatePrices | undefined, deals: Deal[], since: 'term_of_today' | 'term_to_come') =>
    dealtPrices({ owner }, seat!, prices, deals, { field: 'items.3', since });

  test('are those of today without a deal, and none where there are none', () => {
    const prices = edges('20', '31');
    expect(dealt(prices, [], 'term_of_today')).toBe(prices);
    expect(dealt(undefined, [deal('seller-0', '1')], 'term_of_today')).toBeUndefined();
  });

  test('are told with every reason against a deal, each where it stands', () => {
    const deals = [deal('seller-0', '1'), deal('seller-1', '1', { from: 'renewal' }), deal('seller-9', '1')];
    expect(refused(() => dealt(edges('20', '31'), deals, 'term_to_come'))).toEqual([
      ['lifecycle.deal_from_renewal', 'items.3.deals.1.from'],
      ['pricing.deal_not_a_seller', 'items.3.deals.2.seller_id'],
    ]);
    expect(refused(() => dealt(edges('20', '31'), deals, 'term_of_today'))).toEqual([
      ['pricing.deal_not_a_seller', 'items.3.deals.2.seller_id'],
    ]);
  });

  test('have the deal in the term of today, and one term more where that has no day left', () => {
    const agreed = (since: 'term_of_today' | 'term_to_come') =>
      dealt(edges('20', '31'), [deal('seller-1', '9', { terms: 2 })], since)![1]!.byType.recurring!.source.agreed
        ?.terms;
    expect([agreed('term_of_today'), agreed('term_to_come')]).toEqual([2, 3]);
  });
});

test('a deal about what is held is told with its place', () => {
  const held = { items: [{ rateId: id('month.ROOM') }, { rateId: seat!.rateId }] } as unknown as Pick<
    Subscription,
    'items'
  >;
  const items = [wanted('DISK', deal('seller-0', '1')), wanted('SEAT', deal('seller-0', '1'))];
  expect(refused(() => refuseHeldDeals(items, held))).toEqual([['lifecycle.deals_only_now', 'items.1.deals']]);
  expect(refused(() => refuseHeldDeals([items[1]!], held))).toEqual([['lifecycle.deals_only_now', 'items.0.deals']]);
  const bare = { rateId: seat!.rateId, quantity: decimal('1') };
  expect(refused(() => refuseHeldDeals([items[0]!, wanted('SEAT'), bare], held))).toEqual([]);
});

test('a deal that begins with the next term is told with its place where a term begins', () => {
  const later = deal('seller-0', '1', { from: 'renewal' });
  const items = [wanted('DISK', deal('seller-0', '1')), { ...wanted('SEAT', deal('seller-1', '1'), later) }];
  expect(refused(() => refuseFromRenewal(items))).toEqual([['lifecycle.deal_from_renewal', 'items.1.deals.1.from']]);
  expect(refused(() => refuseFromRenewal([{ rateId: seat!.rateId, quantity: decimal('1') }]))).toEqual([]);
});

describe('deals that are kept with what is planned', () => {
  const check = (
    items: WantedItem[],
    found: RatePrices | undefined = edges('20', '31'),
    since: 'term_of_today' | 'term_to_come' = 'term_of_today',
  ) =>
    checkDeals({ owner, pricesNow: (planId) => (planId === plan.plan.planId ? found : undefined) }, plan, items, since);

  test('are refused where no price of another day allows them, with their place', () => {
    const wrong = [wanted('DISK'), wanted('SEAT', deal('seller-0', '1'), deal('seller-9', '1'))];
    expect(refused(() => check(wrong))).toEqual([['pricing.deal_not_a_seller', 'items.1.deals.1.seller_id']]);
    expect(check([wanted('DISK'), { rateId: seat!.rateId, quantity: decimal('1') }])).toEqual([]);
    expect(check([wanted('NOPE', deal('seller-9', '1'))])).toEqual([]);
  });

  test('are told where the price of another day may allow them', () => {
    const told = (prices: RatePrices | undefined, ...deals: Deal[]) =>
      check([wanted('SEAT', ...deals)], prices).map(({ code }) => code);
    expect(told(edges('20', '31'), off('seller-1', '32'))).toEqual(['lifecycle.refused_as_planned']);
    expect(told(edges('20', undefined), off('seller-1', '1'))).toEqual(['lifecycle.refused_as_planned']);
    expect(told(edges('20', '31'), off('seller-1', '30'))).toEqual([]);
    const guarded = edges('20', undefined).map((edge) => ({ ...edge, floor: 'cost' as const }));
    expect(told(guarded, off('seller-1', '1'))).toEqual(['lifecycle.refused_as_planned']);
    const [warning] = check([wanted('SEAT', off('seller-1', '32'))]);
    expect(warning!.message).not.toContain('undefined');
    // Without a price on any edge nobody is known to sell it.
    expect(refused(() => check([wanted('SEAT', deal('seller-1', '1'))], []))).toEqual([
      ['pricing.deal_not_a_seller', 'items.0.deals.0.seller_id'],
    ]);
  });

  test('say no other beginning for a term that is to come', () => {
    const items = [wanted('SEAT', deal('seller-1', '1', { from: 'renewal' }))];
    expect(refused(() => check(items, edges('20', '31'), 'term_to_come'))).toEqual([
      ['lifecycle.deal_from_renewal', 'items.0.deals.0.from'],
    ]);
    expect(check(items)).toEqual([]);
  });

  test('are told once where the one who agrees would go below a floor, and not where somebody else would', () => {
    const floors = (floor: 'cost' | 'none', ...amounts: string[]) =>
      edges(...amounts).map((edge) => ({
        ...edge,
        floor,
        byType: { ...edge.byType, setup: anEdgePrice('EUR', '5') },
      }));
    const told = (prices: RatePrices, ...deals: Deal[]) => check([wanted('SEAT', ...deals)], prices).length;
    expect(told(floors('cost', '20', '31'), deal('seller-1', '19'))).toBe(1);
    expect(told(floors('cost', '20', '31'), deal('seller-1', '20'))).toBe(0);
    expect(told(floors('none', '20', '31'), deal('seller-1', '19'))).toBe(0);
    expect(told(floors('cost', '20', '31'), deal('seller-0', '40'))).toBe(0);
    expect(told(floors('cost', '40', '31'), deal('seller-1', '6', { chargeType: 'setup' }))).toBe(0);
    expect(
      told(floors('cost', '20', '31'), deal('seller-1', '21'), deal('seller-1', '4', { chargeType: 'setup' })),
    ).toBe(1);
    const [warning] = check([wanted('SEAT', deal('seller-1', '19'))], floors('cost', '20', '31'));
    expect(warning).toMatchObject({ code: 'lifecycle.refused_as_planned' });
    expect(warning?.message).toContain('below its cost');
  });
});

describe('deals about what is held, for a term that begins', () => {
  const ledger = ['seller-0', 'seller-1'].map((sellerId, index) => ({
    sellerId,
    buyerId: index === 0 ? 'seller-1' : 'customer',
    endOn: '2026-04-10',
  })) as unknown as Subscription['ledger'];
  const locked = (...amounts: string[]) =>
    amounts.map((amount) => lockPrices({ recurring: anEdgePrice('EUR', amount) }));
  const dealt = (deals: Deal[], found: RatePrices | undefined, byEdge = locked('20', '31'), rate = seat!) =>
    dealtTerm({ owner }, { ledger }, { rate, byEdge, found }, deals, 'items.2.deals');

  test('change the price of the edge that they are about', () => {
    for (const found of [undefined, edges('25', '35'), edges('25', undefined)]) {
      expect(dealt([deal('seller-1', '29')], found).map(amountOf)).toEqual(['20', '29']);
      expect(dealt([deal('seller-0', '19'), off('seller-1', '2')], found).map(amountOf)).toEqual(['19', '29']);
    }
    expect(dealt([deal('seller-1', '29')], undefined, locked('20'), disk).map(amountOf)).toEqual(['20', '29']);
  });

  test('are refused with every reason, each where it stands', () => {
    const deals = [deal('seller-0', '1', { from: 'renewal' }), deal('seller-1', '1', { chargeType: 'setup' })];
    expect(refused(() => dealt(deals, undefined))).toEqual([
      ['lifecycle.deal_from_renewal', 'items.2.deals.0.from'],
      ['pricing.deal_not_charged', 'items.2.deals.1.charge_type'],
    ]);
  });

  test('keep to the floors of today, at the exchange rate of today', () => {
    const floor = 'cost' as const;
    const found = edges('20', '31').map((edge) => ({ ...edge, floor }));
    expect(refused(() => dealt([deal('seller-1', '19')], found))).toEqual([['lifecycle.below_floor', 'items.2.deals']]);
    expect(refused(() => dealt([deal('seller-1', '19')], undefined))).toEqual([]);
    const exchange = { from: 'USD', to: 'EUR', rate: '1.5', date: '2026-03-10' };
    const abroad = [lockPrices({ recurring: anEdgePrice('USD', '20') }), ...locked('31')];
    const at = (costExchange: object) => [
      found[0]!,
      { ...found[1]!, byType: { recurring: anEdgePrice('EUR', '31', costExchange) } },
    ];
    expect(refused(() => dealt([deal('seller-1', '29')], at({ costExchange: exchange }), abroad))).toEqual([
      ['lifecycle.below_floor', 'items.2.deals'],
    ]);
    expect(refused(() => dealt([deal('seller-1', '30')], at({ costExchange: exchange }), abroad))).toEqual([]);
    expect(refused(() => dealt([deal('seller-1', '29')], at({}), abroad))).toEqual([]);
  });
});

test('a deal for the next term waits with the price of its edge', () => {
  const [prices] = [lockPrices({ recurring: anEdgePrice('EUR', '31'), setup: anEdgePrice('EUR', '5') })];
  const next = withNext(
    prices,
    [deal('seller-1', '9', { terms: 2 }), deal('seller-0', '8'), deal('seller-1', '7', { chargeType: 'overuse' })],
    'seller-1',
  );
  expect(amountOf(next)).toBe('31');
  expect(next.recurring?.source.next).toEqual({ kind: 'price', terms: 2, currency: 'EUR', tiers: [['0', '9']] });
  expect(next.setup).toEqual(prices.setup);
  expect(Object.keys(next)).toEqual(['recurring', 'setup']);
});

test('deals of a planned command can be left out, item by item, and nothing else of it changes', () => {
  const change = {
    kind: 'change',
    items: [wanted('SEAT', deal('seller-0', '1'), deal('seller-1', '1')), wanted('DISK', deal('seller-1', '1'))],
    cascade: false,
  } as const;
  const ofFirst = ({ deals = [] }: WantedItem) => deals.filter(({ sellerId }) => sellerId === id('seller-0'));
  const { deals: _, ...bare } = change.items[1];
  const left = [wanted('SEAT', deal('seller-0', '1')), bare];
  expect(withItemDeals(change, ofFirst)).toEqual({ ...change, items: left });
  expect(withItemDeals(change, ofFirst).items[1]).not.toHaveProperty('deals');
  const toPlan = { kind: 'switch', planId: plan.plan.planId, start: 'now', items: change.items } as const;
  expect(withItemDeals(toPlan, ofFirst)).toEqual({ ...toPlan, items: left });
  expect(plannedItems(toPlan)).toBe(change.items);
  for (const command of [
    { ...toPlan, items: null },
    { kind: 'cancel', reason: null },
  ] as const) {
    expect(withItemDeals(command, ofFirst)).toBe(command);
    expect(plannedItems(command)).toEqual([]);
  }
});
