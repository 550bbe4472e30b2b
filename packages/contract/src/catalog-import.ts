import { z } from '@hono/zod-openapi';
import { route } from './route.ts';
import { flagInQuery, text } from './wire.ts';

/** One column of a catalog file; a JSON row has members of the same names. */
export type CatalogColumn = {
  readonly name: string;
  /** `always`: no row without it. `new`: needed where the row makes something new. `optional`: never needed. */
  readonly needed: 'always' | 'new' | 'optional';
  readonly describe: string;
};

const column = (name: string, needed: CatalogColumn['needed'], describe: string): CatalogColumn => ({
  name,
  needed,
  describe,
});

/**
 * The columns of a catalog file, in the order of an export. A row is one rate of one service plan with its prices.
 * A column that a file does not have, and an empty cell unless said otherwise, leaves what there is as it is.
 */
export const catalogColumns: readonly CatalogColumn[] = [
  column('vendor_code', 'always', 'Code of the vendor of the resource'),
  column('vendor_name', 'optional', 'Name of a new vendor; its code when not given'),
  column('product_code', 'always', 'Code of the product of the plan: nine capital letters and digits'),
  column('product_name', 'new', 'Name of a new product'),
  column('product_type', 'new', '`saas`, `software` or `suite`'),
  column('product_family', 'optional', '`standard` (default) or `vision_one`'),
  column('service_name', 'optional', 'Name of the service that a new product belongs to; its name when not given'),
  column(
    'product_parts',
    'optional',
    'Of a suite: codes of the products that it is made of, separated by `;`. They may come with any row of the file. What the suite lacks is added; no part is taken out',
  ),
  column('plan_name', 'always', 'Name of the service plan: all rows with this name are its rates'),
  column('plan_description', 'optional', 'What the plan is, in a sentence'),
  column('license_version', 'optional', '`full` (default) or `trial`'),
  column('subscription_period', 'new', 'Such as `1 month`, `1 year` or `30 days`'),
  column('billing_period', 'optional', 'Like the subscription period, which it divides and which is its default'),
  column(
    'billing_model',
    'optional',
    '`before_billing_period` (default), `after_billing_period`, `before_subscription_period` or `external_rating`',
  ),
  column('activation_policy', 'optional', '`immediate` (default) or `first_sign_in`'),
  column('chargeable_months', 'optional', 'Months from the start until the license is charged for; 0 by default'),
  column('auto_renewal_months', 'optional', 'Months added at each renewal; an empty cell means no automatic renewal'),
  column('expiration_notice_days', 'optional', 'Days before the end when a notice is due; 30 by default'),
  column('grace_months', 'optional', 'Months after the end in which a renewal is still possible; 0 by default'),
  column('data_center', 'optional', 'Data center; an empty cell means none'),
  column('unit_type', 'new', 'What is counted, such as `seat`'),
  column('managed', 'optional', '`true` or `false` (default)'),
  column('pricing', 'optional', '`required` (default): not sold without a price; `free`: sold at zero'),
  column(
    'license_pool',
    'optional',
    '`none` (default) or `owner`: sales take their units from the [pool](../concepts/pools.md) of the account that made the plan',
  ),
  column(
    'policies',
    'optional',
    'Name of a preset, or policies as JSON text ([policies](../concepts/policies.md)); an empty cell means what the vendor says',
  ),
  column(
    'parameters',
    'optional',
    'What has to be said when the plan is ordered, as JSON text: the list of `terms.parameters` of `POST /api/v1/plans`; an empty cell means nothing',
  ),
  column('mpn', 'always', 'Manufacturer part number of the resource; once in a plan'),
  column('rate_name', 'optional', 'Name of the rate; the name of the resource, or the MPN, when not given'),
  column('quantity_min', 'optional', 'Least quantity in a subscription; 1 by default'),
  column('quantity_max', 'optional', 'Greatest quantity in a subscription; 1000000 by default'),
  column('price_model', 'optional', '`flat` (default), `tiered` or `volume`'),
  column(
    'charge_types',
    'optional',
    '`setup`, `recurring`, `overuse`, separated by `;`; by default those with a price',
  ),
  column('depends_on', 'optional', 'MPNs of the plan that this rate needs, separated by `;`; an empty cell means none'),
  column('currency', 'optional', 'Currency of the prices; that of the price list, or of the account, when not given'),
  column('price_list', 'optional', "Name of the price list; the account's list for everybody when not given"),
  column('setup_price', 'optional', 'A price such as `4.50`, or tiers such as `0:5.00;10:4.50`'),
  column('recurring_price', 'optional', 'The same, per billing period'),
  column('overuse_price', 'optional', 'The same, for what is used above the quantity'),
  column('effective_from', 'optional', 'First day of the prices, such as `2026-10-01`; today when not given'),
];

const counts = {
  /** Rows of the file, apart from its head. */
  rows: z.int().min(0),
  created: z.int().min(0).describe('Rows whose rate is new'),
  changed: z.int().min(0).describe('Rows that changed their rate, its price or the terms of its plan'),
  unchanged: z.int().min(0),
  failed: z.int().min(0).describe('Rows that were refused; each is named by at least one row_error'),
  removed: z.int().min(0).describe('Rates that are no longer in their plan, because the file does not name them'),
  plans_created: z.int().min(0),
  plans_changed: z.int().min(0).describe('Plans that got a new version'),
};

/** One line of the answer to an import, which is newline-delimited JSON (application/x-ndjson). */
export const importRecord = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    rows: z.int().min(0).describe('Rows handled so far'),
    total: z.int().min(0),
  }),
  z.object({
    type: z.literal('row_error'),
    line: z.int().min(1).describe('Line in the file, counted from 1; the row begins there'),
    field: z.string().nullable(),
    code: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('warning'),
    line: z.int().min(1),
    field: z.string().nullable(),
    code: z.string(),
    message: z.string(),
  }),
  z.object({ type: z.literal('done'), ...counts, preview: z.boolean() }),
  z
    .object({ type: z.literal('error'), code: z.string(), message: z.string() })
    .describe('The import stopped here; what was stored stays, and the same import again completes it'),
]);
export type ImportRecord = z.infer<typeof importRecord>;
export type ImportCounts = Omit<Extract<ImportRecord, { type: 'done' }>, 'type' | 'preview'>;

/** Query of `POST /catalog/import`. The body is the file: text/csv, application/json or application/x-ndjson. */
export const importQuery = z.strictObject({
  preview: flagInQuery.default(false).openapi({ description: 'Says what would happen and stores nothing.' }),
  missing: z
    .enum(['remove', 'keep'])
    .default('remove')
    .describe('What happens to rates that the file does not name, of plans that it does'),
  price_list: text(150).optional().describe('Price list for rows that name none'),
});

/** Query of `GET /catalog/export`. */
export const exportQuery = z.strictObject({
  format: z.enum(['csv', 'ndjson']).default('csv'),
  price_list: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Whose prices; the account's list for everybody by default"),
});

/** Operations whose bodies are files and streams; they stand beside `routes`, whose bodies are all JSON. */
export const streamRoutes = {
  importCatalog: route({
    operationId: 'importCatalog',
    method: 'post',
    path: '/catalog/import',
    tag: 'Catalog',
    summary: 'Import plans, rates and prices from a file',
    description:
      'The body is the file, of any size: text/csv, application/x-ndjson or application/json (an array of objects). The answer is application/x-ndjson, one record per line, and begins when the whole file is read. Bad rows are reported and the rest is imported; the same file again changes nothing.',
    permission: 'catalog.import',
    query: importQuery,
    answers: { 200: importRecord },
    streams: {
      request: ['text/csv', 'application/x-ndjson', 'application/json'],
      answer: ['application/x-ndjson'],
    },
    isNotRepeatable: true,
    examples: [{ as: 'provider', status: 200 }],
  }),
  exportCatalog: route({
    operationId: 'exportCatalog',
    method: 'get',
    path: '/catalog/export',
    tag: 'Catalog',
    summary: 'Export plans, rates and prices to a file',
    description: 'What the account sells, with its own explicit prices of today, as a file that an import reads.',
    permission: 'catalog.export',
    query: exportQuery,
    answers: { 200: null },
    streams: { answer: ['text/csv', 'application/x-ndjson'] },
    examples: [{ as: 'provider', status: 200 }],
  }),
};

/** docs/reference/catalog-file.md. */
export function catalogFileMarkdown(): string {
  const needed = { always: 'always', new: 'for what is new', optional: '-' } as const;
  return [
    '<!-- Generated by `npm run generate` from the source. Do not edit. -->',
    '',
    '# Catalog files',
    '',
    'What `tierline catalog import` and `POST /api/v1/catalog/import` read, and what an export writes. A row is one rate of',
    'one service plan with its prices; rows of a plan may stand anywhere in the file, which may have any size.',
    '',
    '- **CSV** in UTF-8, separated by comma, semicolon or tab. The first line names the columns, in any order.',
    '- **JSON**: one object per line, or one array of objects. Members have the names of the columns; what a CSV file',
    '  separates by `;` may be a list. Numbers are taken as they are written.',
    '',
    'What is not there is made: vendors, products, resources, units, data centers, plans. A plan whose rows differ from its',
    'current version gets one new version, which is sold from then on; a change of prices alone makes none. The same file',
    'again changes nothing, and after an interruption it completes what is missing.',
    '',
    'A bad row is reported with its line, field and reason, and the rest is imported. Rates that a file does not name are',
    'removed from the plans that it does name, unless the import is asked to keep them (`--keep-missing`); where a row was',
    'refused that may have been about a rate, nothing is removed. What a file does not say stays as it is: columns that it',
    'does not have, and empty cells unless the table says otherwise. A price is set from its day on; earlier days keep',
    'theirs, and no price is ever taken away. Vendors, products and resources that are there keep their names.',
    '',
    '| Column | Needed | What it holds |',
    '| --- | --- | --- |',
    ...catalogColumns.map((each) => `| \`${each.name}\` | ${needed[each.needed]} | ${each.describe} |`),
    '',
  ].join('\n');
}
