import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { connect } from './connect.ts';
import { isMigrated, migrate } from './migrate.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

async function empty(): Promise<void> {
  await sql`drop schema public cascade`.execute(database.db.kysely);
  await sql`create schema public`.execute(database.db.kysely);
}

async function tables(): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public'
    order by 1`.execute(database.db.kysely);
  return rows.map(({ name }) => name);
}

test('an empty database gets every file once, a migrated one none', async () => {
  const before = await tables();
  await empty();
  const applied = await migrate(database.db);
  expect(applied[0]).toBe('0001_channel.sql');
  expect(applied).toEqual(applied.toSorted());
  expect(await tables()).toEqual(before);
  expect(await isMigrated(database.db)).toBe(true);
  expect(await migrate(database.db)).toEqual([]);
});

test('two servers that start at once: one migrates, the other finds it done', async () => {
  await empty();
  const other = connect({ connection: database.url, poolSize: 1 });
  try {
    const [a, b] = await Promise.all([migrate(database.db), migrate(other)]);
    expect(Math.min(a.length, b.length)).toBe(0);
    expect(a.length + b.length).toBeGreaterThan(0);
    expect(await isMigrated(other)).toBe(true);
  } finally {
    await other.close();
  }
});

describe('refused, with nothing changed', () => {
  async function refusal(): Promise<unknown> {
    const before = await tables();
    const error = await migrate(database.db).catch((thrown: unknown) => thrown);
    expect(await tables()).toEqual(before);
    return error;
  }

  test('a schema of a newer build', async () => {
    await sql`insert into schema_migrations (name, checksum) values ('9999_future.sql', 'x')`.execute(
      database.db.kysely,
    );
    expect(await refusal()).toMatchObject({ code: 'database.schema_newer', kind: 'conflict' });
    expect(await isMigrated(database.db)).toBe(false);
  });

  test('a file that was changed after it had been applied', async () => {
    await sql`update schema_migrations set checksum = 'x' where name = '0001_channel.sql'`.execute(database.db.kysely);
    expect(await refusal()).toMatchObject({ code: 'database.schema_differs', kind: 'conflict' });
  });

  test('a file that fails leaves nothing of itself, and the next try works', async () => {
    await empty();
    await sql`create table customers (in_the_way int)`.execute(database.db.kysely);
    const error = await migrate(database.db).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database.migration_failed', kind: 'unavailable' });
    expect(await tables()).toEqual(['customers', 'schema_migrations']);
    await sql`drop table customers`.execute(database.db.kysely);
    expect((await migrate(database.db)).length).toBeGreaterThan(0);
  });
});

test('after a refusal the lock is free for the next', async () => {
  const other = connect({ connection: database.url, poolSize: 1 });
  try {
    await sql`update schema_migrations set checksum = 'x' where name = '0001_channel.sql'`.execute(database.db.kysely);
    await expect(migrate(database.db)).rejects.toMatchObject({ code: 'database.schema_differs' });
    await expect(migrate(other)).rejects.toMatchObject({ code: 'database.schema_differs' });
  } finally {
    await other.close();
  }
});
