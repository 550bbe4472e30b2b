import { TierlineError } from '@tierline/kernel';

/**
 * Refuses a request target whose path or query cannot be text for certain: a percent sign without two hexadecimal
 * digits, bytes that are not UTF-8, or a NUL, which no database column takes. Names the path or the query's field.
 * Decoders of frameworks let such input through, changed; here the sender hears of it.
 * @param target path and query as sent (`/orders?name=a%20b`)
 * @throws TierlineError `http.invalid_encoding` or `http.invalid_character`, kind invalid
 */
export function checkTarget(target: string): void {
  // Nearly every target is plain ASCII without escapes.
  if (!target.includes('%')) return;
  const questionMark = target.indexOf('?');
  const path = questionMark === -1 ? target : target.slice(0, questionMark);
  checkText(path, 'path', 'The path');
  if (questionMark !== -1) checkQuery(target.slice(questionMark + 1));
}

/**
 * The same for a query or a form body (`a=1&b=2`, without the question mark).
 * @throws TierlineError as `checkTarget`, with the field's name
 */
export function checkQuery(query: string): void {
  if (!query.includes('%')) return;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const rawName = equals === -1 ? pair : pair.slice(0, equals);
    const name = decode(rawName);
    if (name === undefined || name.includes('\0')) checkText(rawName, rawName, 'The name of a query field');
    else if (equals !== -1) checkText(pair.slice(equals + 1), name, `The query field ${name}`);
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function checkText(text: string, field: string, subject: string): void {
  const decoded = decode(text);
  if (decoded === undefined) {
    const message = `${subject} is not percent-encoded UTF-8.`;
    throw new TierlineError('http.invalid_encoding', 'invalid', message, { field });
  }
  if (decoded.includes('\0')) {
    throw new TierlineError('http.invalid_character', 'invalid', `${subject} holds a NUL character.`, { field });
  }
}
