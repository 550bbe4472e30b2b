import {
  invalid,
  parseDecimal,
  compareDecimal,
  TierlineError,
  zero,
  type AccountId,
  type BillingReportId,
  type Decimal,
  type ProductId,
  type Reason,
} from '@tierline/kernel';
import type { AccountKind } from '../accounts/index.ts';
import { needsComment } from './over-provisioned.ts';

/** In the order of the codes 0 to 4 that the field knows them by (LMPI reference, part 2, 5.7). */
export const billingReportStatuses = ['preparing', 'under_review', 'approved', 'rejected', 'completed'] as const;
export type BillingReportStatus = (typeof billingReportStatuses)[number];

/** How a report came under review (LMPI reference, part 2, 5.8). */
export const reviews = ['automatic', 'automatic_with_penalties', 'manual', 'returned'] as const;
export type Review = (typeof reviews)[number];

/** Money of one edge in a month: sums of its charges, and of what was given back, as decimals of the currency. */
export type Side = {
  readonly currency: string;
  /** What one unit costs in a period; null where there is more than one price, or none. */
  readonly unit: string | null;
  readonly charges: string;
  /** Zero or below. */
  readonly credits: string;
};

/** What a partner had of a product in a month. JSON-safe: quantities are decimal text. */
export type ReportLine = {
  readonly position: number;
  readonly productId: ProductId;
  readonly productName: string;
  readonly unitType: string;
  /** The highest of the month. */
  readonly provisioned: string;
  /** Null: the product told nothing of its use. */
  readonly used: string | null;
  readonly chargeable: string;
  readonly comment: string | null;
  /** Charged for as provisioned, because nobody said why less of it should be. */
  readonly isPenalized: boolean;
  /** What the seller takes from the partner. */
  readonly price: Side | null;
  /** What the seller pays for the same. */
  readonly cost: Side | null;
};

/** One month of one partner. JSON-safe. */
export type BillingReport = {
  readonly id: BillingReportId;
  /** The partner that it is about and that prepares it. */
  readonly ownerId: AccountId;
  readonly sellerId: AccountId;
  /** Whom the seller buys from; null: it is the root. */
  readonly upperId: AccountId | null;
  readonly rootId: AccountId;
  readonly path: readonly AccountId[];
  readonly partnerKind: AccountKind;
  readonly partnerName: string;
  readonly partnerCity: string | null;
  readonly partnerState: string | null;
  readonly currency: string;
  readonly tolerancePercent: string;
  readonly submitAfterDays: number;
  /** The first day of the month. */
  readonly monthOn: string;
  readonly status: BillingReportStatus;
  readonly review: Review | null;
  readonly note: string | null;
  readonly poNumber: string | null;
  readonly submitAt: string | null;
  readonly submittedAt: string | null;
  readonly sandboxId: AccountId | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type ReportWithLines = BillingReport & { readonly lines: readonly ReportLine[] };

export const reportActions = ['edit', 'submit', 'approve', 'reject', 'return', 'complete'] as const;
export type ReportAction = (typeof reportActions)[number];
/** Who has a part in a report: the partner, its seller, and the root, which is the vendor's side. */
export type Part = 'partner' | 'seller' | 'vendor';

/** Who may do what in which state. Everything that is not here is refused. */
export const reportStates: Readonly<
  Record<ReportAction, { readonly part: Part; readonly from: readonly BillingReportStatus[] }>
> = {
  edit: { part: 'partner', from: ['preparing', 'rejected'] },
  submit: { part: 'partner', from: ['preparing', 'rejected'] },
  approve: { part: 'seller', from: ['under_review'] },
  reject: { part: 'seller', from: ['under_review'] },
  return: { part: 'vendor', from: ['approved'] },
  complete: { part: 'vendor', from: ['approved'] },
};

const holderOf: Readonly<Record<Part, (report: BillingReport) => AccountId>> = {
  partner: ({ ownerId }) => ownerId,
  seller: ({ sellerId }) => sellerId,
  vendor: ({ rootId }) => rootId,
};

/** Throws unless it is this account's part to do that, and the report is in a state for it. */
export function checkAction(report: BillingReport, action: ReportAction, accountId: AccountId): void {
  const { part, from } = reportStates[action];
  if (holderOf[part](report) !== accountId) {
    const who = { partner: 'the partner that it is about', seller: 'the seller of the partner', vendor: 'the root' };
    const message = `To ${action} a billing report is for ${who[part]} only.`;
    throw new TierlineError('billing_reports.not_your_part', 'forbidden', message, { details: { action, part } });
  }
  if (from.includes(report.status)) return;
  const message = `A billing report that is ${report.status} can't be ${participles[action]}; it must be ${from.join(' or ')}.`;
  throw new TierlineError('billing_reports.wrong_status', 'conflict', message, { details: { status: report.status } });
}

const participles: Readonly<Record<ReportAction, string>> = {
  edit: 'edited',
  submit: 'submitted',
  approve: 'approved',
  reject: 'rejected',
  return: 'returned',
  complete: 'completed',
};

export type LineEdit = {
  readonly position: number;
  readonly chargeable?: string | undefined;
  readonly comment?: string | null | undefined;
};

/** The lines with what the partner says of them: chargeable units from none to those provisioned, or used if that is more. */
export function edited(lines: readonly ReportLine[], edits: readonly LineEdit[]): ReportLine[] {
  const byPosition = new Map(edits.map((edit, index) => [edit.position, { edit, index }]));
  const reasons: Reason[] = [];
  for (const [position, { index }] of byPosition) {
    if (lines.some((line) => line.position === position)) continue;
    const message = `The report has no line ${position}.`;
    reasons.push({ code: 'billing_reports.no_such_line', field: `lines.${index}.position`, message });
  }
  const changed = lines.map((line) => {
    const found = byPosition.get(line.position);
    if (found === undefined) return line;
    const { chargeable = line.chargeable, comment = line.comment } = found.edit;
    const most = chargeableMost(line);
    const units = parseDecimal(chargeable);
    if (units === undefined || compareDecimal(units, zero) < 0 || compareDecimal(units, most) > 0) {
      const message = 'Chargeable units are at most the provisioned ones, or the used ones where these are more.';
      const field = `lines.${found.index}.chargeable_units`;
      reasons.push({ code: 'billing_reports.chargeable_out_of_range', field, message });
    }
    // A penalty is for what was not said in time; whoever edits a rejected report says it now.
    return { ...line, chargeable, comment, isPenalized: false };
  });
  if (reasons.length > 0) throw invalid(reasons);
  return changed;
}

function chargeableMost({ provisioned, used }: ReportLine): Decimal {
  const units = parseDecimal(provisioned) ?? zero;
  const inUse = used === null ? zero : (parseDecimal(used) ?? zero);
  return compareDecimal(inUse, units) > 0 ? inUse : units;
}

export type Submitted = Pick<BillingReport, 'status' | 'review'> & { readonly lines: readonly ReportLine[] };

/**
 * A report that its partner submits. Lines of which too many units are not used, or not to be charged for, need a comment.
 * @throws TierlineError with each line that lacks one
 */
export function submitted({ lines, tolerancePercent }: ReportWithLines): Submitted {
  const reasons = lines
    .filter((line) => line.comment === null && needsComment(line, tolerancePercent))
    .map(({ position }): Reason => {
      const message = `Line ${position} is over-provisioned by more than ${tolerancePercent} %: say why in a comment.`;
      return { code: 'billing_reports.comment_missing', field: `lines.${position}.comment`, message };
    });
  if (reasons.length > 0) throw invalid(reasons);
  return { status: reviewed(lines), review: 'manual', lines };
}

/**
 * A report that nobody submitted in time. What would need a comment and has none is charged for as it was provisioned
 * (LMPI reference, part 2, 7.8).
 */
export function submittedByItself({ lines, tolerancePercent }: ReportWithLines): Submitted {
  const settled = lines.map((line) =>
    line.comment === null && needsComment(line, tolerancePercent)
      ? { ...line, chargeable: line.provisioned, isPenalized: true }
      : line,
  );
  const isPenalized = settled.some((line) => line.isPenalized);
  const review = isPenalized ? 'automatic_with_penalties' : 'automatic';
  return { status: isPenalized ? 'under_review' : reviewed(settled), review, lines: settled };
}

/** Reports in which nobody said anything need nobody's look (LMPI reference, part 2, 7.8). */
function reviewed(lines: readonly ReportLine[]): BillingReportStatus {
  return lines.some(({ comment }) => comment !== null) ? 'under_review' : 'approved';
}
