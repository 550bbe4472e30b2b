import { invalid, isCurrency, type AccountId, type CustomerId, type Reason } from '@tierline/kernel';
import { badEmails, isCountry, type Address, type Contact } from '../accounts/index.ts';
import { areEmails, type Codes } from '../codes/index.ts';

export const customerStatuses = ['pending', 'active', 'credit_hold', 'admin_hold', 'canceled', 'error'] as const;
export type CustomerStatus = (typeof customerStatuses)[number];

export type StatusRule = {
  readonly mayOrder: boolean;
  /** Whether its people get into its panel. */
  readonly panel: boolean;
  /** Whether its services run; where they don't, its active subscriptions read as held. */
  readonly servicesRun: boolean;
  readonly why: string;
};

/** What each status allows (SimpleAPI reference 4.1); the only place that says so. */
export const statusRules: Readonly<Record<CustomerStatus, StatusRule>> = {
  pending: { mayOrder: false, panel: false, servicesRun: true, why: 'is not verified yet' },
  active: { mayOrder: true, panel: true, servicesRun: true, why: '' },
  credit_hold: { mayOrder: false, panel: true, servicesRun: true, why: 'has an unpaid balance' },
  admin_hold: { mayOrder: false, panel: false, servicesRun: false, why: 'is on hold' },
  canceled: { mayOrder: false, panel: false, servicesRun: false, why: 'is canceled' },
  error: { mayOrder: false, panel: false, servicesRun: true, why: 'is in error; its account must be mended first' },
};

/** A company that buys for itself: a leaf of the channel, owned by the seller directly above it. JSON-safe. */
export type Customer = {
  readonly id: CustomerId;
  readonly ownerId: AccountId;
  readonly number: string;
  readonly name: string;
  readonly status: CustomerStatus;
  readonly externalId: string | null;
  readonly language: string;
  readonly taxRegistrationId: string | null;
  readonly buyerGroup: string | null;
  /** What it is billed in; null: the currency of the price list. */
  readonly billingCurrency: string | null;
  readonly address: Address;
  readonly contacts: readonly Contact[];
  readonly attributes: Readonly<Record<string, string>>;
  /** What its seller wrote down about it. */
  readonly note: string | null;
  /** Who is told of incidents: addresses with a semicolon between them. */
  readonly emergencyEmail: string | null;
  /** Codes of the lists in `codes`. */
  readonly industry: string | null;
  readonly companySize: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What an order needs to know of its customer. */
export type OrderingCustomer = Pick<Customer, 'id' | 'ownerId' | 'status' | 'buyerGroup' | 'version'> & {
  readonly billingCurrency?: string | null;
};

export type CustomerFacts = Pick<Customer, 'name' | 'address' | 'contacts' | 'language'> & {
  readonly externalId?: string | null;
  readonly taxRegistrationId?: string | null;
  readonly buyerGroup?: string | null;
  readonly billingCurrency?: string | null;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly note?: string | null;
  readonly emergencyEmail?: string | null;
  readonly industry?: string | null;
  readonly companySize?: string | null;
};

/** @param given what is being said now: a code that was good once may stay when it is not in the list any more */
export function checkFacts(facts: CustomerFacts, given: Partial<CustomerFacts>, codes: Codes): void {
  const reasons: Reason[] = codeReasons(given, codes);
  if (facts.billingCurrency && !isCurrency(facts.billingCurrency)) {
    reasons.push({
      code: 'customers.unknown_currency',
      field: 'billing_currency',
      message: 'The currency must be an active ISO 4217 code such as EUR.',
    });
  }
  if (!isCountry(facts.address.countryCode)) {
    reasons.push({
      code: 'customers.unknown_country',
      field: 'address.country_code',
      message: 'A country is two capital letters (ISO 3166-1).',
    });
  }
  for (const index of badEmails(facts.contacts)) {
    reasons.push({
      code: 'customers.invalid_email',
      field: `contacts.${index}.email`,
      message: 'This is no e-mail address.',
    });
  }
  if (reasons.length > 0) throw invalid(reasons);
}

function codeReasons({ industry, companySize, emergencyEmail }: Partial<CustomerFacts>, codes: Codes): Reason[] {
  const reasons: Reason[] = [];
  if (industry && !codes.industries.has(industry)) {
    reasons.push({
      code: 'customers.unknown_industry',
      field: 'industry',
      message: 'There is no such code of an industry.',
    });
  }
  if (companySize && !codes.companySizes.has(companySize)) {
    reasons.push({
      code: 'customers.unknown_company_size',
      field: 'company_size',
      message: 'There is no such code of a company size.',
    });
  }
  if (emergencyEmail && !areEmails(emergencyEmail)) {
    reasons.push({
      code: 'customers.invalid_email',
      field: 'emergency_email',
      message: 'E-mail addresses have a semicolon between them, and letters, digits, and "-", "." and "_".',
    });
  }
  return reasons;
}
