import { invalid, isCurrency, isTimeZone, type AccountId, type Reason } from '@tierline/kernel';
import { badEmails, isCountry, type Company } from './company.ts';

export const accountKinds = ['provider', 'distributor', 'isp', 'msp', 'reseller'] as const;
export type AccountKind = (typeof accountKinds)[number];

/** From the best to the worst: of an account and those above it, the worst counts. */
export const accountStatuses = ['active', 'credit_hold', 'pending', 'suspended', 'error', 'closed'] as const;
export type AccountStatus = (typeof accountStatuses)[number];

/** What an account may do in each status. Anything is sold only by an active one below active ones. */
export const statusAccess: Readonly<Record<AccountStatus, 'all' | 'read' | 'none'>> = {
  active: 'all',
  credit_hold: 'all',
  pending: 'read',
  suspended: 'read',
  error: 'none',
  closed: 'none',
};

/** What an account does with a sales price below its cost. */
export type PriceFloor = 'none' | 'cost';

/** A seller in the channel tree. JSON-safe: numbers that can be large are decimal text, instants are ISO text. */
export type Account = {
  readonly id: AccountId;
  readonly parentId: AccountId | null;
  readonly rootId: AccountId;
  /** From the root to the account itself. */
  readonly path: readonly AccountId[];
  /** The root of a tree with a clock of its own; null in the real world. */
  readonly sandboxId: AccountId | null;
  readonly kind: AccountKind;
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly country: string;
  readonly language: string;
  readonly status: AccountStatus;
  readonly number: string;
  readonly tenantId: string | null;
  readonly externalId: string | null;
  readonly buyerGroup: string | null;
  /** What its seller bills it in; null: the currency of the price list. */
  readonly billingCurrency: string | null;
  readonly priceFloor: PriceFloor;
  /** Where its new services live, unless said otherwise: a code such as `EU`. Null: nobody told. */
  readonly dataCenter: string | null;
  /** Manages its customers in Remote Manager. */
  readonly remoteManager: boolean;
  /** Has moved to Trend Vision One for Service Providers. */
  readonly visionOne: boolean;
  readonly profile: Readonly<Record<string, unknown>>;
  /** Null: nobody told. */
  readonly company: Company | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** Which kinds an account may have directly below it. Sellers nest to any depth. */
export const childKinds: Readonly<Record<AccountKind, readonly AccountKind[]>> = {
  provider: ['distributor', 'isp', 'msp', 'reseller'],
  distributor: ['distributor', 'isp', 'msp', 'reseller'],
  isp: ['msp', 'reseller'],
  msp: ['msp', 'reseller'],
  reseller: ['reseller'],
};

/** Which status an account may go to from each; `closed` is final. */
export const statusChanges: Readonly<Record<AccountStatus, readonly AccountStatus[]>> = {
  active: accountStatuses,
  credit_hold: accountStatuses,
  pending: accountStatuses,
  suspended: accountStatuses,
  error: accountStatuses,
  closed: [],
};

export type AccountFacts = {
  readonly kind: AccountKind;
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly country: string;
  readonly language: string;
  readonly billingCurrency?: string | null;
  readonly company?: Company | null;
};

/** Every reason why these facts can't make an account below `parent` (null: a root), all at once. */
export function checkFacts(facts: AccountFacts, parent: Pick<Account, 'kind'> | null): void {
  const reasons: Reason[] = [];
  if (parent === null && facts.kind !== 'provider') {
    reasons.push({
      code: 'accounts.kind_needs_parent',
      field: 'kind',
      message: `An account of kind ${facts.kind} needs a parent.`,
    });
  }
  if (parent !== null && !childKinds[parent.kind].includes(facts.kind)) {
    reasons.push({
      code: 'accounts.kind_not_allowed',
      field: 'kind',
      message: `Below a ${parent.kind} an account may be: ${childKinds[parent.kind].join(', ')}.`,
    });
  }
  if (!isCurrency(facts.currency)) {
    reasons.push({
      code: 'accounts.unknown_currency',
      field: 'currency',
      message: `${facts.currency} is no ISO 4217 currency code.`,
    });
  }
  if (facts.billingCurrency && !isCurrency(facts.billingCurrency)) {
    reasons.push({
      code: 'accounts.unknown_currency',
      field: 'billing_currency',
      message: `${facts.billingCurrency} is no ISO 4217 currency code.`,
    });
  }
  if (parent === null && facts.billingCurrency) {
    reasons.push({
      code: 'accounts.billing_needs_seller',
      field: 'billing_currency',
      message: 'The root of a channel has no seller that would bill it.',
    });
  }
  if (!isTimeZone(facts.timeZone)) {
    reasons.push({
      code: 'accounts.unknown_time_zone',
      field: 'time_zone',
      message: `${facts.timeZone} is no IANA time zone, such as Europe/Berlin.`,
    });
  }
  const unknownCountry = (field: string): void =>
    void reasons.push({
      code: 'accounts.unknown_country',
      field,
      message: 'A country is two capital letters (ISO 3166-1).',
    });
  if (!isCountry(facts.country)) unknownCountry('country');
  const address = facts.company?.address;
  if (address !== undefined && !isCountry(address.countryCode)) unknownCountry('company.address.country_code');
  for (const index of badEmails(facts.company?.contacts ?? [])) {
    reasons.push({
      code: 'accounts.invalid_email',
      field: `company.contacts.${index}.email`,
      message: 'This is no e-mail address.',
    });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

export function checkStatusChange(from: AccountStatus, to: AccountStatus): void {
  if (from === to || statusChanges[from].includes(to)) return;
  throw invalid([
    {
      code: 'accounts.status_change_not_allowed',
      field: 'status',
      message: `A ${from} account can't become ${to}.`,
    },
  ]);
}

/** Whether `account` is `ancestor` or stands below it. */
export function isWithin(account: Pick<Account, 'path'>, ancestor: AccountId): boolean {
  return account.path.includes(ancestor);
}

const tenantLetters = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** A tenant id of five letters, made of random bytes (LMPI reference, part 2, 1.3: 4-6 characters, the sample has 5 letters). */
export function tenantIdFrom(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 5), (byte) => tenantLetters[byte % tenantLetters.length]).join('');
}
