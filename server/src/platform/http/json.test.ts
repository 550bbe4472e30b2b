import { isTierlineError, type TierlineError } from '@tierline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonError } from './json-syntax.ts';
import { parseJsonBody } from './json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusalOf(body: Uint8Array | string): TierlineError {
  try {
    parseJsonBody(typeof body === 'string' ? bytes(body) : body);
  } catch (error) {
    if (isTierlineError(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.stringify writes is read as it was, unless it holds what cannot be stored', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
      const storable = !/\\u0000|__proto__/.test(text);
      fc.pre(storable && (JSON.stringify(JSON.parse(text)) ?? '').isWellFormed());
      expect(parseJsonBody(bytes(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('the finder of syntax errors agrees with JSON.parse on every text', () => {
  const brackets = ['{', '}', '[', ']', ',', ':', ' ', '\n', '\u2028'];
  const scalars = ['"', '\\', 'a', '"a"', '1', '-', '+', '.5', 'e3', '01', 'true', 'nul', '\\u00', '\\"', '\u0000'];
  const fragment = fc.constantFrom(...brackets, ...scalars, '"\\n"', '"\\x"');
  const broken = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));
  const cut = fc
    .tuple(fc.json(), fc.nat(), fragment)
    .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1)));
  fc.assert(
    fc.property(fc.oneof(broken, cut, fc.json()), (text) => {
      const found = findJsonError(text);
      expect(found === undefined).toBe(isJson(text));
      expect(found?.offset ?? 0).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 2000 },
  );
});

test('a byte order mark is tolerated', () => {
  expect(parseJsonBody(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes('{"a":"ü€😀"}')))).toEqual({ a: 'ü€😀' });
});

test.each([
  ['{"a":1,}', [1, 8], 'expected a name in double quotes, found "}"'],
  ['{\n  "a" 1}', [2, 7], 'expected a colon, found "1"'],
  ['[1 2]', [1, 4], 'expected a comma or ], found "2"'],
  ['{"a":01}', [1, 7], 'expected a comma or }, found "1"'],
  ["{'a':1}", [1, 2], `expected a name in double quotes or }, found "'"`],
  ['"abc', [1, 5], 'expected a closing quote, found the end of the body'],
  ['"a\nb"', [1, 3], 'expected an escape for the control character, found "\\n"'],
  ['"\\x"', [1, 2], 'expected one of'],
  ['{} {}', [1, 4], 'expected the end of the text, found "{"'],
  ['NaN', [1, 1], 'expected a value, found "N"'],
  ['[😀]', [1, 2], 'found "😀"'],
])('%j is refused with its position', (text, position, message) => {
  const error = refusalOf(text);
  expect(error).toMatchObject({ code: 'http.malformed_json', kind: 'invalid' });
  expect(error.message).toContain(message);
  expect(error.details).toEqual({ line: position[0], column: position[1] });
});

test.each([
  [[0x22, 0xff, 0x22]],
  [[0x22, 0xed, 0xa0, 0x80, 0x22]],
  [[0x22, 0xc0, 0x80, 0x22]],
  [[0xff, 0xfe, 0x22, 0]],
])('bytes that are not UTF-8 are refused: %j', (body) => {
  expect(refusalOf(Uint8Array.from(body))).toMatchObject({ code: 'http.invalid_encoding', details: { line: 1 } });
});

test('64 levels are read, 65 and 10,000 are refused, and brackets in strings do not count', () => {
  const nested = (levels: number): string => '[{"a":'.repeat(levels / 2) + '1' + '}]'.repeat(levels / 2);
  expect(parseJsonBody(bytes(nested(64)))).toBeDefined();
  expect(refusalOf(nested(66))).toMatchObject({ code: 'http.too_deep', details: { depth_max: 64 } });
  expect(refusalOf('['.repeat(10_000))).toMatchObject({ code: 'http.too_deep' });
  const brackets = JSON.stringify([`"${'['.repeat(1000)}`, `\\${'['.repeat(1000)}\\`, '{"'.repeat(100)]);
  expect(parseJsonBody(bytes(brackets))).toHaveLength(3);
  // Siblings are not levels.
  expect(parseJsonBody(bytes(JSON.stringify(Array.from({ length: 500 }, () => [{}]))))).toHaveLength(500);
});

test('NUL, half surrogate pairs and __proto__ are refused with every field, also when written with escapes', () => {
  const body = String.raw`{"name":"a\u0000b","lines":[{"note":"ok \u00e9"},{"note":"\ud800"}],"\u0000k":1,"deep":{"__pr\u006fto__":{"a":1}},"pair":"\ud83d\ude00"}`;
  const error = refusalOf(body);
  expect(error.reasons.map((reason) => [reason.code, reason.field])).toEqual([
    ['http.invalid_character', 'name'],
    ['http.invalid_character', 'lines.1.note'],
    ['http.invalid_character', '\\u0000k'],
    ['http.reserved_name', 'deep.__proto__'],
  ]);
  expect(refusalOf('{"__proto__":{"admin":true}}').code).toBe('http.reserved_name');
  expect(refusalOf(String.raw`"\u0000"`)).toMatchObject({ code: 'http.invalid_character', field: undefined });
});

test('a number that becomes infinite is refused with its field; one that is only large or small is a number', () => {
  const digits = '9'.repeat(400);
  const error = refusalOf(`{"a":1e400,"b":[1,-1E+999],"c":${digits},"d":1e308,"e":"1e400","f":1e-400}`);
  expect(error.reasons.map(({ code, field }) => [code, field])).toEqual([
    ['http.number_too_large', 'a'],
    ['http.number_too_large', 'b.1'],
    ['http.number_too_large', 'c'],
  ]);
  expect(refusalOf('1e400')).toMatchObject({ code: 'http.number_too_large', field: undefined });
  expect(parseJsonBody(bytes(`{"text":"1e400 ${digits}","large":1e308}`))).toEqual({
    text: `1e400 ${digits}`,
    large: 1e308,
  });
});

test('the list of reasons has an end', () => {
  const body = JSON.stringify(Array.from({ length: 1000 }, () => '\0'));
  expect(refusalOf(body).reasons).toHaveLength(20);
});
