import { formatDecimal, TierlineError } from '@tierline/kernel';
import { daysAfter } from '../billing/index.ts';
import { statusRules, type Customer } from '../customers/index.ts';
import type { HoldReason, Subscription, SubscriptionStatus } from '../subscriptions/index.ts';

/** A subscription as the customer's own people see it: no prices, and nothing of the channel above. */
export type Holding = {
  readonly plan: string;
  readonly product: string;
  readonly units: string;
  readonly state: string;
  readonly isRunning: boolean;
  /** Civil dates of the seller's zone, the last day of the term included; null while it has not begun. */
  readonly startOn: string | null;
  readonly lastDay: string | null;
  readonly renews: boolean;
};

const states: Readonly<Record<SubscriptionStatus, string>> = {
  pending: 'Being set up',
  active: 'Active',
  hold: 'On hold',
  terminated: 'Ended',
  removed: 'Canceled',
};
const holds: Readonly<Record<HoldReason, string>> = {
  suspended: 'Suspended',
  expired: 'Expired',
  admin: 'On hold',
};

export function toHolding(subscription: Subscription, product: string): Holding {
  const { name, status, holdReason, waitsFor, startOn, endOn, licenses, autoRenewal } = subscription;
  const waits = status === 'pending' && waitsFor !== null;
  return {
    plan: name,
    product,
    units: licenses.map(({ units }) => formatDecimal(units)).join(', '),
    state: waits ? 'Begins with your next sign-in' : holdReason === null ? states[status] : holds[holdReason],
    isRunning: status === 'active',
    startOn: waits ? null : startOn,
    lastDay: waits ? null : daysAfter(endOn, -1),
    renews: autoRenewal && status === 'active',
  };
}

/** Whether the people of a customer may be in the portal; who may not is told why, after a right password. */
export function mayEnter({ status }: Pick<Customer, 'status'>): boolean {
  return statusRules[status].panel;
}

export function shutOut({ name, status }: Pick<Customer, 'name' | 'status'>): TierlineError {
  const message = `${name} ${statusRules[status].why}, so nobody can sign in for it now. Ask your provider.`;
  return new TierlineError('portal.customer_shut_out', 'forbidden', message);
}

/** The same for a wrong password, login and tenant. */
export function signInRefused(): TierlineError {
  const message = 'The login or the password is wrong.';
  return new TierlineError('portal.sign_in_refused', 'unauthenticated', message);
}

export function sellerShut(): TierlineError {
  const message = 'Your provider is not in business here any more, so nobody can sign in.';
  return new TierlineError('portal.seller_shut', 'forbidden', message);
}
