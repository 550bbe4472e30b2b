import type { Pool } from '@tierline/contract';
import type { CommandSpec, Given, GroupSpec, OptionSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only } from './list.ts';
import type { Column, Field } from './show.ts';

const columns: readonly Column<Pool>[] = [
  { title: 'PRODUCT', of: ({ product_id }) => product_id },
  { title: 'VERSION', of: ({ license_version }) => license_version },
  { title: 'AVAILABLE', of: ({ available }) => available, right: true },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'REFILL', of: refillText },
];

/** How a pool is filled again, in a few words. */
function refillText({ refill, refill_step: step, may_refill: may, maximum, auto_refill_below: below }: Pool): string {
  if (!may) return 'no';
  if (refill === 'parent') return `from the parent up to ${maximum}`;
  return below === '0' ? `${step} at a time` : `${step} at a time, and by itself below ${below}`;
}

const fields = (pool: Pool): readonly Field[] => [
  ['account', pool.account_id],
  ['product', pool.product_id],
  ['version', pool.license_version],
  ['available', pool.available],
  ['owed', pool.owed],
  ['status', pool.status],
  ['refill', refillText(pool)],
  ['minimum', pool.minimum],
];

const product = { name: '<product>', describe: 'id of the product' };
const units = { name: '<units>', describe: 'how many' };
const trialOption: OptionSpec = { flags: '--trial', describe: 'its trial licenses; the full ones when not given' };
const accountOption = (describe: string): OptionSpec => ({ flags: '--account <id>', describe });

function poolOf(given: Given, place = 0) {
  return {
    product_id: checkId(given.argument(place), 'a product'),
    license_version: given.flag('trial') ? ('trial' as const) : ('full' as const),
  };
}

const list: CommandSpec = {
  name: 'list',
  summary: 'List license pools',
  options: [accountOption('whose; yours when not given')],
  async run({ client, show }, given) {
    const { data } = await client().listPools({ query: only({ account_id: given.text('account') }) });
    await show.list(data, columns, 'There are no license pools.');
  },
};

type Moved = { readonly account_id: string; readonly units: string };
const movedFields = ({ account_id: account, units: count }: Moved): readonly Field[] => [
  ['account', account],
  ['units', count],
];

const mint: CommandSpec = {
  name: 'mint',
  summary: 'Put new units into a pool of a root',
  arguments: [product, units],
  options: [trialOption],
  examples: ['pool mint 0190f3a2-... 500'],
  async run({ client, show }, given) {
    const moved = await client().mintUnits({ body: { ...poolOf(given), units: given.argument(1) } });
    await show.one(moved, [movedFields(moved)]);
  },
};

const assign: CommandSpec = {
  name: 'assign',
  summary: 'Move units from your pool into that of an account directly below',
  arguments: [{ name: '<account>', describe: 'id of the account' }, product, units],
  options: [trialOption],
  examples: ['pool assign 0190f3a2-... 0190f3a3-... 25'],
  async run({ client, show }, given) {
    const body = {
      account_id: checkId(given.argument(0), 'an account'),
      ...poolOf(given, 1),
      units: given.argument(2),
    };
    const moved = await client().assignUnits({ body });
    await show.one(moved, [movedFields(moved)]);
  },
};

const refill: CommandSpec = {
  name: 'refill',
  summary: 'Refill a pool of yours',
  description: "At a root and at tier one a step of new units; below, out of your parent's pool up to the maximum.",
  arguments: [product],
  options: [trialOption],
  async run({ client, show }, given) {
    const moved = await client().refillPool({ body: poolOf(given) });
    await show.one(moved, [movedFields(moved)]);
  },
};

const set: CommandSpec = {
  name: 'set',
  summary: 'Set how a pool is refilled',
  description: 'What is not given stays as it is.',
  arguments: [product],
  options: [
    accountOption('an account directly below; yours when not given'),
    trialOption,
    { flags: '--may-refill <word>', describe: 'whether the account may refill it', choices: ['yes', 'no'] },
    { flags: '--maximum <units>', describe: "up to how many it is refilled from its parent's pool" },
    { flags: '--step <units>', describe: 'new units of one refill' },
    { flags: '--auto-below <units>', describe: 'below how many it refills by itself; 0 turns that off' },
    { flags: '--minimum <units>', describe: 'below how many it is low' },
  ],
  examples: [
    'pool set 0190f3a2-... --account 0190f3a3-... --may-refill yes --maximum 200',
    'pool set 0190f3a2-... --auto-below 100',
  ],
  async run({ client, show }, given) {
    const may = given.text('may-refill');
    const settings = only({
      maximum: given.text('maximum'),
      refill_step: given.text('step'),
      auto_refill_below: given.text('auto-below'),
      minimum: given.text('minimum'),
    });
    if (may === undefined && Object.keys(settings).length === 0) {
      throw new CommandError('usage', 'Say what is to be set, such as --minimum 10.');
    }
    const pool = await client().setPool({
      body: {
        ...poolOf(given),
        ...only({ account_id: given.text('account') }),
        ...settings,
        ...(may === undefined ? {} : { may_refill: may === 'yes' }),
      },
    });
    await show.one(pool, [fields(pool)]);
  },
};

export const poolGroup: GroupSpec = {
  name: 'pool',
  summary: 'License pools: units that can be sold or handed on',
  commands: [list, mint, assign, refill, set],
};
