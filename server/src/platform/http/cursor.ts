import { isUuid, TierlineError, type Id } from '@tierline/kernel';

/** Where a page ended, opaque to callers: a JSON list of texts in base64url. Not secret and not signed, so it is checked. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

/**
 * The parts of a cursor that a caller sent back; each must pass its check.
 * @throws TierlineError `request.bad_cursor` for anything that is no cursor of this list
 */
export function decodeCursor(cursor: string, checks: readonly ((part: string) => boolean)[]): string[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw badCursor();
  }
  if (!Array.isArray(value) || value.length !== checks.length) throw badCursor();
  return checks.map((check, index) => {
    const part: unknown = value[index];
    if (typeof part !== 'string' || !check(part)) throw badCursor();
    return part;
  });
}

function badCursor(): TierlineError {
  return new TierlineError('request.bad_cursor', 'invalid', 'This is no cursor of this list. Begin without one.', {
    field: 'cursor',
  });
}

type PageQuery = { readonly cursor?: string | undefined; readonly limit: number };

/** Reads the cursor of a list whose order is that of ids. */
export function afterId<Kind extends string>({ cursor }: PageQuery): Id<Kind> | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor(cursor, [isUuid])[0] as Id<Kind>;
}

/**
 * One page out of `limit + 1` rows: the row too many says that there is a next one. `key` names the last row of this
 * page so that the next can begin after it.
 */
export function pageOf<Row, Shown>(
  rows: readonly Row[],
  { limit }: PageQuery,
  show: (row: Row) => Shown,
  key: (row: Row) => readonly string[],
): { data: Shown[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data: shown.map(show), next_cursor: hasMore ? encodeCursor(key(last)) : null };
}

/** A page of things in the order of their ids. */
export function pageById<Row extends { readonly id: string }, Shown>(
  rows: readonly Row[],
  query: PageQuery,
  show: (row: Row) => Shown,
): { data: Shown[]; next_cursor: string | null } {
  return pageOf(rows, query, show, (row) => [row.id]);
}
