import { parseId, Temporal, type Id } from '@tierline/kernel';
import { parseJsonBody } from '../../platform/http/index.ts';
import { invalidParameter } from './errors.ts';

/**
 * Reads the members of a request one by one. The first that is wrong is thrown, so a caller that reads them in the order
 * in which the page declares them gets one error at a time in that order (LMPI reference, part 1, 3.1 and 3.3). Members
 * nobody asks for are ignored. Integers and booleans may come as strings; null and "" mean absent (part 1, 2). A name may
 * be a path (`company.name`): it is what a refusal names.
 */
export type Fields = ReturnType<typeof fieldsIn>;

/** @throws TierlineError of kind invalid, also for whatever is no JSON object */
export function requestFields(bytes: Uint8Array): Fields {
  // No body is a request without any member: the first that is required is then missing.
  const body = bytes.length === 0 ? {} : parseJsonBody(bytes);
  const members = membersOf(body);
  if (members === undefined) throw invalidParameter('body', 'The request body must be a JSON object.');
  return fieldsIn(members);
}

/** The members of a query; of a name that stands there twice, the first. */
export function queryFields(url: string): Fields {
  const members = new Map<string, unknown>();
  for (const [name, value] of new URL(url, 'http://localhost').searchParams) {
    if (!members.has(name)) members.set(name, value);
  }
  return fieldsIn(members);
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? new Map<string, unknown>(Object.entries(value)) : undefined;
}

/** Text of `min` to `max` characters; 0 lets it be empty. */
export type TextBounds = { readonly min?: 0 | 1; readonly max: number; readonly pattern?: Pattern };
export type Pattern = { readonly test: (text: string) => boolean; readonly says: string };

function fieldsIn(members: ReadonlyMap<string, unknown>) {
  /** What stands at the path, null and missing alike. */
  function at(name: string): unknown {
    const parts = name.split('.');
    let within: ReadonlyMap<string, unknown> = members;
    for (const [index, part] of parts.slice(0, -1).entries()) {
      const value = within.get(part);
      if (value === undefined || value === null) return undefined;
      const inner = membersOf(value);
      const path = parts.slice(0, index + 1).join('.');
      if (inner === undefined) throw invalidParameter(path, `The field ${part} must be an object.`);
      within = inner;
    }
    return within.get(parts.at(-1)!) ?? undefined;
  }

  function optional(name: string): unknown {
    const value = at(name);
    return value === '' ? undefined : value;
  }

  function required(name: string): unknown {
    const value = optional(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  function textOf(name: string, value: unknown, { min = 1, max, pattern }: TextBounds): string {
    if (typeof value !== 'string') throw invalidParameter(name, `The field ${leaf(name)} must be a string.`);
    if (min === 1 && value.trim() === '') throw missing(name);
    // A character takes at most two units, and counting characters of a body-sized text is not free.
    if (value.length > 2 * max || Array.from(value).length > max) {
      throw invalidParameter(name, `The field ${leaf(name)} must have ${min} to ${max} characters.`);
    }
    if (value !== '' && pattern !== undefined && !pattern.test(value)) {
      throw invalidParameter(name, `The field ${leaf(name)} must be ${pattern.says}.`);
    }
    return value;
  }

  return {
    guid<Kind extends string>(name: string): Id<Kind> {
      return guidOf<Kind>(name, required(name));
    },
    optionalGuid<Kind extends string>(name: string): Id<Kind> | undefined {
      const value = optional(name);
      return value === undefined ? undefined : guidOf<Kind>(name, value);
    },
    /** At least one character, not only spaces; kept as sent. */
    text(name: string, max: number, pattern?: Pattern): string {
      return textOf(name, required(name), { max, ...(pattern === undefined ? {} : { pattern }) });
    },
    /** undefined where it is missing, null, or empty though it must not be; with `min: 0` an empty text is a value. */
    optionalText(name: string, bounds: TextBounds): string | undefined {
      const value = at(name);
      if (value === undefined || (value === '' && bounds.min !== 0)) return undefined;
      return textOf(name, value, bounds);
    },
    code: <Code extends string>(name: string, codes: readonly Code[]): Code => codeOf(name, required(name), codes),
    optionalCode<Code extends string>(name: string, codes: readonly Code[]): Code | undefined {
      const value = optional(name);
      return value === undefined ? undefined : codeOf(name, value, codes);
    },
    integer: (name: string, bounds: Bounds): number => integerOf(name, required(name), bounds),
    optionalInteger(name: string, bounds: Bounds): number | undefined {
      const value = optional(name);
      return value === undefined ? undefined : integerOf(name, value, bounds);
    },
    optionalBoolean(name: string): boolean | undefined {
      const value = optional(name);
      return value === undefined ? undefined : booleanOf(name, value);
    },
    instant: (name: string): Temporal.Instant => instantOf(name, required(name)),
    optionalInstant(name: string): Temporal.Instant | undefined {
      const value = optional(name);
      return value === undefined ? undefined : instantOf(name, value);
    },
    /** Whether anything stands there: what no reader above is made for reads it itself. */
    value: optional,
  };
}

type Bounds = { readonly min: number; readonly max: number };

function missing(name: string): Error {
  return invalidParameter(name, `The ${leaf(name)} field is required.`);
}

function guidOf<Kind extends string>(name: string, value: unknown): Id<Kind> {
  const id = typeof value === 'string' ? parseId<Kind>(value) : undefined;
  if (id === undefined) throw invalidParameter(name, `The field ${leaf(name)} must be a GUID.`);
  return id;
}

function integerOf(name: string, value: unknown, { min, max }: Bounds): number {
  const read = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof read === 'number' && Number.isSafeInteger(read) && read >= min && read <= max) return read;
  throw invalidParameter(name, `The field ${leaf(name)} must be an integer between ${min} and ${max}.`);
}

function codeOf<Code extends string>(name: string, value: unknown, codes: readonly Code[]): Code {
  // A code of digits is a string on this wire, but a number says the same.
  const read = typeof value === 'number' ? String(value) : value;
  const code = codes.find((candidate) => candidate === read);
  if (code !== undefined) return code;
  throw invalidParameter(name, `The field ${leaf(name)} must be one of: ${codes.join(', ') || '(none to choose)'}.`);
}

function booleanOf(name: string, value: unknown): boolean {
  const read = typeof value === 'string' ? value.toLowerCase() : value;
  if (read === true || read === 'true') return true;
  if (read === false || read === 'false') return false;
  throw invalidParameter(name, `The field ${leaf(name)} must be true or false.`);
}

/** ISO 8601 with an offset or Z; without one it is UTC; a date alone is its first second in UTC (part 1, 2). */
function instantOf(name: string, value: unknown): Temporal.Instant {
  const text = typeof value === 'string' && value.length <= 40 ? value.trim() : '';
  const [, date, time = 'T00:00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/i.exec(text) ?? [];
  try {
    if (date !== undefined) {
      const instant = Temporal.Instant.from(`${date}${time}${zone}`);
      // What lies outside of four digits of a year in UTC could not be stored or told.
      if (/^(?!0000)\d{4}-/.test(instant.toString())) return instant;
    }
  } catch {
    // A day or an hour that there is not.
  }
  throw invalidParameter(name, `The field ${leaf(name)} must be a date such as 2024-01-31T23:59:59Z.`);
}

/** The message names the last part of a path only (LMPI reference, part 1, 3.3). */
function leaf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
