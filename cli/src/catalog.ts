import type { CatalogEntry, Offer, PriceStep } from '@tierline/contract';
import type { Client } from '@tierline/client';
import { exportCommand } from './catalog-export.ts';
import { importCommand } from './catalog-import.ts';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { given as only, isId, limitOption, pageLimit, take } from './list.ts';
import type { Column } from './show.ts';

type Price = NonNullable<CatalogEntry['prices']['recurring']>;
type Tiers = Price['tiers'];

function tiersInWords(tiers: Tiers): string {
  const [only, ...more] = tiers;
  if (only !== undefined && more.length === 0) return only.amount;
  return tiers.map(({ lower_limit, amount }) => `${amount} from ${lower_limit}`).join(', ');
}

function priceInWords(price: Price | undefined): string | undefined {
  return price && `${tiersInWords(price.tiers)} ${price.currency}`;
}

const columns: readonly Column<CatalogEntry>[] = [
  { title: 'MPN', of: ({ mpn }) => mpn },
  { title: 'VENDOR', of: ({ vendor }) => vendor },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'PLAN', of: ({ plan }) => plan.name },
  { title: 'PERIOD', of: ({ plan }) => periodInWords(plan.subscription_period) },
  { title: 'BILLED', of: ({ plan }) => periodInWords(plan.billing_period) },
  { title: 'COST', of: ({ costs }) => priceInWords(costs.recurring ?? costs.setup), right: true },
  { title: 'PRICE', of: ({ prices }) => priceInWords(prices.recurring ?? prices.setup), right: true },
];

function periodInWords({ unit, count }: { readonly unit: string; readonly count: number }): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List what you may sell, with your costs and prices of today',
  options: [
    { flags: '--name <part>', describe: 'only with this in the name' },
    { flags: '--mpn <mpn>', describe: 'only this part number' },
    { flags: '--vendor <code>', describe: 'only of this vendor' },
    { flags: '--account <id>', describe: 'as an account below you sells it' },
    limitOption,
  ],
  examples: ['catalog list --name mail', 'catalog list --limit 0 --json'],
  async run({ client, show }, given) {
    const query = only({
      name: given.text('name'),
      mpn: given.text('mpn'),
      vendor: given.text('vendor'),
      account_id: given.text('account'),
      limit: pageLimit(given),
    });
    const entries = await take(client().each('listCatalog', { query }), given);
    await show.list(entries, columns, 'There is nothing to sell, or nothing that fits.');
  },
};

const offerColumns: readonly Column<Offer>[] = [
  { title: 'NUMBER', of: ({ number }) => number },
  { title: 'PLAN', of: ({ name }) => name },
  { title: 'VERSION', of: ({ version }) => String(version), right: true },
  { title: 'RATES', of: ({ rate_count }) => String(rate_count), right: true },
  { title: 'ID', of: ({ plan_id }) => plan_id },
];

const plans: CommandSpec = {
  name: 'plans',
  summary: 'List the service plans that you may sell',
  options: [{ flags: '--account <id>', describe: 'as an account below you sells them' }, limitOption],
  async run({ client, show }, given) {
    const query = only({ account_id: given.text('account'), limit: pageLimit(given) });
    const offers = await take(client().each('listOffers', { query }), given);
    await show.list(offers, offerColumns, 'There is nothing to sell.');
  },
};

const stepColumns: readonly Column<PriceStep>[] = [
  { title: 'SELLER', of: ({ seller_name }) => seller_name },
  { title: 'BUYER', of: ({ buyer_id }) => buyer_id ?? 'any customer' },
  { title: 'CHARGE', of: ({ charge_type }) => charge_type },
  { title: 'PRICE', of: ({ tiers, currency }) => `${tiersInWords(tiers)} ${currency}`, right: true },
  { title: 'BECAUSE', of: ({ source }) => sourceInWords(source) },
];

function sourceInWords(source: PriceStep['source']): string {
  const list = source.price_list ?? 'a price list';
  switch (source.kind) {
    case 'explicit':
      return `${list} says so since ${source.effective_from ?? '?'} (${source.target ?? 'rate'})`;
    case 'rule':
      return `${list}: cost ${signed(source.percent)} % ${signed(source.amount)} (${source.scope ?? 'all'})`;
    case 'special':
    case 'free':
      return 'the plan is settled elsewhere';
    case 'seller':
      return 'your seller decides';
  }
}

function signed(number: string | undefined): string {
  return number === undefined ? '+ 0' : number.startsWith('-') ? `- ${number.slice(1)}` : `+ ${number}`;
}

const why: CommandSpec = {
  name: 'why',
  summary: 'Show why a price is what it is, step by step from your seller to the buyer',
  arguments: [{ name: '<rate>', describe: 'id of the rate, or its MPN where only one rate has it' }],
  options: [
    { flags: '--account <id>', describe: 'for an account below you' },
    { flags: '--customer <id>', describe: 'for this customer' },
  ],
  examples: ['catalog why HR-SEAT', 'catalog why HR-SEAT --customer 0190f3a2-...'],
  async run({ client, show }, given) {
    const api = client();
    const query = only({ account_id: given.text('account'), customer_id: given.text('customer') });
    const rateId = await findRate(api, given.argument(0), query.account_id);
    const explained = await api.explainPrice({ params: { rate_id: rateId }, query });
    const missing = explained.charge_types.filter((type) => !explained.steps.some((step) => step.charge_type === type));
    await show.one(explained, [
      [
        ['rate', explained.rate_id],
        ['mpn', explained.mpn],
        ['name', explained.name],
        ...(missing.length === 0 ? [] : [['no price for', missing.join(', ')] as const]),
      ],
      ...(explained.steps.length === 0 ? [] : [show.table(explained.steps, stepColumns)]),
    ]);
  },
};

async function findRate(api: Client, name: string, accountId: string | undefined): Promise<string> {
  const query = { mpn: name, limit: '20', ...only({ account_id: accountId }) };
  const { data } = await api.listCatalog({ query });
  const [first, ...others] = data;
  // MPNs may look like ids, so an id is what no MPN is.
  if (first === undefined && isId(name)) return name;
  if (first === undefined) throw new CommandError('notFound', `You have nothing with the MPN ${name} to sell.`);
  if (others.length > 0) {
    const rates = data.map(({ id, plan, vendor }) => `  ${id}  ${vendor}, ${plan.name}`);
    throw new CommandError('usage', `Several rates have the MPN ${name}. Name one by its id:\n${rates.join('\n')}`);
  }
  return first.id;
}

export const catalogGroup: GroupSpec = {
  name: 'catalog',
  summary: 'The catalog: what may be sold, and for how much',
  commands: [list, plans, why, importCommand, exportCommand],
};
