import { userRoutes, type User as Shown } from '@tierline/contract';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { Principal } from './principal.ts';
import type { AccessService } from './service.ts';
import type { User } from './user.ts';

type Services = { readonly access: AccessService; readonly accounts: AccountsService };

export function bindUsers(bind: Bind<Principal>, { access, accounts }: Services): void {
  bind(userRoutes.listUsers, async ({ caller, query }) => {
    const { account_id: accountId, limit } = query;
    if (accountId !== undefined) await accounts.visible(caller.accountId, accountId, 'account_id');
    const filter = { within: caller.accountId, accountId, after: afterId<'user'>(query), limit: limit + 1 };
    return ok(pageById(await access.listUsers(filter), query, showUser));
  });

  bind(userRoutes.createUser, async ({ caller, body, cause }) => {
    const memberships = body.memberships.map(({ account_id: accountId, role }) => ({ accountId, role }));
    const { email, name, password } = body;
    const made = await access.createUser(cause, caller, { email, name, ...given({ password }), memberships });
    return created({ user: showUser(made.user), password: made.password });
  });

  bind(userRoutes.getUser, async ({ caller, params }) => {
    const user = await access.getUser(caller, params.user_id);
    return ok(showUser(user), user.version);
  });

  bind(userRoutes.changeUser, async ({ caller, params, body, cause, expectedVersion }) => {
    const { email, name, password, status } = body;
    const memberships = body.memberships?.map(({ account_id: accountId, role }) => ({ accountId, role }));
    const change = { ...given({ email, name, password, status, memberships }), expectedVersion };
    const user = await access.changeUser(cause, caller, params.user_id, change);
    return ok(showUser(user), user.version);
  });
}

function showUser(user: User): Shown {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    status: user.status,
    memberships: user.memberships.map(({ accountId, role }) => ({ account_id: accountId, role })),
    version: user.version,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}
