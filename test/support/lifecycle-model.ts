import { Temporal } from '@tierline/kernel';
import { dateAfter, dateOf, later, midnight } from './lifecycle-calendar.ts';
import { modelBooks } from './lifecycle-books.ts';
import { modelEdges } from './lifecycle-edges.ts';
import {
  firstDue,
  isReplaced,
  Refused,
  type Due,
  type ModelCommand,
  type ModelEdge,
  type ModelMoment,
  type ModelPlan,
  type PriceBook,
  type Waiting,
} from './lifecycle-plan.ts';
import { freeReturns, giveBack, within, type ModelReturns } from './lifecycle-returns.ts';
import { modelUnits, type Moved } from './lifecycle-units.ts';

/**
 * What a subscription owes, kept the slow and simple way: for every edge and every window a list of days, each with the quantity that
 * is held on it and what that costs. A window's sum is the sum of its days, rounded once. Written beside the engine from the rules of
 * money and dates and not from its code, to be compared with it after random histories; shares nothing with it but the calendar.
 */

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
  let held = within(plan, new Map(), of.quantities);
  const units = modelUnits();
  let intents: Waiting[] = [];
  /** Its end was moved: on which grid another term would go on is told elsewhere, and not modeled. */
  let isOdd = false;
  let start = dateOf(of.at, zone);
  const facts = { plan: () => plan, held: () => held, prices: of.prices };
  const books = modelBooks(facts);
  const terms = modelEdges({ ...facts, books, edges: of.edges, begins: of.at });
  const { edges, owner } = terms;
  for (const [index, edge] of edges.entries()) {
    for (const [rate, quantity] of held) books.setUp(edge, index, rate, edge.window.start, 0n, quantity);
  }
  let { end } = owner();
  cameAt(of.at);
  books.flush();

  function cameAt(at: Temporal.Instant): void {
    units.begin(held, at);
  }

  const daysOn = (at: Temporal.Instant): string[] => terms.daysOn(at, status === 'active');

  /** How units of a rate would go back now. Between two terms nothing of the old one binds. */
  function returnOf(policy: ModelReturns, rate: string, count: bigint, at: Temporal.Instant) {
    const when = { at, zone, bought: units.bought(midnight(start, zone)) };
    return giveBack(terms.isBetweenTerms(at) ? freeReturns : policy, units.batchesOf(rate), count, when);
  }

  type Way = { readonly hasSetup: boolean; readonly policy: ModelReturns };

  function change(at: Temporal.Instant, asked: Readonly<Record<string, bigint>>, way?: Way): void {
    const { hasSetup, policy } = way ?? { hasSetup: true, policy: plan.reduction };
    const wanted = within(plan, held, asked);
    if ([...wanted.values()].every((quantity) => quantity === 0n)) throw new Refused('nothing left');
    const moved = [...wanted].filter(([rate, quantity]) => (held.get(rate) ?? 0n) !== quantity);
    if (moved.length === 0) throw new Refused('nothing changes');
    if (way === undefined && !terms.isBetweenTerms(at)) units.check(plan.commitment, wanted);
    const returns = new Map(
      moved.flatMap(([rate, quantity]) => {
        const less = (held.get(rate) ?? 0n) - quantity;
        return less > 0n ? [[rate, returnOf(policy, rate, less, at)] as const] : [];
      }),
    );
    if ([...returns.values()].some(({ stuck }) => stuck > 0n)) {
      if (policy.after === 'refused') throw new Refused('the window to give back is over');
      return schedule(at, { at: 'renewal' }, { kind: 'change', quantities: asked });
    }
    terms.change(daysOn(at), at, moved, { returns, hasSetup });
    for (const [rate, quantity] of moved) {
      units.change(rate, held.get(rate) ?? 0n, quantity, at, returns.get(rate)?.left);
    }
    held = new Map([...wanted].filter(([, quantity]) => quantity > 0n));
  }

  function finish(): void {
    status = 'terminated';
    hold = null;
    suspension = null;
    intents = [];
  }

  function cancel(at: Temporal.Instant): void {
    const returns = [...held].map(([rate, quantity]) => ({ rate, ...returnOf(plan.cancellation, rate, quantity, at) }));
    if (status === 'active' && returns.some(({ stuck }) => stuck > 0n)) {
      if (plan.cancellation.after === 'refused') throw new Refused('the window to cancel is over');
      return schedule(at, { at: 'renewal' }, { kind: 'cancel' });
    }
    if (terms.isBetweenTerms(at)) terms.settleTerm();
    for (const [index, on] of daysOn(at).entries()) {
      const edge = edges[index]!;
      for (const { rate, parts, stuck } of returns) {
        books.giveBack(edge, rate, on, held.get(rate)!, [...parts, { quantity: stuck, isRefunded: false }]);
      }
      books.cut(edge, index, on);
    }
    const today = dateOf(at, zone);
    if (today < end) end = today;
    finish();
  }

  function renew(at: Temporal.Instant, { from, aligned }: Extract<ModelCommand, { kind: 'renew' }>): void {
    if (status !== 'active' && hold !== 'expired') throw new Refused('not renewable');
    if (plan.trial !== null) throw new Refused('a trial');
    if (dateOf(at, zone) < dateAfter(end, -366)) throw new Refused('too early');
    const wasExpired = hold === 'expired';
    const before = end;
    if (from === 'now') restart(at, aligned);
    else terms.extend(aligned);
    ({ end } = owner());
    status = 'active';
    hold = null;
    if (wasExpired && from === 'expiry') {
      for (const [index, edge] of edges.entries()) terms.next(edge, index);
      start = before;
      cameAt(at);
    }
    // One that is asked for late is booked on the day on which it is asked for: earlier days may have been told already.
    books.rebook((index, on) => later(on, dateOf(at, edges[index]!.zone)));
  }

  /** A term that begins now on every edge; after a gap on the day itself, for what was not charged was not held. */
  function restart(at: Temporal.Instant, aligned: boolean): void {
    const days = daysOn(at).map((day, index) => (status === 'hold' ? later(day, dateOf(at, edges[index]!.zone)) : day));
    for (const [index, edge] of edges.entries()) {
      if (days[index]! <= edge.window.end) books.cut(edge, index, days[index]!);
    }
    beginOn(days, at, aligned);
  }

  function beginOn(days: readonly string[], at: Temporal.Instant, aligned: boolean): void {
    terms.restart(days, at, aligned);
    start = days.at(-1)!;
    ({ end } = owner());
    cameAt(at);
  }

  function switchTo(at: Temporal.Instant, target: ModelPlan, how: 'now' | 'keep'): void {
    if (target.trial !== null) throw new Refused('a trial');
    if (target.id === plan.id) throw new Refused('nothing changes');
    const kept = within({ addOn: target.addOn === null ? null : 'refuse' }, held, {});
    if (terms.isBetweenTerms(at)) terms.settleTerm();
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) books.cut(edge, index, days[index]!);
    const isSameLength = target.termMonths === plan.termMonths;
    if (plan.trial !== null) autoRenewal = true;
    plan = target;
    held = kept;
    terms.onto(days, at, how, isSameLength);
    if (how === 'now') {
      start = days.at(-1)!;
      units.commit(held);
    }
    ({ end } = owner());
  }

  /** Another end for all edges: what of the current window comes or goes is charged or given back by the day. */
  function moveEnd(at: Temporal.Instant, to: string): void {
    if (plan.trial !== null) throw new Refused('a trial');
    if (to <= dateOf(at, zone) || to === end || (to > end && autoRenewal)) throw new Refused('no such end');
    const returns = to > end ? [] : [...held].map(([rate, all]) => returnOf(plan.cancellation, rate, all, at));
    if (returns.some(({ stuck }) => stuck > 0n)) throw new Refused('the window to cancel is over');
    const kept = returns.some(({ parts }) => parts.some(({ isRefunded }) => !isRefunded));
    const days = daysOn(at);
    for (const [index, edge] of edges.entries()) terms.moveEnd(edge, index, to, { on: days[index]!, kept });
    end = to;
    isOdd = true;
  }

  function resume(at: Temporal.Instant): void {
    if (hold !== 'suspended' || suspension === null) throw new Refused('not suspended');
    if (suspension.end <= dateOf(at, zone)) {
      // Its term ended in the pause: another one begins.
      const windows = edges.map(({ window }) => window.end);
      beginOn(
        windows.map((day, index) => later(day, dateOf(at, edges[index]!.zone))),
        at,
        false,
      );
    } else {
      // What is paid goes on; where nothing is, the next window begins today. What lies in the pause is not charged.
      const { upcoming } = owner();
      for (const [index, edge] of edges.entries()) {
        const today = dateOf(at, edge.zone);
        if (edge.window.end <= today && today < edge.end) books.openWindow(edge, index, today);
      }
      const term = upcoming.findLast(({ from }) => from <= owner().window.start);
      if (term !== undefined) {
        start = term.from;
        cameAt(at);
      }
      ({ end } = suspension);
    }
    status = 'active';
    hold = null;
    ({ autoRenewal } = suspension);
    suspension = null;
  }

  /** A special price for what is left of the term. */
  function reprice(
    at: Temporal.Instant,
    { edge: seller, rate, micros }: Extract<ModelCommand, { kind: 'price' }>,
  ): void {
    if (!held.has(rate)) throw new Refused('not held');
    terms.reprice(seller, rate, micros, daysOn(at)[seller]!);
  }

  function suspend(at: Temporal.Instant): void {
    if (!autoRenewal) throw new Refused('needs auto renewal');
    suspension = { end, autoRenewal };
    // What is charged afterwards is charged up to here.
    if (plan.charged === 'after') {
      const days = daysOn(at);
      for (const [index, edge] of edges.entries()) books.cut(edge, index, days[index]!);
    }
    end = dateOf(at, zone);
    status = 'hold';
    hold = 'suspended';
    autoRenewal = false;
  }

  function now(at: Temporal.Instant, command: ModelCommand): void {
    if (command.kind === 'cancel') {
      if (status === 'terminated') throw new Refused('over');
      return cancel(at);
    }
    if (command.kind === 'renew') return renew(at, command);
    if (command.kind === 'resume') return resume(at);
    if (status !== 'active') throw new Refused('not active');
    switch (command.kind) {
      case 'change':
        return change(at, command.quantities);
      case 'auto_renewal':
        autoRenewal = command.on;
        return;
      case 'suspend':
        return suspend(at);
      case 'expiry':
        return moveEnd(at, dateAfter(end, command.days));
      case 'price':
        return reprice(at, command);
      case 'switch':
      case 'convert':
        if ((plan.trial !== null) !== (command.kind === 'convert')) throw new Refused('a trial');
        switchTo(at, command.plan, command.kind === 'switch' ? command.start : 'now');
        // They were about products of the plan that is left.
        intents = intents.filter((waiting) => waiting.command.kind !== 'change');
    }
  }

  function schedule(at: Temporal.Instant, moment: ModelMoment, command: ModelCommand): void {
    if (status !== 'active') throw new Refused('not active');
    if (moment.at === 'date' && moment.on <= dateOf(at, zone)) throw new Refused('past');
    const hasEnd = plan.trial !== null || !autoRenewal;
    if (moment.at === 'date' && moment.on >= end && hasEnd) throw new Refused('after the end');
    intents = intents.filter((waiting) => !isReplaced(waiting, moment, command));
    intents.push({ moment, command, planId: plan.id });
  }

  const nextDue = (): Due | undefined =>
    firstDue({ status, end, intents, window: terms.nextWindowOn(), months: plan.graceMonths, paused: suspension?.end });

  function step(due: Due): void {
    const at = midnight(due.on, zone);
    if (due.kind === 'intent') {
      const dated = intents.filter(({ moment }) => moment.at === 'date' && moment.on === due.on);
      carryOut(at, dated[0]!);
    } else if (due.kind === 'window') {
      const before = owner().window;
      const begins = owner().upcoming[0]?.from === before.end;
      terms.advance(due.on);
      if (begins && owner().window !== before) {
        start = before.end;
        cameAt(at);
      }
    } else if (due.kind === 'grace') finish();
    else endOfTerm(at);
    books.flush();
  }

  function carryOut(at: Temporal.Instant, intent: Waiting): void {
    intents = intents.filter((one) => one !== intent);
    try {
      if (intent.command.kind === 'change' && intent.planId !== plan.id) throw new Refused('of another plan');
      now(at, intent.command);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      books.forget();
    }
  }

  function endOfTerm(at: Temporal.Instant): void {
    const waiting = intents.filter(({ moment }) => moment.at === 'renewal');
    if (waiting.some(({ command }) => command.kind === 'cancel')) {
      closeTerm();
      return finish();
    }
    // Other quantities are for a term that comes; whether one does is settled first.
    const isOpen = waiting.some(({ command }) => command.kind !== 'change');
    const goesOn = plan.trial !== null || autoRenewal;
    if (waiting[0] !== undefined && (isOpen || goesOn)) return carryOut(at, waiting[0]);
    if (plan.trial?.atEnd === 'convert') return switchTo(at, plan.trial.becomes(), 'now');
    if (autoRenewal && plan.trial === null) {
      terms.settleTerm();
      start = end;
      terms.extend(false);
      ({ end } = owner());
      for (const [index, edge] of edges.entries()) terms.next(edge, index);
      return cameAt(at);
    }
    closeTerm();
    if (plan.graceMonths === 0) return finish();
    status = 'hold';
    hold = 'expired';
  }

  function closeTerm(): void {
    terms.settleTerm();
    for (const [index, edge] of edges.entries()) books.close(edge, index, edge.window.end);
  }

  function runDue(until: Temporal.Instant): void {
    for (;;) {
      const due = nextDue();
      if (due === undefined || Temporal.Instant.compare(midnight(due.on, zone), until) > 0) return;
      step(due);
    }
  }

  /** So many units more or fewer, by the day and without a setup; throws what stands in the way. */
  function moveBy(at: Temporal.Instant, rate: string, count: bigint): void {
    change(at, { [rate]: (held.get(rate) ?? 0n) + count }, { hasSetup: false, policy: freeReturns });
    books.flush();
  }

  return {
    /** Units that go into another subscription of the customer, as old as they are. */
    move(
      at: Temporal.Instant,
      rate: string,
      count: bigint,
      other: { receive(at: Temporal.Instant, rate: string, count: bigint, moved: Moved): void },
    ): void {
      if (status !== 'active' || (held.get(rate) ?? 0n) < count) throw new Refused('not so many');
      const isEmptied = [...held].every(([one, quantity]) => one === rate && quantity === count);
      if (isEmptied) throw new Refused('nothing left');
      within(plan, held, { [rate]: held.get(rate)! - count });
      const moved = units.moving(rate, held.get(rate)!, count);
      other.receive(at, rate, count, moved);
      moveBy(at, rate, -count);
      units.moved(rate, moved);
    },
    receive(at: Temporal.Instant, rate: string, count: bigint, moved: Moved): void {
      if (status !== 'active') throw new Refused('not active');
      const before = units.all(rate);
      moveBy(at, rate, count);
      units.arrived(rate, before, moved);
    },
    records: books.records,
    runDue,
    /** Does what a command asks for at a moment; throws `Refused` when it can't be done, and then nothing has happened. */
    ask(at: Temporal.Instant, command: ModelCommand, moment: ModelMoment): void {
      runDue(at);
      if (moment.at === 'now') now(at, command);
      else schedule(at, moment, command);
      books.flush();
    },
    nextDue: () => nextDue()?.on,
    isOdd: () => isOdd,
    mayRenewLater: () => intents.some(({ command }) => command.kind === 'auto_renewal'),
    end: () => end,
    plan: () => plan,
    state: (): string => {
      const items = [...held].map(([rate, quantity]) => `${quantity} ${rate}`).toSorted();
      return `${status} ${hold ?? '-'} ${start}..${end} renews ${autoRenewal}: ${items.join(', ')}; ${intents.length} waiting`;
    },
  };
}
