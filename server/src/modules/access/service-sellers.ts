import { randomBytes } from 'node:crypto';
import { newId, type AccountId, type UserId } from '@tierline/kernel';
import { commit, once, realTimeOf, type Cause } from '../../platform/db/index.ts';
import type { Account, AccountsService, NewAccount } from '../accounts/index.ts';
import { loginTaken, type WantedLogin } from './customer-user.ts';
import { hashPassword } from './passwords.ts';
import { sealedOnce, type AccessDependencies } from './service-sealed.ts';
import { insertUser, upsertMembership } from './store.ts';
import { emailTaken, normalEmail } from './user.ts';

export type NewSeller = NewAccount & {
  /** Who signs in for it first, as its owner. */
  readonly owner: WantedLogin & { readonly emailField: string };
};

/** A seller with its first owner, whose password is told this once. */
export type CreatedSeller = { readonly account: Account; readonly userId: UserId; readonly password: string };

export type SellersService = ReturnType<typeof sellersService>;

type Dependencies = AccessDependencies & {
  readonly accounts: Pick<AccountsService, 'prepare' | 'creation' | 'withTenantId'>;
};

/** Sellers that come with somebody who acts for them. Callers have authorized the actor, and checked that the parent is visible. */
export function sellersService({ accounts, ...ground }: Dependencies) {
  const { db, revisions } = ground;

  async function create(cause: Cause, parentId: AccountId, { owner, ...facts }: NewSeller): Promise<Account> {
    const prepared = await accounts.prepare(cause, parentId, facts);
    const passwordHash = await hashPassword(owner.password ?? randomPassword());
    const account = await accounts.withTenantId((tenantId) => {
      const made = { ...prepared, tenantId };
      const revise = [{ accountId: made.id, what: 'account' as const }];
      return commit(db, { cause, answer: made, revise, ...creation(cause, made, owner, newId(), passwordHash) });
    });
    await revisions.refresh();
    return account;
  }

  /** The same for a surface that tells what the owner signs in with: a retry is told it again. */
  async function createWithPassword(
    cause: Cause,
    parentId: AccountId,
    { owner, ...facts }: NewSeller,
  ): Promise<CreatedSeller> {
    const password = owner.password ?? randomPassword();
    return accounts.withTenantId((tenantId) =>
      sealedOnce(ground, cause, async () => {
        const account = { ...(await accounts.prepare(cause, parentId, facts)), tenantId };
        const userId = newId<'user'>();
        const step = creation(cause, account, owner, userId, await hashPassword(password));
        return { answer: { account, userId, password }, step };
      }),
    );
  }

  function creation(cause: Cause, account: Account, owner: NewSeller['owner'], userId: UserId, passwordHash: string) {
    const at = realTimeOf(cause).toString();
    const user = {
      id: userId,
      email: normalEmail(owner.email),
      login: owner.login?.toLowerCase() ?? null,
      name: owner.name,
      status: 'active' as const,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    const { email, name } = user;
    const step = accounts.creation(account);
    const event = { ownerId: account.id, type: 'user.created', subjectKind: 'user', subjectId: userId };
    const membership = { accountId: account.id, role: 'owner' as const };
    // The account is business, at its own time; who acts for it is not, but both were made at the same moment.
    const events = [...step.events, { ...event, data: { email, name, role: membership.role } }];
    return {
      subjectId: account.id,
      writes: [
        ...step.writes,
        { run: insertUser(db, user, passwordHash), expect: 1 },
        { run: upsertMembership(db, userId, membership, at), expect: 1 },
      ],
      events: events.map((each) => ({ ...each, at: cause.at })),
      constraints: {
        ...step.constraints,
        users_email_key: emailTaken(owner.emailField),
        users_login_key: loginTaken(owner.field),
      },
    };
  }

  return {
    create: (...input: Parameters<typeof create>) => once(db, input[0], () => create(...input)),
    createWithPassword,
  };
}

const randomPassword = (): string => randomBytes(18).toString('base64url');
