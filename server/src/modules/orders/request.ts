import type { Decimal, PlanId, SubscriptionId } from '@tierline/kernel';
import type { CustomerKey } from '../customers/index.ts';
import type { FieldNames, ProductName } from './identify.ts';
import type { Deal } from '../pricing/index.ts';
import type { Migration } from './opening.ts';

export type LineRequest = ProductName & {
  readonly quantity: Decimal;
  readonly parameters?: readonly unknown[] | null;
  /** Special prices and discounts on edges on which the account that orders, or one below it, sells. */
  readonly deals?: readonly Deal[];
};

/** A sales order as any surface asks for it. */
export type SalesRequest = {
  readonly customer: CustomerKey;
  readonly lines: readonly LineRequest[];
  readonly poNumber: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly surface: string;
  /** Whether a base that the lines depend on and lack is added at its minimum, or refused by name. */
  readonly addMissingBases: boolean;
  readonly fieldNames?: FieldNames;
  /** Plans of which the customer must hold nothing: where it does, the order is refused as `orders.overlaps`. */
  readonly unlessHeld?: readonly PlanId[];
  readonly sale?: SaleWanted;
};

/** What may be special about a sale. */
export type SaleWanted = {
  readonly notForResale?: boolean;
  /** The first day of the right to use, on every edge; not given: the day of the order. */
  readonly startOn?: string;
  /** Whether it renews by itself; not given: as its plan says. */
  readonly autoRenewal?: boolean;
  readonly align?:
    | { readonly kind: 'calendar_month' }
    | { readonly kind: 'subscription'; readonly subscriptionId: SubscriptionId };
  readonly migration?: Migration;
};

export const lineCountMax = 200;
