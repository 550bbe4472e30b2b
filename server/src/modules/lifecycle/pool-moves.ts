import { compareDecimal, zero, type Reason } from '@tierline/kernel';
import type { PlanVersion } from '../catalog/index.ts';
import {
  exhausted,
  exhaustedReason,
  keyText,
  lowMoves,
  lowWarning,
  movesBetween,
  poolOf,
  shortMoves,
  type PoolMove,
} from '../pools/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Context } from './context.ts';
import type { Decision } from './draft.ts';

/** Units that a decision takes from license pools and gives back: what its subscriptions hold afterwards less what they held. */
export type PoolMoves = {
  readonly moves: readonly PoolMove[];
  /** What is said where a pool turns out to have too few units, one for each thing that would take some. */
  readonly ifShort: readonly Reason[];
};

type Plans = Pick<Context, 'current' | 'plans' | 'others'>;
type State = Pick<Subscription, 'planId' | 'planVersion'>;

function plansOf({ current, plans, others }: Plans): PlanVersion[] {
  const besides = [...others.values()].map(({ loaded }) => loaded);
  return [current, ...plans.values(), ...besides].map(({ plan }) => plan);
}

/** The plan of a subscription in a state, where it is known. */
function planIn(plans: readonly PlanVersion[], { planId, planVersion }: State): PlanVersion | undefined {
  return plans.find((plan) => plan.planId === planId && plan.version === planVersion);
}

/** States of which the context lacks the plan: those that an order is taken back from. */
export function statesWithoutPlan(context: Plans, { subscriptions }: Pick<Decision, 'subscriptions'>): Subscription[] {
  const plans = plansOf(context);
  return subscriptions
    .flatMap(({ before, after }) => [before, after])
    .filter((state) => planIn(plans, state) === undefined);
}

/** @param more plans that the context lacks */
export function poolMovesOf(
  context: Plans,
  { subscriptions, lines }: Pick<Decision, 'subscriptions' | 'lines'>,
  more: readonly PlanVersion[] = [],
): PoolMoves {
  const plans = [...plansOf(context), ...more];
  const holding = (subscription: Subscription) => {
    const plan = planIn(plans, subscription);
    return plan && { subscription, plan };
  };
  const changes = subscriptions.flatMap(({ before, after }) => {
    const was = holding(before);
    // What is on a plan that is not known draws on no pool.
    const gone = was && { ...was, subscription: { status: 'removed', licenses: [] } as const };
    const is = holding(after) ?? gone;
    return is === undefined ? [] : [{ before: was ?? null, after: is }];
  });
  const moves = movesBetween(changes);
  const ifShort = moves
    .filter(({ units }) => units > 0n)
    .flatMap((move) => {
      const plan = changes.find(({ after }) => isOf(move, after.plan))?.after.plan;
      return fieldsOf(lines).map((field) => exhaustedReason(move, nameOf(plan), field));
    });
  return { moves, ifShort };
}

function isOf(move: PoolMove, plan: PlanVersion): boolean {
  const key = poolOf(plan);
  return key !== undefined && keyText(key) === keyText(move);
}

function nameOf(plan: PlanVersion | undefined): string {
  return plan?.product.name ?? 'the product';
}

/** What says how many units there are to be: the lines of what depends on nothing and grows; where none does, the plan. */
function fieldsOf(lines: Decision['lines']): string[] {
  const grown = lines.filter(
    ({ rate, quantity, previousQuantity }) =>
      rate.dependsOn.length === 0 && compareDecimal(quantity, previousQuantity ?? zero) > 0,
  );
  return grown.length === 0 ? ['plan_id'] : [...new Set(grown.map(({ rate }) => `items.${rate.mpn}`))];
}

/**
 * Refuses what takes more than the pools had when they were looked at, and tells of a pool that has few left, where it is the owner's own
 * or one of its sellers' and the owner is that seller. The statement that stores the decision looks again.
 */
export function withinPools(context: Context, decision: Decision): Decision {
  const { stocks, owner } = context;
  if (stocks === null) return decision;
  const { moves, ifShort } = poolMovesOf(context, decision);
  if (shortMoves(moves, stocks).length > 0) throw exhausted(ifShort);
  const low = lowMoves(moves, stocks).filter(({ accountId }) => accountId === owner.account.id);
  const plans = plansOf(context);
  const warnings = low.map((move) => lowWarning(move, nameOf(plans.find((plan) => isOf(move, plan)))));
  return { ...decision, warnings: [...decision.warnings, ...warnings] };
}
