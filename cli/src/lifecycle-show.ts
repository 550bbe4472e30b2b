import type { Intent, Outcome, OutcomePreview, TimelineEntry } from '@tierline/contract';
import { dealsInWords, type PlannedItem } from './deals.ts';
import { inWords, orderParts } from './order-show.ts';
import type { Column, Field, Show } from './show.ts';

type Planned = OutcomePreview['planned'][number];

export const intentColumns: readonly Column<Intent>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'WHEN', of: momentOf },
  { title: 'WHAT', of: ({ command }) => commandInWords(command) },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'WHY', of: ({ reason }) => reason },
];

const plannedColumns: readonly Column<Planned>[] = [
  { title: 'PLANNED FOR', of: momentOf },
  { title: 'WHAT', of: ({ command }) => commandInWords(command) },
];

const endedColumns: readonly Column<Outcome['ended'][number]>[] = [
  { title: 'NO LONGER PLANNED', of: ({ id }) => id },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'WHY', of: ({ reason }) => reason },
];

function momentOf({ moment }: Pick<Intent, 'moment'>): string {
  return moment.on ?? 'the renewal';
}

function commandInWords(command: Intent['command']): string {
  const items = (of: readonly PlannedItem[]) =>
    of.map((item) => `${item.mpn ?? item.rate_id}=${item.quantity}${dealsInWords(item)}`).join(' ');
  switch (command.kind) {
    case 'change':
      return `change to ${items(command.items)}`;
    case 'switch':
      return `switch to plan ${command.plan_id}${command.items === null ? '' : ` with ${items(command.items)}`}`;
    case 'cancel':
      return 'cancel';
    case 'auto_renewal':
      return `switch renewal ${command.auto_renewal ? 'on' : 'off'}`;
    case 'convert':
      return command.plan_id === null ? 'become paid' : `become paid, on plan ${command.plan_id}`;
  }
}

const stateOf = (subscription: OutcomePreview['subscriptions'][number]): readonly Field[] => {
  const { status, hold_reason: why, auto_renewal: renews, auto_renewal_months: months } = subscription;
  return [
    ['subscription', subscription.name],
    ['status', why === null ? status : `${status} (${why})`],
    ['start', subscription.start_on],
    ['end', subscription.end_on],
    ['renews', renews ? `yes, by ${months ?? '?'} months` : 'no'],
    ['holds', subscription.items.map(({ mpn, quantity }) => `${mpn}=${quantity}`).join(' ')],
  ];
};

const orderFields = (order: NonNullable<Outcome['order'] | OutcomePreview['order']>): readonly Field[] => [
  ...('number' in order ? ([['order', `${order.number} (${order.id})`]] as const) : []),
  ['type', order.type],
  ['total', inWords(order.total)],
];

/** What a command came to: old and new quantities, charges per edge, the state afterwards, what is planned, warnings. */
export function outcomeParts(show: Show, outcome: Outcome | OutcomePreview): (readonly Field[] | string)[] {
  const { order, ended, warnings } = outcome;
  const planned: readonly Planned[] = outcome.planned;
  return [
    ...(order === null ? [] : [orderFields(order), ...orderParts(show, order)]),
    ...outcome.subscriptions.map(stateOf),
    ...(planned.length === 0 ? [] : [show.table(planned, plannedColumns)]),
    ...(ended.length === 0 ? [] : [show.table(ended, endedColumns)]),
    ...(warnings.length === 0 ? [] : [warnings.map(({ message }) => `warning: ${message}\n`).join('')]),
  ];
}

const timelineColumns: readonly Column<TimelineEntry>[] = [
  { title: 'AT', of: ({ at }) => at },
  { title: 'WHAT', of: ({ type }) => type },
  { title: 'WHO', of: ({ actor }) => actor },
  { title: 'ORDER', of: ({ order }) => order?.number },
  { title: 'TOTAL', of: ({ order }) => order && inWords(order.total), right: true },
  { title: 'WHY', of: ({ data }) => whyOf(data) },
];

function whyOf(data: TimelineEntry['data']): string | undefined {
  return [data['reason'], data['why']].find((told) => typeof told === 'string');
}

type Told = { readonly number: string; readonly charge: TimelineEntry['charges'][number] };

const toldColumns: readonly Column<Told>[] = [
  { title: 'ORDER', of: ({ number }) => number },
  { title: 'SELLER', of: ({ charge }) => charge.seller_id },
  { title: 'CHARGE', of: ({ charge }) => charge.type },
  { title: 'QUANTITY', of: ({ charge }) => charge.quantity, right: true },
  { title: 'UNIT PRICE', of: ({ charge }) => charge.unit_price, right: true },
  { title: 'FROM', of: ({ charge }) => charge.period_start },
  { title: 'TO', of: ({ charge }) => charge.period_end },
  { title: 'AMOUNT', of: ({ charge }) => inWords(charge.amount), right: true },
];

export function timelineParts(show: Show, entries: readonly TimelineEntry[]): string[] {
  const told = entries.flatMap(({ order, charges }) =>
    charges.map((charge) => ({ number: order?.number ?? '', charge })),
  );
  return [show.table(entries, timelineColumns), ...(told.length === 0 ? [] : [show.table(told, toldColumns)])];
}
