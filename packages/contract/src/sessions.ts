import { z } from '@hono/zod-openapi';
import { account, role } from './accounts.ts';
import { route } from './route.ts';
import { email, id, instant } from './wire.ts';

export const session = z
  .strictObject({
    token: z.string().openapi({ description: 'For the header Authorization: Bearer; shown this once.' }),
    expires_at: instant,
    user_id: id('user'),
    account_id: id('account', 'The account that requests act for without a Tierline-Account header.'),
    role,
    accounts: z
      .array(z.strictObject({ account_id: id('account'), name: z.string(), role }))
      .openapi({ description: 'Every account that the user may act for.' }),
  })
  .openapi('Session');
export type Session = z.input<typeof session>;

export const login = z.strictObject({
  email,
  password: z.string().min(1).max(200),
  account_id: id('account').optional(),
});

export const ownPassword = z.strictObject({
  current_password: z.string().min(1).max(200),
  new_password: z.string().min(8).max(200),
});

export const me = z
  .strictObject({
    actor: z.string().openapi({ description: 'As events name it: user:<id> or api_key:<id>.' }),
    role,
    account,
    permissions: z.array(z.string()).openapi({ description: 'Operations that the role has in this account now.' }),
  })
  .openapi('Me');
export type Me = z.input<typeof me>;

export const sessionRoutes = {
  login: route({
    operationId: 'login',
    method: 'post',
    path: '/sessions',
    tag: 'Sessions',
    summary: 'Sign in',
    description:
      'Opens a session of a user. After five failures in a row for an email address each further try has to wait, at most a minute.',
    permission: null,
    isPublic: true,
    isNotRepeatable: true,
    body: login,
    answers: { 201: session },
    examples: [{ as: 'nobody', body: { email: 'ada@example.com', password: 'correct horse battery' }, status: 201 }],
  }),
  changeOwnPassword: route({
    operationId: 'changeOwnPassword',
    method: 'put',
    path: '/me/password',
    tag: 'Sessions',
    summary: 'Change the own password',
    description:
      'Of the user whose session the request carries. All other sessions of the user end. An API key has no password. After five wrong current passwords in a row each further try has to wait, at most a minute.',
    permission: 'users.own_password',
    isNotRepeatable: true,
    body: ownPassword,
    answers: { 204: null },
    examples: [
      {
        as: 'person',
        body: { current_password: 'correct horse battery', new_password: 'staple of the year' },
        status: 204,
      },
    ],
  }),
  logout: route({
    operationId: 'logout',
    method: 'delete',
    path: '/sessions/current',
    tag: 'Sessions',
    summary: 'Sign out',
    description: 'Ends the session whose token the request carries. An API key has no session to end.',
    permission: null,
    isNotRepeatable: true,
    answers: { 204: null },
    examples: [{ as: 'person', status: 204 }],
  }),
  getMe: route({
    operationId: 'getMe',
    method: 'get',
    path: '/me',
    tag: 'Sessions',
    summary: 'Who am I',
    description: 'The account that the request acts for, in which role, and what that allows.',
    permission: null,
    answers: { 200: me },
    examples: [{ as: 'reseller', status: 200 }],
  }),
};
