import { invalid, Temporal, type Reason } from '@tierline/kernel';
import type { Page } from './wire.ts';

/** The query of a request by name; of a name given twice the first counts, and an empty value is none. */
export type Query = ReadonlyMap<string, string>;

const limitDefault = 10;
const limitMax = 1000;
/** More than any catalog has, and well within what all that counts can hold. */
const offsetDigits = 15;

/** Reads the query by hand: lists are asked for all the time. The server has checked that it decodes. */
export function parseQuery(url: string): Query {
  const query = new Map<string, string>();
  const start = url.indexOf('?');
  if (start === -1) return query;
  const end = url.indexOf('#', start);
  const text = end === -1 ? url.slice(start + 1) : url.slice(start + 1, end);
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const name = decode(pair.slice(0, equals));
    const value = decode(pair.slice(equals + 1));
    if (value !== '' && !query.has(name)) query.set(name, value);
  }
  return query;
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** The page that is asked for; one outside of the bounds is refused by name (SimpleAPI reference 1.1). */
export function pageOf(query: Query): Page {
  const offsetText = query.get('offset');
  const limitText = query.get('limit');
  const offset = offsetText === undefined ? 0 : wholeNumber(offsetText);
  const limit = limitText === undefined ? limitDefault : wholeNumber(limitText);
  if (offset !== undefined && limit !== undefined && limit >= 1 && limit <= limitMax) return { offset, limit };
  const reasons: Reason[] = [];
  if (offset === undefined) {
    reasons.push({
      code: 'simpleapi.invalid_parameter',
      field: 'offset',
      message: 'Give a whole number of at least 0.',
    });
  }
  if (limit === undefined || limit < 1 || limit > limitMax) {
    reasons.push({
      code: 'simpleapi.invalid_parameter',
      field: 'limit',
      message: `Give a whole number from 1 to ${limitMax}.`,
    });
  }
  throw invalid(reasons);
}

function wholeNumber(text: string): number | undefined {
  return text.length <= offsetDigits && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** One of the words that the filter knows, or undefined when it is not used. */
export function choiceOf<Value extends string>(
  query: Query,
  name: string,
  choices: Readonly<Record<string, Value>>,
): Value | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  const value = Object.hasOwn(choices, given) ? choices[given] : undefined;
  if (value !== undefined) return value;
  throw invalid([
    {
      code: 'simpleapi.invalid_parameter',
      field: name,
      message: `Give one of: ${Object.keys(choices).join(', ')}. Only one value can be given per request.`,
    },
  ]);
}

/** What the database can tell apart; connectors send the first and last instants of their own calendars. */
const earliest = Temporal.Instant.from('0001-01-01T00:00:00Z');
const latest = Temporal.Instant.from('9999-12-31T23:59:58Z');

/**
 * The instants that a date-time in a filter spans, to the second: `from` included, `to` not. A date alone is a day in UTC,
 * a date-time without an offset is in UTC.
 */
export function instantsOf(query: Query, name: string): { from: Temporal.Instant; to: Temporal.Instant } | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  // An unescaped plus of an offset arrives as a space.
  const text = given.replace(' ', given.includes('T') ? '+' : 'T');
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i.exec(text) ?? [];
  try {
    if (date === undefined || (time === undefined && zone !== undefined)) throw new RangeError(given);
    const start = Temporal.Instant.from(`${date}${time ?? 'T00:00'}${zone ?? 'Z'}`).round({
      smallestUnit: 'second',
      roundingMode: 'floor',
    });
    const from = within(start);
    return { from, to: within(start.add({ seconds: time === undefined ? 86_400 : 1 })) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([
      {
        code: 'simpleapi.invalid_parameter',
        field: name,
        message: 'Give a date-time such as 2019-12-11T17:32:28Z.',
      },
    ]);
  }
}

/** The nearest instant that the database can be asked about. */
export function within(instant: Temporal.Instant): Temporal.Instant {
  if (Temporal.Instant.compare(instant, earliest) < 0) return earliest;
  return Temporal.Instant.compare(instant, latest) > 0 ? latest.add({ seconds: 1 }) : instant;
}

/** A date in a filter. */
export function dateOf(query: Query, name: string): Temporal.PlainDate | undefined {
  const given = query.get(name);
  if (given === undefined) return undefined;
  try {
    // Before year 1 the database has no such year, and past 9999 nobody means it.
    if (!/^(?!0000)\d{4}-\d{2}-\d{2}$/.test(given)) throw new RangeError(given);
    return Temporal.PlainDate.from(given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([{ code: 'simpleapi.invalid_parameter', field: name, message: 'Give a date such as 2019-12-30.' }]);
  }
}
