import {
  reportFileRoutes,
  reportRoutes,
  type Report as ShownReport,
  type ReportGenerator as ShownGenerator,
} from '@tierline/contract';
import { afterId, created, fileResponse, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Report, ReportGenerator } from './report.ts';
import type { ReportsService } from './service.ts';

type Services = { readonly reports: ReportsService };

export function bindReports(bind: Bind<Principal>, services: Services): void {
  bindGenerators(bind, services);
  const { reports } = services;

  bind(reportRoutes.listReports, async ({ caller, query }) => {
    const { generator_id: generatorId, name, format, status, type, limit } = query;
    const types = type === undefined ? undefined : [type];
    const filter = { ownerId: caller.accountId, generatorId, name, format, status, types };
    const rows = await reports.list(filter, { after: afterId<'report'>(query), limit: limit + 1 });
    return ok(pageById(rows, query, showReport));
  });

  bind(reportRoutes.createReport, async ({ caller, body, cause }) => {
    const { generator_id: id, start_on: startOn, end_on: endOn, format } = body;
    return created(
      showReport(await reports.schedule(cause, caller.accountId, { generator: { id }, startOn, endOn, format })),
    );
  });

  bind(reportRoutes.getReport, async ({ caller, params }) =>
    ok(showReport(await reports.get(caller.accountId, params.report_id))),
  );
}

function bindGenerators(bind: Bind<Principal>, { reports }: Services): void {
  bind(reportRoutes.listReportGenerators, async ({ caller, query }) => {
    const page = { after: afterId<'report_generator'>(query), limit: query.limit + 1 };
    return ok(pageById(await reports.generators(caller.accountId, page), query, showGenerator));
  });

  bind(reportRoutes.createReportGenerator, async ({ caller, body, cause }) => {
    const { name, data_set: dataSet, format, schedule } = body;
    const made = await reports.createGenerator(cause, caller.accountId, { name, dataSet, format, schedule });
    return created(showGenerator(made), made.version);
  });

  bind(reportRoutes.getReportGenerator, async ({ caller, params }) => {
    const found = await reports.generator(caller.accountId, { id: params.report_generator_id });
    return ok(showGenerator(found), found.version);
  });

  bind(reportRoutes.changeReportGenerator, async ({ caller, params, body, cause, expectedVersion }) => {
    const { name, format, status } = body;
    const change = {
      ...(name === undefined ? {} : { name }),
      ...(format === undefined ? {} : { format }),
      ...(status === undefined ? {} : { status }),
      expectedVersion,
    };
    const changed = await reports.changeGenerator(cause, caller.accountId, params.report_generator_id, change);
    return ok(showGenerator(changed), changed.version);
  });
}

/** Files of any size, as streams. */
export function bindReportFiles(bind: Bind<Principal>, { reports }: Services): void {
  bind(reportFileRoutes.downloadReport, async ({ caller, params }) =>
    fileResponse(await reports.file(caller.accountId, params.report_id)),
  );
}

function showGenerator(generator: ReportGenerator): ShownGenerator {
  return {
    id: generator.id,
    name: generator.name,
    data_set: generator.dataSet,
    format: generator.format,
    schedule: generator.schedule,
    status: generator.status,
    next_run_at: generator.nextAt,
    version: generator.version,
    created_at: generator.createdAt,
    updated_at: generator.updatedAt,
  };
}

function showReport(report: Report): ShownReport {
  return {
    id: report.id,
    generator_id: report.generatorId,
    name: report.name,
    type: report.type,
    data_set: report.dataSet,
    format: report.format,
    status: report.status,
    start_on: report.startOn,
    end_on: report.endOn,
    rows: report.rowCount,
    bytes: report.byteCount,
    error:
      report.errorCode === null ? null : { code: report.errorCode, message: report.errorMessage ?? report.errorCode },
    created_at: report.createdAt,
    completed_at: report.completedAt,
    expires_at: report.expiresAt,
  };
}
