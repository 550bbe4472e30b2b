import { decimal, zero } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { anEdge, anEdgePrice, tiersOf, type TiersWanted } from '../../../../test/support/values.ts';
import type { Agreement, RatePrices } from '../pricing/index.ts';
import type { PricesCommand } from './command.ts';
import { aLife, aPlan, id, type Life, type RateWanted } from './testing.ts';

type Terms = Partial<Pick<Agreement, 'from' | 'terms'>>;
const price = (tiers: TiersWanted, terms: Terms = {}): Agreement => ({
  from: 'now',
  terms: 1,
  ...terms,
  kind: 'price',
  currency: null,
  tiers: tiersOf(tiers),
});
const off = (type: 'percent' | 'amount', value: string, terms: Terms = {}): Agreement => ({
  from: 'now',
  terms: 1,
  ...terms,
  kind: 'discount',
  discount: { type, value: decimal(value) },
});
const on = (mpn: string, agreed: Agreement, sellerIndex = 0) => ({ rateId: id(`month.${mpn}`), sellerIndex, agreed });
const prices = (...of: ReturnType<typeof on>[]): PricesCommand => ({ kind: 'prices', prices: of as never });

const sold = (rates: Readonly<Record<string, RateWanted>> = {}, quantity = '2', facts = {}) =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' }, ...rates }, facts),
    items: { SEAT: quantity, DISK: '1' },
    sold: '2026-03-10',
  });

describe('what is agreed on for a subscription', () => {
  test('for the next term changes nothing of this one, and ends with its terms', () => {
    const life = sold();
    const decision = life.ask('2026-03-20', prices(on('SEAT', price('10', { from: 'renewal' }))));
    const two = decimal('2');
    expect(decision).toMatchObject({
      order: 'change',
      charges: [],
      lines: [{ rate: { mpn: 'SEAT' }, quantity: two, previousQuantity: two, origin: 'requested' }],
    });
    life.change('2026-03-21', { SEAT: '3' });
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31 20/31, 2026-03-21 to 2026-04-10 = 20']);
    life.until('2026-05-10');
    expect(life.bill(3).filter((line) => line.includes('SEAT'))).toEqual([
      'recurring 3 SEAT x 10, 2026-04-10 to 2026-05-10 = 30',
      'recurring 3 SEAT x 31, 2026-05-10 to 2026-06-10 = 93',
    ]);
  });

  test('for two products at once is billed with the line of each, and for a unit price alone it ends with the term', () => {
    const life = sold({}, '2', { subscriptionPeriod: { unit: 'month', count: 2 }, autoRenewalMonths: 2 });
    const unit = { rateId: id('month.DISK'), sellerIndex: 0, unitPrice: decimal('6.2') };
    life.ask('2026-03-20', { kind: 'prices', prices: [on('SEAT', off('percent', '50')), unit] as never });
    expect(life.lastBill()).toEqual([
      'refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42',
      'recurring 2 SEAT x 15.5 21/31, 2026-03-20 to 2026-04-10 = 21',
      'refund 1 DISK x 3.1 21/31, 2026-03-20 to 2026-04-10 = -2.1',
      'recurring 1 DISK x 6.2 21/31, 2026-03-20 to 2026-04-10 = 4.2',
    ]);
    life.until('2026-05-10');
    expect(life.bill(2)).toEqual([
      'recurring 1 DISK x 6.2, 2026-04-10 to 2026-05-10 = 6.2',
      'recurring 2 SEAT x 15.5, 2026-04-10 to 2026-05-10 = 31',
      'recurring 1 DISK x 3.1, 2026-05-10 to 2026-06-10 = 3.1',
      'recurring 2 SEAT x 31, 2026-05-10 to 2026-06-10 = 62',
    ]);
  });

  test('is given back for its own days where what was paid goes back whole', () => {
    const plan = aPlan('month', { SEAT: { price: '31' } }, {}, { reduction: { window: null, refund: 'full' } });
    const [life, later] = [plan, plan].map((one) => aLife({ plan: one, items: { SEAT: '2' }, sold: '2026-03-10' }));
    life!.ask('2026-03-20', prices(on('SEAT', price('62'))));
    life!.change('2026-03-25', { SEAT: '1' });
    expect(life!.lastBill()).toEqual([
      'refund 1 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = -10',
      'refund 1 SEAT x 62 21/31, 2026-03-20 to 2026-04-10 = -42',
    ]);
    later!.ask('2026-03-20', prices(on('SEAT', price('62', { from: 'renewal' }))));
    expect(later!.state().ledger[0]!.items[0]!.was).toBe(undefined);
    later!.change('2026-03-25', { SEAT: '1' });
    expect(later!.lastBill()).toEqual(['refund 1 SEAT x 31, 2026-03-10 to 2026-04-10 = -31']);
  });

  test('is told with one event, and with another one for the details that change in the same moment', () => {
    const life = sold();
    const told = (command: PricesCommand) => life.ask('2026-03-20', command).events.map(({ type }) => type);
    expect(told(prices(on('SEAT', price('10'))))).toEqual(['subscription.prices_set']);
    const details = { autoRenewal: false, autoRenewalMonths: null, attributes: null };
    expect(told({ ...prices(on('SEAT', price('11'))), details })).toEqual([
      'subscription.prices_set',
      'subscription.auto_renewal_set',
    ]);
    expect(life.state().autoRenewal).toBe(false);
  });

  test('is a discount on the price without the one that there was', () => {
    const life = sold();
    life.ask('2026-03-20', prices(on('SEAT', off('amount', '20'))));
    life.ask('2026-03-20', prices(on('SEAT', off('amount', '15.5'))));
    expect(life.lastBill()).toEqual([
      'refund 2 SEAT x 11 21/31, 2026-03-20 to 2026-04-10 = -14.9',
      'recurring 2 SEAT x 15.5 21/31, 2026-03-20 to 2026-04-10 = 21',
    ]);
    expect(life.reasons('2026-03-20', prices(on('SEAT', off('amount', '31.01'))))).toEqual([
      'prices.0.discount pricing.discount_above_price',
    ]);
  });
});

describe('what can not be agreed on', () => {
  test('names its place in the request', () => {
    const life = sold({ SETUP: { setup: '5', chargeTypes: ['setup'] } });
    const asked = (...of: ReturnType<typeof on>[]) => life.reasons('2026-03-20', prices(...of));
    expect(asked(on('SEAT', price('9')), on('NONE', price('9')))).toEqual(['prices.1.rate_id lifecycle.unknown_rate']);
    expect(asked(on('SEAT', price('9'), 3))).toEqual(['prices.0.unit_price lifecycle.unpriced']);
    expect(asked(on('SEAT', off('percent', '9'), 3))).toEqual(['prices.0 lifecycle.unpriced']);
    expect(asked(on('SEAT', price([['1', '9']], { terms: 0 })))).toEqual([
      'prices.0.terms pricing.deal_terms',
      'prices.0.tiers pricing.tiers_incomplete',
    ]);
    life.become({ items: life.state().items.map((item) => ({ ...item, rateId: id('month.GONE') })) });
    expect(asked(on('GONE', price('9')))).toEqual(['prices.0.rate_id lifecycle.unknown_rate']);
  });

  test('is anything about what is free, or on hold', () => {
    const life = sold();
    life.become({ notForResale: true });
    expect(life.reasons('2026-03-20', prices(on('SEAT', price('9'))))).toEqual(['prices lifecycle.not_for_resale']);
    life.become({ notForResale: false, status: 'hold', holdReason: 'admin' });
    expect(life.reasons('2026-03-20', prices(on('SEAT', price('9'))))).toEqual(['lifecycle.not_active']);
  });
});

describe('a price floor', () => {
  const tiers: [string, string][] = [
    ['0', '20'],
    ['5', '15'],
  ];
  const floored = (quantity: string, priceModel: 'flat' | 'tiered' | 'volume', cost: TiersWanted = tiers) =>
    aLife({
      plan: aPlan('month', { SEAT: { price: (_, edge) => (edge === 0 ? cost : '31'), floor: 'cost', priceModel } }),
      zones: ['UTC', 'UTC'],
      items: { SEAT: quantity },
      sold: '2026-03-10',
    });
  /** Whether it is refused, and where. */
  const refused = (life: Life, agreement: Agreement, found = {}): string[] =>
    life.reasons('2026-03-20', prices(on('SEAT', agreement, 1)), found);

  test('is the cost of the quantity that is held for one price, and that of any quantity for tiers', () => {
    const one = ['prices.0.unit_price lifecycle.below_floor'];
    const whole = ['prices.0 lifecycle.below_floor'];
    const cases: [Life, Agreement, string[]][] = [
      [floored('7', 'volume'), price('15'), []],
      [floored('7', 'volume'), price('14.99'), one],
      [floored('4', 'volume'), price('19.99'), one],
      [floored('7', 'tiered'), price('19.99'), one],
      [floored('7', 'tiered'), price('20'), []],
      [floored('7', 'volume'), price([...tiers]), []],
      [floored('7', 'volume'), price([tiers[0]!, ['4', '15']]), whole],
      [floored('7', 'volume'), off('amount', '16'), []],
      [floored('7', 'volume'), off('amount', '16.01'), whole],
      [floored('7', 'volume'), price('14.99', { from: 'renewal' }), one],
      [floored('7', 'volume'), price('15', { from: 'renewal' }), []],
    ];
    for (const [life, agreement, expected] of cases) expect(refused(life, agreement)).toEqual(expected);
  });

  test('is asked on the edge of the price, of those that have one, and where the cost is known', () => {
    const life = floored('2', 'flat', '20');
    expect(refused(life, price('19'), { pricesNow: () => undefined })).toEqual([]);
    const open = aLife({
      plan: aPlan('month', { SEAT: { price: (_, edge) => (edge === 0 ? '20' : '31') } }),
      zones: ['UTC', 'UTC'],
      items: { SEAT: '2' },
      sold: '2026-03-10',
    });
    expect(refused(open, price('19'))).toEqual([]);
    const [first, last] = life.state().ledger;
    const without = [first!.items.map((item) => ({ ...item, prices: {} })), []];
    for (const items of without) {
      life.become({ ledger: [{ ...first!, items }, last!] });
      expect(refused(life, price('0'))).toEqual([]);
    }
    const two = aLife({
      plan: aPlan('month', {
        DISK: { price: (_, edge) => (edge === 0 ? '40' : '50'), floor: 'cost' },
        SEAT: { price: (_, edge) => (edge === 0 ? '20' : '31'), floor: 'cost' },
      }),
      zones: ['UTC', 'UTC'],
      items: { DISK: '1', SEAT: '2' },
      sold: '2026-03-10',
    });
    expect(refused(two, price('20'))).toEqual([]);
    expect(refused(two, price('19.99'))).toEqual(['prices.0.unit_price lifecycle.below_floor']);
  });

  test('compares in the currency of the price, at the rate of the day', () => {
    const life = floored('2', 'flat', '20');
    const [first, last] = life.state().ledger;
    const inDollars = first!.items.map((item) => ({
      ...item,
      prices: { recurring: { ...item.prices.recurring!, currency: 'USD' } },
    }));
    life.become({ ledger: [{ ...first!, items: inDollars }, last!] });
    const at = (from?: string): { pricesNow: () => RatePrices } => {
      const exchange = from === undefined ? {} : { costExchange: { from, to: 'EUR', rate: '0.5', date: '2026-03-01' } };
      const edge = anEdge({ floor: 'cost', byType: { recurring: anEdgePrice('EUR', '31', exchange) } });
      return { pricesNow: () => [anEdge(), edge] };
    };
    expect(refused(life, price('9.99'), at('USD'))).toEqual(['prices.0.unit_price lifecycle.below_floor']);
    expect(refused(life, price('10'), at('USD'))).toEqual([]);
    // Without a rate from that currency nobody can say what it costs.
    expect(refused(life, price('9.99'), at('GBP'))).toEqual([]);
    expect(refused(life, price('9.99'), at())).toEqual([]);
    const unpriced = anEdge({ floor: 'cost' });
    expect(refused(life, price('9.99'), { pricesNow: () => [anEdge(), unpriced] })).toEqual([]);
  });

  test('keeps the other products of the edge as they are', () => {
    const life = sold();
    life.ask('2026-03-20', prices(on('SEAT', price('9'))));
    const priceOf = (mpn: string) =>
      life.state().ledger[0]!.items.find(({ rateId }) => rateId === `month.${mpn}`)!.prices.recurring!.tiers;
    expect(priceOf('SEAT')).toEqual([{ lowerLimit: zero, amount: decimal('9') }]);
    expect(priceOf('DISK')).toEqual([{ lowerLimit: zero, amount: decimal('3.1') }]);
  });
});
