import type {
  AccountId,
  CustomerId,
  Decimal,
  LicenseId,
  OrderId,
  PlanId,
  ProductId,
  RateId,
  ResourceId,
  SubscriptionId,
} from '@tierline/kernel';

export const subscriptionStatuses = ['pending', 'active', 'hold', 'terminated', 'removed'] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** Which status a subscription may go to from each. It is pending until it is provisioned; `removed` is final. */
export const statusChanges: Readonly<Record<SubscriptionStatus, readonly SubscriptionStatus[]>> = {
  pending: ['active', 'removed'],
  active: ['hold', 'terminated'],
  hold: ['active', 'terminated'],
  terminated: ['removed'],
  removed: [],
};

export type Item = {
  readonly rateId: RateId;
  readonly resourceId: ResourceId;
  readonly mpn: string;
  readonly vendorCode: string;
  readonly name: string;
  readonly quantity: Decimal;
};

/** The right to use. Dates are civil dates of the owner's zone; `endOn` is the first day without the right. */
export type License = {
  readonly id: LicenseId;
  readonly productId: ProductId;
  readonly version: 'trial' | 'full';
  readonly activationCode: string;
  readonly units: Decimal;
  readonly startOn: string;
  readonly endOn: string;
  readonly startChargeOn: string;
  readonly graceMonths: number;
  readonly enabled: boolean;
};

/** One plan for one customer from one order. Boundaries are counted from the anchor, which stays as it was given. */
export type Subscription = {
  readonly id: SubscriptionId;
  readonly ownerId: AccountId;
  readonly serial: string;
  readonly orderId: OrderId;
  readonly customerId: CustomerId;
  readonly planId: PlanId;
  readonly planVersion: number;
  readonly name: string;
  readonly status: SubscriptionStatus;
  readonly autoRenewal: boolean;
  readonly autoRenewalMonths: number | null;
  readonly anchorOn: string;
  readonly startOn: string;
  readonly endOn: string;
  readonly startChargeOn: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly items: readonly Item[];
  readonly licenses: readonly License[];
};

const codeLetters = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** An activation code of random bytes, in groups of 2-4-5-5-5-5-5 (LMPI reference 7.1). Needs 31 bytes. */
export function activationCode(bytes: Uint8Array): string {
  const groups = [2, 4, 5, 5, 5, 5, 5];
  let at = 0;
  return groups
    .map((length) => {
      let group = '';
      for (let index = 0; index < length; index += 1) group += codeLetters[bytes[at++]! & 31];
      return group;
    })
    .join('-');
}
