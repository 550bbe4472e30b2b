import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { chooseEndpoint, clearEndpoint, discardEndpoint, endpointSettings } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { startAborted, startFailed, stopFailed, systemCode } from './errors.ts';
import { belongToDirectory } from './paths.ts';
import type { Paths } from './paths.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { isRunning, processStamp } from './process-stamp.ts';
import type { ProcessStamp } from './process-stamp.ts';
import { FINGERPRINT, fingerprintOf, toArguments } from './settings.ts';
import type { Settings } from './settings.ts';
import { runProgram, startProgram } from './user.ts';
import type { DatabaseUser } from './user.ts';

export type Log = (message: string, facts?: Record<string, unknown>) => void;
/** What every step of a start needs. */
export type Launch = {
  readonly paths: Paths;
  readonly binaries: Binaries;
  readonly settings: Settings;
  readonly log: Log;
  readonly signal?: AbortSignal;
};
/** A running server: its postmaster and where it listens. */
export type Server = { readonly process: ProcessStamp; readonly endpoint: Endpoint };

const POLL_MS = 10;
const READY_TIMEOUT_MS = 10 * 60_000;
const SLOW_START_MS = 10_000;
const SHARED_MEMORY_POLL_MS = 100;
const SHARED_MEMORY_TIMEOUT_MS = 30_000;
const FAST_STOP_TIMEOUT_MS = 60_000;
const IMMEDIATE_STOP_TIMEOUT_MS = 15_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;
const LOG_TAIL_BYTES = 4096;

/** Starts a server on a cluster on which none runs, and waits until it is ready. Throws `database.start_failed`. */
export async function launchServer(launch: Launch, user: DatabaseUser): Promise<Server> {
  const { paths } = launch;
  rotateLog(paths.log);
  const endpoint = await chooseEndpoint(paths, user);
  try {
    return { process: await attemptUntil(launch, user, endpoint, Date.now() + SHARED_MEMORY_TIMEOUT_MS), endpoint };
  } catch (error) {
    discardEndpoint(endpoint);
    throw error;
  }
}

/** After a kill -9 of a postmaster its backends live on until they notice, and hold the shared memory meanwhile. */
async function attemptUntil(
  launch: Launch,
  user: DatabaseUser,
  endpoint: Endpoint,
  giveUpAt: number,
): Promise<ProcessStamp> {
  const { log } = launch.paths;
  for (;;) {
    clearEndpoint(endpoint);
    const logStart = sizeOf(log);
    try {
      return await attempt(launch, user, endpoint);
    } catch (error) {
      if (launch.signal?.aborted === true) throw startAborted();
      const tail = logTail(log, logStart);
      if (!tail.includes('shared memory block') || Date.now() > giveUpAt)
        throw startFailed(log, `${String(error)}\n${tail}`, error);
    }
    await delay(SHARED_MEMORY_POLL_MS);
  }
}

/** Waits until the server of this process reports itself ready. Throws if it ends before, or when aborted. */
export async function waitUntilReady(launch: Launch, server: ProcessStamp): Promise<void> {
  const startedAt = Date.now();
  let told = false;
  for (;;) {
    launch.signal?.throwIfAborted();
    const file = readPostmasterFile(launch.paths.cluster);
    if (file?.pid === server.pid && file.status === 'ready') return;
    if (!isRunning(server)) throw new Error('The server ended while it started.');
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > READY_TIMEOUT_MS) throw new Error('The server was not ready in time.');
    if (waitedMs > SLOW_START_MS && !told) {
      told = true;
      launch.log('database is recovering', { pid: server.pid, log: launch.paths.log });
    }
    await delay(POLL_MS);
  }
}

/** Fast shutdown: ends sessions, writes a checkpoint. Waits for the end. Throws `database.stop_failed`. */
export async function stopServer(
  { paths, binaries, log }: Pick<Launch, 'paths' | 'binaries' | 'log'>,
  server: ProcessStamp,
): Promise<void> {
  await ask('fast', server, paths, binaries);
  if (await hasEnded(server, FAST_STOP_TIMEOUT_MS)) return;
  log('database does not stop, stopping it without a checkpoint', { pid: server.pid });
  await ask('immediate', server, paths, binaries);
  if (await hasEnded(server, IMMEDIATE_STOP_TIMEOUT_MS)) return;
  throw stopFailed(server.pid, paths.log);
}

async function ask(mode: 'fast' | 'immediate', server: ProcessStamp, paths: Paths, binaries: Binaries): Promise<void> {
  if (!isRunning(server)) return;
  if (process.platform === 'win32') {
    // Windows has no signals; pg_ctl reaches the server through a pipe of its own.
    await runProgram(
      { kind: 'self' },
      { file: binaries.pgCtl, args: ['stop', '-D', paths.cluster, '-m', mode, '-W'], env: binaries.env },
    );
    return;
  }
  signalServer(server, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
}

/** Signals a postmaster if it still runs: SIGINT is a fast shutdown, SIGQUIT an immediate one. */
export function signalServer(server: ProcessStamp, signal: 'SIGINT' | 'SIGQUIT'): void {
  if (!isRunning(server)) return;
  try {
    process.kill(server.pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}

async function hasEnded(server: ProcessStamp, timeoutMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + timeoutMs;
  while (isRunning(server)) {
    if (Date.now() > giveUpAt) return false;
    await delay(POLL_MS);
  }
  return true;
}

async function attempt(launch: Launch, user: DatabaseUser, endpoint: Endpoint): Promise<ProcessStamp> {
  const server =
    process.platform === 'win32'
      ? await spawnThroughPgCtl(launch, endpoint)
      : await spawnServer(launch, user, endpoint);
  try {
    await waitUntilReady(launch, server);
    return server;
  } catch (error) {
    await stopServer(launch, server);
    throw error;
  }
}

function serverArguments({ binaries, settings }: Launch, endpoint: Endpoint): string[] {
  const fingerprint = { [FINGERPRINT]: fingerprintOf(binaries, settings) };
  return toArguments({ ...settings, ...endpointSettings(endpoint), ...fingerprint });
}

async function spawnServer(launch: Launch, user: DatabaseUser, endpoint: Endpoint): Promise<ProcessStamp> {
  const { paths, binaries } = launch;
  const args = ['-D', paths.cluster, ...serverArguments(launch, endpoint)];
  const log = openSync(paths.log, 'a', 0o600);
  let child: ChildProcess;
  try {
    belongToDirectory(paths.log);
    child = startProgram(user, { file: binaries.postgres, args, env: binaries.env }, log);
  } finally {
    closeSync(log);
  }
  const pid = await spawned(child);
  // Our process may end before the database does; the hook in index.ts then stops it.
  child.unref();
  child.once('exit', (code, signal) => launch.log('database server ended', { pid, code, signal }));
  return processStamp(pid) ?? { pid, startedAt: 'ended' };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('The server has no process id.'));
      else resolve(child.pid);
    });
  });
}

/** On Windows postgres refuses to run as an administrator, and pg_ctl gives up those rights for it. */
async function spawnThroughPgCtl(launch: Launch, endpoint: Endpoint): Promise<ProcessStamp> {
  const { paths, binaries, signal } = launch;
  const options = serverArguments(launch, endpoint)
    .map((argument) => (argument === '-c' ? argument : `"${argument}"`))
    .join(' ');
  const args = ['start', '-D', paths.cluster, '-l', paths.log, '-W', '-o', options];
  const outcome = await runProgram({ kind: 'self' }, { file: binaries.pgCtl, args, env: binaries.env }, '', signal);
  if (!outcome.ok) throw new Error(outcome.output);
  const giveUpAt = Date.now() + FAST_STOP_TIMEOUT_MS;
  for (;;) {
    signal?.throwIfAborted();
    const file = readPostmasterFile(paths.cluster);
    const stamp = file === undefined ? undefined : processStamp(file.pid);
    if (stamp !== undefined) return stamp;
    if (Date.now() > giveUpAt) throw new Error('The server wrote no postmaster.pid.');
    await delay(POLL_MS);
  }
}

function rotateLog(path: string): void {
  if (sizeOf(path) > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function logTail(path: string, from: number): string {
  try {
    const bytes = readFileSync(path);
    return bytes.subarray(Math.max(from, bytes.length - LOG_TAIL_BYTES)).toString('utf8');
  } catch {
    return '';
  }
}
