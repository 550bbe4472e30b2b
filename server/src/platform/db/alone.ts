import type { Database } from './connect.ts';

/** What only one process of an installation does at a time, by the number of its lock. */
export const locks = { migrations: 7_420_001, demoChannel: 7_420_002 } as const;

/**
 * Does something while no other process does the same; whoever comes second waits. Holds a connection of the pool meanwhile, so it is for
 * what happens once per start, far from any hot path. The lock ends with the connection, however that ends.
 */
export async function alone<Result>(
  db: Database,
  lock: (typeof locks)[keyof typeof locks],
  work: (client: Awaited<ReturnType<Database['connect']>>) => Promise<Result>,
): Promise<Result> {
  const client = await db.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
    return await work(client);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [lock]).catch(() => {});
    client.release();
  }
}
