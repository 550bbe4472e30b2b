import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  watch,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadyFile } from '@tierline/server/app/demo/index.ts';
import { readPassword } from '@tierline/server/platform/embedded-postgres/cluster.ts';
import { signalServer } from '@tierline/server/platform/embedded-postgres/launch.ts';
import { readPostmasterFile } from '@tierline/server/platform/embedded-postgres/postmaster-file.ts';
import { connectionTo } from '@tierline/server/platform/embedded-postgres/session.ts';
import { postmasterOf, until } from '@tierline/server/platform/embedded-postgres/test-support/world.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type StartOptions = {
  /** Not given: a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs ours, with its arguments. */
  readonly through?: readonly string[];
};

/** A process of which nothing is known yet but that it was begun. */
export type Attempt = {
  readonly pid: number;
  readonly readyFile: string;
  /** Its content; rejects when the process ends without one. */
  readonly ready: Promise<ReadyFile>;
  readonly exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
  /** Signals it and waits for its end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
};

/** A process that answers. */
export type ServerProcess = Omit<Attempt, 'ready'> & { readonly ready: ReadyFile; readonly url: string };

export type ServerHome = ReturnType<typeof serverHome>;

const command = fileURLToPath(new URL('../../cli/bin/tierline.js', import.meta.url));

/**
 * A data directory of its own under the system's temporary one, and real Tierline processes on it, one after another or
 * side by side. `close` leaves neither a process nor a file, however they ended.
 */
export function serverHome() {
  const base = mkdtempSync(join(tmpdir(), 'tierline-process-'));
  // As root the database runs as another user, who has to pass through.
  chmodSync(base, 0o755);
  const dataDir = join(base, 'data');
  const readyDir = join(base, 'ready');
  mkdirSync(readyDir);
  // Compiled code, and the directory of the database's socket.
  const places = { NODE_COMPILE_CACHE: join(base, 'compiled'), TMPDIR: base };
  const attempts: Attempt[] = [];

  /** Begins a start with the demo channel, and waits for nothing. */
  function attempt({ port = 0, env = {}, through = [] }: StartOptions = {}): Attempt {
    const readyFile = join(readyDir, `${attempts.length}.json`);
    const args = ['start', '--demo', '--port', String(port), '--data', dataDir, '--ready-file', readyFile];
    const [file, ...rest] = [...through, process.execPath, command, ...args];
    // It appears whole.
    const appears = watchFor(readyDir, () => textOf(readyFile));
    const child = spawn(file!, rest, {
      env: { ...ownEnvironment(), ...places, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const made = { ...watched(child, appears), readyFile };
    attempts.push(made);
    return made;
  }

  async function start(options: StartOptions = {}): Promise<ServerProcess> {
    const made = attempt(options);
    const ready = await made.ready;
    return { ...made, ready, url: ready.base_url };
  }

  /** Pids of everything that works in the database's directory: postmaster, sessions, helpers. Linux only. */
  function databaseProcesses(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && workingDirectory(pid)?.startsWith(dataDir) === true);
  }

  /** Ends whatever the test left, without mercy. */
  async function close(): Promise<void> {
    await Promise.all(attempts.map(({ end }) => end('SIGKILL')));
    const orphan = postmasterOf(dataDir);
    if (orphan !== undefined) signalServer(orphan, 'SIGQUIT');
    // They are children of nobody any more, so nothing tells of their end.
    await until(() => databaseProcesses().length === 0);
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The postmaster of a later start than the given one, as soon as it is ready. */
  function nextPostmaster(before: number): Promise<number> {
    const cluster = join(dataDir, 'postgres');
    const found = watchFor(cluster, () => {
      const file = readPostmasterFile(cluster);
      // A server that is being started has its file made over to us for a moment: only who works there counts.
      return file?.status === 'ready' && file.pid !== before && postmasterOf(dataDir) !== undefined
        ? file.pid
        : undefined;
    });
    return found.promise.finally(found.stop);
  }

  /** When a starting process has taken the data directory, which must be there already. */
  function taken(): Promise<true> {
    const found = watchFor(dataDir, () => (existsSync(join(dataDir, 'postgres.owner')) ? true : undefined));
    return found.promise.finally(found.stop);
  }

  /** How to reach the database of the running server, beside it. */
  function connection() {
    const { socketDir, port } = readPostmasterFile(join(dataDir, 'postgres'))!;
    return connectionTo({ host: socketDir, port }, readPassword(join(dataDir, 'postgres.password'))!);
  }

  return {
    dataDir,
    attempt,
    start,
    connection,
    databaseProcesses,
    nextPostmaster,
    taken,
    postmaster: () => postmasterOf(dataDir),
    close,
  };
}

function watched(child: ChildProcess, appears: { promise: Promise<string>; stop(): void }): Omit<Attempt, 'readyFile'> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  let over: Exit | undefined;
  // 'close' comes after everything that was said is read.
  const exited = once(child, 'close').then(([code, signal]: unknown[]): Exit => {
    over = { code: code as Exit['code'], signal: signal as Exit['signal'] };
    return over;
  });
  const ended = exited.then(({ code, signal }): never => {
    throw new Error(`The server ended with ${code ?? signal} before it was ready:\n${output.stderr}`);
  });
  const ready = Promise.race([appears.promise.then((text) => JSON.parse(text) as ReadyFile), ended]).finally(() =>
    appears.stop(),
  );
  // Whoever only waits for the end does not ask for this one.
  ready.catch(() => {});
  return {
    pid: child.pid!,
    ready,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    async end(signal) {
      if (over === undefined) child.kill(signal);
      return exited;
    },
  };
}

/** What `look` finds, as soon as something in the directory changes so that it finds it. */
function watchFor<Found>(directory: string, look: () => Found | undefined) {
  const watcher = watch(directory);
  const promise = new Promise<Found>((resolve, reject) => {
    watcher.on('error', reject);
    watcher.on('change', () => {
      const found = look();
      if (found !== undefined) resolve(found);
    });
  });
  return { promise, stop: () => watcher.close() };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has ended, or is not ours.
    return undefined;
  }
}

/** The environment without settings of whoever runs the tests, and quiet but for warnings. */
function ownEnvironment(): Record<string, string | undefined> {
  const foreign = Object.keys(process.env).filter((name) => name.startsWith('TIERLINE_') || name === 'DATABASE_URL');
  return {
    ...process.env,
    ...Object.fromEntries(foreign.map((name) => [name, undefined])),
    TIERLINE_LOG_LEVEL: 'warn',
    // vitest's own way of running TypeScript is none of the server's business.
    NODE_OPTIONS: undefined,
    VITEST: undefined,
  };
}
