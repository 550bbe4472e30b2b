import type { AccountId, CustomerId, Decimal, LicenseId, PlanId, ProductId, Temporal } from '@tierline/kernel';
import { zero } from '@tierline/kernel';
import type { SubscriptionStatus } from '../subscriptions/index.ts';

/** What a license was for a while, as far as reports tell. Dates are those of its owner's calendar. */
export type LicenseState = {
  readonly planId: PlanId;
  readonly planVersion: number;
  readonly planName: string;
  readonly status: SubscriptionStatus;
  readonly productId: ProductId;
  readonly licenseVersion: 'trial' | 'full';
  readonly units: Decimal;
  readonly startOn: string;
  readonly endOn: string;
  readonly startChargeOn: string;
  readonly enabled: boolean;
};

export type LicenseOf = {
  readonly ownerId: AccountId;
  readonly customerId: CustomerId;
  readonly licenseId: LicenseId;
};

/** A change of a license: what it was until then. */
export type LicenseChange = LicenseOf & { readonly until: Temporal.Instant; readonly was: LicenseState };

/** Units that a customer has of a license. They stay allocated while it is suspended or in grace: they come back as they were. */
export function allocated({ status, units }: LicenseState): Decimal {
  return status === 'terminated' || status === 'removed' ? zero : units;
}
