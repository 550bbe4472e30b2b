import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from '@tierline/kernel';
import { aLife, aPlan, type Life } from './testing.ts';

// What is given back whole comes to what was charged, to the cent, whatever the prices were on its days.

const year = { subscriptionPeriod: { unit: 'year', count: 1 } } as const;
const full = { cancellation: { window: { count: 200, unit: 'day' }, refund: 'full' } } as const;
const cancel = { kind: 'cancel', reason: null } as const;

const sold = (facts: object = {}, zones: readonly string[] = ['UTC']): Life =>
  aLife({
    plan: aPlan('year', { SEAT: { price: '9.999', setup: '7' } }, { ...year, ...facts }, full),
    items: { SEAT: '5' },
    sold: '2026-03-10',
    zones,
  });

function special(life: Life, day: string, unitPrice: string): void {
  const [{ rateId } = { rateId: undefined! }] = life.wanted({ SEAT: '1' });
  life.ask(day, { kind: 'prices', prices: [{ rateId, unitPrice: decimal(unitPrice), sellerIndex: 0 }] });
}

describe('a full refund after a special price', () => {
  test('gives back each period at the price that it was charged at', () => {
    const life = sold();
    special(life, '2026-04-20', '3.1');
    life.until('2026-05-15');
    life.ask('2026-05-15', cancel);
    expect(life.lastBill()).toEqual([
      'refund 5 SEAT x 9.999, 2026-03-10 to 2026-04-10 = -50',
      'refund 5 SEAT x 9.999 10/30, 2026-04-10 to 2026-04-20 = -16.67',
      'refund 5 SEAT x 3.1 20/30, 2026-04-20 to 2026-05-10 = -10.33',
      'refund 5 SEAT x 7, 2026-05-15 to 2026-06-10 = -35',
      'refund 5 SEAT x 3.1, 2026-05-10 to 2026-06-10 = -15.5',
    ]);
    expect(life.total()).toBe('0');
  });

  test('gives back the days before it within the period that is open, too', () => {
    const life = sold();
    special(life, '2026-03-20', '3.1');
    life.ask('2026-03-25', cancel);
    expect(life.total()).toBe('0');
  });
});

test('days of a pause were paid by nobody and are not given back, but what was paid before it is', () => {
  const life = sold();
  special(life, '2026-03-15', '12.5');
  life.ask('2026-03-20', { kind: 'suspend', endOn: null });
  life.ask('2026-05-20', { kind: 'resume', endOn: null });
  life.ask('2026-06-15', cancel);
  expect(life.total()).toBe('0');
});

describe('periods that nobody remembered', () => {
  const forget = (life: Life): void =>
    life.become({
      ledger: life.state().ledger.map((edge) => ({
        ...edge,
        items: edge.items.map((item) => ({ ...item, past: undefined })),
      })),
    });

  test('are given back from when the units came, each rounded once for all that was held of it', () => {
    const life = aLife({
      plan: aPlan('year', { SEAT: { price: '0.333' } }, year, { ...full, reduction: full.cancellation }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-25', { SEAT: '8' });
    life.until('2026-06-15');
    forget(life);
    life.change('2026-06-15', { SEAT: '5' });
    // Eight seats cost 2.664, five of them 1.665: the three are what lies between the two when they are rounded.
    expect(life.lastBill()).toEqual([
      'refund 3 SEAT x 0.333 16/31, 2026-03-25 to 2026-04-10 = -0.51',
      'refund 3 SEAT x 0.333, 2026-04-10 to 2026-05-10 = -0.99',
      'refund 3 SEAT x 0.333, 2026-05-10 to 2026-06-10 = -0.99',
      'refund 3 SEAT x 0.333, 2026-06-10 to 2026-07-10 = -0.99',
    ]);
    life.ask('2026-06-16', cancel);
    expect(life.total()).toBe('0');
  });

  test('are given back up to the first one that is remembered, which is given back as it was', () => {
    const life = sold();
    life.until('2026-05-10');
    const first = life.state().ledger[0]!.items[0]!.past!;
    forget(life);
    life.until('2026-06-15');
    expect(life.state().ledger[0]!.items[0]!.past).toHaveLength(1);
    expect(first).toHaveLength(2);
    life.ask('2026-06-15', cancel);
    expect(life.total()).toBe('0');
  });

  test('are given back of what has a recurring price, from the first day that was charged for', () => {
    const life = sold();
    life.until('2026-05-15');
    forget(life);
    life.become({ ledger: life.state().ledger.map((edge) => ({ ...edge, chargeFrom: '2026-04-10' })) });
    life.ask('2026-05-15', cancel);
    expect(life.days(life.history.length)).toEqual([
      '2026-04-10 to 2026-05-10',
      '2026-05-15 to 2026-06-10',
      '2026-05-10 to 2026-06-10',
    ]);
    const priceless = sold();
    priceless.until('2026-05-15');
    forget(priceless);
    priceless.become({
      ledger: priceless.state().ledger.map((edge) => ({
        ...edge,
        items: edge.items.map(({ prices: { recurring: _, ...prices }, ...item }) => ({ ...item, prices })),
      })),
    });
    priceless.ask('2026-05-15', cancel);
    expect(priceless.lastBill()).toEqual(['refund 5 SEAT x 7, 2026-05-15 to 2026-06-10 = -35']);
  });
});

test('nothing is remembered of periods where none is over yet', () => {
  const life = aLife({
    plan: aPlan('year', { SEAT: { price: '9.999' } }, year, { ...full, reduction: full.cancellation }),
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
  life.change('2026-03-20', { SEAT: '3' });
  expect(life.state().ledger[0]!.items[0]).not.toHaveProperty('past');
});

test('an edge that has nothing of it gives nothing back', () => {
  const life = sold();
  life.become({ ledger: life.state().ledger.map((edge) => ({ ...edge, items: [] })) });
  life.ask('2026-03-20', cancel);
  expect(life.lastBill()).toEqual([]);
});

test('a term that began when it was still the day before on an edge is given back as it was charged there', () => {
  const life = aLife({
    plan: aPlan('month', { SEAT: { price: '9.999' } }, {}, full),
    zones: ['Pacific/Honolulu', 'UTC'],
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
  life.until('2026-04-11');
  life.ask('2026-04-12', cancel);
  expect(life.lastBill(0)).toEqual(['refund 5 SEAT x 9.999, 2026-04-10 to 2026-05-10 = -50']);
  expect(life.total(0)).toBe('50');
});

test('units that came in the first hours of a period go back from its first day, where it was still the day before', () => {
  const life = aLife({
    plan: aPlan(
      'year',
      { SEAT: { price: '31' }, DISK: { price: '31' } },
      { ...year },
      { ...full, reduction: { refund: 'prorated' } },
    ),
    zones: ['Pacific/Honolulu', 'UTC'],
    items: { SEAT: '1', DISK: '1' },
    sold: '2026-03-10',
  });
  life.change('2026-04-10T00:30', { DISK: '3' });
  expect(life.lastBill(0)).toEqual(['recurring 2 DISK x 31, 2026-04-10 to 2026-05-10 = 62']);
  // What comes again has no periods behind it.
  life.change('2026-05-12', { SEAT: '0' });
  life.change('2026-05-13', { SEAT: '1' });
  life.ask('2026-05-15', cancel);
  expect(life.lastBill(0).filter((line) => line.includes(' DISK '))).toEqual([
    'refund 2 DISK x 31, 2026-04-10 to 2026-05-10 = -62',
    'refund 2 DISK x 31, 2026-05-10 to 2026-06-10 = -62',
    'refund 1 DISK x 31, 2026-03-10 to 2026-04-10 = -31',
    'refund 1 DISK x 31, 2026-04-10 to 2026-05-10 = -31',
    'refund 1 DISK x 31, 2026-05-10 to 2026-06-10 = -31',
  ]);
});

test('whatever is added, priced and taken back, all of it given back comes to nothing on every edge', () => {
  const step = fc.record({
    days: fc.integer({ min: 1, max: 12 }),
    seats: fc.integer({ min: 1, max: 9 }),
    price: fc.option(fc.constantFrom('3.333', '0.0007', '12.5')),
  });
  const models = fc.constantFrom('before_billing_period', 'after_billing_period', 'before_subscription_period');
  const zones = fc.constantFrom(['UTC'], ['Pacific/Kiritimati', 'Pacific/Honolulu'], ['Pacific/Honolulu', 'UTC']);
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), models, zones, (steps, billingModel, chain) => {
      const life = sold({ billingModel }, chain);
      let day = life.instant('2026-03-10').toZonedDateTimeISO('UTC').toPlainDate();
      let held = 5;
      for (const { days, seats, price } of steps) {
        day = day.add({ days });
        // At the first instants of a day edges disagree about its date.
        if (price !== null) special(life, `${day.toString()}T00:10`, price);
        if (seats !== held) life.change(`${day.toString()}T00:20`, { SEAT: String(seats) });
        held = seats;
      }
      life.ask(day.add({ days: 1 }).toString(), cancel);
      expect(chain.map((_, edge) => life.total(edge))).toEqual(chain.map(() => '0'));
    }),
    { numRuns: 60 },
  );
});
