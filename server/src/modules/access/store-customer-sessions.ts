import type { Temporal } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import { customerUserColumns, customerUserFromRow } from './store-customer-users.ts';
import type { CustomerUser } from './customer-user.ts';

export type NewCustomerSession = {
  readonly id: string;
  readonly tokenHash: Buffer;
  readonly at: string;
  readonly expiresAt: string;
};

/** Opens a session as long as the person is active. */
export function insertCustomerSession(db: Database, user: CustomerUser, session: NewCustomerSession) {
  return db.kysely
    .insertInto('customer_sessions')
    .columns(['id', 'user_id', 'customer_id', 'token_hash', 'created_at', 'expires_at'])
    .expression(
      db.kysely
        .selectFrom('customer_users')
        .select([
          sql<string>`${session.id}::uuid`.as('session_id'),
          'id',
          'customer_id',
          sql<Buffer>`${session.tokenHash}::bytea`.as('token_hash'),
          sql<Temporal.Instant>`${session.at}::timestamptz`.as('created_at'),
          sql<Temporal.Instant>`${session.expiresAt}::timestamptz`.as('expires_at'),
        ])
        .where('id', '=', user.id)
        .where('customer_id', '=', user.customerId)
        .where('status', '=', 'active'),
    )
    .returning('id');
}

/** Sessions of a person that are over are of no use to anybody. */
export function dropExpiredSessions(db: Database, userId: string, at: string) {
  return db.kysely
    .deleteFrom('customer_sessions')
    .where('user_id', '=', userId)
    .where('expires_at', '<=', sql<Temporal.Instant>`${at}::timestamptz`)
    .returning('id');
}

/** All sessions of a person, but for the one that is to stay. */
export function endCustomerSessions(db: Database, userId: string, keptTokenHash?: Buffer) {
  const all = db.kysely.deleteFrom('customer_sessions').where('user_id', '=', userId);
  return (keptTokenHash === undefined ? all : all.where('token_hash', '!=', keptTokenHash)).returning('id');
}

export async function endCustomerSession(db: Database, tokenHash: Buffer): Promise<void> {
  await db.kysely.deleteFrom('customer_sessions').where('token_hash', '=', tokenHash).execute();
}

export type CustomerSession = { readonly user: CustomerUser; readonly passwordHash: string };

/** Whose session this is, while it lasts, the person is active, and is one of the customer that it was opened for. */
export async function selectCustomerSession(
  db: Database,
  tokenHash: Buffer,
  at: string,
): Promise<CustomerSession | undefined> {
  const row = await db.kysely
    .selectFrom('customer_sessions as s')
    .innerJoin('customer_users as u', (join) =>
      join.onRef('u.id', '=', 's.user_id').onRef('u.customer_id', '=', 's.customer_id'),
    )
    .select(customerUserColumns.map((column) => `u.${column}` as const))
    .select('u.password_hash')
    .where('s.token_hash', '=', tokenHash)
    .where('s.expires_at', '>', sql<Temporal.Instant>`${at}::timestamptz`)
    .where('u.status', '=', 'active')
    .executeTakeFirst();
  return row && { user: customerUserFromRow(row), passwordHash: row.password_hash };
}

/** Another password in the place of the one that was proven. */
export function replacePassword(db: Database, userId: string, before: string, passwordHash: string) {
  return db.kysely
    .updateTable('customer_users')
    .set({ password_hash: passwordHash, reset_token_hash: null, reset_expires_at: null })
    .where('id', '=', userId)
    .where('password_hash', '=', before)
    .returning('id');
}
