import { TierlineError, type AccountId, type CustomerId } from '@tierline/kernel';

/** A person of a customer, who signs in to the customer's panel. Acts for no seller. */
export type CustomerUser = {
  readonly id: string;
  readonly ownerId: AccountId;
  readonly customerId: CustomerId;
  readonly login: string;
  readonly email: string;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  readonly createdAt: string;
};

/** What a person is to sign in with; what is not given is made by chance. */
export type WantedLogin = {
  readonly login?: string | undefined;
  readonly password?: string | undefined;
  readonly email: string;
  readonly name: string;
  /** Where it stands in the request, for refusals. */
  readonly field: string;
};

export function loginTaken(field: string): TierlineError {
  return new TierlineError('access.login_taken', 'conflict', 'This login is in use already. Choose another one.', {
    field,
  });
}
