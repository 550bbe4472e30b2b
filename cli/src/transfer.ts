import type { Transfer, TransferPreview } from '@tierline/contract';
import type { CommandSpec, Given, OptionSpec, Tools } from './command.ts';
import { CommandError } from './failure.ts';
import { agreed } from './io.ts';
import { checkId, given as only } from './list.ts';
import { inWords, orderParts } from './order-show.ts';
import type { Column, Field, Show } from './show.ts';

type Answered = Transfer | TransferPreview;
type Part = TransferPreview['subscriptions'][number] | Transfer['subscriptions'][number];

const options: readonly OptionSpec[] = [
  { flags: '--to <account>', describe: 'the partner that takes it over', isNeeded: true },
  { flags: '--preview', describe: 'show what moves, what it costs and what stands in the way; nothing is stored' },
  { flags: '--yes', describe: 'do not ask' },
  { flags: '--idempotency-key <key>', describe: 'makes it safe to run the same command again' },
];
const description = 'Both partners stand within your account. On a terminal it is previewed and asked for first.';

const totalColumns: readonly Column<Answered['totals'][number]>[] = [
  { title: 'SELLER', of: ({ seller_id }) => seller_id },
  { title: 'BUYER', of: ({ buyer_id }) => buyer_id },
  { title: 'GIVEN BACK', of: ({ given_back }) => inWords(given_back), right: true },
  { title: 'CHARGED', of: ({ charged }) => inWords(charged), right: true },
];

const movedColumns: readonly Column<Part['intents'][number]['to']>[] = [
  { title: 'PLANNED FOR', of: ({ moment }) => moment.on ?? 'the renewal' },
  { title: 'WHAT', of: ({ command }) => command.kind },
];

const fieldsOf = ({ from, to }: Part): readonly Field[] => [
  ['subscription', `${from.name} (${from.number}, ${from.id})`],
  ['from', `${from.owner_id}: ${from.status} until ${from.end_on}`],
  ['to', to === null ? null : `${to.owner_id}: ${to.status} until ${to.end_on}`],
  ['holds', (to ?? from).items.map(({ mpn, quantity }) => `${mpn}=${quantity}`).join(' ')],
];

const said = (label: string, of: readonly { readonly message: string }[]): string[] =>
  of.length === 0 ? [] : [of.map(({ message }) => `${label}: ${message}\n`).join('')];

function partsOf(show: Show, answered: Answered): (readonly Field[] | string)[] {
  const parts: readonly Part[] = answered.subscriptions;
  return [
    [
      ['customer', answered.customer.name],
      ['from', answered.from.owner_id],
      ['to', answered.customer.owner_id],
    ],
    ...parts.flatMap((part): (readonly Field[] | string)[] => {
      const planned: readonly Part['intents'][number]['to'][] = part.intents.map(({ to }) => to);
      return [
        fieldsOf(part),
        ...(part.given_back === null ? [] : orderParts(show, part.given_back)),
        ...(part.charged === null ? [] : orderParts(show, part.charged)),
        ...(planned.length === 0 ? [] : [show.table(planned, movedColumns)]),
        ...said('blocked', 'blockers' in part ? part.blockers : []),
        ...said('warning', part.warnings),
      ];
    }),
    ...(answered.totals.length === 0 ? [] : [show.table(answered.totals, totalColumns)]),
    ...said('blocked', 'blockers' in answered ? answered.blockers : []),
    ...said('warning', answered.warnings),
  ];
}

type Sent = { readonly query: { readonly preview: boolean }; readonly idempotencyKey?: string };

async function perform({ io, show }: Tools, given: Given, send: (sent: Sent) => Promise<Answered>): Promise<void> {
  const key = only({ idempotencyKey: given.text('idempotency-key') });
  const ask = (preview: boolean) => send({ query: { preview }, ...key });
  const tell = (answered: Answered) => show.one(answered, partsOf(show, answered));
  if (given.flag('preview')) return tell(await ask(true));
  if (io.isTerminal && !given.flag('yes') && !show.isJson) {
    await tell(await ask(true));
    const isAgreed = await agreed(io, 'Do this?');
    if (!isAgreed) throw new CommandError('interrupted', 'Nothing was moved.');
  }
  await tell(await ask(false));
}

export const transferSubscription: CommandSpec = {
  name: 'transfer',
  summary: 'Move a subscription to another partner',
  description,
  arguments: [{ name: '<id>', describe: 'id of the subscription' }],
  options: [
    ...options,
    { flags: '--customer <id>', describe: 'the customer of that partner; a copy of the one it has if not given' },
  ],
  examples: ['subscription transfer 0190f3a2-... --to 0190f3c4-... --preview'],
  run: (tools, given) => {
    const params = { subscription_id: checkId(given.argument(0), 'a subscription') };
    const customer = given.text('customer');
    const body = {
      owner_id: checkId(given.needed('to'), 'an account'),
      ...only({ customer_id: customer === undefined ? undefined : checkId(customer, 'a customer') }),
    };
    return perform(tools, given, (sent) => tools.client().transferSubscription({ params, body, ...sent }));
  },
};

export const transferCustomer: CommandSpec = {
  name: 'transfer',
  summary: 'Move a customer with all its subscriptions to another partner',
  description,
  arguments: [{ name: '<id>', describe: 'id of the customer' }],
  options,
  examples: ['customer transfer 0190f3a2-... --to 0190f3c4-... --preview'],
  run: (tools, given) => {
    const params = { customer_id: checkId(given.argument(0), 'a customer') };
    const body = { owner_id: checkId(given.needed('to'), 'an account') };
    return perform(tools, given, (sent) => tools.client().transferCustomer({ params, body, ...sent }));
  },
};
