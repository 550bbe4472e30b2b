import type { Clock } from '@tierline/kernel';
import { customerSessionsService } from './service-customer-sessions.ts';
import { customerUsersService } from './service-customer-users.ts';
import { apiKeysService } from './service-keys.ts';
import { lmpiCredentialsService } from './service-lmpi.ts';
import type { AccessDependencies } from './service-sealed.ts';
import { ownPasswords } from './service-own-password.ts';
import { simpleApiUsersService } from './service-simpleapi.ts';
import { usersService } from './service-users.ts';

export type AccessService = ReturnType<typeof accessService>;

/**
 * Use cases of users and of everything that lets somebody act for an account. Callers have authorized the operation;
 * `acting` tells which accounts are visible and which roles may be handed out. Nothing of this works on another tenant.
 */
export function accessService(
  dependencies: AccessDependencies & { readonly clock: Clock; readonly portalSessionHours: number },
) {
  return {
    ...usersService(dependencies),
    ...ownPasswords(dependencies),
    ...customerUsersService(dependencies),
    ...customerSessionsService(dependencies),
    ...apiKeysService(dependencies),
    ...lmpiCredentialsService(dependencies),
    ...simpleApiUsersService(dependencies),
  };
}
