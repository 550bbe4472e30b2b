import type { AccountId } from '@tierline/kernel';
import { csvLine, safeCell } from '../../platform/csv.ts';
import type { BillingReport, ReportLine, ReportWithLines, Side } from './billing-report.ts';
import { amountOf, marginOf, seenBy } from './lines.ts';
import { overProvisionedPercent } from './over-provisioned.ts';

type Cell = { readonly report: BillingReport; readonly line: ReportLine; readonly viewer: AccountId };

const sideCells = (side: Side | null): (string | null)[] =>
  side === null
    ? [null, null, null, null, null]
    : [side.currency, side.unit, side.charges, side.credits, amountOf(side)];

/** Text that somebody may have typed. */
const typed = new Set(['partner', 'city', 'state', 'product', 'unit', 'comment', 'po_number']);

const names = [
  'month',
  'partner',
  'partner_id',
  'city',
  'state',
  'status',
  'review',
  'po_number',
  'product',
  'unit',
  'provisioned',
  'used',
  'over_provisioned_percent',
  'chargeable',
  'penalized',
  'comment',
  ...['price', 'cost'].flatMap((of) =>
    ['currency', 'unit', 'charges', 'credits', 'amount'].map((name) => `${of}_${name}`),
  ),
  'margin',
] as const;

function cellsOf({ report, line, viewer }: Cell): (string | null)[] {
  const seen = seenBy(report, line, viewer);
  return [
    report.monthOn.slice(0, 7),
    report.partnerName,
    report.ownerId,
    report.partnerCity,
    report.partnerState,
    report.status,
    report.review,
    report.poNumber,
    line.productName,
    line.unitType,
    line.provisioned,
    line.used,
    overProvisionedPercent(line),
    line.chargeable,
    String(line.isPenalized),
    line.comment,
    ...sideCells(seen.takes),
    ...sideCells(seen.pays),
    marginOf(seen),
  ];
}

/** Lines of reports as CSV, with the money that one account may see. */
export function csvOf(viewer: AccountId) {
  return {
    head: csvLine(names),
    rows: (report: ReportWithLines): string =>
      report.lines
        .map((line) =>
          csvLine(
            cellsOf({ report, line, viewer }).map((cell, index) =>
              typed.has(names[index] ?? '') ? safeCell(cell ?? '') : (cell ?? ''),
            ),
          ),
        )
        .join(''),
  };
}
