import type { Address, Contact } from '../../modules/accounts/index.ts';

/** What customers and resellers share on the wire (SimpleAPI reference 4.1). */

export type AccountFacts = {
  readonly number: string;
  readonly externalId: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: string;
  readonly name: string;
  /** Null: nobody told. Clients rely on the members being there, so they are, and empty. */
  readonly address: Address | null;
  readonly contacts: readonly Contact[];
  readonly language: string;
  readonly taxRegistrationId: string | null;
};

export function accountToWire(facts: AccountFacts) {
  return {
    id: facts.number,
    ...given('externalId', facts.externalId),
    attributes: facts.attributes,
    status: facts.status,
    name: facts.name,
    address: addressToWire(facts.address),
    contactPersons: facts.contacts.map(contactToWire),
    language: languageToWire(facts.language),
    ...given('taxRegId', facts.taxRegistrationId),
  };
}

/** A member that is left out where there is nothing to say. */
export function given<Name extends string>(name: Name, value: string | null): Partial<Record<Name, string>> {
  return value === null ? {} : ({ [name]: value } as Record<Name, string>);
}

function addressToWire(address: Address | null) {
  return {
    streetAddress: address?.street ?? '',
    ...given('addressExtension', address?.extension ?? null),
    postalCode: address?.postalCode ?? '',
    city: address?.city ?? '',
    ...given('state', address?.state ?? null),
    countryCode: address?.countryCode ?? '',
  };
}

/** The codes of version 1.1 for languages that are stored without a country (SimpleAPI reference 4.1). */
const countries: Readonly<Record<string, string>> = {
  ar: 'AE',
  de: 'DE',
  en: 'US',
  es: 'ES',
  fr: 'FR',
  it: 'IT',
  ja: 'JP',
  nl: 'NL',
  pt: 'BR',
};

/** A language with its country, `en_US`; other surfaces may have stored `en` or `en-US`. */
function languageToWire(language: string): string {
  const [name = '', country = countries[name]] = language.split(/[-_]/);
  return country === undefined ? name : `${name}_${country}`;
}

function contactToWire({ type, firstName, lastName, email, phone }: Contact) {
  return { type, firstName, lastName, email, phoneNumber: phoneToWire(phone) };
}

/** Country, area, number and extension with # between; numbers from other surfaces may be written as people do. */
function phoneToWire(phone: string): string {
  if (phone.includes('#')) return phone;
  const [, country = '', rest = ''] = /^\s*(?:\+(\d{1,3})\b)?(.*)$/s.exec(phone) ?? [];
  return `${country}##${rest.replace(/\D/g, '')}#`;
}
