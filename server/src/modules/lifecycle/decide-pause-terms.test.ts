import { describe, expect, test } from 'vitest';
import { aLife, aPlan } from './testing.ts';

// A pause may be longer than a term, and terms that were renewed ahead begin in it.

const renew = { kind: 'renew', from: 'expiry', months: null, items: [], align: null } as const;
const steps: readonly (readonly [until: string, price: string])[] = [
  ['2026-04-10', '31'],
  ['2026-05-10', '62'],
  ['2026-06-10', '93'],
];

/** Three terms of a month, each dearer than the one before; the next two are renewed on the first day. */
function renewedTwice() {
  const price = (date: string) => steps.find(([until]) => date < until)?.[1] ?? '124';
  const life = aLife({ plan: aPlan('month', { SEAT: { price } }), items: { SEAT: '1' }, sold: '2026-03-10' });
  life.ask('2026-03-11', renew);
  life.ask('2026-03-11', renew);
  life.ask('2026-03-20', { kind: 'suspend', endOn: null });
  return life;
}

describe('a pause in which two terms began', () => {
  test('goes on in the last of them, at its price, and the terms after it have theirs', () => {
    const life = renewedTwice();
    life.ask('2026-05-20', { kind: 'resume', endOn: null });
    expect(life.shown()).toBe('active 2026-05-10 to 2026-06-10: 1 SEAT');
    expect(life.state().ledger).toMatchObject([{ upcoming: null }]);
    life.until('2026-07-10');
    expect(life.bill(1)).toEqual([
      'recurring 1 SEAT x 93 21/31, 2026-05-20 to 2026-06-10 = 63',
      'recurring 1 SEAT x 124, 2026-06-10 to 2026-07-10 = 124',
      'recurring 1 SEAT x 124, 2026-07-10 to 2026-08-10 = 124',
    ]);
  });

  test('goes on in the first of them where that is as long as it took', () => {
    const life = renewedTwice();
    life.ask('2026-04-20', { kind: 'resume', endOn: null });
    expect(life.shown()).toBe('active 2026-04-10 to 2026-06-10: 1 SEAT');
    life.until('2026-06-10');
    expect(life.bill(1)).toEqual([
      'recurring 1 SEAT x 62 20/30, 2026-04-20 to 2026-05-10 = 41.33',
      'recurring 1 SEAT x 93, 2026-05-10 to 2026-06-10 = 93',
      'recurring 1 SEAT x 124, 2026-06-10 to 2026-07-10 = 124',
    ]);
  });

  test('may end it before the second of them, which then never comes', () => {
    const life = renewedTwice();
    life.ask('2026-04-20', { kind: 'resume', endOn: '2026-04-25' });
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 62 5/30, 2026-04-20 to 2026-04-25 = 10.33']);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-04-25: 1 SEAT');
    expect(life.state().ledger).toMatchObject([{ endOn: '2026-04-25', upcoming: null }]);
  });
});
