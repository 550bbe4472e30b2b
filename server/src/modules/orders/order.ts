import type {
  AccountId,
  CustomerId,
  Decimal,
  OrderId,
  PlanId,
  RateId,
  ResourceId,
  SubscriptionId,
} from '@tierline/kernel';
import type { Charge } from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';

export const orderTypes = ['sales', 'change', 'renewal', 'cancellation', 'migration', 'billing'] as const;
export type OrderType = (typeof orderTypes)[number];

export const orderStatuses = ['submitted', 'processing', 'completed', 'error', 'canceled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** Which status an order may go to from each; `completed`, `error` and `canceled` are final. */
export const statusChanges: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  submitted: ['processing', 'completed', 'canceled'],
  processing: ['completed', 'error', 'canceled'],
  completed: [],
  error: [],
  canceled: [],
};

const numberPrefixes: Readonly<Record<OrderType, string>> = {
  sales: 'SO',
  change: 'CH',
  renewal: 'RN',
  cancellation: 'CL',
  migration: 'MG',
  billing: 'BO',
};

/** The number that people use: a prefix for the type, then the serial number with at least six digits. */
export function orderNumber(type: OrderType, serial: string): string {
  return numberPrefixes[type] + serial.padStart(6, '0');
}

/** The serial number in an order number, or undefined when the text is none. */
export function serialOf(number: string): string | undefined {
  return /^[A-Z]{2}(\d{1,18})$/.exec(number)?.[1]?.replace(/^0+(?=\d)/, '');
}

export type OrderLine = {
  readonly position: number;
  readonly subscriptionId: SubscriptionId;
  readonly planId: PlanId;
  readonly planVersion: number;
  readonly rateId: RateId;
  readonly resourceId: ResourceId;
  readonly mpn: string;
  readonly vendorCode: string;
  readonly name: string;
  readonly quantity: Decimal;
  /** What was held before; null where nothing was, and in a sale. */
  readonly previousQuantity: Decimal | null;
  /** Asked for, or added because what was asked for depends on it. */
  readonly origin: 'requested' | 'dependency' | 'renewed' | 'cascade';
  readonly parameters: readonly unknown[] | null;
};

/** A charge of an order, with the line it belongs to. */
export type OrderCharge = Charge & {
  readonly id: string;
  readonly position: number;
  readonly subscriptionId: SubscriptionId;
};

/** An order with everything that was committed with it. `total` is what the customer pays its seller. */
export type Order = {
  readonly id: OrderId;
  readonly ownerId: AccountId;
  readonly serial: string;
  readonly type: OrderType;
  readonly status: OrderStatus;
  readonly customerId: CustomerId;
  readonly poNumber: string | null;
  readonly surface: string;
  readonly placedBy: string;
  readonly currency: string;
  readonly total: string;
  readonly attributes: Readonly<Record<string, string>> | null;
  /** Whether the customer's credit is to be checked for it; absent where nobody said so. */
  readonly creditCheck?: boolean;
  readonly version: number;
  readonly placedAt: string;
  readonly completedAt: string | null;
  /** Why it ended in error or was canceled. */
  readonly statusReason: string | null;
};

export type OrderDetail = Order & {
  readonly lines: readonly OrderLine[];
  readonly charges: readonly OrderCharge[];
  readonly subscriptions: readonly Subscription[];
};
