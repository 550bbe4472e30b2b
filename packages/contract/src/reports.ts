import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { changes, date, id, instant, name, page, pageQuery, text, version } from './wire.ts';

const format = z.enum(['csv', 'json', 'xml', 'xlsx']);
const dataSet = z.enum(['orders', 'payments']).openapi({
  description: '`orders`: charges of orders provisioned in the period; `payments`: charges booked in it.',
});
const schedule = z.enum(['daily', 'monthly', 'on_invoice', 'once']).openapi({
  description: 'When reports are made by themselves; `once`: only when one is asked for.',
});

export const reportGenerator = z
  .strictObject({
    id: id('report_generator'),
    name: z.string(),
    data_set: dataSet,
    format,
    schedule,
    status: z.enum(['active', 'paused']),
    next_run_at: instant.nullable().openapi({ description: 'When the next report is made by itself; null: none is.' }),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('ReportGenerator');
export type ReportGenerator = z.input<typeof reportGenerator>;

export const report = z
  .strictObject({
    id: id('report'),
    generator_id: id('report_generator'),
    name: z.string(),
    type: z.enum(['daily', 'monthly', 'on_invoice', 'onetime']),
    data_set: dataSet,
    format,
    status: z.enum(['submitted', 'processing', 'completed', 'error']),
    start_on: date,
    end_on: date.openapi({ description: 'The day after the last one covered.' }),
    rows: z.string().nullable().openapi({ description: 'How many rows the file has; null until it is there.' }),
    bytes: z.string().nullable(),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'Why the report could not be made.' }),
    created_at: instant,
    completed_at: instant.nullable(),
    expires_at: instant.openapi({ description: 'When the report and its file are removed.' }),
  })
  .openapi('Report');
export type Report = z.input<typeof report>;

export const newReportGenerator = z
  .strictObject({ name, data_set: dataSet, format: format.default('csv'), schedule })
  .openapi('NewReportGenerator');
export const reportGeneratorChange = changes({
  name: name.optional(),
  format: format.optional(),
  status: z.enum(['active', 'paused']).optional(),
}).openapi('ReportGeneratorChange');
export const newReport = z
  .strictObject({
    generator_id: id('report_generator'),
    start_on: date,
    end_on: date.optional().openapi({ description: 'The day after the last one covered; tomorrow when not given.' }),
    format: format.optional().openapi({ description: "The generator's when not given." }),
  })
  .openapi('NewReport');

const generatorParams = z.strictObject({ report_generator_id: id('report_generator') });
const reportParams = z.strictObject({ report_id: id('report') });
const tag = 'Reports';

export const reportRoutes = {
  listReportGenerators: route({
    operationId: 'listReportGenerators',
    method: 'get',
    path: '/report-generators',
    tag,
    summary: 'List report generators',
    description: 'Those of your own account, in the order in which they were set up.',
    permission: 'reports.read',
    query: z.strictObject(pageQuery),
    answers: { 200: page(reportGenerator) },
    examples: [{ as: 'reseller', status: 200 }],
  }),
  createReportGenerator: route({
    operationId: 'createReportGenerator',
    method: 'post',
    path: '/report-generators',
    tag,
    summary: 'Set up a report generator',
    description: 'From then on it makes reports about your own charges by itself, as its schedule says.',
    permission: 'reports.set_up',
    body: newReportGenerator,
    answers: { 201: reportGenerator },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        body: { name: 'Daily orders', data_set: 'orders', format: 'json', schedule: 'daily' },
        status: 201,
      },
    ],
  }),
  getReportGenerator: route({
    operationId: 'getReportGenerator',
    method: 'get',
    path: '/report-generators/{report_generator_id}',
    tag,
    summary: 'Read a report generator',
    permission: 'reports.read',
    params: generatorParams,
    answers: { 200: reportGenerator },
    hasVersion: true,
    examples: [{ as: 'reseller', params: { report_generator_id: cast.reportGenerator }, status: 200 }],
  }),
  changeReportGenerator: route({
    operationId: 'changeReportGenerator',
    method: 'patch',
    path: '/report-generators/{report_generator_id}',
    tag,
    summary: 'Change, pause or resume a report generator',
    description:
      'Reports that there are stay as they are. While it is paused nothing is made, and nothing is made up for.',
    permission: 'reports.set_up',
    params: generatorParams,
    body: reportGeneratorChange,
    answers: { 200: reportGenerator },
    hasVersion: true,
    examples: [
      {
        as: 'reseller',
        params: { report_generator_id: cast.reportGenerator },
        body: { format: 'xlsx' },
        status: 200,
      },
    ],
  }),
  listReports: route({
    operationId: 'listReports',
    method: 'get',
    path: '/reports',
    tag,
    summary: 'List reports',
    description: 'Those of your own account, the newest first. They are kept for 90 days.',
    permission: 'reports.read',
    query: z.strictObject({
      ...pageQuery,
      generator_id: id('report_generator').optional(),
      name: text(150).optional(),
      format: format.optional(),
      status: z.enum(['submitted', 'processing', 'completed', 'error']).optional(),
      type: z.enum(['daily', 'monthly', 'on_invoice', 'onetime']).optional(),
    }),
    answers: { 200: page(report) },
    examples: [{ as: 'reseller', query: { type: 'onetime', limit: '20' }, status: 200 }],
  }),
  createReport: route({
    operationId: 'createReport',
    method: 'post',
    path: '/reports',
    tag,
    summary: 'Ask for a report once',
    description:
      'It is made in the background: read it until its status is `completed`. One that ends in the future is made then.',
    permission: 'reports.run',
    body: newReport,
    answers: { 201: report },
    examples: [
      {
        as: 'reseller',
        body: { generator_id: cast.reportGenerator, start_on: '2026-02-01', end_on: '2026-03-01' },
        status: 201,
      },
    ],
  }),
  getReport: route({
    operationId: 'getReport',
    method: 'get',
    path: '/reports/{report_id}',
    tag,
    summary: 'Read a report',
    permission: 'reports.read',
    params: reportParams,
    answers: { 200: report },
    examples: [{ as: 'reseller', params: { report_id: cast.report }, status: 200 }],
  }),
};

/** The operation whose answer is a file; it stands beside `routes`, whose bodies are all JSON. */
export const reportFileRoutes = {
  downloadReport: route({
    operationId: 'downloadReport',
    method: 'get',
    path: '/reports/{report_id}/file',
    tag,
    summary: 'Download the file of a report',
    description: 'The same bytes every time. Refused as long as the report is not completed.',
    permission: 'reports.read',
    params: reportParams,
    answers: { 200: null },
    streams: {
      answer: [
        'text/csv',
        'application/json',
        'application/xml',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      ],
    },
    examples: [{ as: 'reseller', params: { report_id: cast.report }, status: 200 }],
  }),
};
