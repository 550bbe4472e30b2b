import { formatDecimal, type Clock, type Decimal } from '@tierline/kernel';
import type { AccountsService } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import type { LicenseReports, SummaryRow, TransactionRow } from '../../modules/license-reports/index.ts';
import type { ProductDependencies } from './products.ts';
import { cycleOf, languageAsked, partnerAsked, productAsked, timeZoneAsked } from './report-request.ts';
import { reportTexts, typeNames, typeOf } from './report-texts.ts';
import { requestFields } from './request.ts';
import type { Answer, Call, Route } from './route.ts';

export type CustomerReportDependencies = Pick<ProductDependencies, 'lists'> & {
  readonly accounts: Pick<AccountsService, 'visible'>;
  readonly licenseReports: LicenseReports;
  readonly codes: Codes;
  readonly clock: Clock;
};

type Texts = ReturnType<typeof reportTexts>;

/** Report :: Customer :: Summary and Report :: Customer :: Transaction (LMPI reference, part 2, 4.1 and 4.2). */
export function customerReportRoutes(route: Route, dependencies: CustomerReportDependencies): void {
  route('POST', '/reports/summary', 'lmpi.reports.summary', (call) => summary(dependencies, call));
  route('POST', '/reports/transactions', 'lmpi.reports.transactions', (call) => transactions(dependencies, call));
}

async function summary(dependencies: CustomerReportDependencies, { principal, body }: Call): Promise<Answer> {
  const { accounts, codes, clock, licenseReports } = dependencies;
  const { node } = principal;
  const fields = requestFields(body);
  const month = cycleOf(fields, node, clock);
  const partnerId = await partnerAsked(accounts.visible, fields, node);
  const productId = await productAsked(dependencies, fields, node);
  const texts = reportTexts(languageAsked(fields, codes));
  const rows = await licenseReports.summary(principal.accountId, { month, partnerId, productId });
  return JSON.stringify({ summary: rows.map((row) => summaryToWire(row, texts)) });
}

/** In the order of the page's sample; numbers are numbers here (part 2, 5.10). */
function summaryToWire(row: SummaryRow, { unit }: Texts) {
  return {
    customer: row.customer,
    city: row.city,
    state: row.state,
    owned_by_vendor: row.partner,
    created_by_vendor: row.partner,
    product_name: row.product,
    service_plan: row.plan,
    provisioned: countOf(row.provisioned),
    used: row.used === null ? null : countOf(row.used),
    unit: unit(row.unit.name),
  };
}

async function transactions(dependencies: CustomerReportDependencies, { principal, body }: Call): Promise<Answer> {
  const { codes, clock, licenseReports } = dependencies;
  const { node } = principal;
  const fields = requestFields(body);
  const month = cycleOf(fields, node, clock);
  const type = typeOf(fields.optionalCode('transaction_type', typeNames) ?? '');
  const productId = await productAsked(dependencies, fields, node);
  const texts = reportTexts(languageAsked(fields, codes));
  const timeZone = timeZoneAsked(fields, codes);
  const rows = await licenseReports.transactions(principal.accountId, { month, type, productId, timeZone });
  return JSON.stringify({ transaction: rows.map((row) => transactionToWire(row, texts)) });
}

/** The members that the page's sample shows, before it is cut; all are strings (part 2, 4.2 and 5.10). */
function transactionToWire(row: TransactionRow, texts: Texts) {
  return {
    type: texts.type(row.type),
    vendor_company_name: row.partner,
    created_by: row.partner,
    customer_company: row.customer,
    product_name: row.product,
    version: row.is.licenseVersion === 'trial' ? 'Trial' : 'Full',
    previous_units_allocated: formatDecimal(row.previousUnits),
    units_allocated: formatDecimal(row.units),
    change_units: formatDecimal(row.change),
    unit: texts.unit(row.unit.name),
    previous_start_charge_date: row.was === null ? '' : row.was.startChargeOn,
    new_start_charge_date: row.is.startChargeOn,
  };
}

/** Units are whole wherever this protocol sells them; another surface may have sold parts of one. */
function countOf(units: Decimal): number {
  return Number(formatDecimal(units));
}
