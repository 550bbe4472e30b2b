import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { systemCode } from './errors.ts';
import { isRunning, processStamp } from './process-stamp.ts';

/** The right of one process to a data directory. */
export type OwnerLock = { release(): void };
export type LockAttempt =
  | { readonly taken: true; readonly lock: OwnerLock; readonly tookOver: boolean }
  | { readonly taken: false; readonly pid: number };

const ownerSchema = z.object({ pid: z.int().positive(), startedAt: z.string(), nonce: z.string() });
type Owner = z.infer<typeof ownerSchema>;

const MAX_DEPTH = 6;
const MAX_TRIES = 100;

/**
 * Takes the lock file, or names the living process that has it. A lock whose process is dead is taken over.
 *
 * The file appears with its whole content at once (a hard link to a finished file), so an unreadable one is damage, not
 * a lock in the making. A dead lock is replaced only by the holder of a second lock, `<path>.takeover`, who looks again
 * after taking it; otherwise two processes could both find the dead lock, and the slower one would replace the new lock
 * of the faster one. The second lock is taken by the same rules, should its holder die.
 */
export function acquireOwnerLock(path: string, depth = 0): LockAttempt {
  const stamp = processStamp(process.pid);
  const self: Owner = { pid: process.pid, startedAt: stamp?.startedAt ?? '', nonce: randomUUID() };
  const draft = `${path}.${self.nonce}`;
  writeFileSync(draft, `${JSON.stringify(self)}\n`, { mode: 0o644, flag: 'wx' });
  try {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (linked(draft, path)) return taken(path, self, false);
      const holder = readOwner(path);
      if (holder === 'absent') continue;
      if (holder !== 'damaged' && isRunning(holder)) return { taken: false, pid: holder.pid };
      if (depth >= MAX_DEPTH) break;
      const takeover = acquireOwnerLock(`${path}.takeover`, depth + 1);
      if (!takeover.taken) return takeover;
      try {
        if (!isSame(readOwner(path), holder)) continue;
        renameSync(draft, path);
        return taken(path, self, true);
      } finally {
        takeover.lock.release();
      }
    }
    throw new Error(`The lock file ${path} keeps changing.`);
  } finally {
    removeIfPresent(draft);
  }
}

function taken(path: string, self: Owner, tookOver: boolean): LockAttempt {
  return {
    taken: true,
    tookOver,
    lock: {
      release() {
        // Only our own lock: someone may have removed the directory and another process made it anew.
        const holder = readOwner(path);
        if (holder !== 'absent' && holder !== 'damaged' && holder.nonce === self.nonce) removeIfPresent(path);
      },
    },
  };
}

function isSame(a: Owner | 'absent' | 'damaged', b: Owner | 'damaged'): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.nonce === b.nonce;
}

function readOwner(path: string): Owner | 'absent' | 'damaged' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
