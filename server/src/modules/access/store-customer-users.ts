import type { AccountId, CustomerId, Temporal } from '@tierline/kernel';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { CustomerUser } from './customer-user.ts';

export const customerUserColumns = [
  'id',
  'owner_id',
  'customer_id',
  'channel_id',
  'login',
  'email',
  'name',
  'first_name',
  'last_name',
  'phone_area_code',
  'phone_number',
  'phone_extension',
  'time_zone',
  'language',
  'status',
  'version',
  'created_at',
  'modified_at',
] as const;

export function customerUserFromRow(
  row: Pick<Selectable<Tables['customer_users']>, (typeof customerUserColumns)[number]>,
): CustomerUser {
  return {
    id: row.id,
    ownerId: row.owner_id as AccountId,
    customerId: row.customer_id as CustomerId,
    channelId: row.channel_id as AccountId,
    login: row.login,
    email: row.email,
    name: row.name,
    firstName: row.first_name,
    lastName: row.last_name,
    phone: { areaCode: row.phone_area_code, number: row.phone_number, extension: row.phone_extension },
    timeZone: row.time_zone,
    language: row.language,
    status: row.status as CustomerUser['status'],
    version: row.version,
    createdAt: row.created_at.toString(),
    modifiedAt: row.modified_at?.toString() ?? null,
  };
}

function changeable(user: CustomerUser) {
  return {
    email: user.email,
    name: user.name,
    first_name: user.firstName,
    last_name: user.lastName,
    phone_area_code: user.phone.areaCode,
    phone_number: user.phone.number,
    phone_extension: user.phone.extension,
    time_zone: user.timeZone,
    language: user.language,
    status: user.status,
    version: user.version,
    modified_at: user.modifiedAt,
  };
}

/** What a login is proven with; nothing of it is ever read but by its hash. */
export type LoginSecrets = {
  readonly passwordHash: string;
  /** Whether somebody who is there already keeps the password. */
  readonly keepsPassword: boolean;
  readonly reset: { readonly tokenHash: Buffer; readonly expiresAt: string } | null;
};

/**
 * Makes the user, or, where the customer has one with this login, gives it the name, the address and (when one is given) the
 * password. The login of somebody else returns nothing.
 */
export function upsertCustomerUser(
  db: Database,
  user: CustomerUser,
  { passwordHash, keepsPassword, reset }: LoginSecrets,
) {
  const { email, name, first_name, last_name } = changeable(user);
  return db.kysely
    .insertInto('customer_users')
    .values({
      id: user.id,
      owner_id: user.ownerId,
      customer_id: user.customerId,
      channel_id: user.channelId,
      login: user.login,
      password_hash: passwordHash,
      reset_token_hash: reset?.tokenHash ?? null,
      reset_expires_at: reset?.expiresAt ?? null,
      created_at: user.createdAt,
      ...changeable(user),
    })
    .onConflict((conflict) =>
      conflict
        .expression(sql`channel_id, lower(login)`)
        .doUpdateSet({
          email,
          name,
          first_name,
          last_name,
          version: sql<number>`customer_users.version + 1`,
          modified_at: user.createdAt,
          ...(keepsPassword ? {} : { password_hash: passwordHash }),
        })
        .where('customer_users.customer_id', '=', user.customerId),
    )
    .returning('id');
}

/** Whose users: of one customer. */
export type CustomerUserOwner = { readonly ownerId: AccountId; readonly customerId: CustomerId };

/** Writes the changed user where the stored one is still of the version before it. */
export function updateCustomerUser(db: Database, user: CustomerUser) {
  return db.kysely
    .updateTable('customer_users')
    .set(changeable(user))
    .where('owner_id', '=', user.ownerId)
    .where('customer_id', '=', user.customerId)
    .where('id', '=', user.id)
    .where('version', '=', user.version - 1)
    .returning('id');
}

export async function selectCustomerUser(
  db: Database,
  { ownerId, customerId }: CustomerUserOwner,
  id: string,
): Promise<CustomerUser | undefined> {
  const row = await db.kysely
    .selectFrom('customer_users')
    .select(customerUserColumns)
    .where('owner_id', '=', ownerId)
    .where('customer_id', '=', customerId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && customerUserFromRow(row);
}

/** All of one customer, or those of every seller within an account whose profile was changed between two instants, which are not in it. */
export type CustomerUserFilter =
  | CustomerUserOwner
  | {
      readonly within: AccountId;
      readonly modifiedAfter: Temporal.Instant;
      readonly modifiedBefore: Temporal.Instant;
    };

type Query<Row> = SelectQueryBuilder<Tables, 'customer_users', Row>;

function filtered<Row>(query: Query<Row>, filter: CustomerUserFilter): Query<Row> {
  if ('customerId' in filter) {
    return query.where('owner_id', '=', filter.ownerId).where('customer_id', '=', filter.customerId);
  }
  return query
    .where('owner_id', 'in', sql<string>`(select id from accounts where path @> array[${filter.within}]::uuid[])`)
    .where('modified_at', '>', sql<Temporal.Instant>`${filter.modifiedAfter.toString()}::timestamptz`)
    .where('modified_at', '<', sql<Temporal.Instant>`${filter.modifiedBefore.toString()}::timestamptz`);
}

/** The oldest first, or the one whose profile was changed first. */
export async function selectCustomerUserPage(
  db: Database,
  filter: CustomerUserFilter,
  page?: { readonly offset: number; readonly limit: number },
): Promise<CustomerUser[]> {
  let query = filtered(db.kysely.selectFrom('customer_users').select(customerUserColumns), filter);
  if (!('customerId' in filter)) query = query.orderBy('modified_at');
  query = query.orderBy('id');
  if (page !== undefined) query = query.offset(page.offset).limit(page.limit);
  return (await query.execute()).map(customerUserFromRow);
}

export async function countCustomerUsers(db: Database, filter: CustomerUserFilter): Promise<number> {
  const counted = db.kysely.selectFrom('customer_users').select(sql<number>`count(*)::int`.as('total'));
  return (await filtered(counted, filter).executeTakeFirstOrThrow()).total;
}

/** The one with this login in a channel, in whatever letter case, and what its password is checked with. */
export async function selectCustomerLogin(
  db: Database,
  channelId: AccountId,
  login: string,
): Promise<{ readonly user: CustomerUser; readonly passwordHash: string } | undefined> {
  const row = await db.kysely
    .selectFrom('customer_users')
    .select([...customerUserColumns, 'password_hash'])
    .where('channel_id', '=', channelId)
    .where(sql`lower(login)`, '=', login.toLowerCase())
    .executeTakeFirst();
  return row && { user: customerUserFromRow(row), passwordHash: row.password_hash };
}

/** Who may choose a password with this token. */
export async function selectResettable(
  db: Database,
  resetTokenHash: Buffer,
  at: Temporal.Instant,
): Promise<CustomerUser | undefined> {
  const row = await db.kysely
    .selectFrom('customer_users')
    .select(customerUserColumns)
    .where('reset_token_hash', '=', resetTokenHash)
    .where('reset_expires_at', '>', sql<Temporal.Instant>`${at.toString()}::timestamptz`)
    .executeTakeFirst();
  return row && customerUserFromRow(row);
}

/** Gives the password once: whoever comes second with the same token changes nothing. */
export function resetPassword(db: Database, { id }: CustomerUser, resetTokenHash: Buffer, passwordHash: string) {
  return db.kysely
    .updateTable('customer_users')
    .set({ password_hash: passwordHash, reset_token_hash: null, reset_expires_at: null })
    .where('id', '=', id)
    .where('reset_token_hash', '=', resetTokenHash)
    .returning('id');
}
