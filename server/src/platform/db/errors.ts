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

/** Whether something was held by somebody else for longer than was to be waited. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** Runs a statement again after a serialization failure or a deadlock; a few times, then the error stands. */
export async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isRetryable(error) || attempt === 5) throw error;
    }
  }
}

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ENOTFOUND']);

/** Whether the database can't be reached, or is stopping or starting: nothing is wrong with what was asked. */
export function isUnreachable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P') || state === '53300';
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && 'syscall' in error) return networkCodes.has(error.code);
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  );
}
