import type { Account } from '@tierline/contract';
import type { CommandSpec, GroupSpec, OptionSpec } from './command.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';

const kinds = ['provider', 'distributor', 'isp', 'msp', 'reseller'] as const;
const statuses = ['pending', 'active', 'credit_hold', 'suspended', 'error', 'closed'] as const;
const floors = ['none', 'cost'] as const;

const columns: readonly Column<Account>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'KIND', of: ({ kind }) => kind },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'CURRENCY', of: ({ currency }) => currency },
  { title: 'STATUS', of: ({ status }) => status },
];

const fields = (account: Account): readonly Field[] => [
  ['id', account.id],
  ['number', account.number],
  ['kind', account.kind],
  ['name', account.name],
  ['status', account.status],
  ['parent', account.parent_id],
  ['currency', account.currency],
  ['time zone', account.time_zone],
  ['country', account.country],
  ['language', account.language],
  ['tenant id', account.tenant_id],
  ['external id', account.external_id],
  ['buyer group', account.buyer_group],
  ['billed in', account.billing_currency],
  ['price floor', account.price_floor],
  ['data center', account.data_center],
  ['remote manager', account.remote_manager ? 'yes' : 'no'],
  ['vision one', account.vision_one ? 'yes' : 'no'],
  ['version', String(account.version)],
];

/** What can be told of an account, new or not. */
const factOptions: readonly OptionSpec[] = [
  { flags: '--language <tag>', describe: 'such as en or de-AT' },
  { flags: '--external-id <id>', describe: 'what another system calls it' },
  { flags: '--buyer-group <name>', describe: "its group among its seller's buyers, for price lists" },
  { flags: '--billing-currency <code>', describe: 'what it is billed in, where not as the price list says' },
  { flags: '--price-floor <policy>', describe: 'whether prices below cost are refused', choices: floors },
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List your account and those below it',
  options: [
    { flags: '--kind <kind>', describe: 'only this kind', choices: kinds },
    { flags: '--status <status>', describe: 'only with this status', choices: statuses },
    { flags: '--name <part>', describe: 'only with this in the name' },
    { flags: '--parent <id>', describe: 'only those directly below this account' },
    limitOption,
  ],
  examples: ['account list --kind reseller', 'account list --name north --json'],
  async run({ client, show }, given) {
    const query = only({
      kind: given.oneOf('kind', kinds),
      status: given.oneOf('status', statuses),
      name: given.text('name'),
      parent_id: given.text('parent'),
      limit: pageLimit(given),
    });
    await show.list(
      await take(client().each('listAccounts', { query }), given),
      columns,
      'There are no such accounts.',
    );
  },
};

const get: CommandSpec = {
  name: 'get',
  summary: 'Show an account',
  arguments: [{ name: '<id>', describe: 'id of the account' }],
  async run({ client, show }, given) {
    const account = await client().getAccount({ params: { account_id: checkId(given.argument(0), 'an account') } });
    await show.one(account, [fields(account)]);
  },
};

const create: CommandSpec = {
  name: 'create',
  summary: 'Add an account below yours',
  options: [
    { flags: '--kind <kind>', describe: 'what it is', choices: kinds.slice(1), isNeeded: true },
    { flags: '--name <name>', describe: 'its name', isNeeded: true },
    { flags: '--currency <code>', describe: 'ISO 4217, such as EUR', isNeeded: true },
    { flags: '--time-zone <zone>', describe: 'IANA, such as Europe/Berlin', isNeeded: true },
    { flags: '--country <code>', describe: 'ISO 3166-1, such as DE', isNeeded: true },
    { flags: '--parent <id>', describe: 'the account it stands below; yours when not given' },
    ...factOptions,
  ],
  examples: [
    'account create --kind reseller --name Copperfield --currency USD --time-zone America/New_York --country US',
  ],
  async run({ client, show }, given) {
    const account = await client().createAccount({
      body: {
        kind: given.oneOf('kind', kinds) ?? 'reseller',
        name: given.needed('name'),
        currency: given.needed('currency'),
        time_zone: given.needed('time-zone'),
        country: given.needed('country'),
        ...only({
          parent_id: given.text('parent'),
          language: given.text('language'),
          external_id: given.text('external-id'),
          buyer_group: given.text('buyer-group'),
          billing_currency: given.text('billing-currency'),
          price_floor: given.oneOf('price-floor', floors),
        }),
      },
    });
    await show.one(account, [fields(account)]);
  },
};

const change: CommandSpec = {
  name: 'change',
  summary: 'Change, suspend, resume or close an account',
  description: 'What is not named stays as it is. Closing is final.',
  arguments: [{ name: '<id>', describe: 'id of the account' }],
  options: [
    { flags: '--name <name>', describe: 'its new name' },
    { flags: '--status <status>', describe: 'suspends, resumes (active) or closes it', choices: statuses },
    { flags: '--time-zone <zone>', describe: 'IANA, such as Europe/Berlin' },
    { flags: '--country <code>', describe: 'ISO 3166-1, such as DE' },
    ...factOptions,
    { flags: '--if-version <version>', describe: 'only while it still has this version' },
  ],
  examples: ['account change 0190f3a2-... --status suspended'],
  async run({ client, show }, given) {
    const account = await client().changeAccount({
      params: { account_id: checkId(given.argument(0), 'an account') },
      body: only({
        name: given.text('name'),
        status: given.oneOf('status', statuses),
        time_zone: given.text('time-zone'),
        country: given.text('country'),
        language: given.text('language'),
        external_id: given.text('external-id'),
        buyer_group: given.text('buyer-group'),
        billing_currency: given.text('billing-currency'),
        price_floor: given.oneOf('price-floor', floors),
      }),
      ...(given.text('if-version') === undefined ? {} : { ifVersion: given.whole('if-version', 1) }),
    });
    await show.one(account, [fields(account)]);
  },
};

export const accountGroup: GroupSpec = {
  name: 'account',
  summary: 'Accounts: the companies of the channel',
  commands: [list, get, create, change],
};
