import { createHash } from 'node:crypto';
import { newId, Temporal, type AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { removeOldKeys } from './idempotency.ts';

let database: TestDatabase;
const account = newId<'account'>() satisfies AccountId;
const before = Temporal.Instant.from('2026-03-02T09:00:00Z');

beforeAll(async () => {
  database = await testDatabase();
  await sql`insert into accounts (id, root_id, path, kind, name, currency, time_zone, country, language, status, number,
      price_floor, profile, version, created_at, updated_at)
    values (${account}, ${account}, array[${account}]::uuid[], 'provider', 'Provider', 'EUR', 'UTC', 'DE', 'en', 'active',
      nextval('account_number_seq'), 'none', '{}', 1, now(), now())`.execute(database.db.kysely);
});
afterAll(() => database.close());

const hashOf = (content: string): Buffer => createHash('sha256').update(content).digest();

async function aKey(scope: string, key: string, content: string, hoursOld: number): Promise<void> {
  const at = before.subtract({ hours: hoursOld }).toString();
  await sql`insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, created_at)
    values (${account}, ${scope}, ${key}, ${hashOf(content)}, ${newId()}, ${at}::timestamptz)`.execute(
    database.db.kysely,
  );
}

test('what is older than promised goes; what a younger key is found by stays, and what is promised for good', async () => {
  const [lone, chained] = [hashOf('lone').toString('hex'), hashOf('chained').toString('hex')];
  await aKey('orders', 'old', 'same', 1);
  await aKey('orders', 'young', 'same', -1);
  await aKey('by-content', lone, 'lone', 1);
  await aKey('by-content', chained, 'chained', 30);
  await aKey('by-content', `${chained}/first`, 'chained', -1);
  await aKey('for-good', 'old', 'plan', 1000);
  await removeOldKeys(database.db, before, ['for-good']);
  const rows = await database.db.kysely.selectFrom('idempotency_keys').select(['scope', 'key']).execute();
  expect(rows.map(({ scope, key }) => `${scope} ${key}`).toSorted()).toEqual(
    [`by-content ${chained}`, `by-content ${chained}/first`, 'for-good old', 'orders young'].toSorted(),
  );
});
