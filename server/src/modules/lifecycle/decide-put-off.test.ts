import { decimal, isTierlineError, zero, type AccountId, type PlanId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Deal } from '../pricing/index.ts';
import type { Command, WantedItem } from './command.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';

const sold = (after: 'refused' | 'term_end'): Life =>
  aLife({
    plan: aPlan(
      'month',
      { SEAT: { price: '31' }, PRO: { price: '62' }, DISK: { price: '3.1' } },
      {},
      { reduction: { window: { count: 0, unit: 'day' }, after } },
    ),
    others: [aPlan('other', { SEAT: { price: '40' }, PRO: { price: '80' } })],
    items: { SEAT: '5', PRO: '3' },
    sold: '2026-03-10',
  });
const later: Deal = {
  kind: 'price',
  from: 'renewal',
  terms: 1,
  sellerId: id<AccountId>('seller-0'),
  chargeType: 'recurring',
  currency: null,
  tiers: [{ lowerLimit: zero, amount: decimal('1') }],
};
const change = (items: readonly WantedItem[]): Command => ({ kind: 'change', items, cascade: false });
const toOther = (items: readonly WantedItem[] | null, start: 'now' | 'keep'): Command => ({
  kind: 'switch',
  planId: id<PlanId>('other'),
  start,
  items,
});

function refused(life: Life, command: Command) {
  try {
    life.ask('2026-03-20', command);
  } catch (error) {
    if (!isTierlineError(error)) throw error;
    return { reasons: error.reasons.map(({ code, field }) => [code, field]), details: error.details };
  }
  return undefined;
}

describe('units that come too late to be given back', () => {
  test('are refused product by product, with what would do', () => {
    const life = sold('refused');
    const reasons = [
      ['lifecycle.return_window_over', 'items.SEAT'],
      ['lifecycle.return_window_over', 'items.PRO'],
    ];
    const items = [
      { rate_id: 'month.PRO', mpn: 'PRO', quantity: '2' },
      { rate_id: 'month.SEAT', mpn: 'SEAT', quantity: '4' },
    ];
    expect(refused(life, change(life.wanted({ SEAT: '4', PRO: '2' })))).toMatchObject({
      reasons: expect.arrayContaining(reasons) as unknown,
      details: { nearest_valid: { moment: { at: 'renewal' }, items } },
    });
    const fewer = refused(life, toOther(life.wanted({ SEAT: '4', PRO: '2' }, 'other'), 'now'));
    expect(fewer?.reasons).toHaveLength(2);
    expect(fewer?.details).toStrictEqual({ nearest_valid: { moment: { at: 'renewal' } } });
  });

  test('wait for the end of the term with all that was asked for, which is told', () => {
    const life = sold('term_end');
    const asked = change(life.wanted({ SEAT: '4', PRO: '2', DISK: '1' }));
    const { order, warnings } = life.ask('2026-03-20', asked);
    expect(order).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['lifecycle.scheduled_at_renewal']);
    expect(warnings[0]!.message).toMatch(/1 units of .*PRO and 1 units of .*SEAT.* 2026-04-10; the whole change waits/);
    expect(life.intents()).toMatchObject([{ moment: { at: 'renewal' }, command: asked }]);
    life.until('2026-04-10');
    expect(life.shown()).toContain(': 1 DISK, 2 PRO, 4 SEAT');
  });

  test('wait with no deal that counts from the renewal, since a term begins with them', () => {
    const life = sold('term_end');
    const withDeal = (items: readonly WantedItem[], mpn: string) =>
      items.map((item) => (item.rateId.endsWith(mpn) ? { ...item, deals: [later] } : item));
    const wanted = withDeal(life.wanted({ SEAT: '4', DISK: '1' }), 'DISK');
    const told = [['lifecycle.deal_from_renewal', 'items.1.deals.0.from']];
    expect(refused(life, change(wanted))?.reasons).toEqual(told);
    const other = withDeal(life.wanted({ SEAT: '4', PRO: '3' }, 'other'), 'PRO');
    expect(refused(life, toOther(other, 'keep'))?.reasons).toEqual(told);
    // Switched with a term of its own, what is agreed on for the next one counts in the one after.
    expect(life.ask('2026-03-20', toOther(other, 'now')).warnings).toMatchObject([
      { code: 'lifecycle.scheduled_at_renewal' },
    ]);
  });
});
