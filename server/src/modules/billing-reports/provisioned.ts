import {
  addDecimal,
  decimal,
  isZero,
  maxDecimal,
  negateDecimal,
  Temporal,
  zero,
  type AccountId,
  type CustomerId,
  type Decimal,
  type PlanId,
  type ProductId,
} from '@tierline/kernel';
import { highestUnits, later, startOf, type UnitStep } from '../license-reports/index.ts';
import type { Fields } from '../subscriptions/index.ts';

/** What was set of a subscription, and when. */
export type Setting = {
  readonly at: Temporal.Instant;
  /** `waits`: whether its term has not begun, since nobody of the customer has signed in. */
  readonly set: Partial<Pick<Fields, 'plan_id' | 'plan_version' | 'status' | 'licenses'>> & {
    readonly waits?: boolean;
  };
};

/** Everything that was set of a subscription up to the end of a month, in order. */
export type History = {
  readonly ownerId: AccountId;
  readonly customerId: CustomerId;
  readonly settings: readonly Setting[];
};

/** Half open, as the calendar of the customer's seller has the month. */
export type Span = { readonly from: Temporal.Instant; readonly until: Temporal.Instant; readonly timeZone: string };

/** Units of a product that the customers of a plan had in a month. */
export type PlanUnits = {
  readonly productId: ProductId;
  readonly planId: PlanId;
  readonly planVersion: number;
  /** Of each customer the most at any moment, all together. */
  readonly provisioned: Decimal;
  /** Null: of none of it is known how much was used. What is known of a part only counts the rest as used. */
  readonly used: Decimal | null;
};

type Group = Pick<PlanUnits, 'productId' | 'planId'> & {
  planVersion: number;
  readonly steps: UnitStep[];
  readonly used: Map<string, Decimal>;
  readonly unknown: Map<string, Decimal>;
};

/**
 * Puts a month together out of what was set until its end, so it comes to the same whenever it is done. Trials are not counted, nor what
 * waits for a first sign-in: nobody is charged for their units.
 * @param usage the highest reading of the month by license
 */
export function provisionedUnits(usage: ReadonlyMap<string, Decimal>) {
  const groups = new Map<string, Group>();

  function groupOf(customerId: CustomerId, productId: ProductId, planId: PlanId, planVersion: number): Group {
    const key = `${customerId}${productId}${planId}`;
    const group = groups.get(key) ?? {
      productId,
      planId,
      planVersion,
      steps: [],
      used: new Map<string, Decimal>(),
      unknown: new Map<string, Decimal>(),
    };
    groups.set(key, group);
    group.planVersion = Math.max(group.planVersion, planVersion);
    return group;
  }

  function add({ customerId, settings }: History, { from: begins, until: ends, timeZone }: Span): void {
    let now: Setting['set'] = {};
    for (const [index, { at, set }] of settings.entries()) {
      now = { ...now, ...set };
      const until = settings[index + 1]?.at ?? ends;
      const { status, licenses, waits, plan_id: planId, plan_version: planVersion } = now;
      if (licenses === undefined || planId === undefined || planVersion === undefined) continue;
      if (status === 'terminated' || status === 'removed' || waits === true) continue;
      for (const license of licenses) {
        const units = decimal(license.units);
        if (license.license_version === 'trial' || isZero(units)) continue;
        const from = later(later(at, begins), startOf(license.start_on, timeZone));
        if (Temporal.Instant.compare(from, until) >= 0) continue;
        const productId = license.product_id as ProductId;
        const group = groupOf(customerId, productId, planId as PlanId, planVersion);
        group.steps.push({ at: from, units }, { at: until, units: negateDecimal(units) });
        const used = usage.get(license.id);
        if (used !== undefined) group.used.set(license.id, used);
        else group.unknown.set(license.id, maxDecimal(units, group.unknown.get(license.id) ?? zero));
      }
    }
  }

  const units = (): PlanUnits[] =>
    Array.from(groups.values(), ({ productId, planId, planVersion, steps, used, unknown }) => ({
      productId,
      planId,
      planVersion,
      provisioned: highestUnits(steps),
      used: used.size === 0 ? null : [...used.values(), ...unknown.values()].reduce(addDecimal, zero),
    }));

  return { add, units };
}
