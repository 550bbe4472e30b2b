import { compareDecimal, invalid, isNegative, parseDecimal, periodInMonths, type Reason } from '@tierline/kernel';
import { definitionReasons } from './parameter.ts';
import type { ChargeType, PlanTerms, PriceModel, Product } from './catalog.ts';

/** A rate as it is asked for in a new plan version. Within a plan its MPN names it; `dependsOn` lists MPNs of the same plan. */
export type RateDraft = {
  readonly mpn: string;
  readonly vendorCode?: string;
  readonly name?: string;
  readonly quantityMin: string;
  readonly quantityMax: string;
  readonly priceModel: PriceModel;
  readonly chargeTypes: readonly ChargeType[];
  readonly dependsOn: readonly string[];
};

export const rateCountMax = 5000;

/** Every reason why these terms and rates can't make a plan version of this product, all at once. */
export function checkPlan(product: Product, terms: PlanTerms, rates: readonly RateDraft[]): void {
  const reasons = [...termReasons(product, terms), ...rateReasons(rates)];
  if (reasons.length > 0) throw invalid(reasons);
}

function termReasons(product: Product, terms: PlanTerms): Reason[] {
  const reasons: Reason[] = [];
  const subscriptionMonths = periodInMonths(terms.subscriptionPeriod);
  const billingMonths = periodInMonths(terms.billingPeriod);
  const divides =
    subscriptionMonths !== undefined && billingMonths !== undefined
      ? subscriptionMonths % billingMonths === 0
      : subscriptionMonths === undefined &&
        billingMonths === undefined &&
        terms.subscriptionPeriod.count % terms.billingPeriod.count === 0;
  if (!divides) {
    reasons.push({
      code: 'catalog.billing_period_does_not_divide',
      field: 'billing_period',
      message: 'The subscription period must be a whole number of billing periods.',
    });
  }
  if (product.status !== 'active') {
    reasons.push({
      code: 'catalog.product_not_sold',
      field: 'product_id',
      message: `The product is at ${product.status.replaceAll('_', ' ')}; no new plan can be made of it.`,
    });
  }
  if (terms.dataCenter !== null && !product.dataCenters.includes(terms.dataCenter)) {
    reasons.push({
      code: 'catalog.unknown_data_center',
      field: 'data_center',
      message: `The product runs in: ${product.dataCenters.join(', ') || 'no data center to choose'}.`,
    });
  }
  if (!product.unitTypes.includes(terms.unitType)) {
    reasons.push({
      code: 'catalog.unknown_unit_type',
      field: 'unit_type',
      message: `The product is sold in: ${product.unitTypes.join(', ')}.`,
    });
  }
  return [...reasons, ...definitionReasons(terms.parameters ?? [])];
}

function rateReasons(rates: readonly RateDraft[]): Reason[] {
  const reasons: Reason[] = [];
  if (rates.length === 0 || rates.length > rateCountMax) {
    reasons.push({ code: 'catalog.rate_count', field: 'rates', message: `A plan has 1 to ${rateCountMax} rates.` });
  }
  const byMpn = new Map(rates.map((rate) => [rate.mpn, rate]));
  if (byMpn.size !== rates.length) {
    reasons.push({ code: 'catalog.mpn_repeated', field: 'rates', message: 'A plan has at most one rate of an MPN.' });
  }
  for (const [index, rate] of rates.entries()) {
    const min = parseDecimal(rate.quantityMin);
    const max = parseDecimal(rate.quantityMax);
    if (min === undefined || max === undefined || isNegative(min) || compareDecimal(min, max) > 0) {
      reasons.push({
        code: 'catalog.quantity_bounds',
        field: `rates.${index}.quantity_max`,
        message: 'The bounds must be decimals with 0 <= minimum <= maximum.',
      });
    }
    for (const base of rate.dependsOn) {
      if (!byMpn.has(base)) {
        reasons.push({
          code: 'catalog.unknown_base',
          field: `rates.${index}.depends_on`,
          message: `There is no rate ${base} in this plan.`,
        });
      }
    }
  }
  const circle = findCircle(byMpn);
  if (circle !== undefined) {
    reasons.push({
      code: 'catalog.circular_dependency',
      field: 'rates',
      message: `Rates depend on each other in a circle: ${circle.join(' -> ')}.`,
    });
  }
  return reasons;
}

function findCircle(byMpn: ReadonlyMap<string, RateDraft>): string[] | undefined {
  const done = new Set<string>();
  for (const start of byMpn.keys()) {
    const trail: string[] = [];
    const stack: { mpn: string; next: number }[] = [{ mpn: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next === 0) trail.push(top.mpn);
      const base = byMpn.get(top.mpn)?.dependsOn[top.next];
      top.next += 1;
      if (base === undefined) {
        done.add(top.mpn);
        trail.pop();
        stack.pop();
      } else if (trail.includes(base)) {
        return [...trail.slice(trail.indexOf(base)), base];
      } else if (!done.has(base) && byMpn.has(base)) {
        stack.push({ mpn: base, next: 0 });
      }
    }
  }
  return undefined;
}
