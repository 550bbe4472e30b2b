export {
  formatFacts,
  reportFormats,
  reportStatuses,
  reportTypes,
  type Report,
  type ReportFormat,
  type ReportType,
} from './report.ts';
export { fields as reportFieldList, type ReportNames } from './rows.ts';
export { reportJobs, type ReportJobs } from './jobs.ts';
export { bindReportFiles, bindReports } from './routes.ts';
export { reportsService, type ReportFile, type ReportsService } from './service.ts';
