import type { Database } from '@tierline/server/db';

/** How many rows each table has. What is refused must leave every one of them as it was. */
export async function rowCounts(db: Database): Promise<Readonly<Record<string, number>>> {
  const tables = await db.query<{ name: string }>(
    { name: 'tables', text: `select tablename as name from pg_tables where schemaname = 'public' order by 1` },
    [],
  );
  const counts = tables.map(({ name }) => `select '${name}' as name, count(*)::int as count from ${name}`);
  const rows = await db.query<{ name: string; count: number }>(
    { name: 'row_counts', text: counts.join(' union all ') },
    [],
  );
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

/** What happens by itself as time goes by, whoever orders meanwhile: notices of subscriptions that end, and billing reports of months. */
const byItself = `type = 'subscription.expiring' or type like 'billing_report.%'`;

/** How many rows each table has, without those of what happens by itself beside requests. */
export async function requestedRowCounts(db: Database): Promise<Readonly<Record<string, number>>> {
  const [told] = await db.query<{ count: number }>(
    { name: 'events_by_themselves', text: `select count(*)::int as count from events where ${byItself}` },
    [],
  );
  const counts = await rowCounts(db);
  const kept = Object.entries(counts).filter(([table]) => !table.startsWith('billing_'));
  return { ...Object.fromEntries(kept), events: counts['events']! - told!.count };
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

/** Does what is to be refused. Answers the refusal, and the tables in which something was stored nevertheless. */
export async function refusalOf(
  db: Database,
  work: () => Promise<unknown>,
): Promise<{ readonly error: unknown; readonly stored: readonly string[] }> {
  let error: unknown;
  const added = await rowsAdded(db, async () => {
    try {
      await work();
    } catch (thrown) {
      error = thrown;
    }
  });
  return { error, stored: Object.keys(added) };
}

/** A value as plain JSON: comparable by its content also where it holds dates, exact numbers and 64-bit integers. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)),
  ) as unknown;
}
