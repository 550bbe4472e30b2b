import type { Outcome, OutcomePreview } from '@tierline/contract';
import type { CommandSpec, Given, OptionSpec, Tools } from './command.ts';
import { dealOption, withDeals } from './deals.ts';
import { CommandError } from './failure.ts';
import { agreed } from './io.ts';
import { intentColumns, outcomeParts, timelineParts } from './lifecycle-show.ts';
import { parsePair } from './pair.ts';
import { checkId, given as only, isId, limitOption, pageLimit, take } from './list.ts';

const subscriptionArgument = { name: '<id>', describe: 'id of the subscription' };
const intentArgument = { name: '<intent>', describe: 'id of what is planned, as `subscription intents` shows it' };

/** Options of whatever changes something. */
const commonOptions: readonly OptionSpec[] = [
  { flags: '--preview', describe: 'show what it would come to; nothing is stored' },
  { flags: '--yes', describe: 'do not ask' },
  { flags: '--if-version <version>', describe: 'only if it still has this version' },
  { flags: '--idempotency-key <key>', describe: 'makes it safe to run the same command again' },
];
const poOption: OptionSpec = { flags: '--po <number>', describe: "the customer's own number of the order" };
const atOption: OptionSpec = {
  flags: '--at <moment>',
  describe: 'now (as if not given), renewal, or a day such as 2026-04-01',
};
const itemOption = (what: string): OptionSpec => ({
  flags: '--item <item...>',
  describe: `MPN=QUANTITY (or rate:ID=QUANTITY): ${what}`,
});

type Sent = {
  readonly params: { readonly subscription_id: string };
  readonly query: { readonly preview: boolean };
  readonly ifVersion?: number;
  readonly idempotencyKey?: string;
};
type Answered = Outcome | OutcomePreview;

/** Previews, asks whoever watches, and does it; shows what it came to. */
async function perform(tools: Tools, given: Given, send: (sent: Sent) => Promise<Answered>): Promise<void> {
  const { io, show } = tools;
  const params = { subscription_id: subscriptionOf(given) };
  const version = given.text('if-version') === undefined ? undefined : given.whole('if-version', 1);
  const options = only({ ifVersion: version, idempotencyKey: given.text('idempotency-key') });
  const ask = (preview: boolean) => send({ params, query: { preview }, ...options });
  if (given.flag('preview')) {
    const outcome = await ask(true);
    return show.one(outcome, outcomeParts(show, outcome));
  }
  if (io.isTerminal && !given.flag('yes') && !show.isJson) {
    const outcome = await ask(true);
    await show.one(outcome, outcomeParts(show, outcome));
    const isAgreed = await agreed(io, 'Do this?');
    if (!isAgreed) throw new CommandError('interrupted', 'Nothing was done.');
  }
  const outcome = await ask(false);
  await show.one(outcome, outcomeParts(show, outcome));
}

function subscriptionOf(given: Given): string {
  return checkId(given.argument(0), 'a subscription');
}

const po = (given: Given) => only({ po_number: given.text('po') });

function momentOf(given: Given) {
  const text = given.text('at') ?? 'now';
  if (text === 'now' || text === 'renewal') return { at: text } as const;
  return laterDay(text);
}

function laterDay(text: string) {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { at: 'date', on: text } as const;
  throw new CommandError('usage', `--at takes now, renewal or a day such as 2026-04-01, not ${JSON.stringify(text)}.`);
}

function quantitiesOf(given: Given) {
  return given.many('item').map((text) => {
    const [name, quantity] = parsePair(text, 'item', 'QUANTITY');
    return { ...name, quantity };
  });
}

function needed<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length === 0) throw new CommandError('usage', 'Say at least one --item MPN=QUANTITY.');
  return items;
}

const itemsOf = (given: Given) => withDeals(quantitiesOf(given), given);

const change: CommandSpec = {
  name: 'change',
  summary: 'Change quantities, add and remove products',
  description: 'On a terminal it is previewed and asked for first, as everything here that changes something.',
  arguments: [subscriptionArgument],
  options: [
    itemOption('all that is to be held afterwards; 0 removes it'),
    dealOption,
    { flags: '--cascade', describe: 'add-ons go with what they stand on' },
    atOption,
    poOption,
    ...commonOptions,
  ],
  examples: [
    'subscription change 0190f3a2-... --item HR-SEAT=14 --preview',
    'subscription change 0190f3a2-... --item HR-SEAT=10 --at renewal',
    'subscription change 0190f3a2-... --item HR-SEAT=10 --deal HR-SEAT=18.50,terms=2 --at renewal',
  ],
  run: (tools, given) => {
    const items = [...needed(itemsOf(given))];
    const body = { items, cascade: given.flag('cascade'), moment: momentOf(given), ...po(given) };
    return perform(tools, given, (sent) => tools.client().changeSubscription({ ...sent, body }));
  },
};

const switchTo: CommandSpec = {
  name: 'switch',
  summary: 'Switch to another plan or period',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--plan <id>', describe: 'the plan that it is to have', isNeeded: true },
    { flags: '--keep-dates', describe: 'with the dates that it has, instead of a term from today' },
    itemOption('of the new plan; without it everything follows'),
    dealOption,
    atOption,
    poOption,
    ...commonOptions,
  ],
  examples: ['subscription switch 0190f3a2-... --plan 0190f3b7-... --preview'],
  run: (tools, given) => {
    const items = itemsOf(given);
    const body = {
      plan_id: checkId(given.needed('plan'), 'a plan'),
      start: given.flag('keep-dates') ? ('keep' as const) : ('now' as const),
      items: items.length === 0 ? null : items,
      moment: momentOf(given),
      ...po(given),
    };
    return perform(tools, given, (sent) => tools.client().switchPlan({ ...sent, body }));
  },
};

const froms = ['expiry', 'now', 'now_if_expired'] as const;

const renew: CommandSpec = {
  name: 'renew',
  summary: 'Renew before or after the end',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--from <when>', describe: 'where the next term begins', choices: froms, fallback: 'expiry' },
    { flags: '--months <count>', describe: 'how long it is; as the plan says when not given' },
    { flags: '--align <end>', describe: 'month, or the id of a subscription whose end it takes' },
    itemOption('all that is to be held in the next term; what is not named goes on as it is'),
    dealOption,
    poOption,
    ...commonOptions,
  ],
  examples: ['subscription renew 0190f3a2-... --item HR-SEAT=14 --deal HR-SEAT=10% --preview'],
  run: (tools, given) => {
    const align = given.text('align');
    const body = {
      ...only({ from: given.oneOf('from', froms), align: align === undefined ? undefined : alignmentOf(align) }),
      months: given.text('months') === undefined ? null : given.whole('months', 1),
      items: itemsOf(given),
      ...po(given),
    };
    return perform(tools, given, (sent) => tools.client().renewSubscription({ ...sent, body }));
  },
};

function alignmentOf(text: string) {
  if (text === 'month') return { to: 'calendar_month' } as const;
  if (isId(text)) return { to: 'subscription', subscription_id: text } as const;
  throw new CommandError('usage', `--align takes month or the id of a subscription, not ${JSON.stringify(text)}.`);
}

const cancel: CommandSpec = {
  name: 'cancel',
  summary: 'Cancel a subscription',
  arguments: [subscriptionArgument],
  options: [{ flags: '--reason <text>', describe: 'kept in its history' }, atOption, poOption, ...commonOptions],
  examples: ['subscription cancel 0190f3a2-... --at renewal'],
  run: (tools, given) => {
    const body = { ...only({ reason: given.text('reason') }), moment: momentOf(given), ...po(given) };
    return perform(tools, given, (sent) => tools.client().cancelSubscription({ ...sent, body }));
  },
};

const suspend: CommandSpec = {
  name: 'suspend',
  summary: 'Suspend a subscription until it is resumed',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--until <date>', describe: 'the first day without the right to use; today when not given' },
    ...commonOptions,
  ],
  run: (tools, given) => {
    const body = only({ end_on: given.text('until') });
    return perform(tools, given, (sent) => tools.client().suspendSubscription({ ...sent, body }));
  },
};

const resume: CommandSpec = {
  name: 'resume',
  summary: 'Resume a suspended subscription',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--end <date>', describe: 'another end of its term; the one from before when not given' },
    poOption,
    ...commonOptions,
  ],
  run: (tools, given) => {
    const body = { ...only({ end_on: given.text('end') }), ...po(given) };
    return perform(tools, given, (sent) => tools.client().resumeSubscription({ ...sent, body }));
  },
};

const expiry: CommandSpec = {
  name: 'expiry',
  summary: 'Move the end of the term',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--end <date>', describe: 'the first day after the term', isNeeded: true },
    poOption,
    ...commonOptions,
  ],
  run: (tools, given) => {
    const body = { end_on: given.needed('end'), ...po(given) };
    return perform(tools, given, (sent) => tools.client().changeExpiry({ ...sent, body }));
  },
};

const convert: CommandSpec = {
  name: 'convert',
  summary: 'Turn a trial into a paid subscription',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--plan <id>', describe: 'the full plan; the one that its policy names when not given' },
    atOption,
    poOption,
    ...commonOptions,
  ],
  examples: ['subscription convert 0190f3a2-... --plan 0190f3b7-... --at renewal'],
  run: (tools, given) => {
    const plan = given.text('plan');
    const named = plan === undefined ? {} : { plan_id: checkId(plan, 'a plan') };
    const body = { ...named, moment: momentOf(given), ...po(given) };
    return perform(tools, given, (sent) => tools.client().convertTrial({ ...sent, body }));
  },
};

const move: CommandSpec = {
  name: 'move',
  summary: 'Move a part into another subscription of the customer',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--to <id>', describe: 'the other subscription', isNeeded: true },
    itemOption('how many are to be moved'),
    poOption,
    ...commonOptions,
  ],
  run: (tools, given) => {
    const items = [...needed(quantitiesOf(given))];
    const body = { items, target_id: checkId(given.needed('to'), 'a subscription'), ...po(given) };
    return perform(tools, given, (sent) => tools.client().moveItems({ ...sent, body }));
  },
};

const prices: CommandSpec = {
  name: 'prices',
  summary: 'Set special prices for what is left of the term',
  arguments: [subscriptionArgument],
  options: [
    { flags: '--price <price...>', describe: 'MPN=PRICE (or rate:ID=PRICE) for one unit and one billing period' },
    { flags: '--seller <id>', describe: 'on whose sale they count; your own when not given' },
    poOption,
    ...commonOptions,
  ],
  examples: ['subscription prices 0190f3a2-... --price HR-SEAT=18.50 --preview'],
  run: (tools, given) => {
    const seller = only({ seller_id: given.text('seller') });
    const named = given.many('price').map((text) => {
      const [name, price] = parsePair(text, 'price', 'PRICE');
      return { ...name, unit_price: price, ...seller };
    });
    if (named.length === 0) throw new CommandError('usage', 'Say at least one --price MPN=PRICE.');
    const body = { prices: named, ...po(given) };
    return perform(tools, given, (sent) => tools.client().setSpecialPrices({ ...sent, body }));
  },
};

const autoRenewal: CommandSpec = {
  name: 'auto-renewal',
  summary: 'Switch renewal on or off, or change its length',
  arguments: [subscriptionArgument, { name: '<state>', describe: 'on or off' }],
  options: [
    { flags: '--months <count>', describe: 'how long the terms are that it renews for' },
    atOption,
    ...commonOptions,
  ],
  examples: [
    'subscription auto-renewal 0190f3a2-... off',
    'subscription auto-renewal 0190f3a2-... off --at 2026-04-01',
  ],
  run: (tools, given) => {
    const state = given.argument(1);
    if (state !== 'on' && state !== 'off') throw new CommandError('usage', 'Say on or off.');
    const months = given.text('months') === undefined ? undefined : given.whole('months', 1);
    const at = given.text('at') === undefined ? undefined : momentOf(given);
    const body = { auto_renewal: state === 'on', ...only({ auto_renewal_months: months, moment: at }) };
    return perform(tools, given, (sent) => tools.client().changeSubscriptionDetails({ ...sent, body }));
  },
};

const statuses = ['waiting', 'done', 'canceled', 'dropped', 'failed'] as const;

const intents: CommandSpec = {
  name: 'intents',
  summary: 'List what is planned for a subscription, and what was',
  arguments: [subscriptionArgument],
  options: [{ flags: '--status <status>', describe: 'only with this status', choices: statuses }, limitOption],
  async run({ client, show }, given) {
    const params = { subscription_id: subscriptionOf(given) };
    const query = only({ status: given.oneOf('status', statuses), limit: pageLimit(given) });
    const planned = await take(client().each('listIntents', { params, query }), given);
    await show.list(planned, intentColumns, 'Nothing is planned.');
  },
};

const intentChange: CommandSpec = {
  name: 'intent-change',
  summary: 'Change something that is planned',
  description: '--if-version takes the version of what is planned, not of the subscription.',
  arguments: [subscriptionArgument, intentArgument],
  options: [
    { flags: '--at <moment>', describe: 'renewal, or a day such as 2026-04-01' },
    itemOption('in place of what a planned change or switch names'),
    dealOption,
    ...commonOptions,
  ],
  run: (tools, given) => {
    const items = itemsOf(given);
    const at = given.text('at');
    const moment = at === undefined ? undefined : at === 'renewal' ? ({ at } as const) : laterDay(at);
    const body = only({ moment, items: items.length === 0 ? undefined : items });
    if (Object.keys(body).length === 0) throw new CommandError('usage', 'Say --at, --item or both.');
    const intentId = checkId(given.argument(1), 'something planned');
    return perform(tools, given, ({ params, ...sent }) =>
      tools.client().changeIntent({ ...sent, params: { ...params, intent_id: intentId }, body }),
    );
  },
};

const intentCancel: CommandSpec = {
  name: 'intent-cancel',
  summary: 'Take back something that is planned',
  arguments: [subscriptionArgument, intentArgument],
  options: commonOptions,
  run: (tools, given) => {
    const intentId = checkId(given.argument(1), 'something planned');
    return perform(tools, given, ({ params, ...sent }) =>
      tools.client().cancelIntent({ ...sent, params: { ...params, intent_id: intentId } }),
    );
  },
};

const timeline: CommandSpec = {
  name: 'timeline',
  summary: 'Show what happened to a subscription, with orders and charges',
  arguments: [subscriptionArgument],
  options: [limitOption],
  async run({ client, show }, given) {
    const params = { subscription_id: subscriptionOf(given) };
    const entries = await take(client().each('getTimeline', { params, query: { limit: pageLimit(given) } }), given);
    await show.one(entries, timelineParts(show, entries));
  },
};

export const lifecycleCommands: readonly CommandSpec[] = [
  change,
  switchTo,
  renew,
  cancel,
  suspend,
  resume,
  expiry,
  move,
  convert,
  prices,
  autoRenewal,
  intents,
  intentChange,
  intentCancel,
  timeline,
];
