import { decimal, zero, type PlanId, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Deal } from '../pricing/index.ts';
import type { Command, WantedItem } from './command.ts';
import { aLife, aPlan, id, type Life, type RateWanted } from './testing.ts';

const renewal = { at: 'renewal' } as const;
const on = (day: string) => ({ at: 'date', on: day }) as const;
const deal = (facts: Partial<Deal> = {}): Deal =>
  ({
    kind: 'price',
    from: 'now',
    terms: 1,
    sellerId: id('seller-0'),
    chargeType: 'recurring',
    currency: null,
    tiers: [{ lowerLimit: zero, amount: decimal('9') }],
    ...facts,
  }) as Deal;
const dealt = (items: readonly WantedItem[], ...deals: Deal[]) => items.map((item) => ({ ...item, deals }));
const change = (items: readonly WantedItem[], cascade = false): Command => ({ kind: 'change', items, cascade });
const toOther = (items: readonly WantedItem[] | null, start: 'now' | 'keep' = 'now'): Command => ({
  kind: 'switch',
  planId: id<PlanId>('other'),
  start,
  items,
});
const yearly = {
  subscriptionPeriod: { unit: 'year', count: 1 },
  billingPeriod: { unit: 'year', count: 1 },
} as const;
const sold = (policies = {}, rates: Record<string, RateWanted> = {}, otherFacts = {}): Life =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' }, ...rates }, {}, policies),
    others: [aPlan('other', { SEAT: { price: '40' }, DISK: { price: '4' } }, otherFacts)],
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
const codes = (life: Life, command: Command, moment: Parameters<Life['ask']>[2]) =>
  life.ask('2026-03-11', command, moment).warnings.map(({ code }) => code);

describe('the end of a term that was renewed ahead', () => {
  const ahead = (): Life => {
    const life = sold();
    life.ask('2026-03-11', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    expect(life.state().endOn).toBe('2026-05-10');
    return life;
  };

  test('is one by its day as it is by its name: a deal about what is held counts in the term after it', () => {
    for (const moment of [renewal, on('2026-05-10')]) {
      const life = ahead();
      life.ask('2026-03-12', change(dealt(life.wanted({ SEAT: '6' }), deal())), moment);
      life.until('2026-06-10');
      expect(life.bill(2)).toEqual([
        'recurring 5 SEAT x 31, 2026-04-10 to 2026-05-10 = 155',
        'recurring 6 SEAT x 9, 2026-05-10 to 2026-06-10 = 54',
        'recurring 6 SEAT x 31, 2026-06-10 to 2026-07-10 = 186',
      ]);
      const later = change(dealt(ahead().wanted({ DISK: '1' }), deal({ from: 'renewal' })));
      expect(ahead().refusal('2026-03-12', later, moment).codes).toEqual(['lifecycle.deal_from_renewal']);
    }
  });

  test('is none where the term that was made ahead begins: what is held has its prices for it', () => {
    const held = change(dealt(ahead().wanted({ SEAT: '6' }), deal()));
    expect(ahead().refusal('2026-03-12', held, on('2026-04-10')).codes).toEqual(['lifecycle.deals_only_now']);
    const later = change(dealt(ahead().wanted({ DISK: '1' }), deal({ from: 'renewal' })));
    const life = ahead();
    expect(life.ask('2026-03-12', later, on('2026-04-10')).warnings).toEqual([]);
    life.until('2026-05-10');
    expect(life.ended()).toMatchObject([{ status: 'done' }]);
    expect(life.bill(4)).toContain('recurring 1 DISK x 9, 2026-05-10 to 2026-06-10 = 9');
  });
});

test('what gives way to a plan is not looked at with it', () => {
  const life = sold();
  life.ask('2026-03-11', change(life.wanted({ SEAT: '7' })), on('2026-03-20'));
  expect(codes(life, change(life.wanted({ SEAT: '5' })), on('2026-03-20'))).toEqual([
    'lifecycle.refused_as_planned',
    'lifecycle.intent_dropped',
  ]);
  expect(codes(life, change(life.wanted({ SEAT: '5' })), on('2026-03-21'))).toEqual(['lifecycle.refused_as_planned']);
  life.ask('2026-03-11', change(life.wanted({ SEAT: '8' })), on('2026-03-21'));
  expect(codes(life, change(life.wanted({ SEAT: '5' })), on('2026-03-22'))).toEqual([]);
});

test('a deal of a switch counts from the renewal only where a term goes on that is there', () => {
  const items = (life: Life) => dealt(life.wanted({ SEAT: '5' }, 'other'), deal({ from: 'renewal' }));
  const kept = sold();
  expect(codes(kept, toOther(items(kept), 'keep'), on('2026-03-20'))).toEqual([]);
  const day = sold();
  expect(day.refusal('2026-03-11', toOther(items(day), 'keep'), on('2026-04-10')).codes).toEqual([
    'lifecycle.deal_from_renewal',
  ]);
  const longer = sold({}, {}, yearly);
  expect(codes(longer, toOther(items(longer), 'keep'), renewal)).toEqual([]);
  const anew = sold();
  expect(codes(anew, toOther(items(anew)), renewal)).toEqual([]);
});

describe('planned quantities', () => {
  const base = (...mpns: string[]) => mpns.map((mpn) => id<RateId>(`month.${mpn}`));
  const addOn = { DISK: { price: '3.1', dependsOn: base('SEAT') } };
  const told = ['lifecycle.refused_as_planned'];

  test('of what is held and of what is new count, those that stay do not', () => {
    const life = sold();
    expect(codes(life, change(life.wanted({ SEAT: '5', DISK: '1' })), on('2026-03-20'))).toEqual([]);
    expect(codes(life, change(life.wanted({ DISK: '0' })), on('2026-03-21'))).toEqual([]);
    const other = sold();
    expect(codes(other, change(other.wanted({ SEAT: '5', DISK: '0' })), on('2026-03-21'))).toEqual(told);
  });

  test('of an add-on are refused where the command names its base, and told where another one may bring it', () => {
    const within = () => sold({ add_ons: { within_base: true } }, addOn);
    const refused = (life: Life, quantities: Record<string, string>) =>
      life.refusal('2026-03-11', change(life.wanted(quantities)), on('2026-03-20')).codes;
    expect(refused(within(), { SEAT: '5', DISK: '6' })).toEqual(['lifecycle.more_than_base']);
    expect(codes(within(), change(within().wanted({ DISK: '6' })), on('2026-03-20'))).toEqual(told);
    const share = () => sold({ add_ons: { percent_minimum: '50' } }, addOn);
    expect(refused(share(), { SEAT: '5', DISK: '2' })).toEqual(['lifecycle.below_base_share']);
    expect(codes(share(), change(share().wanted({ DISK: '2' })), on('2026-03-20'))).toEqual(told);
    const held = share();
    held.change('2026-03-11', { DISK: '3' });
    expect(codes(held, change(held.wanted({ SEAT: '9' })), on('2026-03-20'))).toEqual(told);
  });

  test('of an add-on of two bases are told unless both are named', () => {
    const two = () => sold({}, { PRO: { price: '1' }, DISK: { price: '3.1', dependsOn: base('SEAT', 'PRO') } });
    const life = two();
    expect(codes(life, change(life.wanted({ SEAT: '6', DISK: '1' })), on('2026-03-20'))).toEqual(told);
    const named = change(two().wanted({ SEAT: '6', PRO: '0', DISK: '1' }));
    expect(two().refusal('2026-03-11', named, on('2026-03-20')).codes).toEqual(['lifecycle.base_missing']);
  });

  test('that leave nothing, or stand in the way of what is held, are told', () => {
    const life = sold({}, addOn);
    life.change('2026-03-11', { DISK: '1' });
    expect(codes(life, change(life.wanted({ SEAT: '0' })), on('2026-03-20'))).toEqual(told);
    const all = sold();
    expect(codes(all, change(all.wanted({ SEAT: '0' })), on('2026-03-20'))).toEqual(told);
  });

  test('are refused with the reasons that stay, and with no other', () => {
    const life = sold(
      {},
      {
        SEAT: { price: '31', quantityMax: decimal('10') },
        PRO: { price: '1' },
        CARE: { price: '1', dependsOn: base('PRO') },
      },
    );
    const both = change(life.wanted({ SEAT: '11', CARE: '1' }));
    expect(life.refusal('2026-03-11', both, on('2026-03-20')).codes).toEqual(['lifecycle.quantity_out_of_bounds']);
  });
});

describe('the quantities of a planned switch', () => {
  const window = { count: 7, unit: 'day' } as const;
  const four = (life: Life) => toOther(life.wanted({ SEAT: '4' }, 'other'));

  test('are bound by the term that they fall in', () => {
    const life = sold({ reduction: { window } });
    expect(life.refusal('2026-03-11', four(life), on('2026-03-20'))).toEqual({
      codes: ['lifecycle.return_window_over'],
      nearest: { moment: { at: 'renewal' } },
    });
    expect(codes(life, four(life), renewal)).toEqual([]);
    const early = sold({ reduction: { window } });
    expect(codes(early, four(early), on('2026-03-16'))).toEqual([]);
    const later = sold({ reduction: { window, after: 'term_end' } });
    expect(codes(later, four(later), on('2026-03-20'))).toEqual(['lifecycle.scheduled_at_renewal']);
  });

  test('are told where they follow from what is held, and refused where they are named', () => {
    const few = () =>
      aLife({
        plan: aPlan('month', { SEAT: { price: '31' } }),
        others: [aPlan('other', { SEAT: { price: '40', quantityMax: decimal('4') } })],
        items: { SEAT: '5' },
        sold: '2026-03-10',
      });
    expect(codes(few(), toOther(null), on('2026-03-20'))).toEqual(['lifecycle.refused_as_planned']);
    const named = toOther(few().wanted({ SEAT: '5' }, 'other'));
    expect(few().refusal('2026-03-11', named, on('2026-03-20')).codes).toEqual(['lifecycle.quantity_out_of_bounds']);
    const unlike = sold({}, { ROOM: { price: '1' } });
    unlike.change('2026-03-11', { ROOM: '1' });
    expect(codes(unlike, toOther(null), on('2026-03-20'))).toEqual(['lifecycle.refused_as_planned']);
  });
});
