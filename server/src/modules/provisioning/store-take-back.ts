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
import { storeChanges, type ChangeWrite } from '../lifecycle/index.ts';

/**
 * Stores what an order is taken back with, in one transaction: subscriptions as they were before, then what is given back, then how
 * orders ended. A change is stored only if its subscriptions still have the versions that it was made with; else `isOvertaken` knows
 * the error.
 */
export async function storeTakenBack(
  db: Database,
  change: ChangeWrite | null,
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
    if (change !== null && !(await storeChanges({ query }, [change])).has(0)) throw versionMismatch('subscription');
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
