export { monthProblem, monthsBack, type Month } from './month.ts';
export { licenseReports, type LicenseReports, type SummaryRow, type TransactionRow } from './service.ts';
export { transactionTypes, type TransactionType } from './transactions.ts';
export { selectUsage } from './store.ts';
export type { SummaryLine } from './summary.ts';
export { highestUnits, later, startOf, type UnitStep } from './units.ts';
