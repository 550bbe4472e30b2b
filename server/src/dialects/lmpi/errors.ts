import { TierlineError } from '@tierline/kernel';

/** The general errors of LMPI (LMPI reference, part 1, 3.2), and how any refusal of ours looks on its wire. */

const incomplete = (code: string, message: string) => new TierlineError(code, 'invalid', message);
const unauthenticated = (code: string, message: string) => new TierlineError(code, 'unauthenticated', message);

export const missingAccessToken = () => incomplete('lmpi.missing_access_token', 'x-access-token missing.');
export const missingPosixTime = () => incomplete('lmpi.missing_posix_time', 'x-posix-time missing.');
export const missingSignature = () => incomplete('lmpi.missing_signature', 'x-signature missing.');
export const missingTraceId = () => incomplete('lmpi.missing_trace_id', 'x-traceid missing.');
export const malformedAccessToken = () => unauthenticated('lmpi.malformed_access_token', 'Invalid x-access-token.');
export const unknownAccessToken = () =>
  unauthenticated(
    'lmpi.unknown_access_token',
    'The x-access-token may not be configured. Please contact an administrator.',
  );
export const wrongPosixTime = () => unauthenticated('lmpi.wrong_posix_time', 'Failed to verify x-posix-time.');
export const wrongSignature = () => unauthenticated('lmpi.wrong_signature', 'Failed to verify x-signature.');
export const replayed = () => unauthenticated('lmpi.replayed', 'Failed to verify x-signature: it was used before.');
export const unknownRoute = () =>
  new TierlineError('lmpi.unknown_route', 'not_found', 'There is no such operation. See the paths of LMPI v2 and v3.');

/**
 * The refusal of one parameter, which is all a caller is told at once.
 * @param field the dotted path in the request's own spelling: it becomes part of the subject
 */
export function invalidParameter(field: string, message: string, cause?: unknown): TierlineError {
  return new TierlineError('lmpi.invalid_parameter', 'invalid', message, { field, cause });
}

export type WireError = { readonly status: number; readonly subject: string; readonly message: string };

/** Refusals that have a subject of their own; every other one is told by its field or its kind. */
const known: Readonly<Record<string, readonly [status: number, subject: string]>> = {
  'lmpi.missing_access_token': [400, 'MissingHeaderAccessToken'],
  'lmpi.missing_posix_time': [400, 'MissingHeaderPosixTime'],
  'lmpi.missing_signature': [400, 'MissingHeaderSignature'],
  'lmpi.missing_trace_id': [400, 'MissingHeaderTraceID'],
  'lmpi.malformed_access_token': [401, 'InvalidHeaderAccessToken'],
  'lmpi.unknown_access_token': [401, 'AuthenticationFailureAccessToken'],
  'lmpi.wrong_posix_time': [401, 'AuthenticationFailurePosixTime'],
  'lmpi.wrong_signature': [401, 'AuthenticationFailureSignature'],
  'lmpi.replayed': [401, 'AuthenticationFailureSignature'],
  'http.unsupported_media_type': [415, 'InvalidHeaderContentType'],
  // From here on ours: the general table has none for these (LMPI reference, part 1, 3.4).
  'http.unsupported_encoding': [415, 'InvalidHeaderContentEncoding'],
  'http.request_timeout': [408, 'RequestTimeout'],
  'http.method_not_allowed': [405, 'MethodNotAllowed'],
  'lmpi.unknown_route': [404, 'NotFound'],
};

/** Longer than any name of ours; what a caller makes up is not repeated at any length. */
const shownFieldMax = 100;

export function wireError(error: TierlineError): WireError {
  const own = known[error.code];
  if (own !== undefined) return { status: own[0], subject: own[1], message: error.message };
  if (error.code === 'pools.exhausted') {
    // Units of a sale or a change; those that a pool hands on to another are counted in the request's own member (part 1, 3.4).
    const field = error.field === 'units' ? 'count' : 'units_per_license';
    return { status: 400, subject: `InvalidParameters${field}`, message: error.message };
  }
  switch (error.kind) {
    case 'bug':
      return {
        status: 500,
        subject: 'InternalError',
        message: 'Internal server error. Please contact an administrator.',
      };
    case 'unavailable':
      return { status: 503, subject: 'ServerException', message: error.message };
    case 'limited':
      return { status: 429, subject: 'TooManyRequests', message: error.message };
    case 'forbidden':
      return { status: 403, subject: 'AccessDenied', message: 'Your business role does not allow this operation.' };
    case 'unauthenticated':
      return { status: 401, subject: 'AuthenticationFailureAccessToken', message: error.message };
    case 'not_found':
      if (error.field === undefined) return { status: 404, subject: 'NotFound', message: error.message };
      break;
    case 'conflict':
      if (error.field === undefined) return { status: 409, subject: 'Conflict', message: error.message };
      break;
    case 'invalid':
  }
  return { status: 400, subject: `InvalidParameters${shownField(error.field)}`, message: error.message };
}

function shownField(field: string | undefined): string {
  return field === undefined || field.length > shownFieldMax ? 'body' : field;
}

/** Two members, both strings, nothing else (LMPI reference, part 1, 3.1). */
export function errorResponse(error: TierlineError): Response {
  const { status, subject, message } = wireError(error);
  const headers: Record<string, string> = { ...jsonHeaders };
  if (error.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterSeconds)));
  }
  return new Response(JSON.stringify({ error_subject: subject, error_message: message }), { status, headers });
}

export const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;
