import { policyDocument, type PolicyDocument } from '@tierline/contract';
import { invalid } from '@tierline/kernel';
import { z } from 'zod';
// allow(pure): a pure file of platform/http, which puts into words what a schema refused
import { reasonsOf } from '../../platform/http/issues.ts';
import { presets, type PresetName } from './presets.ts';

/** On what terms units can be given back before the end of the term. */
export type ReturnPolicy = {
  /**
   * Half open, from the sale on: days are civil dates of the owner's zone (7 days from March 3 are over when March 10
   * begins), hours are exact. A count of 0 is never inside; null is always inside.
   */
  readonly window: { readonly count: number; readonly unit: 'day' | 'hour' } | null;
  /** `batch`: units count from the sale that they came with; `purchase`: all from the beginning of the term. */
  readonly basis: 'batch' | 'purchase';
  /** What is given back inside of the window. */
  readonly refund: 'full' | 'prorated' | 'none';
  /** What an immediate request outside of the window is: no, one for the term's end, or one without or with a refund. */
  readonly after: 'refused' | 'term_end' | 'no_refund' | 'prorated';
};

/** What may happen to a subscription after its sale: complete, whatever vendor and plan say of it. */
export type Policies = {
  readonly preset: PresetName;
  readonly cancellation: ReturnPolicy;
  /** Fewer units, or items removed, in the middle of a term. */
  readonly reduction: ReturnPolicy;
  readonly renewal: {
    readonly price: 'current' | 'locked' | 'guarded';
    /** Decimal text: how many percent a guarded price rises at one renewal, at most. */
    readonly guardPercent: string;
    readonly onRetiredPlan: 'renew' | 'expire';
    readonly onRevokedDelegation: 'renew' | 'expire' | 'retry';
    readonly onEndOfSale: 'renew' | 'expire';
    /** For how many days a renewal that failed is tried again; the subscription stays active meanwhile. */
    readonly retryDays: number;
    readonly allowLate: boolean;
    /** How many days before the end a renewal may be asked for. */
    readonly allowEarlyDays: number;
  };
  readonly coterm: {
    readonly allowed: boolean;
    readonly toSubscription: boolean;
    readonly toCalendarMonth: boolean;
    /** The shortest first term. */
    readonly minDays: number;
  };
  /** Add-ons whose base goes away: they stand in the way, or they go with it. */
  readonly orphans: 'refuse' | 'cascade';
  readonly trial: {
    readonly atEnd: 'convert' | 'expire';
    /** Number of the plan that a trial becomes; null: whoever converts it names the plan, and nothing is guessed. */
    readonly convertTo: string | null;
    readonly onePerCustomer: boolean;
  };
  readonly commitment: {
    /** What a quantity may not fall below within a term: nothing, what the term began with, or a share of it. */
    readonly minimum: 'none' | 'initial' | 'percent';
    /** Decimal text from 0 to 100; counts for `percent` only. */
    readonly percent: string;
  };
  readonly addOns: {
    /** Whether an add-on has at most as many units as its base. */
    readonly withinBase: boolean;
    /** Decimal text: an add-on has at least this percentage of its base's units; null: any number. */
    readonly percentMinimum: string | null;
  };
};

type Complete<Stated> = Stated extends object
  ? { [Name in keyof Stated]-?: Complete<Exclude<Stated[Name], undefined>> }
  : Stated;
type Sections = Complete<Omit<PolicyDocument, 'reduction'>> & Pick<PolicyDocument, 'reduction'>;

/** What counts where nobody says anything. */
const defaults: Sections = {
  preset: 'standard',
  cancellation: { window: null, basis: 'batch', refund: 'prorated', after: 'refused' },
  renewal: {
    price: 'current',
    guard_percent: '10',
    on_retired_plan: 'renew',
    on_revoked_delegation: 'renew',
    on_end_of_sale: 'renew',
    retry_days: 7,
    allow_late: true,
    allow_early_days: 366,
  },
  coterm: { allowed: true, to_subscription: true, to_calendar_month: true, min_days: 1 },
  orphans: 'refuse',
  trial: { at_end: 'expire', convert_to: null, one_per_customer: true },
  commitment: { minimum: 'none', percent: '100' },
  add_ons: { within_base: false, percent_minimum: null },
};

/**
 * What counts for the subscriptions of a plan version, from the documents of its vendor and its own as they are stored:
 * the defaults, what the vendor's preset says, what the vendor says, then the same of the plan. A preset starts afresh,
 * so the vendor says nothing where the plan names one. What `reduction` does not say is as for `cancellation`.
 */
export function resolvePolicies(vendor: unknown, plan: unknown): Policies {
  const sections = [vendor, plan].map(readPolicyDocument).reduce(level, defaults);
  const { renewal, coterm, trial, add_ons: addOns } = sections;
  return {
    preset: sections.preset,
    cancellation: sections.cancellation,
    reduction: { ...sections.cancellation, ...stated(sections.reduction) },
    renewal: {
      price: renewal.price,
      guardPercent: renewal.guard_percent,
      onRetiredPlan: renewal.on_retired_plan,
      onRevokedDelegation: renewal.on_revoked_delegation,
      onEndOfSale: renewal.on_end_of_sale,
      retryDays: renewal.retry_days,
      allowLate: renewal.allow_late,
      allowEarlyDays: renewal.allow_early_days,
    },
    coterm: {
      allowed: coterm.allowed,
      toSubscription: coterm.to_subscription,
      toCalendarMonth: coterm.to_calendar_month,
      minDays: coterm.min_days,
    },
    orphans: sections.orphans,
    trial: { atEnd: trial.at_end, convertTo: trial.convert_to, onePerCustomer: trial.one_per_customer },
    commitment: sections.commitment,
    addOns: { withinBase: addOns.within_base, percentMinimum: addOns.percent_minimum },
  };
}

function level(above: Sections, document: PolicyDocument): Sections {
  const { preset } = document;
  return overlay(preset === undefined ? above : { ...overlay(defaults, presets[preset]), preset }, document);
}

function overlay(under: Sections, over: PolicyDocument): Sections {
  return {
    preset: under.preset,
    cancellation: { ...under.cancellation, ...stated(over.cancellation) },
    reduction: { ...under.reduction, ...stated(over.reduction) },
    renewal: { ...under.renewal, ...stated(over.renewal) },
    coterm: { ...under.coterm, ...stated(over.coterm) },
    orphans: over.orphans ?? under.orphans,
    trial: { ...under.trial, ...stated(over.trial) },
    commitment: { ...under.commitment, ...stated(over.commitment) },
    add_ons: { ...under.add_ons, ...stated(over.add_ons) },
  };
}

/** The members that were said; one that is there but undefined would hide what the level above says. */
function stated<Members extends object>(
  members: Members | undefined,
): { [Name in keyof Members]: Exclude<Members[Name], undefined> } {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Members]: Exclude<Members[Name], undefined> };
}

const { shape } = policyDocument;
/** As {@link policyDocument}, but a member that is not in its form counts as not said. */
const storedDocument = z
  .object({
    preset: shape.preset.catch(undefined),
    cancellation: shape.cancellation.catch(undefined),
    reduction: shape.reduction.catch(undefined),
    renewal: shape.renewal.catch(undefined),
    coterm: shape.coterm.catch(undefined),
    orphans: shape.orphans.catch(undefined),
    trial: shape.trial.catch(undefined),
    commitment: shape.commitment.catch(undefined),
    add_ons: shape.add_ons.catch(undefined),
  })
  .catch({});

/**
 * A document as it was stored. Whatever is written is parsed before, but plans are older than policies: what they held
 * then had no form and no meaning, and has none now.
 */
export function readPolicyDocument(value: unknown): PolicyDocument {
  return stated(storedDocument.parse(value));
}

/**
 * A document from outside. Refuses what is not in its form with every reason at once, each naming its field
 * (`policies.cancellation.window.count`) and saying what is expected there.
 *
 * @param within what the document is a member of, if anything: `terms`
 */
export function parsePolicyDocument(value: unknown, within?: string): PolicyDocument {
  const given = { policies: value };
  const parsed = z.strictObject({ policies: policyDocument }).safeParse(given);
  if (parsed.success) return parsed.data.policies;
  const reasons = reasonsOf(parsed.error, given);
  throw invalid(
    within === undefined ? reasons : reasons.map((one) => ({ ...one, field: `${within}.${one.field ?? ''}` })),
  );
}

/** Policies in the form of a document that says everything. */
export function showPolicies(policies: Policies): Complete<PolicyDocument> {
  const { renewal, coterm, trial, addOns } = policies;
  return {
    preset: policies.preset,
    cancellation: policies.cancellation,
    reduction: policies.reduction,
    renewal: {
      price: renewal.price,
      guard_percent: renewal.guardPercent,
      on_retired_plan: renewal.onRetiredPlan,
      on_revoked_delegation: renewal.onRevokedDelegation,
      on_end_of_sale: renewal.onEndOfSale,
      retry_days: renewal.retryDays,
      allow_late: renewal.allowLate,
      allow_early_days: renewal.allowEarlyDays,
    },
    coterm: {
      allowed: coterm.allowed,
      to_subscription: coterm.toSubscription,
      to_calendar_month: coterm.toCalendarMonth,
      min_days: coterm.minDays,
    },
    orphans: policies.orphans,
    trial: { at_end: trial.atEnd, convert_to: trial.convertTo, one_per_customer: trial.onePerCustomer },
    commitment: policies.commitment,
    add_ons: { within_base: addOns.withinBase, percent_minimum: addOns.percentMinimum },
  };
}
