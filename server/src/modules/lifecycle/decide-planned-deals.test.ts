import { describe, expect, test } from 'vitest';
import { decimal, zero, type AccountId, type PlanId } from '@tierline/kernel';
import type { Agreement, Deal } from '../pricing/index.ts';
import type { Command, LaterCommand, RenewCommand, WantedItem } from './command.ts';
import { readCommand, storeCommand, type StoredCommand } from './command-json.ts';
import { editIntent } from './decide-intent.ts';
import { aLife, aPlan, id, type Life, type RateWanted } from './testing.ts';

const renewal = { at: 'renewal' } as const;
const on = (day: string) => ({ at: 'date', on: day }) as const;

type Facts = Partial<Pick<Deal, 'from' | 'terms' | 'sellerId' | 'chargeType'>>;
const about = (facts: Facts) =>
  ({ from: 'now', terms: 1, sellerId: id<AccountId>('seller-0'), chargeType: 'recurring', ...facts }) as const;
const price = (amount: string, facts: Facts = {}): Deal => ({
  ...about(facts),
  kind: 'price',
  currency: null,
  tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
});
const off = (type: 'percent' | 'amount', value: string, facts: Facts = {}): Deal => ({
  ...about(facts),
  kind: 'discount',
  discount: { type, value: decimal(value) },
});

const sold = (policies: object = {}, rates: Readonly<Record<string, RateWanted>> = {}, zones?: readonly string[]) =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' }, ...rates }, {}, policies),
    others: [aPlan('other', { SEAT: { price: '40' } }), aPlan('year', { SEAT: { price: '400' } }, yearly)],
    items: { SEAT: '5' },
    sold: '2026-03-10',
    ...(zones === undefined ? {} : { zones }),
  });
const yearly = {
  subscriptionPeriod: { unit: 'year', count: 1 },
  billingPeriod: { unit: 'year', count: 1 },
} as const;

function dealt(life: Life, quantities: Record<string, string>, deals: Record<string, Deal[]>, plan = 'month') {
  return life.wanted(quantities, plan).map((item): WantedItem => {
    const own = deals[item.rateId.split('.')[1]!];
    return own === undefined ? item : { ...item, deals: own };
  });
}
const change = (...of: Parameters<typeof dealt>) => ({ kind: 'change', items: dealt(...of), cascade: false }) as const;
const toPlan = (name: string, items: readonly WantedItem[], start: 'now' | 'keep' = 'now') =>
  ({ kind: 'switch', planId: name as PlanId, start, items }) as const;
const renew = (from: RenewCommand['from'], items: readonly WantedItem[]): Command => ({
  kind: 'renew',
  from,
  months: null,
  items,
  align: null,
});
const lines = (life: Life, mpn: string, since = 0) => life.bill(since).filter((line) => line.includes(` ${mpn} `));

describe('a deal of a change on a day', () => {
  test('is kept with the intent, counts from that day, and ends with its terms', () => {
    const life = sold();
    const asked = change(life, { DISK: '2' }, { DISK: [price('1.5', { terms: 2 })] });
    expect(life.ask('2026-03-11', asked, on('2026-03-20')).warnings).toEqual([]);
    expect(life.intents()[0]!.command).toEqual(asked);
    life.until('2026-05-11');
    expect(lines(life, 'DISK')).toEqual([
      'recurring 2 DISK x 1.5 21/31, 2026-03-20 to 2026-04-10 = 2.03',
      'recurring 2 DISK x 1.5, 2026-04-10 to 2026-05-10 = 3',
      'recurring 2 DISK x 3.1, 2026-05-10 to 2026-06-10 = 6.2',
    ]);
  });

  test('a discount is one off the price of its day', () => {
    const life = sold({}, { DISK: { price: (date) => (date < '2026-03-20' ? '3.1' : '4') } });
    life.ask('2026-03-11', change(life, { DISK: '2' }, { DISK: [off('percent', '50')] }), on('2026-03-20'));
    life.until('2026-04-10');
    expect(lines(life, 'DISK')).toEqual([
      'recurring 2 DISK x 2 21/31, 2026-03-20 to 2026-04-10 = 2.71',
      'recurring 2 DISK x 4, 2026-04-10 to 2026-05-10 = 8',
    ]);
  });

  test('about what is held then is refused, about what is gone by then it is not', () => {
    const life = sold();
    const seats = change(life, { SEAT: '6' }, { SEAT: [price('9')] });
    expect(life.refusal('2026-03-11', seats, on('2026-03-20')).codes).toEqual(['lifecycle.deals_only_now']);
    life.ask('2026-03-11', change(life, { DISK: '1', SEAT: '0' }, {}), on('2026-03-15'));
    expect(life.ask('2026-03-11', seats, on('2026-03-20')).warnings).toEqual([]);
  });

  test('on the day on which the term ends is one for the term that begins', () => {
    const life = sold();
    life.ask('2026-03-11', change(life, { SEAT: '6' }, { SEAT: [price('9')] }), on('2026-04-10'));
    life.until('2026-05-10');
    expect(lines(life, 'SEAT', 1)).toEqual([
      'recurring 6 SEAT x 9, 2026-04-10 to 2026-05-10 = 54',
      'recurring 6 SEAT x 31, 2026-05-10 to 2026-06-10 = 186',
    ]);
  });
});

describe('a deal of a change at the renewal', () => {
  test('about what is held counts from the new term on, whether its quantity changes or not', () => {
    for (const quantity of ['5', '7']) {
      const life = sold();
      const asked = change(life, { SEAT: quantity }, { SEAT: [off('percent', '10', { terms: 2 })] });
      life.ask('2026-03-11', asked, renewal);
      life.until('2026-06-10');
      expect(lines(life, 'SEAT', 1).map((line) => line.split(',')[0])).toEqual([
        `recurring ${quantity} SEAT x 27.9`,
        `recurring ${quantity} SEAT x 27.9`,
        `recurring ${quantity} SEAT x 31`,
      ]);
      expect(life.ended()).toEqual([{ kind: 'change', status: 'done', reason: null }]);
    }
  });

  test('about what is new counts for as many terms as were agreed on, and for its setup', () => {
    const life = sold({}, { DISK: { price: '3.1', setup: '10' } });
    const deals = [price('1.5'), price('4', { chargeType: 'setup' })];
    life.ask('2026-03-11', change(life, { DISK: '2' }, { DISK: deals }), renewal);
    life.until('2026-05-10');
    expect(lines(life, 'DISK').map((line) => line.split(',')[0])).toEqual([
      'setup 2 DISK x 4',
      'recurring 2 DISK x 1.5',
      'recurring 2 DISK x 3.1',
    ]);
  });

  test('leaves what was billed afterwards at the price of the term that ends', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' } }, { billingModel: 'after_billing_period' }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-11', change(life, { SEAT: '5' }, { SEAT: [price('9')] }), renewal);
    life.until('2026-06-10');
    expect(life.bill().map((line) => line.split(',')[0])).toEqual([
      'recurring 5 SEAT x 31',
      'recurring 5 SEAT x 9',
      'recurring 5 SEAT x 31',
    ]);
  });

  test('counts from the first day of the new term, so it says no other beginning', () => {
    const life = sold();
    const later = change(life, { SEAT: '5' }, { SEAT: [price('9', { from: 'renewal' })] });
    for (const moment of [renewal, on('2026-04-10')])
      expect(life.refusal('2026-03-11', later, moment).codes).toEqual(['lifecycle.deal_from_renewal']);
  });

  test('goes along when a policy puts off what was asked for now', () => {
    const life = sold({ reduction: { window: { count: 0, unit: 'day' }, after: 'term_end' } });
    life.ask('2026-03-11', change(life, { SEAT: '4', DISK: '1' }, { DISK: [price('1')] }));
    life.until('2026-04-10');
    expect(lines(life, 'DISK')).toEqual(['recurring 1 DISK x 1, 2026-04-10 to 2026-05-10 = 1']);
  });
});

describe('a deal of a switch that is planned', () => {
  test('counts in the term that begins with it', () => {
    const life = sold();
    const items = dealt(life, { SEAT: '5' }, { SEAT: [price('9')] }, 'other');
    life.ask('2026-03-11', toPlan('other', items), on('2026-03-20'));
    life.until('2026-04-20');
    expect(lines(life, 'SEAT', 2)).toContain('recurring 5 SEAT x 9, 2026-03-20 to 2026-04-20 = 45');
    expect(lines(life, 'SEAT', 3)).toEqual(['recurring 5 SEAT x 40, 2026-04-20 to 2026-05-20 = 200']);
  });

  test('at the end of a term that it keeps, in the next one', () => {
    for (const start of ['now', 'keep'] as const) {
      const life = sold();
      const items = dealt(life, { SEAT: '5' }, { SEAT: [off('amount', '4')] }, 'other');
      life.ask('2026-03-11', toPlan('other', items, start), renewal);
      life.until('2026-05-10');
      expect(lines(life, 'SEAT', 1), `${start}.`).toEqual([
        'recurring 5 SEAT x 36, 2026-04-10 to 2026-05-10 = 180',
        'recurring 5 SEAT x 40, 2026-05-10 to 2026-06-10 = 200',
      ]);
    }
    const kept = sold();
    const later = dealt(kept, { SEAT: '5' }, { SEAT: [price('9', { from: 'renewal' })] }, 'other');
    expect(kept.refusal('2026-03-11', toPlan('other', later, 'keep'), renewal).codes).toEqual([
      'lifecycle.deal_from_renewal',
    ]);
    expect(kept.ask('2026-03-11', toPlan('other', later), renewal).warnings).toEqual([]);
  });
});

describe('what is agreed on for later', () => {
  test.each<[string, Deal[], string[]]>([
    ['by nobody that sells it', [price('1', { sellerId: id<AccountId>('seller-9') })], ['pricing.deal_not_a_seller']],
    ['about what is not charged', [price('1', { chargeType: 'setup' })], ['pricing.deal_not_charged']],
    ['twice', [price('1'), off('percent', '1')], ['pricing.deal_repeated']],
    ['in another currency', [{ ...price('1'), currency: 'USD' } as Deal], ['pricing.deal_currency']],
    ['of nothing', [off('percent', '0')], ['pricing.discount_amount']],
    ['of more than all', [off('percent', '101')], ['pricing.discount_amount']],
    ['for too many terms', [price('1', { terms: 121 })], ['pricing.deal_terms']],
  ])('is refused when it is %s', (_, deals, codes) => {
    const life = sold();
    for (const moment of [renewal, on('2026-03-20')])
      expect(life.refusal('2026-03-11', change(life, { DISK: '1' }, { DISK: deals }), moment).codes).toEqual(codes);
    const other = dealt(life, { SEAT: '5' }, { SEAT: deals }, 'other');
    expect(life.refusal('2026-03-11', toPlan('other', other), renewal).codes).toEqual(codes);
    expect(life.refusal('2026-03-11', renew('expiry', dealt(life, { DISK: '1' }, { DISK: deals }))).codes).toEqual(
      codes,
    );
  });

  test('is told when only the prices of today stand against it', () => {
    const life = sold({}, { DISK: { price: (date) => (date < '2026-03-20' ? '3.1' : '10') } });
    const { warnings } = life.ask(
      '2026-03-11',
      change(life, { DISK: '1' }, { DISK: [off('amount', '4')] }),
      on('2026-03-20'),
    );
    expect(warnings.map(({ code }) => code)).toEqual(['lifecycle.refused_as_planned']);
    life.until('2026-03-20');
    expect(life.lastBill()).toEqual(['recurring 1 DISK x 6 21/31, 2026-03-20 to 2026-04-10 = 4.06']);
  });

  test('obeys the floor of its moment, and says beforehand that it would not', () => {
    const life = sold({}, { DISK: { price: (_, edge) => (edge === 0 ? '2' : '3.1'), floor: 'cost' } }, ['UTC', 'UTC']);
    const below = change(life, { DISK: '1' }, { DISK: [price('1.9', { sellerId: id<AccountId>('seller-1') })] });
    const { warnings } = life.ask('2026-03-11', below, on('2026-03-20'));
    expect(warnings.map(({ message }) => message).join()).toContain('below its cost');
    life.until('2026-03-20');
    expect(life.ended()).toMatchObject([{ status: 'failed' }]);
    // The provider gives it for less, so the reseller may.
    const both = [
      price('1.9', { sellerId: id<AccountId>('seller-1') }),
      price('1.8', { sellerId: id<AccountId>('seller-0') }),
    ];
    life.ask('2026-03-21', change(life, { DISK: '1' }, { DISK: both }), on('2026-03-25'));
    life.until('2026-03-25');
    expect(life.lastBill()).toEqual(['recurring 1 DISK x 1.9 16/31, 2026-03-25 to 2026-04-10 = 0.98']);
  });

  test('is looked at again when the intent gets another moment', () => {
    const life = sold();
    life.ask('2026-03-11', change(life, { SEAT: '5' }, { SEAT: [price('9')] }), renewal);
    const context = life.context(life.instant('2026-03-12'));
    const edit = () =>
      editIntent(context, life.state(), life.intents()[0]!, { moment: on('2026-03-20'), command: undefined });
    expect(edit).toThrow(expect.objectContaining({ kind: 'invalid' }));
  });

  test('is kept as it was agreed on', () => {
    const life = sold();
    const tiers = [
      { lowerLimit: zero, amount: decimal('9.125') },
      { lowerLimit: decimal('10'), amount: decimal('8') },
    ];
    const deals: Deal[] = [
      { ...price('1', { terms: null }), kind: 'price', tiers, currency: 'EUR' } as Agreement as Deal,
      off('amount', '0.5', { from: 'renewal', terms: 3, sellerId: id('seller-1') }),
      off('percent', '12.5'),
    ];
    const commands: LaterCommand[] = [
      change(life, { SEAT: '5', DISK: '1' }, { DISK: deals }),
      toPlan('other', dealt(life, { SEAT: '5' }, { SEAT: deals }, 'other')),
    ];
    for (const command of commands) {
      const stored = JSON.parse(JSON.stringify(storeCommand(command))) as StoredCommand;
      expect(readCommand(stored)).toEqual(command);
    }
  });
});

describe('a deal of a renewal', () => {
  test('that is early counts in the term that is added; what is new comes with it', () => {
    const life = sold();
    const deals = { SEAT: [off('percent', '10', { terms: 2 })], DISK: [price('1.5')] };
    const { lines: told } = life.ask('2026-03-20', renew('expiry', dealt(life, { SEAT: '5', DISK: '2' }, deals)));
    expect(told).toHaveLength(1);
    expect(life.intents()).toMatchObject([{ moment: on('2026-04-10') }]);
    expect(life.intents()[0]!.command).toEqual(change(life, { SEAT: '5', DISK: '2' }, { DISK: deals.DISK }));
    life.until('2026-06-10');
    expect(lines(life, 'SEAT', 1).map((line) => line.split(',')[0])).toEqual([
      'recurring 5 SEAT x 27.9',
      'recurring 5 SEAT x 27.9',
      'recurring 5 SEAT x 31',
    ]);
    expect(lines(life, 'DISK').map((line) => line.split(',')[0])).toEqual([
      'recurring 2 DISK x 1.5',
      'recurring 2 DISK x 3.1',
      'recurring 2 DISK x 3.1',
    ]);
  });

  test('without another quantity plans nothing', () => {
    const life = sold();
    life.ask('2026-03-20', renew('expiry', dealt(life, { SEAT: '5' }, { SEAT: [price('9')] })));
    expect(life.intents()).toEqual([]);
    life.until('2026-05-10');
    expect(lines(life, 'SEAT', 1).map((line) => line.split(',')[0])).toEqual([
      'recurring 5 SEAT x 9',
      'recurring 5 SEAT x 31',
    ]);
  });

  test('that is early a second time goes on where the first one ended', () => {
    const life = sold();
    life.ask('2026-03-20', renew('expiry', dealt(life, { SEAT: '5' }, { SEAT: [off('percent', '10', { terms: 2 })] })));
    life.ask('2026-03-21', renew('expiry', []));
    life.until('2026-06-10');
    expect(lines(life, 'SEAT', 1).map((line) => line.split(',')[0])).toEqual([
      'recurring 5 SEAT x 27.9',
      'recurring 5 SEAT x 27.9',
      'recurring 5 SEAT x 31',
    ]);
  });

  test('that begins today counts from today, for what is held and for what is new', () => {
    const life = sold();
    const deals = { SEAT: [price('9')], DISK: [price('1.5')] };
    life.ask('2026-03-20', renew('now', dealt(life, { SEAT: '5', DISK: '2' }, deals)));
    expect(life.lastBill()).toEqual([
      'refund 5 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -105',
      'recurring 2 DISK x 1.5, 2026-03-20 to 2026-04-20 = 3',
      'recurring 5 SEAT x 9, 2026-03-20 to 2026-04-20 = 45',
    ]);
    life.until('2026-04-20');
    expect(life.lastBill()).toEqual([
      'recurring 2 DISK x 3.1, 2026-04-20 to 2026-05-20 = 6.2',
      'recurring 5 SEAT x 31, 2026-04-20 to 2026-05-20 = 155',
    ]);
  });

  test('that is late counts in the term that it begins', () => {
    const life = aLife({
      plan: aPlan(
        'month',
        { SEAT: { price: '31' }, DISK: { price: '3.1' } },
        { autoRenewalMonths: null, graceMonths: 2 },
      ),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.until('2026-04-15');
    const deals = { SEAT: [price('9')], DISK: [price('1.5')] };
    life.ask('2026-04-15', renew('expiry', dealt(life, { SEAT: '5', DISK: '2' }, deals)));
    expect(life.lastBill()).toEqual([
      'recurring 2 DISK x 1.5, 2026-04-10 to 2026-05-10 = 3',
      'recurring 5 SEAT x 9, 2026-04-10 to 2026-05-10 = 45',
    ]);
  });

  test('is refused below the floor, without a price, and when it begins later', () => {
    const floor = { price: (_: string, edge: number) => (edge === 0 ? '30' : '31'), floor: 'cost' } as const;
    const life = sold({}, { SEAT: floor }, ['UTC', 'UTC']);
    const of = (deal: Deal) => renew('expiry', dealt(life, { SEAT: '5' }, { SEAT: [deal] }));
    const mine = { sellerId: id<Deal['sellerId']>('seller-1') };
    expect(life.refusal('2026-03-20', of(price('29.99', mine))).codes).toEqual(['lifecycle.below_floor']);
    expect(life.ask('2026-03-20', of(price('30', mine))).warnings).toEqual([]);
    expect(life.refusal('2026-03-20', of(off('amount', '32', mine))).codes).toEqual(['pricing.discount_above_price']);
    expect(life.refusal('2026-03-20', of(price('30', { from: 'renewal' }))).codes).toEqual([
      'lifecycle.deal_from_renewal',
    ]);
    expect(life.refusal('2026-03-20', of(price('30', { chargeType: 'setup' }))).codes).toEqual([
      'pricing.deal_not_charged',
    ]);
  });

  test('goes on with the terms that keep their prices', () => {
    const life = sold({ renewal: { price: 'locked' } });
    life.ask('2026-03-20', renew('expiry', dealt(life, { SEAT: '5' }, { SEAT: [off('percent', '10')] })));
    life.until('2026-05-10');
    expect(lines(life, 'SEAT', 1).map((line) => line.split(',')[0])).toEqual([
      'recurring 5 SEAT x 27.9',
      'recurring 5 SEAT x 31',
    ]);
  });
});
