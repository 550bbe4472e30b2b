import { customerRoutes, type Customer as Shown } from '@tierline/contract';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import { addressFrom, contactFrom, showAddress, showContacts, type AccountsService } from '../accounts/index.ts';
import type { Customer } from './customer.ts';
import type { CustomersService } from './service.ts';

type Services = {
  readonly customers: CustomersService;
  readonly accounts: AccountsService;
};

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
      ...moreFacts(body),
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
      ...moreFacts(body),
      address: body.address && addressFrom(body.address),
      contacts: body.contacts?.map(contactFrom),
      expectedVersion,
    };
    const customer = await customers.change(cause, caller.accountId, { id: params.customer_id }, given(wanted));
    return ok(showCustomer(customer), customer.version);
  });
}

type MoreFacts = Partial<Record<'note' | 'emergency_email' | 'industry' | 'company_size', string | null | undefined>>;

function moreFacts({ note, emergency_email: emergencyEmail, industry, company_size: companySize }: MoreFacts) {
  return { note, emergencyEmail, industry, companySize };
}

export function showCustomer(customer: Customer): Shown {
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
    address: showAddress(customer.address),
    contacts: showContacts(customer.contacts),
    attributes: customer.attributes,
    note: customer.note,
    emergency_email: customer.emergencyEmail,
    industry: customer.industry,
    company_size: customer.companySize,
    version: customer.version,
    created_at: customer.createdAt,
    updated_at: customer.updatedAt,
  };
}
