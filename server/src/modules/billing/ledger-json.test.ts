import { decimal, newId, parseRatio } from '@tierline/kernel';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ledgerText } from './ledger-json.ts';
import type { EdgeLedger, LedgerItem, LockedPrice, Upcoming } from './ledger.ts';
import { play, rateId, stored } from '../../../../test/support/ledger-life.ts';
import { lives } from '../../../../test/support/ledger-stories.ts';

const price = (currency: string, amount: string): LockedPrice => ({
  currency,
  tiers: [
    { lowerLimit: decimal('0'), amount: decimal(amount) },
    { lowerLimit: decimal('10.5'), amount: decimal('0.000001') },
  ],
  source: { kind: 'special' },
});

const eur = price('EUR', '17.5');
const item: LedgerItem = {
  rateId,
  model: 'flat',
  prices: { recurring: eur },
  exact: parseRatio('-123456789012345678901234567890/7'),
  setup: null,
  accrued: [],
  accruesFrom: null,
};
const edge: EdgeLedger = {
  sellerId: newId<'account'>(),
  buyerId: newId<'customer'>(),
  anchorOn: '2028-01-31',
  chargeFrom: '2028-02-29',
  endOn: '2029-01-31',
  window: { start: '2028-01-31', end: '2028-02-29' },
  items: [item],
  upcoming: null,
};

const withItem = (facts: Partial<LedgerItem>): EdgeLedger => ({ ...edge, items: [{ ...item, ...facts }] });
const third: Upcoming = { from: '2030-01-31', anchorOn: '2028-01-31', prices: {}, next: null };
const second: Upcoming = {
  from: '2029-01-31',
  anchorOn: '2028-01-31',
  prices: { [rateId]: { recurring: price('JPY', '100.5'), setup: eur } },
  next: third,
};

test.each<[string, EdgeLedger]>([
  ['a plain item', edge],
  ['nothing held', { ...edge, items: [] }],
  ['no price', withItem({ prices: {} })],
  ['every charge type', withItem({ prices: { setup: eur, recurring: eur, overuse: price('BHD', '0.0005') } })],
  ['tiers by quantity', withItem({ model: 'tiered' })],
  ['a volume price', withItem({ model: 'volume' })],
  ['setup that is not a whole cent', withItem({ setup: { currency: 'JPY', exact: parseRatio('1/200') } })],
  [
    'days that accrued at the price of the item, at another one, and without one',
    withItem({
      accruesFrom: '2028-02-20',
      accrued: [
        { from: '2028-01-31', to: '2028-02-05', quantity: decimal('2.125'), price: eur },
        { from: '2028-02-05', to: '2028-02-10', quantity: decimal('999999'), price: price('JPY', '3') },
        { from: '2028-02-10', to: '2028-02-20', quantity: decimal('1'), price: null },
      ],
    }),
  ],
  [
    'the days of an item that has no price any more',
    withItem({
      prices: {},
      accrued: [
        { from: '2028-01-31', to: '2028-02-05', quantity: decimal('1'), price: eur },
        { from: '2028-02-05', to: '2028-02-06', quantity: decimal('1'), price: null },
      ],
    }),
  ],
  ['a price that it had before', withItem({ was: [{ until: '2028-02-10', price: price('EUR', '20') }] })],
  [
    'windows of the term that are over',
    withItem({
      past: [
        {
          start: '2027-12-31',
          end: '2028-01-31',
          exact: parseRatio('31/7'),
          prices: [
            { until: '2028-01-10', price: price('EUR', '20') },
            { until: '2028-01-31', price: eur },
          ],
        },
      ],
    }),
  ],
  ['two terms to come', { ...edge, upcoming: second }],
])('%s: what is read is what was stored', (_, ledger) => {
  expect(stored(ledger)).toEqual(ledger);
});

test('any life: stored after every step, the ledger is exactly the same, and so is what it says next', () => {
  fc.assert(
    fc.property(lives, ([story, events]) => {
      play(story, events, (seen) => expect(stored(seen)).toEqual(seen));
    }),
    { numRuns: 150 },
  );
});

test('several edges keep their order, and what does not apply takes no room', () => {
  const other = { ...edge, sellerId: newId<'account'>() };
  const text = ledgerText([edge, other]);
  expect((JSON.parse(text) as { seller: string }[]).map(({ seller }) => seller)).toEqual([
    edge.sellerId,
    other.sellerId,
  ]);
  for (const absent of ['null', 'model', 'setup', 'accrue', 'upcoming']) expect(text).not.toContain(absent);
});
