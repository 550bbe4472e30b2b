import { DatabaseError } from 'pg';

/** SQLSTATE of the guard function `refuse_unless`. */
export const refusedState = 'TL001';

export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** The name of the constraint that refused, for example `accounts_tenant_id_key`. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof DatabaseError && error.code?.startsWith('23') === true ? error.constraint : undefined;
}

/** Whether the database refused the data itself: nothing was written, and the same data would be refused again. */
export function isDataRefusal(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && (state.startsWith('22') || state.startsWith('23') || state === refusedState);
}

/** Whether a statement may simply be run again: a serialization failure or a deadlock, after which nothing is stored. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}
