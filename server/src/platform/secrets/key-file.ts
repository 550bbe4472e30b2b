import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TierlineError } from '@tierline/kernel';

/** The master key in `<dataDir>/master.key`, made at the first call, by whichever process comes first. */
export async function masterKeyOfFile(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'master.key');
  return (await readKey(path)) ?? (await createKey(dataDir, path));
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    await refuseOpenToOthers(path);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) {
    throw new TierlineError(
      'secrets.key_file_damaged',
      'unavailable',
      `The key file ${path} does not hold 32 bytes in base64. Restore it from a backup: stored secrets can't be read without it.`,
    );
  }
  return key;
}

/** A key that others could read may have been read; mending its mode in silence would hide that. */
async function refuseOpenToOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  // Windows has no such bits.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new TierlineError(
    'secrets.key_file_exposed',
    'unavailable',
    `The key file ${path} can be read by other users of this machine. Run "chmod 600 ${path}", or give the key in TIERLINE_MASTER_KEY.`,
  );
}

/** Complete or not there at all: the file gets its name only after its content is on disk, and never replaces another. */
async function createKey(dataDir: string, path: string): Promise<Buffer> {
  await mkdir(dataDir, { recursive: true });
  const key = randomBytes(32);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${key.toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    const winner = await readKey(path);
    if (winner === undefined) throw error;
    return winner;
  } finally {
    await unlink(draft).catch(() => {});
  }
  await syncDirectory(dataDir);
  return (await readKey(path)) ?? key;
}

async function syncDirectory(path: string): Promise<void> {
  // Windows can't open a directory.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
