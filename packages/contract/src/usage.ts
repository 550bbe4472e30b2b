import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { decimalOut, id, instant, page, pageQuery, quantity } from './wire.ts';

const month = z
  .string()
  .regex(/^(19|20|21|22)\d\d-(0[1-9]|1[0-2])$/)
  .openapi({ description: "A month of the seller's calendar, YYYY-MM.", example: '2026-03' });

const reading = {
  license_id: id('license', 'Needed where the subscription has several licenses.').optional(),
  used: quantity.openapi({ description: 'Units in use at that moment.' }),
  at: instant.optional().openapi({ description: 'When it was read; now when not given. Not in a month that is over.' }),
};

export const usageReading = z
  .strictObject({
    subscription_id: id('subscription'),
    license_id: id('license'),
    month,
    used: decimalOut,
    at: instant,
  })
  .openapi('UsageReading');
export type UsageReading = z.input<typeof usageReading>;

export const licenseUsage = z
  .strictObject({
    subscription_id: id('subscription'),
    license_id: id('license'),
    owner_id: id('account', 'The seller.'),
    month,
    used: decimalOut.openapi({ description: 'The newest reading of the month.' }),
    at: instant,
    highest: decimalOut.openapi({ description: 'The highest reading of the month.' }),
    highest_at: instant,
  })
  .openapi('LicenseUsage');
export type LicenseUsage = z.input<typeof licenseUsage>;

const tag = 'Usage';
const kept =
  'Of each month the newest reading and the highest one are kept, so sending a reading again changes nothing. A month that is over takes no more readings: reports about it are final.';

export const usageRoutes = {
  reportUsage: route({
    operationId: 'reportUsage',
    method: 'put',
    path: '/usage',
    tag,
    summary: 'Report usage of licenses',
    description: `Up to 1000 readings, all of them or none. ${kept}`,
    permission: 'usage.report',
    body: z.strictObject({
      readings: z
        .array(z.strictObject({ subscription_id: id('subscription'), ...reading }))
        .min(1)
        .max(1000),
    }),
    answers: { 200: z.strictObject({ data: z.array(usageReading) }) },
    examples: [
      {
        as: 'reseller',
        body: { readings: [{ subscription_id: cast.subscription, used: '4', at: '2026-03-01T22:00:00Z' }] },
        status: 200,
      },
    ],
  }),
  reportSubscriptionUsage: route({
    operationId: 'reportSubscriptionUsage',
    method: 'put',
    path: '/subscriptions/{subscription_id}/usage',
    tag,
    summary: 'Report usage of one license',
    description: kept,
    permission: 'usage.report',
    params: z.strictObject({ subscription_id: id('subscription') }),
    body: z.strictObject(reading),
    answers: { 200: usageReading },
    examples: [{ as: 'reseller', params: { subscription_id: cast.subscription }, body: { used: 3 }, status: 200 }],
  }),
  listUsage: route({
    operationId: 'listUsage',
    method: 'get',
    path: '/usage',
    tag,
    summary: 'List usage of licenses',
    description:
      'Of your customers and of those of accounts below, in the order of licenses. What nobody read is not there.',
    permission: 'usage.read',
    query: z.strictObject({
      ...pageQuery,
      month: month
        .optional()
        .openapi({ description: 'Of which month; the current one of your calendar when not given.' }),
      subscription_id: id('subscription').optional(),
      account_id: id('account', 'Only of this account and below it.').optional(),
    }),
    answers: { 200: page(licenseUsage) },
    examples: [{ as: 'reseller', query: { month: '2026-03' }, status: 200 }],
  }),
};

/** One line of the answer to an import, which is newline-delimited JSON (application/x-ndjson). */
export const usageImportRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), rows: z.int().min(0).describe('Rows handled so far') }),
  z.object({
    type: z.literal('row_error'),
    line: z.int().min(1).describe('Line in the file, counted from 1'),
    field: z.string().nullable(),
    code: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('done'),
    rows: z.int().min(0).describe('Rows of the file, apart from its head'),
    stored: z.int().min(0),
    failed: z.int().min(0).describe('Rows that were refused; each is named by a row_error'),
  }),
  z
    .object({ type: z.literal('error'), code: z.string(), message: z.string() })
    .describe('The import stopped here; what was stored stays, and the same file again completes it'),
]);
export type UsageImportRecord = z.infer<typeof usageImportRecord>;

/** Columns of a file of usage, with whether a row needs them. */
export const usageColumns = { subscription_id: true, license_id: false, used: true, at: false } as const;

export const usageFileRoutes = {
  importUsage: route({
    operationId: 'importUsage',
    method: 'post',
    path: '/usage/import',
    tag,
    summary: 'Import usage of licenses from a file',
    description:
      'The body is a CSV file of any size with the columns subscription_id and used, and if wanted license_id and at. The answer is application/x-ndjson, one record per line. Bad rows are reported and the rest is stored; the same file again changes nothing.',
    permission: 'usage.report',
    answers: { 200: usageImportRecord },
    streams: { request: ['text/csv'], answer: ['application/x-ndjson'] },
    isNotRepeatable: true,
    examples: [{ as: 'reseller', status: 200 }],
  }),
};
