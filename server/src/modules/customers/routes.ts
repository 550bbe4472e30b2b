import { customerRoutes, type Customer as Shown } from '@tierline/contract';
import type { z } from 'zod';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { Address, Contact, Customer } from './customer.ts';
import type { CustomersService } from './service.ts';

type Services = { readonly customers: CustomersService; readonly accounts: AccountsService };

export function bindCustomers(bind: Bind<Principal>, { customers, accounts }: Services): void {
  bind(customerRoutes.listCustomers, async ({ caller, query }) => {
    const { owner_id: ownerId, status, name, email, external_id: externalId, limit } = query;
    if (ownerId !== undefined) await accounts.visible(caller.accountId, ownerId, 'owner_id');
    const scope = ownerId === undefined ? { within: caller.accountId } : { ownerId };
    const filter = { scope, status, nameContains: name, email, externalId };
    const rows = await customers.page(filter, { after: afterId<'customer'>(query), limit: limit + 1 });
    return ok(pageById(rows, query, showCustomer));
  });

  bind(customerRoutes.createCustomer, async ({ caller, body, cause }) => {
    const ownerId = body.owner_id ?? caller.accountId;
    await accounts.visible(caller.accountId, ownerId, 'owner_id');
    const facts = {
      name: body.name,
      language: body.language,
      externalId: body.external_id,
      taxRegistrationId: body.tax_registration_id,
      buyerGroup: body.buyer_group,
      billingCurrency: body.billing_currency,
      attributes: body.attributes,
    };
    const { address, contacts } = body;
    const customer = await customers.create(cause, ownerId, {
      ...given(facts),
      address: addressFrom(address),
      contacts: contacts.map(contactFrom),
    });
    return created(showCustomer(customer), customer.version);
  });

  bind(customerRoutes.getCustomer, async ({ caller, params }) => {
    const customer = await customers.get(caller.accountId, { id: params.customer_id });
    return ok(showCustomer(customer), customer.version);
  });

  bind(customerRoutes.changeCustomer, async ({ caller, params, body, cause, expectedVersion }) => {
    const wanted = {
      name: body.name,
      language: body.language,
      status: body.status,
      externalId: body.external_id,
      taxRegistrationId: body.tax_registration_id,
      buyerGroup: body.buyer_group,
      billingCurrency: body.billing_currency,
      attributes: body.attributes,
      address: body.address && addressFrom(body.address),
      contacts: body.contacts?.map(contactFrom),
      expectedVersion,
    };
    const customer = await customers.change(cause, caller.accountId, { id: params.customer_id }, given(wanted));
    return ok(showCustomer(customer), customer.version);
  });
}

type AddressRead = NonNullable<z.output<typeof customerRoutes.changeCustomer.body>['address']>;
type ContactRead = NonNullable<z.output<typeof customerRoutes.changeCustomer.body>['contacts']>[number];

function addressFrom({ postal_code: postalCode, country_code: countryCode, ...same }: AddressRead): Address {
  return { ...same, postalCode, countryCode };
}

function contactFrom({ first_name: firstName, last_name: lastName, ...same }: ContactRead): Contact {
  return { ...same, firstName, lastName };
}

export function showCustomer(customer: Customer): Shown {
  const { postalCode, countryCode, ...address } = customer.address;
  return {
    id: customer.id,
    owner_id: customer.ownerId,
    number: customer.number,
    name: customer.name,
    status: customer.status,
    external_id: customer.externalId,
    language: customer.language,
    tax_registration_id: customer.taxRegistrationId,
    buyer_group: customer.buyerGroup,
    billing_currency: customer.billingCurrency,
    address: {
      street: address.street,
      extension: address.extension,
      city: address.city,
      state: address.state,
      postal_code: postalCode,
      country_code: countryCode,
    },
    contacts: customer.contacts.map(({ type, firstName, lastName, email, phone }) => ({
      type,
      first_name: firstName,
      last_name: lastName,
      email,
      phone,
    })),
    attributes: customer.attributes,
    version: customer.version,
    created_at: customer.createdAt,
    updated_at: customer.updatedAt,
  };
}
