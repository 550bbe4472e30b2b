import type { AccountId } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { ApiKey, CallLimits, SimpleApiCredential, SimpleApiProfile } from './credentials.ts';
import type { Role } from './principal.ts';

/** A page of what stands in one account or anywhere below it, in order of creation. */
export type CredentialFilter = {
  readonly within: AccountId;
  readonly accountId?: AccountId | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
};

const isWithin = (within: AccountId) =>
  sql<boolean>`account_id in (select id from accounts where path @> array[${within}]::uuid[])`;

function keyFromRow(row: Omit<Selectable<Tables['api_keys']>, 'key_hash'>): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id as AccountId,
    name: row.name,
    role: row.role as Role,
    prefix: row.prefix,
    createdAt: row.created_at.toString(),
    expiresAt: row.expires_at?.toString() ?? null,
    revokedAt: row.revoked_at?.toString() ?? null,
  };
}

const keyColumns = ['id', 'account_id', 'name', 'role', 'prefix', 'created_at', 'expires_at', 'revoked_at'] as const;

export function insertApiKey(db: Database, key: ApiKey, keyHash: Buffer) {
  return db.kysely
    .insertInto('api_keys')
    .values({
      id: key.id,
      account_id: key.accountId,
      name: key.name,
      role: key.role,
      prefix: key.prefix,
      key_hash: keyHash,
      created_at: key.createdAt,
      expires_at: key.expiresAt,
    })
    .returning('id');
}

export async function selectApiKey(db: Database, id: string): Promise<ApiKey | undefined> {
  const row = await db.kysely.selectFrom('api_keys').select(keyColumns).where('id', '=', id).executeTakeFirst();
  return row && keyFromRow(row);
}

export async function selectApiKeyByHash(db: Database, keyHash: Buffer): Promise<ApiKey | undefined> {
  const row = await db.kysely
    .selectFrom('api_keys')
    .select(keyColumns)
    .where('key_hash', '=', keyHash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row && keyFromRow(row);
}

export async function selectApiKeys(db: Database, filter: CredentialFilter): Promise<ApiKey[]> {
  let query = db.kysely
    .selectFrom('api_keys')
    .select(keyColumns)
    .where(isWithin(filter.within))
    .orderBy('id')
    .limit(filter.limit);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(keyFromRow);
}

/** Marks a credential as revoked; one that is revoked already is not touched again. */
export function revoke(
  db: Database,
  table: 'api_keys' | 'lmpi_credentials' | 'simpleapi_users',
  id: string,
  at: string,
) {
  return db.kysely
    .updateTable(table)
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id');
}

/** An LMPI credential as it is stored, its secret still encrypted. */
export type SealedLmpiCredential = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly accessToken: string;
  readonly secretEncrypted: Buffer;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

function lmpiFromRow(row: Selectable<Tables['lmpi_credentials']>): SealedLmpiCredential {
  return {
    id: row.id,
    accountId: row.account_id as AccountId,
    accessToken: row.access_token,
    secretEncrypted: row.secret_encrypted,
    createdAt: row.created_at.toString(),
    expiresAt: row.expires_at?.toString() ?? null,
    revokedAt: row.revoked_at?.toString() ?? null,
  };
}

export function insertLmpiCredential(db: Database, credential: SealedLmpiCredential) {
  return db.kysely
    .insertInto('lmpi_credentials')
    .values({
      id: credential.id,
      account_id: credential.accountId,
      access_token: credential.accessToken,
      secret_encrypted: credential.secretEncrypted,
      created_at: credential.createdAt,
    })
    .returning('id');
}

const outlives = (at: string) => sql<boolean>`(expires_at is null or expires_at > ${at}::timestamptz)`;

/** Lets the live ones of an account, except the one that is made with it, end at an instant, unless they end before. */
export function endLmpiCredentials(db: Database, accountId: AccountId, exceptId: string, endsAt: string) {
  return db.kysely
    .updateTable('lmpi_credentials')
    .set({ expires_at: endsAt })
    .where('account_id', '=', accountId)
    .where('id', '!=', exceptId)
    .where('revoked_at', 'is', null)
    .where(outlives(endsAt))
    .returning('id');
}

/** The youngest of an account that signs at an instant. */
export async function selectNewestLmpiCredential(
  db: Database,
  accountId: AccountId,
  at: string,
): Promise<SealedLmpiCredential | undefined> {
  const row = await db.kysely
    .selectFrom('lmpi_credentials')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where(outlives(at))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && lmpiFromRow(row);
}

export async function selectLmpiCredential(
  db: Database,
  by: 'id' | 'access_token',
  value: string,
): Promise<SealedLmpiCredential | undefined> {
  const row = await db.kysely.selectFrom('lmpi_credentials').selectAll().where(by, '=', value).executeTakeFirst();
  return row && lmpiFromRow(row);
}

export async function selectLmpiCredentials(db: Database, filter: CredentialFilter): Promise<SealedLmpiCredential[]> {
  let query = db.kysely
    .selectFrom('lmpi_credentials')
    .selectAll()
    .where(isWithin(filter.within))
    .orderBy('id')
    .limit(filter.limit);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(lmpiFromRow);
}

/** A SimpleAPI user with the hashes of what it signs in with. */
export type StoredSimpleApiUser = SimpleApiCredential & {
  readonly passwordHash: string;
  readonly clientSecretHash: Buffer;
  readonly subscriptionKeyHash: Buffer;
};

function simpleApiFromRow(row: Selectable<Tables['simpleapi_users']>): StoredSimpleApiUser {
  return {
    id: row.id,
    accountId: row.account_id as AccountId,
    username: row.username,
    clientId: row.client_id,
    marketplace: row.marketplace,
    profile: row.profile as SimpleApiProfile,
    limits: { perMinute: row.calls_per_minute, perDay: row.calls_per_day },
    createdAt: row.created_at.toString(),
    revokedAt: row.revoked_at?.toString() ?? null,
    passwordHash: row.password_hash,
    clientSecretHash: row.client_secret_hash,
    subscriptionKeyHash: row.subscription_key_hash,
  };
}

export function insertSimpleApiUser(db: Database, user: StoredSimpleApiUser) {
  return db.kysely
    .insertInto('simpleapi_users')
    .values({
      id: user.id,
      account_id: user.accountId,
      username: user.username,
      password_hash: user.passwordHash,
      client_id: user.clientId,
      client_secret_hash: user.clientSecretHash,
      subscription_key_hash: user.subscriptionKeyHash,
      marketplace: user.marketplace,
      profile: user.profile,
      created_at: user.createdAt,
    })
    .returning('id');
}

export function updateLimits(db: Database, id: string, { perMinute, perDay }: CallLimits) {
  return db.kysely
    .updateTable('simpleapi_users')
    .set({ calls_per_minute: perMinute, calls_per_day: perDay })
    .where('id', '=', id)
    .returning('id');
}

export async function selectSimpleApiUser(
  db: Database,
  by: 'id' | 'username',
  value: string,
): Promise<StoredSimpleApiUser | undefined> {
  const row = await db.kysely.selectFrom('simpleapi_users').selectAll().where(by, '=', value).executeTakeFirst();
  return row && simpleApiFromRow(row);
}

export async function selectSimpleApiUsers(db: Database, filter: CredentialFilter): Promise<SimpleApiCredential[]> {
  let query = db.kysely
    .selectFrom('simpleapi_users')
    .selectAll()
    .where(isWithin(filter.within))
    .orderBy('id')
    .limit(filter.limit);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(simpleApiFromRow).map(withoutHashes);
}

export function withoutHashes(user: StoredSimpleApiUser): SimpleApiCredential {
  const { passwordHash: _, clientSecretHash: _c, subscriptionKeyHash: _s, ...credential } = user;
  return credential;
}

/** The key of this purpose: the stored one, or else `fresh`, which is then stored. Whoever comes first wins, for all. */
export async function serverKey(db: Database, purpose: string, fresh: Buffer, at: string): Promise<Buffer> {
  const stored = () =>
    db.kysely.selectFrom('server_keys').select('key_encrypted').where('purpose', '=', purpose).executeTakeFirst();
  const before = await stored();
  if (before !== undefined) return before.key_encrypted;
  await db.kysely
    .insertInto('server_keys')
    .values({ purpose, key_encrypted: fresh, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await stored();
  return row?.key_encrypted ?? fresh;
}
