import { decimal, formatMoney, money, Temporal } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest, ratioOf, times } from '../../../../test/support/values.ts';
import type { Charge } from '../billing/index.ts';
import { branch, transferred } from './testing-transfer.ts';
import { aLife, aPlan, id } from './testing.ts';
import { sharedEdges } from './transfer-ledger.ts';

const sum = (charges: readonly Charge[], sellerId: string, buyerId: string): bigint =>
  charges
    .filter((charge) => charge.sellerId === sellerId && charge.buyerId === buyerId)
    .reduce((all, { amount }) => all + amount.minor, 0n);

/** A price of up to six decimals. */
const prices = fc
  .integer({ min: 0, max: 99_999_999 })
  .map((micro) => `${Math.floor(micro / 1_000_000)}.${String(micro % 1_000_000).padStart(6, '0')}`);
const zones = fc.constantFrom('UTC', 'Pacific/Kiritimati', 'Pacific/Honolulu', 'Asia/Kolkata', 'America/New_York');

describe('on every edge', () => {
  test('the old chain keeps what its days cost, the new one charges the others, each rounded once; common edges stay as they are', () => {
    let common = 0;
    fc.assert(
      fc.property(
        fc.record({
          soldAfter: fc.integer({ min: 0, max: 800 }),
          addedAfter: fc.integer({ min: 0, max: 14 }),
          movedAfter: fc.integer({ min: 14, max: 27 }),
          seats: fc.integer({ min: 1, max: 999 }),
          more: fc.integer({ min: 0, max: 99 }),
          old: fc.tuple(prices, prices, prices),
          next: fc.tuple(prices, prices, prices, prices, prices),
          oldZones: fc.tuple(zones, zones, zones),
          newZones: fc.array(zones, { minLength: 1, maxLength: 3 }),
          shared: fc.integer({ min: 1, max: 2 }),
        }),
        ({ soldAfter, addedAfter, movedAfter, seats, more, old, next, oldZones, newZones, shared }) => {
          const day = Temporal.PlainDate.from('2027-01-01').add({ days: soldAfter });
          const on = (days: number): string => day.add({ days }).toString();
          const plan = aPlan('month', { SEAT: { price: (_, edge) => old[edge]! } });
          const life = aLife({ plan, zones: oldZones, items: { SEAT: String(seats) }, sold: on(0) });
          if (more > 0) life.change(on(addedAfter), { SEAT: String(seats + more) });
          const { ledger } = life.state();
          const { moved } = transferred(life, {
            at: on(movedAfter),
            shared,
            zones: newZones,
            price: (edge) => next[edge]!,
          });
          const { given, order, kept } = moved!;
          const opened = order.subscriptions[0]!.ledger;
          expect(kept).toHaveLength(shared - 1);
          common += kept.length;
          for (const [index, edge] of ledger.entries()) {
            if (index < kept.length) {
              expect(opened[index]).toBe(edge);
              expect(sum([...given.charges, ...order.charges], edge.sellerId, edge.buyerId)).toBe(0n);
              continue;
            }
            // What stays with the old seller: its days of the window, counted one by one.
            const total = daysBetween(edge.window.start, edge.window.end);
            const zone = oldZones[index]!;
            const local = (days: number): string => dateIn(on(days), oldZones[2], zone);
            const added = clamp(local(addedAfter), edge.window);
            const left = clamp(local(movedAfter), edge.window);
            const seatDays =
              seats * daysBetween(edge.window.start, left) + more * Math.max(daysBetween(added, left), 0);
            const due = exactly(old[index]!, seatDays, total);
            const charged = life.history.flatMap(({ decision }) => decision.charges);
            const sale = exactly(old[index]!, seats * total, total);
            expect(
              sale + sum(charged, edge.sellerId, edge.buyerId) + sum(given.charges, edge.sellerId, edge.buyerId),
            ).toBe(due);
          }
          for (const edge of opened.slice(kept.length)) {
            const from = edge.chargeFrom;
            const { start, end } = edge.window;
            const period = daysBetween(start, end);
            const index = opened.indexOf(edge);
            expect(sum(order.charges, edge.sellerId, edge.buyerId)).toBe(
              exactly(next[index]!, (seats + more) * daysBetween(from, end), period),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(common).toBeGreaterThan(20);
  });

  function exactly(price: string, unitDays: number, days: number): bigint {
    return nearest(times(ratioOf(decimal(price)), { numerator: BigInt(unitDays) * 100n, denominator: BigInt(days) }));
  }
  function daysBetween(from: string, to: string): number {
    return Temporal.PlainDate.from(from).until(to).days;
  }
  /** The date in a zone at noon of a day in the owner's. */
  function dateIn(day: string, owner: string, zone: string): string {
    return Temporal.PlainDateTime.from(`${day}T12:00`)
      .toZonedDateTime(owner)
      .withTimeZone(zone)
      .toPlainDate()
      .toString();
  }
  function clamp(day: string, { start, end }: { start: string; end: string }): string {
    return day < start ? start : day > end ? end : day;
  }
});

describe('which edges are common', () => {
  const life = aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }),
    zones: ['UTC', 'UTC', 'UTC'],
    items: { SEAT: '1' },
    sold: '2028-03-01',
  });
  const { owner } = life.context(life.instant('2028-03-01'));

  test.each<[string, number, number]>([
    ['the way to the seller where they part', 2, 1],
    ['none, where already the second seller is another', 1, 0],
    ['none, in another installation', 0, 0],
  ])('%s', (_, shared, count) => {
    expect(sharedEdges(life.state(), branch(owner, shared, ['UTC', 'UTC']))).toBe(count);
  });

  test('of a chain that goes on below the owner: all but the edge to the customer', () => {
    expect(sharedEdges(life.state(), branch(owner, 3, ['UTC']))).toBe(2);
  });

  test('of a chain that ends above the owner: all but the last two', () => {
    expect(sharedEdges(life.state(), branch(owner, 2, []))).toBe(1);
  });
});

test('after the transfer nothing is owed any more on any edge of the old side', () => {
  const life = aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }),
    zones: ['UTC', 'UTC'],
    items: { SEAT: '2' },
    sold: '2028-03-01',
  });
  const { moved } = transferred(life, { at: '2028-03-17', shared: 1, price: () => '31' });
  const { after } = moved!.given.subscriptions[0]!;
  expect(after).toMatchObject({
    status: 'terminated',
    endOn: '2028-03-17',
    licenses: [{ enabled: false, endOn: '2028-03-17' }],
  });
  for (const { window, endOn, upcoming } of after.ledger)
    expect([window.end, endOn, upcoming]).toEqual(['2028-03-17', '2028-03-17', null]);
  expect(moved!.order).toMatchObject({
    type: 'migration',
    status: 'completed',
    total: formatMoney(money(3000n, 'EUR')),
  });
});

test('what stands in the way of one subscription is told all at once, and nothing is decided', () => {
  const life = aLife({ plan: aPlan('month', { SEAT: { price: '31' } }), items: { SEAT: '2' }, sold: '2028-03-01' });
  life.become({ status: 'hold', holdReason: 'admin' });
  const decision = transferred(
    life,
    { at: '2028-03-02', shared: 0, price: () => '1' },
    { offered: new Set(), openOrders: ['CH000012'] },
  );
  expect(decision.moved).toBeNull();
  expect(decision.blockers.map(({ code }) => code)).toEqual([
    'lifecycle.transfer_on_hold',
    'lifecycle.transfer_order_processing',
    'lifecycle.transfer_plan_not_delegated',
  ]);
});

test('a plan that is retired says so, and a vendor that provisions itself is to be told', () => {
  const retired = aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }, { planStatus: 'retired' }),
    items: { SEAT: '2' },
    sold: '2028-03-01',
  });
  const blocked = transferred(retired, { at: '2028-03-02', shared: 0, price: () => '1' }, { offered: new Set() });
  expect(blocked.blockers.map(({ code }) => code)).toEqual(['lifecycle.transfer_plan_retired']);
  const vendor = { id: id<never>('vendor'), code: 'acme', provisioning: 'manual' } as const;
  const byHand = aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }, { vendor }),
    items: { SEAT: '2' },
    sold: '2028-03-01',
  });
  byHand.become({ status: 'active' });
  const warned = transferred(byHand, { at: '2028-03-02', shared: 0, price: () => '1' });
  expect(warned.warnings.map(({ code }) => code)).toEqual(['lifecycle.transfer_vendor_not_told']);
});
