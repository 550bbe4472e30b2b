// allow(length): one closure over one state, to be read from top to bottom beside the rules of money and dates
import { Temporal } from '@tierline/kernel';
import {
  addMonths,
  compare,
  costOf,
  dateAfter,
  dateOf,
  dayNumber,
  gridAround,
  halfAwayFromZero,
  isoOf,
  midnight,
  monthsTo,
  nextBoundary,
  type ModelTiers,
} from './lifecycle-calendar.ts';

/**
 * What a subscription owes, kept the slow and simple way: for every edge and every window a list of days, each with the quantity that
 * is held on it and what that costs. A window's sum is the sum of its days, rounded once. Written beside the engine from the rules of
 * money and dates and not from its code, to be compared with it after random histories; shares nothing with it but the calendar.
 */

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

type Edge = ModelEdge & {
  anchor: string;
  end: string;
  window: Window;
  prices: Map<string, ModelTiers>;
  upcoming: { from: string; prices: Map<string, ModelTiers> }[];
};

type Waiting = { readonly moment: ModelMoment; readonly command: ModelCommand };
type Due = { readonly kind: 'intent' | 'window' | 'term' | 'grace'; readonly on: string };

export class Refused extends Error {}

export type ModelSubscription = ReturnType<typeof modelSubscription>;

export function modelSubscription(of: {
  readonly plan: ModelPlan;
  readonly edges: readonly ModelEdge[];
  readonly quantities: Readonly<Record<string, bigint>>;
  readonly at: Temporal.Instant;
  readonly prices: PriceBook;
}) {
  const zone = of.edges.at(-1)!.zone;
  const records: ModelRecord[] = [];
  let record: Record<string, bigint> = {};
  let { plan } = of;
  let status: 'active' | 'hold' | 'terminated' = 'active';
  let hold: 'suspended' | 'expired' | null = null;
  let autoRenewal = true;
  let suspension: { readonly end: string; readonly autoRenewal: boolean } | null = null;
  let held = new Map(Object.entries(of.quantities));
  let intents: Waiting[] = [];
  /** Its end was moved: on which grid another term would go on is told elsewhere, and not modeled. */
  let isOdd = false;
  let start = dateOf(of.at, zone);
  let end = '';
  const edges: Edge[] = of.edges.map((edge, index) => {
    const on = dateOf(of.at, edge.zone);
    return begin(edge, index, on);
  });
  end = owner().end;
  flush();

  function owner(): Edge {
    return edges.at(-1)!;
  }

  /** A new grid and term on an edge, from a day on, at the prices of that day. */
  function begin(edge: ModelEdge, index: number, on: string, priceDay = on): Edge {
    const opened: Edge = {
      ...edge,
      anchor: on,
      end: addMonths(on, plan.termMonths),
      window: { start: on, end: on, anchor: on, days: new Map(), charged: new Map() },
      prices: new Map([...held.keys()].map((rate) => [rate, of.prices(index, plan, rate, priceDay)])),
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
    const boundary = nextBoundary(edge.anchor, plan.billingMonths, from);
    const until = plan.charged === 'term' || boundary > termEnd ? termEnd : boundary;
    edge.window = { start: from, end: until, anchor: edge.anchor, days: new Map(), charged: new Map() };
    for (const [rate, quantity] of held) fill(edge, rate, from, quantity);
    if (plan.charged !== 'after') settle(edge, index, from);
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
      if (!(grid.start <= date && date < grid.end)) grid = gridAround(window.anchor, plan.billingMonths, date);
      if (day === undefined) continue;
      const length = dayNumber(grid.end) - dayNumber(grid.start);
      byLength.set(length, (byLength.get(length) ?? 0n) + costOf(plan.models[rate]!, day.tiers, day.quantity));
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
    if (plan.charged === 'after') settle(edge, index, on);
  }

  /** The window is over before its end: the days from then on are not held. */
  function cut(edge: Edge, index: number, on: string): void {
    for (const rate of edge.window.days.keys()) fill(edge, rate, on, 0n);
    settle(edge, index, on);
    edge.window.end = on;
  }

  /**
   * The day on an edge that a moment counts for: never outside of the window, or a day would be charged twice or not at all. On the
   * owner's boundary it is the boundary on every edge.
   */
  function dayOn({ zone: own, window }: Edge, at: Temporal.Instant): string {
    const date = dateOf(at, own);
    const isBoundary = dateOf(at, zone) >= owner().window.end;
    const on = isBoundary || date > window.end ? window.end : date < window.start ? window.start : date;
    // Zones are a day apart at most, and months of different length three more.
    const apart = Math.abs(dayNumber(on) - dayNumber(date));
    if (status === 'active' && apart > 4) throw new Error(`What happens on ${date} is counted for ${on}.`);
    return on;
  }

  /** The day on each edge: all are taken before any edge moves. */
  function daysOn(at: Temporal.Instant): string[] {
    return edges.map((edge) => dayOn(edge, at));
  }

  function change(at: Temporal.Instant, quantities: Readonly<Record<string, bigint>>): void {
    const wanted = new Map(held);
    for (const [rate, quantity] of Object.entries(quantities)) wanted.set(rate, quantity);
    if ([...wanted.values()].every((quantity) => quantity === 0n)) throw new Refused('nothing left');
    const moved = [...wanted].filter(([rate, quantity]) => (held.get(rate) ?? 0n) !== quantity);
    if (moved.length === 0) throw new Refused('nothing changes');
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) {
      const on = days[index]!;
      for (const [rate, quantity] of moved) {
        if (!held.has(rate)) edge.prices.set(rate, of.prices(index, plan, rate, dateOf(at, edge.zone)));
        fill(edge, rate, on, quantity);
      }
      if (plan.charged !== 'after') settle(edge, index, on);
    }
    held = new Map([...wanted].filter(([, quantity]) => quantity > 0n));
  }

  function finish(dropped: boolean): void {
    status = 'terminated';
    hold = null;
    suspension = null;
    if (dropped) intents = [];
  }

  function cancel(at: Temporal.Instant): void {
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) cut(edge, index, days[index]!);
    const today = dateOf(at, zone);
    if (today < end) end = today;
    finish(true);
  }

  function extend(): void {
    for (const [index, edge] of edges.entries()) {
      const prices = new Map([...held.keys()].map((rate) => [rate, of.prices(index, plan, rate, edge.end)]));
      edge.upcoming = [...edge.upcoming, { from: edge.end, prices }];
      edge.end = addMonths(edge.anchor, monthsTo(edge.anchor, edge.end) + plan.termMonths);
    }
    end = owner().end;
  }

  function next(edge: Edge, index: number): void {
    const from = edge.window.end;
    close(edge, index, from);
    openWindow(edge, index, from);
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

  /** The term ends: every window that it has on any edge is opened. */
  function settleTerm(): void {
    for (const [index, edge] of edges.entries()) while (edge.window.end < edge.end) next(edge, index);
  }

  function renew(at: Temporal.Instant, from: 'expiry' | 'now'): void {
    if (status !== 'active' && hold !== 'expired') throw new Refused('not renewable');
    if (dateOf(at, zone) < isoOf(dayNumber(end) - 366)) throw new Refused('too early');
    const wasExpired = hold === 'expired';
    const before = end;
    if (from === 'now') restart(at);
    else extend();
    status = 'active';
    hold = null;
    if (wasExpired && from === 'expiry') {
      for (const [index, edge] of edges.entries()) next(edge, index);
      start = before;
    }
    notBackdated(at);
  }

  /** A renewal that is asked for late is booked on the day on which it is asked for: earlier days may have been told already. */
  function notBackdated(at: Temporal.Instant): void {
    const told = Object.entries(record);
    record = {};
    for (const [key, amount] of told) {
      const [index, rate, on] = key.split('/') as [string, string, string];
      const today = dateOf(at, edges[Number(index)]!.zone);
      note(Number(index), rate, on < today ? today : on, amount);
    }
  }

  /** A term that begins now on every edge; after a gap on the day itself, for what was not charged was not held. */
  function restart(at: Temporal.Instant): void {
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) {
      const today = dateOf(at, edge.zone);
      const on = status === 'hold' && today > days[index]! ? today : days[index]!;
      if (on <= edge.window.end) cut(edge, index, on);
      edges[index] = begin(edge, index, on, today);
    }
    start = owner().anchor;
    end = owner().end;
  }

  function switchTo(at: Temporal.Instant, target: ModelPlan, how: 'now' | 'keep'): void {
    if (target.id === plan.id) throw new Refused('nothing changes');
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) cut(edge, index, days[index]!);
    const sameLength = target.termMonths === plan.termMonths;
    plan = target;
    for (const [index, edge] of edges.entries()) {
      const on = days[index]!;
      const { anchor, end: until } = edge;
      const moved = { ...edge, upcoming: [], anchor: how === 'keep' ? anchor : on };
      moved.end = how === 'keep' && sameLength ? until : nextBoundary(moved.anchor, plan.termMonths, on);
      moved.prices = new Map(
        [...held.keys()].map((rate) => [rate, of.prices(index, plan, rate, dateOf(at, edge.zone))]),
      );
      openWindow(moved, index, on);
      edges[index] = moved;
    }
    if (how === 'now') start = days.at(-1)!;
    end = owner().end;
    intents = intents.filter(({ command }) => command.kind !== 'change');
  }

  /** Another end for all edges: what of the current window comes or goes is charged or given back by the day. */
  function moveEnd(at: Temporal.Instant, to: string): void {
    if (to <= dateOf(at, zone) || to === end || (to > end && autoRenewal)) throw new Refused('no such end');
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) {
      const { window } = edge;
      edge.end = to < window.start ? window.start : to;
      edge.upcoming = edge.upcoming.filter(({ from }) => from < to);
      const termEnd = edge.upcoming[0]?.from ?? edge.end;
      const boundary = nextBoundary(edge.anchor, plan.billingMonths, window.start);
      const before = window.end;
      window.end = plan.charged === 'term' || boundary > termEnd ? termEnd : boundary;
      const count = dayNumber(window.end) - dayNumber(window.start);
      for (const all of window.days.values()) all.length = Math.min(all.length, count);
      if (window.end > before) for (const [rate, quantity] of held) fill(edge, rate, before, quantity);
      if (plan.charged !== 'after') settle(edge, index, days[index]!);
    }
    end = to;
    isOdd = true;
  }

  function resume(at: Temporal.Instant): void {
    if (hold !== 'suspended' || suspension === null) throw new Refused('not suspended');
    if (suspension.end <= dateOf(at, zone)) {
      // Its term ended in the pause: another one begins.
      for (const [index, edge] of edges.entries()) {
        const today = dateOf(at, edge.zone);
        edges[index] = begin(edge, index, today < edge.window.end ? edge.window.end : today, today);
      }
      start = owner().anchor;
      end = owner().end;
    } else {
      // What is paid goes on; where nothing is, the next window begins today. What lies in the pause is not charged.
      const upcoming = owner().upcoming[0];
      for (const [index, edge] of edges.entries()) {
        const today = dateOf(at, edge.zone);
        if (edge.window.end <= today && today < edge.end) openWindow(edge, index, today);
      }
      if (upcoming !== undefined && owner().window.start >= upcoming.from) start = upcoming.from;
      ({ end } = suspension);
    }
    status = 'active';
    hold = null;
    ({ autoRenewal } = suspension);
    suspension = null;
  }

  function now(at: Temporal.Instant, command: ModelCommand): void {
    if (command.kind === 'cancel') {
      if (status === 'terminated') throw new Refused('over');
      return cancel(at);
    }
    if (command.kind === 'renew') return renew(at, command.from);
    if (command.kind === 'resume') return resume(at);
    if (status !== 'active') throw new Refused('not active');
    switch (command.kind) {
      case 'change':
        return change(at, command.quantities);
      case 'auto_renewal':
        autoRenewal = command.on;
        return;
      case 'suspend':
        if (!autoRenewal) throw new Refused('needs auto renewal');
        suspension = { end, autoRenewal };
        // What is charged afterwards is charged up to here.
        if (plan.charged === 'after') {
          const days = daysOn(at);
          for (const [index, edge] of edges.entries()) cut(edge, index, days[index]!);
        }
        end = dateOf(at, zone);
        status = 'hold';
        hold = 'suspended';
        autoRenewal = false;
        return;
      case 'expiry':
        return moveEnd(at, dateAfter(end, command.days));
      case 'switch':
        return switchTo(at, command.plan, command.start);
    }
  }

  function schedule(at: Temporal.Instant, moment: ModelMoment, command: ModelCommand): void {
    if (status !== 'active') throw new Refused('not active');
    if (moment.at === 'date' && moment.on <= dateOf(at, zone)) throw new Refused('past');
    if (moment.at === 'date' && moment.on >= end && !autoRenewal) throw new Refused('after the end');
    intents = intents.filter((waiting) => !isReplaced(waiting, moment, command));
    intents.push({ moment, command });
  }

  function nextDue(): Due | undefined {
    if (status === 'terminated') return undefined;
    const all: Due[] = intents.flatMap(({ moment }) =>
      moment.at === 'date' ? [{ kind: 'intent', on: moment.on }] : [],
    );
    if (status === 'hold') {
      const ends = plan.graceMonths === 0 && suspension !== null ? suspension.end : addMonths(end, plan.graceMonths);
      all.push({ kind: 'grace', on: ends });
    } else {
      const boundary = nextWindowOn();
      if (boundary < end) all.push({ kind: 'window', on: boundary });
      all.push({ kind: 'term', on: end });
    }
    const order = ['intent', 'window', 'term', 'grace'];
    return all.sort((a, b) => compare(a.on, b.on) || order.indexOf(a.kind) - order.indexOf(b.kind))[0];
  }

  function step(due: Due): void {
    const at = midnight(due.on, zone);
    if (due.kind === 'intent') {
      const dated = intents.filter(({ moment }) => moment.at === 'date' && moment.on === due.on);
      carryOut(at, dated[0]!);
    } else if (due.kind === 'window') {
      const before = owner().window;
      const begins = owner().upcoming[0]?.from === before.end;
      advance(due.on);
      if (begins && owner().window !== before) start = before.end;
    } else if (due.kind === 'grace') finish(true);
    else endOfTerm(at);
    flush();
  }

  function carryOut(at: Temporal.Instant, intent: Waiting): void {
    intents = intents.filter((one) => one !== intent);
    try {
      now(at, intent.command);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      record = {};
    }
  }

  function endOfTerm(at: Temporal.Instant): void {
    const waiting = intents.filter(({ moment }) => moment.at === 'renewal');
    if (waiting.some(({ command }) => command.kind === 'cancel')) {
      settleTerm();
      for (const [index, edge] of edges.entries()) close(edge, index, edge.window.end);
      return finish(true);
    }
    // Other quantities are for a term that comes; whether one does is settled first.
    const isOpen = waiting.some(({ command }) => command.kind !== 'change');
    if (waiting[0] !== undefined && (isOpen || autoRenewal)) return carryOut(at, waiting[0]);
    settleTerm();
    if (autoRenewal) {
      const from = end;
      extend();
      for (const [index, edge] of edges.entries()) next(edge, index);
      start = from;
      return;
    }
    for (const [index, edge] of edges.entries()) close(edge, index, edge.window.end);
    if (plan.graceMonths === 0) return finish(true);
    status = 'hold';
    hold = 'expired';
  }

  function runDue(until: Temporal.Instant): void {
    for (;;) {
      const due = nextDue();
      if (due === undefined || Temporal.Instant.compare(midnight(due.on, zone), until) > 0) return;
      step(due);
    }
  }

  return {
    records,
    runDue,
    /** Does what a command asks for at a moment; throws `Refused` when it can't be done, and then nothing has happened. */
    ask(at: Temporal.Instant, command: ModelCommand, moment: ModelMoment): void {
      runDue(at);
      if (moment.at === 'now') now(at, command);
      else schedule(at, moment, command);
      flush();
    },
    nextDue: () => nextDue()?.on,
    isOdd: () => isOdd,
    renews: () => autoRenewal,
    end: () => end,
    plan: () => plan,
    quantities: (): ReadonlyMap<string, bigint> => held,
    state: (): string => {
      const items = [...held].map(([rate, quantity]) => `${quantity} ${rate}`).toSorted();
      return `${status} ${hold ?? '-'} ${start}..${end} renews ${autoRenewal}: ${items.join(', ')}; ${intents.length} waiting`;
    },
  };
}

/** A newer command of the same kind for the same moment takes the place of the older; a change only of one that says no more than it. */
function isReplaced(waiting: Waiting, moment: ModelMoment, command: ModelCommand): boolean {
  const other = waiting.command;
  if (other.kind !== command.kind || JSON.stringify(waiting.moment) !== JSON.stringify(moment)) return false;
  if (other.kind !== 'change' || command.kind !== 'change') return true;
  return Object.keys(other.quantities).every((rate) => rate in command.quantities);
}
