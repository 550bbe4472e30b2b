import { z } from '@hono/zod-openapi';
import { billingCurrency } from './accounts.ts';
import { cast } from './cast.ts';
import { address, contacts, shownAddress, shownContacts } from './company.ts';
import { route } from './route.ts';
import { attributes, changes, id, instant, language, longText, name, page, pageQuery, text, version } from './wire.ts';

export const customerStatus = z.enum(['pending', 'active', 'credit_hold', 'admin_hold', 'canceled', 'error']);

export const customer = z
  .strictObject({
    id: id('customer'),
    owner_id: id('account', 'The seller directly above.'),
    number: z.string(),
    name: z.string(),
    status: customerStatus,
    external_id: z.string().nullable(),
    language: z.string(),
    tax_registration_id: z.string().nullable(),
    buyer_group: z.string().nullable(),
    billing_currency: z.string().nullable(),
    address: shownAddress,
    contacts: shownContacts,
    attributes: z.record(z.string(), z.string()),
    note: z.string().nullable(),
    emergency_email: z.string().nullable(),
    industry: z.string().nullable(),
    company_size: z.string().nullable(),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Customer');
export type Customer = z.input<typeof customer>;

const facts = {
  name,
  address,
  contacts,
  language,
  external_id: text(150).nullable(),
  tax_registration_id: text(100).nullable(),
  buyer_group: text(100)
    .nullable()
    .openapi({ description: "The group among its seller's buyers, for price lists of groups." }),
  attributes,
  note: longText(500).nullable().openapi({ description: 'What its seller writes down about it.' }),
  emergency_email: text(250)
    .nullable()
    .openapi({ description: 'Who is told of incidents: e-mail addresses with a semicolon between them.' }),
  industry: text(3)
    .nullable()
    .openapi({ description: 'A section or division of ISIC Rev. 4, or a code that the operator added.' }),
  company_size: text(2).nullable().openapi({
    description:
      'How many people: 1 up to 9, 2 up to 49, 3 up to 249, 4 up to 999, 5 up to 4,999, 6 more; or what the operator added.',
  }),
};

export const newCustomer = z
  .strictObject({
    owner_id: id('account', 'Whose customer it is; your own when not given.').optional(),
    name: facts.name,
    address: facts.address,
    contacts: facts.contacts.default([]),
    language: facts.language.default('en'),
    external_id: facts.external_id.optional(),
    tax_registration_id: facts.tax_registration_id.optional(),
    buyer_group: facts.buyer_group.optional(),
    billing_currency: billingCurrency.optional(),
    attributes: facts.attributes.optional(),
    note: facts.note.optional(),
    emergency_email: facts.emergency_email.optional(),
    industry: facts.industry.optional(),
    company_size: facts.company_size.optional(),
  })
  .openapi('NewCustomer');

export const customerChange = changes({
  name: facts.name.optional(),
  address: facts.address.optional(),
  contacts: facts.contacts.optional(),
  language: facts.language.optional(),
  status: customerStatus.optional(),
  external_id: facts.external_id.optional(),
  tax_registration_id: facts.tax_registration_id.optional(),
  buyer_group: facts.buyer_group.optional(),
  billing_currency: billingCurrency.optional(),
  attributes: facts.attributes.optional(),
  note: facts.note.optional(),
  emergency_email: facts.emergency_email.optional(),
  industry: facts.industry.optional(),
  company_size: facts.company_size.optional(),
}).openapi('CustomerChange');

const params = z.strictObject({ customer_id: id('customer') });
const tag = 'Customers';

export const customerRoutes = {
  listCustomers: route({
    operationId: 'listCustomers',
    method: 'get',
    path: '/customers',
    tag,
    summary: 'List customers',
    description: 'Customers of your account and of those below, the newest first.',
    permission: 'customers.read',
    query: z.strictObject({
      ...pageQuery,
      owner_id: id('account', 'Only customers of exactly this account.').optional(),
      status: customerStatus.optional(),
      name: text(150).optional().openapi({ description: 'A part of the name, in any letter case.' }),
      email: text(254).optional().openapi({ description: 'The whole address of one of the contacts.' }),
      external_id: text(150).optional(),
    }),
    answers: { 200: page(customer) },
    examples: [{ as: 'reseller', query: { status: 'active', limit: '20' }, status: 200 }],
  }),
  createCustomer: route({
    operationId: 'createCustomer',
    method: 'post',
    path: '/customers',
    tag,
    summary: 'Add a customer',
    permission: 'customers.create',
    body: newCustomer,
    answers: { 201: customer },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        body: {
          name: 'Marlow Print Works',
          address: { street: '4 Mill Lane', city: 'Portland', state: 'OR', postal_code: '97201', country_code: 'US' },
          contacts: [
            { type: 'admin', first_name: 'Iris', last_name: 'Marlow', email: 'iris@example.com', phone: '+1 555 0100' },
          ],
          external_id: 'C-1042',
        },
        status: 201,
      },
    ],
  }),
  getCustomer: route({
    operationId: 'getCustomer',
    method: 'get',
    path: '/customers/{customer_id}',
    tag,
    summary: 'Read a customer',
    permission: 'customers.read',
    params,
    answers: { 200: customer },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { customer_id: cast.customer }, status: 200 }],
  }),
  changeCustomer: route({
    operationId: 'changeCustomer',
    method: 'patch',
    path: '/customers/{customer_id}',
    tag,
    summary: 'Change a customer',
    description:
      'What is not named stays as it is. Only an active customer can order. On admin hold, and canceled, its services do not run.',
    permission: 'customers.change',
    params,
    body: customerChange,
    answers: { 200: customer },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { customer_id: cast.customer },
        body: { tax_registration_id: 'US-99-1234567' },
        status: 200,
      },
    ],
  }),
};
