import { decimal, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Booked, EdgeLedger } from '../billing/index.ts';
import { draft, heldOf, noteAccrued, noteHeld, withHeldLines } from './draft.ts';
import { endEdge, openWindows, settleEdge } from './end-edge.ts';
import { aLife, aPlan, id } from './testing.ts';

const before = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
const after = aPlan(
  'month',
  { SEAT: { price: '31' }, DISK: { price: '3.1' } },
  { billingModel: 'after_billing_period' },
);

/** One edge of a subscription of 2 units that was sold on March 10, with a term of three months. */
function anEdge(facts: Partial<EdgeLedger> = {}, plan = before) {
  const life = aLife({ plan, items: { SEAT: '2' }, sold: '2026-03-10' });
  const edge: EdgeLedger = { ...life.state().ledger[0]!, endOn: '2026-06-10', ...facts };
  return { terms: plan.plan, edge, held: heldOf(life.state(), plan) };
}
const told = (booked: Booked) => ({
  window: `${booked.edge.window.start} to ${booked.edge.window.end}`,
  billed: booked.lines.map(({ period }) => `${period.start.toString()} to ${period.end.toString()}`),
});

describe('the windows of an edge, at a boundary of the owner', () => {
  const open = (facts: Partial<EdgeLedger>, boundary: string, dayAfter: string, plan = before) => {
    const { terms, edge, held } = anEdge(facts, plan);
    return told(openWindows(terms, edge, held, boundary, dayAfter));
  };

  test('open one after the other up to it, and none twice or too soon', () => {
    const april = { window: '2026-04-10 to 2026-05-10', billed: ['2026-04-10 to 2026-05-10'] };
    expect(open({}, '2026-04-10', '2026-04-11')).toEqual(april);
    // Its calendar is a day ahead.
    expect(open({}, '2026-04-09', '2026-04-10')).toEqual(april);
    expect(open({}, '2026-04-08', '2026-04-09')).toEqual({ window: '2026-03-10 to 2026-04-10', billed: [] });
    expect(open({}, '2026-05-10', '2026-05-11')).toEqual({
      window: '2026-05-10 to 2026-06-10',
      billed: ['2026-04-10 to 2026-05-10', '2026-05-10 to 2026-06-10'],
    });
  });

  test('end with the term of the edge, which may be before it', () => {
    expect(open({ endOn: '2026-04-20' }, '2026-05-10', '2026-05-11')).toEqual({
      window: '2026-04-10 to 2026-04-20',
      billed: ['2026-04-10 to 2026-04-20'],
    });
  });

  test('of what is billed afterwards close with the term, not with a boundary after it', () => {
    const ended = { window: '2026-03-10 to 2026-04-10', billed: [] };
    expect(open({ endOn: '2026-04-10' }, '2026-04-10', '2026-04-11', after)).toEqual(ended);
    expect(open({}, '2026-04-10', '2026-04-11', after)).toEqual({
      window: '2026-04-10 to 2026-05-10',
      billed: ['2026-03-10 to 2026-04-10'],
    });
  });

  test('all open when the term ends on the owner’s', () => {
    const { terms, edge, held } = anEdge();
    const settled = settleEdge(terms, edge, held);
    expect(told(settled)).toEqual({
      window: '2026-05-10 to 2026-06-10',
      billed: ['2026-04-10 to 2026-05-10', '2026-05-10 to 2026-06-10'],
    });
    expect(settleEdge(terms, settled.edge, held)).toEqual({ edge: settled.edge, lines: [] });
  });
});

describe('an edge that ends', () => {
  const upcoming = { from: '2026-06-10', anchorOn: '2026-06-10', prices: {}, next: null };

  test('on a day of its window gives back the days after it, or nothing, and has no term after it', () => {
    const { terms, edge, held } = anEdge({ upcoming });
    const end = endEdge(terms, edge, held, '2026-03-20', true);
    expect(end.lines.map(({ type, amount }) => [type, amount.minor])).toEqual([['refund', -4200n]]);
    expect(end.edge).toMatchObject({
      endOn: '2026-03-20',
      window: { start: '2026-03-10', end: '2026-03-20' },
      upcoming: null,
    });
    expect(endEdge(terms, edge, held, '2026-03-20', false)).toMatchObject({ edge: { endOn: '2026-03-20' }, lines: [] });
  });

  test('outside of its window ends with that', () => {
    const { terms, edge, held } = anEdge({}, after);
    const later = endEdge(terms, edge, held, '2026-04-20', true);
    expect(told(later)).toEqual({ window: '2026-03-10 to 2026-04-10', billed: ['2026-03-10 to 2026-04-10'] });
    expect(told(endEdge(terms, edge, held, '2026-03-01', true))).toEqual({
      window: '2026-03-10 to 2026-03-10',
      billed: [],
    });
  });
});

describe('the lines of a decision', () => {
  const [seat, disk] = ['SEAT', 'DISK'].map((mpn) => before.rates.get(id<RateId>(`month.${mpn}`))!);
  const [one, two, three] = ['1', '2', '3'].map((count) => decimal(count));
  /** A decision about two subscriptions of the same products, and a line of the first. */
  const collected = () => {
    const subscription = aLife({ plan: before, items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' }).state();
    const second = { ...subscription, id: id<typeof subscription.id>('second') };
    const decided = draft('change');
    decided.open(subscription);
    decided.open(second);
    const line = {
      subscription: subscription.id,
      rate: seat!,
      quantity: two!,
      previousQuantity: one!,
      origin: 'requested',
    } as const;
    return { decided, subscription, second, line };
  };
  const linesOf = (decided: ReturnType<typeof draft>) =>
    decided
      .done()
      .lines.map(({ subscription: of, rate, quantity, previousQuantity, origin }) => [
        of === 'second' ? of : 'first',
        rate.mpn,
        quantity,
        previousQuantity,
        origin,
      ]);

  test('are one for each product of a subscription, which remembers what it had at first', () => {
    const { decided, subscription, second, line } = collected();
    decided.line(line);
    decided.line({ ...line, rate: disk! });
    decided.line({ ...line, subscription: second.id });
    decided.line({ ...line, quantity: three!, previousQuantity: two!, origin: 'cascade' });
    expect(linesOf(decided)).toEqual([
      ['first', 'SEAT', three, one, 'cascade'],
      ['first', 'DISK', two, one, 'requested'],
      ['second', 'SEAT', two, one, 'requested'],
    ]);
    const charge = endEdge(
      before.plan,
      subscription.ledger[0]!,
      heldOf(subscription, before),
      '2026-03-20',
      true,
    ).lines;
    decided.charge(
      second.id,
      charge.filter(({ rateId }) => rateId === seat!.rateId),
    );
    decided.charge(
      subscription.id,
      charge.filter(({ rateId }) => rateId === disk!.rateId),
    );
    expect(decided.done().charges.map(({ position, subscriptionId }) => [position, subscriptionId])).toEqual([
      [2, second.id],
      [1, subscription.id],
    ]);
  });

  test('are of what is held, as far as the plan has it', () => {
    const { decided, subscription } = collected();
    const [diskItem, seatItem] = subscription.items;
    decided.set(subscription.id, { items: [{ ...diskItem!, rateId: id('month.GONE') }, seatItem!] });
    noteHeld(decided, before, subscription.id, 'renewed');
    expect(linesOf(decided)).toEqual([['first', 'SEAT', two, two, 'renewed']]);
    const shown = withHeldLines(before, { ...decided.done(), lines: [] }).lines;
    expect(
      shown.map(({ subscription: of, rate, quantity, previousQuantity, origin }) => [
        of,
        rate.mpn,
        quantity,
        previousQuantity,
        origin,
      ]),
    ).toEqual([
      [subscription.id, 'SEAT', two, two, 'requested'],
      ['second', 'DISK', one, one, 'requested'],
      ['second', 'SEAT', two, two, 'requested'],
    ]);
    expect(withHeldLines(before, { ...decided.done(), order: 'billing' })).toEqual({
      ...decided.done(),
      order: 'billing',
    });
    expect(withHeldLines(before, { ...decided.done(), order: 'billing', lines: [] }).order).toBe('billing');
  });

  test('are of what is not held any more, too, where it is still to be billed', () => {
    const accruing = aLife({ plan: after, items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' });
    accruing.change('2026-03-15', { SEAT: '1', DISK: '0' });
    const state = accruing.state();
    const [edge] = state.ledger;
    const [accrued] = edge!.items;
    const gone = { ...accrued!, rateId: id<RateId>('month.GONE') };
    const decided = draft('billing');
    decided.open({ ...state, ledger: [{ ...edge!, items: [gone, ...edge!.items] }] });
    noteAccrued(decided, after, state.id);
    expect(linesOf(decided)).toEqual([['first', 'DISK', decimal('0'), decimal('0'), 'renewed']]);
    const held = aLife({ plan: after, items: { SEAT: '2', DISK: '1' }, sold: '2026-03-10' });
    held.change('2026-03-15', { SEAT: '1' });
    const nothing = draft('billing');
    nothing.open(held.state());
    noteAccrued(nothing, after, held.state().id);
    nothing.set(held.state().id, {
      items: [],
      ledger: [{ ...edge!, items: edge!.items.map((item) => ({ ...item, accrued: [] })) }],
    });
    noteAccrued(nothing, after, held.state().id);
    expect(nothing.done().lines).toEqual([]);
  });

  test('and its states stay what they have become when they are opened again', () => {
    const { decided, subscription, second } = collected();
    decided.set(subscription.id, { name: 'changed' });
    decided.open(subscription);
    expect(decided.done().subscriptions).toEqual([
      { before: subscription, after: { ...subscription, name: 'changed' } },
      { before: second, after: second },
    ]);
  });
});
