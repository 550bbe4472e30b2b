import { createHmac } from 'node:crypto';
import type { AccountId, OrderId, SubscriptionId } from '@tierline/kernel';
import type { WorkAction } from '../lifecycle/index.ts';
import type { OrderType } from '../orders/index.ts';

type ToldCustomer = { readonly id: string; readonly name: string; readonly country: string };
type ToldItem = { readonly mpn: string; readonly quantity: string };
type ToldPlan = {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly product_code: string;
};

/** What a vendor's webhook is told: one subscription to make real. Posted as JSON. */
export type ProvisioningRequest = {
  readonly type: 'subscription.provision';
  readonly subscription_id: SubscriptionId;
  readonly order_id: OrderId;
  readonly owner_id: AccountId;
  readonly customer: ToldCustomer;
  readonly plan: ToldPlan;
  readonly items: readonly ToldItem[];
  readonly start_on: string;
  readonly end_on: string;
};

/** What a vendor's webhook is told when a subscription went to another partner: who sells it now, and what it is called. */
export type TransferNotice = Omit<ProvisioningRequest, 'type'> & {
  readonly type: 'subscription.transferred';
  readonly from_subscription_id: SubscriptionId;
};

/** What a vendor's webhook is told later: one order that changed a subscription, or two where units moved. Posted as JSON. */
export type ChangeRequest = {
  readonly type: 'subscription.change';
  readonly action: WorkAction;
  readonly order_id: OrderId;
  readonly order_number: string;
  readonly order_type: OrderType;
  readonly owner_id: AccountId;
  readonly customer: ToldCustomer;
  readonly subscriptions: readonly ChangedSubscription[];
};
export type ChangedSubscription = {
  readonly subscription_id: SubscriptionId;
  /** The plan that it has afterwards. */
  readonly plan: ToldPlan;
  readonly before: ToldState;
  readonly after: ToldState;
};
export type ToldState = {
  readonly status: string;
  readonly plan_id: string;
  readonly items: readonly ToldItem[];
  readonly start_on: string;
  readonly end_on: string;
  readonly auto_renewal: boolean;
};

/**
 * The signature header of a webhook: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. The time is signed, so that
 * a receiver can refuse old requests.
 */
export function signWebhook(secret: string, body: string, epochSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`${epochSeconds}.${body}`).digest('hex');
  return `t=${epochSeconds},v1=${mac}`;
}

/** A vendor's answer: done at once, accepted and told later, refused for good, or not taken (it is asked again). */
export type Answer =
  | { readonly is: 'accepted' | 'refused' }
  | { readonly is: 'provisioned'; readonly vendorSubscriptionId?: string }
  | { readonly is: 'failed'; readonly reason: string | null };

const reasonMax = 500;
const vendorIdMax = 255;

type Said = { readonly status?: unknown; readonly reason?: unknown; readonly vendor_subscription_id?: unknown };

/** What the vendor called a subscription in its answer. */
export function vendorIdIn(answer: Answer): string | undefined {
  return answer.is === 'provisioned' ? answer.vendorSubscriptionId : undefined;
}

export function readAnswer(status: number, body: unknown): Answer {
  if (status < 200 || status > 299) return { is: 'refused' };
  const said: Said = typeof body === 'object' && body !== null ? body : {};
  if (said.status === 'provisioned') {
    const id = said.vendor_subscription_id;
    const isId = typeof id === 'string' && id !== '' && id.length <= vendorIdMax;
    return { is: 'provisioned', ...(isId ? { vendorSubscriptionId: id } : {}) };
  }
  if (said.status !== 'failed') return { is: 'accepted' };
  return { is: 'failed', reason: typeof said.reason === 'string' ? said.reason.slice(0, reasonMax) : null };
}
