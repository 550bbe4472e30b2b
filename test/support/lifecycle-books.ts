import {
  addMonths,
  costOf,
  dayNumber,
  gridAround,
  halfAwayFromZero,
  isoOf,
  nextBoundary,
} from './lifecycle-calendar.ts';
import type { ModelEdge, ModelPlan, ModelPrices, PriceBook } from './lifecycle-plan.ts';
import type { Returned } from './lifecycle-returns.ts';

/** What one step charged: minor units by `edge/rate/booked on`. Nothing where it comes to nothing. */
export type ModelRecord = Readonly<Record<string, bigint>>;

/** What a day costs for a whole period, in millionths: for what is held on it, and for what went back without a refund. */
type Day = { readonly cost: bigint; readonly kept: bigint };
const nothing: Day = { cost: 0n, kept: 0n };

type Window = {
  readonly start: string;
  end: string;
  readonly anchor: string;
  readonly days: Map<string, Day[]>;
  readonly charged: Map<string, bigint>;
};

export type Edge = ModelEdge & {
  anchor: string;
  end: string;
  window: Window;
  prices: Map<string, ModelPrices>;
  upcoming: { from: string; anchor: string; prices: Map<string, ModelPrices> }[];
  /** What the setup of all units that ever came costs, in millionths, by rate; since the rate came. */
  readonly setups: Map<string, bigint>;
};

/**
 * The books of the model: for every edge and every window a list of days, each with what is held on it and what that costs. What is
 * charged is what a window's days come to, rounded once, beyond what was charged for them before.
 */
export function modelBooks(of: {
  readonly plan: () => ModelPlan;
  readonly held: () => ReadonlyMap<string, bigint>;
  readonly prices: PriceBook;
}) {
  const records: ModelRecord[] = [];
  let record: Record<string, bigint> = {};

  /** A new grid and term on an edge, from a day on. An end that it is given is where its grid begins. */
  function begin(edge: ModelEdge | Edge, index: number, on: string, prices: Edge['prices'], end?: string): Edge {
    const opened: Edge = {
      setups: new Map(),
      ...edge,
      anchor: end ?? on,
      end: end ?? addMonths(on, of.plan().termMonths),
      window: { start: on, end: on, anchor: on, days: new Map(), charged: new Map() },
      prices,
      upcoming: [],
    };
    openWindow(opened, index, on);
    return opened;
  }

  function flush(): void {
    const told = Object.fromEntries(Object.entries(record).filter(([, amount]) => amount !== 0n));
    if (Object.keys(told).length > 0) records.push(told);
    record = {};
  }

  function note(index: number, rate: string, on: string, minor: bigint): void {
    const key = `${index}/${rate}/${on}`;
    record[key] = (record[key] ?? 0n) + minor;
  }

  function openWindow(edge: Edge, index: number, from: string): void {
    // In a pause more than one term may have begun.
    const begun = edge.upcoming.filter((term) => term.from <= from);
    edge.upcoming = edge.upcoming.filter((term) => term.from > from);
    for (const next of begun) {
      edge.anchor = next.anchor;
      for (const [rate, prices] of next.prices) edge.prices.set(rate, prices);
    }
    const termEnd = edge.upcoming[0]?.from ?? edge.end;
    const boundary = nextBoundary(edge.anchor, of.plan().billingMonths, from);
    const until = of.plan().charged === 'term' || boundary > termEnd ? termEnd : boundary;
    edge.window = { start: from, end: until, anchor: edge.anchor, days: new Map(), charged: new Map() };
    for (const rate of edge.setups.keys()) if (!of.held().has(rate)) edge.setups.delete(rate);
    for (const [rate, quantity] of of.held()) fill(edge, rate, from, quantity);
    if (of.plan().charged !== 'after') settle(edge, index, from);
  }

  /** From a day of the window on, so many units are held; `keeps` is what is paid for nevertheless. */
  function fill(edge: Edge, rate: string, from: string, quantity: bigint, keeps = 0n): void {
    const { window } = edge;
    const count = dayNumber(window.end) - dayNumber(window.start);
    const days: Day[] = window.days.get(rate) ?? [];
    while (days.length < count) days.push(nothing);
    const cost = priceOf(edge, rate, 'recurring', quantity);
    for (let day = dayNumber(from) - dayNumber(window.start); day < count; day += 1) {
      days[day] = { cost, kept: days[day]!.kept + keeps };
    }
    window.days.set(rate, days);
  }

  /** From a day on fewer units are held, without a refund: what is paid stays paid; what is billed afterwards is not billed. */
  function keep(edge: Edge, rate: string, from: string, before: bigint, after: bigint): void {
    const price = (quantity: bigint): bigint => priceOf(edge, rate, 'recurring', quantity);
    fill(edge, rate, from, after, of.plan().charged === 'after' ? 0n : price(before) - price(after));
  }

  /** Units go back from a day on, part by part; answers how many stay. */
  function giveBack(edge: Edge, rate: string, from: string, before: bigint, parts: readonly Returned[]): bigint {
    return parts.reduce((units, { quantity, isRefunded }) => {
      if (isRefunded) fill(edge, rate, from, units - quantity);
      else keep(edge, rate, from, units, units - quantity);
      return units - quantity;
    }, before);
  }

  function priceOf({ prices }: Edge, rate: string, type: 'recurring' | 'setup', quantity: bigint): bigint {
    return quantity === 0n ? 0n : costOf(of.plan().models[rate]!, prices.get(rate)![type], quantity);
  }

  /** More units: their setup, once and whole. */
  function setUp(edge: Edge, index: number, rate: string, on: string, before: bigint, after: bigint): void {
    if (!of.plan().setup) return;
    const sum = edge.setups.get(rate) ?? 0n;
    const next = sum + priceOf(edge, rate, 'setup', after) - priceOf(edge, rate, 'setup', before);
    const minor = (micros: bigint): bigint => halfAwayFromZero(micros, 10n ** BigInt(6 - edge.minorDigits));
    note(index, rate, on, minor(next) - minor(sum));
    edge.setups.set(rate, next);
  }

  /** A rate is gone. Where its window has cost nothing either, it begins its sums anew when it comes again. */
  function leave({ window, setups }: Edge, rate: string): void {
    if (window.days.get(rate)!.every(({ cost, kept }) => cost === 0n && kept === 0n)) setups.delete(rate);
  }

  /** Charges or gives back what the window's days come to beyond what was charged for them before. */
  function settle(edge: Edge, index: number, bookedOn: string): void {
    for (const rate of edge.window.days.keys()) {
      const due = worth(edge, rate);
      note(index, rate, bookedOn, due - (edge.window.charged.get(rate) ?? 0n));
      edge.window.charged.set(rate, due);
    }
  }

  function worth({ window, minorDigits }: Edge, rate: string): bigint {
    // Days of one grid period weigh the same, so they are summed first; periods of different lengths then meet as fractions.
    const byLength = new Map<number, bigint>();
    let grid = { start: '', end: '' };
    for (const [offset, day] of window.days.get(rate)!.entries()) {
      const date = isoOf(dayNumber(window.start) + offset);
      if (!(grid.start <= date && date < grid.end)) grid = gridAround(window.anchor, of.plan().billingMonths, date);
      const length = dayNumber(grid.end) - dayNumber(grid.start);
      byLength.set(length, (byLength.get(length) ?? 0n) + day.cost + day.kept);
    }
    let numerator = 0n;
    let denominator = 1n;
    for (const [length, micros] of byLength) {
      numerator = numerator * BigInt(length) + micros * denominator;
      denominator *= BigInt(length);
    }
    return halfAwayFromZero(numerator, denominator * 10n ** BigInt(6 - minorDigits));
  }

  /** The window is over: what is charged afterwards is charged now. */
  function close(edge: Edge, index: number, on: string): void {
    if (of.plan().charged === 'after') settle(edge, index, on);
  }

  /** The window is over before its end: the days from then on are not held. */
  function cut(edge: Edge, index: number, on: string): void {
    for (const rate of edge.window.days.keys()) fill(edge, rate, on, 0n);
    settle(edge, index, on);
    edge.window.end = on;
  }

  /** The day on which what this step has charged is booked, edge by edge. */
  function rebook(dayOf: (index: number, on: string) => string): void {
    const told = Object.entries(record);
    record = {};
    for (const [key, amount] of told) {
      const [index, rate, on] = key.split('/') as [string, string, string];
      note(Number(index), rate, dayOf(Number(index), on), amount);
    }
  }

  /** What the step charged is forgotten: it was refused. */
  function forget(): void {
    record = {};
  }

  return { records, begin, openWindow, fill, keep, giveBack, setUp, leave, settle, close, cut, flush, rebook, forget };
}

export type Books = ReturnType<typeof modelBooks>;
