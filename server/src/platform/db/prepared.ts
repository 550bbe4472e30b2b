import type { Compilable } from 'kysely';
import type { Database } from './connect.ts';

/** Each connection keeps a plan for each name. */
const namesMax = 200;
const seenMax = 2_000;

/** Texts that were run, and the name of those that came again. */
const seen = new Map<string, string | undefined>();
let named = 0;

/**
 * Runs a built query; from the second time on that the same text comes, as a prepared statement. For lists: their texts are few but for
 * pages far back in a list, and to plan one costs the database as much as to run it.
 */
export async function runPrepared<Row extends object>(db: Database, query: Compilable<Row>): Promise<Row[]> {
  const { sql: text, parameters, ...compiled } = query.compile();
  const name = nameOf(text);
  if (name !== undefined) return db.query<Row>({ name, text }, parameters);
  const { rows } = await db.kysely.executeQuery<Row>({ sql: text, parameters, ...compiled });
  return rows;
}

function nameOf(text: string): string | undefined {
  const name = seen.get(text);
  if (name !== undefined) return name;
  if (!seen.has(text)) {
    if (seen.size >= seenMax) forgetUnnamed();
    seen.set(text, undefined);
    return undefined;
  }
  if (named >= namesMax) return undefined;
  named += 1;
  const made = `listed_${named}`;
  seen.set(text, made);
  return made;
}

function forgetUnnamed(): void {
  for (const [text, name] of seen) if (name === undefined) seen.delete(text);
}
