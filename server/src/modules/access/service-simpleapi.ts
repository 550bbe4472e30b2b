import { randomBytes } from 'node:crypto';
import { newId, notFound, parseId, TierlineError, type AccountId } from '@tierline/kernel';
import { realTimeOf, type Cause } from '../../platform/db/index.ts';
import { isWithin } from '../accounts/index.ts';
import {
  checkNewSimpleApiUser,
  defaultLimits,
  taken,
  type CallLimits,
  type NewSimpleApiUser,
  type SimpleApiCredential,
  type SimpleApiLogin,
} from './credentials.ts';
import { hashPassword } from './passwords.ts';
import type { Acting } from './principal.ts';
import { sealedOnce, visibleAccount, type AccessDependencies } from './service-sealed.ts';
import {
  insertSimpleApiUser,
  revoke,
  selectSimpleApiUser,
  selectSimpleApiUsers,
  updateLimits,
  withoutHashes,
  type CredentialFilter,
} from './store-credentials.ts';
import { tokenHash } from './tokens.ts';

/** A SimpleAPI user as just made; what it signs in with is shown this once. */
export type CreatedSimpleApiUser = { readonly user: SimpleApiCredential; readonly login: SimpleApiLogin };

export function simpleApiUsersService(ground: AccessDependencies) {
  const { db, directory } = ground;

  function createSimpleApiUser(
    cause: Cause,
    acting: Acting,
    accountId: AccountId,
    wanted: NewSimpleApiUser,
  ): Promise<CreatedSimpleApiUser> {
    return sealedOnce(ground, cause, async () => {
      checkNewSimpleApiUser(wanted);
      const { account } = await visibleAccount(ground, acting, accountId);
      const login = completeLogin(wanted, account.number);
      const { username, clientId } = login;
      const { marketplace, profile } = wanted;
      const id = newId<'simpleapi_user'>();
      const createdAt = realTimeOf(cause).toString();
      const user: SimpleApiCredential = {
        id,
        accountId,
        username,
        clientId,
        marketplace,
        profile,
        limits: defaultLimits,
        createdAt,
        revokedAt: null,
      };
      const stored = {
        ...user,
        passwordHash: await hashPassword(login.password),
        clientSecretHash: tokenHash(login.clientSecret),
        subscriptionKeyHash: tokenHash(login.subscriptionKey),
      };
      const data = { username, marketplace, profile };
      const step = {
        subjectId: id,
        writes: [{ run: insertSimpleApiUser(db, stored), expect: 1 }],
        events: [
          { ownerId: accountId, type: 'simpleapi_user.created', subjectKind: 'simpleapi_user', subjectId: id, data },
        ],
        constraints: { simpleapi_users_username_key: taken('username') },
      };
      return { answer: { user, login }, step };
    });
  }

  function revokeSimpleApiUser(cause: Cause, acting: Acting, id: string): Promise<SimpleApiCredential> {
    return sealedOnce(ground, cause, async () => {
      const user = await find(acting, id);
      if (user.revokedAt !== null) return { answer: user, step: undefined };
      const revokedAt = realTimeOf(cause).toString();
      const { accountId: ownerId, username } = user;
      const data = { username };
      const step = {
        subjectId: user.id,
        writes: [{ run: revoke(db, 'simpleapi_users', user.id, revokedAt) }],
        events: [{ ownerId, type: 'simpleapi_user.revoked', subjectKind: 'simpleapi_user', subjectId: user.id, data }],
      };
      return { answer: { ...user, revokedAt }, step };
    });
  }

  /**
   * Says how many calls a key may make. Whoever has a key can't lift its own limits: that is for those above, and for the root, which has
   * nobody above it.
   */
  function limitSimpleApiUser(
    cause: Cause,
    acting: Acting,
    id: string,
    wanted: Partial<CallLimits>,
  ): Promise<SimpleApiCredential> {
    return sealedOnce(ground, cause, async () => {
      const user = await find(acting, id);
      const { account } = await directory.get(user.accountId);
      if (user.accountId === acting.accountId && account.parentId !== null) throw ownLimits();
      const limits = { ...user.limits, ...wanted };
      const isSame = limits.perMinute === user.limits.perMinute && limits.perDay === user.limits.perDay;
      if (isSame) return { answer: user, step: undefined };
      const { accountId: ownerId, username } = user;
      const data = { username, calls_per_minute: limits.perMinute, calls_per_day: limits.perDay };
      const step = {
        subjectId: user.id,
        writes: [{ run: updateLimits(db, user.id, limits), expect: 1 }],
        events: [{ ownerId, type: 'simpleapi_user.limited', subjectKind: 'simpleapi_user', subjectId: user.id, data }],
      };
      return { answer: { ...user, limits }, step };
    });
  }

  async function find(acting: Acting, id: string): Promise<SimpleApiCredential> {
    const uuid = parseId(id);
    const found = uuid && (await selectSimpleApiUser(db, 'id', uuid));
    if (found === undefined || !isWithin((await directory.get(found.accountId)).account, acting.accountId)) {
      throw notFound('simpleapi user');
    }
    return withoutHashes(found);
  }

  return {
    limitSimpleApiUser,
    createSimpleApiUser,
    revokeSimpleApiUser,
    listSimpleApiUsers: (filter: CredentialFilter) => selectSimpleApiUsers(db, filter),
  };
}

function ownLimits(): TierlineError {
  const message = 'The limits of your own key are set by an account above yours. Ask it.';
  return new TierlineError('simpleapi_users.own_limits', 'forbidden', message);
}

/** What was not given is made: a login that looks like an email address ending in .api (SimpleAPI reference 2.1), and chance. */
function completeLogin(wanted: NewSimpleApiUser, accountNumber: string): SimpleApiLogin {
  return {
    username: wanted.username ?? `${accountNumber}-${randomBytes(3).toString('hex')}@tierline.api`,
    password: wanted.password ?? randomBytes(18).toString('base64url'),
    clientId: wanted.clientId ?? `tierline-${randomBytes(6).toString('hex')}`,
    clientSecret: wanted.clientSecret ?? randomBytes(24).toString('base64url'),
    subscriptionKey: wanted.subscriptionKey ?? randomBytes(16).toString('hex'),
  };
}
