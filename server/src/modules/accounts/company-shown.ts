import type { Account as Shown, Customer as ShownCustomer } from '@tierline/contract';
import type { Address, Company, Contact } from './company.ts';

/** A company between our own API and the engine. */

type ShownCompany = NonNullable<Shown['company']>;
type AddressRead = ShownCustomer['address'];
type ContactRead = ShownCustomer['contacts'][number];

export function addressFrom({ postal_code: postalCode, country_code: countryCode, ...same }: AddressRead): Address {
  return { ...same, postalCode, countryCode };
}

export function contactFrom({ first_name: firstName, last_name: lastName, ...same }: ContactRead): Contact {
  return { ...same, firstName, lastName };
}

export function companyFrom(company: ShownCompany): Company {
  return {
    address: addressFrom(company.address),
    contacts: company.contacts.map(contactFrom),
    taxRegistrationId: company.tax_registration_id,
    taxationProvider: company.taxation_provider,
    customerClass: company.customer_class,
    attributes: company.attributes,
  };
}

export function showAddress({ postalCode, countryCode, ...address }: Address): AddressRead {
  return {
    street: address.street,
    extension: address.extension,
    city: address.city,
    state: address.state,
    postal_code: postalCode,
    country_code: countryCode,
  };
}

export function showContacts(contacts: readonly Contact[]): ContactRead[] {
  return contacts.map(({ type, firstName, lastName, email, phone }) => ({
    type,
    first_name: firstName,
    last_name: lastName,
    email,
    phone,
  }));
}

export function showCompany(company: Company): ShownCompany {
  return {
    address: showAddress(company.address),
    contacts: showContacts(company.contacts),
    tax_registration_id: company.taxRegistrationId,
    taxation_provider: company.taxationProvider,
    customer_class: company.customerClass,
    attributes: company.attributes,
  };
}
