import type { Customer } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import { CommandError } from './failure.ts';
import type { Column, Field } from './show.ts';
import { transferCustomer } from './transfer.ts';

const columns: readonly Column<Customer>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'SELLER', of: ({ owner_id }) => owner_id },
];

const fields = (customer: Customer): readonly Field[] => [
  ['id', customer.id],
  ['number', customer.number],
  ['name', customer.name],
  ['status', customer.status],
  ['seller', customer.owner_id],
  ['external id', customer.external_id],
  ['buyer group', customer.buyer_group],
  ['billed in', customer.billing_currency ?? 'the currency of the price list'],
  ['street', customer.address.street],
  ['city', `${customer.address.postal_code} ${customer.address.city}, ${customer.address.country_code}`],
  ...customer.contacts.map(({ type, first_name, last_name, email }): Field => [
    type,
    `${first_name} ${last_name} <${email}>`,
  ]),
  ['version', String(customer.version)],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List customers of yours and of those below, the newest first',
  options: [
    { flags: '--seller <id>', describe: 'only customers of exactly this account' },
    { flags: '--name <part>', describe: 'only with this in the name' },
    limitOption,
  ],
  async run({ client, show }, given) {
    const query = only({ owner_id: given.text('seller'), name: given.text('name'), limit: pageLimit(given) });
    const customers = await take(client().each('listCustomers', { query }), given);
    await show.list(customers, columns, 'There are no such customers.');
  },
};

const get: CommandSpec = {
  name: 'get',
  summary: 'Show a customer',
  arguments: [{ name: '<id>', describe: 'id of the customer' }],
  async run({ client, show }, given) {
    const customer = await client().getCustomer({ params: { customer_id: checkId(given.argument(0), 'a customer') } });
    await show.one(customer, [fields(customer)]);
  },
};

const statuses = ['active', 'credit_hold', 'admin_hold', 'canceled'] as const;

const change: CommandSpec = {
  name: 'change',
  summary: 'Change a customer, and what it is billed in',
  description:
    'What is not named stays as it is. What is charged already, and prices that are locked for a term, stay in their currency; the next term is billed in the new one.',
  arguments: [{ name: '<id>', describe: 'id of the customer' }],
  options: [
    { flags: '--name <name>', describe: 'its new name' },
    { flags: '--status <status>', describe: 'only an active customer can order', choices: statuses },
    { flags: '--billing-currency <code>', describe: 'what it is billed in; `list` for that of the price list' },
    { flags: '--buyer-group <group>', describe: 'for which price lists there may be; `none` for no group' },
    { flags: '--external-id <id>', describe: 'its id in your other system' },
    { flags: '--if-version <version>', describe: 'only while it still has this version' },
  ],
  examples: ['customer change 0190f3a2-... --billing-currency EUR'],
  async run({ client, show }, given) {
    const [currency, group] = [given.text('billing-currency'), given.text('buyer-group')];
    const body = only({
      name: given.text('name'),
      status: given.oneOf('status', statuses),
      billing_currency: currency === 'list' ? null : currency,
      buyer_group: group === 'none' ? null : group,
      external_id: given.text('external-id'),
    });
    if (Object.keys(body).length === 0) throw new CommandError('usage', 'Say what is to change.');
    const customer = await client().changeCustomer({
      params: { customer_id: checkId(given.argument(0), 'a customer') },
      body,
      ...only({ ifVersion: given.text('if-version') === undefined ? undefined : given.whole('if-version', 1) }),
    });
    await show.one(customer, [fields(customer)]);
  },
};

export const customerGroup: GroupSpec = {
  name: 'customer',
  summary: 'Customers: who uses what is sold',
  commands: [list, get, change, transferCustomer],
};
