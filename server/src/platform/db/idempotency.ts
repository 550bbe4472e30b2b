import type { Temporal } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Removes idempotency keys that are older than what is promised. */
export async function removeOldKeys(db: Database, before: Temporal.Instant): Promise<void> {
  await sql`delete from idempotency_keys where created_at < ${before.toString()}::timestamptz`.execute(db.kysely);
}
