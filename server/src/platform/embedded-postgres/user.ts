import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { lchownSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { notAccessible, systemCode, unknownUser, unreachableForUnprivilegedUser } from './errors.ts';

type UserAndGroup = { readonly uid: number; readonly gid: number };

/**
 * As whom the programs of PostgreSQL run, since they refuse to run as root.
 * `self`: as we do. `switched`: as another user, which root may do. `namespaced`: as we do for the system, so that files
 * of ours are reachable and stay ours, but seen by PostgreSQL as the named user (a user namespace made by `unshare`).
 */
export type DatabaseUser =
  | { readonly kind: 'self' }
  | ({ readonly kind: 'switched' } & UserAndGroup)
  | ({ readonly kind: 'namespaced' } & UserAndGroup);

export type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};
export type Outcome = { readonly ok: boolean; readonly output: string };

const ENVIRONMENT = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'SystemDrive', 'windir', 'ComSpec'];

/**
 * Chooses the user: ours, unless we are root; then the owner of the cluster, whoever called sudo, `nobody`, or the owner of the data directory or its parent, if that
 * user reaches the data and the programs; else a user namespace.
 * Throws `database.unreachable_for_unprivileged_user`, `database.unknown_user` or `database.directory_not_accessible`.
 */
export function chooseDatabaseUser(dataDir: string, clusterDir: string, binaries: Binaries): DatabaseUser {
  if (process.getuid === undefined) return { kind: 'self' };
  const ownUid = process.getuid();
  const owner = ownerOf(clusterDir);
  if (ownUid !== 0) {
    if (owner !== undefined && owner.uid !== ownUid) throw notAccessible(clusterDir);
    if (isKnown()) return { kind: 'self' };
    return namespaceReaching(dataDir, binaries) ?? raise(unknownUser(ownUid, 'initdb needs the name of its user'));
  }
  for (const candidate of candidates(owner, dataDir)) {
    const user: DatabaseUser = { kind: 'switched', ...candidate };
    if (reaches(user, dataDir, binaries)) return user;
  }
  return (
    namespaceReaching(dataDir, binaries) ??
    raise(unreachableForUnprivilegedUser(dataDir, binaries.binDir, 'no user namespace either (unshare --user failed)'))
  );
}

/** Who owns the database's files in the system's eyes; undefined if nothing needs to be given away. */
export function fileOwner(user: DatabaseUser): UserAndGroup | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return user.kind === 'switched' ? { uid: user.uid, gid: user.gid } : { uid: 0, gid: process.getgid?.() ?? 0 };
}

/** Gives a directory and all in it to the owner. The directory itself comes last, so an interrupted run is done again. */
export function giveTo(owner: UserAndGroup | undefined, path: string): void {
  if (owner === undefined || lstatSync(path).uid === owner.uid) return;
  giveTree(owner, path);
}

/** Starts a program detached (a Ctrl-C in the terminal must not reach the database), with its output in `logFd`. */
export function startProgram(user: DatabaseUser, program: Program, logFd: number): ChildProcess {
  const { file, args, identity } = asUser(user, program);
  return spawn(file, args, {
    ...identity,
    env: environment(program.env),
    cwd: '/',
    detached: true,
    stdio: ['ignore', logFd, logFd],
    windowsHide: true,
  });
}

/** Runs a program to its end; never throws. */
export function runProgram(user: DatabaseUser, program: Program, input = '', signal?: AbortSignal): Promise<Outcome> {
  const { file, args, identity } = asUser(user, program);
  return new Promise((resolve) => {
    const abortable = signal === undefined ? {} : { signal };
    try {
      const options = { ...identity, ...abortable, env: environment(program.env), cwd: '/', windowsHide: true };
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        resolve({ ok: error === null, output: `${stdout}${stderr}` || (error?.message ?? '') });
      });
      child.stdin?.on('error', () => undefined).end(input);
    } catch (error) {
      // Changing the user can fail right here (root without the right to do so).
      resolve({ ok: false, output: String(error) });
    }
  });
}

/** Whether the user may enter a directory. */
export function mayEnter(user: DatabaseUser, directory: string): boolean {
  return user.kind === 'self' || passes(user, '[ -x "$1" ]', [directory]);
}

function asUser(
  user: DatabaseUser,
  program: Pick<Program, 'file' | 'args'>,
): { file: string; args: string[]; identity: Partial<UserAndGroup> } {
  if (user.kind === 'self') return { file: program.file, args: [...program.args], identity: {} };
  if (user.kind === 'switched')
    return { file: program.file, args: [...program.args], identity: { uid: user.uid, gid: user.gid } };
  const namespace = ['--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--', program.file];
  return { file: 'unshare', args: [...namespace, ...program.args], identity: {} };
}

/** A short fixed environment: ours may hold secrets, and variables such as PGDATA or PGPORT would change the server. */
function environment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = { LC_ALL: 'C', ...extra };
  for (const name of ENVIRONMENT) {
    const value = process.env[name];
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function candidates(clusterOwner: UserAndGroup | undefined, dataDir: string): UserAndGroup[] {
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) return [clusterOwner];
  const caller = { uid: Number(process.env['SUDO_UID'] ?? 0), gid: Number(process.env['SUDO_GID'] ?? 0) };
  const sudo = Number.isInteger(caller.uid) && Number.isInteger(caller.gid) && caller.uid > 0 ? [caller] : [];
  // The last two are for a data directory in somebody's private folder.
  const neighbors = [ownerOf(dataDir), ownerOf(dirname(dataDir))].filter((user) => user !== undefined);
  return [...sudo, ...unprivilegedUser(), ...neighbors.filter(({ uid }) => uid !== 0)];
}

/** The system's user for programs with no rights; its name must be known, for initdb asks for it. */
function unprivilegedUser(): UserAndGroup[] {
  // On macOS nobody is user -2, which not every call accepts.
  const names = process.platform === 'darwin' ? ['daemon'] : ['nobody', 'daemon'];
  let entries: string[][];
  try {
    entries = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
  return names
    .map((name) => entries.find((entry) => entry[0] === name))
    .map((entry) => ({ uid: Number(entry?.[2]), gid: Number(entry?.[3]) }))
    .filter(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid) && uid > 0);
}

function namespaceReaching(dataDir: string, binaries: Binaries): DatabaseUser | undefined {
  const seenAs = process.platform === 'linux' ? unprivilegedUser()[0] : undefined;
  if (seenAs === undefined) return undefined;
  const user: DatabaseUser = { kind: 'namespaced', ...seenAs };
  return reaches(user, dataDir, binaries) ? user : undefined;
}

/** Asks the system itself instead of reading modes, so that access lists and mounts count too. */
function reaches(user: DatabaseUser, dataDir: string, binaries: Binaries): boolean {
  const script =
    '[ "$(id -u)" != 0 ] && [ -x "$1" ] && [ -x "$2" ] && [ -x "$3" ] && [ -r "$4" ] && [ -x "$4" ] && [ -r "$5" ] && [ -x "$5" ]';
  return passes(user, script, [dataDir, binaries.postgres, binaries.initdb, ...binaries.needed]);
}

function passes(user: DatabaseUser, script: string, paths: readonly string[]): boolean {
  const { file, args, identity } = asUser(user, { file: '/bin/sh', args: ['-c', script, 'sh', ...paths] });
  return spawnSync(file, args, { ...identity, env: environment({}), cwd: '/', stdio: 'ignore' }).status === 0;
}

function isKnown(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

function ownerOf(path: string): UserAndGroup | undefined {
  try {
    const { uid, gid } = lstatSync(path);
    return { uid, gid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw notAccessible(path, error);
  }
}

function giveTree(owner: UserAndGroup, path: string): void {
  if (lstatSync(path).isDirectory()) {
    for (const name of readdirSync(path)) giveTree(owner, join(path, name));
  }
  lchownSync(path, owner.uid, owner.gid);
}

function raise(error: Error): never {
  throw error;
}
