import type { Temporal } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from './connect.ts';

/**
 * Removes idempotency keys that are older than what is promised, except those of operations that promise it for good.
 * A key that is its request's own hash may be how a younger one is found, which has the hash in front of what made room
 * for it: it stays as long as there is such a one.
 */
export async function removeOldKeys(
  db: Database,
  before: Temporal.Instant,
  keptScopes: readonly string[] = [],
): Promise<void> {
  const oldest = sql`${before.toString()}::timestamptz`;
  await sql`delete from idempotency_keys old where old.created_at < ${oldest} and not old.scope = any(${[...keptScopes]}::text[])
    and not (starts_with(old.key, encode(old.request_hash, 'hex')) and exists (
      select 1 from idempotency_keys young where young.owner_id = old.owner_id and young.scope = old.scope
        and young.request_hash = old.request_hash and young.created_at >= ${oldest}))`.execute(db.kysely);
}
