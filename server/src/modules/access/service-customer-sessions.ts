import { invalid, newId, TierlineError, type Clock } from '@tierline/kernel';
import { commit, realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import type { CustomerUser } from './customer-user.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import {
  dropExpiredSessions,
  endCustomerSession,
  endCustomerSessions,
  insertCustomerSession,
  replacePassword,
  selectCustomerSession,
} from './store-customer-sessions.ts';
import { throttle } from './throttle.ts';
import { newPortalToken, tokenHash } from './tokens.ts';
import { passwordReasons, wrongPassword } from './user.ts';

type Dependencies = { readonly db: Database; readonly clock: Clock; readonly portalSessionHours: number };

/** Sessions of the people of customers. They are on the real clock, and read anew with every request. */
export function customerSessionsService({ db, clock, portalSessionHours }: Dependencies) {
  const tries = throttle(clock);

  /** For somebody whose password was right; the token is told once. */
  async function openCustomerSession(cause: Cause, user: CustomerUser): Promise<string> {
    const token = newPortalToken();
    const at = realTimeOf(cause);
    const session = {
      id: newId<'session'>(),
      tokenHash: tokenHash(token),
      at: at.toString(),
      expiresAt: at.add({ hours: portalSessionHours }).toString(),
    };
    await commit(db, {
      cause,
      subjectId: user.customerId,
      answer: null,
      writes: [
        // Unless the person was disabled meanwhile.
        { run: insertCustomerSession(db, user, session), expect: 1, otherwise: signedOut() },
        { run: dropExpiredSessions(db, user.id, session.at) },
      ],
      events: [customerEvent('customer.user_signed_in', user)],
    });
    return token;
  }

  async function customerSession(token: string): Promise<CustomerUser | undefined> {
    return (await selectCustomerSession(db, tokenHash(token), clock.now().toString()))?.user;
  }

  /** Somebody who knows the own password chooses another one; all other sessions of the person end. */
  async function changeOwnCustomerPassword(cause: Cause, token: string, current: string, next: string): Promise<void> {
    const hash = tokenHash(token);
    const session = await selectCustomerSession(db, hash, clock.now().toString());
    if (session === undefined) throw signedOut();
    const { user, passwordHash } = session;
    const reasons = passwordReasons(next);
    if (reasons.length > 0) throw invalid(reasons);
    tries.check(user.id);
    if (!(await verifyPassword(current, passwordHash, () => tries.check(user.id)))) {
      tries.failed(user.id);
      throw wrongPassword();
    }
    tries.succeeded(user.id);
    const run = replacePassword(db, user.id, passwordHash, await hashPassword(next));
    await commit(db, {
      cause,
      subjectId: user.customerId,
      answer: null,
      writes: [
        // It was changed at the same moment: what was proven is not the password any more.
        { run, expect: 1, otherwise: wrongPassword() },
        { run: endCustomerSessions(db, user.id, hash) },
      ],
      events: [customerEvent('customer.user_password_set', user)],
    });
  }

  return {
    openCustomerSession,
    customerSession,
    changeOwnCustomerPassword,
    endCustomerSession: (token: string) => endCustomerSession(db, tokenHash(token)),
  };
}

function customerEvent(type: string, { ownerId, customerId, login }: CustomerUser) {
  return { ownerId, type, subjectKind: 'customer', subjectId: customerId, data: { login } };
}

function signedOut(): TierlineError {
  return new TierlineError('access.signed_out', 'unauthenticated', 'The session has ended. Sign in again.');
}
