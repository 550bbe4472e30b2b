import { createHash } from 'node:crypto';
import type { Clock } from '@tierline/kernel';
import { causeOf } from '../../modules/accounts/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { Call } from './route.ts';

/**
 * The cause of a write that a retry must not do twice. The protocol carries no key for a retry, so what is asked for is the
 * key: sent again, it is told what it was told before.
 * @param meant what was read from the request, so spelling and order of its members do not count
 */
export function contentCause(
  { principal, requestId }: Pick<Call, 'principal' | 'requestId'>,
  clock: Clock,
  scope: string,
  meant: unknown,
): Cause {
  const requestHash = createHash('sha256').update(JSON.stringify(meant)).digest();
  return {
    ...causeOf(principal, requestId, clock),
    idempotency: { ownerId: principal.accountId, scope, key: requestHash.toString('hex'), requestHash },
  };
}
