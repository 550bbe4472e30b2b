import type { Order, OrderDetail } from '@tierline/contract';
import type { Client } from '@tierline/client';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandSpec, Given, GroupSpec, OptionSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { dealOption, ratePrefix, withDeals } from './deals.ts';
import { agreed, type Io } from './io.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import { inWords, orderParts } from './order-show.ts';
import { subscriptionColumns } from './subscription.ts';
import type { Column, Field, Show } from './show.ts';

const statuses = ['submitted', 'processing', 'completed', 'error', 'canceled'] as const;
const types = ['sales', 'change', 'renewal', 'cancellation', 'migration', 'billing'] as const;

type NewOrder = Parameters<Client['placeOrder']>[0]['body'];
type NewLine = NewOrder['lines'][number];

const columns: readonly Column<Order>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'TYPE', of: ({ type }) => type },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'PLACED', of: ({ placed_at }) => placed_at.slice(0, 19).replace('T', ' ') },
  { title: 'TOTAL', of: ({ total }) => inWords(total), right: true },
];

const fields = (order: OrderDetail): readonly Field[] => [
  ['id', order.id],
  ['number', order.number],
  ['type', order.type],
  ['status', order.status],
  ['customer', order.customer_id],
  ['seller', order.owner_id],
  ['po number', order.po_number],
  ['placed', `${order.placed_at} by ${order.placed_by}`],
  ['total', inWords(order.total)],
  ['why', order.status_reason],
];

async function showOrder(show: Show, order: OrderDetail): Promise<void> {
  await show.one(order, [
    fields(order),
    ...orderParts(show, order),
    show.table(order.subscriptions, subscriptionColumns),
  ]);
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List orders, the newest first',
  options: [
    { flags: '--customer <id>', describe: 'only of this customer' },
    { flags: '--seller <id>', describe: 'only of customers of exactly this account' },
    { flags: '--status <status>', describe: 'only with this status', choices: statuses },
    { flags: '--type <type>', describe: 'only of this type', choices: types },
    limitOption,
  ],
  async run({ client, show }, given) {
    const query = only({
      customer_id: given.text('customer'),
      owner_id: given.text('seller'),
      status: given.oneOf('status', statuses),
      type: given.oneOf('type', types),
      limit: pageLimit(given),
    });
    await show.list(await take(client().each('listOrders', { query }), given), columns, 'There are no such orders.');
  },
};

const get: CommandSpec = {
  name: 'get',
  summary: 'Show an order with its lines, charges and subscriptions',
  arguments: [{ name: '<id>', describe: 'id of the order' }],
  async run({ client, show }, given) {
    const params = { order_id: checkId(given.argument(0), 'an order') };
    await showOrder(show, await client().getOrder({ params }));
  },
};

const orderOptions: readonly OptionSpec[] = [
  { flags: '--customer <id>', describe: 'for whom' },
  {
    flags: '--line <line...>',
    describe:
      'MPN=QUANTITY (or rate:ID=QUANTITY), with `,vendor=`, `,subscription=` and `,billing=` where more is needed',
  },
  dealOption,
  { flags: '--po <number>', describe: "the customer's own number of the order" },
  { flags: '--file <path>', describe: 'the order as JSON, as the API takes it; - for standard input' },
];
const orderExamples = (name: string) => [
  `order ${name} --customer 0190f3a2-... --line HR-SEAT=12 HR-STORAGE=2`,
  `order ${name} --customer 0190f3a2-... --line "HR-SEAT=12,vendor=heronry,subscription=1 year"`,
  `order ${name} --customer 0190f3a2-... --line HR-SEAT=12 --deal HR-SEAT=10%,terms=3`,
  `order ${name} --file order.json --json`,
];

const preview: CommandSpec = {
  name: 'preview',
  summary: 'Show what an order would be and cost; nothing is stored',
  options: orderOptions,
  examples: orderExamples('preview'),
  async run({ client, io, show }, given) {
    const order = await client().previewOrder({ body: await bodyOf(io, given) });
    await show.one(order, orderParts(show, order));
  },
};

const place: CommandSpec = {
  name: 'place',
  summary: 'Place an order',
  description: 'On a terminal it is previewed and asked for first.',
  options: [
    ...orderOptions,
    { flags: '--yes', describe: 'do not ask' },
    { flags: '--idempotency-key <key>', describe: 'makes it safe to run the same command again' },
  ],
  examples: orderExamples('place'),
  async run({ client, io, show }, given) {
    const body = await bodyOf(io, given);
    const key = given.text('idempotency-key');
    if (io.isTerminal && !given.flag('yes') && !show.isJson) {
      const order = await client().previewOrder({ body });
      await show.note(orderParts(show, order).join('\n'));
      const isAgreed = await agreed(io, `Place this order for ${inWords(order.total)}?`);
      if (!isAgreed) throw new CommandError('interrupted', 'No order was placed.');
    }
    const order = await client().placeOrder({ body, ...(key === undefined ? {} : { idempotencyKey: key }) });
    await showOrder(show, order);
  },
};

const cancel: CommandSpec = {
  name: 'cancel',
  summary: 'Take back an order that its vendor has not begun with',
  arguments: [{ name: '<id>', describe: 'id of the order' }],
  options: [{ flags: '--reason <text>', describe: 'why; it is kept with the order' }],
  async run({ client, show }, given) {
    const params = { order_id: checkId(given.argument(0), 'an order') };
    await showOrder(show, await client().cancelOrder({ params, body: only({ reason: given.text('reason') }) }));
  },
};

async function bodyOf(io: Io, given: Given): Promise<NewOrder> {
  const path = given.text('file');
  const lines = given.many('line');
  if (path !== undefined) {
    if (lines.length > 0 || given.text('customer') !== undefined || given.many('deal').length > 0) {
      throw new CommandError('usage', '--file holds the whole order; leave out --customer, --line and --deal.');
    }
    return fromFile(io, path);
  }
  if (lines.length === 0) throw new CommandError('usage', 'An order needs at least one --line, or a --file.');
  return {
    customer_id: checkId(given.needed('customer'), 'a customer'),
    lines: withDeals(lines.map(parseLine), given),
    ...only({ po_number: given.text('po') }),
  };
}

/** The server checks what is in it; here it only has to be JSON. */
async function fromFile(io: Io, path: string): Promise<NewOrder> {
  let text = '';
  if (path === '-') for await (const piece of io.stdin) text += String(piece);
  else text = await readFile(resolve(io.cwd, path), 'utf8');
  try {
    return JSON.parse(text) as NewOrder;
  } catch {
    throw new CommandError('usage', `${path} holds no JSON.`);
  }
}

/** `MPN=QUANTITY,vendor=CODE,subscription=1 year,billing=1 month`; an MPN may hold `=`, so the last one counts. */
export function parseLine(text: string): NewLine {
  const [first = '', ...more] = text.split(',');
  const at = first.lastIndexOf('=');
  const name = first.slice(0, at).trim();
  const quantity = first.slice(at + 1).trim();
  if (at < 1 || name === '' || quantity === '') {
    throw new CommandError('usage', `A line is MPN=QUANTITY, such as HR-SEAT=12, not ${JSON.stringify(text)}.`);
  }
  const details = more.map((part) => part.split('=').map((piece) => piece.trim()));
  const named = Object.fromEntries(details.map(([key = '', value = '']) => [key, value]));
  const unknown = Object.keys(named).filter((key) => !['vendor', 'subscription', 'billing'].includes(key));
  if (unknown.length > 0) {
    throw new CommandError('usage', `A line has vendor, subscription and billing, not ${unknown.join(', ')}.`);
  }
  return {
    // MPNs may look like ids, so an id is named as one.
    ...(name.startsWith(ratePrefix) ? { rate_id: name.slice(ratePrefix.length) } : { mpn: name }),
    quantity,
    ...only({
      vendor: named['vendor'],
      subscription_period: named['subscription'] === undefined ? undefined : parsePeriod(named['subscription']),
      billing_period: named['billing'] === undefined ? undefined : parsePeriod(named['billing']),
    }),
  };
}

function parsePeriod(text: string): { unit: 'day' | 'month' | 'year'; count: number } {
  const [, count, word] = /^(\d{1,4}) ?(day|month|year)s?$/.exec(text) ?? [];
  const unit = (['day', 'month', 'year'] as const).find((known) => known === word);
  if (count === undefined || unit === undefined) {
    throw new CommandError('usage', `A period is such as 1 month or 1 year, not ${JSON.stringify(text)}.`);
  }
  return { unit, count: Number(count) };
}

export const orderGroup: GroupSpec = {
  name: 'order',
  summary: 'Orders: what was sold, and selling',
  commands: [list, get, preview, place, cancel],
};
