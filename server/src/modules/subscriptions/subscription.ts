import type {
  AccountId,
  CustomerId,
  Decimal,
  LicenseId,
  OrderId,
  PlanId,
  ProductId,
  RateId,
  Reason,
  ResourceId,
  SubscriptionId,
} from '@tierline/kernel';
import type { EdgeLedger } from '../billing/index.ts';

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

/** Why a subscription is on hold. Each is lifted in its own way: resumed, renewed, or released by whoever put it there. */
export const holdReasons = ['suspended', 'expired', 'admin'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What a pending subscription waits for where that is not its vendor: its term begins when somebody of the customer signs in. */
export const waitingFor = ['first_sign_in'] as const;
export type WaitingFor = (typeof waitingFor)[number];

/** Units that came at one moment: what a refund window is counted from. The youngest are given back first. */
export type Batch = { readonly quantity: Decimal; readonly at: string };

export type Item = {
  readonly rateId: RateId;
  readonly resourceId: ResourceId;
  readonly mpn: string;
  readonly vendorCode: string;
  readonly name: string;
  readonly quantity: Decimal;
  /** What the current term began with, for minimums of a commitment. */
  readonly committed: Decimal;
  readonly batches: readonly Batch[];
};

/** An item as it begins: all of its units came at once. */
export function newItem(
  rate: Pick<Item, 'rateId' | 'resourceId' | 'mpn' | 'vendorCode' | 'name'>,
  quantity: Decimal,
  at: string,
): Item {
  const { rateId, resourceId, mpn, vendorCode, name } = rate;
  return { rateId, resourceId, mpn, vendorCode, name, quantity, committed: quantity, batches: [{ quantity, at }] };
}

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

/** What suspension switched off, to be restored when it ends. Dates of the owner's zone. */
export type Suspension = { readonly on: string; readonly autoRenewal: boolean; readonly endOn: string };

/** A renewal that could not be made yet: why, and when it is tried again. */
export type RenewalFailure = {
  readonly since: string;
  readonly retryAt: string;
  readonly attempts: number;
  readonly reasons: readonly Pick<Reason, 'code' | 'message'>[];
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
  readonly holdReason: HoldReason | null;
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
  /** What it owes on each edge, from the root of the channel down to the customer. Empty when only listed. */
  readonly ledger: readonly EdgeLedger[];
  /** Not for resale: all its prices are zero. */
  readonly notForResale: boolean;
  /** What its vendor calls it; missing until the vendor has said so. */
  readonly vendorSubscriptionId?: string;
  readonly suspension: Suspension | null;
  readonly renewalFailure: RenewalFailure | null;
  /** The end of term of which a notice was given. */
  readonly noticedOn: string | null;
  /** Where it came from, when not from a sale. */
  readonly origin: Origin | null;
  /** As long as it waits it has the dates that it would have, had it begun with its order; nothing is charged. */
  readonly waitsFor: WaitingFor | null;
};

export type Origin = {
  readonly kind: 'migration' | 'transfer' | 'split' | 'trial';
  /** The subscription that it was before, or a part of. */
  readonly subscriptionId?: SubscriptionId;
  readonly system?: string;
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
