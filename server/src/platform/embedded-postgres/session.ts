import { Client, DatabaseError } from 'pg';
import { z } from 'zod';
import { SUPERUSER } from './cluster.ts';
import type { Endpoint } from './endpoint.ts';
import { FINGERPRINT } from './settings.ts';

export type Connection = {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

const DATABASE = 'tierline';
const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 60_000;

const selfSchema = z.object({ pid: z.coerce.number(), fingerprint: z.string().nullable(), hasDatabase: z.boolean() });
export type ServerSelf = z.infer<typeof selfSchema>;

export function connectionTo({ host, port }: Endpoint, password: string): Connection {
  return { host, port, user: SUPERUSER, password, database: DATABASE };
}

/**
 * Asks a server who it is and makes our database if it lacks it. The pid comes from the `postmaster.pid` that the server
 * itself sees in its data directory. Throws what `pg` throws.
 */
export async function introduce(connection: Connection): Promise<ServerSelf> {
  const client = new Client({
    ...connection,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  });
  // A server that goes away ends the pending query too; without a listener it would end our process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const answer = await client.query(
      `select split_part(pg_read_file('postmaster.pid'), e'\\n', 1) as pid,
              current_setting('${FINGERPRINT}', true) as fingerprint,
              exists (select from pg_database where datname = '${DATABASE}') as "hasDatabase"`,
    );
    const self = selfSchema.parse(answer.rows[0]);
    if (!self.hasDatabase) await client.query(`create database ${DATABASE}`);
    return self;
  } finally {
    await client.end();
  }
}

/** Whether the server refused the password (SQLSTATE class 28). */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code ?? '').startsWith('28');
}
