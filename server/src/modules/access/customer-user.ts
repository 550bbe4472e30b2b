import { TierlineError, type AccountId, type CustomerId } from '@tierline/kernel';
import type { Account } from '../accounts/index.ts';

/** A phone number in the parts that LMPI has of it; null: not told. */
export type Phone = {
  readonly areaCode: string | null;
  readonly number: string | null;
  readonly extension: string | null;
};

/** A person of a customer, who signs in to the customer's panel. Acts for no seller. JSON-safe. */
export type CustomerUser = {
  readonly id: string;
  readonly ownerId: AccountId;
  readonly customerId: CustomerId;
  /** Where the login is in use once, whatever the letter case. */
  readonly channelId: AccountId;
  readonly login: string;
  readonly email: string;
  /** The whole name, which not everybody has in two parts. */
  readonly name: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: Phone;
  /** An IANA zone; null: that of the seller. */
  readonly timeZone: string | null;
  /** Null: that of the customer. */
  readonly language: string | null;
  readonly status: 'active' | 'disabled';
  readonly version: number;
  readonly createdAt: string;
  /** When the profile was changed last; null: never. */
  readonly modifiedAt: string | null;
};

/** What a person is to sign in with; what is not given is made by chance. */
export type WantedLogin = {
  readonly login?: string | undefined;
  readonly password?: string | undefined;
  readonly email: string;
  readonly name: string;
  /** Not given: the name before its first space, and what follows. */
  readonly firstName?: string;
  readonly lastName?: string;
  readonly phone?: Phone;
  readonly timeZone?: string;
  readonly language?: string;
  /** Whether a token is made with which the person can choose a password. */
  readonly resettable?: boolean;
  /** Where it stands in the request, for refusals. */
  readonly field: string;
};

/** What was made for a person; its secrets are told once. */
export type MadeLogin = {
  readonly user: CustomerUser;
  readonly password: string;
  readonly resetToken: string | null;
};

/** What is not named stays as it is. */
export type CustomerUserChange = {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly phone?: Partial<Phone>;
  readonly timeZone?: string | null;
  readonly language?: string | null;
  readonly status?: CustomerUser['status'];
  readonly expectedVersion?: number | undefined;
};

/** The account in whose channel a login is in use once: the nearest of tier one, or else the root (LMPI reference, part 1, 5.1). */
export function loginChannelOf(chain: readonly Pick<Account, 'id' | 'kind'>[]): AccountId {
  const nearest = chain.findLast(({ kind }) => kind === 'distributor' || kind === 'isp') ?? chain[0];
  if (nearest === undefined) throw new TierlineError('access.no_channel', 'bug', 'An account has no root.');
  return nearest.id;
}

/** First and last name of somebody of whom only the whole name is known. */
export function partsOfName(name: string): { firstName: string; lastName: string } {
  const [firstName = '', ...rest] = name.trim().split(/\s+/);
  return { firstName, lastName: rest.join(' ') };
}

/** @param at when it is changed, in real time */
export function changedCustomerUser(
  current: CustomerUser,
  { expectedVersion: _, phone, ...change }: CustomerUserChange,
  at: string,
): CustomerUser {
  const changed = {
    ...current,
    ...change,
    phone: { ...current.phone, ...phone },
    version: current.version + 1,
    modifiedAt: at,
  };
  const isRenamed = change.firstName !== undefined || change.lastName !== undefined;
  return isRenamed ? { ...changed, name: `${changed.firstName} ${changed.lastName}`.trim() } : changed;
}

export function loginTaken(field: string): TierlineError {
  return new TierlineError('access.login_taken', 'conflict', 'This login is in use already. Choose another one.', {
    field,
  });
}

export function resetRefused(): TierlineError {
  return new TierlineError(
    'access.reset_refused',
    'invalid',
    'This link is unknown, was used before, or has expired. Ask for a new one.',
    { field: 'token' },
  );
}
