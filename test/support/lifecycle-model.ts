import { Temporal } from '@tierline/kernel';
import {
  addMonths,
  compare,
  dateAfter,
  dateOf,
  dayNumber,
  isoOf,
  midnight,
  monthsTo,
  nextBoundary,
} from './lifecycle-calendar.ts';
import {
  isReplaced,
  modelBooks,
  type Edge,
  type ModelCommand,
  type ModelEdge,
  type ModelMoment,
  type ModelPlan,
  type PriceBook,
  type Waiting,
} from './lifecycle-books.ts';

export type { ModelCommand, ModelEdge, ModelMoment, ModelPlan, PriceBook } from './lifecycle-books.ts';

/**
 * What a subscription owes, kept the slow and simple way: for every edge and every window a list of days, each with the quantity that
 * is held on it and what that costs. A window's sum is the sum of its days, rounded once. Written beside the engine from the rules of
 * money and dates and not from its code, to be compared with it after random histories; shares nothing with it but the calendar.
 */

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
  const books = modelBooks({ plan: () => plan, held: () => held, prices: of.prices });
  const { records, begin, openWindow, fill, settle, close, cut, flush, rebook, forget } = books;
  const edges: Edge[] = of.edges.map((edge, index) => begin(edge, index, dateOf(of.at, edge.zone)));
  end = owner().end;
  flush();

  function owner(): Edge {
    return edges.at(-1)!;
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
    for (const [index, on] of daysOn(at).entries()) cut(edges[index]!, index, on);
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
    rebook((index, on) => {
      const today = dateOf(at, edges[index]!.zone);
      return on < today ? today : on;
    });
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
      forget();
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
