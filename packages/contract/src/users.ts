import { z } from '@hono/zod-openapi';
import { role } from './accounts.ts';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, email, id, instant, name, page, pageQuery, version } from './wire.ts';

export const userStatus = z.enum(['active', 'disabled']);
const password = z.string().min(8).max(200);

export const user = z
  .strictObject({
    id: id('user'),
    email: z.string(),
    name: z.string(),
    status: userStatus,
    memberships: z
      .array(z.strictObject({ account_id: id('account'), role }))
      .openapi({ description: 'Roles in your account and below; others are not shown.' }),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('User');
export type User = z.input<typeof user>;

export const newUser = z
  .strictObject({
    email,
    name,
    password: password.optional().openapi({ description: 'Not given: one is made and answered once.' }),
    memberships: z
      .array(z.strictObject({ account_id: id('account'), role }))
      .min(1)
      .max(100),
  })
  .openapi('NewUser');

export const userChange = changes({
  email: email.optional(),
  name: name.optional(),
  password: password.optional(),
  status: userStatus.optional(),
  memberships: z
    .array(z.strictObject({ account_id: id('account'), role: role.nullable() }))
    .max(100)
    .optional()
    .openapi({ description: 'Roles to give, or with null to take away. Accounts that are not named keep theirs.' }),
}).openapi('UserChange');

const params = z.strictObject({ user_id: id('user') });
const tag = 'Users';

export const userRoutes = {
  listUsers: route({
    operationId: 'listUsers',
    method: 'get',
    path: '/users',
    tag,
    summary: 'List users',
    description: 'Users with a role in your account or below it.',
    permission: 'users.read',
    query: z.strictObject({
      ...pageQuery,
      account_id: id('account', 'Only users with a role in exactly this account.').optional(),
    }),
    answers: { 200: page(user) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createUser: route({
    operationId: 'createUser',
    method: 'post',
    path: '/users',
    tag,
    summary: 'Add a user',
    permission: 'users.create',
    body: newUser,
    answers: {
      201: z.strictObject({
        user,
        password: z.string().nullable().openapi({ description: 'Only when it was made here; shown this once.' }),
      }),
    },
    examples: [
      {
        as: 'reseller',
        body: {
          email: 'grace@example.com',
          name: 'Grace Okafor',
          memberships: [{ account_id: cast.reseller, role: 'sales' }],
        },
        status: 201,
      },
    ],
  }),
  getUser: route({
    operationId: 'getUser',
    method: 'get',
    path: '/users/{user_id}',
    tag,
    summary: 'Read a user',
    permission: 'users.read',
    params,
    answers: { 200: user },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { user_id: cast.user }, status: 200 }],
  }),
  changeUser: route({
    operationId: 'changeUser',
    method: 'patch',
    path: '/users/{user_id}',
    tag,
    summary: 'Change a user',
    description: "A new password, or disabling the user, ends all of the user's sessions.",
    permission: 'users.change',
    params,
    body: userChange,
    answers: { 200: user },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { user_id: cast.user },
        body: { name: 'Ada Lindqvist-Moore', memberships: [{ account_id: cast.reseller, role: 'admin' }] },
        status: 200,
      },
    ],
  }),
};
