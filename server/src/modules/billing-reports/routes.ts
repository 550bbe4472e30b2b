import {
  billingReportFileRoutes,
  billingReportRoutes,
  type BillingReport as Shown,
  type BillingReportDetail,
  type BillingReportLine,
  type BillingReportTerms,
} from '@tierline/contract';
import { invalid, isUuid, type AccountId, type BillingReportId } from '@tierline/kernel';
import { afterId, decodeCursor, fileResponse, ok, pageById, pageOf, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { BillingReport, ReportLine, ReportWithLines, Side } from './billing-report.ts';
import { amountOf, marginOf, seenBy, totalsOf } from './lines.ts';
import { overProvisionedPercent } from './over-provisioned.ts';
import { plainPercent, type BillingReportsService, type BillingReportStep, type TermsOf } from './service.ts';
import type { BillingReportFilter } from './store.ts';

type Services = {
  readonly billingReports: BillingReportsService;
  readonly accounts: Pick<AccountsService, 'visible'>;
};

export function bindBillingReports(bind: Bind<Principal>, services: Services): void {
  const { billingReports } = services;
  bindActions(bind, services);
  bindTerms(bind, services);

  bind(billingReportRoutes.listBillingReports, async ({ caller, query }) => {
    const filter = await filterOf(services, caller, query);
    const { cursor, limit } = query;
    const at = cursor === undefined ? undefined : decodeCursor(cursor, [isFirstOfMonth, isUuid]);
    const after = at && { monthOn: at[0]!, id: at[1] as BillingReportId };
    const rows = await billingReports.list(filter, { after, limit: limit + 1 });
    return ok(pageOf(rows, query, showReport, ({ monthOn, id }) => [monthOn, id]));
  });

  bind(billingReportRoutes.getBillingReport, async ({ caller, params }) => {
    const found = await billingReports.get(caller.accountId, params.billing_report_id);
    return ok(showDetail(found, caller.accountId), found.version);
  });

  bind(billingReportRoutes.editBillingReport, async ({ caller, params, body, cause, expectedVersion }) => {
    const lines = body.lines.map(({ position, chargeable_units: chargeable, comment }) => ({
      position,
      chargeable,
      comment,
    }));
    const edit = { lines, expectedVersion };
    const changed = await billingReports.edit(cause, caller.accountId, params.billing_report_id, edit);
    return ok(showDetail(changed, caller.accountId), changed.version);
  });

  bind(billingReportRoutes.listBillingReportHistory, async ({ caller, params, query }) => {
    const page = { after: afterId<'event'>(query), limit: query.limit + 1 };
    const events = await billingReports.history(caller.accountId, params.billing_report_id, page);
    return ok(
      pageById(events, query, ({ id, at, actor, type, data }) => ({
        id,
        at,
        actor,
        action: type.slice(type.indexOf('.') + 1),
        data,
      })),
    );
  });
}

/** Lines of reports as one file. */
export function bindBillingReportFiles(bind: Bind<Principal>, services: Services): void {
  bind(billingReportFileRoutes.exportBillingReportLines, async ({ caller, query }) => {
    const filter = await filterOf(services, caller, query);
    const name = `billing-reports.${query.month ?? 'all'}.csv`;
    return fileResponse({ name, contentType: 'text/csv; charset=utf-8', pieces: services.billingReports.file(filter) });
  });
}

type ListQuery = {
  readonly month?: string | undefined;
  readonly status?: BillingReport['status'] | undefined;
  readonly partner_id?: AccountId | undefined;
};

async function filterOf(
  { accounts }: Services,
  { accountId }: Principal,
  { month, status, partner_id: partnerId }: ListQuery,
): Promise<BillingReportFilter> {
  if (partnerId !== undefined) await accounts.visible(accountId, partnerId, 'partner_id');
  return {
    within: accountId,
    partnerId,
    months: month === undefined ? undefined : [`${month}-01`],
    statuses: status === undefined ? undefined : [status],
  };
}

const isFirstOfMonth = (text: string): boolean => /^\d{4}-(0[1-9]|1[0-2])-01$/.test(text);

function bindActions(bind: Bind<Principal>, { billingReports }: Services): void {
  const act = async (
    { caller, params, cause, expectedVersion }: ActionCall,
    step: BillingReportStep,
  ): Promise<{ status: 200; body: BillingReportDetail; version?: number }> => {
    const id = params.billing_report_id;
    const changed = await billingReports.act(cause, caller.accountId, id, { ...step, expectedVersion });
    return ok(showDetail(changed, caller.accountId), changed.version);
  };
  bind(billingReportRoutes.submitBillingReport, (call) =>
    act(call, { action: 'submit', poNumber: call.body.po_number }),
  );
  bind(billingReportRoutes.approveBillingReport, (call) =>
    act(call, { action: 'approve', poNumber: call.body.po_number }),
  );
  bind(billingReportRoutes.rejectBillingReport, (call) => act(call, { action: 'reject', note: call.body.comment }));
  bind(billingReportRoutes.returnBillingReport, (call) => act(call, { action: 'return', note: call.body.comment }));
  bind(billingReportRoutes.completeBillingReport, (call) => act(call, { action: 'complete' }));
}

type ActionCall = {
  readonly caller: Principal;
  readonly params: { readonly billing_report_id: BillingReportId };
  readonly cause: Parameters<BillingReportsService['act']>[0];
  readonly expectedVersion: number | undefined;
};

function bindTerms(bind: Bind<Principal>, { billingReports }: Services): void {
  bind(billingReportRoutes.getBillingReportTerms, async ({ caller, query }) => {
    const found = await billingReports.terms(caller.accountId, query.partner_id);
    return ok(showTerms(found), found.version);
  });

  bind(billingReportRoutes.putBillingReportTerms, async ({ caller, body, cause, expectedVersion }) => {
    const tolerancePercent = plainPercent(body.tolerance_percent);
    if (tolerancePercent === undefined) {
      const message = 'A percentage from 0 to 100 is expected.';
      throw invalid([{ code: 'billing_reports.bad_tolerance', field: 'tolerance_percent', message }]);
    }
    const wanted = {
      partnerId: body.partner_id,
      submitAfterDays: body.submit_after_days,
      tolerancePercent,
      expectedVersion,
    };
    const set = await billingReports.setTerms(cause, caller.accountId, wanted);
    return ok(showTerms(set), set.version);
  });
}

function showTerms({ partnerId, submitAfterDays, tolerancePercent, version }: TermsOf): BillingReportTerms {
  return {
    partner_id: partnerId,
    submit_after_days: submitAfterDays,
    tolerance_percent: tolerancePercent,
    version,
  };
}

function showReport(report: BillingReport): Shown {
  return {
    id: report.id,
    partner_id: report.ownerId,
    partner_name: report.partnerName,
    seller_id: report.sellerId,
    month: report.monthOn.slice(0, 7),
    status: report.status,
    review: report.review,
    note: report.note,
    po_number: report.poNumber,
    tolerance_percent: report.tolerancePercent,
    submits_at: report.submitAt,
    submitted_at: report.submittedAt,
    version: report.version,
    created_at: report.createdAt,
    updated_at: report.updatedAt,
  };
}

function showDetail(report: ReportWithLines, viewer: AccountId): BillingReportDetail {
  return {
    ...showReport(report),
    lines: report.lines.map((line) => showLine(report, line, viewer)),
    totals: totalsOf(report, report.lines, viewer).map(({ currency, takes, pays }) => ({
      currency,
      price: takes,
      cost: pays,
    })),
  };
}

function showLine(report: BillingReport, line: ReportLine, viewer: AccountId): BillingReportLine {
  const seen = seenBy(report, line, viewer);
  return {
    position: line.position,
    product_id: line.productId,
    product_name: line.productName,
    unit_type: line.unitType,
    provisioned_units: line.provisioned,
    used_units: line.used,
    over_provisioned_percent: overProvisionedPercent(line),
    chargeable_units: line.chargeable,
    comment: line.comment,
    penalized: line.isPenalized,
    price: showSide(seen.takes),
    cost: showSide(seen.pays),
    margin: marginOf(seen),
  };
}

function showSide(side: Side | null): BillingReportLine['price'] {
  if (side === null) return null;
  const { currency, unit, charges, credits } = side;
  return { currency, unit_price: unit, charges, credits, amount: amountOf(side) };
}
