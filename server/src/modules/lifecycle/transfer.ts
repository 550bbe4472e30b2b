import type { AccountId, CustomerId, LicenseId, OrderId, PlanId, SubscriptionId } from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import type { Customer, OrderingCustomer } from '../customers/index.ts';
import type { OrderDetail } from '../orders/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Context } from './context.ts';
import type { Decision, Warning } from './draft.ts';
import type { Intent } from './intent.ts';

/** Something that stands in the way of a transfer. */
export type Blocker = { readonly code: string; readonly message: string; readonly field?: string };

/** Everything that the transfer of one subscription depends on. Loaded before, so that deciding is a pure function. */
export type TransferContext = {
  /** The subscription at the owner that gives it. */
  readonly from: Context;
  readonly to: AccountNode;
  /** Who has it afterwards: a customer of the new owner, also one that is made for it. */
  readonly customer: Pick<OrderingCustomer, 'id'>;
  /** Prices of each item, in their order, from the root of the channel down to that customer. */
  readonly prices: readonly RatePrices[];
  /** Plans that the new owner may sell, of those that are held or planned for. */
  readonly offered: ReadonlySet<PlanId>;
  /** Numbers of orders of the subscription that are not done yet. */
  readonly openOrders: readonly string[];
  readonly identity: TransferIdentity;
  readonly actor: string;
  readonly surface: string;
};

/** Ids and numbers of what comes to be; made by the caller. */
export type TransferIdentity = {
  readonly orderId: OrderId;
  readonly orderSerial: string;
  readonly id: SubscriptionId;
  readonly serial: string;
  readonly licenseId: () => LicenseId;
  readonly intentId: () => string;
  readonly chargeId: () => string;
};

/** A change that waits, at the old owner and at the new one. */
export type MovedIntent = { readonly from: Intent; readonly to: Intent };
export type KeptEdge = { readonly sellerId: AccountId; readonly buyerId: string };

/** The transfer of one subscription, decided. */
export type TransferDecision = {
  readonly blockers: readonly Blocker[];
  /** Null where something stands in the way. */
  readonly moved: {
    /** What ends at the old owner. */
    readonly given: Decision;
    /** What begins at the new owner, with its one subscription. */
    readonly order: OrderDetail;
    readonly intents: readonly MovedIntent[];
    /** Edges that both chains have, the ledgers of which go on as they are. */
    readonly kept: readonly KeptEdge[];
  } | null;
  readonly warnings: readonly Warning[];
};

/** What one subscription comes to in a transfer. */
export type TransferPart = {
  /** As it is at the old owner afterwards; as it is now where something blocks it. */
  readonly from: Subscription;
  /** As it is at the new owner. */
  readonly to: Subscription | null;
  readonly givenBack: OrderDetail | null;
  readonly charged: OrderDetail | null;
  readonly intents: readonly MovedIntent[];
  readonly kept: readonly KeptEdge[];
  readonly blockers: readonly Blocker[];
  readonly warnings: readonly Warning[];
};

/** What a transfer came to, or would come to. In a preview nothing new has an id. */
export type Transfer = {
  readonly fromOwnerId: AccountId;
  readonly fromCustomerId: CustomerId;
  /** At the new owner, afterwards. */
  readonly customer: Customer;
  readonly isNewCustomer: boolean;
  readonly parts: readonly TransferPart[];
  /** What stands in the way of all of it; what blocks one subscription stands there. */
  readonly blockers: readonly Blocker[];
  readonly warnings: readonly Warning[];
};
