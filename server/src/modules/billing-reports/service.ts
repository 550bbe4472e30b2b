import {
  compareDecimal,
  dateIn,
  formatDecimal,
  notFound,
  parseDecimal,
  Temporal,
  versionMismatch,
  type AccountId,
  type BillingReportId,
} from '@tierline/kernel';
import { commit, once, type Cause, type Database, type NewEvent } from '../../platform/db/index.ts';
import type { Directory } from '../accounts/index.ts';
import type { Event, EventsService } from '../events/index.ts';
import {
  checkAction,
  edited,
  submitted,
  type BillingReport,
  type LineEdit,
  type ReportAction,
  type ReportLine,
  type ReportWithLines,
} from './billing-report.ts';
import { csvOf } from './csv.ts';
import { defaultTerms, submitsAt, zonesOf, type ReportTerms } from './month.ts';
import { putTerms, selectTerms, type StoredTerms } from './store-calendars.ts';
import {
  selectReport,
  selectReports,
  updateReports,
  withLines,
  type BillingReportFilter,
  type BillingReportPage,
} from './store.ts';

export type BillingReportsService = ReturnType<typeof billingReportsService>;

export type BillingReportEdit = {
  readonly lines: readonly LineEdit[];
  readonly expectedVersion?: number | undefined;
};

export type BillingReportStep = {
  readonly action: Exclude<ReportAction, 'edit'>;
  /** Why it is rejected or returned. */
  readonly note?: string | undefined;
  readonly poNumber?: string | undefined;
  readonly expectedVersion?: number | undefined;
};

/** Which terms: those of one partner, or of all of a seller's. `version` 0: nobody set any. */
export type TermsOf = StoredTerms & { readonly partnerId: AccountId | null };

type Dependencies = {
  readonly db: Database;
  readonly directory: Pick<Directory, 'get' | 'childOf'>;
  readonly events: Pick<EventsService, 'page'>;
};

/** Reports that one file is made of at a time. */
const fileBatch = 100;

/** What an event tells of a report: no money, since its log is read on more edges than one. */
export function reportEvent(
  report: BillingReport,
  what: string,
  data: Readonly<Record<string, unknown>> = {},
): NewEvent {
  const common = { month: report.monthOn.slice(0, 7), status: report.status, review: report.review };
  return {
    ownerId: report.ownerId,
    type: `billing_report.${what}`,
    subjectKind: 'billing_report',
    subjectId: report.id,
    data: { ...common, ...data },
  };
}

/** The lines that a step changed. */
export function changedLines(before: readonly ReportLine[], after: readonly ReportLine[]): ReportLine[] {
  return after.filter((line, index) => {
    const was = before[index];
    return (
      was === undefined ||
      was.chargeable !== line.chargeable ||
      was.comment !== line.comment ||
      was.isPenalized !== line.isPenalized
    );
  });
}

/** What is told of lines that changed. */
export function lineFacts(lines: readonly ReportLine[]) {
  return lines.map(({ position, chargeable, comment, isPenalized }) => ({
    position,
    chargeable_units: chargeable,
    comment,
    penalized: isPenalized,
  }));
}

/** Use cases of billing reports. Callers have authorized the actor; `accountId` is the account the actor acts for. */
export function billingReportsService({ db, directory, events }: Dependencies) {
  async function get(accountId: AccountId, id: BillingReportId, field?: string): Promise<ReportWithLines> {
    const report = await selectReport(db, accountId, id);
    if (report === undefined) throw notFound('billing report', field);
    return report;
  }

  async function current(
    accountId: AccountId,
    id: BillingReportId,
    action: ReportAction,
    expectedVersion: number | undefined,
  ): Promise<ReportWithLines> {
    const report = await get(accountId, id);
    checkAction(report, action, accountId);
    if (expectedVersion !== undefined && expectedVersion !== report.version) {
      throw versionMismatch('billing report', report.version);
    }
    return report;
  }

  async function store(
    cause: Cause,
    before: ReportWithLines,
    after: ReportWithLines,
    told: readonly NewEvent[],
  ): Promise<ReportWithLines> {
    const [write, ...more] = updateReports([{ after, lines: changedLines(before.lines, after.lines) }]);
    return commit(db, {
      cause,
      subjectId: after.id,
      answer: after,
      writes: [{ ...write!, otherwise: versionMismatch('billing report') }, ...more],
      events: told,
    });
  }

  async function edit(
    cause: Cause,
    accountId: AccountId,
    id: BillingReportId,
    { lines: edits, expectedVersion }: BillingReportEdit,
  ): Promise<ReportWithLines> {
    const before = await current(accountId, id, 'edit', expectedVersion);
    const lines = edited(before.lines, edits);
    const after = next(cause, before, { lines });
    const facts = lineFacts(changedLines(before.lines, lines));
    return store(cause, before, after, [reportEvent(after, 'edited', { lines: facts })]);
  }

  async function act(
    cause: Cause,
    accountId: AccountId,
    id: BillingReportId,
    step: BillingReportStep,
  ): Promise<ReportWithLines> {
    const before = await current(accountId, id, step.action, step.expectedVersion);
    const { after, told } = await stepOf(cause, before, step);
    return store(cause, before, after, told);
  }

  async function stepOf(cause: Cause, before: ReportWithLines, step: BillingReportStep) {
    const { action, poNumber } = step;
    const note = step.note ?? null;
    const poNumbers = poNumber === undefined ? {} : { poNumber };
    switch (action) {
      case 'submit': {
        const at = cause.at.toString();
        const of = { ...submitted(before), ...poNumbers, note: null, submitAt: null, submittedAt: at };
        const after = next(cause, before, of);
        return { after, told: submissionEvents(after) };
      }
      case 'approve': {
        const after = next(cause, before, { ...poNumbers, status: 'approved', note: null });
        return { after, told: [reportEvent(after, 'approved')] };
      }
      case 'reject': {
        const { chain } = await directory.get(before.ownerId);
        const zone = zonesOf(chain).seller;
        const submitAt = submitsAt(dateIn(cause.at, zone), before.submitAfterDays, zone).toString();
        const after = next(cause, before, { status: 'rejected', note, submitAt });
        return { after, told: [reportEvent(after, 'rejected', { note })] };
      }
      case 'return': {
        const after = next(cause, before, { status: 'under_review', review: 'returned', note });
        return { after, told: [reportEvent(after, 'returned', { note })] };
      }
      case 'complete': {
        const after = next(cause, before, { status: 'completed', note: null });
        return { after, told: [reportEvent(after, 'completed')] };
      }
    }
  }

  /** Who did what and when, in order. */
  async function history(
    accountId: AccountId,
    id: BillingReportId,
    page: Pick<Parameters<EventsService['page']>[1], 'after' | 'limit'>,
  ): Promise<Event[]> {
    const { ownerId } = await get(accountId, id);
    return events.page({ within: ownerId, subjectId: id }, { ...page, descending: false });
  }

  /** The terms of one partner directly below the seller, or of all that have none of their own. */
  async function terms(sellerId: AccountId, partnerId: AccountId | undefined): Promise<TermsOf> {
    if (partnerId !== undefined) await directory.childOf(sellerId, partnerId, 'partner_id');
    const found = await selectTerms(db, sellerId, partnerId ?? sellerId);
    const own = partnerId === undefined ? found.all : found.own;
    const given: ReportTerms = own ?? found.all ?? defaultTerms;
    const { submitAfterDays, tolerancePercent } = given;
    return { partnerId: partnerId ?? null, submitAfterDays, tolerancePercent, version: own?.version ?? 0 };
  }

  async function setTerms(
    cause: Cause,
    sellerId: AccountId,
    wanted: ReportTerms & { readonly partnerId?: AccountId | undefined; readonly expectedVersion?: number | undefined },
  ): Promise<TermsOf> {
    const before = await terms(sellerId, wanted.partnerId);
    if (wanted.expectedVersion !== undefined && wanted.expectedVersion !== before.version) {
      throw versionMismatch('billing report term', before.version);
    }
    const { submitAfterDays, tolerancePercent } = wanted;
    const after = { ...before, submitAfterDays, tolerancePercent, version: before.version + 1 };
    const data = { submit_after_days: submitAfterDays, tolerance_percent: tolerancePercent };
    const partnerId = wanted.partnerId ?? sellerId;
    return commit(db, {
      cause,
      subjectId: partnerId,
      answer: after,
      writes: [
        {
          run: putTerms(sellerId, partnerId, after, cause.at),
          expect: 1,
          otherwise: versionMismatch('billing report term'),
        },
      ],
      events: [
        {
          ownerId: sellerId,
          type: 'billing_report_terms.changed',
          subjectKind: 'account',
          subjectId: partnerId,
          data: { ...data, partner_id: before.partnerId },
        },
      ],
    });
  }

  /** Every line of the reports that a filter leaves, as CSV in pieces; nothing is read before it is asked for. */
  async function* file(filter: BillingReportFilter): AsyncGenerator<Uint8Array, void> {
    const csv = csvOf(filter.within);
    yield Buffer.from(csv.head);
    let after: BillingReportPage['after'];
    for (;;) {
      const reports = await selectReports(db, filter, { after, limit: fileBatch });
      const text = (await withLines(db, reports)).map(csv.rows).join('');
      if (text !== '') yield Buffer.from(text);
      after = reports.at(-1);
      if (reports.length < fileBatch) return;
    }
  }

  return {
    get,
    list: (filter: BillingReportFilter, page: BillingReportPage) => selectReports(db, filter, page),
    edit: (...input: Parameters<typeof edit>) => once(db, input[0], () => edit(...input)),
    act: (...input: Parameters<typeof act>) => once(db, input[0], () => act(...input)),
    history,
    terms,
    setTerms: (...input: Parameters<typeof setTerms>) => once(db, input[0], () => setTerms(...input)),
    file,
  };
}

function next(cause: Cause, before: ReportWithLines, change: Partial<ReportWithLines>): ReportWithLines {
  const leaves = change.status === undefined || change.status === 'rejected' ? {} : { submitAt: null };
  return { ...before, ...leaves, ...change, version: before.version + 1, updatedAt: cause.at.toString() };
}

/** A submission is told, and with it the approval that nobody had to give. */
export function submissionEvents(after: ReportWithLines, facts: Readonly<Record<string, unknown>> = {}): NewEvent[] {
  const told = reportEvent({ ...after, status: 'under_review' }, 'submitted', facts);
  return after.status === 'approved' ? [told, reportEvent(after, 'approved', { by_itself: true })] : [told];
}

/** Terms as they are asked for: a percentage is exact, and without needless digits. */
export function plainPercent(text: string): string | undefined {
  const value = parseDecimal(text);
  if (value === undefined || compareDecimal(value, hundred) > 0) return undefined;
  return formatDecimal(value);
}

const hundred = { coefficient: 100n, scale: 0 } as const;

/** The date on which a report was submitted, in a zone. */
export function submittedOn({ submittedAt }: BillingReport, timeZone: string): string | null {
  return submittedAt === null ? null : dateIn(Temporal.Instant.from(submittedAt), timeZone).toString();
}
