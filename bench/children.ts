import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadOrder } from './load-process.ts';
import type { Sample } from './measure.ts';

export type Child = { readonly pid: number; readonly port: number; stop(): Promise<void> };
export type Load = { readonly pid: number; run(order: LoadOrder): Promise<Sample>; stop(): Promise<void> };

/** Starts a process of this folder. What it logs is thrown away, as a log that nobody reads is. */
function start(file: string, env: Record<string, string>): ChildProcess {
  const child = fork(new URL(file, import.meta.url), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', process.env['BENCH_LOG'] === undefined ? 'ignore' : 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(force);
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      child.off('message', onMessage);
      reject(new Error(`A process of the bench ended with ${code}.`));
    };
    const onMessage = (answer: unknown): void => {
      child.off('exit', onExit);
      resolve(answer);
    };
    child.once('exit', onExit);
    child.once('message', onMessage);
  });
}

/** The command that a user starts the server with, and the address it writes once it answers. */
export async function startCommand(dataDir: string): Promise<Child> {
  const readyFile = join(dataDir, 'ready.json');
  await rm(readyFile, { force: true });
  const command = fileURLToPath(new URL('../cli/bin/tierline.js', import.meta.url));
  const args = ['start', '--demo', '--port', '0', '--data', dataDir, '--ready-file', readyFile];
  const child = spawn(process.execPath, [command, ...args], {
    stdio: 'ignore',
    env: { ...process.env, DATABASE_URL: '' },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  while (!existsSync(readyFile)) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}.`);
    await sleep(2);
  }
  const { base_url: url } = JSON.parse(await readFile(readyFile, 'utf8')) as { base_url: string };
  return { pid: child.pid!, port: Number(new URL(url).port), stop: () => stop(child) };
}

/** A server that has begun to listen; with `message`, one that is told first what to serve. */
export async function startServer(file: string, env: Record<string, string>, message?: unknown): Promise<Child> {
  const child = start(file, env);
  if (message !== undefined) child.send(message as object);
  const { port } = (await answerOf(child)) as { port: number };
  return { pid: child.pid!, port, stop: () => stop(child) };
}

export function startLoad(): Load {
  const child = start('./load-process.ts', {});
  return {
    pid: child.pid!,
    async run(order) {
      child.send(order);
      const { sample, error } = (await answerOf(child)) as { sample?: Sample; error?: string };
      if (sample === undefined) throw new Error(error);
      return sample;
    },
    stop: () => stop(child),
  };
}
