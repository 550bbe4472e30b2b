import type { LmpiCredential } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { agreed } from './io.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';

const columns: readonly Column<LmpiCredential>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'ACCESS TOKEN', of: ({ access_token }) => access_token },
  { title: 'ACCOUNT', of: ({ account_id }) => account_id },
  { title: 'CREATED', of: ({ created_at }) => created_at },
  { title: 'ENDS', of: ({ expires_at }) => expires_at },
  { title: 'REVOKED', of: ({ revoked_at }) => revoked_at },
];

const fields = (pair: LmpiCredential): readonly Field[] => [
  ['id', pair.id],
  ['access token', pair.access_token],
  ['secret key', pair.secret_key],
  ['account', pair.account_id],
  ['created', pair.created_at],
  ['ends', pair.expires_at],
  ['revoked', pair.revoked_at],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List pairs of LMPI keys with their ends, without the secret keys',
  options: [{ flags: '--account <id>', describe: 'only of exactly this account' }, limitOption],
  async run({ client, show }, given) {
    const query = only({ account_id: given.text('account'), limit: pageLimit(given) });
    const pairs = await take(client().each('listLmpiCredentials', { query }), given);
    await show.list(pairs, columns, 'There are no such keys.');
  },
};

const create: CommandSpec = {
  name: 'create',
  summary: 'Create a pair of LMPI keys',
  options: [
    { flags: '--account <id>', describe: 'for whom it signs; your account when not given' },
    { flags: '--overlap <hours>', describe: 'how long its older pairs go on to sign; until revoked when not given' },
  ],
  examples: ['lmpi-key create --overlap 72'],
  async run({ client, show }, given) {
    const overlap = given.text('overlap') === undefined ? {} : { overlap_hours: given.whole('overlap', 0) };
    const pair = await client().createLmpiCredential({
      body: only({ account_id: given.text('account'), ...overlap }),
    });
    await show.one(pair, [fields(pair)]);
  },
};

const revoke: CommandSpec = {
  name: 'revoke',
  summary: 'Revoke a pair of LMPI keys',
  description: 'It stops to sign at once.',
  arguments: [{ name: '<id>', describe: 'id of the pair' }],
  options: [{ flags: '--yes', describe: 'do not ask' }],
  async run({ client, io, show }, given) {
    const id = checkId(given.argument(0), 'a pair of keys');
    const isAgreed = given.flag('yes') || (await agreed(io, `Revoke the keys ${id}? What signs with them is refused.`));
    if (!isAgreed) throw new CommandError('interrupted', 'Nothing was revoked.');
    const pair = await client().revokeLmpiCredential({ params: { lmpi_credential_id: id } });
    await show.one(pair, [fields(pair)]);
  },
};

export const lmpiKeyGroup: GroupSpec = {
  name: 'lmpi-key',
  summary: 'LMPI keys: what partners sign LMPI requests with',
  commands: [list, create, revoke],
};
