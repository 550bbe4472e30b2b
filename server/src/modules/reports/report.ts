import {
  dateIn,
  invalid,
  startOfDay,
  Temporal,
  TierlineError,
  type AccountId,
  type Reason,
  type ReportGeneratorId,
  type ReportId,
} from '@tierline/kernel';

/** `orders`: what was provisioned in the period; `payments`: what was charged in it (SimpleAPI reference 4.9). */
export const dataSets = ['orders', 'payments'] as const;
export type DataSet = (typeof dataSets)[number];
export const reportFormats = ['csv', 'json', 'xml', 'xlsx'] as const;
export type ReportFormat = (typeof reportFormats)[number];
export const schedules = ['daily', 'monthly', 'on_invoice', 'once'] as const;
export type Schedule = (typeof schedules)[number];
export const reportTypes = ['daily', 'monthly', 'on_invoice', 'onetime'] as const;
export type ReportType = (typeof reportTypes)[number];
/** What a schedule makes. */
export const typeOf: Readonly<Record<Schedule, ReportType>> = {
  daily: 'daily',
  monthly: 'monthly',
  on_invoice: 'on_invoice',
  once: 'onetime',
};
export const reportStatuses = ['submitted', 'processing', 'completed', 'error'] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** What an account has set up to be reported. JSON-safe. */
export type ReportGenerator = {
  readonly id: ReportGeneratorId;
  readonly ownerId: AccountId;
  readonly name: string;
  readonly dataSet: DataSet;
  readonly format: ReportFormat;
  readonly schedule: Schedule;
  readonly status: 'active' | 'paused';
  /** The first day of the next report that is made by itself, and when that is made; null: none is. */
  readonly nextOn: string | null;
  readonly nextAt: string | null;
  readonly sandboxId: AccountId | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** One run of a generator. JSON-safe; instants are those of the account's clock. */
export type Report = {
  readonly id: ReportId;
  readonly ownerId: AccountId;
  readonly generatorId: ReportGeneratorId;
  readonly name: string;
  readonly customizationName: string | null;
  readonly dataSet: DataSet;
  readonly format: ReportFormat;
  readonly type: ReportType;
  readonly status: ReportStatus;
  /** Days covered; the end is not included. */
  readonly startOn: string;
  readonly endOn: string;
  readonly dueAt: string;
  readonly isQueued: boolean;
  readonly sandboxId: AccountId | null;
  readonly attempt: number;
  readonly rowCount: string | null;
  readonly byteCount: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly createdAt: string;
  readonly completedAt: string | null;
  readonly expiresAt: string;
};

/** Files are kept for 90 days (SimpleAPI reference 4.9). */
export const keptDays = 90;

/** The zones whose days count: the account's own, and its seller's, which sends the invoice. */
export type Zones = { readonly own: string; readonly seller: string };

export type Days = { readonly startOn: string; readonly endOn: string };

/** The period of a schedule that a day lies in; undefined for what runs only when it is asked for. */
export function periodOf(schedule: Schedule, day: string): Days | undefined {
  const date = Temporal.PlainDate.from(day);
  if (schedule === 'once') return undefined;
  if (schedule === 'daily') return { startOn: day, endOn: date.add({ days: 1 }).toString() };
  const first = date.with({ day: 1 });
  return { startOn: first.toString(), endOn: first.add({ months: 1 }).toString() };
}

/** When a period is over. An invoice covers the seller's month, so a report about it waits for both sides' month to end. */
export function periodIsOver(schedule: Schedule, { endOn }: Pick<Days, 'endOn'>, zones: Zones): Temporal.Instant {
  const end = Temporal.PlainDate.from(endOn);
  const own = startOfDay(end, zones.own);
  if (schedule !== 'on_invoice') return own;
  const sellers = startOfDay(end, zones.seller);
  return Temporal.Instant.compare(own, sellers) > 0 ? own : sellers;
}

/** What a generator does next, counted from a day; nothing while it is paused or runs only when asked. */
export function nextRun(
  { schedule, status }: Pick<ReportGenerator, 'schedule' | 'status'>,
  day: string,
  zones: Zones,
): Pick<ReportGenerator, 'nextOn' | 'nextAt'> {
  const period = status === 'active' ? periodOf(schedule, day) : undefined;
  if (period === undefined) return { nextOn: null, nextAt: null };
  return { nextOn: period.startOn, nextAt: periodIsOver(schedule, period, zones).toString() };
}

export type DueRun = Days & { readonly dueAt: string };

/**
 * The periods of a generator that are over at an instant, in order, and what comes after them. Of a long time in which
 * nothing ran, those whose files would be gone by now are passed over.
 */
export function dueRuns(
  generator: ReportGenerator,
  until: Temporal.Instant,
  zones: Zones,
): { runs: DueRun[]; next: Pick<ReportGenerator, 'nextOn' | 'nextAt'> } {
  const oldest = expiryOf(until, -keptDays);
  const runs: DueRun[] = [];
  let next: Pick<ReportGenerator, 'nextOn' | 'nextAt'> = generator;
  while (next.nextOn !== null && next.nextAt !== null) {
    const dueAt = Temporal.Instant.from(next.nextAt);
    const period = periodOf(generator.schedule, next.nextOn);
    if (period === undefined || Temporal.Instant.compare(dueAt, until) > 0) break;
    if (Temporal.Instant.compare(dueAt, oldest) > 0) runs.push({ ...period, dueAt: next.nextAt });
    next = nextRun(generator, period.endOn, zones);
  }
  return { runs, next };
}

export function expiryOf(at: Temporal.Instant, days = keptDays): Temporal.Instant {
  return at.add({ hours: days * 24 });
}

/** What a report that is asked for covers, and when it can be made. */
export type Wanted = { readonly startOn: string; readonly endOn: string | undefined };

/** Longer than anything is sold for; also keeps what has to be looked through within bounds. */
const yearsMax = 10;

/**
 * The days of a one-time report, checked. Without an end it covers what there is up to now, today included; one that ends
 * in the future is made when its last day is over.
 */
export function oneTimeDays(
  wanted: Wanted,
  at: Temporal.Instant,
  timeZone: string,
  fields: { readonly start: string; readonly end: string },
): DueRun {
  const start = Temporal.PlainDate.from(wanted.startOn);
  const tomorrow = dateIn(at, timeZone).add({ days: 1 });
  const end = wanted.endOn === undefined ? tomorrow : Temporal.PlainDate.from(wanted.endOn);
  const reasons: Reason[] = [];
  if (wanted.endOn === undefined && Temporal.PlainDate.compare(start, tomorrow) >= 0) {
    const message = 'A report that begins in the future needs an end too; it is made when that has come.';
    reasons.push({ code: 'reports.future_without_end', field: fields.start, message });
  } else if (Temporal.PlainDate.compare(end, start) <= 0) {
    reasons.push({ code: 'reports.end_before_start', field: fields.end, message: 'The end must be after the start.' });
  } else if (Temporal.PlainDate.compare(end, start.add({ years: yearsMax })) > 0) {
    const message = `A report covers at most ${yearsMax} years.`;
    reasons.push({ code: 'reports.period_too_long', field: fields.end, message });
  } else if (Temporal.PlainDate.compare(end, tomorrow.add({ years: 1 })) > 0) {
    const message = 'A report ends at most one year from now.';
    reasons.push({ code: 'reports.too_far_ahead', field: fields.end, message });
  }
  if (reasons.length > 0) throw invalid(reasons);
  const over = startOfDay(end, timeZone);
  const isOver = Temporal.PlainDate.compare(end, tomorrow) <= 0;
  return { startOn: start.toString(), endOn: end.toString(), dueAt: (isOver ? at : over).toString() };
}

/** The limit of the file format, and why it is one: nothing is ever cut off in silence. */
export function tooManyRows(max: number): TierlineError {
  const message = `A sheet holds at most ${max} rows. Ask for csv, json or xml, or for a shorter period.`;
  return new TierlineError('reports.too_many_rows', 'invalid', message);
}

export function sheetTooLarge(): TierlineError {
  const message = 'A sheet holds at most 4 GB. Ask for csv, json or xml, or for a shorter period.';
  return new TierlineError('reports.sheet_too_large', 'invalid', message);
}

export type FormatFacts = { readonly contentType: string; readonly extension: string };

export const formatFacts: Readonly<Record<ReportFormat, FormatFacts>> = {
  csv: { contentType: 'text/csv; charset=utf-8', extension: 'csv' },
  json: { contentType: 'application/json; charset=utf-8', extension: 'json' },
  xml: { contentType: 'application/xml; charset=utf-8', extension: 'xml' },
  xlsx: { contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
};

/** `Monthly report` of January -> `monthly-report.2026-01-01.2026-02-01.csv`: ASCII that every system takes as a file name. */
export function fileName({
  name,
  startOn,
  endOn,
  format,
}: Pick<Report, 'name' | 'startOn' | 'endOn' | 'format'>): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${words === '' ? 'report' : words}.${startOn}.${endOn}.${formatFacts[format].extension}`;
}
