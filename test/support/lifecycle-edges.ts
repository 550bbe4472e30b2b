import type { Temporal } from '@tierline/kernel';
import { addMonths, dateOf, dayNumber, heldBack, isoOf, monthsTo, nextBoundary } from './lifecycle-calendar.ts';
import type { Books, Edge } from './lifecycle-books.ts';
import type { ModelEdge, ModelPlan, ModelPrices, PriceBook } from './lifecycle-plan.ts';
import type { Returned } from './lifecycle-returns.ts';

/** Terms and windows of the model on all of its edges, the owner's being the last: which begin when, and with which prices. */
export function modelEdges(of: {
  readonly books: Books;
  readonly edges: readonly ModelEdge[];
  readonly plan: () => ModelPlan;
  readonly held: () => ReadonlyMap<string, bigint>;
  readonly prices: PriceBook;
  readonly begins: Temporal.Instant;
}) {
  const { books, plan } = of;
  const edges: Edge[] = of.edges.map((edge, index) => {
    const on = dateOf(of.begins, edge.zone);
    return books.begin(edge, index, on, pricesOn(index, of.held().keys(), on));
  });
  const owner = (): Edge => edges.at(-1)!;
  const { zone } = owner();

  /**
   * The day on an edge that a moment counts for: never outside of the window, or a day would be charged twice or not at all. On the
   * owner's boundary it is the boundary on every edge.
   */
  function dayOn({ zone: own, window }: Edge, at: Temporal.Instant, isActive: boolean): string {
    const date = dateOf(at, own);
    const isBoundary = dateOf(at, zone) >= owner().window.end;
    const on = isBoundary || date > window.end ? window.end : date < window.start ? window.start : date;
    // Zones are a day apart at most, and months of different length three more.
    const apart = Math.abs(dayNumber(on) - dayNumber(date));
    if (isActive && apart > 4) throw new Error(`What happens on ${date} is counted for ${on}.`);
    return on;
  }

  /** Whether a term is over and the next one has not begun. */
  function isBetweenTerms(at: Temporal.Instant): boolean {
    const { window, end, upcoming } = owner();
    if (dateOf(at, zone) < window.end) return false;
    return end <= window.end || (upcoming[0] !== undefined && upcoming[0].from <= window.end);
  }

  function pricesOn(index: number, rates: Iterable<string>, date: string): Edge['prices'] {
    return new Map([...rates].map((rate) => [rate, of.prices(index, plan(), rate, date)]));
  }

  /** What the next term costs: as the day, as the term before, or no dearer than the guard lets it be; a special price is one, too. */
  function renewedPrices(index: number, edge: Edge, date: string): Edge['prices'] {
    const { renewal } = plan();
    const today = pricesOn(index, of.held().keys(), date);
    if (renewal === 'current') return today;
    const renewed = (rate: string, day: ModelPrices): ModelPrices => {
      const had = edge.upcoming.findLast(({ prices }) => prices.has(rate))?.prices.get(rate) ?? edge.prices.get(rate)!;
      if (renewal === 'locked') return had;
      return {
        recurring: heldBack(had.recurring, day.recurring, renewal.guard),
        setup: heldBack(had.setup, day.setup, renewal.guard),
      };
    };
    return new Map([...today].map(([rate, day]) => [rate, renewed(rate, day)]));
  }

  /** Another term after the last one, at the prices of its first day. One that is aligned has its grid where it ends. */
  function extend(aligned: boolean): void {
    const month = monthEnd(owner().end);
    for (const [index, edge] of edges.entries()) {
      const from = edge.end;
      const last = edge.upcoming.at(-1)?.anchor ?? edge.anchor;
      if (aligned) edge.end = month > from ? month : from;
      else edge.end = addMonths(last, monthsTo(last, from) + plan().termMonths);
      const prices = renewedPrices(index, edge, from);
      edge.upcoming = [...edge.upcoming, { from, anchor: aligned ? edge.end : last, prices }];
    }
  }

  /** A term that begins in place of what was left, on its own day on every edge. */
  function restart(days: readonly string[], at: Temporal.Instant, aligned: boolean): void {
    const month = monthEnd(days.at(-1)!);
    for (const [index, edge] of edges.entries()) {
      const on = days[index]!;
      const end = month > on ? month : on;
      const prices = renewedPrices(index, { ...edge, upcoming: [] }, dateOf(at, edge.zone));
      edges[index] = books.begin(edge, index, on, prices, aligned ? end : undefined);
    }
  }

  function next(edge: Edge, index: number): void {
    const from = edge.window.end;
    books.close(edge, index, from);
    books.openWindow(edge, index, from);
  }

  /** The next boundary: the owner's, unless an edge has one more than a day before it. */
  function nextWindowOn(): string {
    const open = edges.filter((edge) => edge.window.end < edge.end).map(({ window }) => window.end);
    const first = [owner().window.end, ...open].toSorted()[0]!;
    return dayNumber(owner().window.end) - dayNumber(first) > 1 ? first : owner().window.end;
  }

  /** A boundary: every edge whose own is at most a day later opens its next window, and what it has before that boundary. */
  function advance(boundary: string): void {
    const latest = isoOf(dayNumber(boundary) + 1);
    for (const [index, edge] of edges.entries()) {
      if (edge.window.end > latest || edge.window.end >= edge.end) continue;
      next(edge, index);
      while (edge.window.end <= boundary && edge.window.end < edge.end) next(edge, index);
    }
  }

  /** The edges on another plan, from a day on. */
  function onto(days: readonly string[], at: Temporal.Instant, how: 'now' | 'keep', isSameLength: boolean): void {
    for (const [index, edge] of edges.entries()) {
      const on = days[index]!;
      const { anchor, end } = edge;
      const moved: Edge = { ...edge, upcoming: [], anchor: how === 'keep' ? anchor : on, setups: new Map() };
      moved.end = how === 'keep' && isSameLength ? end : nextBoundary(moved.anchor, plan().termMonths, on);
      moved.prices = pricesOn(index, of.held().keys(), dateOf(at, edge.zone));
      books.openWindow(moved, index, on);
      for (const [rate, quantity] of of.held()) books.setUp(moved, index, rate, on, 0n, quantity);
      edges[index] = moved;
    }
  }

  /** Another end of the term on an edge; `kept`: the days that go stay paid. */
  function moveEnd(edge: Edge, index: number, to: string, { on, kept }: { on: string; kept: boolean }): void {
    const { window } = edge;
    edge.end = to < window.start ? window.start : to;
    edge.upcoming = edge.upcoming.filter(({ from }) => from < to);
    const termEnd = edge.upcoming[0]?.from ?? edge.end;
    const boundary = nextBoundary(edge.anchor, plan().billingMonths, window.start);
    const before = window.end;
    const after = plan().charged === 'term' || boundary > termEnd ? termEnd : boundary;
    const held = of.held();
    if (after < before) {
      for (const rate of window.days.keys()) {
        if (kept) books.keep(edge, rate, after, held.get(rate) ?? 0n, 0n);
        else books.fill(edge, rate, after, 0n);
      }
    }
    window.end = after;
    if (after > before) for (const [rate, quantity] of held) books.fill(edge, rate, before, quantity);
    if (plan().charged !== 'after') books.settle(edge, index, on);
  }

  /** Other quantities of some rates from a day on each edge on, at the prices that there are, or those of the day. */
  function change(
    days: readonly string[],
    at: Temporal.Instant,
    moved: readonly (readonly [rate: string, quantity: bigint])[],
    { returns, hasSetup }: { returns: ReadonlyMap<string, { parts: readonly Returned[] }>; hasSetup: boolean },
  ): void {
    for (const [index, edge] of edges.entries()) {
      const on = days[index]!;
      for (const [rate, quantity] of moved) {
        const had = of.held().get(rate) ?? 0n;
        if (had === 0n) edge.prices.set(rate, of.prices(index, plan(), rate, dateOf(at, edge.zone)));
        const before = books.giveBack(edge, rate, on, had, returns.get(rate)?.parts ?? []);
        if (before < quantity) {
          books.fill(edge, rate, on, quantity);
          if (hasSetup) books.setUp(edge, index, rate, on, before, quantity);
        }
        if (quantity === 0n) books.leave(edge, rate);
      }
      if (plan().charged !== 'after') books.settle(edge, index, on);
    }
  }

  /** A special price from a day on, for what is left of the term. */
  function reprice(index: number, rate: string, micros: bigint, on: string): void {
    const edge = edges[index]!;
    edge.prices.set(rate, { ...edge.prices.get(rate)!, recurring: [[0n, micros]] });
    books.fill(edge, rate, on, of.held().get(rate)!);
    if (plan().charged !== 'after') books.settle(edge, index, on);
  }

  return {
    edges,
    owner,
    change,
    reprice,
    isBetweenTerms,
    daysOn: (at: Temporal.Instant, isActive: boolean): string[] => edges.map((edge) => dayOn(edge, at, isActive)),
    extend,
    restart,
    next,
    nextWindowOn,
    advance,
    onto,
    moveEnd,
    /** The term ends: every window that it has on any edge is opened. */
    settleTerm(): void {
      for (const [index, edge] of edges.entries()) while (edge.window.end < edge.end) next(edge, index);
    },
  };
}

/** The first day of the month after a date. */
function monthEnd(date: string): string {
  return addMonths(`${date.slice(0, 7)}-01`, 1);
}
