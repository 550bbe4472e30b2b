import { randomBytes } from 'node:crypto';
import { newId, notFound, versionMismatch, type AccountId, type UserId } from '@tierline/kernel';
import { realTimeOf, type Cause, type NewEvent, type Write } from '../../platform/db/index.ts';
import { isWithin } from '../accounts/index.ts';
import { hashPassword } from './passwords.ts';
import { checkGrant, type Acting } from './principal.ts';
import { sealedOnce, visibleAccount, type AccessDependencies } from './service-sealed.ts';
import {
  countOtherOwners,
  deleteMembership,
  endSessionsOf,
  insertUser,
  selectMemberships,
  selectUser,
  selectUsers,
  updateUser,
  upsertMembership,
  type PlacedMembership,
  type StoredUser,
  type UserFilter,
} from './store.ts';
import {
  checkNewUser,
  checkUserChange,
  emailTaken,
  lastOwner,
  normalEmail,
  sharedUser,
  type Membership,
  type NewUser,
  type User,
  type UserChange,
} from './user.ts';

/** A user as just made. `password` is there only when it was made here, and only this once. */
export type CreatedUser = { readonly user: User; readonly password: string | null };

export function usersService(ground: AccessDependencies) {
  const { db } = ground;

  async function listUsers(filter: UserFilter): Promise<User[]> {
    const users = await selectUsers(db, filter);
    const memberships = await selectMemberships(
      db,
      users.map(({ id }) => id),
    );
    return users.map((user) => shownTo(filter.within, user, memberships.get(user.id) ?? []));
  }

  async function getUser(acting: Acting, id: UserId): Promise<User> {
    const { user, memberships } = await visibleUser(ground, acting, id);
    return shownTo(acting.accountId, user, memberships);
  }

  return {
    createUser: (cause: Cause, acting: Acting, wanted: NewUser) => createUser(ground, cause, acting, wanted),
    changeUser: (cause: Cause, acting: Acting, id: UserId, wanted: UserChange) =>
      changeUser(ground, cause, acting, id, wanted),
    listUsers,
    getUser,
  };
}

function createUser(ground: AccessDependencies, cause: Cause, acting: Acting, wanted: NewUser): Promise<CreatedUser> {
  return sealedOnce(ground, cause, async () => {
    checkNewUser(wanted);
    for (const [index, { accountId, role }] of wanted.memberships.entries()) {
      await visibleAccount(ground, acting, accountId, `memberships.${index}.account_id`);
      checkGrant(acting, accountId, role, `memberships.${index}.role`);
    }
    const password = wanted.password ?? randomBytes(15).toString('base64url');
    const passwordHash = await hashPassword(password);
    const at = realTimeOf(cause).toString();
    const user: User = {
      id: newId<'user'>(),
      email: normalEmail(wanted.email),
      name: wanted.name.trim(),
      status: 'active',
      memberships: wanted.memberships.map(({ accountId, role }) => ({ accountId, role })),
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    const step = {
      subjectId: user.id,
      writes: [
        { run: insertUser(ground.db, user, passwordHash), expect: 1 },
        ...user.memberships.map((each): Write => ({ run: upsertMembership(ground.db, user.id, each, at), expect: 1 })),
      ],
      events: user.memberships.map(({ accountId, role }) =>
        userEvent('user.created', accountId, user.id, { email: user.email, name: user.name, role }),
      ),
      constraints: { users_email_key: emailTaken() },
    };
    return { answer: { user, password: wanted.password === undefined ? password : null }, step };
  });
}

function changeUser(
  ground: AccessDependencies,
  cause: Cause,
  acting: Acting,
  id: UserId,
  wanted: UserChange,
): Promise<User> {
  return sealedOnce(ground, cause, async () => {
    checkUserChange(wanted);
    const { user, memberships } = await visibleUser(ground, acting, id);
    if (wanted.expectedVersion !== undefined && wanted.expectedVersion !== user.version) {
      throw versionMismatch('user', user.version);
    }
    const facts = decideFacts(acting, memberships, wanted);
    const roles = await decideRoles(ground, acting, memberships, wanted);
    await keepOwners(ground, user, memberships, roles.after, wanted);
    const at = realTimeOf(cause).toString();
    const changed: StoredUser = { ...user, ...facts, version: user.version + 1, updatedAt: at };
    const passwordHash = wanted.password === undefined ? undefined : await hashPassword(wanted.password);
    // Whoever signed in with the old password, or is no longer welcome, is out at once.
    const endsSessions = passwordHash !== undefined || changed.status === 'disabled';
    const touched = new Set([...memberships, ...roles.after].map(({ accountId }) => accountId));
    const { db } = ground;
    const step = {
      subjectId: id,
      writes: [
        { run: updateUser(db, changed, passwordHash), expect: 1, otherwise: versionMismatch('user') },
        ...roles.given.map((each): Write => ({ run: upsertMembership(db, id, each, at), expect: 1 })),
        ...roles.taken.map((each): Write => ({ run: deleteMembership(db, id, each.accountId) })),
        ...(endsSessions ? [{ run: endSessionsOf(db, id, at) }] : []),
      ],
      events: [...touched].map((accountId) =>
        userEvent('user.changed', accountId, id, seenFrom(accountId, facts, roles, wanted)),
      ),
      constraints: { users_email_key: emailTaken() },
    };
    return {
      answer: { ...changed, memberships: roles.after.filter(({ accountId }) => roles.visible.has(accountId)) },
      step,
    };
  });
}

/** The user with all memberships, when at least one of them is visible; else there is no such user. */
async function visibleUser(
  { db }: AccessDependencies,
  acting: Acting,
  id: UserId,
): Promise<{ user: StoredUser; memberships: PlacedMembership[] }> {
  const user = await selectUser(db, id);
  const memberships = (await selectMemberships(db, [id])).get(id) ?? [];
  if (user === undefined || !memberships.some((each) => isWithin(each, acting.accountId))) throw notFound('user');
  return { user, memberships };
}

type Facts = Partial<Pick<User, 'email' | 'name' | 'status'>>;

function decideFacts(acting: Acting, memberships: readonly PlacedMembership[], wanted: UserChange): Facts {
  const facts: Facts = {
    ...(wanted.email === undefined ? {} : { email: normalEmail(wanted.email) }),
    ...(wanted.name === undefined ? {} : { name: wanted.name.trim() }),
    ...(wanted.status === undefined ? {} : { status: wanted.status }),
  };
  if (Object.keys(facts).length > 0 || wanted.password !== undefined) {
    if (!memberships.every((each) => isWithin(each, acting.accountId))) throw sharedUser();
    // Who may not make an owner may not take over or shut out one either.
    for (const { accountId, role } of memberships) checkGrant(acting, accountId, role, 'memberships');
  }
  return facts;
}

type Roles = {
  readonly given: readonly Membership[];
  readonly taken: readonly Membership[];
  readonly after: readonly Membership[];
  /** The accounts that the acting one may see. */
  readonly visible: ReadonlySet<AccountId>;
};

async function decideRoles(
  ground: AccessDependencies,
  acting: Acting,
  memberships: readonly PlacedMembership[],
  wanted: UserChange,
): Promise<Roles> {
  const after = new Map(
    memberships.map(({ accountId, role }): [AccountId, Membership] => [accountId, { accountId, role }]),
  );
  const visible = new Set(memberships.filter((each) => isWithin(each, acting.accountId)).map((each) => each.accountId));
  const given: Membership[] = [];
  const taken: Membership[] = [];
  for (const [index, { accountId, role }] of (wanted.memberships ?? []).entries()) {
    await visibleAccount(ground, acting, accountId, `memberships.${index}.account_id`);
    const held = after.get(accountId);
    if (held !== undefined) checkGrant(acting, accountId, held.role, `memberships.${index}.role`);
    if (role === null) {
      if (held !== undefined) taken.push(held);
      after.delete(accountId);
    } else {
      checkGrant(acting, accountId, role, `memberships.${index}.role`);
      given.push({ accountId, role });
      after.set(accountId, { accountId, role });
      visible.add(accountId);
    }
  }
  return { given, taken, after: [...after.values()], visible };
}

/** Refuses to leave an account without an active owner. Two such changes at the same moment can still do it together. */
async function keepOwners(
  { db }: AccessDependencies,
  user: StoredUser,
  before: readonly Membership[],
  after: readonly Membership[],
  wanted: UserChange,
): Promise<void> {
  if (user.status !== 'active') return;
  const staysActive = (wanted.status ?? user.status) === 'active';
  for (const { accountId, role } of before) {
    if (role !== 'owner') continue;
    const staysOwner = after.some((each) => each.accountId === accountId && each.role === 'owner');
    if (staysActive && staysOwner) continue;
    if ((await countOtherOwners(db, accountId, user.id)) === 0) throw lastOwner();
  }
}

/** An account's event tells what happened to the user, and to the role in this account; not the roles elsewhere. */
function seenFrom(
  accountId: AccountId,
  facts: Facts,
  roles: Roles,
  wanted: UserChange,
): Readonly<Record<string, unknown>> {
  const given = roles.given.find((each) => each.accountId === accountId);
  const taken = roles.taken.some((each) => each.accountId === accountId);
  return {
    ...facts,
    ...(wanted.password === undefined ? {} : { password_changed: true }),
    ...(given === undefined ? {} : { role: given.role }),
    ...(taken ? { role: null } : {}),
  };
}

function userEvent(
  type: string,
  ownerId: AccountId,
  userId: UserId,
  data: Readonly<Record<string, unknown>>,
): NewEvent {
  return { ownerId, type, subjectKind: 'user', subjectId: userId, data };
}

function shownTo(within: AccountId, user: StoredUser, memberships: readonly PlacedMembership[]): User {
  const visible = memberships.filter((each) => isWithin(each, within));
  return { ...user, memberships: visible.map(({ accountId, role }) => ({ accountId, role })) };
}
