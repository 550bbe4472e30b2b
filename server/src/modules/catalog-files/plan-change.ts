import { newId } from '@tierline/kernel';
import type { PlanTerms, Rate } from '../catalog/index.ts';
import type { PriceList } from '../pricing/index.ts';
import {
  resourceKey,
  type ImportContext,
  type ImportState,
  type KnownPlan,
  type KnownProduct,
  type KnownResource,
  type NewPlanVersion,
  type PlanChanges,
  type PlanDecision,
  type PlanRows,
  type RowRefusal,
} from './import-state.ts';
import {
  differences,
  newResource,
  productOf,
  resourceReason,
  widen,
  type NewResource,
  type PlanProduct,
} from './plan-product.ts';
import {
  buildRates,
  checkLines,
  isSameRate,
  keptLine,
  lineOf,
  lineReasons,
  type Line,
  type ResolvedLine,
} from './plan-rates.ts';
import { agree, mergeTerms, sameTerms, type Stated } from './plan-terms.ts';
import { listOf, priceChange, type PriceChange, type PriceTarget } from './row-prices.ts';
import type { ImportRow, RowReason } from './row.ts';

/** Rows of one plan on their way, and why some of them fell out. */
type Sieve = { rows: ImportRow[]; readonly refusals: RowRefusal[]; isPartial: boolean };

/**
 * Decides what the rows of one plan change: nothing, its prices, or its rates and terms, which is one new version.
 * A row that can't stand is refused by itself; then, or when `group.isPartial`, no rate is removed, because a refused
 * row may have been about it.
 */
export function decidePlan(context: ImportContext, state: ImportState, group: PlanRows): PlanDecision {
  const existing = state.plans.get(group.planName);
  const sieve: Sieve = { rows: [...group.rows], refusals: [], isPartial: group.isPartial };
  const refuseAll = (reasons: readonly RowReason[]): PlanDecision => {
    for (const { line } of sieve.rows) for (const reason of reasons) sieve.refusals.push({ ...reason, line });
    sieve.rows = [];
    return decided(sieve, group, {});
  };
  if (existing?.plan.status === 'retired') return refuseAll([retired]);
  const planProduct = productOf(context, state, sieve.rows, existing);
  if ('reasons' in planProduct) return refuseAll(planProduct.reasons);
  const { stated, targets } = keepFitting(context, state, sieve, planProduct.product);
  if (sieve.rows.length === 0) return decided(sieve, group, {});
  const merged = mergeTerms(stated, existing?.terms, planProduct.product);
  if ('reasons' in merged) return refuseAll(merged.reasons);
  const { terms } = merged;
  const sold = widen(planProduct.product, terms);
  const lines = keepSellable(context, sieve, sold, terms, existing);
  if (lines === undefined) return decided(sieve, group, {});
  const made = makeVersion(context, state, group, lines, { existing, sold, stated, terms });
  const prices = setPrices(context, state, made, targets);
  const isChange = made.version !== undefined || prices.length > 0;
  return decided(sieve, group, {
    ...countRows(made, new Set(prices.map(({ row }) => row))),
    warnings: planProduct.isNew ? [] : differences(state, sieve.rows[0]!, planProduct.product),
    removed: made.removed,
    changes: isChange ? changesOf(planProduct, sold, made, prices) : undefined,
  });
}

function changesOf(planProduct: PlanProduct, sold: KnownProduct, made: Made, prices: readonly SetPrice[]): PlanChanges {
  const { isNew, product, vendor } = planProduct;
  return {
    vendors: vendor === undefined ? [] : [vendor],
    products: isNew ? [sold] : [],
    widened: isNew || sold === product ? [] : [{ ...sold, version: product.version + 1 }],
    resources: made.resources,
    plan: made.version,
    lists: [...new Set(prices.flatMap(({ target }) => (target.isNew ? target.list : [])))],
    prices: prices.flatMap(({ change }) => change.set),
    pricesRemoved: prices.flatMap(({ change }) => change.removed),
  };
}

const retired: RowReason = {
  field: 'plan_name',
  code: 'catalog.plan_retired',
  message: 'A retired plan is not published again. Make a new one.',
};

function decided(sieve: Sieve, group: PlanRows, rest: Partial<PlanDecision>): PlanDecision {
  const { refusals, rows } = sieve;
  const failed = group.rows.length - rows.length;
  return {
    warnings: [],
    created: 0,
    changed: 0,
    unchanged: 0,
    removed: 0,
    changes: undefined,
    refusals,
    failed,
    ...rest,
  };
}

function refuse(sieve: Sieve, refusals: readonly RowRefusal[]): void {
  const lines = new Set(refusals.map(({ line }) => line));
  sieve.refusals.push(...refusals);
  sieve.rows = sieve.rows.filter(({ line }) => !lines.has(line));
  if (lines.size > 0) sieve.isPartial = true;
}

/** Takes out rows that contradict an earlier row, name a product or list that can't be, or repeat an MPN. */
function keepFitting(
  context: ImportContext,
  state: ImportState,
  sieve: Sieve,
  product: KnownProduct,
): { readonly stated: Stated; readonly targets: ReadonlyMap<ImportRow, PriceTarget> } {
  let stated: Stated = {};
  const targets = new Map<ImportRow, PriceTarget>();
  const mpns = new Set<string>();
  const newLists: PriceList[] = [];
  const refusals: RowRefusal[] = [];
  for (const row of sieve.rows) {
    const reasons: RowReason[] = [];
    if (row.productCode !== product.code) {
      const message = `The plan is one of the product ${product.code}.`;
      reasons.push({ field: 'product_code', code: 'catalog.rows_disagree', message });
    }
    const resource = resourceReason(state, row, product);
    if (resource !== undefined) reasons.push(resource);
    if (mpns.has(row.mpn)) {
      reasons.push({ field: 'mpn', code: 'catalog.mpn_repeated', message: 'A plan has at most one rate of an MPN.' });
    }
    const agreed = agree(stated, row);
    if ('reasons' in agreed) reasons.push(...agreed.reasons);
    if (Object.keys(row.prices).length > 0) {
      const target = listOf(context, [...state.lists, ...newLists], row);
      if ('reason' in target) reasons.push(target.reason);
      else {
        if (target.isNew) newLists.push(target.list);
        targets.set(row, { list: target.list, isNew: newLists.includes(target.list) });
      }
    }
    if (reasons.length > 0) {
      refusals.push(...reasons.map((reason) => ({ ...reason, line: row.line })));
      continue;
    }
    mpns.add(row.mpn);
    if ('stated' in agreed) stated = agreed.stated;
  }
  refuse(sieve, refusals);
  return { stated, targets };
}

/** Takes out rows that can't be rates of this plan together, until the others can; undefined when none is left. */
function keepSellable(
  context: ImportContext,
  sieve: Sieve,
  product: KnownProduct,
  terms: PlanTerms,
  existing: KnownPlan | undefined,
): readonly Line[] | undefined {
  const rates = existing?.rates ?? [];
  const mpnById = new Map<string, string>(rates.map((rate) => [rate.rateId, rate.mpn]));
  const byMpn = new Map(rates.map((rate) => [rate.mpn, rate]));
  while (sieve.rows.length > 0) {
    const named = new Map(sieve.rows.map((row) => [row.mpn, lineOf(row, byMpn.get(row.mpn), mpnById)]));
    const refusals = [...named.values()].flatMap((line) =>
      lineReasons(line).map((reason) => ({ ...reason, line: line.row?.line ?? 0 })),
    );
    if (refusals.length > 0) {
      refuse(sieve, refusals);
      continue;
    }
    const keeps = sieve.isPartial || context.options.missing === 'keep';
    const lines = [
      ...rates.flatMap((rate) => named.get(rate.mpn) ?? (keeps ? keptLine(rate, mpnById) : [])),
      ...[...named.values()].filter((line) => line.before === undefined),
    ];
    const checked = checkLines(product, terms, lines);
    if (checked.ok) return lines;
    refuse(sieve, checked.refusals);
  }
  return undefined;
}

type PlanFacts = {
  readonly existing: KnownPlan | undefined;
  readonly sold: KnownProduct;
  readonly stated: Stated;
  readonly terms: PlanTerms;
};

type Made = {
  readonly version: NewPlanVersion | undefined;
  readonly rates: readonly Rate[];
  readonly lines: readonly ResolvedLine[];
  readonly resources: readonly NewResource[];
  readonly removed: number;
  /** By line: whether its rate is as it was. */
  readonly isSame: readonly boolean[];
  readonly hasSameTerms: boolean;
};

/** The next version of the plan, unless it would say what the current one says. */
function makeVersion(
  context: ImportContext,
  state: ImportState,
  group: PlanRows,
  lines: readonly Line[],
  { existing, sold, stated, terms }: PlanFacts,
): Made {
  const resources: NewResource[] = [];
  const resolved = lines.map((line) => {
    const known = resourceOf(state, line);
    if (known !== undefined) return { ...line, resource: known };
    const resource = newResource(context, sold, line.draft, terms.unitType);
    resources.push(resource);
    return { ...line, resource };
  });
  const mpnById = new Map<string, string>((existing?.rates ?? []).map((rate) => [rate.rateId, rate.mpn]));
  const isSame = resolved.map((line) => isSameRate(line, line.resource.id, mpnById));
  const removed = (existing?.rates.length ?? 0) - resolved.filter(({ before }) => before !== undefined).length;
  const description = stated.description ?? existing?.plan.shortDescription ?? '';
  const hasSameTerms =
    existing?.terms !== undefined && sameTerms(existing.terms, terms) && description === existing.plan.shortDescription;
  const outcome = { lines: resolved, resources, removed, isSame, hasSameTerms };
  if (hasSameTerms && removed === 0 && isSame.every(Boolean)) {
    return { ...outcome, version: undefined, rates: resolved.flatMap(({ before }) => before ?? []) };
  }
  const at = context.at.toString();
  const versionNumber = (existing?.versionMax ?? 0) + 1;
  const plan = {
    ...(existing?.plan ?? {
      id: newId<'plan'>(),
      rootId: context.rootId,
      accountId: context.accountId,
      number: '',
      productId: sold.id,
      name: group.planName,
      longDescription: '',
      createdAt: at,
    }),
    shortDescription: description,
    status: 'published' as const,
    currentVersion: versionNumber,
    version: (existing?.plan.version ?? 0) + 1,
    updatedAt: at,
  };
  const rates = buildRates(plan.id, versionNumber, resolved, existing);
  const version = { plan, isNew: existing === undefined, version: versionNumber, terms, rates };
  return { ...outcome, version, rates };
}

function resourceOf(state: ImportState, { row, before }: Line): KnownResource | undefined {
  if (row !== undefined && before?.vendorCode !== row.vendorCode) {
    return state.resources.get(resourceKey(row.vendorCode, row.mpn));
  }
  return before && { ...before, id: before.resourceId };
}

type SetPrice = { readonly row: ImportRow; readonly target: PriceTarget; readonly change: PriceChange };

function setPrices(
  context: ImportContext,
  state: ImportState,
  made: Made,
  targets: ReadonlyMap<ImportRow, PriceTarget>,
): SetPrice[] {
  return made.lines.flatMap(({ row }, index) => {
    const target = row && targets.get(row);
    const rate = made.rates[index];
    if (row === undefined || target === undefined || rate === undefined) return [];
    const change = priceChange(context, state, row, target.list, rate);
    return change.set.length === 0 ? [] : [{ row, target, change }];
  });
}

function countRows(made: Made, priced: ReadonlySet<ImportRow>) {
  const counts = { created: 0, changed: 0, unchanged: 0 };
  for (const [index, { row, before }] of made.lines.entries()) {
    if (row === undefined) continue;
    if (before === undefined) counts.created += 1;
    else if (!made.hasSameTerms || made.isSame[index] !== true || priced.has(row)) counts.changed += 1;
    else counts.unchanged += 1;
  }
  return counts;
}
