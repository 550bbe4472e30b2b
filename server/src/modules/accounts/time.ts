import { nowMs, type Clock, type Temporal } from '@tierline/kernel';
import type { Cause } from '../../platform/db/index.ts';
import type { AccountNode } from './service-directory.ts';

/**
 * What time it is for an account's business: its orders, prices, dates, history. In a sandbox that is the sandbox's clock.
 * Credentials, limits, leases and whatever else is about the server itself ask the clock, not this.
 */
export function timeOf(node: Pick<AccountNode, 'sandbox'>, clock: Clock): Temporal.Instant {
  return node.sandbox === null ? clock.now() : node.sandbox.nowAt;
}

/** The same in milliseconds since 1970, for what asks at every request. */
export function timeMsOf(node: Pick<AccountNode, 'sandbox'>, clock: Clock): number {
  return node.sandbox === null ? nowMs(clock) : node.sandbox.nowAt.epochMilliseconds;
}

/** Why something is done by who acts for an account: at the account's time, and in a sandbox with the real time beside it. */
export function causeOf(
  { actor, node }: { readonly actor: string; readonly node: Pick<AccountNode, 'sandbox'> },
  requestId: string,
  clock: Clock,
): Cause {
  if (node.sandbox === null) return { actor, requestId, at: clock.now() };
  return { actor, requestId, at: node.sandbox.nowAt, realAt: clock.now() };
}
