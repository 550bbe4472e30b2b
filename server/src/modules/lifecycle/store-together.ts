import { isLostRace, versionMismatch } from '@tierline/kernel';
import { CompiledQuery } from 'kysely';
import type { QueryResultRow } from 'pg';
import {
  arrayLiteral,
  commit,
  isDataRefusal,
  isRetryable,
  sqlState,
  type Commit,
  type Database,
} from '../../platform/db/index.ts';
import type { ChangeWrite } from './change-write.ts';
import { storeChanges } from './store-changes.ts';

/**
 * Stores changes with what else belongs to them, in one transaction, one after the other. A change is stored only if its subscriptions
 * still have the versions that it was made with; else nothing is, and `isOvertaken` knows the error.
 */
export async function storeTogether(
  db: Database,
  changes: readonly ChangeWrite[],
  commits: readonly Commit<null>[],
): Promise<void> {
  await db.kysely.transaction().execute(async (kysely) => {
    const query = async <Row extends QueryResultRow>(
      { text }: { readonly text: string },
      values: readonly unknown[],
    ): Promise<Row[]> => {
      const sent = values.map((value) => (Array.isArray(value) ? arrayLiteral(value) : value));
      const { rows } = await kysely.executeQuery<Row>(CompiledQuery.raw(text, sent));
      return rows;
    };
    const stored = changes.length === 0 ? new Set() : await storeChanges({ query }, changes);
    if (stored.size !== changes.length) throw versionMismatch('subscription');
    for (const one of commits) {
      if (one.writes.length + one.events.length > 0) await commit({ ...db, kysely }, one);
    }
  });
}

/** SQLSTATE of whatever follows a statement that failed within a transaction. */
const abortedState = '25P02';

/** Whether somebody else changed something meanwhile, so that it is to be decided anew. */
export function isOvertaken(error: unknown): boolean {
  return isLostRace(error) || isRetryable(error) || isDataRefusal(error) || sqlState(error) === abortedState;
}
