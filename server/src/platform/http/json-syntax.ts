/** Where a text stops being JSON, and what could have stood there. */
export type JsonError = { readonly offset: number; readonly expected: string };

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;
// A string up to its closing quote, or as far as it is in order.
const stringPart = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y; // oxlint-disable-line no-control-regex

type Expecting = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'next' | 'end';

const expectations: Record<Exclude<Expecting, 'next'>, string> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  key: 'a name in double quotes',
  'key or }': 'a name in double quotes or }',
  ':': 'a colon',
  end: 'the end of the text',
};

/**
 * Finds the first error of JSON syntax, or undefined if there is none. Used only after JSON.parse has refused a text,
 * since that does not always say where.
 */
export function findJsonError(text: string): JsonError | undefined {
  const open: ('[' | '{')[] = [];
  let expecting: Expecting = 'value';
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    const char = text[at];
    const fail = (): JsonError => ({ offset: at, expected: expectationOf(expecting, open.at(-1)) });
    if (char === undefined) return expecting === 'end' ? undefined : fail();
    if (expecting === 'end') return fail();
    if (expecting === ':') {
      if (char !== ':') return fail();
      at += 1;
      expecting = 'value';
    } else if (expecting === 'next') {
      const inside = open.at(-1);
      if (char === ',') expecting = inside === '{' ? 'key' : 'value';
      else if (char === (inside === '{' ? '}' : ']')) expecting = afterClosing(open);
      else return fail();
      at += 1;
    } else if (expecting === 'key' || expecting === 'key or }') {
      if (char === '}' && expecting === 'key or }') {
        at += 1;
        expecting = afterClosing(open);
      } else if (char === '"') {
        const end = stringEnd(text, at);
        if (typeof end !== 'number') return end;
        at = end;
        expecting = ':';
      } else return fail();
    } else if (char === ']' && expecting === 'value or ]') {
      at += 1;
      expecting = afterClosing(open);
    } else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expecting = char === '{' ? 'key or }' : 'value or ]';
    } else {
      const end = scalarEnd(text, at);
      if (end === undefined) return fail();
      if (typeof end !== 'number') return end;
      at = end;
      expecting = open.length === 0 ? 'end' : 'next';
    }
  }
}

function expectationOf(expecting: Expecting, inside: '[' | '{' | undefined): string {
  if (expecting === 'next') return inside === '{' ? 'a comma or }' : 'a comma or ]';
  return expectations[expecting];
}

function afterClosing(open: unknown[]): 'next' | 'end' {
  open.pop();
  return open.length === 0 ? 'end' : 'next';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

/** The offset behind a string, number or literal; undefined when none starts here. */
function scalarEnd(text: string, at: number): number | JsonError | undefined {
  if (text[at] === '"') return stringEnd(text, at);
  return matchEnd(number, text, at) ?? matchEnd(literal, text, at);
}

function stringEnd(text: string, at: number): number | JsonError {
  const end = matchEnd(stringPart, text, at) ?? at + 1;
  const char = text[end];
  if (char === '"') return end + 1;
  if (char === '\\') return { offset: end, expected: 'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX' };
  return { offset: end, expected: char === undefined ? 'a closing quote' : 'an escape for the control character' };
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
