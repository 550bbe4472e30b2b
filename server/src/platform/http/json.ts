import { isUtf8 } from 'node:buffer';
import { TierlineError, type Reason } from '@tierline/kernel';
import { findJsonError } from './json-syntax.ts';

/** Objects and arrays inside each other. No request of ours goes below 8. */
const depthMax = 64;

/**
 * Reads a JSON text strictly. A byte order mark is tolerated.
 * @returns the value; it holds no NUL, no lone surrogate, no endless number and no member `__proto__`, so that it can be
 * stored and copied
 * @throws TierlineError of kind invalid: `http.malformed_json` (with line and column), `http.invalid_encoding` (not
 * UTF-8), `http.too_deep`, `http.invalid_character`, `http.number_too_large` and `http.reserved_name` (with every field
 * at once)
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(text, error);
  }
  // NUL and lone surrogates can only be written with escapes (a raw NUL is no JSON, a lone surrogate no UTF-8), so
  // could the name be, and an endless number takes a large exponent or many digits: most texts need no walk.
  if (text.includes('\\u') || text.includes('__proto__') || /\d[eE]\+?\d{3}|\d{309}/.test(text)) checkValues(value);
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const text = buffer.toString('utf8', hasMark ? 3 : 0);
  if (isUtf8(bytes)) return text;
  // The decoder has put a replacement character for what it could not read.
  const where = position(text, text.indexOf('\uFFFD'));
  throw new TierlineError('http.invalid_encoding', 'invalid', `The body is not UTF-8 at ${where.text}.`, {
    details: { line: where.line, column: where.column },
  });
}

function checkDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = closingQuote(text, at);
        if (at === -1) return;
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > depthMax) {
          const message = `The body nests objects and arrays more than ${depthMax} deep (${position(text, at).text}).`;
          throw new TierlineError('http.too_deep', 'invalid', message, { details: { depth_max: depthMax } });
        }
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
      default:
    }
  }
}

/** The offset of the quote that ends the string opened at `at`, or -1. */
function closingQuote(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

function malformed(text: string, cause: unknown): TierlineError {
  if (text.trim() === '') {
    return new TierlineError('http.malformed_json', 'invalid', 'The body is empty; it must hold JSON.', { cause });
  }
  const found = findJsonError(text) ?? { offset: text.length, expected: 'JSON' };
  const where = position(text, found.offset);
  const shown = text.codePointAt(found.offset);
  const instead = shown === undefined ? 'the end of the body' : JSON.stringify(String.fromCodePoint(shown));
  const message = `The body is not JSON: at ${where.text}, expected ${found.expected}, found ${instead}.`;
  return new TierlineError('http.malformed_json', 'invalid', message, {
    cause,
    details: { line: where.line, column: where.column },
  });
}

/** Line and column, both counted from 1. */
function position(text: string, offset: number): { line: number; column: number; text: string } {
  const before = text.slice(0, Math.max(0, offset));
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  return { line, column, text: `line ${line}, column ${column}` };
}

const reasonsMax = 20;

function checkValues(root: unknown): void {
  const reasons: Reason[] = [];
  const add = (code: string, field: string, message: string): void => {
    if (reasons.length < reasonsMax) reasons.push({ code, message, ...(field === '' ? {} : { field }) });
  };
  // Recursion is safe: the depth is checked.
  const walk = (value: unknown, path: string): void => {
    const subject = path === '' ? 'The body' : `The field ${path}`;
    if (typeof value === 'string') {
      const fault = faultOf(value);
      if (fault !== undefined) add('http.invalid_character', path, `${subject} holds ${fault}.`);
    } else if (typeof value === 'number' && !Number.isFinite(value)) {
      add('http.number_too_large', path, `${subject} holds a number that is too large.`);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk(item, path === '' ? String(index) : `${path}.${index}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        const fault = faultOf(name);
        const shown = name.replaceAll('\0', '\\u0000').toWellFormed();
        const field = path === '' ? shown : `${path}.${shown}`;
        if (fault !== undefined) add('http.invalid_character', field, `The name of the field ${field} holds ${fault}.`);
        if (name === '__proto__') add('http.reserved_name', field, `A field cannot be named ${name}.`);
        walk(item, field);
      }
    }
  };
  walk(root, '');
  const first = reasons[0];
  if (first !== undefined) throw new TierlineError(first.code, 'invalid', first.message, { reasons });
}

function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'a NUL character';
  return text.isWellFormed() ? undefined : 'half of a surrogate pair';
}
