import {
  extendState,
  type ImportContext,
  type ImportState,
  type KnownProduct,
  type NewPlanVersion,
  type PlanChanges,
  type PlanDecision,
  type PlanRows,
} from './import-state.ts';
import { decidePlan } from './plan-change.ts';
import type { BatchChanges } from './store-write.ts';

/** What several plans come to, decided one after the other. */
export type BatchDecision = { readonly plans: readonly PlanDecision[]; readonly changes: BatchChanges };

export function decideBatch(context: ImportContext, state: ImportState, groups: readonly PlanRows[]): BatchDecision {
  const plans: PlanDecision[] = [];
  for (const group of groups) {
    const decision = decidePlan(context, state, group);
    if (decision.changes !== undefined) extendState(state, decision.changes);
    plans.push(decision);
  }
  return {
    plans,
    changes: combineChanges(
      state,
      plans.flatMap(({ changes }) => changes ?? []),
    ),
  };
}

function combineChanges(state: ImportState, all: readonly PlanChanges[]): BatchChanges {
  const created = new Map<string, KnownProduct>();
  const widened = new Map<string, KnownProduct>();
  for (const { products, widened: wider } of all) {
    for (const product of products) created.set(product.id, product);
    // A product that is made and widened in one batch is made as it is in the end.
    for (const product of wider) {
      if (created.has(product.id)) created.set(product.id, { ...product, version: 1 });
      else widened.set(product.id, product);
    }
  }
  const lists = all.flatMap((changes) => changes.lists);
  const prices = all.flatMap((changes) => changes.prices);
  const priced = new Set(prices.map((price) => price.priceListId));
  return {
    vendors: all.flatMap((changes) => changes.vendors),
    products: [...created.values()],
    widened: [...widened.values()],
    resources: all.flatMap((changes) => changes.resources),
    plans: all.flatMap((changes) => changes.plan ?? []),
    lists,
    touched: state.lists.filter((list) => priced.has(list.id) && !lists.includes(list)),
    prices,
    pricesRemoved: all.flatMap((changes) => changes.pricesRemoved),
  };
}

/** Gives new plans and rates their numbers. */
export function withNumbers(
  changes: BatchChanges,
  planNumbers: readonly bigint[],
  rateNumbers: readonly bigint[],
): BatchChanges {
  const nextPlan = planNumbers.values();
  const nextRate = rateNumbers.values();
  const numbered = (known: string, next: Iterator<bigint>): string =>
    known === '' ? String(next.next().value) : known;
  const plans = changes.plans.map((version): NewPlanVersion => ({
    ...version,
    plan: { ...version.plan, number: numbered(version.plan.number, nextPlan) },
    rates: version.rates.map((rate) => ({ ...rate, number: numbered(rate.number, nextRate) })),
  }));
  return { ...changes, plans };
}

export function isEmpty(changes: BatchChanges): boolean {
  return changes.plans.length === 0 && changes.prices.length === 0;
}

/** How many numbers `withNumbers` needs. */
export function numbersNeeded(changes: BatchChanges): { readonly plans: number; readonly rates: number } {
  return {
    plans: changes.plans.filter(({ isNew }) => isNew).length,
    rates: changes.plans.reduce((sum, { rates }) => sum + rates.filter(({ number }) => number === '').length, 0),
  };
}
