import { formatDecimal, type Decimal } from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Charge } from './charge.ts';
import { dateText } from './dates.ts';
import { changeItem } from './ledger-items.ts';
import { ledgerText } from './ledger-json.ts';
import { closeWindow, moveEnd } from './ledger-windows.ts';
import type { EdgeLedger } from './ledger.ts';
import {
  bring,
  dayAfter,
  digitsOf,
  edgeOf,
  heldOf,
  owedIn,
  play,
  quantityOn,
  rateId,
  sumOf,
  termsOf,
  units,
  type Event,
  type Step,
  type Story,
} from '../../../../test/support/ledger-life.ts';
import { boundaryOf, costOf, dayOf, halfAway, textOf } from '../../../../test/support/ledger-oracle.ts';
import { histories, lives, quantities, rates, stories, windowEnd } from '../../../../test/support/ledger-stories.ts';

const many = { numRuns: 400 };

/** A decimal as a whole number of so many digits after the point. */
function digits(value: Decimal, count: number): bigint {
  const [whole = '', part = ''] = formatDecimal(value).split('.');
  return BigInt(whole + part.padEnd(count, '0'));
}

/** quantity x unit price x fraction in minor units of the currency, as two whole numbers; refunds are negative. */
function exactOf({ type, quantity, unitPrice, fraction, amount }: Charge): { readonly n: bigint; readonly d: bigint } {
  const minor = 10n ** BigInt(digitsOf[amount.currency]!);
  const size = digits(quantity, 3) * digits(unitPrice, 6) * fraction.numerator * minor;
  return { n: type === 'refund' ? -size : size, d: 10n ** 9n * fraction.denominator };
}

/** A day of the window that an edge is in. */
function dayIn({ window }: EdgeLedger, offset: number): string {
  return dayAfter(window.start, offset % (dayOf(window.end) - dayOf(window.start)));
}

/** An edge with a quantity from its first day on. */
function sold(story: Story, quantity: bigint) {
  return bring(story, edgeOf(story), { before: 0n, after: quantity, on: story.startOn });
}

describe('rules 3, 4 and 5: a window is worth its days', () => {
  test('any history of quantities: the lines of each window sum to the day-by-day integral, rounded once', () => {
    fc.assert(
      fc.property(histories, ([story, steps]) => {
        for (const window of play(story, steps).windows) {
          expect(sumOf(window.lines)).toBe(owedIn(story, steps, window));
        }
      }),
      many,
    );
  });

  test('any life with moved ends and terms at other prices: the same, each day at the price and on the grid of its term', () => {
    fc.assert(
      fc.property(lives, ([story, events]) => {
        const { windows, terms } = play(story, events);
        for (const window of windows) expect(sumOf(window.lines)).toBe(owedIn(story, events, window, terms));
      }),
      many,
    );
  });

  test('rule 4: a line is quantity x unit price x fraction to within one minor unit, and the first of a window exactly', () => {
    fc.assert(
      fc.property(lives, ([story, events]) => {
        for (const { lines } of play(story, events).windows) {
          for (const [index, line] of lines.entries()) {
            const { n, d } = exactOf(line);
            const off = line.amount.minor * d - n;
            expect(off < d && -off < d).toBe(true);
            if (index === 0) expect(line.amount.minor).toBe(halfAway(n, d));
          }
        }
      }),
      many,
    );
  });

  test('rule 5: however a quantity is put together or taken apart on a day, it comes to the same', () => {
    const cut = fc.array(quantities, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(stories, fc.nat(), cut, cut, (story, offset, up, down) => {
        const on = dayIn(edgeOf(story), offset);
        const through = (stops: readonly bigint[]): bigint =>
          sumOf(
            play(
              story,
              stops.map((quantity): Step => ({ on, quantity })),
            ).lines,
          );
        const climbed: bigint[] = [];
        for (const part of [...up, ...down]) climbed.push((climbed.at(-1) ?? 0n) + part);
        const top = climbed.at(-1)!;
        expect(through(climbed)).toBe(through([top]));
        const fallen = [top];
        for (const part of down) fallen.push(fallen.at(-1)! - part);
        expect(through(fallen)).toBe(through([fallen.at(-1)!]));
      }),
    );
  });

  test('rule 7: no number of JavaScript holds money or a quantity, neither in a line nor as it is stored', () => {
    fc.assert(
      fc.property(histories, ([story, steps]) => {
        const { edge, lines } = play(story, steps);
        const kinds = new Set<string>();
        JSON.parse(ledgerText([edge]), (_, value: unknown) => {
          kinds.add(typeof value);
          return value;
        });
        expect([...kinds].toSorted()).toEqual(['object', 'string']);
        expect(lines.every(({ amount }) => typeof amount.minor === 'bigint')).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('rules 1, 2 and 9: every day once', () => {
  test('windows follow each other without a gap, each within one period of the grid and within one term', () => {
    fc.assert(
      fc.property(lives, ([story, events]) => {
        const { windows, terms, edge } = play(story, events);
        expect(windows[0]!.start).toBe(story.startOn);
        expect(windows.at(-1)!.end).toBe(edge.endOn);
        for (const [index, { start, end }] of windows.entries()) {
          expect(start < end).toBe(true);
          if (index > 0) expect(start).toBe(windows[index - 1]!.end);
          expect(end).toBe(windowEnd(story, terms, start, edge.endOn));
        }
      }),
      many,
    );
  });

  test('no day is billed twice or dropped: on each day the lines hold exactly the units that the customer does', () => {
    fc.assert(
      fc.property(lives, ([any, all]) => {
        const rate = { model: 'flat', tiers: [[0n, 7_000_000n]] } as const;
        const events = all.map((event): Event => ('months' in event ? { ...event, rate } : event));
        const story: Story = { ...any, rate };
        const { lines, edge } = play(story, events);
        const billed = new Map<number, bigint>();
        for (const { type, quantity, period } of lines) {
          const count = type === 'refund' ? -digits(quantity, 3) : digits(quantity, 3);
          const end = dayOf(dateText(period.end));
          for (let day = dayOf(dateText(period.start)); day < end; day += 1) {
            billed.set(day, (billed.get(day) ?? 0n) + count);
          }
        }
        const held = quantityOn(events);
        const wrong: unknown[] = [];
        for (let day = dayOf(story.startOn); day < dayOf(edge.endOn); day += 1) {
          const expected = day < dayOf(story.chargeFrom) ? 0n : held(day);
          if ((billed.get(day) ?? 0n) !== expected) wrong.push([textOf(day), billed.get(day), expected]);
          billed.delete(day);
        }
        expect(wrong).toEqual([]);
        expect([...billed.values()].every((count) => count === 0n)).toBe(true);
      }),
      { numRuns: 250 },
    );
  });

  test('rule 9: every line is booked on the day on which it arose: of its window, or of the event', () => {
    fc.assert(
      fc.property(lives, ([story, events]) => {
        const isAfter = story.billingModel === 'after_billing_period';
        const ofEvents = new Set(isAfter ? [] : events.map(({ on }) => on));
        for (const { start, end, lines } of play(story, events).windows) {
          const wrong = lines.filter(({ bookedOn }) => bookedOn !== (isAfter ? end : start) && !ofEvents.has(bookedOn));
          expect(wrong).toEqual([]);
          expect(lines.every(({ bookedOn }) => bookedOn >= start && bookedOn <= end)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('rule 2: an anchor of the 29th, 30th or 31st stays: window n begins at anchor + n periods, however short a month was', () => {
    fc.assert(
      fc.property(stories, (story) => {
        fc.pre(story.billingModel !== 'before_subscription_period' && story.anchorOn === story.startOn);
        const starts = play(story, []).windows.map(({ start }) => start);
        const anchor = dayOf(story.anchorOn);
        expect(starts).toEqual(starts.map((_, n) => textOf(boundaryOf(anchor, story.billingPeriod, n))));
      }),
      many,
    );
  });
});

describe('rules 4, 5 and 10: refunds mirror what they refund', () => {
  test('units added and removed on one day cost nothing, and the ledger is as it was', () => {
    fc.assert(
      fc.property(stories, quantities, quantities, fc.nat(), (story, base, more, offset) => {
        const { edge } = sold(story, base);
        const on = dayIn(edge, offset);
        const before = changeItem(termsOf(story), edge, { ...heldOf(story, base)[0]!, before: units(base) }, on).edge;
        const up = bring(story, before, { before: base, after: base + more, on });
        const down = bring(story, up.edge, { before: base + more, after: base, on });
        expect(sumOf([...up.lines, ...down.lines])).toBe(0n);
        expect(down.edge.items[0]!.exact).toEqual(before.items[0]!.exact);
        const fallen = bring(story, before, { before: base, after: 0n, on });
        const back = bring(story, fallen.edge, { before: 0n, after: base, on });
        expect(sumOf([...fallen.lines, ...back.lines])).toBe(0n);
      }),
      many,
    );
  });

  test('all given back on a day: the refund is the negative of what was paid for the days that are left', () => {
    fc.assert(
      fc.property(stories, quantities, fc.nat(), (any, quantity, offset) => {
        fc.pre(any.billingModel !== 'after_billing_period');
        const story: Story = { ...any, chargeFrom: any.startOn };
        const { edge, lines } = sold(story, quantity);
        const on = dayIn(edge, offset);
        const back = bring(story, edge, { before: quantity, after: 0n, on });
        const used = owedIn(story, [{ on: story.startOn, quantity }], { start: edge.window.start, end: on });
        expect(sumOf(back.lines)).toBe(used - sumOf(lines));
        expect(back.lines.every(({ type, amount }) => type === 'refund' && amount.minor <= 0n)).toBe(true);
        if (on === edge.window.start) expect(sumOf(back.lines)).toBe(-sumOf(lines));
      }),
      many,
    );
  });

  test('rule 10: a full refund leaves nothing of the units since they came; without a refund they stay paid', () => {
    fc.assert(
      fc.property(stories, quantities, quantities, fc.nat(), fc.nat(), (story, base, more, came, went) => {
        const terms = termsOf(story);
        const first = sold(story, base);
        const { window } = first.edge;
        const cameOn = dayIn(first.edge, came);
        const wentOn = dayIn({ ...first.edge, window: { start: cameOn, end: window.end } }, went);
        const added = bring(story, first.edge, { before: base, after: base + more, on: cameOn });
        const held = { rateId, model: story.rate.model, before: units(base + more), quantity: units(base) };
        const full = changeItem(terms, added.edge, held, wentOn, { from: cameOn, setupToo: true });
        expect(full.lines.every(({ bookedOn }) => bookedOn === wentOn)).toBe(true);
        const closed = closeWindow(terms, full.edge, heldOf(story, base));
        const all = [first, added, full, closed].flatMap(({ lines }) => lines);
        expect(sumOf(all)).toBe(owedIn(story, [{ on: story.startOn, quantity: base }], window));
        const none = changeItem(terms, added.edge, held, wentOn, { from: null, setupToo: false });
        expect(none.lines).toEqual([]);
      }),
      many,
    );
  });

  test('the end moved later and back, or earlier and back, with whole refunds: nothing, and the ledger is as it was', () => {
    fc.assert(
      fc.property(stories, quantities, fc.integer({ min: -400, max: 400 }), (story, quantity, shift) => {
        const terms = termsOf(story);
        const held = heldOf(story, quantity);
        const { edge } = sold(story, quantity);
        const endOn = dayAfter(story.endOn, shift);
        fc.pre(endOn > edge.window.start);
        const there = moveEnd(terms, edge, endOn, held, true, story.startOn);
        const back = moveEnd(terms, there.edge, story.endOn, held, true, story.startOn);
        expect(sumOf([...there.lines, ...back.lines])).toBe(0n);
        expect(back.edge).toEqual(edge);
      }),
      many,
    );
  });
});

describe('setup', () => {
  const withSetup = fc.tuple(stories, rates).map(([story, { tiers }]): Story => ({
    ...story,
    setup: { model: 'tiered', tiers },
    rate: { model: 'tiered', tiers: [[0n, 0n]] },
  }));

  test('rule 5: of units that come one after the other it is that of all at once; in parts or whole given back it is nothing', () => {
    const cut = fc.array(quantities, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(withSetup, cut, fc.nat(), (story, parts, offset) => {
        let { edge } = { edge: edgeOf(story) };
        const on = dayIn(edge, offset);
        const lines: Charge[] = [];
        let quantity = 0n;
        for (const part of parts) {
          const added = bring(story, edge, { before: quantity, after: quantity + part, on });
          lines.push(...added.lines);
          quantity += part;
          ({ edge } = added);
        }
        const minor = 10n ** BigInt(digitsOf[story.currency]!);
        expect(sumOf(lines)).toBe(halfAway(costOf(story.setup!, quantity) * minor, 10n ** 9n));
        for (const part of parts) {
          const held = { rateId, model: story.rate.model, before: units(quantity), quantity: units(quantity - part) };
          const back = changeItem(termsOf(story), edge, held, on, { from: on, setupToo: true });
          lines.push(...back.lines);
          quantity -= part;
          ({ edge } = back);
        }
        expect(sumOf(lines)).toBe(0n);
        expect(edge.items[0]?.setup?.exact.numerator ?? 0n).toBe(0n);
      }),
    );
  });
});

test('random lives have what the rules are about: changes on one day, removals, odd first parts, free months, terms ahead', () => {
  const seen = { sameDay: 0, removed: 0, oddStart: 0, free: 0, moved: 0, renewed: 0, twice: 0, regrid: 0 };
  fc.assert(
    fc.property(lives, ([story, events]) => {
      const { terms } = play(story, events);
      if (new Set(events.map(({ on }) => on)).size < events.length) seen.sameDay += 1;
      if (events.some((event) => 'quantity' in event && event.quantity === 0n)) seen.removed += 1;
      if (story.anchorOn > story.startOn) seen.oddStart += 1;
      if (story.chargeFrom > story.startOn) seen.free += 1;
      if (events.some((event) => 'endOn' in event)) seen.moved += 1;
      if (terms.length > 1) seen.renewed += 1;
      if (terms.length > 2) seen.twice += 1;
      if (new Set(terms.map(({ anchor }) => anchor)).size > 1) seen.regrid += 1;
    }),
    many,
  );
  expect(Object.entries(seen).filter(([, count]) => count < 20)).toEqual([]);
});
