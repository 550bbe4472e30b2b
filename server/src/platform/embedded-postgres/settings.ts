import { createHash } from 'node:crypto';
import { statfsSync } from 'node:fs';
import type { Binaries } from './binaries.ts';

export type Settings = Readonly<Record<string, string>>;

/** Name of the setting by which a running server says how it was started. */
export const FINGERPRINT = 'tierline.fingerprint';

const MIN_SHARED_MEMORY_BYTES = 256 * 1024 * 1024;

/** For a small machine; durable: what was acknowledged survives a power loss. */
const DEFAULTS: Settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '128MB',
  max_connections: '60',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  random_page_cost: '1.1',
  jit: 'off',
  huge_pages: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '%m [%p] ',
  logging_collector: 'off',
  log_destination: 'stderr',
  cluster_name: 'tierline',
};

/** Our settings with the caller's over them. Where the server listens is not among them: that is not for a caller to change. */
export function resolveSettings(overrides: Settings = {}): Settings {
  return { ...DEFAULTS, ...sharedMemory(), ...overrides };
}

/** A server started with the same fingerprint runs the same programs with the same settings. */
export function fingerprintOf(binaries: Binaries, settings: Settings): string {
  const sorted = Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([binaries.version, binaries.binDir, sorted]))
    .digest('hex')
    .slice(0, 32);
}

/** `-c name=value` for each. */
export function toArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Parallel queries share memory through /dev/shm, of which a container often has only 64 MB; a query that needs more
 * fails. System V shared memory has no such limit on Linux.
 */
function sharedMemory(): Settings {
  if (process.platform !== 'linux') return {};
  return { dynamic_shared_memory_type: sharedMemoryBytes() < MIN_SHARED_MEMORY_BYTES ? 'sysv' : 'posix' };
}

function sharedMemoryBytes(): number {
  try {
    // The size, not what is free now: the fingerprint must not change from start to start.
    const { blocks, bsize } = statfsSync('/dev/shm');
    return blocks * bsize;
  } catch {
    return 0;
  }
}
