import { isDeepStrictEqual } from 'node:util';
import { samePeriod, type Period } from '@tierline/kernel';
import type { PlanTerms, Product } from '../catalog/index.ts';
import { formatPeriod, type ImportRow, type RowReason, type StatedTerms } from './row.ts';

/** What the rows of a plan say of it together. */
export type Stated = Partial<StatedTerms> & { readonly description?: string };

const columns = {
  description: 'plan_description',
  licenseVersion: 'license_version',
  subscriptionPeriod: 'subscription_period',
  billingPeriod: 'billing_period',
  billingModel: 'billing_model',
  activationPolicy: 'activation_policy',
  chargeableMonths: 'chargeable_months',
  autoRenewalMonths: 'auto_renewal_months',
  expirationNoticeDays: 'expiration_notice_days',
  graceMonths: 'grace_months',
  dataCenter: 'data_center',
  unitType: 'unit_type',
  managed: 'managed',
  pricing: 'pricing',
  licensePool: 'license_pool',
  policies: 'policies',
  parameters: 'parameters',
} as const satisfies Readonly<Record<keyof Stated, string>>;

const names = Object.keys(columns) as (keyof Stated)[];

function statedBy(row: ImportRow): Stated {
  return row.planDescription === undefined ? row.terms : { ...row.terms, description: row.planDescription };
}

/** Adds what a row says of its plan; or, where an earlier row says otherwise, answers why the row is refused. */
export function agree(stated: Stated, row: ImportRow): { readonly stated: Stated } | { readonly reasons: RowReason[] } {
  const own = statedBy(row);
  const reasons: RowReason[] = [];
  for (const name of names) {
    const [before, now] = [stated[name], own[name]];
    if (before === undefined || now === undefined || sameTerm(before, now)) continue;
    reasons.push({
      field: columns[name],
      code: 'catalog.rows_disagree',
      message: `An earlier row of this plan says ${inWords(before)}. All rows of a plan state the same.`,
    });
  }
  return reasons.length > 0 ? { reasons } : { stated: { ...own, ...stated } };
}

type Term = NonNullable<Stated[keyof Stated]> | null;

function sameTerm(a: Term, b: Term): boolean {
  if (isPeriod(a) && isPeriod(b)) return samePeriod(a, b);
  return isDeepStrictEqual(a, b);
}

function isPeriod(term: Term): term is Period {
  return typeof term === 'object' && term !== null && 'count' in term;
}

function inWords(term: Term): string {
  if (term === null) return 'nothing';
  if (isPeriod(term)) return formatPeriod(term);
  return typeof term === 'object' ? JSON.stringify(term) : String(term);
}

/** The terms of the next version: what is stated, else what was, else the default; or what a new plan lacks. */
export function mergeTerms(
  stated: Stated,
  current: PlanTerms | undefined,
  product: Product,
): { readonly terms: PlanTerms } | { readonly reasons: RowReason[] } {
  const { description: _, ...terms } = stated;
  if (current !== undefined) return { terms: { ...current, ...sameSpelling(terms, current) } };
  const unitType = terms.unitType ?? (product.unitTypes.length === 1 ? product.unitTypes[0] : undefined);
  const { subscriptionPeriod } = terms;
  const reasons: RowReason[] = [];
  if (subscriptionPeriod === undefined) reasons.push(needed('subscription_period'));
  if (unitType === undefined) reasons.push(needed('unit_type'));
  if (subscriptionPeriod === undefined || unitType === undefined) return { reasons };
  const defaults: Omit<PlanTerms, 'subscriptionPeriod' | 'unitType' | 'parameters'> = {
    licenseVersion: 'full',
    billingPeriod: subscriptionPeriod,
    billingModel: 'before_billing_period',
    activationPolicy: 'immediate',
    chargeableMonths: 0,
    autoRenewalMonths: null,
    expirationNoticeDays: 30,
    graceMonths: 0,
    dataCenter: null,
    managed: false,
    pricing: 'required',
    licensePool: 'none',
    policies: {},
  };
  return { terms: { ...defaults, ...terms, subscriptionPeriod, unitType } };
}

function needed(field: string): RowReason {
  return { field, code: 'catalog.field_needed', message: 'A new plan needs it.' };
}

/** `12 months` for a plan of `1 year` is no change. */
function sameSpelling(stated: Partial<StatedTerms>, current: PlanTerms): Partial<StatedTerms> {
  const keep = (name: 'subscriptionPeriod' | 'billingPeriod'): Partial<Record<typeof name, Period>> => {
    const period = stated[name];
    return period !== undefined && samePeriod(period, current[name]) ? { [name]: current[name] } : {};
  };
  return { ...stated, ...keep('subscriptionPeriod'), ...keep('billingPeriod') };
}

export function sameTerms(a: PlanTerms, b: PlanTerms): boolean {
  // To ask for nothing may be said by an empty list, or by none.
  const termOf = (of: PlanTerms, name: keyof StatedTerms): Term =>
    name === 'parameters' ? (of.parameters ?? []) : of[name];
  return names.every((name) => name === 'description' || sameTerm(termOf(a, name), termOf(b, name)));
}
