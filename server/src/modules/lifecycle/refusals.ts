import { invalid, TierlineError, type Reason } from '@tierline/kernel';
import type { Subscription } from '../subscriptions/index.ts';

const stateWords: Readonly<Record<Exclude<Subscription['status'], 'active'>, string>> = {
  pending: 'is being provisioned',
  hold: 'is on hold',
  terminated: 'has ended',
  removed: 'was removed',
};

/** Until then there is nothing to change: it can be canceled, and ordered anew. */
export const waitsWord = 'begins when somebody of the customer first signs in';

/** Most commands need a subscription that is active. */
export function requireActive(subscription: Subscription): void {
  const { status, waitsFor } = subscription;
  if (status === 'active') return;
  const state = status === 'pending' && waitsFor !== null ? waitsWord : stateWords[status];
  const reason = subscription.holdReason === null ? '' : ` (${subscription.holdReason})`;
  throw new TierlineError(
    'lifecycle.not_active',
    'conflict',
    `The subscription ${state}${reason}, so it can't be changed.`,
    { details: { status, hold_reason: subscription.holdReason, order_id: subscription.orderId } },
  );
}

/**
 * What was sold before ledgers were kept (migration 0002) has no prices and windows that a sum could be made with. It can be canceled, and
 * how it renews and what callers keep with it can be set.
 */
export function requireLedger({ ledger }: Subscription): void {
  if (ledger.length > 0) return;
  throw new TierlineError(
    'lifecycle.no_ledger',
    'conflict',
    'The subscription was sold before charges could be carried on from one to the next, so nothing can be billed for it. Cancel it, and place a migration order with its dates.',
  );
}

export function refuse(
  code: `${'lifecycle' | 'pricing'}.${string}`,
  field: string,
  message: string,
  details?: Record<string, unknown>,
): never {
  throw invalid([{ code, field, message }], details);
}

export function refuseAll(reasons: readonly Reason[], details?: Record<string, unknown>): void {
  if (reasons.length > 0) throw invalid([...reasons], details);
}
