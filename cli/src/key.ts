import type { ApiKey } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { agreed } from './io.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';
import { roles } from './user.ts';

const columns: readonly Column<ApiKey>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'KEY', of: ({ prefix }) => `${prefix}...` },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'ROLE', of: ({ role }) => role },
  { title: 'ACCOUNT', of: ({ account_id }) => account_id },
  { title: 'EXPIRES', of: ({ expires_at }) => expires_at },
  { title: 'REVOKED', of: ({ revoked_at }) => revoked_at },
];

const fields = (key: ApiKey): readonly Field[] => [
  ['id', key.id],
  ['name', key.name],
  ['role', key.role],
  ['account', key.account_id],
  ['expires', key.expires_at],
  ['revoked', key.revoked_at],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List API keys, without the keys themselves',
  options: [{ flags: '--account <id>', describe: 'only of exactly this account' }, limitOption],
  async run({ client, show }, given) {
    const query = only({ account_id: given.text('account'), limit: pageLimit(given) });
    await show.list(await take(client().each('listApiKeys', { query }), given), columns, 'There are no such keys.');
  },
};

const create: CommandSpec = {
  name: 'create',
  summary: 'Create an API key',
  description: 'The key is shown this once.',
  options: [
    { flags: '--name <name>', describe: 'what it is for', isNeeded: true },
    { flags: '--role <role>', describe: 'what it may do', choices: roles, isNeeded: true },
    { flags: '--account <id>', describe: 'for whom it acts; your account when not given' },
    { flags: '--expires <instant>', describe: 'such as 2027-01-01T00:00:00Z; never when not given' },
  ],
  examples: ['key create --name "Web shop" --role sales', 'key create --name CI --role admin --json'],
  async run({ client, show }, given) {
    const made = await client().createApiKey({
      body: {
        name: given.needed('name'),
        role: given.oneOf('role', roles) ?? 'read_only',
        ...only({ account_id: given.text('account'), expires_at: given.text('expires') }),
      },
    });
    await show.one(made, [[['key', made.key], ...fields(made.api_key)]]);
    await show.note('The key is shown this once.');
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  summary: 'Revoke an API key',
  description: 'It stops to work at once.',
  arguments: [{ name: '<id>', describe: 'id of the key' }],
  options: [{ flags: '--yes', describe: 'do not ask' }],
  async run({ client, io, show }, given) {
    const id = checkId(given.argument(0), 'a key');
    const isAgreed = given.flag('yes') || (await agreed(io, `Revoke the key ${id}? What uses it stops to work.`));
    if (!isAgreed) throw new CommandError('interrupted', 'Nothing was revoked.');
    const key = await client().revokeApiKey({ params: { api_key_id: id } });
    await show.one(key, [fields(key)]);
  },
};

export const keyGroup: GroupSpec = {
  name: 'key',
  summary: 'API keys: credentials of programs',
  commands: [list, create, revoke],
};
