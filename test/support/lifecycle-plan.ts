import { addMonths, compare, type ModelTiers } from './lifecycle-calendar.ts';
import type { ModelReturns } from './lifecycle-returns.ts';

/** What the model knows of plans, prices and commands. */
export type ModelPlan = {
  readonly id: string;
  readonly termMonths: number;
  readonly billingMonths: number;
  /** When a window is charged: at its beginning, at its end, or the whole term at its beginning. */
  readonly charged: 'before' | 'after' | 'term';
  readonly graceMonths: number;
  readonly models: Readonly<Record<string, 'flat' | 'tiered' | 'volume'>>;
  /** Whether units that come cost a setup too. */
  readonly setup: boolean;
  /** What becomes of the add-on, which has at most as many units as its base, when the base goes; null: there is none. */
  readonly addOn: 'refuse' | 'cascade' | null;
  /** How fewer units are given back, and how everything is. */
  readonly reduction: ModelReturns;
  readonly cancellation: ModelReturns;
  /** What the next term costs; a guard is how many percent dearer it may be. */
  readonly renewal: 'current' | 'locked' | { readonly guard: number };
  /** The percentage of what a term began with that is held until its end. */
  readonly commitment: number;
  /** A trial becomes another plan: when it is asked to, or when it ends, unless it expires then. */
  readonly trial: { readonly atEnd: 'convert' | 'expire'; readonly becomes: () => ModelPlan } | null;
};

/** Which rate is an add-on of which, in a plan that has one. */
export const addOnRate = 'TIERED';
export const baseRate = 'FLAT';

export type ModelEdge = { readonly zone: string; readonly minorDigits: number };

export type ModelPrices = { readonly recurring: ModelTiers; readonly setup: ModelTiers };

/** The price that is known now for a rate on an edge on a date. */
export type PriceBook = (edge: number, plan: ModelPlan, rate: string, date: string) => ModelPrices;

export type ModelCommand =
  | { readonly kind: 'change'; readonly quantities: Readonly<Record<string, bigint>> }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'auto_renewal'; readonly on: boolean }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  /** `aligned`: the term that begins ends with the calendar month. */
  | { readonly kind: 'renew'; readonly from: 'expiry' | 'now'; readonly aligned: boolean }
  /** Another end of the term, so many days from the one that it has. */
  | { readonly kind: 'expiry'; readonly days: number }
  | { readonly kind: 'switch'; readonly plan: ModelPlan; readonly start: 'now' | 'keep' }
  | { readonly kind: 'convert'; readonly plan: ModelPlan }
  /** A special price on one edge, for what is left of the term. */
  | { readonly kind: 'price'; readonly edge: number; readonly rate: string; readonly micros: bigint };

export type ModelMoment =
  | { readonly at: 'now' }
  | { readonly at: 'renewal' }
  | { readonly at: 'date'; readonly on: string };

export type Waiting = { readonly moment: ModelMoment; readonly command: ModelCommand; readonly planId: string };

/** A newer command of the same kind for the same moment takes the place of the older; a change only of one that says no more than it. */
export function isReplaced(waiting: Waiting, moment: ModelMoment, command: ModelCommand): boolean {
  const other = waiting.command;
  if (other.kind !== command.kind || JSON.stringify(waiting.moment) !== JSON.stringify(moment)) return false;
  if (other.kind !== 'change' || command.kind !== 'change') return true;
  return Object.keys(other.quantities).every((rate) => rate in command.quantities);
}

export class Refused extends Error {}

export type Due = { readonly kind: 'intent' | 'window' | 'term' | 'grace'; readonly on: string };

/** What is due next: what is asked for a date comes before what the date brings; on hold nothing but the end of that comes. */
export function firstDue(of: {
  readonly status: 'active' | 'hold' | 'terminated';
  readonly end: string;
  readonly intents: readonly Waiting[];
  readonly window: string;
  /** Months of grace, and where a pause ends without any. */
  readonly months: number;
  readonly paused: string | undefined;
}): Due | undefined {
  const { status, end, intents, window, months, paused } = of;
  if (status === 'terminated') return undefined;
  const all: Due[] = intents.flatMap(({ moment }) => (moment.at === 'date' ? [{ kind: 'intent', on: moment.on }] : []));
  if (status === 'hold') {
    all.push({ kind: 'grace', on: months === 0 && paused !== undefined ? paused : addMonths(end, months) });
  } else {
    if (window < end) all.push({ kind: 'window', on: window });
    all.push({ kind: 'term', on: end });
  }
  const order = ['intent', 'window', 'term', 'grace'];
  return all.sort((a, b) => compare(a.on, b.on) || order.indexOf(a.kind) - order.indexOf(b.kind))[0];
}
