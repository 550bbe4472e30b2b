import { decimal, newId, type Period } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { anEdgePrice } from '../../../../test/support/values.ts';
import { dateText } from './dates.ts';
import { addItem, changeItem } from './ledger-items.ts';
import { renewEdge, termEnd } from './ledger-terms.ts';
import { moveEnd, nextWindow } from './ledger-windows.ts';
import { lockPrices, openEdge, type BillingTerms, type EdgeLedger, type LockedPrices } from './ledger.ts';

const monthly: BillingTerms = { billingPeriod: { unit: 'month', count: 1 }, billingModel: 'before_billing_period' };
const rateId = newId<'rate'>();
const held = [{ rateId, model: 'flat' as const, quantity: decimal('1') }];
const at = (amount: string): LockedPrices => lockPrices({ recurring: anEdgePrice('EUR', amount) });
const month = { months: 1, days: null };

function open(terms: BillingTerms, anchorOn: string, endOn: string, amount = '10'): EdgeLedger {
  const parties = { sellerId: newId<'account'>(), buyerId: newId<'customer'>() };
  const edge = openEdge(terms, { ...parties, startOn: anchorOn, anchorOn, chargeFrom: anchorOn, endOn });
  return addItem(terms, edge, held[0]!, at(amount), anchorOn).edge;
}

/** The windows from here to the end, with what is charged: `2026-01-15..2026-02-15 10.00`. */
function rest(terms: BillingTerms, start: EdgeLedger): string[] {
  const said: string[] = [];
  for (let edge = start; edge.window.end < edge.endOn;) {
    const booked = nextWindow(terms, edge, held);
    const paid = booked.lines.map(({ unitPrice, fraction }) => {
      const part = fraction.denominator === 1n ? '' : ` x ${fraction.numerator}/${fraction.denominator}`;
      return `${unitPrice.coefficient}${part}`;
    });
    ({ edge } = booked);
    said.push(`${edge.window.start}..${edge.window.end} ${paid.join()}`);
  }
  return said;
}

describe('rule 2: where a term ends', () => {
  test.each([
    ['2027-01-31', '2027-01-31', 1, '2027-02-28', 'the first month'],
    ['2027-01-31', '2027-02-28', 1, '2027-03-31', 'counted from the anchor, not from February'],
    ['2027-01-31', '2027-02-28', 12, '2028-02-29', 'the last day of a leap February'],
    ['2028-02-29', '2029-02-28', 36, '2032-02-29', 'the 29th is back after three years without it'],
    ['2027-01-30', '2027-02-28', 1, '2027-03-30', 'the 30th'],
    ['2027-03-31', '2027-02-28', 1, '2027-03-31', 'before the anchor'],
    ['2027-01-31', '2027-03-15', 1, '2027-04-15', 'from a day that is no boundary, that day counts'],
  ])('anchor %s: from %s, %i months: %s (%s)', (anchor, from, months, expected) => {
    expect(termEnd(anchor, from, { months, days: null })).toBe(expected);
  });

  test('in days they are counted from where the term began', () => {
    expect(termEnd('2027-01-31', '2027-02-28', { months: null, days: 30 })).toBe('2027-03-30');
  });
});

describe('another term', () => {
  test('on the grid: the anchor stays, also after a February', () => {
    const renewed = renewEdge(monthly, open(monthly, '2027-01-31', '2027-02-28'), { months: 2, days: null }, {});
    expect(renewed.endOn).toBe('2027-04-30');
    expect(rest(monthly, renewed)).toEqual(['2027-02-28..2027-03-31 10', '2027-03-31..2027-04-30 10']);
  });

  test('off the grid: the next term begins a grid of its own, and until then the one before counts', () => {
    const start = open(monthly, '2026-01-31', '2026-03-15', '31');
    const { edge } = nextWindow(monthly, start, held);
    expect(edge.window).toEqual({ start: '2026-02-28', end: '2026-03-15' });
    const renewed = renewEdge(monthly, edge, month, {});
    // Still 31 days from February 28 to March 31, though the next grid has a period from February 15 to March 15.
    const back = changeItem(
      monthly,
      renewed,
      { ...held[0]!, before: decimal('1'), quantity: decimal('0') },
      '2026-03-10',
    );
    expect(back.lines.map(({ fraction, amount }) => [fraction.numerator, fraction.denominator, amount.minor])).toEqual([
      [5n, 31n, -500n],
    ]);
    expect(renewed.anchorOn).toBe('2026-01-31');
    expect(rest(monthly, renewed)).toEqual(['2026-03-15..2026-04-15 31']);
    expect(nextWindow(monthly, renewed, held).edge.anchorOn).toBe('2026-03-15');
  });

  test.each<[Period, string, string, string]>([
    // Quarters from a February 28 that stands for a 31st: their other ends are the last days of their months.
    [{ unit: 'month', count: 3 }, '2026-01-31', '2026-02-28', '2025-08-31'],
    [{ unit: 'month', count: 2 }, '2026-01-31', '2026-02-28', '2025-12-31'],
    [{ unit: 'year', count: 1 }, '2026-01-31', '2027-02-28', '2024-02-29'],
    [{ unit: 'month', count: 3 }, '2026-01-30', '2026-02-28', '2025-11-30'],
    [{ unit: 'month', count: 3 }, '2026-01-31', '2026-05-31', '2026-05-31'],
    [{ unit: 'month', count: 3 }, '2026-01-15', '2026-03-15', '2026-03-15'],
    [{ unit: 'month', count: 3 }, '2026-01-31', '2026-03-10', '2026-03-10'],
    [{ unit: 'month', count: 3 }, '2026-01-31', '2026-04-30', '2026-01-31'],
    [{ unit: 'day', count: 30 }, '2026-01-31', '2026-02-28', '2026-02-28'],
    [{ unit: 'day', count: 30 }, '2026-01-31', '2026-04-01', '2026-01-31'],
  ])(
    'rule 2: billed by %j since %s, renewed on %s: the grid of %s, which keeps the day of the month',
    (period, anchor, from, expected) => {
      const terms = { ...monthly, billingPeriod: period };
      const renewed = renewEdge(terms, open(terms, anchor, from), { months: 12, days: null }, {});
      expect(renewed.upcoming).toMatchObject({ from, anchorOn: expected });
    },
  );

  test('after a month on a yearly grid the 31st comes back', () => {
    const yearly: BillingTerms = { ...monthly, billingPeriod: { unit: 'year', count: 1 } };
    let edge = open(yearly, '2026-01-31', '2027-01-31');
    const ends: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      ({ edge } = nextWindow(yearly, renewEdge(yearly, edge, month, {}), held));
      ends.push(edge.endOn);
    }
    expect(ends).toEqual(['2027-02-28', '2027-03-31', '2027-04-30']);
  });

  test('an end that is given counts instead of a length', () => {
    const renewed = renewEdge(
      monthly,
      open(monthly, '2026-01-15', '2026-02-15'),
      { ...month, endOn: '2026-05-01' },
      {},
    );
    expect(rest(monthly, renewed)).toEqual([
      '2026-02-15..2026-03-15 10',
      '2026-03-15..2026-04-15 10',
      '2026-04-15..2026-05-01 10 x 16/30',
    ]);
  });
});

describe('renewed before the term ended', () => {
  const year = { months: 2, days: null };
  const start = renewEdge(monthly, open(monthly, '2026-01-15', '2026-03-15'), year, { [rateId]: at('12') });

  test('the new price counts from the first day of the next term, not before', () => {
    expect(rest(monthly, start)).toEqual([
      '2026-02-15..2026-03-15 10',
      '2026-03-15..2026-04-15 12',
      '2026-04-15..2026-05-15 12',
    ]);
    const more = changeItem(
      monthly,
      start,
      { ...held[0]!, before: decimal('1'), quantity: decimal('2') },
      '2026-02-10',
    );
    expect(more.lines.map(({ unitPrice }) => unitPrice)).toEqual([decimal('10')]);
  });

  test('renewed early once more: each of the terms has its price', () => {
    const twice = renewEdge(monthly, start, month, { [rateId]: at('15') });
    expect(rest(monthly, twice)).toEqual([
      '2026-02-15..2026-03-15 10',
      '2026-03-15..2026-04-15 12',
      '2026-04-15..2026-05-15 12',
      '2026-05-15..2026-06-15 15',
    ]);
  });

  test('a whole term paid in advance ends where the next begins', () => {
    const terms: BillingTerms = { ...monthly, billingModel: 'before_subscription_period' };
    const edge = renewEdge(terms, open(terms, '2026-01-15', '2026-03-15'), year, { [rateId]: at('12') });
    expect(edge.window).toEqual({ start: '2026-01-15', end: '2026-03-15' });
    const { edge: next, lines } = nextWindow(terms, edge, held);
    expect(next.window).toEqual({ start: '2026-03-15', end: '2026-05-15' });
    expect(lines.map(({ amount, period }) => [amount.minor, dateText(period.end)])).toEqual([[2400n, '2026-05-15']]);
  });

  test('a rate that has no price for the next term keeps the one it has', () => {
    const kept = renewEdge(monthly, open(monthly, '2026-01-15', '2026-02-15'), month, {});
    expect(rest(monthly, kept)).toEqual(['2026-02-15..2026-03-15 10']);
  });

  test('the end is moved into this term: the next one does not come, and no window reaches over the end', () => {
    const cut = moveEnd(monthly, start, '2026-02-01', held, true, '2026-01-20');
    expect(cut.edge).toMatchObject({ endOn: '2026-02-01', upcoming: null, window: { end: '2026-02-01' } });
    expect(cut.lines.map(({ amount }) => amount.minor)).toEqual([-452n]);
    expect(rest(monthly, cut.edge)).toEqual([]);
  });

  test('the end is moved within the next term: that still comes', () => {
    const cut = moveEnd(monthly, start, '2026-04-01', held, true, '2026-01-20');
    expect(cut.lines).toEqual([]);
    expect(rest(monthly, cut.edge)).toEqual(['2026-02-15..2026-03-15 10', '2026-03-15..2026-04-01 12 x 17/31']);
    const twice = renewEdge(monthly, start, month, { [rateId]: at('15') });
    expect(moveEnd(monthly, twice, '2026-05-15', held, true, '2026-01-20').edge.upcoming?.next).toBeNull();
  });
});
