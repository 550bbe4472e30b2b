import { randomBytes } from 'node:crypto';
import { newId, type AccountId, type CustomerId } from '@tierline/kernel';
import { realTimeOf, type Cause, type Database, type NewEvent, type Write } from '../../platform/db/index.ts';
import { loginTaken, type CustomerUser, type WantedLogin } from './customer-user.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { selectCustomerLogin, selectCustomerUsers, upsertCustomerUser } from './store-customer-users.ts';

/**
 * What stores the people of a customer, for whoever stores it together with the customer. Passwords are hashed here and are in
 * nothing that is answered, logged or told.
 * @param number the customer's, of which logins are made that nobody chose
 */
export async function customerUserSteps(
  db: Database,
  cause: Cause,
  of: { readonly ownerId: AccountId; readonly id: CustomerId; readonly number: string },
  wanted: readonly WantedLogin[],
): Promise<{ readonly writes: Write[]; readonly events: NewEvent[] }> {
  const writes: Write[] = [];
  const events: NewEvent[] = [];
  for (const { login, password, email, name, field } of wanted) {
    const user: CustomerUser = {
      id: newId(),
      ownerId: of.ownerId,
      customerId: of.id,
      login: (login ?? `${of.number}-${randomBytes(3).toString('hex')}`).toLowerCase(),
      email,
      name,
      status: 'active',
      createdAt: realTimeOf(cause).toString(),
    };
    const hash = await hashPassword(password ?? randomBytes(18).toString('base64url'));
    const run = upsertCustomerUser(db, user, hash, password === undefined);
    writes.push({ run, expect: 1, otherwise: loginTaken(field) });
    events.push({
      ownerId: of.ownerId,
      type: 'customer.user_set',
      subjectKind: 'customer',
      subjectId: of.id,
      data: { login: user.login, password_set: password !== undefined },
    });
  }
  return { writes, events };
}

export function customerUsersService({ db }: { readonly db: Database }) {
  /** Who has this login and password; whether the status of the customer lets anybody into its panel is for the caller to ask. */
  async function customerUser(login: string, password: string): Promise<CustomerUser | undefined> {
    const found = await selectCustomerLogin(db, login.toLowerCase());
    const isRight = await verifyPassword(password, found?.passwordHash);
    return isRight && found?.user.status === 'active' ? found.user : undefined;
  }

  return {
    customerUser,
    listCustomerUsers: (ownerId: AccountId, customerId: CustomerId) => selectCustomerUsers(db, ownerId, customerId),
  };
}
