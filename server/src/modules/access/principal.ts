import { TierlineError, type AccountId } from '@tierline/kernel';
import { accountStatuses, statusAccess, type AccountNode, type AccountStatus } from '../accounts/index.ts';

export const roles = ['owner', 'admin', 'sales', 'billing', 'support', 'read_only'] as const;
export type Role = (typeof roles)[number];

export type Surface = 'api' | 'lmpi' | 'simpleapi' | 'cli' | 'system';

/** Who acts, for which account, in which role. Made by `authenticator` and `systemPrincipal` only. */
export type Principal = {
  readonly accountId: AccountId;
  readonly node: AccountNode;
  readonly role: Role;
  /** `user:<id>`, `api_key:<id>`, `lmpi:<id>`, `simpleapi:<id>` or `system`. */
  readonly actor: string;
  readonly surface: Surface;
  /** The session, key or credential that was shown; empty for `system`. */
  readonly credentialId: string;
};

/** What a use case needs to know of who acts: which accounts are visible, and which roles can be handed on. */
export type Acting = Pick<Principal, 'accountId' | 'role'>;

/** The server itself: the demo channel, jobs and commands on the machine. */
export function systemPrincipal(node: AccountNode): Principal {
  return { accountId: node.account.id, node, role: 'owner', actor: 'system', surface: 'system', credentialId: '' };
}

/** The worst status from the root down to the account: below a suspended seller nothing is sold through it either. */
export function effectiveStatus(node: AccountNode): AccountStatus {
  let worst = 0;
  for (const { status } of node.chain) worst = Math.max(worst, accountStatuses.indexOf(status));
  return accountStatuses[worst] ?? 'closed';
}

/** Whether nobody may act for the account any more. */
export function isShut(node: AccountNode): boolean {
  return statusAccess[effectiveStatus(node)] === 'none';
}

/**
 * Whether who acts may hand out `role` in an account, or take it away. Owners of an account are made by its owners and
 * by whoever stands above it; nobody makes somebody mightier than themselves.
 */
export function mayGrant(acting: Acting, accountId: AccountId, role: Role): boolean {
  if (acting.role === 'owner') return true;
  if (acting.role !== 'admin') return false;
  return role !== 'owner' || acting.accountId !== accountId;
}

export function checkGrant(acting: Acting, accountId: AccountId, role: Role, field: string): void {
  if (mayGrant(acting, accountId, role)) return;
  throw new TierlineError(
    'access.role_not_grantable',
    'forbidden',
    `The role ${acting.role} may not give or take the role ${role} in this account.`,
    { field },
  );
}
