import { connectionTo, introduce } from './session.ts';
import { stopServer, waitUntilReady } from './launch.ts';
import type { Launch, Server } from './launch.ts';
import { disownPostmasterFile, readPostmasterFile } from './postmaster-file.ts';
import { processStamp, servesCluster } from './process-stamp.ts';
import type { ProcessStamp } from './process-stamp.ts';
import { fingerprintOf } from './settings.ts';

/**
 * Deals with the server that a killed Tierline left on the cluster: returns it if it is what we would start, otherwise
 * stops it. The caller holds the owner lock, so nobody else uses that server.
 */
export async function adoptOrphan(launch: Launch, password: string | undefined): Promise<Server | undefined> {
  const { paths, log } = launch;
  const orphan = findOrphan(paths.cluster);
  if (orphan === undefined) return undefined;
  const misfit = await examine(launch, orphan, password);
  if (typeof misfit !== 'string') {
    log('database server adopted', { pid: orphan.pid });
    return misfit;
  }
  log('database server of an earlier run is stopped', { pid: orphan.pid, reason: misfit });
  await stopServer(launch, orphan);
  return undefined;
}

function findOrphan(clusterDir: string): ProcessStamp | undefined {
  const file = readPostmasterFile(clusterDir);
  if (file === undefined || file.pid === process.pid) return undefined;
  const stamp = processStamp(file.pid);
  if (stamp !== undefined && servesCluster(file.pid, clusterDir)) return stamp;
  if (process.platform !== 'win32') disownPostmasterFile(clusterDir);
  return undefined;
}

/** The server if it fits, else why not. */
async function examine(launch: Launch, orphan: ProcessStamp, password: string | undefined): Promise<Server | string> {
  const { paths, binaries, settings } = launch;
  if (password === undefined) return 'the password is lost';
  if (readPostmasterFile(paths.cluster)?.status === 'stopping') return 'it is stopping';
  try {
    await waitUntilReady(launch, orphan);
    const file = readPostmasterFile(paths.cluster);
    if (file === undefined || file.pid !== orphan.pid) return 'it has ended';
    const host = process.platform === 'win32' ? '127.0.0.1' : file.socketDir;
    const endpoint = { host, port: file.port };
    const self = await introduce(connectionTo(endpoint, password));
    if (self.pid !== orphan.pid) return 'its address belongs to another server';
    if (self.fingerprint !== fingerprintOf(binaries, settings)) return 'it has other programs or settings';
    return { process: orphan, endpoint };
  } catch (error) {
    return `it does not answer: ${String(error)}`;
  }
}
