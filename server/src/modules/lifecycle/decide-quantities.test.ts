import { describe, expect, test } from 'vitest';
import { decimal, isTierlineError, zero, type AccountId } from '@tierline/kernel';
import type { Deal } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Command, WantedItem } from './command.ts';
import { decide } from './decide.ts';
import { aLife, aPlan, id, other, type Life, type RateWanted } from './testing.ts';

// What other quantities leave behind: lines, batches, items and licenses; and deals about them, each with the field that it stood in.

const sold = (policies: object = {}, facts: object = {}, rates: Readonly<Record<string, RateWanted>> = {}) =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' }, ...rates }, facts, policies),
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });

const price = (amount: string, facts: Partial<Pick<Deal, 'sellerId' | 'from' | 'chargeType'>> = {}): Deal => ({
  from: 'now',
  terms: 1,
  sellerId: id<AccountId>('seller-0'),
  chargeType: 'recurring',
  kind: 'price',
  currency: null,
  tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
  ...facts,
});

const change = (items: readonly WantedItem[]) => ({ kind: 'change', items, cascade: false }) as const;
function withDeals(items: readonly WantedItem[], ...deals: readonly (readonly Deal[])[]): WantedItem[] {
  return items.map((item, index) => {
    const own = deals[index] ?? [];
    return own.length === 0 ? item : { ...item, deals: own };
  });
}

function refusal(life: Life, day: string, command: Command): string[] {
  life.until(day);
  try {
    decide(life.context(life.instant(day)), life.state(), { command, moment: { at: 'now' } });
  } catch (error) {
    if (isTierlineError(error)) return error.reasons.map(({ code, field }) => `${code} ${field}`);
    throw error;
  }
  throw new Error('It was not refused.');
}

/** On the day after its term, which is tried to be renewed again and again. */
function betweenTerms(life: Life): Life {
  life.customer.mayOrder = false;
  life.until('2026-04-11');
  return life;
}

describe('a change', () => {
  test('has a line for what changes and none for what stays, with what was held before', () => {
    const life = sold();
    const { lines } = life.change('2026-03-11', { SEAT: '5', DISK: '2' });
    expect(lines).toMatchObject([{ rate: { mpn: 'DISK' }, quantity: decimal('2'), previousQuantity: null }]);
    expect(life.change('2026-03-12', { SEAT: '7' }).lines).toMatchObject([
      { rate: { mpn: 'SEAT' }, quantity: decimal('7'), previousQuantity: decimal('5'), origin: 'requested' },
    ]);
    expect(life.state().items.map(({ mpn, batches }) => [mpn, batches])).toEqual([
      ['DISK', [{ quantity: decimal('2'), at: '2026-03-11T12:00:00Z' }]],
      [
        'SEAT',
        [
          { quantity: decimal('5'), at: '2026-03-10T12:00:00Z' },
          { quantity: decimal('2'), at: '2026-03-12T12:00:00Z' },
        ],
      ],
    ]);
  });

  test('leaves nothing of what is gone, neither among the items nor, once it has come to nothing, in the ledger', () => {
    const life = sold();
    life.change('2026-03-11', { DISK: '2' });
    life.change('2026-03-11', { DISK: '0' });
    expect(life.shown()).toContain(': 5 SEAT');
    expect(life.state().ledger.flatMap(({ items }) => items.map(({ rateId }) => rateId))).toEqual(['month.SEAT']);
  });

  test('counts the units of what depends on nothing as those of the license', () => {
    const dependent = { PLUS: { price: '1', dependsOn: ['month.SEAT' as never] } };
    const life = sold({}, {}, dependent);
    life.change('2026-03-11', { SEAT: '6', DISK: '2', PLUS: '4' });
    expect(life.state().licenses).toMatchObject([{ units: decimal('8') }]);
  });

  test('tells once for each product that units go without a refund', () => {
    const life = sold({ reduction: { window: { count: 2, unit: 'day' }, after: 'no_refund' } });
    life.change('2026-03-19', { SEAT: '7' });
    const { warnings } = life.change('2026-03-20', { SEAT: '4' });
    expect(warnings).toEqual([
      { code: 'lifecycle.no_refund', message: '1 units of Rate SEAT are given back without a refund.' },
    ]);
    expect(life.lastBill()).toEqual(['refund 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -42']);
    expect(life.state().items).toMatchObject([{ quantity: decimal('4'), batches: [{ quantity: decimal('4') }] }]);
  });

  test('that reduces is no sale: who may not order may do it', () => {
    const life = sold();
    life.customer.mayOrder = false;
    life.change('2026-03-11', { SEAT: '4' });
    expect(life.shown()).toContain(': 4 SEAT');
    expect(refusal(life, '2026-03-12', change(life.wanted({ SEAT: '5' })))).toEqual([
      'lifecycle.customer_may_not_order subscription',
    ]);
    expect(refusal(life, '2026-03-12', change(life.wanted({ DISK: '1' })))).toEqual([
      'lifecycle.customer_may_not_order subscription',
    ]);
  });
});

test('a move is no sale either, and is no matter of whether the customer may order', () => {
  const life = sold();
  life.customer.mayOrder = false;
  const plan = aPlan('other', { SEAT: { price: '40' } });
  const [name, target] = other(aLife({ plan, items: { SEAT: '1' }, sold: '2026-03-10' }), 'target', plan);
  const command = { kind: 'move', items: life.wanted({ SEAT: '2' }), targetId: id<Subscription['id']>(name) } as const;
  life.ask('2026-03-20', command, { at: 'now' }, { others: new Map([[name, target]]) });
  expect(life.shown()).toContain(': 3 SEAT');
});

describe('a deal', () => {
  test('about what is held is refused within its term, in the field of its item', () => {
    const life = sold();
    const items = withDeals(life.wanted({ DISK: '1', SEAT: '6' }), [price('1')], [price('9')]);
    expect(refusal(life, '2026-03-11', change(items))).toEqual(['lifecycle.deals_only_now items.1.deals']);
  });

  test('about what comes in is refused in the field of that deal', () => {
    const life = sold();
    const setup = [price('1'), price('1', { chargeType: 'setup' })];
    expect(refusal(life, '2026-03-11', change(withDeals(life.wanted({ SEAT: '6', DISK: '1' }), [], setup)))).toEqual([
      'pricing.deal_not_charged items.1.deals.1.charge_type',
    ]);
  });

  test('about what is held is one for the term that begins, which needs no customer that may order more', () => {
    const life = betweenTerms(sold());
    life.ask('2026-04-11', change(withDeals(life.wanted({ SEAT: '5' }), [price('9')])));
    expect(life.lastBill()).toEqual([]);
    life.customer.mayOrder = true;
    life.until('2026-05-10');
    expect(life.bill(1)).toEqual([
      'recurring 5 SEAT x 9, 2026-04-10 to 2026-05-10 = 45',
      'recurring 5 SEAT x 31, 2026-05-10 to 2026-06-10 = 155',
    ]);
  });

  test('about what goes is none', () => {
    const life = betweenTerms(sold());
    life.customer.mayOrder = true;
    life.ask('2026-04-11', change(withDeals(life.wanted({ SEAT: '0', DISK: '1' }), [price('9', { from: 'renewal' })])));
    expect(life.shown()).toContain(': 1 DISK');
  });

  test('about what is held is refused in its own field: for another term than the next, and without a price to stand for', () => {
    const life = betweenTerms(sold());
    const later = withDeals(life.wanted({ DISK: '0', SEAT: '5' }), [], [price('9'), price('9', { from: 'renewal' })]);
    expect(refusal(life, '2026-04-11', change(later))).toContain('lifecycle.deal_from_renewal items.1.deals.1.from');
    // The seller above the maker of the plan has no price.
    const unpriced = (_: string, edge: number) => (edge === 0 ? undefined : '31');
    const above = aLife({
      plan: aPlan('month', { SEAT: { price: unpriced } }, { makerId: 'seller-1' as never }),
      zones: ['UTC', 'UTC'],
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    const deals = [price('9', { sellerId: id<AccountId>('seller-1') }), price('8')];
    expect(refusal(betweenTerms(above), '2026-04-11', change(withDeals(above.wanted({ SEAT: '5' }), deals)))).toEqual([
      'lifecycle.unpriced items.0.deals.1',
    ]);
  });

  test('about what is not for resale is none: it stays free', () => {
    const life = betweenTerms(sold());
    life.become({ notForResale: true });
    life.ask('2026-04-11', change(withDeals(life.wanted({ SEAT: '5' }), [price('9', { from: 'renewal' })])));
    expect(life.lastBill()).toEqual([]);
  });

  test('of one product leaves the prices of another', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }),
      items: { SEAT: '5', DISK: '1' },
      sold: '2026-03-10',
    });
    betweenTerms(life);
    const { sellerId } = price('1');
    const four = { type: 'amount', value: decimal('4') } as const;
    const off: Deal = { from: 'now', terms: 1, sellerId, chargeType: 'recurring', kind: 'discount', discount: four };
    const ofDisk = change(withDeals(life.wanted({ SEAT: '5', DISK: '1' }), [], [off]));
    expect(refusal(life, '2026-04-11', ofDisk)[0]).toContain('pricing.discount_above_price items.1.deals.0');
    life.ask('2026-04-11', change(withDeals(life.wanted({ DISK: '1', SEAT: '5' }), [], [price('9')])));
    life.customer.mayOrder = true;
    life.until('2026-04-13');
    expect(life.lastBill()).toEqual([
      'recurring 1 DISK x 3.1, 2026-04-10 to 2026-05-10 = 3.1',
      'recurring 5 SEAT x 9, 2026-04-10 to 2026-05-10 = 45',
    ]);
  });
});
