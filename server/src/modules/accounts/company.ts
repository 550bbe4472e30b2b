/** What is told of a company, be it a seller or a customer. JSON-safe. */

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

export type Company = {
  readonly address: Address;
  readonly contacts: readonly Contact[];
  readonly taxRegistrationId: string | null;
  /** The service that calculates its taxes: kept and shown, not called. */
  readonly taxationProvider: string | null;
  readonly customerClass: string | null;
  readonly attributes: Readonly<Record<string, string>>;
};

export function isCountry(text: string): boolean {
  return /^[A-Z]{2}$/.test(text);
}

/** Places of contacts whose e-mail address is none. */
export function badEmails(contacts: readonly Contact[]): number[] {
  return contacts.flatMap(({ email }, index) => (/^[^\s@]+@[^\s@]+$/.test(email) ? [] : [index]));
}

/** As contacts are looked for: in lower case. */
export function contactEmails(contacts: readonly Contact[]): string[] {
  return contacts.map(({ email }) => email.toLowerCase());
}
