import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { TierlineError } from '@tierline/kernel';
import { alone, locks } from './alone.ts';
import type { Database } from './connect.ts';

const folder = new URL('./migrations/', import.meta.url);

type Migration = { readonly name: string; readonly text: string; readonly checksum: string };
type Applied = { name: string; checksum: string };

async function migrations(): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(new URL(file, folder), 'utf8');
      return { name: file, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/**
 * Brings the schema up to this build: forward only, each file in a transaction of its own, one process at a time.
 * Refuses a schema with migrations that this build does not know, because writing to it could damage it.
 * Answers the names of the files it applied.
 */
export async function migrate(db: Database): Promise<string[]> {
  const known = await migrations();
  return alone(db, locks.migrations, async (client) => {
    await client.query(
      `create table if not exists schema_migrations
       (name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
    );
    const { rows: applied } = await client.query<Applied>('select name, checksum from schema_migrations order by name');
    refuseForeign(known, applied);
    const done: string[] = [];
    for (const migration of known.slice(applied.length)) {
      await client.query('begin');
      try {
        await client.query(migration.text);
        await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [
          migration.name,
          migration.checksum,
        ]);
        await client.query('commit');
      } catch (cause) {
        await client.query('rollback');
        throw new TierlineError(
          'database.migration_failed',
          'unavailable',
          `Migration ${migration.name} failed; nothing of it was kept.`,
          { cause },
        );
      }
      done.push(migration.name);
    }
    return done;
  });
}

function refuseForeign(known: readonly Migration[], applied: readonly Applied[]): void {
  for (const [index, row] of applied.entries()) {
    const ours = known[index];
    if (ours === undefined || ours.name !== row.name) {
      throw new TierlineError(
        'database.schema_newer',
        'conflict',
        `The database has the migration ${row.name}, which this build of Tierline does not know. Start the build that applied it, or a newer one.`,
      );
    }
    if (ours.checksum !== row.checksum) {
      throw new TierlineError(
        'database.schema_differs',
        'conflict',
        `The migration ${row.name} was changed after it had been applied to this database. Restore the file, or use another database.`,
      );
    }
  }
}

/** Whether every migration of this build is applied; for readiness. */
export async function isMigrated(db: Database): Promise<boolean> {
  const known = await migrations();
  const rows = await db.query<{ count: number }>(
    { name: 'migrations_count', text: 'select count(*)::int as count from schema_migrations' },
    [],
  );
  return rows[0]?.count === known.length;
}
