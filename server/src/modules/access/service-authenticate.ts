import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { newId, notFound, parseId, Temporal, TierlineError, type AccountId, type Clock } from '@tierline/kernel';
import type { Database, Revisions } from '../../platform/db/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import type { AccountNode, Directory } from '../accounts/index.ts';
import { lmpiSecretContext, type CallLimits, type SimpleApiProfile } from './credentials.ts';
import { verifyPassword } from './passwords.ts';
import { accountClosed } from './permissions.ts';
import { effectiveStatus, isShut, type Principal, type Role, type Surface } from './principal.ts';
import { remembered, type Found } from './remembered.ts';
import { selectApiKeyByHash, selectLmpiCredential, selectSimpleApiUser, serverKey } from './store-credentials.ts';
import { endSession, insertSession, selectMemberships, selectSession, selectUserLogin } from './store.ts';
import { throttle } from './throttle.ts';
import { accountOfSession, hasHash, isApiKey, newSessionToken, signBearer, tokenHash, verifyBearer } from './tokens.ts';
import { isPlainText, normalEmail } from './user.ts';

export type LmpiCaller = {
  readonly principal: Principal;
  /** The text as issued; its UTF-8 bytes are the HMAC key (LMPI reference, part 1, 1.1). */
  readonly secretKey: string;
  readonly hmacKey: KeyObject;
};

/** Who calls SimpleAPI, and what the answers depend on. */
export type SimpleApiCaller = {
  readonly principal: Principal;
  readonly subscriptionKeyHash: Buffer;
  readonly profile: SimpleApiProfile;
  readonly marketplace: string;
  readonly limits: CallLimits;
};

/** A user whose password was right. Client id and secret, or the subscription key, are checked next. */
export type SimpleApiUser = SimpleApiCaller & {
  readonly username: string;
  readonly clientId: string;
  readonly clientSecretHash: Buffer;
};

export type Login = {
  readonly token: string;
  readonly expiresAt: Temporal.Instant;
  readonly principal: Principal;
  /** Everything the user may act for; `bySession` takes any of them. */
  readonly accounts: readonly { readonly accountId: AccountId; readonly name: string; readonly role: Role }[];
};

/**
 * Finds out who calls. Every `peek` answers at once from memory, or undefined when the promise of the same name has to
 * be asked. A revocation counts at once on the node that did it, and within a poll on every other.
 */
export type Authenticator = {
  peekApiKey(key: string): Principal | undefined;
  byApiKey(key: string): Promise<Principal | undefined>;
  /** `accountId`: one of the user's accounts; not given, the one that the session was opened for. */
  peekSession(token: string, accountId?: AccountId): Principal | undefined;
  bySession(token: string, accountId?: AccountId): Promise<Principal | undefined>;
  /** Throws unauthenticated for a wrong email or password, and limited after too many of them. */
  login(email: string, password: string, accountId?: AccountId): Promise<Login>;
  logout(token: string): Promise<void>;
  peekLmpiCredential(accessToken: string): LmpiCaller | undefined;
  lmpiCredential(accessToken: string): Promise<LmpiCaller | undefined>;
  /**
   * Undefined for a wrong user name or password; throws limited after too many of them. `alsoRight` throws when what else was
   * sent is wrong, which then counts as a wrong password does.
   */
  simpleApiPassword(
    username: string,
    password: string,
    alsoRight?: (user: SimpleApiUser) => void,
  ): Promise<SimpleApiUser | undefined>;
  simpleApiToken(user: SimpleApiCaller): Promise<{ token: string; expiresInSeconds: number }>;
  peekSimpleApiBearer(token: string): SimpleApiCaller | undefined;
  simpleApiBearer(token: string): Promise<SimpleApiCaller | undefined>;
};

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly revisions: Revisions;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly sessionHours: number;
  readonly simpleapiTokenSeconds: number;
};

/** What every part of the authenticator shares. */
type Ground = Dependencies & {
  readonly generation: () => number;
  /** The account of a credential, unless it is closed: then nobody acts for it any more. */
  readonly openNode: (accountId: AccountId) => Promise<AccountNode | undefined>;
};

export function authenticator(dependencies: Dependencies): Authenticator {
  let changes = 0;
  dependencies.revisions.onAccountChange(() => {
    changes += 1;
  });
  const ground: Ground = {
    ...dependencies,
    generation: () => changes,
    async openNode(accountId) {
      const node = await dependencies.directory.get(accountId);
      return isShut(node) ? undefined : node;
    },
  };
  return { ...apiKeys(ground), ...sessions(ground), ...lmpiCredentials(ground), ...simpleApi(ground) };
}

function principalOf(
  node: AccountNode,
  role: Role,
  surface: Surface,
  kind: string,
  id: string,
  credentialId = id,
): Principal {
  return { accountId: node.account.id, node, role, actor: `${kind}:${id}`, surface, credentialId };
}

/** Until when a credential that was found may be believed. */
function endOf(expiresAt: string | null): number {
  return expiresAt === null ? Infinity : Temporal.Instant.from(expiresAt).epochMilliseconds;
}

function apiKeys({ db, openNode, ...ground }: Ground): Pick<Authenticator, 'peekApiKey' | 'byApiKey'> {
  const known = remembered<Principal>(ground);

  async function load(key: string): Promise<Found<Principal> | undefined> {
    const row = await selectApiKeyByHash(db, tokenHash(key));
    if (row === undefined) return undefined;
    const goodUntilMs = endOf(row.expiresAt);
    if (ground.clock.now().epochMilliseconds >= goodUntilMs) return undefined;
    const node = await openNode(row.accountId);
    return node && { node, goodUntilMs, value: principalOf(node, row.role, 'api', 'api_key', row.id) };
  }

  return {
    peekApiKey: known.peek,
    byApiKey: async (key) => (isApiKey(key) ? known.get(key, () => load(key)) : undefined),
  };
}

/** Sessions come and go too often to tell all nodes of each, so a node asks again this soon after it last did. */
const sessionBelievedMs = 500;

function sessions(ground: Ground): Pick<Authenticator, 'peekSession' | 'bySession' | 'login' | 'logout'> {
  const { db, directory, clock, openNode, sessionHours } = ground;
  const known = remembered<Principal>(ground);
  const logins = throttle(clock);

  const memoryKey = (token: string, accountId: AccountId | undefined): string =>
    accountId === undefined ? token : `${token} ${accountId}`;

  async function load(token: string, accountId: AccountId): Promise<Found<Principal> | undefined> {
    const row = await selectSession(db, tokenHash(token), accountId);
    const nowMs = clock.now().epochMilliseconds;
    if (row === undefined || nowMs >= row.expiresAtMs) return undefined;
    const node = await openNode(accountId);
    if (node === undefined) return undefined;
    const value = principalOf(node, row.role, 'api', 'user', row.userId, row.id);
    return { node, value, goodUntilMs: Math.min(row.expiresAtMs, nowMs + sessionBelievedMs) };
  }

  async function bySession(token: string, accountId?: AccountId): Promise<Principal | undefined> {
    const openedFor = accountOfSession(token);
    if (openedFor === undefined) return undefined;
    return known.get(memoryKey(token, accountId), () => load(token, accountId ?? openedFor));
  }

  async function login(email: string, password: string, accountId?: AccountId): Promise<Login> {
    const name = normalEmail(email.slice(0, 300));
    logins.check(name);
    const user = isPlainText(name, 254) ? await selectUserLogin(db, name) : undefined;
    const right = await verifyPassword(password, user?.passwordHash, () => logins.check(name));
    if (!right || user?.status !== 'active') {
      logins.failed(name);
      throw loginFailed();
    }
    logins.succeeded(name);
    const accounts = (await selectMemberships(db, [user.id])).get(user.id) ?? [];
    const chosen = accountId === undefined ? accounts[0] : accounts.find((each) => each.accountId === accountId);
    // Without any role the login leads nowhere, and that is all there is to say about it.
    if (chosen === undefined) throw accountId === undefined ? loginFailed() : notFound('account', 'account_id');
    const node = await directory.get(chosen.accountId);
    if (isShut(node)) throw accountClosed(effectiveStatus(node));
    const token = newSessionToken(chosen.accountId);
    const at = clock.now();
    const expiresAt = at.add({ hours: sessionHours });
    const id = newId<'session'>();
    await insertSession(db, {
      id,
      userId: user.id,
      tokenHash: tokenHash(token),
      expiresAt: expiresAt.toString(),
      at: at.toString(),
    }).execute();
    return {
      token,
      expiresAt,
      principal: principalOf(node, chosen.role, 'api', 'user', user.id, id),
      accounts: accounts.map(({ accountId, name, role }) => ({ accountId, name, role })),
    };
  }

  async function logout(token: string): Promise<void> {
    const openedFor = accountOfSession(token);
    if (openedFor === undefined) return;
    await endSession(db, tokenHash(token), clock.now().toString()).execute();
    known.forgetWhere((key) => key.startsWith(token));
  }

  return { peekSession: (token, accountId) => known.peek(memoryKey(token, accountId)), bySession, login, logout };
}

function lmpiCredentials({
  db,
  secrets,
  openNode,
  ...ground
}: Ground): Pick<Authenticator, 'peekLmpiCredential' | 'lmpiCredential'> {
  const known = remembered<LmpiCaller>(ground);

  async function load(accessToken: string): Promise<Found<LmpiCaller> | undefined> {
    const row = await selectLmpiCredential(db, 'access_token', accessToken);
    if (row === undefined || row.revokedAt !== null) return undefined;
    const goodUntilMs = endOf(row.expiresAt);
    if (ground.clock.now().epochMilliseconds >= goodUntilMs) return undefined;
    const node = await openNode(row.accountId);
    if (node === undefined) return undefined;
    const secretKey = secrets.decrypt(row.secretEncrypted, lmpiSecretContext(row.id));
    const value: LmpiCaller = {
      principal: principalOf(node, 'admin', 'lmpi', 'lmpi', row.id),
      secretKey,
      hmacKey: createSecretKey(Buffer.from(secretKey, 'utf8')),
    };
    return { node, value, goodUntilMs };
  }

  return {
    // Remembered as sent, because a caller sends it the same way each time.
    peekLmpiCredential: known.peek,
    async lmpiCredential(accessToken) {
      const id = parseId(accessToken);
      return id && known.get(accessToken, () => load(id));
    },
  };
}

type SimpleApi = Pick<
  Authenticator,
  'simpleApiPassword' | 'simpleApiToken' | 'peekSimpleApiBearer' | 'simpleApiBearer'
>;

function simpleApi({ db, secrets, openNode, ...ground }: Ground): SimpleApi {
  const { clock } = ground;
  const known = remembered<SimpleApiCaller>(ground);
  const logins = throttle(clock);
  let signing: Promise<KeyObject> | undefined;

  /** The key that signs access tokens: one for the installation, made when the first is asked for. */
  function signingKey(): Promise<KeyObject> {
    signing ??= loadSigningKey().catch((error: unknown) => {
      signing = undefined;
      throw error;
    });
    return signing;
  }

  async function loadSigningKey(): Promise<KeyObject> {
    const purpose = 'simpleapi_tokens';
    const context = `server_keys:${purpose}`;
    const fresh = secrets.encrypt(randomBytes(32).toString('base64'), context);
    const stored = await serverKey(db, purpose, fresh, clock.now().toString());
    return createSecretKey(Buffer.from(secrets.decrypt(stored, context), 'base64'));
  }

  async function load(token: string): Promise<Found<SimpleApiCaller> | undefined> {
    const claims = await verifyBearer(await signingKey(), token, clock.now().epochMilliseconds);
    if (claims === undefined) return undefined;
    const user = await selectSimpleApiUser(db, 'id', claims.userId);
    if (user === undefined || user.revokedAt !== null || user.accountId !== claims.accountId) return undefined;
    const node = await openNode(user.accountId);
    if (node === undefined) return undefined;
    const { subscriptionKeyHash, profile, marketplace, limits } = user;
    const principal = principalOf(node, 'admin', 'simpleapi', 'simpleapi', user.id);
    const value = { principal, subscriptionKeyHash, profile, marketplace, limits };
    return { node, value, goodUntilMs: claims.expiresAtMs };
  }

  return {
    async simpleApiPassword(username, password, alsoRight) {
      const name = username.slice(0, 300);
      logins.check(name);
      const user = isPlainText(name, 150) ? await selectSimpleApiUser(db, 'username', name) : undefined;
      const right = await verifyPassword(password, user?.passwordHash, () => logins.check(name));
      const node = right && user?.revokedAt === null ? await openNode(user.accountId) : undefined;
      if (user === undefined || node === undefined) {
        logins.failed(name);
        return undefined;
      }
      const { clientId, clientSecretHash, subscriptionKeyHash, profile, marketplace, limits } = user;
      const principal = principalOf(node, 'admin', 'simpleapi', 'simpleapi', user.id);
      const known = {
        principal,
        username: name,
        clientId,
        clientSecretHash,
        subscriptionKeyHash,
        profile,
        marketplace,
        limits,
      };
      try {
        alsoRight?.(known);
      } catch (error) {
        logins.failed(name);
        throw error;
      }
      logins.succeeded(name);
      return known;
    },
    async simpleApiToken({ principal }) {
      const lifeSeconds = ground.simpleapiTokenSeconds;
      const atSeconds = Math.floor(clock.now().epochMilliseconds / 1000);
      const { credentialId: userId, accountId } = principal;
      const token = await signBearer(await signingKey(), { userId, accountId, atSeconds, lifeSeconds });
      return { token, expiresInSeconds: lifeSeconds };
    },
    peekSimpleApiBearer: known.peek,
    // Whatever is no JWT by its looks is not worth a signature check; ours have about 400 characters.
    simpleApiBearer: async (token) =>
      token.length <= 2000 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? known.get(token, () => load(token)) : undefined,
  };
}

/** Whether this is the subscription key of the caller, in constant time (SimpleAPI reference 1). */
export function checkSubscriptionKey(
  caller: Pick<SimpleApiCaller, 'subscriptionKeyHash'>,
  key: string | undefined,
): boolean {
  return hasHash(key, caller.subscriptionKeyHash);
}

/** Whether these are the OpenID Connect client id and secret of the user, in constant time (SimpleAPI reference 2.2). */
export function checkClient(
  user: Pick<SimpleApiUser, 'clientId' | 'clientSecretHash'>,
  clientId: string | undefined,
  clientSecret: string | undefined,
): boolean {
  const rightId = hasHash(clientId, tokenHash(user.clientId));
  return hasHash(clientSecret, user.clientSecretHash) && rightId;
}

function loginFailed(): TierlineError {
  return new TierlineError('access.login_failed', 'unauthenticated', 'The email address or the password is wrong.');
}
