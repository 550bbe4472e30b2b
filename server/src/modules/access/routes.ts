import { sessionRoutes } from '@tierline/contract';
import { TierlineError } from '@tierline/kernel';
import { created, noContent, ok, type Bind } from '../../platform/http/index.ts';
import { showAccount } from '../accounts/index.ts';
import { isAllowed, isOwnOperation, operations } from './permissions.ts';
import type { Principal } from './principal.ts';
import type { AccessService } from './service.ts';
import type { Authenticator } from './service-authenticate.ts';
import { isSessionToken } from './tokens.ts';

export function bindSessions(
  bind: Bind<Principal>,
  {
    authenticate,
    access,
  }: {
    readonly authenticate: Pick<Authenticator, 'login' | 'logout'>;
    readonly access: Pick<AccessService, 'changeOwnPassword'>;
  },
): void {
  bind(sessionRoutes.login, async ({ body }) => {
    const { token, expiresAt, principal, accounts } = await authenticate.login(
      body.email,
      body.password,
      body.account_id,
    );
    return created({
      token,
      expires_at: expiresAt.toString(),
      user_id: principal.actor.slice('user:'.length),
      account_id: principal.accountId,
      role: principal.role,
      accounts: accounts.map(({ accountId, name, role }) => ({ account_id: accountId, name, role })),
    });
  });

  bind(sessionRoutes.logout, async ({ token }) => {
    if (!isSessionToken(token)) {
      const message = 'An API key has no session to end. Revoke the key instead.';
      throw new TierlineError('access.no_session', 'conflict', message);
    }
    await authenticate.logout(token);
    return noContent;
  });

  bind(sessionRoutes.changeOwnPassword, async ({ caller, body, cause }) => {
    await access.changeOwnPassword(cause, caller, body.current_password, body.new_password);
    return noContent;
  });

  bind(sessionRoutes.getMe, async ({ caller }) => {
    const permissions = operations.filter((operation) => isOwnOperation(operation) && isAllowed(caller, operation));
    return ok({ actor: caller.actor, role: caller.role, account: showAccount(caller.node.account), permissions });
  });
}
