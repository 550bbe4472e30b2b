import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { connect, type Database } from './connect.ts';
import { isUnreachable } from './errors.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ poolSize: 2 });
});
afterAll(() => database.close());

/** Ends the connection that waits for this lock, as the end of the database server would. */
async function cutWaiting(key: number): Promise<void> {
  for (let cut = 0; cut === 0;) {
    const { rows } = await sql<{ cut: number }>`
      select count(pg_terminate_backend(pid))::int as cut from pg_locks
      where locktype = 'advisory' and not granted and objid = ${key}`.execute(database.db.kysely);
    cut = rows[0]!.cut;
  }
}

async function whileLocked(key: number, work: () => Promise<void>): Promise<void> {
  const holder = await database.db.connect();
  await holder.query('select pg_advisory_lock($1)', [key]);
  await work();
  await holder.query('select pg_advisory_unlock($1)', [key]);
  holder.release();
}

const named = { name: 'wait_for_lock', text: 'select pg_advisory_lock($1::bigint)' };

// An error that is emitted to nobody would end the process, and this test run with it.
test.each([
  ['a statement of kysely', 1, (db: Database) => sql`select pg_advisory_lock(1)`.execute(db.kysely)],
  ['a prepared statement', 2, (db: Database) => db.query(named, [2])],
])('a connection that is lost during %s fails it, and nothing else', async (_, key, waiting) => {
  const onError = vi.fn<(error: Error) => void>();
  const db = connect({ connection: database.url, poolSize: 1, onError });
  await whileLocked(key, async () => {
    const outcome = waiting(db).then(
      () => undefined,
      (error: unknown) => error,
    );
    await cutWaiting(key);
    expect(isUnreachable(await outcome)).toBe(true);
  });
  // The pool may hand out the lost connection once more before it hears of its end.
  await sql`select 1`.execute(db.kysely).catch(() => undefined);
  expect((await sql<{ one: number }>`select 1 as one`.execute(db.kysely)).rows).toEqual([{ one: 1 }]);
  await db.close();
});

test('an idle connection that is lost is told, and replaced by the next use', async () => {
  const lost = Promise.withResolvers<Error>();
  const db = connect({ connection: database.url, poolSize: 1, onError: (error) => lost.resolve(error) });
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.kysely);
  await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(database.db.kysely);
  expect(isUnreachable(await lost.promise)).toBe(true);
  const again = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.kysely);
  expect(again.rows[0]!.pid).not.toBe(rows[0]!.pid);
  await db.close();
});
