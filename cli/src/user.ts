import { isCancel, password as prompt } from '@clack/prompts';
import { createClient } from '@tierline/client';
import type { User } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import type { Io } from './io.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';

export const roles = ['owner', 'admin', 'sales', 'billing', 'support', 'read_only'] as const;
const statuses = ['active', 'disabled'] as const;

const columns: readonly Column<User>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'EMAIL', of: ({ email }) => email },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'ROLES', of: ({ memberships }) => [...new Set(memberships.map(({ role }) => role))].join(', ') },
];

const fields = (user: User): readonly Field[] => [
  ['id', user.id],
  ['email', user.email],
  ['name', user.name],
  ['status', user.status],
  ...user.memberships.map(({ account_id, role }): Field => [role, account_id]),
  ['version', String(user.version)],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List users with a role in your account or below',
  options: [{ flags: '--account <id>', describe: 'only with a role in exactly this account' }, limitOption],
  async run({ client, show }, given) {
    const query = only({ account_id: given.text('account'), limit: pageLimit(given) });
    await show.list(await take(client().each('listUsers', { query }), given), columns, 'There are no such users.');
  },
};

const get: CommandSpec = {
  name: 'get',
  summary: 'Show a user',
  arguments: [{ name: '<id>', describe: 'id of the user' }],
  async run({ client, show }, given) {
    const user = await client().getUser({ params: { user_id: checkId(given.argument(0), 'a user') } });
    await show.one(user, [fields(user)]);
  },
};

const create: CommandSpec = {
  name: 'create',
  summary: 'Add a user with a role in an account',
  description: 'Without --password one is made, and shown this once.',
  options: [
    { flags: '--email <address>', describe: 'what the user signs in with', isNeeded: true },
    { flags: '--name <name>', describe: 'what the user is called', isNeeded: true },
    { flags: '--role <role>', describe: 'what the user may do', choices: roles, isNeeded: true },
    { flags: '--account <id>', describe: 'in which account; yours when not given' },
    { flags: '--password <password>', describe: 'at least 8 characters; others on this machine may see it' },
  ],
  examples: ['user create --email grace@example.com --name "Grace Okafor" --role sales'],
  async run({ client, show }, given) {
    const api = client();
    const accountId = given.text('account') ?? (await api.getMe()).account.id;
    const made = await api.createUser({
      body: {
        email: given.needed('email'),
        name: given.needed('name'),
        memberships: [{ account_id: accountId, role: given.oneOf('role', roles) ?? 'read_only' }],
        ...only({ password: given.text('password') }),
      },
    });
    const password: Field[] = made.password === null ? [] : [['password', made.password]];
    await show.one(made, [[...fields(made.user), ...password]]);
    if (made.password !== null) await show.note('The password is shown this once.');
  },
};

const change: CommandSpec = {
  name: 'change',
  summary: 'Change a user, or disable and enable one',
  description: 'What is not named stays as it is. Disabling ends all sessions of the user.',
  arguments: [{ name: '<id>', describe: 'id of the user' }],
  options: [
    { flags: '--name <name>', describe: 'what the user is called' },
    { flags: '--email <address>', describe: 'what the user signs in with' },
    { flags: '--password <password>', describe: 'ends all sessions of the user' },
    { flags: '--status <status>', describe: 'disables or enables (active) the user', choices: statuses },
    { flags: '--if-version <version>', describe: 'only while the user still has this version' },
  ],
  async run({ client, show }, given) {
    const user = await client().changeUser({
      params: { user_id: checkId(given.argument(0), 'a user') },
      body: only({
        name: given.text('name'),
        email: given.text('email'),
        password: given.text('password'),
        status: given.oneOf('status', statuses),
      }),
      ...(given.text('if-version') === undefined ? {} : { ifVersion: given.whole('if-version', 1) }),
    });
    await show.one(user, [fields(user)]);
  },
};

/** The first lines of standard input; a person is asked for each. */
async function secrets(io: Io, asked: readonly string[]): Promise<string[]> {
  if (!io.isTerminal) {
    let text = '';
    for await (const piece of io.stdin) text += String(piece);
    const lines = text.split(/\r?\n/).slice(0, asked.length);
    if (lines.length < asked.length || lines.includes(''))
      throw new CommandError('usage', `Standard input must hold ${asked.length} lines: ${asked.join(', ')}.`);
    return lines;
  }
  const given: string[] = [];
  for (const message of asked) {
    const answer = await prompt({ message, signal: io.stopped });
    if (isCancel(answer)) throw new CommandError('usage', 'Nothing was changed.');
    given.push(answer);
  }
  return given;
}

const password: CommandSpec = {
  name: 'password',
  summary: 'Change your own password',
  description:
    'Asks for the current password and the new one, or reads them as two lines of standard input. All sessions of yours end.',
  options: [{ flags: '--email <address>', describe: 'what you sign in with', isNeeded: true }],
  examples: ['user password --email grace@example.com'],
  async run({ io, connection, show }, given) {
    const [current = '', next = ''] = await secrets(io, ['the current password', 'the new password']);
    const at = { baseUrl: connection().url, fetch: io.fetch };
    const session = await createClient(at).login({ body: { email: given.needed('email'), password: current } });
    const own = createClient({ ...at, token: session.token });
    await own.changeOwnPassword({ body: { current_password: current, new_password: next } });
    await own.logout();
    await show.note('The password is changed, and all sessions have ended.');
  },
};

export const userGroup: GroupSpec = {
  name: 'user',
  summary: 'Users: people with roles in accounts',
  commands: [list, get, create, change, password],
};
