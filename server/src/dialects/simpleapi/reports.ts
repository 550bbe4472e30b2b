import { dateIn, invalid, notFound, parseId, Temporal, type AccountId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import {
  reportFormats,
  reportStatuses,
  reportTypes,
  type Report,
  type ReportType,
} from '../../modules/reports/index.ts';
import { fileResponse, readJson } from '../../platform/http/index.ts';
import { causeOf, headerOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { instantsOf, pageOf, parseQuery, type Query } from './query.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';
import { jsonResponse, listResponse, wireInstantText } from './wire.ts';

const fields = { generator: 'name', start: 'startDate', end: 'endDate' };

/** Reports (SimpleAPI reference 4.9), and their files under links that need no token. */
export function reportHandlers(dependencies: SimpleApiDependencies, base: string) {
  const { reports, authenticate, settings } = dependencies;

  function toWire(report: Report, c: Call) {
    const link = reports.link(report);
    const origin = settings.publicUrl ?? new URL(c.req.url).origin;
    const mark = link && new URLSearchParams({ se: link.expires, sig: link.mark }).toString();
    return {
      id: report.id,
      name: report.name,
      ...(report.customizationName === null ? {} : { customizationName: report.customizationName }),
      status: report.status,
      type: report.type,
      format: report.format,
      creationDate: wireInstantText(report.createdAt),
      startDate: wireDay(report.startOn),
      endDate: wireDay(report.endOn),
      ...(link === undefined ? {} : { downloadUrl: `${origin}${base}/reports/${link.id}/${link.fileName}?${mark}` }),
    };
  }

  async function list(c: Call, { principal, profile }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    const filter = filterOf(query, principal.accountId);
    // The how-to reads neither offset nor limit here; the schema has both (SimpleAPI reference 1.1).
    if (profile === '21.0') {
      const all = await reports.list(filter, {});
      return listResponse(
        all.map((report) => toWire(report, c)),
        { offset: 0, limit: all.length },
        all.length,
      );
    }
    const page = pageOf(query);
    const [found, total] = await Promise.all([reports.list(filter, page), reports.count(filter)]);
    return listResponse(
      found.map((report) => toWire(report, c)),
      page,
      total,
    );
  }

  async function get(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const id = parseId<'report'>(c.req.param('id') ?? '');
    if (id === undefined) throw notFound('report');
    return jsonResponse(toWire(await reports.get(principal.accountId, id), c));
  }

  async function schedule(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const { accountId, node } = caller.principal;
    const { name, ...wanted } = readReport(await readJson(c), node.account.timeZone);
    const cause = causeOf(c, caller, dependencies);
    return jsonResponse(
      toWire(await reports.schedule(cause, accountId, { generator: { name }, ...wanted }, fields), c),
    );
  }

  /** A link is all that is needed. Who shows a token as well must be who the file is for: another tenant's is not found. */
  async function download(c: Call): Promise<Response> {
    const query = parseQuery(c.req.url);
    const given = { id: c.req.param('id') ?? '', fileName: c.req.param('file') ?? '' };
    const file = await reports.fileByLink({ ...given, expires: query.get('se'), mark: query.get('sig') });
    const [, token] = /^Bearer +(.+)$/i.exec(headerOf(c, 'authorization') ?? '') ?? [];
    const caller = token === undefined ? undefined : await authenticate.simpleApiBearer(token);
    if (caller !== undefined && caller.principal.accountId !== file.ownerId) throw notFound('report');
    return fileResponse(file);
  }

  return { list, get, schedule, download };
}

/** A report covers whole days, so its bounds are shown as midnights. */
function wireDay(date: string): string {
  return `${date}T00:00:00Z`;
}

function filterOf(query: Query, ownerId: AccountId) {
  const type = wordOf(query, 'type', ['periodic', ...reportTypes]);
  return {
    ownerId,
    name: query.get('name'),
    format: wordOf(query, 'format', reportFormats),
    status: wordOf(query, 'status', reportStatuses),
    types: type === undefined ? undefined : typesOf(type),
    createdFrom: instantsOf(query, 'from')?.from.toString(),
    createdTo: instantsOf(query, 'to')?.to.toString(),
  };
}

/** What comes by itself is periodic, whatever its period. */
function typesOf(type: ReportType | 'periodic'): readonly ReportType[] {
  return type === 'periodic' ? reportTypes.filter((each) => each !== 'onetime') : [type];
}

/** One of some words in any letter case, since the documents have `XLSX` and `xlsx` (SimpleAPI reference 4.9). */
function wordOf<Word extends string>(query: Query, name: string, words: readonly Word[]): Word | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  const found = words.find((word) => word === given.toLowerCase());
  if (found !== undefined) return found;
  const message = `Give one of: ${words.join(', ')}. Only one value can be given per request.`;
  throw invalid([{ code: 'simpleapi.invalid_parameter', field: name, message }]);
}

function readReport(body: unknown, timeZone: string) {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const startOn = dayOf(members, 'startDate', 'start', timeZone, problems);
  const wanted = {
    name: members.text('name', { required: true }) ?? '',
    startOn: startOn ?? '',
    endOn: dayOf(members, 'endDate', 'end', timeZone, problems),
    format: members.choice('format', reportFormats),
    customizationName: members.text('customizationName'),
  };
  problems.throwIfAny();
  return wanted;
}

/**
 * The day that a bound names. Midnight in UTC, or a date alone, names its date as written; another instant names the day of the
 * account's zone in which it lies, and at the end of a report that day is covered too.
 */
function dayOf(
  members: Members,
  name: string,
  bound: 'start' | 'end',
  timeZone: string,
  problems: Problems,
): string | undefined {
  const text = members.text(name, { max: 40, required: bound === 'start' })?.trim();
  if (text === undefined) return undefined;
  const [, date, time] = /^((?:19|20|21|22)\d\d-\d\d-\d\d)(T.+)?$/i.exec(text) ?? [];
  try {
    if (date === undefined) throw new RangeError(text);
    if (time === undefined || /^T00:00(:00(\.0+)?)?(Z|\+00:?00)$/i.test(time))
      return Temporal.PlainDate.from(date).toString();
    const instant = Temporal.Instant.from(/(Z|[+-]\d\d:?\d\d)$/i.test(time) ? text : `${text}Z`);
    const day = dateIn(instant, timeZone);
    const isMidnight = instant.toZonedDateTimeISO(timeZone).toPlainTime().equals('00:00');
    return (bound === 'end' && !isMidnight ? day.add({ days: 1 }) : day).toString();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add('simpleapi.invalid_field', name, 'Give a date-time such as 2019-12-01T00:00:00Z.');
    return undefined;
  }
}
