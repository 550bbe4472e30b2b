import type { AccountId } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { Sandbox, SandboxStatus } from './sandbox.ts';

function fromRow(row: Selectable<Tables['sandboxes']>): Sandbox {
  return {
    id: row.root_id as AccountId,
    name: row.name,
    nowAt: row.now_at.toString(),
    advancingTo: row.advancing_to?.toString() ?? null,
    createdBy: row.created_by as AccountId | null,
    status: row.status as SandboxStatus,
    version: row.version,
    createdAt: row.created_at.toString(),
  };
}

export function insertSandbox(db: Database, sandbox: Sandbox) {
  return db.kysely
    .insertInto('sandboxes')
    .values({
      root_id: sandbox.id,
      name: sandbox.name,
      now_at: sandbox.nowAt,
      advancing_to: sandbox.advancingTo,
      created_by: sandbox.createdBy,
      status: sandbox.status,
      version: sandbox.version,
      created_at: sandbox.createdAt,
    })
    .returning('root_id');
}

/** Writes the changed clock where the stored one is still of the version before it. */
export function updateSandbox(db: Database, sandbox: Sandbox) {
  return db.kysely
    .updateTable('sandboxes')
    .set({
      now_at: sandbox.nowAt,
      advancing_to: sandbox.advancingTo,
      status: sandbox.status,
      version: sandbox.version,
    })
    .where('root_id', '=', sandbox.id)
    .where('version', '=', sandbox.version - 1)
    .returning('root_id');
}

/** Those of an account: the ones that it made, and the one of which it is the root. */
const isOf = (accountId: AccountId) => sql<boolean>`(created_by = ${accountId} or root_id = ${accountId})`;

export async function selectSandbox(db: Database, of: AccountId, id: AccountId): Promise<Sandbox | undefined> {
  const row = await db.kysely
    .selectFrom('sandboxes')
    .selectAll()
    .where('root_id', '=', id)
    .where(isOf(of))
    .executeTakeFirst();
  return row && fromRow(row);
}

export type SandboxFilter = { readonly of: AccountId; readonly after?: AccountId | undefined; readonly limit: number };

/** A page of sandboxes in order of their ids, which is the order of their creation. */
export async function selectSandboxes(db: Database, { of, after, limit }: SandboxFilter): Promise<Sandbox[]> {
  let query = db.kysely.selectFrom('sandboxes').selectAll().where(isOf(of)).orderBy('root_id').limit(limit);
  if (after !== undefined) query = query.where('root_id', '>', after);
  return (await query.execute()).map(fromRow);
}
