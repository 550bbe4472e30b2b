import type { PlanVersion } from '../catalog/index.ts';
import type { SwitchCommand } from './command.ts';

/** A way from one plan to another that a subscription may take. */
export type PlanSwitch = {
  readonly plan: PlanVersion;
  readonly start: SwitchCommand['start'];
  readonly moment: 'now' | 'renewal';
};

type Named = Pick<PlanVersion, 'planId' | 'version' | 'licenseVersion' | 'subscriptionPeriod'> & {
  readonly product: Pick<PlanVersion['product'], 'id' | 'parts' | 'status'>;
};

/** Whether a plan is of the same product, or of a suite that has it. */
export function coversProduct(from: Named, to: Named): boolean {
  return to.product.id === from.product.id || to.product.parts.includes(from.product.id);
}

/** Whether two plans have terms of one length as they are written: only then a switch can keep the term's end. */
export function sameLength(a: Pick<Named, 'subscriptionPeriod'>, b: Pick<Named, 'subscriptionPeriod'>): boolean {
  return (
    a.subscriptionPeriod.unit === b.subscriptionPeriod.unit && a.subscriptionPeriod.count === b.subscriptionPeriod.count
  );
}

/**
 * Which of some plans a subscription of one plan may be switched to, and how: what a switch would refuse whatever is held is
 * not among them. Prices and quantities can still stand in the way. A trial is only converted, at once.
 */
export function switchesOf(from: PlanVersion, plans: readonly PlanVersion[]): PlanSwitch[] {
  return plans.flatMap((plan): PlanSwitch[] => {
    const isOpen = plan.planId !== from.planId && plan.licenseVersion === 'full' && plan.product.status === 'active';
    if (!isOpen || !coversProduct(from, plan)) return [];
    const now = { plan, start: 'now', moment: 'now' } as const;
    if (from.licenseVersion === 'trial') return [now];
    const kept = sameLength(from, plan) ? [{ plan, start: 'keep', moment: 'now' } as const] : [];
    return [now, ...kept, { plan, start: 'now', moment: 'renewal' }];
  });
}
