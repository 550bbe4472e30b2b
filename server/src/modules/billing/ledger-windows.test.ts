import { newId, zero } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { addItem, changeItem } from './ledger-items.ts';
import { renewEdge } from './ledger-terms.ts';
import { closeWindow, moveEnd, nextWindow } from './ledger-windows.ts';
import { windowOf, type Booked, type EdgeLedger } from './ledger.ts';
import {
  add,
  afterwards,
  calendar,
  change,
  edge,
  from,
  held,
  monthly,
  next,
  prices,
  remove,
  told,
} from '../../../../test/support/ledger-calendar.ts';

describe('billed afterwards', () => {
  const tiers = {
    recurring: [
      ['0', '31'],
      ['1', '62'],
    ],
  } as const;

  test('days are billed when the window closes, each at what was held on it, and from there on anew', () => {
    const { said, edge: after } = calendar(
      edge(afterwards, '2026-01-15', '2026-03-15'),
      add(afterwards, '1', tiers, '2026-01-15', 'tiered'),
      change(afterwards, '1', '2', '2026-01-25', 'tiered'),
      change(afterwards, '2', '3', '2026-01-25', 'tiered'),
      change(afterwards, '3', '2', '2026-01-30', 'tiered'),
      next(afterwards, '2', 'tiered'),
      next(afterwards, '2', 'tiered'),
    );
    expect(said).toEqual([
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-01-25 10/31 = 10.00',
      '2026-02-15 recurring 1 x 31 2026-01-25..2026-01-30 5/31 = 5.00',
      '2026-02-15 recurring 2 x 62 2026-01-25..2026-01-30 5/31 = 20.00',
      '2026-02-15 recurring 1 x 31 2026-01-30..2026-02-15 16/31 = 16.00',
      '2026-02-15 recurring 1 x 62 2026-01-30..2026-02-15 16/31 = 32.00',
      '2026-03-15 recurring 1 x 31 2026-02-15..2026-03-15 1/1 = 31.00',
      '2026-03-15 recurring 1 x 62 2026-02-15..2026-03-15 1/1 = 62.00',
    ]);
    expect(closeWindow(afterwards, after, [held('2', 'tiered')]).lines).toEqual([]);
  });

  test('what was removed, and came back at another price, is billed for its days by its tiers', () => {
    const { said } = calendar(
      edge(afterwards, '2026-01-15', '2026-03-15'),
      add(afterwards, '2', tiers, '2026-01-15', 'tiered'),
      remove(afterwards, '2', '2026-01-20', 'tiered'),
      add(afterwards, '1', { recurring: '310' }, '2026-02-05', 'tiered'),
      remove(afterwards, '1', '2026-02-07', 'tiered'),
      next(afterwards, '0'),
      next(afterwards, '0'),
    );
    expect(said).toEqual([
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-01-20 5/31 = 5.00',
      '2026-02-15 recurring 1 x 62 2026-01-15..2026-01-20 5/31 = 10.00',
      '2026-02-15 recurring 1 x 310 2026-02-05..2026-02-07 2/31 = 20.00',
    ]);
  });

  test('a price that is set in the middle counts from its day on, in its own currency too', () => {
    const reprice =
      (recurring: string, currency: string) =>
      (current: EdgeLedger): Booked => {
        const ended = changeItem(afterwards, current, from('1', '0'), '2026-01-25').edge;
        const items = ended.items.map((item) => ({ ...item, prices: prices({ recurring }, currency) }));
        return changeItem(afterwards, { ...ended, items }, from('0', '1'), '2026-01-25');
      };
    const start = calendar(
      edge(afterwards, '2026-01-15', '2026-02-15'),
      add(afterwards, '1', { recurring: '31' }, '2026-01-15'),
    );
    const cheaper = calendar(start.edge, reprice('15.5', 'EUR'), (current) =>
      closeWindow(afterwards, current, [held('1')]),
    );
    expect(cheaper.said).toEqual([
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-01-25 10/31 = 10.00',
      '2026-02-15 recurring 1 x 15.5 2026-01-25..2026-02-15 21/31 = 10.50',
    ]);
    const yen = calendar(start.edge, reprice('3100', 'JPY'), (current) =>
      closeWindow(afterwards, current, [held('1')]),
    );
    expect(yen.said).toEqual([
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-01-25 10/31 = 10.00',
      '2026-02-15 recurring 1 x 3100 2026-01-25..2026-02-15 21/31 = 2100',
    ]);
  });

  test('a window that is opened after a pause bills nothing of the pause', () => {
    const { said } = calendar(
      edge(afterwards, '2026-01-15', '2027-01-15'),
      add(afterwards, '1', { recurring: '31' }, '2026-01-15'),
      (current) => closeWindow(afterwards, current, [held('1')]),
      // Nothing was due from February 15 to March 25.
      (current) => ({ edge: { ...current, window: { start: '2026-03-25', end: '2026-03-25' } }, lines: [] }),
      next(afterwards, '1'),
      next(afterwards, '1'),
    );
    expect(said).toEqual([
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-02-15 1/1 = 31.00',
      '2026-04-15 recurring 1 x 31 2026-03-25..2026-04-15 21/31 = 21.00',
    ]);
  });

  test('rule 10: units whose price is refunded in full are never billed, and their setup goes back', () => {
    const { said } = calendar(
      edge(afterwards, '2026-01-15', '2026-02-15'),
      add(afterwards, '1', { setup: '5', recurring: '31' }, '2026-01-15'),
      change(afterwards, '1', '3', '2026-01-25'),
      (current) =>
        changeItem(afterwards, current, from('3', '1'), '2026-02-01', { from: '2026-01-25', setupToo: true }),
      (current) => closeWindow(afterwards, current, [held('1')]),
    );
    expect(said).toEqual([
      '2026-01-15 setup 1 x 5 2026-01-15..2026-02-15 1/1 = 5.00',
      '2026-01-25 setup 2 x 5 2026-01-25..2026-02-15 1/1 = 10.00',
      '2026-02-01 refund 2 x 5 2026-02-01..2026-02-15 1/1 = -10.00',
      '2026-02-15 recurring 1 x 31 2026-01-15..2026-01-25 10/31 = 10.00',
      '2026-02-15 recurring 1 x 31 2026-01-25..2026-02-01 7/31 = 7.00',
      '2026-02-15 recurring 1 x 31 2026-02-01..2026-02-15 14/31 = 14.00',
    ]);
  });
});

describe('what a window leaves to the next', () => {
  const setupOnly = { setup: '5' };

  test('nothing recurs of what is only set up: nothing is billed when the window closes', () => {
    const { said } = calendar(
      edge(afterwards, '2026-01-15', '2026-03-15'),
      add(afterwards, '1', setupOnly, '2026-01-15'),
      next(afterwards, '1'),
    );
    expect(said).toEqual(['2026-01-15 setup 1 x 5 2026-01-15..2026-02-15 1/1 = 5.00']);
  });

  test('closed once more, a window bills nothing and keeps its sum', () => {
    const closed = closeWindow(
      afterwards,
      add(afterwards, '1', { recurring: '31' }, '2026-01-15')(edge(afterwards, '2026-01-15', '2026-03-15')).edge,
      [held('1')],
    );
    expect(closed.edge.items[0]?.exact).toEqual({ numerator: 31n, denominator: 1n });
    expect(closeWindow(afterwards, closed.edge, [held('1')])).toEqual({ edge: closed.edge, lines: [] });
    expect(closeWindow(afterwards, closed.edge, [])).toEqual({ edge: closed.edge, lines: [] });
  });

  test('what was paid in advance is not billed again where the terms became those of billing afterwards', () => {
    const paid = calendar(
      edge(monthly, '2026-01-15', '2026-03-15'),
      add(monthly, '1', { recurring: '31' }, '2026-01-15'),
    ).edge;
    expect(closeWindow(afterwards, paid, [held('1')]).lines).toEqual([]);
  });

  test.each([
    [monthly, null],
    [afterwards, '2026-02-15'],
  ])('%j: what is held accrues since %s', (terms, since) => {
    const start = add(terms, '1', { recurring: '31' }, '2026-01-15')(edge(terms, '2026-01-15', '2026-03-15')).edge;
    expect(start.items[0]?.accruesFrom).toBe(since === null ? null : '2026-01-15');
    expect(nextWindow(terms, start, [held('1')]).edge.items[0]?.accruesFrom).toBe(since);
  });

  test('of two items only the one that is held goes on', () => {
    const other = { ...held('1'), rateId: newId<'rate'>() };
    const both = calendar(
      edge(monthly, '2026-01-15', '2026-03-15'),
      add(monthly, '1', { recurring: '31' }, '2026-01-15'),
      (current) => addItem(monthly, current, other, prices({ recurring: '62' }), '2026-01-15'),
    ).edge;
    const { edge: opened, lines } = nextWindow(monthly, both, [other]);
    expect(opened.items.map(({ rateId }) => rateId)).toEqual([other.rateId]);
    expect(told(lines)).toEqual(['2026-02-15 recurring 1 x 62 2026-02-15..2026-03-15 1/1 = 62.00']);
  });

  test('where something is given back whole the windows of the term are remembered, and forgotten with the term', () => {
    const terms = { ...monthly, policies: { cancellation: { refund: 'full' }, reduction: { refund: 'none' } } };
    const first = add(terms, '1', { recurring: '31' }, '2026-01-15')(edge(terms, '2026-01-15', '2026-03-15')).edge;
    const renewed = renewEdge(terms, first, { months: 1, days: null }, {});
    const second = nextWindow(terms, renewed, [held('1')]).edge;
    expect(second.items[0]?.past).toMatchObject([{ start: '2026-01-15', end: '2026-02-15' }]);
    const third = nextWindow(terms, second, [held('1')]).edge;
    expect(third.window).toEqual({ start: '2026-03-15', end: '2026-04-15' });
    expect(third.items[0]?.past).toBeUndefined();
  });
});

describe('the end of a term', () => {
  const start = calendar(
    edge(monthly, '2026-01-15', '2026-02-15'),
    add(monthly, '1', { recurring: '31' }, '2026-01-15'),
  ).edge;

  test('later: the window goes on to the end of its period, or as far as the term does', () => {
    const cut = moveEnd(monthly, start, '2026-02-05', [held('1')], true, '2026-01-20');
    expect(told(cut.lines)).toEqual(['2026-01-20 refund 1 x 31 2026-02-05..2026-02-15 10/31 = -10.00']);
    const { edge: ended } = cut;
    const longer = moveEnd(monthly, ended, '2026-06-01', [held('1')], true, '2026-01-22');
    expect(told(longer.lines)).toEqual(['2026-01-22 recurring 1 x 31 2026-02-05..2026-02-15 10/31 = 10.00']);
    expect(longer.edge).toMatchObject({ endOn: '2026-06-01', window: { end: '2026-02-15' } });
    expect(moveEnd(monthly, start, '2026-06-01', [held('1')], true).lines).toEqual([]);
  });

  test('earlier without a refund: nothing is paid back', () => {
    const cut = moveEnd(monthly, start, '2026-02-05', [held('1')], false, '2026-01-20');
    expect(cut.lines).toEqual([]);
    expect(cut.edge).toMatchObject({ endOn: '2026-02-05', window: { start: '2026-01-15', end: '2026-02-05' } });
  });

  test('earlier than its window: it ends with the first day of that, and no window is turned around', () => {
    const cut = moveEnd(monthly, start, '2026-01-10', [held('1')], true, '2026-01-15');
    expect(cut.edge).toMatchObject({ endOn: '2026-01-15', window: { start: '2026-01-15', end: '2026-01-15' } });
    expect(told(cut.lines)).toEqual(['2026-01-15 refund 1 x 31 2026-01-15..2026-02-15 1/1 = -31.00']);
  });

  test('billed afterwards: no line, the days that are left are billed when the shorter window closes', () => {
    const { said } = calendar(
      edge(afterwards, '2026-01-15', '2026-03-15'),
      add(afterwards, '1', { recurring: '31' }, '2026-01-15'),
      (current) => moveEnd(afterwards, current, '2026-02-05', [held('1')], true, '2026-01-20'),
      (current) => closeWindow(afterwards, current, [held('1')]),
    );
    expect(said).toEqual(['2026-02-05 recurring 1 x 31 2026-01-15..2026-02-05 21/31 = 21.00']);
  });

  test('earlier: each item at its own price, and nothing for what this edge does not have', () => {
    const other = { ...held('1'), rateId: newId<'rate'>() };
    const both = addItem(monthly, start, other, prices({ recurring: '62' }), '2026-01-15').edge;
    const cut = moveEnd(
      monthly,
      both,
      '2026-02-05',
      [other, { ...other, rateId: newId<'rate'>() }],
      true,
      '2026-01-20',
    );
    expect(told(cut.lines)).toEqual(['2026-01-20 refund 1 x 62 2026-02-05..2026-02-15 10/31 = -20.00']);
  });

  test('a next term ends the window where it begins, but only one that is still to come', () => {
    const ends = { anchorOn: '2026-01-15', endOn: '2027-01-15' };
    const upcoming = (on: string) => ({ from: on, anchorOn: on, prices: {}, next: null });
    const end = (on: string) => windowOf(monthly, { ...ends, upcoming: upcoming(on) }, '2026-02-15').end;
    expect([end('2026-02-14'), end('2026-02-15'), end('2026-02-16'), end('2026-04-01')]).toEqual([
      '2026-03-15',
      '2026-03-15',
      '2026-02-16',
      '2026-03-15',
    ]);
  });

  test('no window is opened after it', () => {
    const last = nextWindow(monthly, start, [{ ...held('1'), quantity: zero }]);
    expect(last).toEqual({ edge: start, lines: [] });
  });
});
