import { parseId, type Id } from '@tierline/kernel';
import { parseJsonBody } from '../../platform/http/index.ts';
import { invalidParameter } from './errors.ts';

/**
 * Reads the members of a request one by one. The first that is wrong is thrown, so a caller that reads them in the order
 * in which the page declares them gets one error at a time in that order (LMPI reference, part 1, 3.1 and 3.3). Members
 * nobody asks for are ignored. Integers and booleans may come as strings; null and "" mean absent (part 1, 2).
 */
export type RequestFields = ReturnType<typeof requestFields>;

/** @throws TierlineError of kind invalid, also for whatever is no JSON object */
export function requestFields(bytes: Uint8Array) {
  // No body is a request without any member: the first that is required is then missing.
  const body = bytes.length === 0 ? {} : parseJsonBody(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidParameter('body', 'The request body must be a JSON object.');
  }
  const members = new Map<string, unknown>(Object.entries(body));

  function optional(name: string): unknown {
    const value = members.get(name);
    return value === null || value === '' ? undefined : value;
  }

  function required(name: string): unknown {
    const value = optional(name);
    if (value === undefined) throw invalidParameter(name, `The ${leaf(name)} field is required.`);
    return value;
  }

  function integerOf(name: string, value: unknown, { min, max }: { min: number; max: number }): number {
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

  return {
    guid<Kind extends string>(name: string): Id<Kind> {
      const value = required(name);
      const id = typeof value === 'string' ? parseId<Kind>(value) : undefined;
      if (id === undefined) throw invalidParameter(name, `The field ${leaf(name)} must be a GUID.`);
      return id;
    },
    /** 1 to `max` characters, not only spaces; kept as sent. */
    text(name: string, max: number): string {
      const value = required(name);
      if (typeof value !== 'string') throw invalidParameter(name, `The field ${leaf(name)} must be a string.`);
      if (value.trim() === '') throw invalidParameter(name, `The ${leaf(name)} field is required.`);
      // A character takes at most two units, and counting characters of a body-sized text is not free.
      if (value.length > 2 * max || Array.from(value).length > max) {
        throw invalidParameter(name, `The field ${leaf(name)} must have 1 to ${max} characters.`);
      }
      return value;
    },
    code: <Code extends string>(name: string, codes: readonly Code[]): Code => codeOf(name, required(name), codes),
    optionalCode<Code extends string>(name: string, codes: readonly Code[]): Code | undefined {
      const value = optional(name);
      return value === undefined ? undefined : codeOf(name, value, codes);
    },
    integer: (name: string, bounds: { min: number; max: number }): number => integerOf(name, required(name), bounds),
    optionalInteger(name: string, bounds: { min: number; max: number }): number | undefined {
      const value = optional(name);
      return value === undefined ? undefined : integerOf(name, value, bounds);
    },
    optionalBoolean(name: string): boolean | undefined {
      const value = optional(name);
      const read = typeof value === 'string' ? value.toLowerCase() : value;
      if (read === undefined) return undefined;
      if (read === true || read === 'true') return true;
      if (read === false || read === 'false') return false;
      throw invalidParameter(name, `The field ${leaf(name)} must be true or false.`);
    },
  };
}

/** The message names the last part of a path only (LMPI reference, part 1, 3.3). */
function leaf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
