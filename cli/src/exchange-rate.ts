import type { ExchangeRate } from '@tierline/contract';
import type { CommandSpec, Given, GroupSpec, OptionSpec, Tools } from './command.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import { showImpact } from './price-list.ts';
import type { Column } from './show.ts';

const columns: readonly Column<ExchangeRate>[] = [
  { title: 'FROM', of: ({ from }) => from },
  { title: 'TO', of: ({ to }) => to },
  { title: 'RATE', of: ({ rate }) => rate, right: true },
  { title: 'SINCE', of: ({ effective_on }) => effective_on },
  { title: 'SET AT', of: ({ set_at }) => set_at },
  { title: 'BY', of: ({ set_by }) => set_by },
];

const accountOption: OptionSpec = { flags: '--account <id>', describe: 'whose rates; yours when not given' };

async function accountOf({ client }: Pick<Tools, 'client'>, given: Given): Promise<string> {
  const named = given.text('account');
  return named === undefined ? (await client().getMe()).account.id : checkId(named, 'an account');
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List exchange rates, the youngest first',
  options: [
    accountOption,
    { flags: '--from <code>', describe: 'only from this currency' },
    { flags: '--to <code>', describe: 'only into this currency' },
    { flags: '--on <date>', describe: 'only those that count on this day' },
    limitOption,
  ],
  examples: ['exchange-rate list --on 2027-01-01'],
  async run(tools, given) {
    const { client, show } = tools;
    const filter = { from: given.text('from'), to: given.text('to'), on: given.text('on') };
    const rates = client().each('listExchangeRates', {
      params: { account_id: await accountOf(tools, given) },
      query: only({ ...filter, limit: pageLimit(given) }),
    });
    await show.list(await take(rates, given), columns, 'There are no such exchange rates.');
  },
};

const set: CommandSpec = {
  name: 'set',
  summary: 'Set an exchange rate from a day on',
  description:
    'It counts for your prices, and for those of accounts below that have no rate of their own. Rates are added, never overwritten; of two for one day the younger counts. What is charged already stays as it is, and so does a price that is locked for a term.',
  arguments: [
    { name: '<from>', describe: 'the currency of the price list, such as USD' },
    { name: '<to>', describe: 'the currency that is billed, such as EUR' },
    { name: '<rate>', describe: 'one unit of the first in units of the second' },
  ],
  options: [
    { flags: '--on <date>', describe: 'the first day on which it counts', isNeeded: true },
    { flags: '--preview', describe: 'store nothing, show what it would do to renewals' },
    accountOption,
  ],
  examples: [
    'exchange-rate set USD EUR 0.9215 --on 2027-01-01 --preview',
    'exchange-rate set USD EUR 0.9215 --on 2027-01-01',
  ],
  async run(tools, given) {
    const { client, show } = tools;
    const [from, to, rate] = [given.argument(0), given.argument(1), given.argument(2)];
    const answer = await client().setExchangeRates({
      params: { account_id: await accountOf(tools, given) },
      query: only({ preview: given.flag('preview') ? ('true' as const) : undefined }),
      body: { rates: [{ from, to, rate, effective_on: given.needed('on') }] },
    });
    if (!('affected' in answer)) return show.list(answer.data, columns, '');
    await showImpact(show, answer);
  },
};

export const exchangeRateGroup: GroupSpec = {
  name: 'exchange-rate',
  summary: 'Exchange rates',
  commands: [list, set],
};
