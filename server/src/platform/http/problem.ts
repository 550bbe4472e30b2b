import { isUnreachable } from '../db/errors.ts';
import { STATUS_CODES } from 'node:http';
import { isLostRace, isTierlineError, isVersionMismatch, TierlineError, type ErrorKind } from '@tierline/kernel';
import { HTTPException } from 'hono/http-exception';

/** The one table from kind to status for our own API; a dialect has its own. */
const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  limited: 429,
  bug: 500,
  unavailable: 503,
};

/** Codes for which HTTP has a status of their own. */
const statusOfCode: Readonly<Record<string, number>> = {
  'http.method_not_allowed': 405,
  'http.request_timeout': 408,
  'http.body_too_large': 413,
  'http.unsupported_encoding': 415,
  'http.unsupported_media_type': 415,
  'http.head_too_large': 431,
};

/** The HTTP status of an error on our own API (and a start for dialects, whose tables may differ). */
export function statusOf(error: TierlineError): number {
  const own = statusOfCode[error.code];
  if (own !== undefined) return own;
  // Without a condition in the request there is none that could have failed: then it is a plain conflict.
  if (isVersionMismatch(error) && !isLostRace(error)) return 412;
  return statusOfKind[error.kind];
}

/**
 * Any thrown thing as an error with a code. What is none of ours is a bug: its text stays in `cause`, for the log.
 * An exception of the framework with a 4xx status is a refusal of the request's form.
 */
export function toTierlineError(error: unknown): TierlineError {
  if (isTierlineError(error)) return error;
  if (error instanceof HTTPException && error.status >= 400 && error.status < 500) {
    if (error.status === 401) {
      return new TierlineError('http.unauthenticated', 'unauthenticated', 'Authentication is required.', {
        cause: error,
      });
    }
    return new TierlineError('http.malformed_request', 'invalid', 'The request cannot be read.', { cause: error });
  }
  if (isUnreachable(error)) {
    return new TierlineError(
      'database.unreachable',
      'unavailable',
      'The database does not answer. Try again shortly.',
      {
        cause: error,
        retryAfterSeconds: 2,
      },
    );
  }
  const message = 'Something went wrong on our side. Quote the request id when you report it.';
  return new TierlineError('internal.bug', 'bug', message, { cause: error });
}

export const problemContentType = 'application/problem+json';

/** The members of an answer to a refusal, RFC 9457 with ours. An error of kind bug shows nothing of itself. */
function problemBody(error: TierlineError, status: number, requestId: string): Record<string, unknown> {
  return {
    ...error.details,
    type: `urn:tierline:error:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: error.code,
    detail: error.message,
    ...(error.field === undefined ? {} : { field: error.field }),
    errors: error.reasons.map((reason) => ({
      code: reason.code,
      ...(reason.field === undefined ? {} : { field: reason.field }),
      detail: reason.message,
    })),
    request_id: requestId,
  };
}

/** The answer of our own API to any thrown thing. */
export function problemResponse(thrown: unknown, requestId: string): Response {
  const known = toTierlineError(thrown);
  // Our own errors of kind bug speak to operators, so their text is no more shown than a stranger's.
  const error = known.kind === 'bug' ? toTierlineError(undefined) : known;
  const status = statusOf(error);
  const headers: Record<string, string> = { 'content-type': problemContentType, 'cache-control': 'no-store' };
  if (error.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterSeconds)));
  }
  return new Response(JSON.stringify(problemBody(error, status, requestId)), { status, headers });
}
