import { timingSafeEqual } from 'node:crypto';
import { TierlineError, notFound, parseId, type ReportId } from '@tierline/kernel';
import { fileName, type Report } from './report.ts';

/** What a link to a file says: which one, until when, and a mark that nobody can make without the installation's key. */
export type ReportLink = {
  readonly id: ReportId;
  readonly fileName: string;
  readonly expires: string;
  readonly mark: string;
};

type Sign = (bytes: Uint8Array) => Buffer;

const markOf = (sign: Sign, id: ReportId, expires: string): Buffer =>
  sign(Buffer.from(`report file\n${id}\n${expires}`, 'utf8'));

/** The link to a report's file, the same whenever it is asked for; undefined as long as there is no file. */
export function linkOf(report: Report, sign: Sign): ReportLink | undefined {
  if (report.status !== 'completed') return undefined;
  const expires = report.expiresAt;
  return {
    id: report.id,
    fileName: fileName(report),
    expires,
    mark: markOf(sign, report.id, expires).toString('base64url'),
  };
}

export type GivenLink = {
  readonly id: string;
  readonly fileName: string;
  readonly expires: string | undefined;
  readonly mark: string | undefined;
};

/**
 * The report that a link was made for. Whatever was changed in it, the answer is that of a link to nothing.
 * @throws TierlineError `reports.not_found`
 */
export function checkLink({ id, expires, mark }: GivenLink, sign: Sign): ReportId {
  const reportId = parseId<'report'>(id);
  if (reportId === undefined || expires === undefined || mark === undefined) throw notFound('report');
  const right = markOf(sign, reportId, expires);
  const given = Buffer.from(mark, 'base64url');
  // Base64 has several spellings of the same bytes; a link has one.
  if (given.length !== right.length || given.toString('base64url') !== mark || !timingSafeEqual(given, right)) {
    throw notFound('report');
  }
  return reportId;
}

export function linkExpired(): TierlineError {
  const message = 'This link has expired, and the file with it. Ask for the report again.';
  return new TierlineError('reports.link_expired', 'forbidden', message);
}
