import {
  dateIn,
  newId,
  notFound,
  Temporal,
  TierlineError,
  versionMismatch,
  type AccountId,
  type Clock,
  type ReportGeneratorId,
  type ReportId,
} from '@tierline/kernel';
import { commit, once, realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import { timeOf, type AccountNode, type Directory } from '../accounts/index.ts';
import { checkLink, linkExpired, linkOf, type GivenLink, type ReportLink } from './link.ts';
import {
  expiryOf,
  fileName,
  formatFacts,
  nextRun,
  oneTimeDays,
  type DataSet,
  type DueRun,
  type Report,
  type ReportFormat,
  type ReportGenerator,
  type ReportType,
  type Schedule,
  type Zones,
} from './report.ts';
import { readFile } from './service-file.ts';
import {
  countReports,
  countWaiting,
  insertGenerator,
  insertReports,
  selectGenerator,
  selectGenerators,
  selectReport,
  selectReports,
  updateGenerator,
  type GeneratorKey,
  type GeneratorPage,
  type ReportFilter,
  type ReportPage,
} from './store.ts';

export type ReportsService = ReturnType<typeof reportsService>;

export type NewGenerator = {
  readonly name: string;
  readonly dataSet: DataSet;
  readonly format: ReportFormat;
  readonly schedule: Schedule;
};

export type GeneratorChange = Partial<Pick<ReportGenerator, 'name' | 'format' | 'status'>> & {
  readonly expectedVersion?: number | undefined;
};

export type OneTimeReport = {
  readonly generator: GeneratorKey;
  readonly startOn: string;
  readonly endOn?: string | undefined;
  readonly format?: ReportFormat | undefined;
  readonly customizationName?: string | undefined;
};

/** The caller's own names of fields, for refusals. */
export type ReportFields = { readonly generator: string; readonly start: string; readonly end: string };
export const ownReportFields: ReportFields = { generator: 'generator_id', start: 'start_on', end: 'end_on' };

/** A file to be sent: whoever reads the pieces gets all of it. */
export type ReportFile = {
  readonly ownerId: AccountId;
  readonly name: string;
  readonly contentType: string;
  readonly bytes: string;
  readonly pieces: AsyncGenerator<Buffer, void>;
};

/** More of an account that wait would only make each wait longer. */
const waitingMax = 100;

type Dependencies = {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Pick<Secrets, 'fingerprint'>;
  readonly directory: Pick<Directory, 'get'>;
};

/** The zones of an account and of its seller; a root has no seller and is its own. */
export function zonesOf({ account, chain }: Pick<AccountNode, 'account' | 'chain'>): Zones {
  return { own: account.timeZone, seller: (chain.at(-2) ?? account).timeZone };
}

/** A report as it is asked for, or as it falls due. */
export function newReport(
  generator: ReportGenerator,
  run: DueRun,
  made: { readonly type: ReportType; readonly at: Temporal.Instant; readonly isQueued: boolean },
): Report {
  return {
    id: newId<'report'>(),
    ownerId: generator.ownerId,
    generatorId: generator.id,
    name: generator.name,
    customizationName: null,
    dataSet: generator.dataSet,
    format: generator.format,
    type: made.type,
    status: 'submitted',
    ...run,
    isQueued: made.isQueued,
    sandboxId: generator.sandboxId,
    attempt: 0,
    rowCount: null,
    byteCount: null,
    errorCode: null,
    errorMessage: null,
    createdAt: made.at.toString(),
    completedAt: null,
    expiresAt: expiryOf(Temporal.Instant.from(run.dueAt)).toString(),
  };
}

export function reportEvent({ ownerId, id, name, startOn, endOn, type }: Report, what: string) {
  const data = { name, type, start_on: startOn, end_on: endOn };
  return { ownerId, type: `report.${what}`, subjectKind: 'report', subjectId: id, data };
}

/** Report generators and what comes of them. Callers have authorized the actor; everything is within the one account. */
export function reportsService({ db, clock, secrets, directory }: Dependencies) {
  const sign = (bytes: Uint8Array): Buffer => secrets.fingerprint(bytes);

  async function createGenerator(cause: Cause, ownerId: AccountId, wanted: NewGenerator): Promise<ReportGenerator> {
    const node = await directory.get(ownerId);
    const zones = zonesOf(node);
    const at = cause.at.toString();
    const { name, dataSet, format, schedule } = wanted;
    const status = 'active' as const;
    const generator: ReportGenerator = {
      id: newId<'report_generator'>(),
      ownerId,
      name,
      dataSet,
      format,
      schedule,
      status,
      ...nextRun({ schedule, status }, dateIn(cause.at, zones.own).toString(), zones),
      sandboxId: node.sandbox?.id ?? null,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    return commit(db, {
      cause,
      subjectId: generator.id,
      answer: generator,
      writes: [{ run: insertGenerator(db, generator), expect: 1 }],
      events: [generatorEvent(generator, 'created', { name, data_set: dataSet, format, schedule })],
      constraints: { report_generators_owner_id_name_key: nameTaken() },
    });
  }

  async function generator(ownerId: AccountId, key: GeneratorKey, field?: string): Promise<ReportGenerator> {
    const found = await selectGenerator(db, ownerId, key);
    if (found === undefined) throw notFound('report generator', field);
    return found;
  }

  async function changeGenerator(
    cause: Cause,
    ownerId: AccountId,
    id: ReportGeneratorId,
    { expectedVersion, ...wanted }: GeneratorChange,
  ): Promise<ReportGenerator> {
    const current = await generator(ownerId, { id });
    if (expectedVersion !== undefined && expectedVersion !== current.version)
      throw versionMismatch('report generator', current.version);
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    const kept: ReportGenerator = {
      ...current,
      ...given,
      version: current.version + 1,
      updatedAt: cause.at.toString(),
    };
    const zones = zonesOf(await directory.get(ownerId));
    // One that is active goes on where it stands; one that is taken up again begins anew: what it missed was not wanted.
    const next = kept.status === current.status ? {} : nextRun(kept, dateIn(cause.at, zones.own).toString(), zones);
    const changed = { ...kept, ...next };
    return commit(db, {
      cause,
      subjectId: id,
      answer: changed,
      writes: [{ run: updateGenerator(db, changed), expect: 1, otherwise: versionMismatch('report generator') }],
      events: [generatorEvent(changed, 'changed', { changed: Object.keys(given) })],
      constraints: { report_generators_owner_id_name_key: nameTaken() },
    });
  }

  async function schedule(
    cause: Cause,
    ownerId: AccountId,
    wanted: OneTimeReport,
    fields: ReportFields = ownReportFields,
  ): Promise<Report> {
    const from = await generator(ownerId, wanted.generator, fields.generator);
    const { account } = await directory.get(ownerId);
    const days = oneTimeDays({ startOn: wanted.startOn, endOn: wanted.endOn }, cause.at, account.timeZone, fields);
    if ((await countWaiting(db, ownerId)) >= waitingMax) throw tooManyWaiting();
    const isQueued = days.dueAt === cause.at.toString();
    const report: Report = {
      ...newReport(from, days, { type: 'onetime', at: cause.at, isQueued }),
      customizationName: wanted.customizationName ?? null,
      format: wanted.format ?? from.format,
    };
    return commit(db, {
      cause,
      subjectId: report.id,
      answer: report,
      writes: insertReports([report], realTimeOf(cause)),
      events: [reportEvent(report, 'submitted')],
    });
  }

  async function get(ownerId: AccountId, id: ReportId): Promise<Report> {
    const report = await selectReport(db, { ownerId, id });
    if (report === undefined) throw notFound('report');
    return report;
  }

  function fileOf(report: Report): ReportFile {
    const { contentType } = formatFacts[report.format];
    return {
      ownerId: report.ownerId,
      name: fileName(report),
      contentType,
      bytes: report.byteCount ?? '0',
      pieces: readFile(db, report),
    };
  }

  /** The file of a report of the account's. */
  async function file(ownerId: AccountId, id: ReportId): Promise<ReportFile> {
    const report = await get(ownerId, id);
    if (report.status !== 'completed') throw notReady(report);
    return fileOf(report);
  }

  /** The file that a link leads to, whoever holds it; links are as secret as the files they lead to. */
  async function fileByLink(given: GivenLink): Promise<ReportFile> {
    const id = checkLink(given, sign);
    const report = await selectReport(db, { id });
    if (report?.status !== 'completed' || report.expiresAt !== given.expires) throw linkExpired();
    const now = timeOf(await directory.get(report.ownerId), clock);
    if (Temporal.Instant.compare(now, Temporal.Instant.from(report.expiresAt)) >= 0) throw linkExpired();
    if (given.fileName !== fileName(report)) throw notFound('report');
    return fileOf(report);
  }

  return {
    createGenerator: (...input: Parameters<typeof createGenerator>) =>
      once(db, input[0], () => createGenerator(...input)),
    generator,
    generators: (ownerId: AccountId, page: GeneratorPage) => selectGenerators(db, ownerId, page),
    changeGenerator: (...input: Parameters<typeof changeGenerator>) =>
      once(db, input[0], () => changeGenerator(...input)),
    schedule: (...input: Parameters<typeof schedule>) => once(db, input[0], () => schedule(...input)),
    get,
    list: (filter: ReportFilter, page: ReportPage) => selectReports(db, filter, page),
    count: (filter: ReportFilter) => countReports(db, filter),
    link: (report: Report): ReportLink | undefined => linkOf(report, sign),
    file,
    fileByLink,
  };
}

function generatorEvent({ ownerId, id }: ReportGenerator, what: string, data: Readonly<Record<string, unknown>>) {
  return { ownerId, type: `report_generator.${what}`, subjectKind: 'report_generator', subjectId: id, data };
}

function nameTaken(): TierlineError {
  const message = 'Another report generator of the account has this name.';
  return new TierlineError('report_generators.name_taken', 'conflict', message, { field: 'name' });
}

function tooManyWaiting(): TierlineError {
  const message = `${waitingMax} reports are waiting to be made. Ask for more when some of them are done.`;
  return new TierlineError('reports.too_many_waiting', 'limited', message, { retryAfterSeconds: 60 });
}

function notReady({ status, errorMessage }: Report): TierlineError {
  const message =
    status === 'error'
      ? `The report could not be made. ${errorMessage ?? ''}`.trim()
      : 'The report is not made yet. Read it until its status is completed.';
  return new TierlineError('reports.no_file', 'conflict', message, { details: { status } });
}
