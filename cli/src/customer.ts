import type { Customer } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
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

export const customerGroup: GroupSpec = {
  name: 'customer',
  summary: 'Customers: who uses what is sold',
  commands: [list, get, transferCustomer],
};
