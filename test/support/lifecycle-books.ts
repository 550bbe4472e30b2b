import {
  addMonths,
  costOf,
  dayNumber,
  gridAround,
  halfAwayFromZero,
  isoOf,
  nextBoundary,
  type ModelTiers,
} from './lifecycle-calendar.ts';

export type ModelPlan = {
  readonly id: string;
  readonly termMonths: number;
  readonly billingMonths: number;
  /** When a window is charged: at its beginning, at its end, or the whole term at its beginning. */
  readonly charged: 'before' | 'after' | 'term';
  readonly graceMonths: number;
  readonly models: Readonly<Record<string, 'flat' | 'tiered' | 'volume'>>;
};

export type ModelEdge = { readonly zone: string; readonly minorDigits: number };

/** The price that is known now for a rate on an edge on a date. */
export type PriceBook = (edge: number, plan: ModelPlan, rate: string, date: string) => ModelTiers;

export type ModelCommand =
  | { readonly kind: 'change'; readonly quantities: Readonly<Record<string, bigint>> }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'auto_renewal'; readonly on: boolean }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'renew'; readonly from: 'expiry' | 'now' }
  /** Another end of the term, so many days from the one that it has. */
  | { readonly kind: 'expiry'; readonly days: number }
  | { readonly kind: 'switch'; readonly plan: ModelPlan; readonly start: 'now' | 'keep' };

export type ModelMoment =
  | { readonly at: 'now' }
  | { readonly at: 'renewal' }
  | { readonly at: 'date'; readonly on: string };

/** What one step charged: minor units by `edge/rate/booked on`. Nothing where it comes to nothing. */
export type ModelRecord = Readonly<Record<string, bigint>>;

type Day = { readonly quantity: bigint; readonly tiers: ModelTiers } | undefined;

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
  prices: Map<string, ModelTiers>;
  upcoming: { from: string; prices: Map<string, ModelTiers> }[];
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

  /** A new grid and term on an edge, from a day on, at the prices of that day. */
  function begin(edge: ModelEdge, index: number, on: string, priceDay = on): Edge {
    const opened: Edge = {
      ...edge,
      anchor: on,
      end: addMonths(on, of.plan().termMonths),
      window: { start: on, end: on, anchor: on, days: new Map(), charged: new Map() },
      prices: new Map([...of.held().keys()].map((rate) => [rate, of.prices(index, of.plan(), rate, priceDay)])),
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
    const next = edge.upcoming[0];
    if (next !== undefined && next.from <= from) {
      edge.upcoming = edge.upcoming.slice(1);
      for (const [rate, tiers] of next.prices) edge.prices.set(rate, tiers);
    }
    const termEnd = edge.upcoming[0]?.from ?? edge.end;
    const boundary = nextBoundary(edge.anchor, of.plan().billingMonths, from);
    const until = of.plan().charged === 'term' || boundary > termEnd ? termEnd : boundary;
    edge.window = { start: from, end: until, anchor: edge.anchor, days: new Map(), charged: new Map() };
    for (const [rate, quantity] of of.held()) fill(edge, rate, from, quantity);
    if (of.plan().charged !== 'after') settle(edge, index, from);
  }

  /** From a day of the window on, so many units are held. */
  function fill(edge: Edge, rate: string, from: string, quantity: bigint): void {
    const { window } = edge;
    const count = dayNumber(window.end) - dayNumber(window.start);
    const days: Day[] = window.days.get(rate) ?? [];
    while (days.length < count) days.push(undefined);
    for (let day = dayNumber(from) - dayNumber(window.start); day < count; day += 1) {
      days[day] = quantity === 0n ? undefined : { quantity, tiers: edge.prices.get(rate)! };
    }
    window.days.set(rate, days);
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
      if (day === undefined) continue;
      const length = dayNumber(grid.end) - dayNumber(grid.start);
      byLength.set(length, (byLength.get(length) ?? 0n) + costOf(of.plan().models[rate]!, day.tiers, day.quantity));
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

  return { records, begin, openWindow, fill, settle, close, cut, flush, rebook, forget };
}

export type Waiting = { readonly moment: ModelMoment; readonly command: ModelCommand };

/** A newer command of the same kind for the same moment takes the place of the older; a change only of one that says no more than it. */
export function isReplaced(waiting: Waiting, moment: ModelMoment, command: ModelCommand): boolean {
  const other = waiting.command;
  if (other.kind !== command.kind || JSON.stringify(waiting.moment) !== JSON.stringify(moment)) return false;
  if (other.kind !== 'change' || command.kind !== 'change') return true;
  return Object.keys(other.quantities).every((rate) => rate in command.quantities);
}
