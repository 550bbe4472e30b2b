import type { Subscription, SubscriptionDetail } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { lifecycleCommands } from './lifecycle.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import type { Column, Field } from './show.ts';
import { transferSubscription } from './transfer.ts';

const statuses = ['pending', 'active', 'hold', 'terminated', 'removed'] as const;

export const subscriptionColumns: readonly Column<Subscription>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'START', of: ({ start_on }) => start_on },
  { title: 'END', of: ({ end_on }) => end_on },
  { title: 'RENEWS', of: ({ auto_renewal }) => (auto_renewal ? 'yes' : 'no') },
];

const itemColumns: readonly Column<Subscription['items'][number]>[] = [
  { title: 'MPN', of: ({ mpn }) => mpn },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'QUANTITY', of: ({ quantity }) => quantity, right: true },
];

const licenseColumns: readonly Column<Subscription['licenses'][number]>[] = [
  { title: 'ACTIVATION CODE', of: ({ activation_code }) => activation_code },
  { title: 'VERSION', of: ({ license_version }) => license_version },
  { title: 'UNITS', of: ({ units }) => units, right: true },
  { title: 'START', of: ({ start_on }) => start_on },
  { title: 'END', of: ({ end_on }) => end_on },
];

const fields = (subscription: Subscription | SubscriptionDetail): readonly Field[] => [
  ['id', subscription.id],
  ['number', subscription.number],
  ['name', subscription.name],
  [
    'status',
    subscription.hold_reason === null ? subscription.status : `${subscription.status} (${subscription.hold_reason})`,
  ],
  ['customer', subscription.customer_id],
  ['order', subscription.order_id],
  ['start', subscription.start_on],
  ['end', subscription.end_on],
  ['charged from', subscription.start_charge_on],
  ['renews', subscription.auto_renewal ? `yes, by ${subscription.auto_renewal_months ?? '?'} months` : 'no'],
  ...('next_due' in subscription ? ([['next', nextInWords(subscription.next_due)]] as const) : []),
];

/** What happens by itself: `renewal on 2026-04-02`. */
function nextInWords(next: SubscriptionDetail['next_due']): string {
  return next === null ? 'nothing' : `${next.kind.replaceAll('_', ' ')} on ${next.on}`;
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List subscriptions, the newest first',
  options: [
    { flags: '--customer <id>', describe: 'only of this customer' },
    { flags: '--seller <id>', describe: 'only of customers of exactly this account' },
    { flags: '--status <status>', describe: 'only with this status', choices: statuses },
    limitOption,
  ],
  async run({ client, show }, given) {
    const query = only({
      customer_id: given.text('customer'),
      owner_id: given.text('seller'),
      status: given.oneOf('status', statuses),
      limit: pageLimit(given),
    });
    const subscriptions = await take(client().each('listSubscriptions', { query }), given);
    await show.list(subscriptions, subscriptionColumns, 'There are no such subscriptions.');
  },
};

const get: CommandSpec = {
  name: 'get',
  summary: 'Show a subscription with its items and licenses',
  arguments: [{ name: '<id>', describe: 'id of the subscription' }],
  options: [{ flags: '--as-of <instant>', describe: 'as it was then, such as 2026-03-01T09:00:00Z' }],
  async run({ client, show }, given) {
    const params = { subscription_id: checkId(given.argument(0), 'a subscription') };
    const subscription = await client().getSubscription({ params, query: only({ as_of: given.text('as-of') }) });
    await show.one(subscription, [
      fields(subscription),
      show.table(subscription.items, itemColumns),
      ...(subscription.licenses.length === 0 ? [] : [show.table(subscription.licenses, licenseColumns)]),
    ]);
  },
};

const provisioned: CommandSpec = {
  name: 'provisioned',
  summary: 'Say that what a vendor does by hand is done, or could not be done',
  arguments: [{ name: '<id>', describe: 'id of the subscription' }],
  options: [
    { flags: '--order <id>', describe: 'the order that changed it; without it, its sale is meant' },
    { flags: '--failed <reason>', describe: 'it could not be done: all of it is taken back' },
  ],
  examples: [
    'subscription provisioned 0190f3a2-...',
    'subscription provisioned 0190f3a2-... --order 0190f3b7-... --failed "The tenant is locked."',
  ],
  async run({ client, show }, given) {
    const params = { subscription_id: checkId(given.argument(0), 'a subscription') };
    const reason = given.text('failed');
    const order = given.text('order');
    const body = {
      outcome: reason === undefined ? ('provisioned' as const) : ('failed' as const),
      ...only({ reason, order_id: order === undefined ? undefined : checkId(order, 'an order') }),
    };
    const subscription = await client().acknowledgeProvisioning({ params, body });
    await show.one(subscription, [fields(subscription)]);
  },
};

export const subscriptionGroup: GroupSpec = {
  name: 'subscription',
  summary: 'Subscriptions: what customers have, and what happens to it',
  commands: [list, get, provisioned, ...lifecycleCommands, transferSubscription],
};
