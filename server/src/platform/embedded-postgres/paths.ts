import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { notAccessible, systemCode } from './errors.ts';

/** Where everything of the embedded database lives, all absolute. */
export type Paths = {
  readonly dataDir: string;
  readonly cluster: string;
  readonly password: string;
  readonly owner: string;
  readonly log: string;
  readonly libraries: string;
};

/** Makes the data directory if it is not there. Throws `database.directory_not_accessible`. */
export function prepareDataDir(dataDir: string): Paths {
  const wanted = resolve(dataDir);
  try {
    makeDataDir(wanted);
    const real = realpathSync(wanted);
    const cluster = join(real, 'postgres');
    return {
      dataDir: real,
      // PostgreSQL must be told the same name each time, whatever links lead there.
      cluster: existsSync(cluster) ? realpathSync(cluster) : cluster,
      password: join(real, 'postgres.password'),
      owner: join(real, 'postgres.owner'),
      log: join(real, 'postgres.log'),
      libraries: join(real, 'postgres.lib'),
    };
  } catch (error) {
    throw notAccessible(wanted, error);
  }
}

function makeDataDir(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined || process.getuid?.() !== 0) {
    if (first !== undefined) chmodSync(path, 0o700);
    return;
  }
  // As root the database's user must be able to pass through; what is inside has modes of its own.
  chmodSync(path, 0o711);
  const uid = Number(process.env['SUDO_UID'] ?? 0);
  const gid = Number(process.env['SUDO_GID'] ?? 0);
  if (!Number.isInteger(uid) || !Number.isInteger(gid) || uid <= 0) return;
  // Whoever called sudo can then go on without it.
  for (let at = path; at.length >= first.length; at = dirname(at)) chownSync(at, uid, gid);
}

/** Writes a small file so that after a power loss it is there whole or not at all. */
export function writeDurably(path: string, text: string, mode: number): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', mode);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(draft, mode);
  belongToDirectory(draft);
  renameSync(draft, path);
  syncDirectory(dirname(path));
}

/** As root: a file beside the cluster belongs to whoever owns the data directory, who may later run without root. */
export function belongToDirectory(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}

/** Makes a rename in this directory survive a power loss. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch (error) {
    // Some network file systems cannot do it for directories.
    if (systemCode(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(directory);
  }
}
