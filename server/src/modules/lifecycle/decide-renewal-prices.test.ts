import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal, isTierlineError, zero, type AccountId } from '@tierline/kernel';
import type { Deal, EdgePrices } from '../pricing/index.ts';
import type { RenewCommand } from './command.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { aLife, aPlan, id, type Life, type PriceOf, type RateWanted } from './testing.ts';

// The prices of the next term: which of them are held back, what stands where a list has none, and where a lack is told.

type Tiers = string | [string, string][];
const before10 =
  (before: Tiers | undefined, after: Tiers | undefined): PriceOf =>
  (date) =>
    date < '2026-04-10' ? before : after;
const guarded = { renewal: { price: 'guarded', guard_percent: '10' } } as const;

const sold = (rates: Readonly<Record<string, RateWanted>>, policies: object, items: Record<string, string>): Life =>
  aLife({ plan: aPlan('month', rates, {}, policies), items, sold: '2026-03-10' });

/** Tiers of a product's prices in the ledger, as `lower limit: amount`. */
function tiers(life: Life, type: 'recurring' | 'setup' = 'recurring', mpn = 'SEAT'): string[] | undefined {
  const item = life.state().ledger[0]!.items.find(({ rateId }) => rateId === `month.${mpn}`);
  return item?.prices[type]?.tiers.map(
    ({ lowerLimit, amount }) => `${formatDecimal(lowerLimit)}: ${formatDecimal(amount)}`,
  );
}

const renew = (items: RenewCommand['items'] = []): RenewCommand => ({
  kind: 'renew',
  from: 'expiry',
  months: null,
  items,
  align: null,
});

function refusal(life: Life, command: RenewCommand, found: Partial<Context> = {}): string[] {
  const at = life.instant('2026-03-20');
  try {
    decide(life.context(at, found), life.state(), { command, moment: { at: 'now' } });
  } catch (error) {
    if (isTierlineError(error)) return error.reasons.map(({ code, field }) => `${code} ${field}`);
    throw error;
  }
  throw new Error('It was not refused.');
}

/** A special price of a product, for so many terms. */
const price = (amount: string, terms: number | null): Deal => ({
  from: 'now',
  terms,
  sellerId: id<AccountId>('seller-0'),
  chargeType: 'recurring',
  kind: 'price',
  currency: null,
  tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
});

describe('a guarded price', () => {
  const next = (before: Tiers, after: Tiers): string[] | undefined => {
    const life = sold({ SEAT: { price: before10(before, after), priceModel: 'volume' } }, guarded, { SEAT: '1' });
    life.until('2026-04-10');
    return tiers(life);
  };

  test('has the tiers of both prices, each once and in their order, where one is held back', () => {
    const had: Tiers = [
      ['0', '10'],
      ['100', '8'],
    ];
    expect(next(had, '12')).toEqual(['0: 11', '100: 8.8']);
    expect(
      next(had, [
        ['0', '9'],
        ['50', '20'],
        ['100', '8.5'],
      ]),
    ).toEqual(['0: 9', '50: 11', '100: 8.5']);
  });

  test('is that of the day as it is where nothing is held back', () => {
    const had: Tiers = [
      ['0', '10'],
      ['100', '8'],
    ];
    expect(next(had, '8.8')).toEqual(['0: 8.8']);
    expect(next('10', '11')).toEqual(['0: 11']);
  });

  test('of fewer units than any tier had before is held back by the first of them', () => {
    expect(next([['1', '10']], [['0', '20']])).toEqual(['0: 11', '1: 11']);
  });

  test('rises from year to year by no more than the guard, with no more digits than a price may have', () => {
    expect(next('0.000000000001', '9')).toEqual(['0: 0.000000000001']);
  });

  test('is that of the day for what had no price, or had it in another currency', () => {
    const life = sold({ SEAT: { price: '10', setup: before10(undefined, '5') } }, guarded, { SEAT: '1' });
    life.until('2026-04-10');
    expect(tiers(life, 'setup')).toEqual(['0: 5']);
    const other = sold({ SEAT: { price: '10' } }, guarded, { SEAT: '1' });
    const { pricesAtEnd } = other.context(other.instant('2026-03-20'));
    const dollars: Context['pricesAtEnd'] = (...of) =>
      pricesAtEnd(...of)?.map((edge): EdgePrices => {
        const recurring = {
          ...edge.byType.recurring!,
          currency: 'USD',
          tiers: [{ lowerLimit: zero, amount: decimal('99') }],
        };
        return { ...edge, byType: { recurring } };
      });
    other.ask('2026-03-20', renew(), { at: 'now' }, { pricesAtEnd: dollars });
    other.until('2026-04-10');
    expect(other.state().ledger[0]!.items).toMatchObject([{ prices: { recurring: { currency: 'USD' } } }]);
    expect(tiers(other)).toEqual(['0: 99']);
  });
});

test('a locked price is that of the same product, in each of several terms that are renewed ahead', () => {
  const rates = { SEAT: { price: before10('31', '62') }, DISK: { price: before10('3.1', '6.2') } };
  const life = sold(rates, { renewal: { price: 'locked' } }, { SEAT: '1', DISK: '1' });
  life.ask('2026-03-11', renew());
  life.ask('2026-03-12', renew());
  life.until('2026-05-10');
  expect(life.lastBill()).toEqual([
    'recurring 1 DISK x 3.1, 2026-05-10 to 2026-06-10 = 3.1',
    'recurring 1 SEAT x 31, 2026-05-10 to 2026-06-10 = 31',
  ]);
});

test('terms that are renewed ahead are guarded each by the one before it', () => {
  const life = sold({ SEAT: { price: before10('10', '20') } }, guarded, { SEAT: '1' });
  life.ask('2026-03-11', renew());
  life.ask('2026-03-12', renew());
  life.until('2026-05-10');
  expect(life.bill(1).map((line) => line.split(',')[0])).toEqual(['recurring 1 SEAT x 11', 'recurring 1 SEAT x 12.1']);
});

describe('a product without a price for its next term', () => {
  const lists = { SEAT: { price: '31' }, DISK: { price: before10('3.1', undefined) } };
  const lacking: Context['pricesAtEnd'] = () => [
    {
      sellerId: id('seller-0'),
      buyerId: null,
      date: '2026-04-10',
      byType: {},
      floor: 'none',
      missing: { recurring: { from: 'USD', to: 'EUR', date: '2026-04-10' } },
    } as never,
  ];

  test('is refused with its name', () => {
    expect(refusal(sold(lists, {}, { SEAT: '1', DISK: '1' }), renew())).toEqual(['lifecycle.unpriced items.DISK']);
    const nothing = { pricesAtEnd: () => undefined };
    expect(refusal(sold(lists, {}, { SEAT: '1' }), renew(), nothing)).toEqual(['lifecycle.unpriced items.SEAT']);
  });

  test('is refused too if it had none before', () => {
    const life = sold(lists, {}, { SEAT: '1' });
    const { ledger } = life.state();
    const bare = ledger.map((edge) => ({ ...edge, items: edge.items.map((item) => ({ ...item, prices: {} })) }));
    life.become({ ledger: bare });
    expect(refusal(life, renew(), { pricesAtEnd: () => undefined })).toEqual(['lifecycle.unpriced items.SEAT']);
  });

  test('is renewed without one where the plan needs none', () => {
    const life = aLife({
      plan: aPlan('month', lists, { pricing: 'optional' as never }),
      items: { SEAT: '1', DISK: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', renew(), { at: 'now' }, { pricesAtEnd: () => undefined });
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual([]);
  });

  test('for want of an exchange rate is refused as that', () => {
    const life = sold(lists, {}, { SEAT: '1' });
    expect(refusal(life, renew(), { pricesAtEnd: lacking })).toEqual(['pricing.no_exchange_rate items.SEAT']);
  });

  test('is none to lack where prices are locked', () => {
    const life = sold(lists, { renewal: { price: 'locked' } }, { SEAT: '1', DISK: '1' });
    life.ask('2026-03-20', renew(), { at: 'now' }, { pricesAtEnd: lacking });
    life.until('2026-04-10');
    expect(life.lastBill()).toHaveLength(2);
  });

  test('has a special one as long as that was agreed on, whether a list or an exchange rate is lacking', () => {
    for (const found of [{}, { pricesAtEnd: lacking }]) {
      const life = sold(lists, {}, { SEAT: '1' });
      const [disk] = life.wanted({ DISK: '1' });
      life.ask('2026-03-11', { kind: 'change', items: [{ ...disk!, deals: [price('1.5', 2)] }], cascade: false });
      life.change('2026-03-11', { SEAT: '0' });
      life.ask('2026-03-20', renew(), { at: 'now' }, found);
      expect(refusal(life, renew(), found)).toHaveLength(1);
      life.until('2026-04-10');
      expect(life.lastBill()).toEqual(['recurring 1 DISK x 1.5, 2026-04-10 to 2026-05-10 = 1.5']);
    }
  });

  test('has none from a discount, which is one off nothing, nor from one that ends with the term', () => {
    const about = { from: 'now', sellerId: id<AccountId>('seller-0'), chargeType: 'recurring' } as const;
    const discount = {
      ...about,
      terms: 2,
      kind: 'discount',
      discount: { type: 'percent', value: decimal('10') },
    } as const;
    for (const deal of [discount, price('1.5', 1)]) {
      const life = sold(lists, {}, { SEAT: '1' });
      const [disk] = life.wanted({ DISK: '1' });
      life.ask('2026-03-11', { kind: 'change', items: [{ ...disk!, deals: [deal] }], cascade: false });
      expect(refusal(life, renew())).toEqual(['lifecycle.unpriced items.DISK']);
    }
  });
});

describe('a deal for the next term', () => {
  test('is refused in the field of its item', () => {
    const life = sold({ SEAT: { price: '31' }, DISK: { price: '3.1' } }, {}, { SEAT: '1', DISK: '1' });
    const [seat, disk] = life.wanted({ SEAT: '1', DISK: '1' });
    const items = [
      seat!,
      { ...disk!, deals: [price('1', 1), { ...price('1', 1), sellerId: id<AccountId>('nobody') }] },
    ];
    expect(refusal(life, renew(items))[0]).toContain('pricing.deal_not_a_seller items.1.deals.1');
    const later = [seat!, { ...disk!, deals: [{ ...price('1', 1), from: 'renewal' as const }] }];
    expect(refusal(life, renew(later))).toEqual(['lifecycle.deal_from_renewal items.1.deals.0.from']);
  });

  test('about what the plan does not have is refused as that', () => {
    const life = sold({ SEAT: { price: '31' } }, {}, { SEAT: '1' });
    const [none] = life.wanted({ NONE: '1' });
    expect(refusal(life, renew([{ ...none!, deals: [price('1', 1)] }]))).toEqual([
      'lifecycle.unknown_rate items.0.rate_id',
    ]);
  });

  test('about what is not for resale changes nothing: it stays free', () => {
    const life = sold({ SEAT: { price: '0' } }, {}, { SEAT: '1' });
    life.become({ notForResale: true });
    const [seat] = life.wanted({ SEAT: '1' });
    life.ask('2026-03-20', renew([{ ...seat!, deals: [price('9', 1)] }]));
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 0, 2026-04-10 to 2026-05-10 = 0']);
  });
});
