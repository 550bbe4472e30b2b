import { invalid, TierlineError, type AccountId, type Reason, type UserId } from '@tierline/kernel';
import { passwordLengthMax, passwordLengthMin } from './passwords.ts';
import { roles, type Role } from './principal.ts';

/** The role of a user in one account. It covers everything below the account too. */
export type Membership = { readonly accountId: AccountId; readonly role: Role };

export type UserStatus = 'active' | 'disabled';

/** A person who signs in. One login may act for several accounts. */
export type User = {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly status: UserStatus;
  /** Those that the caller may see. */
  readonly memberships: readonly Membership[];
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type NewUser = {
  readonly email: string;
  readonly name: string;
  /** Not given: one is made and answered once. */
  readonly password?: string | undefined;
  readonly memberships: readonly Membership[];
};

export type UserChange = {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly password?: string | undefined;
  readonly status?: UserStatus | undefined;
  /** Roles to give, or (null) to take away; accounts that are not named keep theirs. */
  readonly memberships?: readonly { readonly accountId: AccountId; readonly role: Role | null }[] | undefined;
  readonly expectedVersion?: number | undefined;
};

/** Emails are compared and stored in lower case, without spaces around them. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Text that PostgreSQL can store and compare: it has no NUL and is not beyond all reason. */
export function isPlainText(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && !text.includes('\u0000');
}

export function emailReasons(email: string): Reason[] {
  if (isPlainText(email, 254) && /^[^\s@]+@[^\s@]+$/.test(normalEmail(email))) return [];
  return [
    {
      code: 'users.bad_email',
      field: 'email',
      message: 'An email address looks like name@example.com and has up to 254 characters.',
    },
  ];
}

export function nameReasons(name: string): Reason[] {
  if (isPlainText(name, 150) && name.trim() !== '') return [];
  return [{ code: 'access.bad_name', field: 'name', message: 'A name has 1 to 150 characters.' }];
}

export function passwordReasons(password: string): Reason[] {
  if (password.length >= passwordLengthMin && password.length <= passwordLengthMax) return [];
  return [
    {
      code: 'access.bad_password',
      field: 'password',
      message: `A password has ${passwordLengthMin} to ${passwordLengthMax} characters.`,
    },
  ];
}

/** Every reason why this can't be a user, all at once. */
export function checkNewUser(wanted: NewUser): void {
  const reasons = [
    ...emailReasons(wanted.email),
    ...nameReasons(wanted.name),
    ...(wanted.password === undefined ? [] : passwordReasons(wanted.password)),
    ...membershipReasons(wanted.memberships),
  ];
  if (wanted.memberships.length === 0) {
    reasons.push({
      code: 'users.no_membership',
      field: 'memberships',
      message: 'A user needs a role in at least one account.',
    });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

export function checkUserChange(wanted: UserChange): void {
  const reasons = [
    ...(wanted.email === undefined ? [] : emailReasons(wanted.email)),
    ...(wanted.name === undefined ? [] : nameReasons(wanted.name)),
    ...(wanted.password === undefined ? [] : passwordReasons(wanted.password)),
    ...membershipReasons(wanted.memberships ?? []),
  ];
  if (reasons.length > 0) throw invalid(reasons);
}

function membershipReasons(memberships: readonly { accountId: AccountId; role: Role | null }[]): Reason[] {
  const reasons: Reason[] = [];
  const seen = new Set<AccountId>();
  for (const [index, { accountId, role }] of memberships.entries()) {
    if (seen.has(accountId)) {
      reasons.push({
        code: 'users.membership_twice',
        field: `memberships.${index}.account_id`,
        message: 'An account can be named once.',
      });
    }
    seen.add(accountId);
    if (role !== null && !roles.includes(role)) {
      reasons.push({
        code: 'access.unknown_role',
        field: `memberships.${index}.role`,
        message: `A role is one of: ${roles.join(', ')}.`,
      });
    }
  }
  return reasons;
}

export function wrongPassword(field = 'current_password'): TierlineError {
  return new TierlineError('access.wrong_password', 'forbidden', 'This is not the current password.', { field });
}

export function emailTaken(field = 'email'): TierlineError {
  return new TierlineError('users.email_taken', 'conflict', 'There is a user with this email address already.', {
    field,
  });
}

/** Who also acts for accounts that the caller can't see is not the caller's to rename, disable or give a password. */
export function sharedUser(): TierlineError {
  return new TierlineError(
    'users.shared',
    'forbidden',
    'This user acts for other accounts too. Only the roles in your own accounts can be changed.',
  );
}

export function lastOwner(): TierlineError {
  return new TierlineError(
    'users.last_owner',
    'conflict',
    'An account needs an active owner: make another user owner first.',
    {
      field: 'memberships',
    },
  );
}
