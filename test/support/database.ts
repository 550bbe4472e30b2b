import { connect, type Database } from '@tierline/server/db';
import { inject } from 'vitest';

export type TestDatabase = { readonly db: Database; readonly url: string; close(): Promise<void> };

let count = 0;

/** A database of its own for one test file, cloned from a migrated template: about 50 ms. */
export async function testDatabase(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  const { admin, template } = inject('testDatabase');
  count += 1;
  const name = `test_${process.pid}_${count}_${Math.random().toString(36).slice(2, 8)}`;
  const server = connect({ connection: admin, poolSize: 1 });
  try {
    await server.query({ name: `create_${name}`, text: `create database ${name} template ${template}` }, []);
  } finally {
    await server.close();
  }
  const connection = { ...admin, database: name };
  const db = connect({ connection, poolSize: options.poolSize ?? 4 });
  const url = `postgresql://${admin.user}:${encodeURIComponent(admin.password)}@/${name}?host=${encodeURIComponent(admin.host)}&port=${admin.port}`;
  return { db, url, close: () => db.close() };
}
