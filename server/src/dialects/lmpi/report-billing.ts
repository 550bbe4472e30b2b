import { dateIn, Temporal, TierlineError, type BillingReportId, type Clock } from '@tierline/kernel';
import { timeOf, type AccountNode } from '../../modules/accounts/index.ts';
import {
  amountOf,
  billingReportStatuses,
  marginOf,
  oldestMonth,
  overProvisionedPercent,
  seenBy,
  submittedOn,
  totalsOf,
  type BillingReport,
  type BillingReportsService,
  type BillingReportStatus,
  type ReportLine,
  type ReportWithLines,
  type Review,
  type Seen,
} from '../../modules/billing-reports/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import { invalidParameter } from './errors.ts';
import { codeMax, codePatterns } from './patterns.ts';
import { requestFields, type Fields } from './request.ts';
import type { Call, Route } from './route.ts';

export type BillingReportDependencies = {
  readonly billingReports: Pick<BillingReportsService, 'list' | 'get'>;
  readonly codes: Codes;
  readonly clock: Clock;
};

/** The codes 0 to 4 are the places of these (LMPI reference, part 2, 5.7); letter case as in the sample of 4.3. */
const statusTexts: Readonly<Record<BillingReportStatus, string>> = {
  preparing: 'Msp Preparing',
  under_review: 'Under Review',
  approved: 'Approved',
  rejected: 'Rejected',
  completed: 'Completed',
};

/** LMPI reference, part 2, 5.8: the second and the third were seen, the others are worded like them. */
const reviewTexts: Readonly<Record<Review, string>> = {
  automatic_with_penalties: 'Automatically submitted with penalty',
  automatic: 'Automatically submitted without penalty',
  manual: 'Manually submitted by MSP',
  returned: 'Returned by vendor',
};

/** What stands where a price would, for those who may not see it or where there is none (LMPI reference, part 2, 4.4). */
const hidden = 'N/A';

/** Reports that are read at once. */
const readAtOnce = 1000;

/** Report :: Billing :: Summary and Details (LMPI reference, part 2, 4.3 and 4.4). They are submitted elsewhere. */
export function billingReportRoutes(route: Route, dependencies: BillingReportDependencies): void {
  route('POST', '/reports/billing', 'lmpi.reports.billing', (call) => summary(dependencies, call));
  route('POST', '/reports/billing/details', 'lmpi.reports.billing_details', (call) => details(dependencies, call));
}

async function summary({ billingReports, clock }: BillingReportDependencies, call: Call): Promise<string> {
  const { node } = call.principal;
  checkRole(node);
  const fields = requestFields(call.body);
  const months = monthsAsked(fields, todayOf(node, clock));
  const filter = { within: node.account.id, months, statuses: statusesAsked(fields) };
  const reports: BillingReport[] = [];
  for (;;) {
    const read = await billingReports.list(filter, { after: reports.at(-1), limit: readAtOnce });
    reports.push(...read);
    if (read.length < readAtOnce) break;
  }
  return JSON.stringify({ reports: reports.map(summaryToWire) });
}

function summaryToWire(report: BillingReport) {
  return {
    id: report.id,
    partner_company_name: report.partnerName,
    ...datesOf(report),
    status: statusTexts[report.status],
    under_review_status: reviewText(report),
  };
}

function reviewText({ review }: BillingReport): string | null {
  return review === null ? null : reviewTexts[review];
}

function datesOf({ monthOn }: BillingReport) {
  const first = Temporal.PlainDate.from(monthOn);
  return { start_date: monthOn, end_date: first.with({ day: first.daysInMonth }).toString() };
}

async function details({ billingReports, codes, clock }: BillingReportDependencies, call: Call): Promise<string> {
  const { node } = call.principal;
  checkRole(node);
  const fields = requestFields(call.body);
  const id = fields.guid<'billing_report'>('report_id');
  const report = await visible(billingReports, node, id, todayOf(node, clock));
  const { culture, timeZone } = codePatterns(codes);
  fields.optionalText('language_code', { max: codeMax.culture, pattern: culture });
  const zone = fields.optionalText('time_zone', { max: codeMax.timeZone, pattern: timeZone }) ?? 'UTC';
  return JSON.stringify(detailsToWire(report, call, codes.timeZones.get(zone) ?? 'UTC'));
}

/** Another partner's report, and one that is too old, are refused in the words for one that does not exist. */
async function visible(
  billingReports: BillingReportDependencies['billingReports'],
  { account }: AccountNode,
  id: BillingReportId,
  today: Temporal.PlainDate,
): Promise<ReportWithLines> {
  const unknown = invalidParameter('report_id', 'The field report_id must be the ID of a billing report.');
  const report = await billingReports.get(account.id, id, 'report_id').catch((error: unknown) => {
    throw error instanceof TierlineError && error.kind === 'not_found' ? unknown : error;
  });
  if (report.monthOn < oldestMonth(today)) throw unknown;
  return report;
}

function detailsToWire(report: ReportWithLines, { principal, version }: Call, timeZone: string) {
  const { account } = principal.node;
  const seesPrices = account.kind !== 'msp';
  const totals = seesPrices ? totalsOf(report, report.lines, account.id) : [];
  const [total] = totals;
  const header = {
    report_id: report.id,
    // The partner of the vendor, above everybody else of its channel but the root.
    root_partner_id: report.path[1] ?? report.ownerId,
    partner_id: report.ownerId,
    partner_company_name: report.partnerName,
    ...datesOf(report),
    report_status: statusTexts[report.status],
    under_review_status: reviewText(report),
    currency: seesPrices ? (total?.currency ?? report.currency) : hidden,
    po_number: report.poNumber ?? hidden,
    aggregator_name: hidden,
    submit_time: submittedOn(report, timeZone) ?? hidden,
  };
  const lines = report.lines.map((line) => {
    const seen: Seen = seesPrices ? seenBy(report, line, account.id) : { takes: null, pays: null };
    return { ...lineToWire(line, seen), ...(version === 'v2' ? {} : moreOfLine(line, seen)) };
  });
  if (version === 'v2') return { ...header, report_details: lines };
  const sum = totals.length === 1 ? (total?.takes ?? total?.pays) : undefined;
  return { ...header, total_amount: sum ?? hidden, report_details: lines };
}

/** The members that are known; numbers are strings (LMPI reference, part 2, 4.4). */
function lineToWire(line: ReportLine, { takes, pays }: Seen) {
  return {
    product_display_name: line.productName,
    provisioned_units: line.provisioned,
    charged_units: line.chargeable,
    credits: (takes ?? pays)?.credits ?? hidden,
    used_units: line.used,
    price_type: line.unitType,
    usage_line_comments: line.comment ?? '',
  };
}

/** What the console shows beside that (LMPI reference, part 2, 7.9), in words of our own. */
function moreOfLine(line: ReportLine, seen: Seen) {
  const side = seen.takes ?? seen.pays;
  return {
    over_provisioned_percentage: overProvisionedPercent(line),
    currency: side?.currency ?? hidden,
    unit_price: side?.unit ?? hidden,
    channel_margin: marginOf(seen) ?? hidden,
    amount: side === null ? hidden : amountOf(side),
  };
}

/** An MSP has billing reports only where it stands under a distributor (LMPI reference, part 2, 1.2 and 4.3). */
function checkRole({ account, chain }: AccountNode): void {
  if (account.kind !== 'msp') return;
  const tierOne = chain.findLast(({ kind }) => kind === 'distributor' || kind === 'isp');
  if (tierOne?.kind === 'distributor') return;
  throw new TierlineError('lmpi.msp_not_below_distributor', 'forbidden', 'The MSP does not stand under a distributor.');
}

function todayOf(node: AccountNode, clock: Clock): Temporal.PlainDate {
  return dateIn(timeOf(node, clock), node.account.timeZone);
}

/** First days of the months that are asked for, each part of a cycle by itself, of those within two years. */
function monthsAsked(fields: Fields, today: Temporal.PlainDate): string[] {
  const months: string[] = [];
  const last = today.with({ day: 1 });
  const oldest = Temporal.PlainDate.from(oldestMonth(today));
  for (let month = oldest; Temporal.PlainDate.compare(month, last) <= 0; month = month.add({ months: 1 })) {
    months.push(month.toString());
  }
  const year = partAsked(fields, 'report_cycle_year', /^\d{4}$/, 'a year such as 2026');
  const inYear = months.filter((month) => year === undefined || month.startsWith(year));
  if (inYear.length === 0) throw outside('report_cycle_year');
  const month = partAsked(fields, 'report_cycle_month', /^(0?[1-9]|1[0-2])$/, 'a month from 01 to 12');
  const found = inYear.filter((each) => month === undefined || each.slice(5, 7) === month.padStart(2, '0'));
  if (found.length === 0) throw outside('report_cycle_month');
  return found;
}

function partAsked(fields: Fields, name: string, shape: RegExp, says: string): string | undefined {
  const value = fields.value(name);
  if (value === undefined) return undefined;
  const read = typeof value === 'number' ? String(value) : value;
  if (typeof read === 'string' && shape.test(read)) return read;
  throw invalidParameter(name, `The field ${name} must be ${says}.`);
}

function outside(name: string): Error {
  return invalidParameter(name, `The field ${name} must be within the last two years.`);
}

/** Codes 0 to 4, as integers or as strings (LMPI reference, part 2, 4.3); none of them is as good as all. */
function statusesAsked(fields: Fields): BillingReportStatus[] | undefined {
  const value = fields.value('report_status');
  if (value === undefined) return undefined;
  const codes: unknown[] = Array.isArray(value) ? value : [];
  const statuses = codes.map(
    (code) =>
      billingReportStatuses[
        typeof code === 'string' || typeof code === 'number' ? statusCodes.indexOf(String(code)) : -1
      ],
  );
  const known = statuses.filter((status) => status !== undefined);
  if (Array.isArray(value) && known.length === codes.length) return known.length === 0 ? undefined : known;
  throw invalidParameter('report_status', 'The field report_status must be an array of integers between 0 and 4.');
}

const statusCodes = billingReportStatuses.map((_, code) => String(code));
