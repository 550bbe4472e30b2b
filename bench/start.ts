import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCommand, type Child } from './children.ts';
import { diskDirectory } from './database.ts';
import type { Measured } from './measure.ts';
import { median } from './measure.ts';
import { postmasterOf, proportionalBytesOfTree } from './processes.ts';
import type { Report } from './report.ts';

const restMs = 5000;

/** Starts the server with its own database and the demo channel, until it has answered a request. */
async function startTimed(dataDir: string): Promise<{ server: Child; ms: number }> {
  const began = performance.now();
  const server = await startCommand(dataDir);
  const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  if (response.status !== 200) throw new Error(`The server answered ${response.status}.`);
  return { server, ms: performance.now() - began };
}

/** From nothing to the first answered request, the same again on the data of the first, and memory at rest. */
export async function start(quick: boolean): Promise<Report> {
  const first: number[] = [];
  const later: number[] = [];
  const memory: { server: number; database: number }[] = [];
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    const dataDir = await mkdtemp(join(diskDirectory(), 'tierline-bench-'));
    const one = await startTimed(dataDir);
    first.push(one.ms);
    await one.server.stop();
    const two = await startTimed(dataDir);
    later.push(two.ms);
    await sleep(restMs);
    // The database runs below the server, and so does what works off what is due.
    const database = proportionalBytesOfTree(postmasterOf(dataDir));
    memory.push({ server: proportionalBytesOfTree(two.server.pid) - database, database });
    await two.server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  const mib = (bytes: readonly number[]): string => (median(bytes) / 2 ** 20).toFixed(0);
  return {
    title: 'start: with its own database and the demo channel, to the first answered request',
    measured: [timesOf('first start', first), timesOf('later start', later)],
    ratios: [],
    notes: [
      `At rest, ${restMs / 1000} s after the start: ${mib(memory.map(({ server }) => server))} MiB resident in the server and its background process, ` +
        `${mib(memory.map(({ database }) => database))} MiB in the processes of the database (shared memory counted once).`,
    ],
  };
}

function timesOf(name: string, times: readonly number[]): Measured {
  const seconds = times.map((ms) => 1000 / ms);
  return {
    name,
    perSecond: median(seconds),
    p50Ms: median(times),
    p99Ms: Math.max(...times),
    cpuMicroseconds: Number.NaN,
    rounds: seconds,
  };
}
