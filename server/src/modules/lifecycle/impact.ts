import { addMoney, subtractMoney, zeroMoney, zeroRatio, type DateRange, type Money } from '@tierline/kernel';
import { closeWindow, dateText, isPaidBefore, type Charge, type EdgeLedger } from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Context, LoadedPlan } from './context.ts';
import { heldOf, type Decision } from './draft.ts';
import type { Intent } from './intent.ts';

/** How a term ends. `retried`: its renewal is refused for now. */
export type NextOutcome = 'renewed' | 'switched' | 'converted' | 'expired' | 'canceled' | 'retried' | 'none';

/** What one edge pays for the first window of the next term, whether that is paid before it or after. */
export type NextEdge = {
  /** How many accounts stand above the seller. */
  readonly depth: number;
  readonly sellerId: string;
  readonly buyerId: string;
  readonly period: { readonly start: string; readonly end: string };
  readonly amount: Money;
};

/** What becomes of a subscription at the end of its term, by the very decisions that will be made then. */
export type NextTerm = {
  readonly outcome: NextOutcome;
  readonly reason: string | null;
  readonly edges: readonly NextEdge[];
};

export const noNextTerm: NextTerm = { outcome: 'none', reason: null, edges: [] };

/** Whether nothing that is planned happens before the end of the term, so that the billing until then need not be gone through. */
export function isStraight({ ledger }: Subscription, waiting: readonly Intent[]): boolean {
  return waiting.every(({ moment }) => moment.at === 'renewal') && ledger.every(({ upcoming }) => upcoming === null);
}

/** The subscription on the day on which its term ends, with everything up to that day billed. */
export function atEndOfTerm(subscription: Subscription): Subscription {
  const ledger = subscription.ledger.map((edge): EdgeLedger => {
    const { endOn } = edge;
    const items = edge.items.map((item) => ({
      ...item,
      exact: zeroRatio,
      accrued: [],
      accruesFrom: item.accruesFrom === null ? null : endOn,
    }));
    return { ...edge, window: { start: endOn, end: endOn }, items };
  });
  return { ...subscription, ledger, noticedOn: subscription.endOn };
}

/** Whether a step of due work has ended the term, one way or another. */
export function hasEnded(before: Subscription, after: Subscription): boolean {
  return (
    after.status !== before.status ||
    after.startOn !== before.startOn ||
    after.endOn !== before.endOn ||
    after.renewalFailure !== before.renewalFailure
  );
}

/** Reads off a decision what the end of the term came to. */
export function nextTermOf(before: Subscription, decision: Decision, context: Context): NextTerm {
  const { after } = decision.subscriptions[0]!;
  const { outcome, reason } = outcomeOf(before, after, decision);
  if (after.status !== 'active' && after.status !== 'pending') return { outcome, reason, edges: [] };
  if (outcome === 'retried') return { outcome, reason, edges: [] };
  const loaded =
    after.planId === before.planId ? context.current : (context.plans.get(after.planId) ?? context.current);
  const charges = decision.charges.filter(({ subscriptionId }) => subscriptionId === after.id);
  const edges = after.ledger.flatMap((edge, depth) => {
    const endOn = before.ledger[depth]?.endOn ?? '';
    const ofTerm = charges.filter(({ sellerId, period }) => sellerId === edge.sellerId && dateText(period.end) > endOn);
    return nextEdges(edge, depth, [...ofTerm, ...billedAfterwards(after, edge, loaded)]);
  });
  return { outcome, reason, edges };
}

function outcomeOf(before: Subscription, after: Subscription, { events }: Decision): Omit<NextTerm, 'edges'> {
  const named = (type: string) => events.find((event) => event.type === type && event.subscriptionId === after.id);
  const failed = named('subscription.renewal_failed');
  if (failed !== undefined) return { outcome: 'retried', reason: messagesOf(failed.data['reasons']) };
  const expired = named('subscription.expired');
  if (expired !== undefined) return { outcome: 'expired', reason: String(expired.data['why']) };
  if (named('subscription.converted') !== undefined) return { outcome: 'converted', reason: null };
  if (after.status !== 'active' && after.status !== 'pending') return { outcome: 'canceled', reason: null };
  return { outcome: after.planId === before.planId ? 'renewed' : 'switched', reason: null };
}

function messagesOf(reasons: unknown): string {
  return (reasons as readonly { readonly message: string }[]).map(({ message }) => message).join(' ');
}

/** What is billed after a window is part of the decision that ends it; here the window has just begun, so it is closed at once. */
function billedAfterwards(after: Subscription, edge: EdgeLedger, loaded: LoadedPlan): readonly Charge[] {
  return isPaidBefore(loaded.plan) ? [] : closeWindow(loaded.plan, edge, heldOf(after, loaded)).lines;
}

/** One sum for each currency of an edge; of an edge that takes nothing, zero in the currency of its prices. */
function nextEdges(
  edge: EdgeLedger,
  depth: number,
  lines: readonly { amount: Money; period: DateRange }[],
): NextEdge[] {
  const { sellerId, buyerId, window } = edge;
  const priced = edge.items.flatMap(({ prices }) => Object.values(prices).map(({ currency }) => currency));
  const currencies = new Set(lines.length > 0 ? lines.map(({ amount }) => amount.currency) : priced.slice(0, 1));
  return [...currencies].map((currency) => ({
    depth,
    sellerId,
    buyerId,
    period: window,
    amount: lines
      .filter(({ amount }) => amount.currency === currency)
      .reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency)),
  }));
}

/** One edge with the prices as they are, and with the change. */
export type ComparedEdge = Omit<NextEdge, 'amount'> & {
  readonly asIs: Money;
  readonly changed: Money;
  readonly difference: Money;
};

export type Comparison = {
  readonly asIs: Omit<NextTerm, 'edges'>;
  readonly changed: Omit<NextTerm, 'edges'>;
  readonly edges: readonly ComparedEdge[];
  readonly isChanged: boolean;
};

/** An edge that is on one side only pays nothing on the other. */
export function compare(asIs: NextTerm, changed: NextTerm): Comparison {
  const keyOf = ({ depth, amount }: NextEdge): string => `${depth}/${amount.currency}`;
  const then = new Map(changed.edges.map((edge) => [keyOf(edge), edge]));
  const known = new Set(asIs.edges.map(keyOf));
  const all = [...asIs.edges, ...changed.edges.filter((edge) => !known.has(keyOf(edge)))];
  const edges = all
    .toSorted((a, b) => a.depth - b.depth)
    .map((edge): ComparedEdge => {
      const { amount: _, ...of } = edge;
      const zero = zeroMoney(edge.amount.currency);
      const before = known.has(keyOf(edge)) ? edge.amount : zero;
      const after = then.get(keyOf(edge))?.amount ?? zero;
      return { ...of, asIs: before, changed: after, difference: subtractMoney(after, before) };
    });
  return {
    asIs: { outcome: asIs.outcome, reason: asIs.reason },
    changed: { outcome: changed.outcome, reason: changed.reason },
    edges,
    isChanged: asIs.outcome !== changed.outcome || edges.some(({ difference }) => difference.minor !== 0n),
  };
}

/** What all sellers at one place of the channel take, in one currency. */
export type LevelTotal = {
  /** 0: the account itself, 1: those directly below it, and so on. */
  readonly level: number;
  readonly asIs: Money;
  readonly changed: Money;
  readonly difference: Money;
};

/** Sums over subscriptions, of the edges from a seller of the channel downwards. `depthOf`: how many accounts stand above it. */
export function totalsBy(compared: readonly Comparison[], depthOf: number): LevelTotal[] {
  const totals = new Map<string, LevelTotal>();
  for (const edge of compared.flatMap(({ edges }) => edges)) {
    const level = edge.depth - depthOf;
    if (level < 0) continue;
    const key = `${level}/${edge.asIs.currency}`;
    const sum = totals.get(key);
    const add = (name: 'asIs' | 'changed' | 'difference') =>
      sum === undefined ? edge[name] : addMoney(sum[name], edge[name]);
    totals.set(key, { level, asIs: add('asIs'), changed: add('changed'), difference: add('difference') });
  }
  return [...totals.values()].toSorted((a, b) => a.level - b.level || (a.asIs.currency < b.asIs.currency ? -1 : 1));
}
