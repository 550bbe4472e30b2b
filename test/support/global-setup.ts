import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, migrate } from '@tierline/server/db';
import { startEmbeddedPostgres } from '@tierline/server/embedded-postgres';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    testDatabase: {
      admin: { host: string; port: number; user: string; password: string; database: string };
      template: string;
    };
  }
}

/**
 * One PostgreSQL for all tests, with a migrated template that each test file clones. It gives up durability, which tests
 * that kill servers don't: those start their own.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tierline-test-'));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  const admin = postgres.connection;
  const template = 'tierline_template';
  const server = connect({ connection: admin, poolSize: 1 });
  await server.query({ name: 'create_template', text: `create database ${template}` }, []);
  await server.close();
  const db = connect({ connection: { ...admin, database: template }, poolSize: 1 });
  await migrate(db);
  await db.close();
  project.provide('testDatabase', { admin, template });
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
