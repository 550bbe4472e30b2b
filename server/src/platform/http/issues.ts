import type { Reason } from '@tierline/kernel';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const reasonsMax = 50;

/**
 * What is wrong with a request, every reason at once, each naming its field as its sender spelled it
 * (`lines.0.quantity`). `input` is what was parsed: it tells a missing field from one of the wrong type.
 */
export function reasonsOf(error: z.ZodError, input: unknown): Reason[] {
  const reasons = error.issues.flatMap((issue) => reasonsOfIssue(issue, input, []));
  return reasons.slice(0, reasonsMax);
}

function reasonsOfIssue(issue: Issue, input: unknown, above: readonly PropertyKey[]): Reason[] {
  const path = [...above, ...issue.path];
  const field = path.map(shownKey).join('.');
  const at = field === '' ? {} : { field };
  const what = field === '' ? 'The body' : `The field ${field}`;
  if (issue.code !== 'unrecognized_keys' && isMissing(input, path)) {
    return [{ ...at, code: 'request.missing_field', message: `${what} is missing.` }];
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const unknown = [...path.map(shownKey), shownKey(key)].join('.');
        return { field: unknown, code: 'request.unknown_field', message: `There is no field ${unknown}.` };
      });
    case 'invalid_type':
      return [{ ...at, code: 'request.wrong_type', message: `${what} must be ${named(issue.expected)}.` }];
    case 'too_big':
    case 'too_small':
      return [{ ...at, code: 'request.out_of_bounds', message: `${what} ${boundsOf(issue)}.` }];
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return [{ ...at, code: 'request.unknown_value', message: `${what} must be one of: ${values}.` }];
    }
    case 'invalid_union':
      return reasonsOfUnion(issue, input, path);
    case 'invalid_format':
      return [{ ...at, code: 'request.bad_format', message: `${what} has the wrong form: ${formOf(issue)}.` }];
    case 'custom':
      return [{ ...at, code: 'request.not_acceptable', message: `${what} is not acceptable: ${issue.message}.` }];
    case 'invalid_key':
      return [{ ...at, code: 'request.bad_name', message: `${what} has a name that is empty or too long.` }];
    default:
      return [{ ...at, code: 'request.not_acceptable', message: `${what} is not acceptable.` }];
  }
}

/** Of the alternatives, what is wrong by the one whose type was meant; when none was, the type is wrong. */
function reasonsOfUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  input: unknown,
  path: readonly PropertyKey[],
): Reason[] {
  const meant = issue.errors.find(
    (issues) => !issues.some(({ code, path: own }) => code === 'invalid_type' && own.length === 0),
  );
  if (meant !== undefined) return meant.flatMap((inner) => reasonsOfIssue(inner, input, path));
  const types = issue.errors.flatMap((issues) =>
    issues.flatMap((each) => (each.code === 'invalid_type' ? [each.expected] : [])),
  );
  const field = path.map(shownKey).join('.');
  const message = `The field ${field} must be ${[...new Set(types)].map(named).join(' or ')}.`;
  return [{ field, code: 'request.wrong_type', message }];
}

/** Names come from the sender, so they may be of any length and hold anything. */
function shownKey(key: PropertyKey): string {
  const text = String(key);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function isMissing(input: unknown, path: readonly PropertyKey[]): boolean {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value === undefined;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function named(type: string): string {
  return typeNames[type] ?? type;
}

function boundsOf(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  const isMax = issue.code === 'too_big';
  const bound = isMax ? issue.maximum : issue.minimum;
  if (issue.origin === 'string') return `must have ${isMax ? 'at most' : 'at least'} ${bound} characters`;
  if (issue.origin === 'array') return `must have ${isMax ? 'at most' : 'at least'} ${bound} elements`;
  return `must be ${isMax ? 'at most' : 'at least'} ${bound}`;
}

function formOf(issue: Extract<Issue, { code: 'invalid_format' }>): string {
  if (issue.format === 'uuid') return 'a UUID is expected';
  if (issue.format === 'date') return 'a date is expected, such as 2026-03-01';
  // A schema with something to say about its pattern says it; what the library says by itself begins so.
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  return issue.pattern === undefined ? `${issue.format} is expected` : `it must match ${issue.pattern}`;
}
