import { createHmac } from 'node:crypto';
import type { AccountId, OrderId, SubscriptionId } from '@tierline/kernel';

/** What a vendor's webhook is told: one subscription to make real. Posted as JSON. */
export type ProvisioningRequest = {
  readonly type: 'subscription.provision';
  readonly subscription_id: SubscriptionId;
  readonly order_id: OrderId;
  readonly owner_id: AccountId;
  readonly customer: { readonly id: string; readonly name: string; readonly country: string };
  readonly plan: {
    readonly id: string;
    readonly version: number;
    readonly name: string;
    readonly product_code: string;
  };
  readonly items: readonly { readonly mpn: string; readonly quantity: string }[];
  readonly start_on: string;
  readonly end_on: string;
};

/**
 * The signature header of a webhook: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. The time is signed, so that
 * a receiver can refuse old requests.
 */
export function signWebhook(secret: string, body: string, epochSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`${epochSeconds}.${body}`).digest('hex');
  return `t=${epochSeconds},v1=${mac}`;
}

/** How a vendor's answer is read: made real at once, accepted and acknowledged later, or not taken. */
export function readAnswer(status: number, body: unknown): 'provisioned' | 'accepted' | 'refused' {
  if (status < 200 || status > 299) return 'refused';
  const said = typeof body === 'object' && body !== null && 'status' in body ? body.status : undefined;
  return said === 'provisioned' ? 'provisioned' : 'accepted';
}
