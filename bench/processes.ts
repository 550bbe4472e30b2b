import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ticksPerSecond = 100;

type Stat = { readonly parent: number; readonly seconds: number };

/** Processes, and all that descend from them. */
function treeOf(roots: readonly number[]): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    if (stat !== undefined) stats.set(Number(name), stat);
  }
  const belongs = (pid: number): boolean => {
    if (roots.includes(pid)) return true;
    const parent = stats.get(pid)?.parent;
    return parent !== undefined && belongs(parent);
  };
  return new Map([...stats].filter(([pid]) => belongs(pid)));
}

/** Seconds of processor time that processes, their living descendants and their dead children have used. Linux only. */
export function cpuSecondsOf(roots: readonly number[]): number {
  return [...treeOf(roots).values()].reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Bytes that a process and its descendants keep resident, what they share divided among those who share it. Linux only. */
export function proportionalBytesOfTree(root: number): number {
  return [...treeOf([root]).keys()].reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

function proportionalBytes(pid: number): number {
  try {
    const line = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return line === null ? 0 : Number(line[1]) * 1024;
  } catch {
    return 0;
  }
}

function readStat(pid: string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may have blanks; the fields after it are counted from the third.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((all, index) => all + Number(fields[index]), 0);
    return { parent: Number(fields[1]), seconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
}

/** The process of the database server in a data directory. */
export function postmasterOf(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Bytes a process keeps resident. Linux only; elsewhere undefined. */
export function residentBytes(pid: number | 'self' = 'self'): number | undefined {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) * 1024;
  } catch {
    return undefined;
  }
}
