import { invalid, notFound, versionMismatch, type AccountId, type Clock, type CustomerId } from '@tierline/kernel';
import { commit, eventName, once, realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import { changedCustomerUser, resetRefused, type CustomerUser, type CustomerUserChange } from './customer-user.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import {
  countCustomerUsers,
  resetPassword,
  selectCustomerLogin,
  selectCustomerUser,
  selectCustomerUserPage,
  selectResettable,
  updateCustomerUser,
  type CustomerUserFilter,
  type CustomerUserOwner,
} from './store-customer-users.ts';
import { endCustomerSessions } from './store-customer-sessions.ts';
import { throttle } from './throttle.ts';
import { tokenHash } from './tokens.ts';
import { isPlainText, passwordReasons } from './user.ts';

/** Longer than any login that can be chosen. */
const loginMax = 300;

/** Use cases of the people of customers. Callers have checked that the customer is one that the actor may see. */
export function customerUsersService({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const logins = throttle(clock);

  /**
   * Who has this login and password; whether the status of the customer lets anybody into its panel is for the caller to ask. After too
   * many wrong ones in a row it is refused as limited. A channel or login that there is not takes the same work.
   */
  async function customerUser(
    channelId: AccountId | undefined,
    login: string,
    password: string,
  ): Promise<CustomerUser | undefined> {
    const known = isPlainText(login, loginMax) && channelId !== undefined;
    const name = `${channelId ?? ''} ${login.slice(0, loginMax).toLowerCase()}`;
    logins.check(name);
    const found = known ? await selectCustomerLogin(db, channelId, login) : undefined;
    const isRight = await verifyPassword(password, found?.passwordHash, () => logins.check(name));
    const user = isRight && found?.user.status === 'active' ? found.user : undefined;
    if (user === undefined) logins.failed(name);
    else logins.succeeded(name);
    return user;
  }

  async function getCustomerUser(of: CustomerUserOwner, id: string, field?: string): Promise<CustomerUser> {
    const user = await selectCustomerUser(db, of, id);
    if (user === undefined) throw notFound('customer user', field);
    return user;
  }

  async function changeCustomerUser(
    cause: Cause,
    of: CustomerUserOwner,
    id: string,
    change: CustomerUserChange,
  ): Promise<CustomerUser> {
    const current = await getCustomerUser(of, id);
    const { expectedVersion, ...fields } = change;
    if (expectedVersion !== undefined && expectedVersion !== current.version) {
      throw versionMismatch('customer user', current.version);
    }
    const changed = changedCustomerUser(current, fields, realTimeOf(cause).toString());
    return commit(db, {
      cause,
      subjectId: current.customerId,
      answer: changed,
      writes: [
        { run: updateCustomerUser(db, changed), expect: 1, otherwise: versionMismatch('customer user') },
        ...(changed.status === 'active' ? [] : [{ run: endCustomerSessions(db, current.id) }]),
      ],
      events: [
        {
          ownerId: current.ownerId,
          type: 'customer.user_changed',
          subjectKind: 'customer',
          subjectId: current.customerId,
          data: { login: current.login, changed: Object.keys(fields).map(eventName), status: changed.status },
        },
      ],
    });
  }

  /** Whoever holds the token of a person chooses a password, once. No profile is changed by it. */
  async function resetCustomerPassword(cause: Cause, token: string, password: string): Promise<CustomerUser> {
    const reasons = passwordReasons(password);
    if (reasons.length > 0) throw invalid(reasons);
    const hash = tokenHash(token);
    const user = await selectResettable(db, hash, realTimeOf(cause));
    if (user === undefined) throw resetRefused();
    const run = resetPassword(db, user, hash, await hashPassword(password));
    return commit(db, {
      cause,
      subjectId: user.customerId,
      answer: user,
      writes: [{ run, expect: 1, otherwise: resetRefused() }, { run: endCustomerSessions(db, user.id) }],
      events: [
        {
          ownerId: user.ownerId,
          type: 'customer.user_password_set',
          subjectKind: 'customer',
          subjectId: user.customerId,
          data: { login: user.login },
        },
      ],
    });
  }

  return {
    customerUser,
    getCustomerUser,
    resetCustomerPassword,
    changeCustomerUser: (...input: Parameters<typeof changeCustomerUser>) =>
      once(db, input[0], () => changeCustomerUser(...input)),
    listCustomerUsers: (ownerId: AccountId, customerId: CustomerId) =>
      selectCustomerUserPage(db, { ownerId, customerId }),
    /** One page, and how many there are on all. */
    async pageOfCustomerUsers(filter: CustomerUserFilter, page: { readonly offset: number; readonly limit: number }) {
      const [users, total] = await Promise.all([
        selectCustomerUserPage(db, filter, page),
        countCustomerUsers(db, filter),
      ]);
      return { users, total };
    },
  };
}
