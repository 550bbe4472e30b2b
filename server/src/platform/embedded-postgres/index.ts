import { adoptOrphan } from './adopt.ts';
import { findBinaries } from './binaries.ts';
import {
  hasCluster,
  initCluster,
  readPassword,
  removeLeftovers,
  resetPassword,
  secureCluster,
  writePassword,
} from './cluster.ts';
import { discardEndpoint } from './endpoint.ts';
import { directoryInUse, notAccessible, startAborted, systemCode, wrongPassword } from './errors.ts';
import { launchServer, signalServer, stopServer } from './launch.ts';
import type { Launch, Log, Server } from './launch.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import type { OwnerLock } from './owner-lock.ts';
import { prepareDataDir } from './paths.ts';
import type { Paths } from './paths.ts';
import { connectionTo, introduce, isWrongPassword } from './session.ts';
import type { Connection } from './session.ts';
import { resolveSettings } from './settings.ts';
import { chooseDatabaseUser } from './user.ts';

export type EmbeddedPostgresOptions = {
  /** Tierline's data directory, absolute or relative to the working directory; made if it is not there. */
  readonly dataDir: string;
  readonly log?: (message: string, facts?: Record<string, unknown>) => void;
  /** Settings of PostgreSQL, over ours. Where the server listens cannot be changed. */
  readonly settings?: Record<string, string>;
  /** Cancels the start: the server is stopped, the directory set free, and the promise rejects with `database.start_aborted`. */
  readonly signal?: AbortSignal;
};

export type EmbeddedPostgres = {
  /** For `pg`; `host` is the directory of a Unix socket, on Windows 127.0.0.1. */
  readonly connection: { host: string; port: number; user: string; password: string; database: string };
  /** Whether the server was left running by an earlier process that was killed. */
  readonly adopted: boolean;
  /** Stops the server, waits for its end and sets the directory free. Calling it again gives the same promise. */
  stop(): Promise<void>;
};

/**
 * Starts PostgreSQL on the data directory, or adopts the server that a killed process left there. The directory belongs
 * to the calling process until `stop()`. If the process ends without `stop()`, the server is told to stop.
 * Errors: `database.directory_in_use`, `no_binaries`, `version_mismatch`, `not_a_cluster`, `directory_not_accessible`,
 * `unreachable_for_unprivileged_user`, `unknown_user`, `wrong_password`, `start_failed`,
 * `start_aborted`; and from `stop()`, `stop_failed`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log: Log = options.log ?? (() => undefined);
  const paths = prepareDataDir(options.dataDir);
  const lock = takeDirectory(paths, log);
  try {
    const launch: Launch = {
      paths,
      binaries: findBinaries(paths.libraries),
      settings: resolveSettings(options.settings),
      log,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    throwIfAborted(launch);
    return await start(launch, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(launch: Launch, lock: OwnerLock): Promise<EmbeddedPostgres> {
  const { paths, binaries, log } = launch;
  const stored = readPassword(paths.password);
  await removeLeftovers(paths.dataDir);
  const exists = hasCluster(paths.cluster, binaries.major);
  const orphan = exists ? await adoptOrphan(launch, stored) : undefined;
  if (orphan !== undefined && stored !== undefined)
    return running(launch, lock, orphan, connectionTo(orphan.endpoint, stored), true);
  throwIfAborted(launch);
  // The password is on disk before the cluster that needs it.
  const password = stored ?? writePassword(paths.password);
  const user = exists
    ? chooseDatabaseUser(paths.dataDir, paths.cluster, binaries)
    : await initCluster(paths, binaries, launch.settings, password, launch.signal);
  secureCluster(paths.cluster, user);
  if (exists && stored === undefined) {
    log('database password was lost and is set anew', { file: paths.password });
    await resetPassword(paths, binaries, user, password);
  }
  const server = await launchServer(launch, user);
  try {
    const connection = connectionTo(server.endpoint, password);
    await introduce(connection);
    throwIfAborted(launch);
    log('database server started', { pid: server.process.pid, user: user.kind, created: !exists });
    return running(launch, lock, server, connection, false);
  } catch (error) {
    await stopServer(launch, server.process);
    discardEndpoint(server.endpoint);
    if (isWrongPassword(error)) throw wrongPassword(paths.password, error);
    throw error;
  }
}

function running(
  launch: Launch,
  lock: OwnerLock,
  server: Server,
  connection: Connection,
  adopted: boolean,
): EmbeddedPostgres {
  // A process that ends in order but forgets stop() leaves nothing running; a listener of 'exit' cannot wait.
  const onExit = (): void => signalServer(server.process, 'SIGINT');
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    await stopServer(launch, server.process);
    process.off('exit', onExit);
    discardEndpoint(server.endpoint);
    lock.release();
  };
  let stopping: Promise<void> | undefined;
  return { connection, adopted, stop: () => (stopping ??= stop()) };
}

function takeDirectory(paths: Paths, log: Log): OwnerLock {
  let attempt: ReturnType<typeof acquireOwnerLock>;
  try {
    attempt = acquireOwnerLock(paths.owner);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw notAccessible(paths.dataDir, error);
  }
  if (!attempt.taken) throw directoryInUse(paths.dataDir, attempt.pid);
  if (attempt.tookOver) log('data directory taken over from a process that was killed', { dataDir: paths.dataDir });
  return attempt.lock;
}

function throwIfAborted(launch: Launch): void {
  if (launch.signal?.aborted === true) throw startAborted();
}
