import type { SimpleApiUser } from '@tierline/contract';
import type { CommandSpec, Given, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';

const limitText = (limit: number | null): string => (limit === null ? 'as set' : limit === 0 ? 'none' : String(limit));

const columns: readonly Column<SimpleApiUser>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'USERNAME', of: ({ username }) => username },
  { title: 'ACCOUNT', of: ({ account_id }) => account_id },
  { title: 'PROFILE', of: ({ profile }) => profile },
  { title: 'PER MINUTE', of: ({ calls_per_minute }) => limitText(calls_per_minute) },
  { title: 'PER DAY', of: ({ calls_per_day }) => limitText(calls_per_day) },
  { title: 'REVOKED', of: ({ revoked_at }) => revoked_at },
];

const fields = (user: SimpleApiUser): readonly Field[] => [
  ['id', user.id],
  ['username', user.username],
  ['account', user.account_id],
  ['marketplace', user.marketplace],
  ['profile', user.profile],
  ['calls per minute', limitText(user.calls_per_minute)],
  ['calls per day', limitText(user.calls_per_day)],
  ['revoked', user.revoked_at],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List SimpleAPI users with the limits of their keys',
  options: [{ flags: '--account <id>', describe: 'only of exactly this account' }, limitOption],
  async run({ client, show }, given) {
    const query = only({ account_id: given.text('account'), limit: pageLimit(given) });
    const users = await take(client().each('listSimpleApiUsers', { query }), given);
    await show.list(users, columns, 'There are no such users.');
  },
};

const limit: CommandSpec = {
  name: 'limit',
  summary: 'Say how many calls a SimpleAPI key may make',
  description:
    'A call over the limit is answered with 429 and Retry-After. The limits of a key are set by an account above the one that has it.',
  arguments: [{ name: '<id>', describe: 'id of the SimpleAPI user' }],
  options: [
    {
      flags: '--per-minute <count>',
      describe: 'calls in a minute; 0 for any number, "default" for what the server is set to',
    },
    { flags: '--per-day <count>', describe: 'calls in a day, likewise' },
  ],
  examples: [
    'simpleapi-user limit <id> --per-minute 60 --per-day 5000',
    'simpleapi-user limit <id> --per-minute default',
  ],
  async run({ client, show }, given) {
    const id = checkId(given.argument(0), 'a SimpleAPI user');
    const body = only({
      calls_per_minute: countOf(given, 'perMinute', '--per-minute'),
      calls_per_day: countOf(given, 'perDay', '--per-day'),
    });
    const user = await client().limitSimpleApiUser({ params: { simpleapi_user_id: id }, body });
    await show.one(user, [fields(user)]);
  },
};

function countOf(given: Given, name: string, flag: string): number | null | undefined {
  const text = given.text(name);
  if (text === undefined) return undefined;
  if (text === 'default') return null;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new CommandError('usage', `${flag} takes a number of calls, 0 or "default".`);
}

export const simpleApiUserGroup: GroupSpec = {
  name: 'simpleapi-user',
  summary: 'SimpleAPI users: credentials of connectors, and what their keys may call',
  commands: [list, limit],
};
