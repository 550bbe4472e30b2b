import { STATUS_CODES } from 'node:http';
import { isTierlineError, type Clock, type ErrorKind, type Reason, type TierlineError } from '@tierline/kernel';
import type { Context } from 'hono';
import type { HttpEnv } from '../../platform/http/index.ts';
import { wireInstant } from './wire.ts';

/** Refusals in the dialect's form (SimpleAPI reference 1.2). */

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
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
};

export function statusOf(error: TierlineError): number {
  return statusOfCode[error.code] ?? statusOfKind[error.kind];
}

/** The prefix of correlation ids, as in the documented example `a8n-<uuid>`. */
export const correlationPrefix = 'a8n-';

/** What clients look for to know that an id leads nowhere. */
const noEntity = 'No entity has been found.';

const bugMessage = 'Something went wrong on our side. Quote the correlation id when you report it.';

export function errorResponse(error: TierlineError, c: Context<HttpEnv>, clock: Clock, base: string): Response {
  const status = statusOf(error);
  const at = wireInstant(clock.now());
  const body = {
    timeStamp: at,
    timestamp: at,
    status,
    error: STATUS_CODES[status] ?? 'Error',
    message: error.kind === 'bug' ? bugMessage : messageOf(error),
    path: c.req.path.startsWith(base) ? c.req.path.slice(base.length) || '/' : c.req.path,
    correlationId: correlationPrefix + c.get('requestId'),
    code: error.code,
    details: error.kind === 'bug' ? [] : error.reasons.map(wireReason),
  };
  return new Response(JSON.stringify(body), { status, headers: errorHeaders(error, status, c.req.path) });
}

function errorHeaders(error: TierlineError, status: number, path: string): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (status === 401) headers['www-authenticate'] = /\/token\/?$/.test(path) ? 'Basic realm="SimpleAPI"' : 'Bearer';
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = retryAfter(error.retryAfterSeconds);
  return headers;
}

/** The value of a Retry-After header: whole seconds, never too few. */
export function retryAfter(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/** Every reason in one sentence after the other: the message is all that some clients show. */
function messageOf(error: TierlineError): string {
  const reasons = error.reasons.map((reason) => {
    const field = wireField(reason.field);
    return field === undefined ? reason.message : `${field}: ${reason.message}`;
  });
  const message = reasons.join(' ');
  const isUnknownId = error.reasons.some(({ code }) => unknownEntity(code));
  return isUnknownId ? `${noEntity} ${message}` : message;
}

function unknownEntity(code: string): boolean {
  return code.endsWith('.not_found') || code === 'orders.unknown_product';
}

function wireReason({ code, field, message }: Reason): { code: string; field?: string; message: string } {
  const named = wireField(field);
  return { code, ...(named === undefined ? {} : { field: named }), message };
}

/** The engine's names of fields that are spelled differently here. */
const names: Readonly<Record<string, string>> = {
  customer_id: 'customerId',
  lines: 'products',
  unit_price: 'unitPrice',
  items: 'products',
  subscription: 'subscriptionId',
  plan_id: 'planId',
  target_id: 'targetSubscriptionId',
  align: 'alignExpirationDate',
  end_on: 'alignExpirationDate',
  moment: 'scheduledOn',
  rate_id: 'mpn',
  contacts: 'contactPersons',
  street: 'streetAddress',
  extension: 'addressExtension',
  postal_code: 'postalCode',
  country_code: 'countryCode',
};

/** Fields that have another place here. */
const wholeNames: Readonly<Record<string, string>> = {
  'migration.start_on': 'startDate',
  'migration.end_on': 'expirationDate',
  'migration.billed_until': 'nextBillingDate',
  'moment.on': 'scheduledOn',
};

/** `lines.0.quantity` -> `products[0].quantity`. */
function wireField(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const whole = wholeNames[field];
  if (whole !== undefined) return whole;
  const [first = '', ...rest] = field.split('.');
  return rest.reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : `${path}.${names[part] ?? part}`),
    names[first] ?? first,
  );
}

/** For filters: what is not there matches nothing, which is no mistake. */
export async function orUndefined<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'not_found') return undefined;
    throw error;
  }
}
