import type { Impact, PriceList } from '@tierline/contract';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import { inWords } from './order-show.ts';
import type { Column, Field, Show } from './show.ts';

const chargeTypes = ['recurring', 'setup', 'overuse'] as const;

const audienceOf = ({ audience, buyer_group: group, buyer_id: buyer }: PriceList): string =>
  audience === 'global' ? 'all' : (group ?? buyer ?? audience);

const columns: readonly Column<PriceList>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'FOR', of: audienceOf },
  { title: 'CURRENCY', of: ({ currency }) => currency },
  { title: 'FROM', of: ({ effective_from }) => effective_from },
  { title: 'UNTIL', of: ({ effective_to }) => effective_to },
];

const fields = (list: PriceList): readonly Field[] => [
  ['id', list.id],
  ['name', list.name],
  ['for', audienceOf(list)],
  ['currency', list.currency],
  ['version', String(list.version)],
];

type Affected = Impact['data'][number];

const affectedColumns: readonly Column<Affected>[] = [
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'ENDS', of: ({ ends_on }) => ends_on },
  { title: 'THEN', of: ({ with_change }) => with_change.outcome },
  { title: 'AS IS', of: ({ edges }) => edges.map(({ as_is }) => inWords(as_is)).join(', '), right: true },
  { title: 'CHANGED', of: ({ edges }) => edges.map(({ with_change }) => inWords(with_change)).join(', '), right: true },
];

const impactFields = ({ affected, totals }: Impact): readonly Field[] => [
  ['subscriptions', String(affected)],
  ['renewals changed', totals && `${totals.changed} of ${totals.considered}${totals.is_sample ? ' looked at' : ''}`],
  ...(totals?.levels ?? []).map(({ level, as_is, with_change, difference }): Field => [
    level === 0 ? 'you take' : `level ${level} takes`,
    `${inWords(as_is)} -> ${inWords(with_change)} (${inWords(difference)})`,
  ]),
];

/** What a change that is only looked at would do to renewals. */
export async function showImpact(show: Show, impact: Impact): Promise<void> {
  await show.one(impact, [impactFields(impact), show.table(impact.data, affectedColumns)]);
  if (impact.next_cursor !== null) await show.note('There are more; the API shows them page by page.');
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List your price lists',
  options: [limitOption],
  async run({ client, show }, given) {
    const lists = client().each('listPriceLists', { query: { limit: pageLimit(given) } });
    await show.list(await take(lists, given), columns, 'There are no price lists.');
  },
};

const set: CommandSpec = {
  name: 'set',
  summary: 'Set one price in a price list, or show what it would do to renewals',
  description:
    'With --preview nothing is stored: you see which live subscriptions it touches, and the next renewal of each with the price as it is and as it would be.',
  arguments: [{ name: '<list>', describe: 'id of the price list' }],
  options: [
    { flags: '--rate <id>', describe: 'what is priced: a rate of a plan' },
    { flags: '--resource <id>', describe: 'or a resource, in whatever plan' },
    { flags: '--amount <decimal>', describe: 'for one unit', isNeeded: true },
    { flags: '--from <date>', describe: 'the first day on which it counts', isNeeded: true },
    { flags: '--type <type>', describe: 'what for', choices: chargeTypes, fallback: 'recurring' },
    { flags: '--preview', describe: 'store nothing, show what it would do to renewals' },
  ],
  examples: [
    'price-list set 0190f3a2-... --rate 0190f3a2-... --amount 21.50 --from 2027-01-01 --preview',
    'price-list set 0190f3a2-... --rate 0190f3a2-... --amount 21.50 --from 2027-01-01',
  ],
  async run({ client, show }, given) {
    const [rate, resource] = [given.text('rate'), given.text('resource')];
    const id = rate ?? resource;
    if (id === undefined || (rate !== undefined && resource !== undefined)) {
      throw new CommandError('usage', 'Name what is priced: --rate or --resource.');
    }
    const answer = await client().setPrices({
      params: { price_list_id: checkId(given.argument(0), 'a price list') },
      query: only({ preview: given.flag('preview') ? ('true' as const) : undefined }),
      body: {
        prices: [
          {
            target: rate === undefined ? 'resource' : 'rate',
            target_id: checkId(id, rate === undefined ? 'a resource' : 'a rate'),
            charge_type: given.oneOf('type', chargeTypes) ?? 'recurring',
            effective_from: given.needed('from'),
            tiers: [{ amount: given.needed('amount') }],
          },
        ],
      },
    });
    if (!('affected' in answer)) return show.one(answer, [fields(answer)]);
    await showImpact(show, answer);
  },
};

export const priceListGroup: GroupSpec = {
  name: 'price-list',
  summary: 'Price lists',
  commands: [list, set],
};
