import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { notACluster, notAccessible, startAborted, startFailed, systemCode, versionMismatch } from './errors.ts';
import { belongToDirectory, syncDirectory, writeDurably } from './paths.ts';
import type { Paths } from './paths.ts';
import { toArguments } from './settings.ts';
import type { Settings } from './settings.ts';
import { chooseDatabaseUser, fileOwner, giveTo, runProgram } from './user.ts';
import type { DatabaseUser } from './user.ts';

export const SUPERUSER = 'tierline';
const STAGING = 'postgres.init-';

/** Whether there is a cluster of our version. Throws `database.version_mismatch` or `database.not_a_cluster`. */
export function hasCluster(clusterDir: string, major: string): boolean {
  let entries: string[];
  try {
    entries = readdirSync(clusterDir);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    if (systemCode(error) === 'ENOTDIR') throw notACluster(clusterDir);
    throw notAccessible(clusterDir, error);
  }
  if (entries.length === 0) return false;
  if (!entries.includes('PG_VERSION')) throw notACluster(clusterDir);
  const found = readFileSync(join(clusterDir, 'PG_VERSION'), 'utf8').trim();
  if (found !== major) throw versionMismatch(clusterDir, found, major);
  return true;
}

/** The stored password; undefined if it was never written or is damaged. */
export function readPassword(path: string): string | undefined {
  try {
    const password = readFileSync(path, 'utf8').trim();
    return /^[\w-]{20,}$/.test(password) ? password : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw notAccessible(path, error);
  }
}

export function writePassword(path: string): string {
  const password = randomBytes(24).toString('base64url');
  writeDurably(path, `${password}\n`, 0o600);
  return password;
}

/**
 * Makes the cluster beside its place and moves it there when it is complete and on disk, so that an interruption leaves
 * nothing that looks like a cluster.
 */
export async function initCluster(
  paths: Paths,
  binaries: Binaries,
  settings: Settings,
  password: string,
  signal?: AbortSignal,
): Promise<DatabaseUser> {
  const user = chooseDatabaseUser(paths.dataDir, paths.cluster, binaries);
  const staging = mkdtempSync(join(paths.dataDir, STAGING));
  try {
    const pwfile = join(staging, 'password');
    const draft = join(staging, 'cluster');
    writeFileSync(pwfile, `${password}\n`, { mode: 0o600 });
    giveTo(fileOwner(user), staging);
    const args = [
      '-D',
      draft,
      '-U',
      SUPERUSER,
      `--pwfile=${pwfile}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-instructions',
    ];
    // Order by code point, upper and lower case by Unicode, the same on every system.
    args.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
    // With little in /dev/shm initdb itself would fail.
    const { dynamic_shared_memory_type: sharedMemory } = settings;
    if (sharedMemory !== undefined) args.push(...toArguments({ dynamic_shared_memory_type: sharedMemory }));
    const outcome = await runProgram(user, { file: binaries.initdb, args, env: binaries.env }, '', signal);
    if (signal?.aborted === true) throw startAborted();
    if (!outcome.ok) {
      writeFileSync(paths.log, outcome.output, { flag: 'a', mode: 0o600 });
      belongToDirectory(paths.log);
      throw startFailed(paths.log, `initdb failed: ${outcome.output}`);
    }
    renameSync(draft, paths.cluster);
    syncDirectory(paths.dataDir);
    return user;
  } finally {
    rmSync(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Gives the cluster to the server's user, with the mode that the server insists on (a restored copy may have another). */
export function secureCluster(clusterDir: string, user: DatabaseUser): void {
  giveTo(fileOwner(user), clusterDir);
  chmodSync(clusterDir, 0o700);
}

/** Sets the password in a cluster that no server runs on, for when the password file was lost. */
export async function resetPassword(
  paths: Paths,
  binaries: Binaries,
  user: DatabaseUser,
  password: string,
): Promise<void> {
  const program = { file: binaries.postgres, args: ['--single', '-D', paths.cluster, 'postgres'], env: binaries.env };
  const outcome = await runProgram(user, program, `alter role ${SUPERUSER} password '${password}'\n`);
  if (!outcome.ok || outcome.output.includes('ERROR:')) {
    throw startFailed(paths.log, `setting the password failed: ${outcome.output}`);
  }
}

/** Removes what interrupted first starts left. */
export async function removeLeftovers(dataDir: string): Promise<void> {
  for (const name of readdirSync(dataDir)) {
    if (!name.startsWith(STAGING)) continue;
    const staging = join(dataDir, name);
    // An initdb whose parent was killed may still be writing or cleaning up there. It fails, but files that come and go
    // meanwhile can end one removal early, with an error or without.
    for (let attempt = 0; attempt < 20 && existsSync(staging); attempt += 1) {
      if (attempt > 0) await sleep(50);
      await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
