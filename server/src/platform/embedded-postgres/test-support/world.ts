import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../index.ts';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../index.ts';
import { signalServer } from '../launch.ts';
import { readPostmasterFile } from '../postmaster-file.ts';
import { isRunning, processStamp, servesCluster } from '../process-stamp.ts';
import type { ProcessStamp } from '../process-stamp.ts';

export const isRoot = process.getuid?.() === 0;

/** Directories, servers and processes of one test; `clear` removes all of them, whatever the test left. */
export class World {
  readonly #directories: string[] = [];
  readonly #servers: EmbeddedPostgres[] = [];
  readonly #children: ChildProcess[] = [];

  /** A data directory that is not there yet, in a folder with a space and an umlaut in its name. */
  dataDir(mode = 0o755): string {
    const base = mkdtempSync(join(tmpdir(), 'tierline tëst '));
    chmodSync(base, mode);
    const dataDir = join(base, 'data');
    this.#directories.push(base);
    return dataDir;
  }

  async start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ dataDir, ...options });
    this.#servers.push(server);
    return server;
  }

  /** Starts a script of this folder and waits for its first line. */
  async script(name: string, ...args: string[]): Promise<{ child: ChildProcess; line: string }> {
    const child = this.spawn(process.execPath, [scriptPath(name), ...args]);
    if (child.stdout === null) throw new Error('no output');
    const spoken: unknown[] = await once(createInterface(child.stdout), 'line');
    const line = String(spoken[0]);
    const host = /"host":"([^"]+)"/.exec(line)?.[1];
    if (host !== undefined) this.#directories.push(host);
    return { child, line };
  }

  spawn(file: string, args: string[], identity: { uid?: number; gid?: number } = {}): ChildProcess {
    const child = spawn(file, args, { ...identity, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    return child;
  }

  async clear(): Promise<void> {
    for (const child of this.#children) await kill(child);
    for (const server of this.#servers) await server.stop();
    for (const base of this.#directories) {
      const left = postmasterOf(join(base, 'data'));
      if (left !== undefined) {
        signalServer(left, 'SIGQUIT');
        await until(() => !isRunning(left));
      }
      rmSync(base, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

export function scriptPath(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}

/** The running postmaster of a data directory. */
export function postmasterOf(dataDir: string): ProcessStamp | undefined {
  const cluster = join(dataDir, 'postgres');
  const pid = readPostmasterFile(cluster)?.pid;
  if (pid === undefined || !servesCluster(pid, cluster)) return undefined;
  return processStamp(pid);
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Linux: kills whatever works in this directory (initdb and its children), and waits for the end of it. */
export async function killAllIn(directory: string): Promise<void> {
  await until(() => {
    const pids = readdirSync('/proc').map(Number);
    return !pids.some((pid) => pid > 0 && pid !== process.pid && wasKilledIn(pid, directory));
  });
}

function wasKilledIn(pid: number, directory: string): boolean {
  try {
    const worksThere =
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory) ||
      readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    return worksThere && process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself, is a zombie, or is not ours.
    return false;
  }
}

export async function query(server: Pick<EmbeddedPostgres, 'connection'>, sql: string): Promise<unknown[]> {
  const client = new Client(server.connection);
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.flat();
  } finally {
    await client.end();
  }
}

export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('It never came true.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
