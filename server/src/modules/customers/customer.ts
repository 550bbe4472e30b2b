import { invalid, isCurrency, type AccountId, type CustomerId, type Reason } from '@tierline/kernel';

export const customerStatuses = ['pending', 'active', 'credit_hold', 'admin_hold', 'canceled', 'error'] as const;
export type CustomerStatus = (typeof customerStatuses)[number];

/** What each status allows; the only place that says so. */
export const statusRules: Readonly<Record<CustomerStatus, { readonly mayOrder: boolean; readonly why: string }>> = {
  pending: { mayOrder: false, why: 'is not verified yet' },
  active: { mayOrder: true, why: '' },
  credit_hold: { mayOrder: false, why: 'has an unpaid balance' },
  admin_hold: { mayOrder: false, why: 'is on hold' },
  canceled: { mayOrder: false, why: 'is canceled' },
  error: { mayOrder: false, why: 'is in error; its account must be mended first' },
};

export type Address = {
  readonly street: string;
  readonly extension: string | null;
  readonly city: string;
  readonly state: string | null;
  readonly postalCode: string;
  readonly countryCode: string;
};

export const contactTypes = ['admin', 'billing', 'technical'] as const;

export type Contact = {
  readonly type: (typeof contactTypes)[number];
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
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
};

export function checkFacts(facts: CustomerFacts): void {
  const reasons: Reason[] = [];
  if (facts.billingCurrency && !isCurrency(facts.billingCurrency)) {
    reasons.push({
      code: 'customers.unknown_currency',
      field: 'billing_currency',
      message: 'The currency must be an active ISO 4217 code such as EUR.',
    });
  }
  if (!/^[A-Z]{2}$/.test(facts.address.countryCode)) {
    reasons.push({
      code: 'customers.unknown_country',
      field: 'address.country_code',
      message: 'A country is two capital letters (ISO 3166-1).',
    });
  }
  for (const [index, contact] of facts.contacts.entries()) {
    if (!/^[^\s@]+@[^\s@]+$/.test(contact.email)) {
      reasons.push({
        code: 'customers.invalid_email',
        field: `contacts.${index}.email`,
        message: 'This is no e-mail address.',
      });
    }
  }
  if (reasons.length > 0) throw invalid(reasons);
}
