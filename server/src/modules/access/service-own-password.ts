import { invalid, TierlineError, versionMismatch, type Clock, type UserId } from '@tierline/kernel';
import { realTimeOf, type Cause } from '../../platform/db/index.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { Principal } from './principal.ts';
import { sealedOnce, type AccessDependencies } from './service-sealed.ts';
import { endSessionsOf, selectMemberships, selectPasswordOf, updateUser, type StoredUser } from './store.ts';
import { throttle } from './throttle.ts';
import { passwordReasons, wrongPassword } from './user.ts';

const personPrefix = 'user:';

/** A user who is signed in and knows the own password chooses another one. */
export function ownPasswords(ground: AccessDependencies & { readonly clock: Clock }) {
  const { db, clock } = ground;
  const tries = throttle(clock);

  /** Ends all sessions of the user but the one that asks, on every node at once. */
  async function changeOwnPassword(
    cause: Cause,
    { actor, credentialId }: Pick<Principal, 'actor' | 'credentialId'>,
    current: string,
    next: string,
  ): Promise<void> {
    if (!actor.startsWith(personPrefix)) throw noPerson();
    const reasons = passwordReasons(next);
    if (reasons.length > 0) throw invalid(reasons);
    const id = actor.slice(personPrefix.length) as UserId;
    await sealedOnce(ground, cause, async () => {
      const user = await proven(id, current);
      const at = realTimeOf(cause).toString();
      const changed = { ...user, version: user.version + 1, updatedAt: at };
      const accounts = (await selectMemberships(db, [id])).get(id) ?? [];
      const run = updateUser(db, changed, await hashPassword(next));
      return {
        answer: null,
        step: {
          subjectId: id,
          writes: [
            { run, expect: 1, otherwise: versionMismatch('user') },
            { run: endSessionsOf(db, id, at, credentialId) },
          ],
          events: accounts.map(({ accountId }) => ({
            ownerId: accountId,
            type: 'user.changed',
            subjectKind: 'user',
            subjectId: id,
            data: { password_changed: true },
          })),
        },
      };
    });
  }

  async function proven(id: UserId, password: string): Promise<StoredUser> {
    tries.check(id);
    const known = await selectPasswordOf(db, id);
    const isRight = await verifyPassword(password, known?.passwordHash, () => tries.check(id));
    if (known === undefined || !isRight) {
      tries.failed(id);
      throw wrongPassword();
    }
    tries.succeeded(id);
    return known.user;
  }

  return { changeOwnPassword };
}

function noPerson(): TierlineError {
  const message = 'An API key has no password. Sign in as a user first.';
  return new TierlineError('access.no_session', 'conflict', message);
}
