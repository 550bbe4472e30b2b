import { invalid, isUuid, TierlineError, type AccountId, type Reason } from '@tierline/kernel';
import type { Role } from './principal.ts';
import { isApiKey } from './tokens.ts';
import { isPlainText, passwordReasons } from './user.ts';

/** A key for our own API. The key itself is shown once and never stored. */
export type ApiKey = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly name: string;
  readonly role: Role;
  /** The first characters of the key, to tell keys apart. */
  readonly prefix: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

/** What signs LMPI requests (LMPI reference, part 1, 1.1). The protocol shows the secret key again to its owner. */
export type LmpiCredential = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly accessToken: string;
  /** Null once revoked or ended. */
  readonly secretKey: string | null;
  readonly createdAt: string;
  /** When it stops to sign, because a younger one took its place; null: when it is revoked. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

/** Which edition of the SimpleAPI documents answers follow where the editions differ. */
export const simpleApiProfiles = ['21.0', '1.15'] as const;
export type SimpleApiProfile = (typeof simpleApiProfiles)[number];

/** A user of SimpleAPI, without what it signs in with (SimpleAPI reference 2). */
export type SimpleApiCredential = {
  readonly id: string;
  readonly accountId: AccountId;
  readonly username: string;
  readonly clientId: string;
  readonly marketplace: string;
  readonly profile: SimpleApiProfile;
  readonly limits: CallLimits;
  readonly createdAt: string;
  readonly revokedAt: string | null;
};

/** How many calls a key may make. Null: what the setting says; 0: any number. */
export type CallLimits = { readonly perMinute: number | null; readonly perDay: number | null };

export const defaultLimits: CallLimits = { perMinute: null, perDay: null };

/** What a SimpleAPI user signs in with; shown once. */
export type SimpleApiLogin = {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** 32 hexadecimal digits when made here. */
  readonly subscriptionKey: string;
};

export type NewApiKey = {
  readonly name: string;
  readonly role: Role;
  /** An instant; not given: it does not expire. */
  readonly expiresAt?: string | null | undefined;
  /** To bring a key along instead of having one made. */
  readonly key?: string | undefined;
};

export type NewLmpiCredential = {
  readonly accessToken?: string | undefined;
  readonly secretKey?: string | undefined;
  /** How long the older ones of the account go on to sign; not given: until they are revoked. */
  readonly overlapHours?: number | undefined;
};

export type NewSimpleApiUser = Partial<SimpleApiLogin> & {
  readonly marketplace: string;
  readonly profile: SimpleApiProfile;
};

export function checkNewApiKey(wanted: NewApiKey, expiresInFuture: boolean): void {
  const reasons: Reason[] = [];
  if (!isPlainText(wanted.name, 150) || wanted.name.trim() === '') {
    reasons.push({ code: 'access.bad_name', field: 'name', message: 'A name has 1 to 150 characters.' });
  }
  if (wanted.key !== undefined && !isApiKey(wanted.key)) {
    reasons.push({
      code: 'api_keys.bad_key',
      field: 'key',
      message: 'A key begins with tl_key_ and goes on with 32 to 128 letters, digits, hyphens and underscores.',
    });
  }
  if (!expiresInFuture) {
    reasons.push({ code: 'api_keys.expired', field: 'expires_at', message: 'A key must expire in the future.' });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

/** LMPI reference, part 1, 1.1: the token is a GUID; a secret key has 10 to 100 characters and is used as the text it is. */
export function checkNewLmpiCredential(wanted: NewLmpiCredential): void {
  const reasons: Reason[] = [];
  if (wanted.accessToken !== undefined && !isUuid(wanted.accessToken)) {
    reasons.push({
      code: 'lmpi_credentials.bad_access_token',
      field: 'access_token',
      message: 'An access token is a GUID.',
    });
  }
  if (wanted.secretKey !== undefined && !/^[\x21-\x7e]{10,100}$/.test(wanted.secretKey)) {
    reasons.push({
      code: 'lmpi_credentials.bad_secret_key',
      field: 'secret_key',
      message: 'A secret key has 10 to 100 visible ASCII characters.',
    });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

export function checkNewSimpleApiUser(wanted: NewSimpleApiUser): void {
  const reasons: Reason[] = [];
  const visible = (field: string, text: string | undefined, pattern: RegExp, message: string): void => {
    if (text !== undefined && !pattern.test(text)) reasons.push({ code: 'simpleapi_users.bad_value', field, message });
  };
  // Without a colon, because it goes before one in basic authentication (SimpleAPI reference 2.1).
  visible(
    'username',
    wanted.username,
    /^[^\s:\p{Cc}]{3,150}$/u,
    'A user name has 3 to 150 characters, no space and no colon.',
  );
  visible('client_id', wanted.clientId, /^[\x21-\x7e]{3,150}$/, 'A client id has 3 to 150 visible ASCII characters.');
  visible(
    'client_secret',
    wanted.clientSecret,
    /^[\x21-\x7e]{8,200}$/,
    'A client secret has 8 to 200 visible ASCII characters.',
  );
  visible(
    'subscription_key',
    wanted.subscriptionKey,
    /^[\x21-\x7e]{8,200}$/,
    'A subscription key has 8 to 200 visible ASCII characters.',
  );
  visible('marketplace', wanted.marketplace, /^[A-Za-z0-9_-]{1,50}$/, 'A marketplace has 1 to 50 letters and digits.');
  if (wanted.password !== undefined) reasons.push(...passwordReasons(wanted.password));
  if (!simpleApiProfiles.includes(wanted.profile)) {
    reasons.push({
      code: 'simpleapi_users.unknown_profile',
      field: 'profile',
      message: `A profile is one of: ${simpleApiProfiles.join(', ')}.`,
    });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

/** LMPI knows four business roles, and the operator is none of them (LMPI reference, part 1, 4). */
export function noLmpiRole(): TierlineError {
  return new TierlineError(
    'lmpi_credentials.kind_not_allowed',
    'invalid',
    'Only a distributor, an ISP, an MSP or a reseller can have LMPI credentials.',
    { field: 'account_id' },
  );
}

export function taken(field: 'access_token' | 'username' | 'key'): TierlineError {
  return new TierlineError('access.credential_taken', 'conflict', 'This value is in use already. Choose another one.', {
    field,
  });
}

/** What an LMPI secret is bound to where it is stored. */
export function lmpiSecretContext(credentialId: string): string {
  return `lmpi_credentials:${credentialId}`;
}
