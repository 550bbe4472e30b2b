import { randomBytes } from 'node:crypto';
import { newId, type AccountId, type CustomerId } from '@tierline/kernel';
import { realTimeOf, type Cause, type Database, type NewEvent, type Write } from '../../platform/db/index.ts';
import { loginTaken, partsOfName, type CustomerUser, type MadeLogin, type WantedLogin } from './customer-user.ts';
import { hashPassword } from './passwords.ts';
import { upsertCustomerUser } from './store-customer-users.ts';
import { newResetToken, tokenHash } from './tokens.ts';

/** How long a token with which somebody can choose a password is good. */
const resetDays = 7;

type Customer = {
  readonly ownerId: AccountId;
  readonly id: CustomerId;
  /** Of which logins are made that nobody chose. */
  readonly number: string;
  readonly channelId: AccountId;
};

/**
 * What stores the people of a customer, for whoever stores it together with the customer. Passwords are hashed here and are in
 * nothing that is logged or told; whoever has to tell one to its owner finds it in `made`.
 */
export async function customerUserSteps(
  db: Database,
  cause: Cause,
  of: Customer,
  wanted: readonly WantedLogin[],
): Promise<{ readonly writes: Write[]; readonly events: NewEvent[]; readonly made: MadeLogin[] }> {
  const writes: Write[] = [];
  const events: NewEvent[] = [];
  const made: MadeLogin[] = [];
  for (const login of wanted) {
    const user = newUser(cause, of, login);
    const password = login.password ?? randomBytes(18).toString('base64url');
    const resetToken = login.resettable === true ? newResetToken() : null;
    const expiresAt = realTimeOf(cause).add({ hours: 24 * resetDays });
    const run = upsertCustomerUser(db, user, {
      passwordHash: await hashPassword(password),
      keepsPassword: login.password === undefined,
      reset: resetToken === null ? null : { tokenHash: tokenHash(resetToken), expiresAt: expiresAt.toString() },
    });
    writes.push({ run, expect: 1, otherwise: loginTaken(login.field) });
    events.push({
      ownerId: of.ownerId,
      type: 'customer.user_set',
      subjectKind: 'customer',
      subjectId: of.id,
      data: { login: user.login, password_set: login.password !== undefined },
    });
    made.push({ user, password, resetToken });
  }
  return { writes, events, made };
}

function newUser(cause: Cause, of: Customer, wanted: WantedLogin): CustomerUser {
  return {
    id: newId(),
    ownerId: of.ownerId,
    customerId: of.id,
    channelId: of.channelId,
    login: wanted.login ?? `${of.number}-${randomBytes(3).toString('hex')}`,
    email: wanted.email,
    name: wanted.name,
    ...partsOfName(wanted.name),
    ...(wanted.firstName === undefined ? {} : { firstName: wanted.firstName }),
    ...(wanted.lastName === undefined ? {} : { lastName: wanted.lastName }),
    phone: wanted.phone ?? { areaCode: null, number: null, extension: null },
    timeZone: wanted.timeZone ?? null,
    language: wanted.language ?? null,
    status: 'active',
    version: 1,
    createdAt: realTimeOf(cause).toString(),
    modifiedAt: null,
  };
}
