import { sql } from 'kysely';
import type { Database } from '@tierline/server/db';

/** How many rows each table has. What is refused must leave every one of them as it was. */
export async function rowCounts(db: Database): Promise<Readonly<Record<string, number>>> {
  const { rows: tables } = await sql<{
    name: string;
  }>`select tablename as name from pg_tables where schemaname = 'public'
    order by 1`.execute(db.kysely);
  const counts = tables.map(
    ({ name }) => sql`select ${name}::text as name, count(*)::int as count from ${sql.table(name)}`,
  );
  const { rows } = await sql<{ name: string; count: number }>`${sql.join(counts, sql` union all `)}`.execute(db.kysely);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** Which tables have more rows after the work than before, and how many more. */
export async function rowsAdded(db: Database, work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = await rowCounts(db);
  await work();
  const after = await rowCounts(db);
  return Object.fromEntries(
    Object.keys(after)
      .map((table) => [table, after[table]! - (before[table] ?? 0)] as const)
      .filter(([, more]) => more !== 0),
  );
}

/** A value as plain JSON: comparable by its content also where it holds dates, exact numbers and 64-bit integers. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)),
  ) as unknown;
}
