import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process, told apart from a later one that got the same pid. `startedAt` is opaque; empty where the system hides it. */
export type ProcessStamp = { readonly pid: number; readonly startedAt: string };

const STATE = 0;
// /proc/<pid>/stat field 22 (starttime), counted from the state, which is field 3.
const START_TIME = 19;

/** The stamp of a running process; undefined if none runs under this pid (a zombie does not run). */
export function processStamp(pid: number): ProcessStamp | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !exists(pid)) return undefined;
  if (process.platform === 'linux') return linuxStamp(pid);
  if (process.platform === 'darwin') return darwinStamp(pid);
  return { pid, startedAt: '' };
}

/** Whether this very process still runs. Where start times are hidden, a living pid counts as the same process. */
export function isRunning(stamp: ProcessStamp): boolean {
  const now = processStamp(stamp.pid);
  if (now === undefined) return false;
  return now.startedAt === '' || stamp.startedAt === '' || now.startedAt === stamp.startedAt;
}

/** Whether a process is the postmaster of this cluster. Windows cannot tell and says yes; connecting tells it there. */
export function servesCluster(pid: number, clusterDir: string): boolean {
  if (process.platform === 'linux') {
    try {
      // A postmaster makes its data directory its working directory, so this holds after the directory was moved too.
      return (
        readlinkSync(`/proc/${pid}/cwd`) === clusterDir &&
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
      );
    } catch {
      return false;
    }
  }
  if (process.platform === 'darwin') return (ps(pid, 'command=') ?? '').includes(clusterDir);
  return true;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function linuxStamp(pid: number): ProcessStamp | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return exists(pid) ? { pid, startedAt: '' } : undefined;
  }
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[STATE] === 'Z' || fields[STATE] === 'X') return undefined;
  return { pid, startedAt: `${bootId()}:${fields[START_TIME] ?? ''}` };
}

/** Start times count from boot, and two boots of one machine can look alike to the tick. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function darwinStamp(pid: number): ProcessStamp | undefined {
  const state = ps(pid, 'state=');
  if (state === undefined || state.startsWith('Z')) return undefined;
  return { pid, startedAt: ps(pid, 'lstart=') ?? '' };
}

function ps(pid: number, column: string): string | undefined {
  try {
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C' };
    return execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8', env }).trim();
  } catch {
    return undefined;
  }
}
