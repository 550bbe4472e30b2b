import type { AccountId, UserId } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { Role } from './principal.ts';
import type { Membership, User, UserStatus } from './user.ts';

export type StoredUser = Omit<User, 'memberships'>;

function fromRow(row: Omit<Selectable<Tables['users']>, 'password_hash' | 'login'>): StoredUser {
  return {
    id: row.id as UserId,
    email: row.email,
    name: row.name,
    status: row.status as UserStatus,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

const userColumns = ['id', 'email', 'name', 'status', 'version', 'created_at', 'updated_at'] as const;

export function insertUser(db: Database, user: StoredUser & { readonly login?: string | null }, passwordHash: string) {
  return db.kysely
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email,
      login: user.login ?? null,
      name: user.name,
      password_hash: passwordHash,
      status: user.status,
      version: user.version,
      created_at: user.createdAt,
      updated_at: user.updatedAt,
    })
    .returning('id');
}

/** Writes the changed user where the stored one is still of the version before it. */
export function updateUser(db: Database, user: StoredUser, passwordHash: string | undefined) {
  return db.kysely
    .updateTable('users')
    .set({
      email: user.email,
      name: user.name,
      status: user.status,
      version: user.version,
      updated_at: user.updatedAt,
      ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
    })
    .where('id', '=', user.id)
    .where('version', '=', user.version - 1)
    .returning('id');
}

export function upsertMembership(db: Database, userId: UserId, { accountId, role }: Membership, at: string) {
  return db.kysely
    .insertInto('memberships')
    .values({ user_id: userId, account_id: accountId, role, created_at: at })
    .onConflict((conflict) => conflict.columns(['user_id', 'account_id']).doUpdateSet({ role }))
    .returning('user_id');
}

export function deleteMembership(db: Database, userId: UserId, accountId: AccountId) {
  return db.kysely
    .deleteFrom('memberships')
    .where('user_id', '=', userId)
    .where('account_id', '=', accountId)
    .returning('user_id');
}

/** All sessions of a user, but for the one that is to stay. */
export function endSessionsOf(db: Database, userId: UserId, at: string, keptId?: string) {
  const live = db.kysely
    .updateTable('sessions')
    .set({ revoked_at: at })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null);
  return (keptId === undefined ? live : live.where('id', '!=', keptId)).returning('id');
}

export async function selectPasswordOf(
  db: Database,
  id: UserId,
): Promise<{ readonly user: StoredUser; readonly passwordHash: string } | undefined> {
  const row = await db.kysely
    .selectFrom('users')
    .select([...userColumns, 'password_hash'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { user: fromRow(row), passwordHash: row.password_hash };
}

export async function selectUser(db: Database, id: UserId): Promise<StoredUser | undefined> {
  const row = await db.kysely.selectFrom('users').select(userColumns).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : fromRow(row);
}

export type UserLogin = { readonly id: UserId; readonly status: UserStatus; readonly passwordHash: string };

/** By e-mail address, or by the login that was chosen beside it; an address beats the same text as somebody's login. */
export async function selectUserLogin(db: Database, name: string): Promise<UserLogin | undefined> {
  const row = await db.kysely
    .selectFrom('users')
    .select(['id', 'status', 'password_hash'])
    .where((where) => where.or([where('email', '=', name), where('login', '=', name)]))
    .orderBy(sql`email = ${name}`, 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { id: row.id as UserId, status: row.status as UserStatus, passwordHash: row.password_hash };
}

/** A membership with what is needed to tell whether the caller may see it. */
export type PlacedMembership = Membership & { readonly name: string; readonly path: readonly AccountId[] };

/** All memberships of the users, the oldest first. */
export async function selectMemberships(
  db: Database,
  userIds: readonly UserId[],
): Promise<Map<UserId, PlacedMembership[]>> {
  const byUser = new Map<UserId, PlacedMembership[]>(userIds.map((id) => [id, []]));
  if (userIds.length === 0) return byUser;
  const rows = await db.kysely
    .selectFrom('memberships')
    .innerJoin('accounts', 'accounts.id', 'memberships.account_id')
    .select(['user_id', 'account_id', 'role', 'accounts.name', 'accounts.path'])
    .where('user_id', 'in', userIds)
    .orderBy('memberships.created_at')
    .orderBy('account_id')
    .execute();
  for (const row of rows) {
    byUser.get(row.user_id as UserId)?.push({
      accountId: row.account_id as AccountId,
      role: row.role as Role,
      name: row.name,
      path: row.path as AccountId[],
    });
  }
  return byUser;
}

/** How many active owners the account has beside this user. */
export async function countOtherOwners(db: Database, accountId: AccountId, userId: UserId): Promise<number> {
  const row = await db.kysely
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('account_id', '=', accountId)
    .where('user_id', '!=', userId)
    .where('role', '=', 'owner')
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow();
  return row.count;
}

export type UserFilter = {
  /** Users with a role in this account or below it. */
  readonly within: AccountId;
  /** Users with a role in exactly this account. */
  readonly accountId?: AccountId | undefined;
  readonly after?: UserId | undefined;
  readonly limit: number;
};

/** A page of users in order of their ids, which is the order of their creation. */
export async function selectUsers(db: Database, filter: UserFilter): Promise<StoredUser[]> {
  let accounts = db.kysely
    .selectFrom('memberships')
    .innerJoin('accounts', 'accounts.id', 'memberships.account_id')
    .select('memberships.user_id')
    .where(sql<boolean>`accounts.path @> array[${filter.within}]::uuid[]`);
  if (filter.accountId !== undefined) accounts = accounts.where('account_id', '=', filter.accountId);
  let query = db.kysely
    .selectFrom('users')
    .select(userColumns)
    .where('id', 'in', accounts)
    .orderBy('id')
    .limit(filter.limit);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(fromRow);
}

export function insertSession(
  db: Database,
  session: { id: string; userId: UserId; tokenHash: Buffer; expiresAt: string; at: string },
) {
  return db.kysely
    .insertInto('sessions')
    .values({
      id: session.id,
      user_id: session.userId,
      token_hash: session.tokenHash,
      expires_at: session.expiresAt,
      created_at: session.at,
    })
    .returning('id');
}

export function endSession(db: Database, tokenHash: Buffer, at: string) {
  return db.kysely
    .updateTable('sessions')
    .set({ revoked_at: at })
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .returning('id');
}

export type LiveSession = {
  readonly id: string;
  readonly userId: UserId;
  readonly role: Role;
  readonly expiresAtMs: number;
};

/** The session of an active user who has a role in the account. Whether it has expired is for the caller's clock to say. */
export async function selectSession(
  db: Database,
  tokenHash: Buffer,
  accountId: AccountId,
): Promise<LiveSession | undefined> {
  const row = await db.kysely
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('memberships', 'memberships.user_id', 'users.id')
    .select(['sessions.id', 'sessions.user_id', 'sessions.expires_at', 'memberships.role'])
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .where('users.status', '=', 'active')
    .where('memberships.account_id', '=', accountId)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      userId: row.user_id as UserId,
      role: row.role as Role,
      expiresAtMs: row.expires_at.epochMilliseconds,
    }
  );
}
