import type { Sandbox } from '@tierline/contract';
import type { CommandSpec, Given, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';

const columns: readonly Column<Sandbox>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'CLOCK', of: ({ now_at }) => now_at },
  { title: 'STATUS', of: ({ status }) => status },
];

const fields = (sandbox: Sandbox): readonly Field[] => [
  ['id', sandbox.id],
  ['name', sandbox.name],
  ['clock', sandbox.now_at],
  ['status', sandbox.status],
  ['advancing to', sandbox.advancing_to],
  ['made by', sandbox.created_by],
  ['made at', sandbox.created_at],
];

const create: CommandSpec = {
  name: 'create',
  summary: 'Make a sandbox: a channel tree with its own clock',
  description: 'The key acts as owner of its root, a provider account, and is shown this once.',
  options: [
    { flags: '--name <name>', describe: 'what it is for', isNeeded: true },
    {
      flags: '--at <instant>',
      describe: 'what its clock shows first, such as 2027-01-31T09:00:00Z; now when not given',
    },
    { flags: '--currency <code>', describe: "ISO 4217; your account's when not given" },
    { flags: '--time-zone <zone>', describe: "IANA; your account's when not given" },
    { flags: '--country <code>', describe: "ISO 3166-1; your account's when not given" },
    { flags: '--language <tag>', describe: "your account's when not given" },
  ],
  examples: ['sandbox create --name "Next year" --at 2027-01-31T09:00:00Z'],
  async run({ client, show }, given) {
    const made = await client().createSandbox({
      body: {
        name: given.needed('name'),
        ...only({
          starts_at: given.text('at'),
          currency: given.text('currency'),
          time_zone: given.text('time-zone'),
          country: given.text('country'),
          language: given.text('language'),
        }),
      },
    });
    await show.one(made, [[['key', made.key], ...fields(made.sandbox)]]);
    await show.note('The key is shown this once.');
  },
};

const list: CommandSpec = {
  name: 'list',
  summary: 'List the sandboxes that your account made',
  options: [limitOption],
  async run({ client, show }, given) {
    const sandboxes = client().each('listSandboxes', { query: { limit: pageLimit(given) } });
    await show.list(await take(sandboxes, given), columns, 'There are no sandboxes.');
  },
};

const get: CommandSpec = {
  name: 'show',
  summary: 'Show a sandbox and its clock',
  arguments: [{ name: '<id>', describe: 'id of the sandbox' }],
  async run({ client, show }, given) {
    const sandbox = await client().getSandbox({ params: { sandbox_id: checkId(given.argument(0), 'a sandbox') } });
    await show.one(sandbox, [fields(sandbox)]);
  },
};

const advance: CommandSpec = {
  name: 'advance',
  summary: 'Advance the clock of a sandbox',
  description:
    'Everything that is due until then happens, each thing at its own date. When it was cut off, the same command goes on.',
  arguments: [{ name: '<id>', describe: 'id of the sandbox' }],
  options: [
    { flags: '--to <instant>', describe: 'what the clock is to show, such as 2027-02-28T09:00:00Z' },
    { flags: '--by <length>', describe: 'how far, in hours, days, months or years, such as "1 month"' },
  ],
  examples: ['sandbox advance 0190f3a2-... --by "1 month"', 'sandbox advance 0190f3a2-... --to 2030-01-01T00:00:00Z'],
  async run({ client, show }, given) {
    const sandbox = await client().advanceSandbox({
      params: { sandbox_id: checkId(given.argument(0), 'a sandbox') },
      body: wanted(given),
    });
    await show.one(sandbox, [fields(sandbox)]);
  },
};

const units = ['hour', 'day', 'month', 'year'] as const;

function wanted(given: Given) {
  const to = given.text('to');
  const length = given.text('by');
  if ((to === undefined) === (length === undefined)) {
    throw new CommandError('usage', 'Say either --to an instant or --by a length of time.');
  }
  if (length === undefined) return only({ to });
  const [, count, name] = /^(\d{1,5}) *([a-z]+?)s?$/.exec(length) ?? [];
  const unit = units.find((known) => known === name);
  if (unit === undefined) {
    throw new CommandError('usage', `${JSON.stringify(length)} is no length of time; say it as "3 days" or "1 month".`);
  }
  return { by: { unit, count: Number(count) } };
}

export const sandboxGroup: GroupSpec = {
  name: 'sandbox',
  summary: 'Sandboxes: channel trees with their own clock',
  commands: [create, list, get, advance],
};
