import { z } from '@hono/zod-openapi';
import { attributes, country, email, longText, name, text } from './wire.ts';

/** What is told of a company, be it a seller or a customer. */

const contactType = z.enum(['admin', 'billing', 'technical']);

export const shownAddress = z.strictObject({
  street: z.string(),
  extension: z.string().nullable(),
  city: z.string(),
  state: z.string().nullable(),
  postal_code: z.string(),
  country_code: z.string(),
});

export const shownContacts = z.array(
  z.strictObject({
    type: contactType,
    first_name: z.string(),
    last_name: z.string(),
    email: z.string(),
    phone: z.string(),
  }),
);

export const address = z
  .strictObject({
    street: text(200),
    extension: text(200).nullable().default(null),
    city: text(100),
    state: text(100).nullable().default(null),
    postal_code: text(20),
    country_code: country,
  })
  .openapi('NewAddress');

export const contacts = z
  .array(
    z.strictObject({
      type: contactType,
      first_name: name,
      last_name: name,
      email,
      phone: longText(50).default(''),
    }),
  )
  .max(20);

export const shownCompany = z
  .strictObject({
    address: shownAddress,
    contacts: shownContacts,
    tax_registration_id: z.string().nullable(),
    taxation_provider: z.string().nullable(),
    customer_class: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
  })
  .openapi('Company');

export const company = z
  .strictObject({
    address,
    contacts: contacts.default([]),
    tax_registration_id: text(100).nullable().default(null),
    taxation_provider: text(255)
      .nullable()
      .default(null)
      .openapi({ description: 'The service that calculates its taxes. Kept and shown, not called.' }),
    customer_class: text(255).nullable().default(null).openapi({ description: 'A class of its own naming.' }),
    attributes: attributes.default({}),
  })
  .openapi('NewCompany', { description: 'Address, contacts and tax facts; given whole.' });
