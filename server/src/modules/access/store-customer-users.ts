import type { AccountId, CustomerId } from '@tierline/kernel';
import type { Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { CustomerUser } from './customer-user.ts';

const columns = ['id', 'owner_id', 'customer_id', 'login', 'email', 'name', 'status', 'created_at'] as const;

function fromRow(row: Pick<Selectable<Tables['customer_users']>, (typeof columns)[number]>): CustomerUser {
  return {
    id: row.id,
    ownerId: row.owner_id as AccountId,
    customerId: row.customer_id as CustomerId,
    login: row.login,
    email: row.email,
    name: row.name,
    status: row.status as CustomerUser['status'],
    createdAt: row.created_at.toString(),
  };
}

/**
 * Makes the user, or, where the customer has one with this login, gives it the name, the address and (when one is given) the
 * password. The login of somebody else returns nothing.
 */
export function upsertCustomerUser(db: Database, user: CustomerUser, passwordHash: string, keepsPassword: boolean) {
  const changed = { email: user.email, name: user.name };
  return db.kysely
    .insertInto('customer_users')
    .values({
      id: user.id,
      owner_id: user.ownerId,
      customer_id: user.customerId,
      login: user.login,
      password_hash: passwordHash,
      status: user.status,
      created_at: user.createdAt,
      ...changed,
    })
    .onConflict((conflict) =>
      conflict
        .column('login')
        .doUpdateSet(keepsPassword ? changed : { ...changed, password_hash: passwordHash })
        .where('customer_users.customer_id', '=', user.customerId),
    )
    .returning('id');
}

/** Those of one customer, the oldest first. */
export async function selectCustomerUsers(
  db: Database,
  ownerId: AccountId,
  customerId: CustomerId,
): Promise<CustomerUser[]> {
  const rows = await db.kysely
    .selectFrom('customer_users')
    .select(columns)
    .where('owner_id', '=', ownerId)
    .where('customer_id', '=', customerId)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** The one with this login, and what its password is checked with. */
export async function selectCustomerLogin(
  db: Database,
  login: string,
): Promise<{ readonly user: CustomerUser; readonly passwordHash: string } | undefined> {
  const row = await db.kysely
    .selectFrom('customer_users')
    .select([...columns, 'password_hash'])
    .where('login', '=', login)
    .executeTakeFirst();
  return row && { user: fromRow(row), passwordHash: row.password_hash };
}
