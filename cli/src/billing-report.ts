import {
  billingReportFileRoutes,
  type BillingReport,
  type BillingReportDetail,
  type BillingReportLine,
} from '@tierline/contract';
import type { Client } from '@tierline/client';
import type { ArgumentSpec, CommandSpec, Given, GroupSpec, OptionSpec, Tools } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only, limitOption, pageLimit, take } from './list.ts';
import { toPathOrOutput } from './output-file.ts';
import type { Column, Field } from './show.ts';
import { openBytes } from './stream.ts';

const statuses = ['preparing', 'under_review', 'approved', 'rejected', 'completed'] as const;

const columns: readonly Column<BillingReport>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'MONTH', of: ({ month }) => month },
  { title: 'PARTNER', of: ({ partner_name }) => partner_name },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'REVIEW', of: ({ review }) => review },
  { title: 'SUBMITS', of: ({ submits_at }) => submits_at },
];

const lineColumns: readonly Column<BillingReportLine>[] = [
  { title: 'LINE', of: ({ position }) => String(position), right: true },
  { title: 'PRODUCT', of: ({ product_name }) => product_name },
  { title: 'UNIT', of: ({ unit_type }) => unit_type },
  { title: 'PROVISIONED', of: ({ provisioned_units }) => provisioned_units, right: true },
  { title: 'USED', of: ({ used_units }) => used_units, right: true },
  { title: 'CHARGEABLE', of: ({ chargeable_units }) => chargeable_units, right: true },
  { title: 'PRICE', of: ({ price }) => price && `${price.amount} ${price.currency}`, right: true },
  { title: 'COST', of: ({ cost }) => cost && `${cost.amount} ${cost.currency}`, right: true },
  { title: 'COMMENT', of: ({ comment }) => comment },
];

const fields = (report: BillingReport): readonly Field[] => [
  ['id', report.id],
  ['partner', report.partner_name],
  ['month', report.month],
  ['status', report.status],
  ['review', report.review],
  ['note', report.note],
  ['po number', report.po_number],
  ['submits at', report.submits_at],
  ['submitted at', report.submitted_at],
];

const filterOptions: readonly OptionSpec[] = [
  { flags: '--month <month>', describe: 'only of this month, such as 2026-02' },
  { flags: '--status <status>', describe: 'only in this state', choices: statuses },
  { flags: '--partner <id>', describe: 'only of this partner' },
];
const idArgument: readonly ArgumentSpec[] = [{ name: '<id>', describe: 'id of the billing report' }];

const filterOf = (given: Given) =>
  only({ month: given.text('month'), status: given.oneOf('status', statuses), partner_id: given.text('partner') });

const idOf = (given: Given): string => checkId(given.argument(0), 'a billing report');

const showDetail = ({ show }: Tools, report: BillingReportDetail): Promise<void> =>
  show.one(report, [fields(report), show.table(report.lines, lineColumns)]);

const list: CommandSpec = {
  name: 'list',
  summary: 'List billing reports of yours and of your partners, the youngest month first',
  options: [...filterOptions, limitOption],
  async run({ client, show }, given) {
    const query = { ...filterOf(given), limit: pageLimit(given) };
    const found = await take(client().each('listBillingReports', { query }), given);
    await show.list(found, columns, 'There are no billing reports.');
  },
};

const showOne: CommandSpec = {
  name: 'show',
  summary: 'Show a billing report with its lines',
  arguments: idArgument,
  async run(tools, given) {
    const report = await tools.client().getBillingReport({ params: { billing_report_id: idOf(given) } });
    await showDetail(tools, report);
  },
};

const history: CommandSpec = {
  name: 'history',
  summary: 'Show who did what with a billing report',
  arguments: idArgument,
  options: [limitOption],
  async run({ client, show }, given) {
    const request = { params: { billing_report_id: idOf(given) }, query: { limit: pageLimit(given) } };
    const steps = await take(client().each('listBillingReportHistory', request), given);
    const shown: readonly Column<(typeof steps)[number]>[] = [
      { title: 'AT', of: ({ at }) => at },
      { title: 'WHAT', of: ({ action }) => action },
      { title: 'BY', of: ({ actor }) => actor },
    ];
    await show.list(steps, shown, 'Nothing has happened.');
  },
};

const edit: CommandSpec = {
  name: 'edit',
  summary: 'Change the chargeable units or the comment of a line',
  arguments: idArgument,
  options: [
    { flags: '--line <position>', describe: 'which line', isNeeded: true },
    { flags: '--chargeable <units>', describe: 'what is to be charged for' },
    { flags: '--comment <text>', describe: 'why' },
  ],
  examples: ['billing-report edit 0190f3a2-... --line 1 --chargeable 8 --comment "Two were never handed out."'],
  async run(tools, given) {
    const change = only({ chargeable_units: given.text('chargeable'), comment: given.text('comment') });
    if (Object.keys(change).length === 0) throw new CommandError('usage', 'Say --chargeable units or a --comment.');
    const lines = [{ position: given.whole('line', 1), ...change }];
    const params = { billing_report_id: idOf(given) };
    await showDetail(tools, await tools.client().editBillingReport({ params, body: { lines } }));
  },
};

type Act = (client: Client, params: { billing_report_id: string }, given: Given) => Promise<BillingReportDetail>;

const step = (name: string, summary: string, options: readonly OptionSpec[], act: Act): CommandSpec => ({
  name,
  summary,
  arguments: idArgument,
  options,
  async run(tools, given) {
    await showDetail(tools, await act(tools.client(), { billing_report_id: idOf(given) }, given));
  },
});

const poOption: OptionSpec = { flags: '--po <number>', describe: 'number of the purchase order' };
const whyOption: OptionSpec = { flags: '--comment <text>', describe: 'why', isNeeded: true };
const purchase = (given: Given) => only({ po_number: given.text('po') });

const steps: readonly CommandSpec[] = [
  step('submit', 'Submit a billing report for review', [poOption], (client, params, given) =>
    client.submitBillingReport({ params, body: purchase(given) }),
  ),
  step('approve', 'Approve the billing report of a partner', [poOption], (client, params, given) =>
    client.approveBillingReport({ params, body: purchase(given) }),
  ),
  step('reject', 'Reject the billing report of a partner', [whyOption], (client, params, given) =>
    client.rejectBillingReport({ params, body: { comment: given.needed('comment') } }),
  ),
  step('return', 'Return an approved billing report to its review', [whyOption], (client, params, given) =>
    client.returnBillingReport({ params, body: { comment: given.needed('comment') } }),
  ),
  step('complete', 'Complete an approved billing report', [], (client, params) =>
    client.completeBillingReport({ params }),
  ),
];

const exportLines: CommandSpec = {
  name: 'export',
  summary: 'Write the lines of billing reports as CSV',
  options: [
    ...filterOptions,
    { flags: '--output <path>', describe: 'where to write it; standard output when not given' },
  ],
  examples: ['billing-report export --month 2026-02 --output february.csv'],
  async run({ connection, io, show }, given) {
    const request = { query: filterOf(given) };
    const pieces = await openBytes(io, connection(), billingReportFileRoutes.exportBillingReportLines, request);
    await toPathOrOutput({ io, show }, given.text('output'), pieces);
  },
};

const terms: CommandSpec = {
  name: 'terms',
  summary: 'Show or set what you ask of your partners',
  options: [
    { flags: '--partner <id>', describe: 'of this partner; of all others when not given' },
    { flags: '--days <count>', describe: 'days after the end of a month when its report is submitted by itself' },
    { flags: '--tolerance <percent>', describe: 'over-provisioning that needs no comment' },
  ],
  async run({ client, show }, given) {
    const partner = only({ partner_id: given.text('partner') });
    const isSet = given.text('days') !== undefined || given.text('tolerance') !== undefined;
    const api = client();
    const found = isSet
      ? await api.putBillingReportTerms({
          body: {
            ...partner,
            submit_after_days: given.whole('days', 1),
            tolerance_percent: given.needed('tolerance'),
          },
        })
      : await api.getBillingReportTerms({ query: partner });
    await show.one(found, [
      [
        ['partner', found.partner_id ?? 'all others'],
        ['submitted after days', String(found.submit_after_days)],
        ['tolerance in percent', found.tolerance_percent],
      ],
    ]);
  },
};

export const billingReportGroup: GroupSpec = {
  name: 'billing-report',
  summary: 'Billing reports: what partners had and were charged in a month, and its review',
  commands: [list, showOne, history, edit, ...steps, exportLines, terms],
};
