import { decimal, formatDecimal } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { addItem, changeItem } from './ledger-items.ts';
import { partChanges } from './ledger-lines.ts';
import { accrue, freeOf, type EdgeLedger } from './ledger.ts';
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
import { tiersOf } from '../../../../test/support/values.ts';

const recurring = { recurring: '31' };
/** What was held in the window, before what is held now: `2026-01-15..2026-01-20 1`. */
const accruedOn = ({ items }: EdgeLedger): string[] =>
  items.flatMap(({ accrued }) => accrued.map((part) => `${part.from}..${part.to} ${formatDecimal(part.quantity)}`));

describe('billed afterwards, units that are given back are taken out of the days', () => {
  const start = calendar(
    edge(afterwards, '2026-01-15', '2026-02-15'),
    add(afterwards, '1', recurring, '2026-01-15'),
    change(afterwards, '1', '2', '2026-01-20'),
  ).edge;
  const given = (on: string | null) =>
    accruedOn(changeItem(afterwards, start, from('2', '1'), '2026-01-25', { from: on, setupToo: false }).edge);

  test.each<[string | null, string[], string]>([
    ['2026-01-25', ['2026-01-15..2026-01-20 1', '2026-01-20..2026-01-25 2'], 'from the day itself on'],
    ['2026-01-22', ['2026-01-15..2026-01-20 1', '2026-01-20..2026-01-22 2', '2026-01-22..2026-01-25 1'], 'in a part'],
    ['2026-01-20', ['2026-01-15..2026-01-20 1', '2026-01-20..2026-01-25 1'], 'from the first day of a part on'],
    ['2026-01-18', ['2026-01-15..2026-01-18 1', '2026-01-18..2026-01-20 0', '2026-01-20..2026-01-25 1'], 'over two'],
    [null, ['2026-01-15..2026-01-20 1', '2026-01-20..2026-01-25 2'], 'not at all'],
  ])('since %s: %j (%s)', (on, parts) => {
    expect(given(on)).toEqual(parts);
  });

  test('the same quantity again is no change, and cuts no days in two', () => {
    expect(change(afterwards, '2', '2', '2026-01-25')(start)).toEqual({ edge: start, lines: [] });
  });
});

describe('days accrue', () => {
  const [item] = add(afterwards, '1', recurring, '2026-01-20')(edge(afterwards, '2026-01-15', '2026-02-15')).edge.items;

  test.each(['2026-01-20', '2026-01-10'])('none up to %s, where they count from the 20th', (to) => {
    expect(accrue(item!, decimal('1'), to)).toBe(item);
  });

  test('of nothing held there is nothing to bill, and the next ones count from then on', () => {
    expect(accrue(item!, decimal('0'), '2026-01-25')).toEqual({ ...item, accruesFrom: '2026-01-25' });
  });
});

test('what is only set up comes back in the same window, and its setup is summed up with the first one', () => {
  const of = { setup: '0.005' };
  const { said } = calendar(
    edge(afterwards, '2026-01-15', '2026-02-15'),
    add(afterwards, '1', of, '2026-01-15'),
    remove(afterwards, '1', '2026-01-24'),
    add(afterwards, '1', of, '2026-01-29'),
    next(afterwards, '1'),
  );
  expect(said).toEqual([
    '2026-01-15 setup 1 x 0.005 2026-01-15..2026-02-15 1/1 = 0.01',
    '2026-01-29 setup 1 x 0.005 2026-01-29..2026-02-15 1/1 = 0.00',
  ]);
});

test('a setup that was paid elsewhere is not given back here, what recurs is', () => {
  const of = prices({ setup: '5', recurring: '31' });
  const start = addItem(monthly, edge(monthly, '2026-01-15', '2026-02-15'), held('2'), of, '2026-01-15', false);
  expect(told(start.lines)).toEqual(['2026-01-15 recurring 2 x 31 2026-01-15..2026-02-15 1/1 = 62.00']);
  const back = changeItem(monthly, start.edge, from('2', '1'), '2026-01-15', { from: '2026-01-15', setupToo: true });
  expect(told(back.lines)).toEqual(['2026-01-15 refund 1 x 31 2026-01-15..2026-02-15 1/1 = -31.00']);
});

describe('a change of quantity', () => {
  const tiers = tiersOf([
    ['0', '5'],
    ['10', '4'],
  ]);
  const changed = (model: 'flat' | 'tiered' | 'volume', before: string, after: string): string[] =>
    partChanges(model, tiers, decimal(before), decimal(after)).map(
      ({ unitPrice, quantity }) => `${formatDecimal(quantity)} x ${formatDecimal(unitPrice)}`,
    );

  test.each([
    ['flat', '0', '3', ['3 x 5']],
    ['flat', '3', '0', ['-3 x 5']],
    ['flat', '12', '15', ['3 x 5']],
    ['tiered', '10', '12', ['2 x 4']],
    ['tiered', '12', '10', ['-2 x 4']],
    ['tiered', '8', '11', ['2 x 5', '1 x 4']],
    ['volume', '0', '12', ['12 x 4']],
    ['volume', '12', '0', ['-12 x 4']],
    ['volume', '9', '12', ['-9 x 5', '12 x 4']],
  ] as const)('%s from %s to %s: %j', (model, before, after, parts) => {
    expect(changed(model, before, after)).toEqual(parts);
  });
});

test('what is not for resale costs nothing, and its charges say why', () => {
  expect(freeOf(prices({ recurring: '31' }, 'USD'))).toEqual({
    recurring: { currency: 'USD', tiers: tiersOf('0'), source: { kind: 'free' } },
  });
});
