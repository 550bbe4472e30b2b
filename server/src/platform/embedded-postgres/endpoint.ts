import { createHash } from 'node:crypto';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from './errors.ts';
import type { Paths } from './paths.ts';
import type { Settings } from './settings.ts';
import { fileOwner, mayEnter } from './user.ts';
import type { DatabaseUser } from './user.ts';

/** Where the server listens: a socket in a private directory, or on Windows a port of 127.0.0.1. Never the network. */
export type Endpoint = { readonly host: string; readonly port: number };

const SOCKET_PORT = 5432;
// A socket's path may have 107 bytes (103 on macOS); the server adds "/.s.PGSQL.5432.lock".
const MAX_DIRECTORY_BYTES = 84;

export async function chooseEndpoint(paths: Paths, user: DatabaseUser): Promise<Endpoint> {
  if (process.platform === 'win32') return { host: '127.0.0.1', port: await freePort() };
  return { host: socketDirectory(paths, user), port: SOCKET_PORT };
}

export function endpointSettings({ host, port }: Endpoint): Settings {
  if (process.platform === 'win32') return { listen_addresses: host, port: String(port), unix_socket_directories: '' };
  return {
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: `"${host.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
  };
}

/** Removes the socket of a server that was killed; the lock beside it can name a pid that somebody else has by now. */
export function clearEndpoint({ host, port }: Endpoint): void {
  if (process.platform === 'win32') return;
  for (const name of ['', '.lock']) rmSync(join(host, `.s.PGSQL.${port}${name}`), { force: true });
}

/** Removes the socket's directory if the server left it empty. */
export function discardEndpoint({ host }: Endpoint): void {
  if (process.platform === 'win32') return;
  try {
    rmdirSync(host);
  } catch {
    // Not empty, or not there: no harm.
  }
}

/**
 * A directory of mode 700 that belongs to the database user, named after the cluster so that it does not pile up.
 * Anybody may write to the system's temporary directory, so one that is there already is used only if it is ours.
 */
function socketDirectory(paths: Paths, user: DatabaseUser): string {
  const name = `tierline-${createHash('sha256').update(paths.cluster).digest('hex').slice(0, 12)}`;
  const bases = [tmpdir(), '/tmp', paths.dataDir].filter(
    (base) => Buffer.byteLength(join(base, `${name}-123456`)) <= MAX_DIRECTORY_BYTES,
  );
  const base = bases.find((candidate) => isDirectory(candidate) && mayEnter(user, candidate)) ?? '/tmp';
  const path = join(base, name);
  const owner = fileOwner(user);
  if (makePrivate(path, owner)) return path;
  const spare = mkdtempSync(`${path}-`);
  if (owner !== undefined) chownSync(spare, owner.uid, owner.gid);
  return spare;
}

function makePrivate(path: string, owner: { uid: number; gid: number } | undefined): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return false;
  }
  const found = lstatSync(path);
  const uid = owner?.uid ?? process.getuid?.();
  return found.isDirectory() && found.uid === uid && (found.mode & 0o777) === 0o700;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No port was assigned.'));
        else resolve(address.port);
      });
    });
  });
}
