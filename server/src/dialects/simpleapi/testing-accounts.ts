import { z } from 'zod';

/**
 * Answers about customers and resellers as the specification types them (SimpleAPI reference 4.1, 4.2, 5: the schemas Account,
 * Address, ContactPerson, Customer, Reseller, Pagination of version 1.15), and strictly: no member that it does not have, none
 * that is write only, none of another type, none that is null.
 */

const address = z.strictObject({
  streetAddress: z.string(),
  addressExtension: z.string().optional(),
  postalCode: z.string(),
  city: z.string(),
  state: z.string().optional(),
  countryCode: z.string(),
});

const contactPerson = z.strictObject({
  type: z.enum(['admin', 'billing', 'technical']),
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  phoneNumber: z.string().regex(/^\d*#\d*#[\d -]*#\d*$/),
});

const account = {
  id: z.string().regex(/^\d{7,}$/),
  externalId: z.string().optional(),
  attributes: z.record(z.string(), z.string()),
  status: z.enum(['pending', 'active', 'creditHold', 'adminHold', 'cancelled', 'error']),
  name: z.string(),
  address,
  contactPersons: z.array(contactPerson),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/),
  taxRegId: z.string().optional(),
};

export const customerSchema = z.strictObject({ ...account, resellerId: z.string().regex(/^\d{7,}$/) });

export const resellerSchema = z.strictObject({
  ...account,
  currency: z.string().regex(/^[A-Z]{3}$/),
  taxationProviderName: z.string().optional(),
  customerClass: z.string().optional(),
});

export const listSchema = <Element extends z.ZodType>(element: Element) =>
  z.strictObject({
    data: z.array(element),
    pagination: z.strictObject({ offset: z.int(), limit: z.int(), total: z.int() }),
  });
