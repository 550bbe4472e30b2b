import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, migrate, type Database } from '@tierline/server/db';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@tierline/server/embedded-postgres';

export type BenchDatabase = {
  readonly connection: EmbeddedPostgres['connection'];
  readonly url: string;
  readonly dataDir: string;
  open(poolSize: number): Database;
  /** Another database of the same server, migrated too. */
  another(name: string): Promise<Omit<BenchDatabase, 'another' | 'close'>>;
  close(): Promise<void>;
};

/** Where data reaches a disk: /tmp is often memory, and a commit to memory proves nothing. */
export function diskDirectory(): string {
  return existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

/** A migrated database of its own with the server's own settings: fsync and synchronous_commit are on. */
export async function benchDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(diskDirectory(), 'tierline-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  const opened: Database[] = [];

  async function migrated(connection: EmbeddedPostgres['connection']) {
    const open = (poolSize: number): Database => {
      const db = connect({ connection, poolSize });
      opened.push(db);
      return db;
    };
    await migrate(open(1));
    return { connection, url: urlOf(connection), dataDir, open };
  }

  const first = await migrated(postgres.connection);
  return {
    ...first,
    async another(name) {
      await first.open(1).query({ name: `create_${name}`, text: `create database ${name}` }, []);
      return migrated({ ...postgres.connection, database: name });
    },
    async close() {
      for (const db of opened) await db.close();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** As DATABASE_URL wants it. The host in front is only there because a URL needs one: the one in the query counts. */
function urlOf({ user, password, host, port, database }: EmbeddedPostgres['connection']): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
