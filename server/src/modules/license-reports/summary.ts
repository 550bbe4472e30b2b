import { addDecimal, compareDecimal, isZero, negateDecimal, Temporal, type Decimal } from '@tierline/kernel';
import { allocated, type LicenseChange, type LicenseOf, type LicenseState } from './license-state.ts';
import type { Span } from './month.ts';
import { highestUnits, later, startOf, type UnitStep } from './units.ts';

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

type Group = {
  line: Omit<SummaryLine, 'provisioned' | 'used'>;
  readonly steps: UnitStep[];
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
      // One that is sold ahead of its start counts from its start on.
      const begins = later(from, later(startOf(state.startOn, span.timeZone), span.from));
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
    provisioned: highestUnits(steps),
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
