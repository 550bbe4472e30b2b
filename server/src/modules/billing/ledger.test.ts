import type { Period } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { aPlanVersion } from '../../../../test/support/values.ts';
import type { BillingModel } from '../catalog/index.ts';
import { startOfCharging } from './charge.ts';
import { dateText, plainDate } from './dates.ts';
import { addItem, changeItem } from './ledger-items.ts';
import { nextWindow } from './ledger-windows.ts';
import type { BillingTerms } from './ledger.ts';
import {
  add,
  calendar,
  change,
  edge,
  from,
  held,
  monthly,
  months,
  next,
  prices,
  remove,
  told,
  year,
} from '../../../../test/support/ledger-calendar.ts';
import { rateId } from '../../../../test/support/ledger-life.ts';

describe('what is charged at the start', () => {
  function firstOf(
    terms: BillingTerms,
    subscriptionPeriod: Period,
    anchorOn: string,
    chargeableMonths: number,
  ): string {
    const anchor = plainDate(anchorOn);
    const endOn = dateText(anchor.add({ [`${subscriptionPeriod.unit}s`]: subscriptionPeriod.count }));
    const chargeFrom = dateText(startOfCharging(aPlanVersion({ chargeableMonths }), anchor));
    const { lines } = add(terms, '1', { recurring: '0' }, anchorOn)(edge(terms, anchorOn, endOn, { chargeFrom }));
    const [line] = lines;
    if (line === undefined) return 'none';
    expect(line.bookedOn).toBe(anchorOn);
    return `${line.fraction.numerator}/${line.fraction.denominator} ${dateText(line.period.start)}..${dateText(line.period.end)}`;
  }

  test.each([
    ['2026-01-15', 0, '1/1 2026-01-15..2026-02-15'],
    ['2026-01-29', 0, '1/1 2026-01-29..2026-02-28'],
    ['2026-01-30', 0, '1/1 2026-01-30..2026-02-28'],
    ['2026-01-31', 0, '1/1 2026-01-31..2026-02-28'],
    ['2028-01-31', 0, '1/1 2028-01-31..2028-02-29'],
    ['2026-01-31', 1, 'none'],
    ['2026-01-31', 12, 'none'],
  ])('monthly in advance from %s, free for %i months', (anchor, chargeableMonths, expected) => {
    expect(firstOf(monthly, months(1), anchor, chargeableMonths)).toBe(expected);
  });

  test.each([
    // The year of billing is charged from the end of the free months on, by the day.
    ['2026-01-31', 1, '337/365 2026-02-28..2027-01-31'],
    ['2028-01-31', 1, '337/366 2028-02-29..2029-01-31'],
    ['2027-02-28', 3, '276/365 2027-05-28..2028-02-28'],
    ['2028-02-29', 11, '30/365 2029-01-29..2029-02-28'],
    ['2028-02-29', 12, 'none'],
  ])('yearly in advance from %s, free for %i months', (anchor, chargeableMonths, expected) => {
    expect(firstOf({ ...monthly, billingPeriod: year }, year, anchor, chargeableMonths)).toBe(expected);
  });

  test.each([
    ['2026-01-31', months(1), 0, '12/1 2026-01-31..2027-01-31'],
    ['2026-01-31', months(1), 1, '11/1 2026-02-28..2027-01-31'],
    ['2026-01-31', months(1), 12, 'none'],
    ['2026-01-31', months(1), 13, 'none'],
    // 2026-01-15..04-15 has 90 days, 31 of them free: 59/90 and three whole quarters.
    ['2026-01-15', months(3), 1, '329/90 2026-02-15..2027-01-15'],
  ])('a year at once from %s, billed by %j, free for %i months', (anchor, billingPeriod, free, expected) => {
    const terms = { billingPeriod, billingModel: 'before_subscription_period' } as const;
    expect(firstOf(terms, year, anchor, free)).toBe(expected);
  });

  test.each<BillingModel>(['after_billing_period', 'external_rating'])('%s: nothing but setup', (billingModel) => {
    const terms = { ...monthly, billingModel };
    expect(firstOf(terms, months(1), '2026-01-15', 0)).toBe('none');
    const { lines } = add(
      terms,
      '2',
      { setup: '5', recurring: '9' },
      '2026-01-15',
    )(edge(terms, '2026-01-15', '2026-02-15'));
    expect(told(lines)).toEqual(['2026-01-15 setup 2 x 5 2026-01-15..2026-02-15 1/1 = 10.00']);
  });

  test('setup is due at once and whole, whatever the first months cost; overuse is charged when it happened', () => {
    const free = edge(monthly, '2026-01-31', '2027-01-31', { chargeFrom: '2026-04-30' });
    const sale = add(monthly, '2', { setup: '10', recurring: '5', overuse: '7' }, '2026-01-31')(free);
    expect(told(sale.lines)).toEqual(['2026-01-31 setup 2 x 10 2026-01-31..2026-02-28 1/1 = 20.00']);
    expect(add(monthly, '2', { overuse: '7' }, '2026-01-31')(free).lines).toEqual([]);
    expect(add(monthly, '2', {}, '2026-01-31')(free).lines).toEqual([]);
  });

  test('rule 6: each edge has its own day, currency, price and rounding', () => {
    const yen = edge(monthly, '2026-03-01', '2027-03-01');
    const euro = edge(monthly, '2026-02-28', '2027-02-28');
    const setup = prices({ setup: '99.5', recurring: '100.4' }, 'JPY');
    expect(told(addItem(monthly, yen, held('3'), setup, '2026-03-01').lines)).toEqual([
      '2026-03-01 setup 3 x 99.5 2026-03-01..2026-04-01 1/1 = 299',
      '2026-03-01 recurring 3 x 100.4 2026-03-01..2026-04-01 1/1 = 301',
    ]);
    // 2 x 2 + 1 x 1.333 = 5.333: 4.00 and what is left to 5.33.
    const tiers = {
      recurring: [
        ['0', '2'],
        ['2', '1.333'],
      ],
    } as const;
    const { lines } = add(monthly, '3', tiers, '2026-02-28', 'tiered')(euro);
    expect(told(lines)).toEqual([
      '2026-02-28 recurring 2 x 2 2026-02-28..2026-03-28 1/1 = 4.00',
      '2026-02-28 recurring 1 x 1.333 2026-02-28..2026-03-28 1/1 = 1.33',
    ]);
    expect(lines[0]).toMatchObject({
      rateId,
      sellerId: euro.sellerId,
      buyerId: euro.buyerId,
      source: { kind: 'free' },
    });
  });
});

describe('calendars', () => {
  test('January 29: a seat more, and away again on the same day', () => {
    const { said, edge: after } = calendar(
      edge(monthly, '2026-01-15', '2027-01-15'),
      add(monthly, '1', { recurring: '10' }, '2026-01-15'),
      change(monthly, '1', '2', '2026-01-29'),
      change(monthly, '2', '1', '2026-01-29'),
      next(monthly, '1'),
    );
    expect(said).toEqual([
      '2026-01-15 recurring 1 x 10 2026-01-15..2026-02-15 1/1 = 10.00',
      // 10 + 170/31 = 15.4838...
      '2026-01-29 recurring 1 x 10 2026-01-29..2026-02-15 17/31 = 5.48',
      '2026-01-29 refund 1 x 10 2026-01-29..2026-02-15 17/31 = -5.48',
      '2026-02-15 recurring 1 x 10 2026-02-15..2026-03-15 1/1 = 10.00',
    ]);
    expect(after.window).toEqual({ start: '2026-02-15', end: '2026-03-15' });
  });

  test('rule 2: from January 31 through the February of a leap year and back to the 31st; a seat goes on March 10', () => {
    const { said } = calendar(
      edge(monthly, '2028-01-31', '2029-01-31'),
      add(monthly, '2', { recurring: '10' }, '2028-01-31'),
      next(monthly, '2'),
      change(monthly, '2', '1', '2028-03-10'),
      next(monthly, '1'),
      next(monthly, '1'),
    );
    expect(said).toEqual([
      '2028-01-31 recurring 2 x 10 2028-01-31..2028-02-29 1/1 = 20.00',
      '2028-02-29 recurring 2 x 10 2028-02-29..2028-03-31 1/1 = 20.00',
      // 20 - 210/31 = 13.2258...
      '2028-03-10 refund 1 x 10 2028-03-10..2028-03-31 21/31 = -6.77',
      '2028-03-31 recurring 1 x 10 2028-03-31..2028-04-30 1/1 = 10.00',
      '2028-04-30 recurring 1 x 10 2028-04-30..2028-05-31 1/1 = 10.00',
    ]);
  });

  test('rule 5: gone on January 24 and back on the 29th, the month is worth 26 of its 31 days, rounded once', () => {
    const { said, edge: after } = calendar(
      edge(monthly, '2026-01-15', '2026-03-15'),
      add(monthly, '1', { recurring: '0.08' }, '2026-01-15'),
      remove(monthly, '1', '2026-01-24'),
      add(monthly, '1', { recurring: '0.08' }, '2026-01-29'),
    );
    // 8 x 9/31 = 2.32 cents, 8 x 26/31 = 6.71 cents; 8 x 17/31 = 4.39 by itself would be 4 and the month 6.
    expect(said).toEqual([
      '2026-01-15 recurring 1 x 0.08 2026-01-15..2026-02-15 1/1 = 0.08',
      '2026-01-24 refund 1 x 0.08 2026-01-24..2026-02-15 22/31 = -0.06',
      '2026-01-29 recurring 1 x 0.08 2026-01-29..2026-02-15 17/31 = 0.05',
    ]);
    expect(after.items).toHaveLength(1);
  });

  test('what was removed is forgotten with the window, at once where nothing of it was charged', () => {
    const sale = add(monthly, '1', { recurring: '10' }, '2026-01-15');
    const start = edge(monthly, '2026-01-15', '2026-06-15');
    const gone = calendar(start, sale, remove(monthly, '1', '2026-01-20'));
    expect(gone.edge.items).toHaveLength(1);
    expect(calendar(gone.edge, next(monthly, '0'))).toMatchObject({ said: [], edge: { items: [] } });
    expect(calendar(start, sale, remove(monthly, '1', '2026-01-15')).edge.items).toEqual([]);
  });

  test('rule 5: gone and back, two setups of half a cent are one cent', () => {
    const of = { setup: '0.005', recurring: '10' };
    const { said } = calendar(
      edge(monthly, '2026-01-15', '2026-02-15'),
      add(monthly, '1', of, '2026-01-15'),
      remove(monthly, '1', '2026-01-24'),
      add(monthly, '1', of, '2026-01-29'),
    );
    expect(said.filter((line) => line.includes('setup'))).toEqual([
      '2026-01-15 setup 1 x 0.005 2026-01-15..2026-02-15 1/1 = 0.01',
      '2026-01-29 setup 1 x 0.005 2026-01-29..2026-02-15 1/1 = 0.00',
    ]);
  });

  test('back in another currency, the days in each are rounded for themselves', () => {
    const start = calendar(
      edge(monthly, '2026-01-15', '2026-02-15'),
      add(monthly, '1', { recurring: '0.08' }, '2026-01-15'),
      remove(monthly, '1', '2026-01-24'),
    ).edge;
    const { lines } = addItem(monthly, start, held('1'), prices({ recurring: '10' }, 'JPY'), '2026-01-29');
    // 10 x 17/31 = 5.48...; with the 2.32 cents from before it would be 6.
    expect(told(lines)).toEqual(['2026-01-29 recurring 1 x 10 2026-01-29..2026-02-15 17/31 = 5']);
  });

  test('rule 4: a volume price is reached: all units back at the old price and out at the new one', () => {
    const tiers = {
      recurring: [
        ['0', '5'],
        ['10', '4'],
      ],
    } as const;
    const { said } = calendar(
      edge(monthly, '2026-04-15', '2026-05-15'),
      add(monthly, '9', tiers, '2026-04-15', 'volume'),
      change(monthly, '9', '10', '2026-04-30', 'volume'),
    );
    // 45, 45 - 22.5 = 22.5, 22.5 + 20 = 42.5
    expect(said).toEqual([
      '2026-04-15 recurring 9 x 5 2026-04-15..2026-05-15 1/1 = 45.00',
      '2026-04-30 refund 9 x 5 2026-04-30..2026-05-15 15/30 = -22.50',
      '2026-04-30 recurring 10 x 4 2026-04-30..2026-05-15 15/30 = 20.00',
    ]);
  });

  test('a change on a day that another zone has had already counts from the first day of the window, not before', () => {
    const start = calendar(
      edge(monthly, '2026-01-15', '2027-01-15'),
      add(monthly, '1', { recurring: '31' }, '2026-01-15'),
    );
    const second = calendar(start.edge, next(monthly, '1')).edge;
    expect(told(change(monthly, '1', '2', '2026-02-14')(second).lines)).toEqual([
      '2026-02-15 recurring 1 x 31 2026-02-15..2026-03-15 1/1 = 31.00',
    ]);
    const empty = calendar(edge(monthly, '2026-01-15', '2027-01-15'), next(monthly, '0')).edge;
    expect(told(add(monthly, '1', { setup: '5', recurring: '31' }, '2026-02-14')(empty).lines)).toEqual([
      '2026-02-15 setup 1 x 5 2026-02-15..2026-03-15 1/1 = 5.00',
      '2026-02-15 recurring 1 x 31 2026-02-15..2026-03-15 1/1 = 31.00',
    ]);
    // And one for which the seller has the next day already, before that window is opened: it comes with it.
    const late = change(monthly, '1', '2', '2026-02-16')(start.edge);
    expect(late.lines).toEqual([]);
    expect(calendar(late.edge, next(monthly, '2')).said).toEqual([
      '2026-02-15 recurring 2 x 31 2026-02-15..2026-03-15 1/1 = 62.00',
    ]);
  });

  test('co-termed on March 31: the first part is 8 of the 28 days before February 28, the rest whole months', () => {
    const start = edge(monthly, '2026-02-20', '2026-03-31', { anchorOn: '2026-03-31' });
    const { said } = calendar(start, add(monthly, '7', { recurring: '10' }, '2026-02-20'), next(monthly, '7'));
    expect(said).toEqual([
      '2026-02-20 recurring 7 x 10 2026-02-20..2026-02-28 8/28 = 20.00',
      '2026-02-28 recurring 7 x 10 2026-02-28..2026-03-31 1/1 = 70.00',
    ]);
  });

  test('nothing happens to what is not held, or does not change', () => {
    const start = edge(monthly, '2026-01-15', '2027-01-15');
    expect(change(monthly, '1', '2', '2026-01-20')(start)).toEqual({ edge: start, lines: [] });
    const sale = add(monthly, '1', { recurring: '10' }, '2026-01-15')(start).edge;
    expect(change(monthly, '1', '1', '2026-01-20')(sale)).toEqual({ edge: sale, lines: [] });
    expect(nextWindow(monthly, start, [held('3')]).lines).toEqual([]);
  });
});

describe('rule 10: refunds by policy', () => {
  const start = calendar(
    edge(monthly, '2026-01-15', '2027-01-15'),
    add(monthly, '1', { setup: '3', recurring: '31' }, '2026-01-15'),
    change(monthly, '1', '2', '2026-01-20'),
  );

  test('by the day, in full, not at all: booked on the day on which it is given back', () => {
    const give = (refund: Parameters<typeof changeItem>[4]) =>
      told(changeItem(monthly, start.edge, from('2', '1'), '2026-01-25', refund).lines);
    expect(give(undefined)).toEqual(['2026-01-25 refund 1 x 31 2026-01-25..2026-02-15 21/31 = -21.00']);
    expect(give({ from: '2026-01-20', setupToo: true })).toEqual([
      '2026-01-25 refund 1 x 3 2026-01-25..2026-02-15 1/1 = -3.00',
      '2026-01-25 refund 1 x 31 2026-01-20..2026-02-15 26/31 = -26.00',
    ]);
    expect(give({ from: '2025-12-01', setupToo: false })).toEqual([
      '2026-01-25 refund 1 x 31 2026-01-15..2026-02-15 1/1 = -31.00',
    ]);
    expect(give({ from: null, setupToo: false })).toEqual([]);
    // What was paid for a window that is over stays paid.
    const { edge: second } = calendar(start.edge, next(monthly, '2'));
    const whole = changeItem(monthly, second, from('2', '1'), '2026-02-20', { from: '2026-01-20', setupToo: false });
    expect(told(whole.lines)).toEqual(['2026-02-20 refund 1 x 31 2026-02-15..2026-03-15 1/1 = -31.00']);
  });

  test('rule 5: three setups of half a cent are two cents, and so are they given back', () => {
    const { said } = calendar(
      edge(monthly, '2026-01-15', '2027-01-15'),
      add(monthly, '1', { setup: '0.005' }, '2026-01-15'),
      change(monthly, '1', '2', '2026-01-16'),
      change(monthly, '2', '3', '2026-01-17'),
      next(monthly, '3'),
      (current) => changeItem(monthly, current, from('3', '0'), '2026-02-20', { from: '2026-02-20', setupToo: true }),
    );
    expect(said.map((line) => line.replace(/^(\S+ \S+).* = /, '$1 '))).toEqual([
      '2026-01-15 setup 0.01',
      '2026-01-16 setup 0.00',
      '2026-01-17 setup 0.01',
      '2026-02-20 refund -0.02',
    ]);
  });
});
