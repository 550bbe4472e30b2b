import {
  addDecimal,
  compareDecimal,
  isZero,
  maxDecimal,
  negateDecimal,
  startOfDay,
  Temporal,
  zero,
  type Decimal,
} from '@tierline/kernel';
import { allocated, type LicenseChange, type LicenseOf, type LicenseState } from './license-state.ts';
import type { Span } from './month.ts';

/** A license in a month: when it was sold, null if before the month, and what it was when the month was over, or is now. */
export type LicenseAtEnd = LicenseOf & { readonly begunAt: Temporal.Instant | null; readonly atEnd: LicenseState };

/** What a customer had of a plan in a month. */
export type SummaryLine = Pick<LicenseOf, 'ownerId' | 'customerId'> &
  Pick<LicenseState, 'planId' | 'planVersion' | 'planName' | 'productId'> & {
    /** The most at any moment of the month. */
    readonly provisioned: Decimal;
    /** The highest readings of its licenses together; null as long as that of one is unknown. */
    readonly used: Decimal | null;
  };

type Step = { readonly at: Temporal.Instant; readonly units: Decimal };
type Group = {
  line: Omit<SummaryLine, 'provisioned' | 'used'>;
  readonly steps: Step[];
  used: Decimal | null | undefined;
};

/**
 * Puts a month together: for each customer, product and plan the highest sum of units at any moment. Nothing of it depends on what
 * happened after the month, so it comes to the same whenever it is done.
 * @param changes of the month, in the order in which they happened
 * @param spanOf the month of an owner, whose calendar counts
 * @param usage highest readings of the month by license
 */
export function summarize(
  licenses: readonly LicenseAtEnd[],
  changes: readonly LicenseChange[],
  usage: ReadonlyMap<string, Decimal>,
  spanOf: (ownerId: LicenseOf['ownerId']) => Span & { readonly timeZone: string },
): SummaryLine[] {
  const changesOf = Map.groupBy(changes, ({ licenseId }) => licenseId);
  const groups = new Map<string, Group>();
  for (const license of licenses) {
    const span = spanOf(license.ownerId);
    let last: Group | undefined;
    let from = license.begunAt ?? span.from;
    for (const { until, state } of statesOf(license, changesOf.get(license.licenseId), span.until)) {
      const begins = later(from, startOf(state, span));
      if (Temporal.Instant.compare(begins, until) < 0 && !isZero(allocated(state))) {
        last = groupOf(groups, license, state);
        last.steps.push({ at: begins, units: state.units }, { at: until, units: negateDecimal(state.units) });
      }
      from = later(from, until);
    }
    if (last !== undefined) last.used = together(last.used, usage.get(license.licenseId) ?? null);
  }
  return Array.from(groups.values(), ({ line, steps, used }) => ({
    ...line,
    provisioned: highest(steps),
    used: used ?? null,
  }));
}

function statesOf(
  { atEnd }: LicenseAtEnd,
  changes: readonly LicenseChange[] = [],
  end: Temporal.Instant,
): { until: Temporal.Instant; state: LicenseState }[] {
  return [...changes.map(({ until, was }) => ({ until, state: was })), { until: end, state: atEnd }];
}

/** A license that is sold ahead of its start counts from its start on. */
function startOf({ startOn }: LicenseState, { from, timeZone }: Span & { readonly timeZone: string }) {
  const start = startOfDay(dateOf(startOn), timeZone);
  return later(start, from);
}

const dates = new Map<string, Temporal.PlainDate>();
const datesMax = 10_000;

/** Many licenses start on the same days, and what is known of a day is found by the date itself. */
function dateOf(text: string): Temporal.PlainDate {
  let date = dates.get(text);
  if (date === undefined) {
    if (dates.size >= datesMax) dates.clear();
    date = Temporal.PlainDate.from(text);
    dates.set(text, date);
  }
  return date;
}

function groupOf(groups: Map<string, Group>, { ownerId, customerId }: LicenseOf, state: LicenseState): Group {
  const { planId, planVersion, planName, productId } = state;
  const key = `${customerId}${productId}${planId}`;
  // A plan that was called otherwise within the month is one plan, by its last name.
  const line = { ownerId, customerId, planId, planVersion, planName, productId };
  const group = groups.get(key) ?? { line, steps: [], used: undefined };
  group.line = line;
  groups.set(key, group);
  return group;
}

function together(sum: Decimal | null | undefined, next: Decimal | null): Decimal | null {
  if (sum === undefined) return next;
  return sum === null || next === null ? null : addDecimal(sum, next);
}

/** The highest sum; steps of one instant count together, since what is exchanged for something was never there beside it. */
function highest(steps: readonly Step[]): Decimal {
  const inOrder = steps.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
  let sum = zero;
  let most = zero;
  for (const [index, { at, units }] of inOrder.entries()) {
    sum = addDecimal(sum, units);
    const next = inOrder[index + 1];
    const isLastOfInstant = next === undefined || Temporal.Instant.compare(next.at, at) !== 0;
    if (isLastOfInstant) most = maxDecimal(most, sum);
  }
  return most;
}

function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? b : a;
}

/** In the order of names, as people read them; ids settle what has one name. */
export type Named = {
  readonly partner: string;
  readonly customer: string;
  readonly product: string;
  readonly line: SummaryLine;
};

export function inOrder<Row extends Named>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => {
    for (const of of orders) {
      const [left, right] = [of(a), of(b)];
      if (left !== right) return left < right ? -1 : 1;
    }
    return compareDecimal(a.line.provisioned, b.line.provisioned);
  });
}

const orders: readonly ((row: Named) => string)[] = [
  ({ partner }) => partner,
  ({ customer }) => customer,
  ({ product }) => product,
  ({ line }) => line.planName,
  ({ line }) => line.ownerId,
  ({ line }) => line.customerId,
  ({ line }) => line.productId,
  ({ line }) => line.planId,
];
