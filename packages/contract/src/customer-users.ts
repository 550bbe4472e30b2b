import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, email, id, instant, language, longText, name, timeZone, version } from './wire.ts';

const status = z.enum(['active', 'disabled']);

export const customerUser = z
  .strictObject({
    id: id('customer_user'),
    login: z.string().openapi({ description: 'What the person signs in with; in use once in its channel.' }),
    email: z.string(),
    name: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    phone: z.strictObject({
      area_code: z.string().nullable(),
      number: z.string().nullable(),
      extension: z.string().nullable(),
    }),
    time_zone: z.string().nullable().openapi({ description: 'An IANA time zone; null: that of the seller.' }),
    language: z.string().nullable().openapi({ description: 'A language tag; null: that of the customer.' }),
    status,
    version,
    created_at: instant,
    modified_at: instant.nullable().openapi({ description: 'When the profile was changed last; null: never.' }),
  })
  .openapi('CustomerUser');
export type CustomerUser = z.input<typeof customerUser>;

const digits = (max: number) => z.string().max(max).regex(/^\d*$/, 'digits are expected');

export const customerUserChange = changes({
  email: email.optional(),
  first_name: name.optional(),
  last_name: longText(150).optional(),
  phone: z
    .strictObject({
      area_code: digits(5).nullable().optional(),
      number: longText(50).nullable().optional(),
      extension: digits(10).nullable().optional(),
    })
    .optional()
    .openapi({ description: 'Parts that are not named stay as they are.' }),
  time_zone: timeZone.nullable().optional(),
  language: language.nullable().optional(),
  status: status.optional().openapi({ description: 'Who is disabled can not sign in.' }),
}).openapi('CustomerUserChange');

const params = z.strictObject({ customer_id: id('customer'), customer_user_id: id('customer_user') });
const tag = 'Customers';

export const customerUserRoutes = {
  listCustomerUsers: route({
    operationId: 'listCustomerUsers',
    method: 'get',
    path: '/customers/{customer_id}/users',
    tag,
    summary: 'List who signs in for a customer',
    description:
      "People of the customer's panel, the oldest first. What they sign in with is never shown but for the login.",
    permission: 'customer_users.read',
    params: z.strictObject({ customer_id: id('customer') }),
    answers: { 200: z.strictObject({ data: z.array(customerUser) }) },
    examples: [{ as: 'reseller', params: { customer_id: cast.customer }, status: 200 }],
  }),
  getCustomerUser: route({
    operationId: 'getCustomerUser',
    method: 'get',
    path: '/customers/{customer_id}/users/{customer_user_id}',
    tag,
    summary: 'Read who signs in for a customer',
    permission: 'customer_users.read',
    params,
    answers: { 200: customerUser },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { customer_id: cast.customer, customer_user_id: cast.customerUser },
        status: 200,
      },
    ],
  }),
  changeCustomerUser: route({
    operationId: 'changeCustomerUser',
    method: 'patch',
    path: '/customers/{customer_id}/users/{customer_user_id}',
    tag,
    summary: 'Change, disable or enable who signs in for a customer',
    description: 'What is not named stays as it is. A login can not be changed.',
    permission: 'customer_users.change',
    params,
    body: customerUserChange,
    answers: { 200: customerUser },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { customer_id: cast.customer, customer_user_id: cast.customerUser },
        body: { phone: { area_code: '503', number: '555-0100' }, time_zone: 'America/Los_Angeles', language: 'en-US' },
        status: 200,
      },
    ],
  }),
  resetCustomerPassword: route({
    operationId: 'resetCustomerPassword',
    method: 'post',
    path: '/customer-passwords',
    tag,
    summary: 'Choose a password for a customer’s panel',
    description:
      'With the token out of the link that was told when the person was added over LMPI. It is good for seven days, and once.',
    permission: null,
    isPublic: true,
    isNotRepeatable: true,
    body: z.strictObject({ token: z.string().min(1).max(200), password: z.string().min(8).max(200) }),
    answers: { 204: null },
    examples: [{ as: 'nobody', body: { token: cast.resetToken, password: 'correct horse battery' }, status: 204 }],
  }),
};
