import { readFileSync, renameSync, statSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './errors.ts';

/** What a running server says of itself in `postmaster.pid` (PostgreSQL 18, src/include/utils/pidfile.h). */
export type PostmasterFile = {
  readonly pid: number;
  readonly startedAtSeconds: number;
  readonly port: number;
  readonly socketDir: string;
  readonly status: string;
};

/** Reads `postmaster.pid`; undefined if there is none, or none that a server has begun to fill in. */
export function readPostmasterFile(clusterDir: string): PostmasterFile | undefined {
  let text: string;
  try {
    text = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return {
    pid,
    startedAtSeconds: Number(lines[2] ?? 0),
    port: Number(lines[3] ?? 0),
    socketDir: lines[4] ?? '',
    status: lines[7] ?? '',
  };
}

/**
 * Defuses the `postmaster.pid` of a server that is gone. As long as its pid exists, no server starts: the pid may be a
 * zombie that nobody has reaped, or belong to another process by now (both common in containers). The file must not be
 * removed: its line with the shared memory key is how a new server notices backends that outlived theirs. But a server
 * takes its parent's pid in it for a left-over, and its parent will be us.
 */
export function disownPostmasterFile(clusterDir: string): void {
  const path = join(clusterDir, 'postmaster.pid');
  const { uid, gid, mode } = statSync(path);
  const lines = readFileSync(path, 'utf8').split('\n');
  lines[0] = String(process.pid);
  const draft = `${path}.new`;
  writeFileSync(draft, lines.join('\n'), { mode });
  chownSync(draft, uid, gid);
  renameSync(draft, path);
}
