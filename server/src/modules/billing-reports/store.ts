import {
  decimal,
  formatDecimal,
  type AccountId,
  type BillingReportId,
  type ProductId,
  type Temporal,
} from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables, Write } from '../../platform/db/index.ts';
import type { AccountKind } from '../accounts/index.ts';
import type {
  BillingReport,
  BillingReportStatus,
  ReportLine,
  ReportWithLines,
  Review,
  Side,
} from './billing-report.ts';
import type { Domain } from './store-calendars.ts';

function reportFromRow(row: Selectable<Tables['billing_reports']>): BillingReport {
  return {
    id: row.id as BillingReportId,
    ownerId: row.owner_id as AccountId,
    sellerId: row.seller_id as AccountId,
    upperId: row.upper_id as AccountId | null,
    rootId: row.root_id as AccountId,
    path: row.path as AccountId[],
    partnerKind: row.partner_kind as AccountKind,
    partnerName: row.partner_name,
    partnerCity: row.partner_city,
    partnerState: row.partner_state,
    currency: row.currency,
    tolerancePercent: formatDecimal(decimal(row.tolerance_percent)),
    submitAfterDays: row.submit_after_days,
    monthOn: row.month_on,
    status: row.status as BillingReportStatus,
    review: row.review as Review | null,
    note: row.note,
    poNumber: row.po_number,
    submitAt: row.submit_at?.toString() ?? null,
    submittedAt: row.submitted_at?.toString() ?? null,
    sandboxId: row.sandbox_id as AccountId | null,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

function lineFromRow(row: Selectable<Tables['billing_report_lines']>): ReportLine {
  return {
    position: row.position,
    productId: row.product_id as ProductId,
    productName: row.product_name,
    unitType: row.unit_type,
    provisioned: plain(row.provisioned),
    used: row.used === null ? null : plain(row.used),
    chargeable: plain(row.chargeable),
    comment: row.comment,
    isPenalized: row.is_penalized,
    price: sideOf(row.price_currency, row.price_unit, row.price_charges, row.price_credits),
    cost: sideOf(row.cost_currency, row.cost_unit, row.cost_charges, row.cost_credits),
  };
}

const plain = (text: string): string => formatDecimal(decimal(text));

function sideOf(
  currency: string | null,
  unit: string | null,
  charges: string | null,
  credits: string | null,
): Side | null {
  if (currency === null) return null;
  return {
    currency,
    unit: unit === null ? null : plain(unit),
    charges: plain(charges ?? '0'),
    credits: plain(credits ?? '0'),
  };
}

/** A report with its lines, where its month was not reported yet. */
export function insertReport({ lines, ...report }: ReportWithLines): Write[] {
  const row = {
    owner_id: report.ownerId,
    id: report.id,
    seller_id: report.sellerId,
    upper_id: report.upperId,
    root_id: report.rootId,
    path: report.path,
    partner_kind: report.partnerKind,
    partner_name: report.partnerName,
    partner_city: report.partnerCity,
    partner_state: report.partnerState,
    currency: report.currency,
    tolerance_percent: report.tolerancePercent,
    submit_after_days: report.submitAfterDays,
    month_on: report.monthOn,
    status: report.status,
    submit_at: report.submitAt,
    sandbox_id: report.sandboxId,
    version: report.version,
    created_at: report.createdAt,
    updated_at: report.updatedAt,
  };
  const lineRows = lines.map((line) => ({
    owner_id: report.ownerId,
    report_id: report.id,
    position: line.position,
    product_id: line.productId,
    product_name: line.productName,
    unit_type: line.unitType,
    provisioned: line.provisioned,
    used: line.used,
    chargeable: line.chargeable,
    comment: line.comment,
    is_penalized: line.isPenalized,
    ...sideColumns('price', line.price),
    ...sideColumns('cost', line.cost),
  }));
  return [
    {
      expect: 1,
      run: sql`insert into billing_reports select * from jsonb_populate_record(null::billing_reports, ${JSON.stringify(row)}::jsonb)
        returning 1`,
    },
    {
      expect: lines.length,
      run: sql`insert into billing_report_lines
        select * from jsonb_populate_recordset(null::billing_report_lines, ${JSON.stringify(lineRows)}::jsonb) returning 1`,
    },
  ];
}

function sideColumns(name: 'price' | 'cost', side: Side | null): Record<string, string | null> {
  return {
    [`${name}_currency`]: side?.currency ?? null,
    [`${name}_unit`]: side?.unit ?? null,
    [`${name}_charges`]: side?.charges ?? null,
    [`${name}_credits`]: side?.credits ?? null,
  };
}

export type ReportChange = { readonly after: BillingReport; readonly lines: readonly ReportLine[] };

/** Reports as they are now, with the lines that changed: each must still be of the version before. */
export function updateReports(changes: readonly ReportChange[]): Write[] {
  const rows = JSON.stringify(
    changes.map(({ after }) => ({
      owner_id: after.ownerId,
      id: after.id,
      status: after.status,
      review: after.review,
      note: after.note,
      po_number: after.poNumber,
      submit_at: after.submitAt,
      submitted_at: after.submittedAt,
      version: after.version,
      updated_at: after.updatedAt,
    })),
  );
  const lines = changes.flatMap(({ after, lines: changed }) =>
    changed.map(({ position, chargeable, comment, isPenalized }) => ({
      owner_id: after.ownerId,
      report_id: after.id,
      position,
      chargeable,
      comment,
      is_penalized: isPenalized,
    })),
  );
  const update: Write = {
    expect: changes.length,
    run: sql`update billing_reports r set status = c.status, review = c.review, note = c.note, po_number = c.po_number,
        submit_at = c.submit_at, submitted_at = c.submitted_at, version = c.version, updated_at = c.updated_at
      from jsonb_populate_recordset(null::billing_reports, ${rows}::jsonb) c
      where r.owner_id = c.owner_id and r.id = c.id and r.version = c.version - 1 returning 1`,
  };
  if (lines.length === 0) return [update];
  return [
    update,
    {
      expect: lines.length,
      run: sql`update billing_report_lines l set chargeable = c.chargeable, comment = c.comment, is_penalized = c.is_penalized
        from jsonb_populate_recordset(null::billing_report_lines, ${JSON.stringify(lines)}::jsonb) c
        where l.owner_id = c.owner_id and l.report_id = c.report_id and l.position = c.position returning 1`,
    },
  ];
}

export type BillingReportFilter = {
  /** The account that asks: only what is at it and below. */
  readonly within: AccountId;
  readonly partnerId?: AccountId | undefined;
  /** First days of months. */
  readonly months?: readonly string[] | undefined;
  readonly statuses?: readonly BillingReportStatus[] | undefined;
};

export type BillingReportPage = {
  readonly after?: { readonly monthOn: string; readonly id: BillingReportId } | undefined;
  readonly limit: number;
};

/** Reports, the youngest month first. */
export async function selectReports(
  db: Database,
  { within, partnerId, months, statuses }: BillingReportFilter,
  { after, limit }: BillingReportPage,
): Promise<BillingReport[]> {
  let query = db.kysely
    .selectFrom('billing_reports')
    .selectAll()
    .where(sql<boolean>`path @> array[${within}]::uuid[]`)
    .orderBy('month_on', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (partnerId !== undefined) query = query.where('owner_id', '=', partnerId);
  if (months !== undefined) query = query.where('month_on', 'in', [...months]);
  if (statuses !== undefined) query = query.where('status', 'in', [...statuses]);
  if (after !== undefined)
    query = query.where(sql<boolean>`(month_on, id) < (${after.monthOn}::date, ${after.id}::uuid)`);
  return (await query.execute()).map(reportFromRow);
}

export async function selectReport(
  db: Database,
  within: AccountId,
  id: BillingReportId,
): Promise<ReportWithLines | undefined> {
  const row = await db.kysely
    .selectFrom('billing_reports')
    .selectAll()
    .where('id', '=', id)
    .where(sql<boolean>`path @> array[${within}]::uuid[]`)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const [found] = await withLines(db, [reportFromRow(row)]);
  return found;
}

/** Reports with their lines, all read at once. */
export async function withLines(db: Database, reports: readonly BillingReport[]): Promise<ReportWithLines[]> {
  if (reports.length === 0) return [];
  const rows = await db.kysely
    .selectFrom('billing_report_lines')
    .selectAll()
    .where('owner_id', 'in', [...new Set(reports.map(({ ownerId }) => ownerId))])
    .where(
      'report_id',
      'in',
      reports.map(({ id }) => id),
    )
    .orderBy('position')
    .execute();
  const byReport = Map.groupBy(rows, (row) => row.report_id);
  return reports.map((report) => ({ ...report, lines: (byReport.get(report.id) ?? []).map(lineFromRow) }));
}

/** Reports whose day to be submitted by themselves has come, the earliest first. */
export async function selectDueReports(
  db: Database,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  limit: number,
): Promise<ReportWithLines[]> {
  const rows = await db.kysely
    .selectFrom('billing_reports')
    .selectAll()
    .where('submit_at', '<=', sql<never>`${until.toString()}::timestamptz`)
    .where('submit_at', 'is not', null)
    .where('sandbox_id', sandboxId === null ? 'is' : '=', sandboxId)
    .orderBy('submit_at')
    .limit(limit)
    .execute();
  return withLines(db, rows.map(reportFromRow));
}
