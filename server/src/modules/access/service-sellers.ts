import { randomBytes } from 'node:crypto';
import { newId, type AccountId } from '@tierline/kernel';
import { commit, once, realTimeOf, type Cause } from '../../platform/db/index.ts';
import type { Account, AccountsService, NewAccount } from '../accounts/index.ts';
import { loginTaken, type WantedLogin } from './customer-user.ts';
import { hashPassword } from './passwords.ts';
import type { AccessDependencies } from './service-sealed.ts';
import { insertUser, upsertMembership } from './store.ts';
import { emailTaken, normalEmail } from './user.ts';

export type NewSeller = NewAccount & {
  /** Who signs in for it first, as its owner. */
  readonly owner: WantedLogin & { readonly emailField: string };
};

export type SellersService = ReturnType<typeof sellersService>;

type Dependencies = Pick<AccessDependencies, 'db' | 'revisions'> & {
  readonly accounts: Pick<AccountsService, 'prepare' | 'creation' | 'withTenantId'>;
};

/** Sellers that come with somebody who acts for them. Callers have authorized the actor, and checked that the parent is visible. */
export function sellersService({ db, revisions, accounts }: Dependencies) {
  async function create(cause: Cause, parentId: AccountId, { owner, ...facts }: NewSeller): Promise<Account> {
    const prepared = await accounts.prepare(cause, parentId, facts);
    const at = realTimeOf(cause).toString();
    const user = {
      id: newId<'user'>(),
      email: normalEmail(owner.email),
      login: owner.login?.toLowerCase() ?? null,
      name: owner.name,
      status: 'active' as const,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    const passwordHash = await hashPassword(owner.password ?? randomBytes(18).toString('base64url'));
    const account = await accounts.withTenantId((tenantId) => {
      const made = { ...prepared, tenantId };
      const step = accounts.creation(made);
      const { email, name } = user;
      const event = { ownerId: made.id, type: 'user.created', subjectKind: 'user', subjectId: user.id };
      const membership = { accountId: made.id, role: 'owner' as const };
      return commit(db, {
        cause,
        subjectId: made.id,
        answer: made,
        revise: [{ accountId: made.id, what: 'account' }],
        writes: [
          ...step.writes,
          { run: insertUser(db, user, passwordHash), expect: 1 },
          { run: upsertMembership(db, user.id, membership, at), expect: 1 },
        ],
        events: [...step.events, { ...event, data: { email, name, role: membership.role } }],
        constraints: {
          ...step.constraints,
          users_email_key: emailTaken(owner.emailField),
          users_login_key: loginTaken(owner.field),
        },
      });
    });
    await revisions.refresh();
    return account;
  }

  return { create: (...input: Parameters<typeof create>) => once(db, input[0], () => create(...input)) };
}
