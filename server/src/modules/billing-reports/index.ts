export {
  billingReportStatuses,
  type BillingReport,
  type BillingReportStatus,
  type ReportLine,
  type ReportWithLines,
  type Review,
  type Side,
} from './billing-report.ts';
export { billingReportJobs, type BillingReportJobs } from './jobs.ts';
export { amountOf, marginOf, seenBy, totalsOf, type Seen } from './lines.ts';
export { oldestMonth } from './month.ts';
export { overProvisionedPercent } from './over-provisioned.ts';
export { bindBillingReportFiles, bindBillingReports } from './routes.ts';
export { billingReportsService, submittedOn, type BillingReportsService } from './service.ts';
export type { UsageOf } from './service-opening.ts';
