import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { decimalOut, id, instant, longText, page, pageQuery, share, text, version, quantity } from './wire.ts';

const status = z.enum(['preparing', 'under_review', 'approved', 'rejected', 'completed']);
const month = z
  .string()
  .regex(/^(19|20|21|22)\d\d-(0[1-9]|1[0-2])$/)
  .openapi({ description: 'A month, YYYY-MM.', example: '2026-02' });

const facts = {
  id: id('billing_report'),
  partner_id: id('account', 'The partner that it is about.'),
  partner_name: z.string(),
  seller_id: id('account', 'The seller of the partner, who reviews it.'),
  month,
  status,
  review: z
    .enum(['automatic', 'automatic_with_penalties', 'manual', 'returned'])
    .nullable()
    .openapi({ description: 'How it came under review the last time; null: it never did.' }),
  note: z.string().nullable().openapi({ description: 'Why it was rejected or returned.' }),
  po_number: z.string().nullable(),
  tolerance_percent: decimalOut,
  submits_at: instant.nullable().openapi({ description: 'When it is submitted by itself.' }),
  submitted_at: instant.nullable(),
  version,
  created_at: instant,
  updated_at: instant,
};

export const billingReport = z.strictObject(facts).openapi('BillingReport');
export type BillingReport = z.input<typeof billingReport>;

const side = z
  .strictObject({
    currency: z.string(),
    unit_price: z.string().nullable().openapi({ description: 'null: there was more than one, or none.' }),
    charges: decimalOut,
    credits: decimalOut.openapi({ description: 'What was given back; zero or below.' }),
    amount: decimalOut.openapi({ description: 'Both together, with the digits of the currency.' }),
  })
  .openapi('BillingReportMoney');

export const billingReportLine = z
  .strictObject({
    position: z.int(),
    product_id: id('product'),
    product_name: z.string(),
    unit_type: z.string(),
    provisioned_units: decimalOut.openapi({ description: 'The highest of the month.' }),
    used_units: z.string().nullable().openapi({ description: 'The highest of the month; null: nobody knows.' }),
    over_provisioned_percent: z.string().nullable(),
    chargeable_units: decimalOut,
    comment: z.string().nullable(),
    penalized: z.boolean().openapi({ description: 'Charged for as provisioned, since a comment was missing.' }),
    price: side.nullable().openapi({ description: 'What you take for it; null: nothing, or it is not your edge.' }),
    cost: side.nullable().openapi({ description: 'What you pay for it.' }),
    margin: z.string().nullable().openapi({ description: 'The difference, where both are in one currency.' }),
  })
  .openapi('BillingReportLine');
export type BillingReportLine = z.input<typeof billingReportLine>;

export const billingReportDetail = z
  .strictObject({
    ...facts,
    lines: z.array(billingReportLine),
    totals: z.array(
      z.strictObject({ currency: z.string(), price: z.string().nullable(), cost: z.string().nullable() }),
    ),
  })
  .openapi('BillingReportDetail');
export type BillingReportDetail = z.input<typeof billingReportDetail>;

export const billingReportStep = z
  .strictObject({
    id: id('event'),
    at: instant,
    actor: z.string(),
    action: z.string().openapi({ description: '`opened`, `edited`, `submitted`, `approved`, ...' }),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('BillingReportStep');

export const billingReportTerms = z
  .strictObject({
    partner_id: id('account').nullable().openapi({ description: 'null: of all partners without terms of their own.' }),
    submit_after_days: z.int().openapi({ description: 'Days after the end of the month.' }),
    tolerance_percent: decimalOut,
    version,
  })
  .openapi('BillingReportTerms');
export type BillingReportTerms = z.input<typeof billingReportTerms>;

const lineEdit = z
  .strictObject({
    position: z.int().min(1).max(1_000_000),
    chargeable_units: quantity.optional(),
    comment: longText(1000).min(1).nullable().optional(),
  })
  .refine((edit) => Object.keys(edit).length > 1, 'something to change is expected');
export const billingReportEdit = z
  .strictObject({
    lines: z
      .array(lineEdit)
      .min(1)
      .max(1000)
      .refine((list) => new Set(list.map(({ position }) => position)).size === list.length, 'no line may stand twice'),
  })
  .openapi('BillingReportEdit');

const withPurchaseOrder = z.strictObject({ po_number: text(100).optional() });
const withComment = z.strictObject({ comment: longText(1000).min(1) });

const params = z.strictObject({ billing_report_id: id('billing_report') });
const tag = 'Billing reports';
const filter = {
  month: month.optional(),
  status: status.optional(),
  partner_id: id('account', 'Only of this partner.').optional(),
};
const ofReport = { billing_report_id: cast.billingReport };
const step = { tag, params, answers: { 200: billingReportDetail }, hasVersion: true, takesVersion: true } as const;

export const billingReportRoutes = {
  listBillingReports: route({
    operationId: 'listBillingReports',
    method: 'get',
    path: '/billing-reports',
    tag,
    summary: 'List billing reports',
    description: 'Those of your own account and of partners below it, the youngest month first.',
    permission: 'billing_reports.read',
    query: z.strictObject({ ...pageQuery, ...filter }),
    answers: { 200: page(billingReport) },
    examples: [{ as: 'distributor', query: { month: '2026-02' }, status: 200 }],
  }),
  getBillingReport: route({
    operationId: 'getBillingReport',
    method: 'get',
    path: '/billing-reports/{billing_report_id}',
    tag,
    summary: 'Read a billing report',
    description: 'Units and money line by line. You see what you take and what you pay, and no edge of others.',
    permission: 'billing_reports.read',
    params,
    answers: { 200: billingReportDetail },
    hasVersion: true,
    examples: [{ as: 'distributor', params: ofReport, status: 200 }],
  }),
  listBillingReportHistory: route({
    operationId: 'listBillingReportHistory',
    method: 'get',
    path: '/billing-reports/{billing_report_id}/history',
    tag,
    summary: 'See who did what with a billing report',
    permission: 'billing_reports.read',
    params,
    query: z.strictObject(pageQuery),
    answers: { 200: page(billingReportStep) },
    examples: [{ as: 'distributor', params: { billing_report_id: cast.approvedBillingReport }, status: 200 }],
  }),
  editBillingReport: route({
    operationId: 'editBillingReport',
    method: 'patch',
    path: '/billing-reports/{billing_report_id}',
    tag,
    summary: 'Edit chargeable units and comments',
    description: 'For the partner that it is about, while it is preparing or rejected.',
    permission: 'billing_reports.prepare',
    params,
    body: billingReportEdit,
    answers: { 200: billingReportDetail },
    hasVersion: true,
    examples: [
      {
        as: 'msp',
        params: ofReport,
        body: { lines: [{ position: 1, chargeable_units: '3', comment: 'Two seats were ordered by mistake.' }] },
        status: 200,
      },
    ],
  }),
  submitBillingReport: route({
    ...step,
    operationId: 'submitBillingReport',
    method: 'post',
    path: '/billing-reports/{billing_report_id}/submit',
    summary: 'Submit a billing report for review',
    description: 'Without any comment in it there is nothing to review: it is approved at once.',
    permission: 'billing_reports.prepare',
    body: withPurchaseOrder,
    examples: [{ as: 'msp', params: ofReport, body: {}, status: 200 }],
  }),
  approveBillingReport: route({
    ...step,
    operationId: 'approveBillingReport',
    method: 'post',
    path: '/billing-reports/{billing_report_id}/approve',
    summary: 'Approve a billing report',
    description: 'For the seller of the partner. It goes on to the root of the channel.',
    permission: 'billing_reports.review',
    body: withPurchaseOrder,
    examples: [{ as: 'distributor', params: ofReport, body: { po_number: 'PO-2211' }, status: 200 }],
  }),
  returnBillingReport: route({
    ...step,
    operationId: 'returnBillingReport',
    method: 'post',
    path: '/billing-reports/{billing_report_id}/return',
    summary: 'Return an approved billing report to its review',
    permission: 'billing_reports.settle',
    body: withComment,
    examples: [{ as: 'provider', params: ofReport, body: { comment: 'Which order was it?' }, status: 200 }],
  }),
  rejectBillingReport: route({
    ...step,
    operationId: 'rejectBillingReport',
    method: 'post',
    path: '/billing-reports/{billing_report_id}/reject',
    summary: 'Reject a billing report',
    description: 'For the seller of the partner, who may then edit it and submit it again.',
    permission: 'billing_reports.review',
    body: withComment,
    examples: [{ as: 'distributor', params: ofReport, body: { comment: 'Please name the order.' }, status: 200 }],
  }),
  completeBillingReport: route({
    ...step,
    operationId: 'completeBillingReport',
    method: 'post',
    path: '/billing-reports/{billing_report_id}/complete',
    summary: 'Complete an approved billing report',
    description: 'For the root of the channel; nothing of it changes any more.',
    permission: 'billing_reports.settle',
    examples: [{ as: 'provider', params: { billing_report_id: cast.approvedBillingReport }, status: 200 }],
  }),
  getBillingReportTerms: route({
    operationId: 'getBillingReportTerms',
    method: 'get',
    path: '/billing-report-terms',
    tag,
    summary: 'Read what you ask of your partners',
    permission: 'billing_reports.read',
    query: z.strictObject({ partner_id: id('account', 'Directly below you; all when not given.').optional() }),
    answers: { 200: billingReportTerms },
    hasVersion: true,
    examples: [{ as: 'distributor', status: 200 }],
  }),
  putBillingReportTerms: route({
    operationId: 'putBillingReportTerms',
    method: 'put',
    path: '/billing-report-terms',
    tag,
    summary: 'Set what you ask of your partners',
    description: 'It holds for reports that are opened from then on.',
    permission: 'billing_reports.terms',
    body: z.strictObject({
      partner_id: id('account', 'Directly below you; all when not given.').optional(),
      submit_after_days: z.int().min(1).max(60),
      tolerance_percent: share,
    }),
    answers: { 200: billingReportTerms },
    hasVersion: true,
    takesVersion: true,
    examples: [{ as: 'distributor', body: { submit_after_days: 7, tolerance_percent: '15' }, status: 200 }],
  }),
};

/** The operation whose answer is a file; it stands beside `routes`, whose bodies are all JSON. */
export const billingReportFileRoutes = {
  exportBillingReportLines: route({
    operationId: 'exportBillingReportLines',
    method: 'get',
    path: '/billing-report-lines',
    tag,
    summary: 'Export lines of billing reports as CSV',
    description: 'Of your own account and of partners below it, with the money that you take and pay.',
    permission: 'billing_reports.read',
    query: z.strictObject(filter),
    answers: { 200: null },
    streams: { answer: ['text/csv'] },
    examples: [{ as: 'distributor', query: { month: '2026-02' }, status: 200 }],
  }),
};
